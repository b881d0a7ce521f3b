//! `BatchMoveOpportunities`: each move as its own method would make it.

use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::validate::Violations;
use keynode_proto::common::v1::ErrorReason as CommonReason;
use keynode_proto::google::rpc;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::batch_move::Move;
use keynode_proto::pipeline::v1::batch_move_result::Result as MoveResult;
use tonic::Code;
use uuid::Uuid;

use crate::Pipeline;
use crate::advance;
use crate::batch_upsert::status as refusal;
use crate::error::Error;
use crate::moves::{change_process, end, reassign, step_back, win};

const MAX_MOVES: usize = 200;
/// What the ids of the moves of a batch are made from, with its `request_id`.
const IN_ORDER: u128 = 1;

pub async fn batch_move(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::BatchMoveOpportunitiesRequest,
) -> Result<proto::BatchMoveOpportunitiesResponse, Error> {
    let batch = Batch::read(&request)?;
    call.tenant()?;
    let mut results = Vec::with_capacity(request.moves.len());
    for (n, step) in request.moves.into_iter().enumerate() {
        let step = step
            .r#move
            .ok_or_else(|| Fault::internal("a move that is there"))?;
        let result = match batch.make(pipeline, call, n, step).await {
            Ok(opportunity) => opportunity.map(MoveResult::Opportunity),
            Err(error) => Some(MoveResult::Error(error)),
        };
        results.push(proto::BatchMoveResult { result });
    }
    Ok(proto::BatchMoveOpportunitiesResponse { results })
}

/// What holds for every move of a batch.
struct Batch {
    request_id: Option<Uuid>,
    validate_only: bool,
}

impl Batch {
    fn read(request: &proto::BatchMoveOpportunitiesRequest) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let count = request.moves.len();
        if count == 0 || count > MAX_MOVES {
            bad.add("moves", format!("must be 1 to {MAX_MOVES}, are {count}"));
        }
        for (n, step) in request.moves.iter().enumerate() {
            if step.r#move.is_none() {
                bad.add(format!("moves[{n}].move"), "must be given");
            }
        }
        let request_id = match request.request_id.as_str() {
            "" => None,
            text => {
                let read = Uuid::try_parse(text).ok();
                if read.is_none() {
                    bad.add("request_id", "must be a UUID");
                }
                read
            }
        };
        bad.finish()?;
        Ok(Self {
            request_id,
            validate_only: request.validate_only,
        })
    }

    /// The id of the move at a place, which is the same when the batch is repeated.
    fn id_of(&self, n: usize) -> String {
        let id = self.request_id.map(|id| {
            let name = (IN_ORDER + n as u128).to_be_bytes();
            Uuid::new_v5(&id, &name).to_string()
        });
        id.unwrap_or_default()
    }

    async fn make(
        &self,
        pipeline: &Pipeline,
        call: &Call,
        n: usize,
        step: Move,
    ) -> Result<Option<proto::Opportunity>, rpc::Status> {
        let call = Call {
            method: path(&step).to_owned(),
            now: pipeline.clock.now(),
            ..call.clone()
        };
        if !call.rights.permit(&call.principal, &call.method) {
            return Err(told(&denied(&call.method).into()));
        }
        let (request_id, validate_only) = (self.id_of(n), self.validate_only);
        macro_rules! as_alone {
            ($request:ident, $story:path) => {{
                let mut request = $request;
                request.request_id = request_id;
                request.validate_only = validate_only;
                $story(pipeline, &call, request)
                    .await
                    .map(|answer| answer.opportunity)
            }};
        }
        let done = match step {
            Move::Advance(request) => as_alone!(request, advance::advance),
            Move::ForceAdvance(request) => as_alone!(request, advance::force_advance),
            Move::Retreat(request) => as_alone!(request, step_back::retreat),
            Move::Win(request) => as_alone!(request, win::win),
            Move::Lose(request) => as_alone!(request, end::lose),
            Move::Abandon(request) => as_alone!(request, end::abandon),
            Move::Reopen(request) => as_alone!(request, step_back::reopen),
            Move::Reassign(request) => as_alone!(request, reassign::reassign),
            Move::ChangeProcess(request) => as_alone!(request, change_process::change_process),
        };
        done.map_err(|error| told(&error))
    }
}

/// The method that makes such a move alone: its permission is asked, and what it answered under
/// this path is known by it.
fn path(step: &Move) -> &'static str {
    match step {
        Move::Advance(_) => "/keynode.pipeline.v1.OpportunitiesService/AdvanceOpportunity",
        Move::ForceAdvance(_) => {
            "/keynode.pipeline.v1.OpportunitiesService/ForceAdvanceOpportunity"
        }
        Move::Retreat(_) => "/keynode.pipeline.v1.MovesService/RetreatOpportunity",
        Move::Win(_) => "/keynode.pipeline.v1.MovesService/WinOpportunity",
        Move::Lose(_) => "/keynode.pipeline.v1.MovesService/LoseOpportunity",
        Move::Abandon(_) => "/keynode.pipeline.v1.MovesService/AbandonOpportunity",
        Move::Reopen(_) => "/keynode.pipeline.v1.MovesService/ReopenOpportunity",
        Move::Reassign(_) => "/keynode.pipeline.v1.MovesService/ReassignOpportunity",
        Move::ChangeProcess(_) => "/keynode.pipeline.v1.MovesService/MoveOpportunityToProcess",
    }
}

fn told(error: &Error) -> rpc::Status {
    refusal(error).unwrap_or_default()
}

fn denied(method: &str) -> Fault {
    Fault::new(
        Code::PermissionDenied,
        CommonReason::PermissionDenied.as_str_name(),
        format!("you may not call {method}; ask for the permission that it requires"),
    )
    .zh("没有执行该操作的权限")
    .with("method", method)
}

#[cfg(test)]
mod tests {
    use keynode_proto::METHODS;

    use super::*;

    #[test]
    fn every_move_is_a_method_of_its_own() {
        let moves = [
            Move::Advance(Default::default()),
            Move::ForceAdvance(Default::default()),
            Move::Retreat(Default::default()),
            Move::Win(Default::default()),
            Move::Lose(Default::default()),
            Move::Abandon(Default::default()),
            Move::Reopen(Default::default()),
            Move::Reassign(Default::default()),
            Move::ChangeProcess(Default::default()),
        ];
        for step in &moves {
            let known = METHODS.iter().any(|method| method.path == path(step));
            assert!(known, "{}", path(step));
        }
    }
}
