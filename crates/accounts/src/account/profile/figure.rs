//! Figures of a customer's accounts.

use std::collections::HashSet;

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{FinancialFigure, FinancialFigureKind};
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::day;

const MAX_FIGURES: usize = 100;

/// One figure of one year, as somebody said on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The number in [`FinancialFigureKind`].
    pub kind: i32,
    pub year: i32,
    pub amount: Amount,
    pub source: String,
    pub as_of: Date,
}

pub fn read(sent: &[FinancialFigure], today: Date, bad: &mut Violations) -> Vec<Figure> {
    if sent.len() > MAX_FIGURES {
        bad.add(
            "account.finances",
            format!("must be at most {MAX_FIGURES} figures"),
        );
    }
    let mut seen = HashSet::new();
    let mut figures = Vec::new();
    for (index, figure) in sent.iter().take(MAX_FIGURES).enumerate() {
        let field = format!("account.finances[{index}]");
        if !seen.insert((figure.kind, figure.year)) {
            bad.add(
                format!("{field}.year"),
                "must not have this kind of figure twice",
            );
        }
        figures.push(Figure::read(&field, figure, today, bad));
    }
    figures
}

impl Figure {
    fn read(field: &str, sent: &FinancialFigure, today: Date, bad: &mut Violations) -> Self {
        let kind: FinancialFigureKind = bad.required_enum(&format!("{field}.kind"), sent.kind);
        let years = day::FIRST.year().into()..=i64::from(today.year()) + 1;
        bad.range(&format!("{field}.year"), sent.year.into(), years);
        Self {
            kind: kind.into(),
            year: sent.year,
            amount: read_amount(&format!("{field}.amount"), sent, kind, bad),
            source: bad.required_text(&format!("{field}.source"), &sent.source, 500),
            as_of: day::required_past(&format!("{field}.as_of"), sent.as_of, today, bad),
        }
    }

    pub fn to_proto(&self) -> FinancialFigure {
        FinancialFigure {
            kind: self.kind,
            year: self.year,
            amount: self.amount.to_proto(),
            source: self.source.clone(),
            as_of: Some(wire::date(self.as_of)),
        }
    }
}

fn read_amount(
    field: &str,
    sent: &FinancialFigure,
    kind: FinancialFigureKind,
    bad: &mut Violations,
) -> Amount {
    if sent.amount.is_none() {
        bad.add(field, "must be set; leave the figure out if it is unknown");
    }
    let read = match kind {
        FinancialFigureKind::Profit => Amount::read,
        _ => Amount::read_unsigned,
    };
    read(field, sent.amount.as_ref(), bad).unwrap_or_default()
}
