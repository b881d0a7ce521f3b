//! `PutCostSheet`: what a deal will cost us.

use keynode_kit::call::Call;
use keynode_kit::currency;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::CostCategory;
use rust_decimal::Decimal;

use super::event;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::money::{self, Bounds, COST, Least, Limits, SHARE};
use crate::terms::Amount;
use crate::{Pipeline, dossier, opportunity, pursuit};

const MAX_LINES: usize = 500;
const MAX_TEXT: usize = 400;
const MAX_NOTE: usize = 2000;
const QUANTITY: Limits = Limits {
    least: Least::AboveZero,
    most: 1_000_000,
    digits: 6,
    unit: "",
};
const UNIT_COST: Bounds = Bounds {
    least: Least::Zero,
    ..COST
};

pub async fn put(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::PutCostSheetRequest,
) -> Result<proto::PutCostSheetResponse, Error> {
    let (id, sheet) = read(call, &request)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let set = |_: &_, part: &mut proto::Pricing| {
            if !is_same(part.cost_sheet.as_ref(), sheet.as_ref()) {
                part.cost_sheet = sheet;
            }
            Ok(())
        };
        let changed = dossier::change(w, call, deal, set, event).await?;
        if changed.after != changed.before {
            pursuit::refresh(w, call, &changed.deal).await?;
        }
        Ok(proto::PutCostSheetResponse {
            cost_sheet: changed.after.cost_sheet,
            opportunity: Some(changed.deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

/// Whether they say the same, whoever recorded them.
fn is_same(before: Option<&proto::CostSheet>, after: Option<&proto::CostSheet>) -> bool {
    let said = |sheet: &proto::CostSheet| proto::CostSheet {
        recorder: String::new(),
        record_time: None,
        ..sheet.clone()
    };
    before.map(said) == after.map(said)
}

/// The costs as they are to be stored; none when they say nothing.
fn read(
    call: &Call,
    request: &proto::PutCostSheetRequest,
) -> Result<(OpportunityId, Option<proto::CostSheet>), Error> {
    let sheet = request.cost_sheet.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id = bad.name("name", &request.name);
    if sheet.lines.len() > MAX_LINES {
        bad.add("cost_sheet.lines", format!("must be at most {MAX_LINES}"));
        bad.finish()?;
        return Ok((id, None));
    }
    let lines = sheet.lines.iter().enumerate();
    let lines = lines.map(|(n, it)| line(&mut bad, &format!("cost_sheet.lines[{n}]"), it));
    let lines: Vec<proto::CostLine> = lines.collect();
    let wished = wished(&mut bad, &sheet.wished_margin_percent);
    let read = proto::CostSheet {
        lines,
        rate_date: bad
            .day("cost_sheet.rate_date", sheet.rate_date)
            .map(wire::date),
        wished_margin_percent: wished.map(|it| it.to_string()).unwrap_or_default(),
        note: bad.text("cost_sheet.note", &sheet.note, MAX_NOTE),
        recorder: call.principal.subject.clone(),
        record_time: Some(wire::timestamp(call.now)),
    };
    bad.finish()?;
    let says_something = !read.lines.is_empty() || !read.wished_margin_percent.is_empty();
    Ok((id, Some(read).filter(|_| says_something)))
}

/// Below 100: of the whole price nothing would be left for the costs.
fn wished(bad: &mut Violations, text: &str) -> Option<Decimal> {
    let field = "cost_sheet.wished_margin_percent";
    let wished = money::decimal(bad, field, text, SHARE);
    if wished == Some(Decimal::ONE_HUNDRED) {
        bad.add(field, "must be below 100");
    }
    wished
}

fn line(bad: &mut Violations, at: &str, line: &proto::CostLine) -> proto::CostLine {
    let category: CostCategory = bad.required_enum(&format!("{at}.category"), line.category);
    let field = format!("{at}.quantity");
    let quantity = money::required_decimal(bad, &field, &line.quantity, QUANTITY);
    let field = format!("{at}.unit_cost");
    let cost = money::required_amount(bad, &field, line.unit_cost.as_ref(), UNIT_COST);
    let total = quantity
        .zip(cost)
        .and_then(|(n, cost)| total(bad, at, n, &cost));
    proto::CostLine {
        text: bad.required_text(&format!("{at}.text"), &line.text, MAX_TEXT),
        category: category.into(),
        quantity: quantity.map(|it| it.to_string()).unwrap_or_default(),
        unit_cost: line.unit_cost.clone(),
        total,
    }
}

fn total(
    bad: &mut Violations,
    at: &str,
    quantity: Decimal,
    cost: &Amount,
) -> Option<keynode_proto::google::r#type::Money> {
    let total = quantity.checked_mul(cost.value);
    let total = total.filter(|it| *it <= Decimal::from(money::PRICE.most));
    if total.is_none() {
        bad.add(at, format!("must not cost more than {}", money::PRICE.most));
    }
    money::shown(&cost.currency, currency::round(&cost.currency, total?))
}
