//! `GetStageTimes`: how long a deal was in each stage, and whether it is stalled.

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::OpportunityStatus;

use super::row::{self, Stood};
use crate::calendar::{self, Calendar};
use crate::error::Error;
use crate::process::Process;
use crate::{Pipeline, opportunity, stall, status};

pub async fn stage_times(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetStageTimesRequest,
) -> Result<proto::GetStageTimesResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let work = async |tx: &mut Tx| {
        let deal = opportunity::read(tx, call, id).await?;
        let process = pipeline.process_of(tx, call, &deal).await?;
        let calendar = calendar::row::in_force(tx).await?;
        let stays = stays(&row::all(tx, id).await?);
        let idle = stall::row::idle_since(tx, id).await?;
        let idle = idle.unwrap_or(deal.standing.entered());
        let is_open = deal.status() == OpportunityStatus::Open;
        let stall = is_open.then(|| stall::state(&calendar, &process, &deal, idle, call.now));
        let shown: Result<Vec<_>, Error> = stays
            .iter()
            .map(|stay| stay.to_proto(&process, &calendar, call.now))
            .collect();
        Ok::<_, Error>(proto::GetStageTimesResponse {
            stays: shown?,
            stall,
        })
    };
    pipeline.db.transaction(call.tenant()?, work).await
}

/// A time in a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stay {
    stage: String,
    entered: Timestamp,
    left: Option<Timestamp>,
}

/// From standings in their order: what follows in the same stage is one stay, and what is over is
/// in none.
fn stays(stood: &[Stood]) -> Vec<Stay> {
    let mut stays: Vec<Stay> = Vec::new();
    for stood in stood {
        let is_over = matches!(
            status::parse(&stood.status),
            OpportunityStatus::Lost | OpportunityStatus::Abandoned | OpportunityStatus::Completed
        );
        let last = stays.last_mut().filter(|stay| stay.left.is_none());
        let goes_on = last.as_ref().is_some_and(|it| it.stage == stood.stage) && !is_over;
        if goes_on {
            continue;
        }
        if let Some(last) = last {
            last.left = Some(stood.occurred);
        }
        if !is_over {
            stays.push(Stay {
                stage: stood.stage.clone(),
                entered: stood.occurred,
                left: None,
            });
        }
    }
    stays
}

impl Stay {
    fn to_proto(
        &self,
        process: &Process,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<proto::StageStay, Error> {
        let stage = process.stage(&self.stage);
        let until = self.left.unwrap_or(now).max(self.entered);
        let duration = until.duration_since(self.entered);
        Ok(proto::StageStay {
            stage: self.stage.clone(),
            stage_position: stage.map_or(0, |stage| stage.position),
            enter_time: Some(wire::timestamp(self.entered)),
            leave_time: self.left.map(wire::timestamp),
            duration: Some(wire::duration(duration).map_err(Fault::internal)?),
            working_days: calendar.workdays(self.entered, until),
            expected_days: stage.map_or(0, |stage| stage.expected_days),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stood(second: i64, stage: &str, status: &str) -> Stood {
        Stood {
            occurred: at(second),
            stage: stage.to_owned(),
            status: status.to_owned(),
            owner: None,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn stay(stage: &str, entered: i64, left: Option<i64>) -> Stay {
        Stay {
            stage: stage.to_owned(),
            entered: at(entered),
            left: left.map(at),
        }
    }

    #[test]
    fn what_follows_in_one_stage_is_one_stay() {
        let found = stays(&[
            stood(1, "a", "OPEN"),
            stood(2, "a", "OPEN"),
            stood(5, "b", "OPEN"),
        ]);
        assert_eq!(found, [stay("a", 1, Some(5)), stay("b", 5, None)]);
    }

    #[test]
    fn what_is_over_is_in_no_stage_until_it_is_opened_again() {
        let found = stays(&[
            stood(1, "a", "OPEN"),
            stood(3, "a", "LOST"),
            stood(7, "a", "OPEN"),
            stood(9, "b", "WON"),
            stood(11, "b", "COMPLETED"),
        ]);
        let expected = [
            stay("a", 1, Some(3)),
            stay("a", 7, Some(9)),
            stay("b", 9, Some(11)),
        ];
        assert_eq!(found, expected);
    }
}
