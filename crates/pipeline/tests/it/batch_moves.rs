//! Many moves in one call, each with its answer.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::batch_move::Move;
use keynode_proto::pipeline::v1::*;
use tonic::Status;

use crate::bulk::reason_of;
use crate::world::*;

fn advancing(name: &str) -> BatchMove {
    BatchMove {
        r#move: Some(Move::Advance(AdvanceOpportunityRequest {
            name: name.to_owned(),
            ..Default::default()
        })),
    }
}

async fn batch(
    world: &World,
    caller: &Caller,
    request: BatchMoveOpportunitiesRequest,
) -> Result<Vec<Result<Opportunity, String>>, Status> {
    let answer = world.bulk(caller).batch_move_opportunities(request).await?;
    let read = |it: BatchMoveResult| match it.result.unwrap() {
        batch_move_result::Result::Opportunity(deal) => Ok(deal),
        batch_move_result::Result::Error(status) => Err(reason_of(&status)),
    };
    Ok(answer.into_inner().results.into_iter().map(read).collect())
}

#[tokio::test]
async fn each_move_of_a_batch_is_made_as_it_would_be_alone() {
    let world = world().await;
    publish(&world, "short", "").await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let open = |n: usize| Opportunity {
        process: "processes/short".to_owned(),
        ..named(&format!("deal {n}"))
    };
    let mut client = world.manager();
    let (ready, not, lost) = (
        create(&mut client, open(1)).await.name,
        create(&mut client, open(2)).await.name,
        create(&mut client, open(3)).await.name,
    );
    evidence(&mut client, &ready, "meet_ready").await;
    let losing = BatchMove {
        r#move: Some(Move::Lose(LoseOpportunityRequest {
            name: lost.clone(),
            loss: Some(Loss {
                reason: "other".to_owned(),
                note: "不再采购".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        })),
    };
    let request = BatchMoveOpportunitiesRequest {
        moves: vec![advancing(&ready), advancing(&not), losing, advancing("x")],
        request_id: request_id(),
        validate_only: false,
    };
    let check = BatchMoveOpportunitiesRequest {
        validate_only: true,
        request_id: String::new(),
        ..request.clone()
    };
    let checked = batch(&world, &manager, check).await.unwrap();
    assert_eq!(checked[0].as_ref().unwrap().stage, "sign");
    assert_eq!(
        get(&mut client, &ready).await.unwrap().stage,
        "meet",
        "only checked"
    );

    let done = batch(&world, &manager, request.clone()).await.unwrap();
    assert_eq!(done[0].as_ref().unwrap().stage, "sign");
    assert_eq!(done[1], Err("KEY_NODE_NOT_REACHED".to_owned()));
    assert_eq!(done[2].as_ref().unwrap().status(), OpportunityStatus::Lost);
    assert_eq!(done[3], Err("INVALID_REQUEST".to_owned()));
    let again = batch(&world, &manager, request).await.unwrap();
    assert_eq!(again[0], done[0], "a repeat moves nothing twice");
    assert_eq!(again[2], done[2]);
    assert_eq!(get(&mut client, &ready).await.unwrap().stage, "sign");
}

#[tokio::test]
async fn a_batch_gives_no_right_that_its_moves_need() {
    let world = world().await;
    let seller = Caller::seller(world.tenant);
    let deal = create(&mut world.opportunities(&seller), named("deal")).await;
    let forcing = BatchMove {
        r#move: Some(Move::ForceAdvance(ForceAdvanceOpportunityRequest {
            name: deal.name.clone(),
            reason: "hurry".to_owned(),
            ..Default::default()
        })),
    };
    let request = BatchMoveOpportunitiesRequest {
        moves: vec![forcing],
        ..Default::default()
    };
    let done = batch(&world, &seller, request).await.unwrap();
    assert_eq!(done, [Err("PERMISSION_DENIED".to_owned())]);
    let empty = BatchMoveOpportunitiesRequest::default();
    assert_eq!(fields(batch(&world, &seller, empty).await), ["moves"]);
    let nothing = BatchMoveOpportunitiesRequest {
        moves: vec![BatchMove::default()],
        request_id: "7".to_owned(),
        ..Default::default()
    };
    let refused = fields(batch(&world, &seller, nothing).await);
    assert_eq!(refused, ["moves[0].move", "request_id"]);
    let viewer = Caller::person(world.tenant, "viewer");
    let request = BatchMoveOpportunitiesRequest {
        moves: vec![advancing(&deal.name)],
        ..Default::default()
    };
    assert_eq!(
        reason(batch(&world, &viewer, request).await),
        "PERMISSION_DENIED"
    );
}
