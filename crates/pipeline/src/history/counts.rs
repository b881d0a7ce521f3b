//! Counts as the contract shows them.

use std::collections::BTreeMap;

use keynode_kit::wire;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::OpportunityStatus;
use rust_decimal::Decimal;

use super::row::Count;
use crate::error::Error;
use crate::process::Process;
use crate::status;

/// One count for each stage and status, with a sum for each currency, in the order of the process.
///
/// # Errors
/// `BOARD_SUM_TOO_LARGE`.
pub fn gather(counts: Vec<Count>, process: &Process) -> Result<Vec<proto::StageCount>, Error> {
    let mut found: BTreeMap<(i32, String, i32), (i64, Sums)> = BTreeMap::new();
    for count in counts {
        let place = process.stage(&count.stage).map_or(0, |it| it.position);
        let key = (place, count.stage, status::parse(&count.status).into());
        let (all, sums) = found.entry(key).or_default();
        *all += count.count;
        if let Some((currency, sum)) = count.currency.zip(count.sum) {
            *sums.entry(currency).or_default() += sum;
        }
    }
    let shown = found
        .into_iter()
        .map(|((place, stage, status), (count, sums))| {
            Ok(proto::StageCount {
                stage_position: place,
                display_name: process.stage_name(&stage),
                sums: money(sums, &named(&stage, status))?,
                stage,
                status,
                count,
            })
        });
    shown.collect()
}

type Sums = BTreeMap<String, Decimal>;

/// What a count is of, for people: the stage, or else the status.
fn named(stage: &str, status: i32) -> String {
    match (stage, OpportunityStatus::try_from(status)) {
        ("", Ok(status)) => status::name(status).to_owned(),
        (stage, _) => stage.to_owned(),
    }
}

/// A sum for each currency, of what `stage` names.
///
/// # Errors
/// `BOARD_SUM_TOO_LARGE`.
pub fn money(sums: Sums, stage: &str) -> Result<Vec<Money>, Error> {
    let shown = sums.into_iter().map(|(currency, sum)| {
        wire::money(&currency, sum).map_err(|_| Error::BoardSumTooLarge {
            stage: stage.to_owned(),
            currency,
        })
    });
    shown.collect()
}
