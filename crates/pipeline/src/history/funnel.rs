//! `GetFunnel`: how far the deals of a span came.

use std::collections::BTreeMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::OpportunityStatus;

use super::board::{MAX_SYSTEM, given};
use super::counts;
use super::entered::{self, LEFT, Reached, Span};
use super::row::{Count, Of};
use crate::error::Error;
use crate::ids::PersonId;
use crate::process::{Process, Stage};
use crate::{Pipeline, past, processes, status};

pub async fn funnel(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetFunnelRequest,
) -> Result<proto::GetFunnelResponse, Error> {
    let mut bad = Violations::default();
    let span = span(&mut bad, call, &request);
    let owner = bad
        .optional_name("owner", &request.owner)
        .map(|PersonId(id)| id);
    bad.text("source_system", &request.source_system, MAX_SYSTEM);
    processes::check_name(&mut bad, "process", &request.process);
    bad.finish()?;
    let work = async |tx: &mut Tx| {
        let process = processes::to_follow(pipeline, call, tx, &request.process).await?;
        let of = Of {
            process: &process.id,
            owner,
            source_system: given(&request.source_system),
        };
        let reached = entered::reached(tx, call, &of, span).await?;
        let stood = entered::statuses(tx, call, &of, span).await?;
        let is_left = |it: &Count| it.status == LEFT;
        let (left, stood): (Vec<Count>, Vec<Count>) = stood.into_iter().partition(is_left);
        let left = left.iter().map(|it| it.count).sum();
        answer(&process, reached, counts::gather(stood, &process)?, left)
    };
    pipeline.db.transaction(call.tenant()?, work).await
}

fn span(bad: &mut Violations, call: &Call, request: &proto::GetFunnelRequest) -> Span {
    let mut read = |field, value| past::asked(bad, field, value, call.now);
    let span = Span {
        from: read("from_time", request.from_time.as_ref()),
        until: read("until_time", request.until_time.as_ref()),
        as_of: read("as_of_time", request.as_of_time.as_ref()).unwrap_or(call.now),
    };
    if span
        .from
        .zip(span.until)
        .is_some_and(|(from, until)| until < from)
    {
        bad.add("until_time", "must not be before from_time");
    }
    span
}

fn answer(
    process: &Process,
    reached: Vec<Reached>,
    statuses: Vec<proto::StageCount>,
    left: i64,
) -> Result<proto::GetFunnelResponse, Error> {
    let by_stage: BTreeMap<&str, &Reached> =
        reached.iter().map(|it| (it.stage.as_str(), it)).collect();
    let stage = |stage: &Stage| {
        let found = by_stage.get(stage.id.as_str());
        proto::FunnelStage {
            stage: stage.id.clone(),
            stage_position: stage.position,
            display_name: Some(stage.display_name.to_proto()),
            reached: found.map_or(0, |it| it.reached),
            closed: found.map_or(0, |it| it.closed),
            won: found.map_or(0, |it| it.won),
            left: found.map_or(0, |it| it.left),
        }
    };
    let is_won = |it: &&proto::StageCount| {
        matches!(
            it.status(),
            OpportunityStatus::Won | OpportunityStatus::Completed
        )
    };
    Ok(proto::GetFunnelResponse {
        total: statuses.iter().map(|it| it.count).sum::<i64>() + left,
        left,
        stages: process.stages.iter().map(stage).collect(),
        won_sums: won(statuses.iter().filter(is_won))?,
        statuses,
    })
}

/// Of the counts of what was won, one sum for each currency.
fn won<'c>(counts: impl Iterator<Item = &'c proto::StageCount>) -> Result<Vec<Money>, Error> {
    let mut sums = BTreeMap::new();
    for money in counts.flat_map(|it| &it.sums) {
        if let Ok((currency, value)) = keynode_kit::wire::read_money(money) {
            *sums.entry(currency).or_default() += value;
        }
    }
    counts::money(sums, status::name(OpportunityStatus::Won))
}
