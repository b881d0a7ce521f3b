//! `GetBoard`: how many deals and how much money stand in each stage.
//!
//! Without days, the cells that a background task folds and what was not folded yet are added up
//! in one statement: exact at every moment, and as fast as there are cells. Days are no part of
//! the cells, because there would be as many cells as deals: with them the deals themselves are
//! counted along an index of the day that has all that is counted.

mod fold;
mod sum;

use std::collections::BTreeMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::OpportunityStatus;

use self::sum::{Asked, Sum};
use crate::error::Error;
use crate::list::subteams;
use crate::process::{self, Process};
use crate::{Pipeline, list, processes, status};

pub use self::fold::fold_for_ever;

pub async fn board(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetBoardRequest,
) -> Result<proto::GetBoardResponse, Error> {
    let mut asked = read(call, &request)?;
    let teams = subteams::within(pipeline, call, &request.teams, request.with_subteams).await?;
    asked.teams = teams.unwrap_or(asked.teams);
    let count = async |tx: &mut Tx| {
        let process = processes::to_follow(pipeline, call, tx, &request.process).await?;
        let sums = sum::sums(tx, call, &process.id, &asked).await?;
        Ok::<_, Error>((process, sums))
    };
    let (process, sums) = pipeline.db.transaction(call.tenant()?, count).await?;
    Ok(proto::GetBoardResponse {
        process: process::name(&process.id),
        stages: stages(&process, sums)?,
    })
}

fn read(call: &Call, request: &proto::GetBoardRequest) -> Result<Asked, Error> {
    let mut bad = Violations::default();
    processes::check_name(&mut bad, "process", &request.process);
    let mut statuses: Vec<&'static str> = Vec::new();
    for (n, kind) in request.statuses.iter().enumerate() {
        let kind: OpportunityStatus = bad.required_enum(&format!("statuses[{n}]"), *kind);
        statuses.push(status::name(kind));
    }
    if statuses.is_empty() {
        statuses = [OpportunityStatus::Open, OpportunityStatus::Won]
            .map(status::name)
            .into();
    }
    let asked = Asked {
        owner: list::owner(&mut bad, call, &request.owner, request.mine),
        teams: list::teams(&mut bad, &request.teams, request.with_subteams),
        grade: list::grade(&mut bad, &request.grade),
        close_from: bad.date("expected_close_from", request.expected_close_from),
        close_until: bad.date("expected_close_until", request.expected_close_until),
        statuses,
    };
    bad.finish()?;
    Ok(asked)
}

/// Every stage of the process, then those of earlier versions in which a deal is.
fn stages(process: &Process, sums: Vec<Sum>) -> Result<Vec<proto::BoardStage>, Error> {
    let mut by_stage: BTreeMap<String, Vec<Sum>> = BTreeMap::new();
    for sum in sums {
        by_stage.entry(sum.stage.clone()).or_default().push(sum);
    }
    let mut stages = Vec::new();
    for stage in &process.stages {
        let sums = by_stage.remove(&stage.id).unwrap_or_default();
        stages.push(proto::BoardStage {
            display_name: process.stage_name(&stage.id),
            ..total(&stage.id, &sums)?
        });
    }
    for (stage, sums) in &by_stage {
        stages.push(total(stage, sums)?);
    }
    Ok(stages)
}

fn total(stage: &str, sums: &[Sum]) -> Result<proto::BoardStage, Error> {
    let all = |count: fn(&Sum) -> i64| sums.iter().map(count).sum();
    let with_amount = sums.iter().filter(|sum| !sum.currency.is_empty());
    let amounts: Result<Vec<Money>, Error> = with_amount
        .map(|sum| {
            wire::money(&sum.currency, sum.amount).map_err(|_| Error::BoardSumTooLarge {
                stage: stage.to_owned(),
                currency: sum.currency.clone(),
            })
        })
        .collect();
    let without_amount = sums.iter().filter(|sum| sum.currency.is_empty());
    Ok(proto::BoardStage {
        stage: stage.to_owned(),
        display_name: None,
        opportunity_count: all(|sum| sum.deals),
        amounts: amounts?,
        without_amount_count: without_amount.map(|sum| sum.deals).sum(),
        lagging_count: all(|sum| sum.lagging),
        forced_count: all(|sum| sum.forced),
        paused_count: all(|sum| sum.paused),
    })
}
