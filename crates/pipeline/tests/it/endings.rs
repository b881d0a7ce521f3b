//! How deals end and are taken back.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;

use crate::world::*;

fn losing(name: &str, reason: &str, note: &str) -> LoseOpportunityRequest {
    LoseOpportunityRequest {
        name: name.to_owned(),
        loss: Some(Loss {
            reason: reason.to_owned(),
            note: note.to_owned(),
            winner: "甲公司".to_owned(),
        }),
        ..Default::default()
    }
}

fn retreating(name: &str, stage: &str) -> RetreatOpportunityRequest {
    RetreatOpportunityRequest {
        name: name.to_owned(),
        stage: stage.to_owned(),
        reason: "客户重新立项".to_owned(),
        ..Default::default()
    }
}

fn reopening(name: &str, stage: &str) -> ReopenOpportunityRequest {
    ReopenOpportunityRequest {
        name: name.to_owned(),
        stage: stage.to_owned(),
        reason: "客户再次招标".to_owned(),
        ..Default::default()
    }
}

fn abandoning(name: &str) -> AbandonOpportunityRequest {
    AbandonOpportunityRequest {
        name: name.to_owned(),
        reason: "资金没有落实".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_lost_deal_keeps_its_stage_its_reason_and_who_won() {
    let world = world().await;
    let mut client = world.moving();
    let name = imported(&world, "bid").await;
    let bare = client.lose_opportunity(losing(&name, "other", "")).await;
    assert_eq!(fields(bare), ["loss.note"]);
    let unknown = client.lose_opportunity(losing(&name, "luck", "x")).await;
    assert_eq!(fields(unknown), ["loss.reason"]);
    let none = client
        .lose_opportunity(LoseOpportunityRequest::default())
        .await;
    assert_eq!(fields(none), ["name", "loss.reason"]);
    let request = LoseOpportunityRequest {
        request_id: request_id(),
        ..losing(&name, "other", "最低价中标")
    };
    let lost = client
        .lose_opportunity(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        client.lose_opportunity(request).await.unwrap().into_inner(),
        lost
    );
    let deal = lost.opportunity.unwrap();
    assert_eq!(
        (deal.status(), deal.stage.as_str()),
        (OpportunityStatus::Lost, "bid")
    );
    assert_eq!(deal.loss.as_ref().unwrap().winner, "甲公司");
    assert!(deal.close_time.is_some());
    let kept = moves(&mut world.manager(), &name).await;
    let last = kept.last().unwrap();
    assert_eq!(
        (last.kind(), last.loss.clone()),
        (MoveKind::Lose, deal.loss.clone())
    );
    assert_eq!(last.to_stage, "", "it stays where it ended");
    assert_eq!(get(&mut world.manager(), &name).await.unwrap(), deal);
    let again = client.lose_opportunity(losing(&name, "other", "x")).await;
    assert_eq!(reason(again), "OPPORTUNITY_CLOSED");
    assert_eq!(world.events("OpportunityStageMoved").await, 1);
}

#[tokio::test]
async fn what_is_given_up_is_worked_on_again_from_a_stage_that_is_named() {
    let world = world().await;
    let mut client = world.moving();
    let name = imported(&world, "bid").await;
    evidence(&mut world.manager(), &name, "purchase_criteria_set").await;
    let early = client.reopen_opportunity(reopening(&name, "entry")).await;
    assert_eq!(reason(early), "OPPORTUNITY_OPEN");
    client.abandon_opportunity(abandoning(&name)).await.unwrap();
    let further = client
        .reopen_opportunity(reopening(&name, "negotiation"))
        .await;
    assert_eq!(reason(further), "STAGE_NOT_EARLIER");
    let unknown = client.reopen_opportunity(reopening(&name, "lunch")).await;
    assert_eq!(reason(unknown), "STAGE_NOT_FOUND");
    let mut seller = world.moves(&Caller::seller(world.tenant));
    let denied = seller.reopen_opportunity(reopening(&name, "bid")).await;
    assert_eq!(reason(denied), "PERMISSION_DENIED");
    let reopened = client
        .reopen_opportunity(reopening(&name, "bid"))
        .await
        .unwrap();
    let answer = reopened.into_inner();
    let deal = answer.opportunity.unwrap();
    assert_eq!(
        (deal.status(), deal.stage.as_str()),
        (OpportunityStatus::Open, "bid")
    );
    assert!(deal.close_time.is_none());
    assert_eq!(answer.r#move.unwrap().to_stage, "bid");
    let kinds: Vec<MoveKind> = moves(&mut world.manager(), &name)
        .await
        .iter()
        .map(StageMove::kind)
        .collect();
    assert_eq!(
        kinds,
        [MoveKind::Enter, MoveKind::Abandon, MoveKind::Reopen]
    );
}

#[tokio::test]
async fn a_deal_that_goes_back_has_lost_the_key_nodes_from_there_on() {
    let world = world().await;
    let name = imported(&world, "proposal").await;
    let mut deals = world.manager();
    for kind in [
        "purchase_criteria_set",
        "purchase_criteria_favourable",
        "bid_submitted",
    ] {
        evidence(&mut deals, &name, kind).await;
    }
    advance(&mut deals, &name).await.unwrap();
    let reached = advance(&mut deals, &name)
        .await
        .unwrap()
        .opportunity
        .unwrap();
    assert_eq!(reached.completed_key_nodes, [3, 4]);
    let mut client = world.moving();
    for stage in ["negotiation", "implementation"] {
        let refused = client.retreat_opportunity(retreating(&name, stage)).await;
        assert_eq!(reason(refused), "STAGE_NOT_EARLIER");
    }
    let stale = RetreatOpportunityRequest {
        etag: "1".to_owned(),
        ..retreating(&name, "bid")
    };
    assert_eq!(
        reason(client.retreat_opportunity(stale).await),
        "ETAG_MISMATCH"
    );
    let check = RetreatOpportunityRequest {
        validate_only: true,
        ..retreating(&name, "bid")
    };
    client.retreat_opportunity(check).await.unwrap();
    let deal = client
        .retreat_opportunity(retreating(&name, "bid"))
        .await
        .unwrap();
    let deal = deal.into_inner().opportunity.unwrap();
    assert_eq!(
        (deal.stage.as_str(), deal.completed_key_nodes.as_slice()),
        ("bid", [3].as_slice())
    );
    // Its evidence is still there: it may go on at once.
    assert_eq!(
        advance(&mut deals, &name)
            .await
            .unwrap()
            .opportunity
            .unwrap()
            .stage,
        "negotiation"
    );
}

#[tokio::test]
async fn only_the_stage_that_wins_is_won_and_only_by_its_key_node() {
    let world = world().await;
    let mut client = world.moving();
    let winning = |name: &str| WinOpportunityRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    let early = imported(&world, "bid").await;
    assert_eq!(
        reason(client.win_opportunity(winning(&early)).await),
        "STAGE_DOES_NOT_WIN"
    );
    let name = imported(&world, "negotiation").await;
    let missing = client.win_opportunity(winning(&name)).await;
    assert_eq!(reason(missing), "KEY_NODE_NOT_REACHED");
    for kind in ["contract_approved", "contract_signed"] {
        evidence(&mut world.manager(), &name, kind).await;
    }
    let won = client
        .win_opportunity(winning(&name))
        .await
        .unwrap()
        .into_inner();
    let deal = won.opportunity.unwrap();
    assert_eq!(
        (deal.status(), deal.stage.as_str()),
        (OpportunityStatus::Won, "implementation")
    );
    let lost = client.lose_opportunity(losing(&name, "other", "x")).await;
    assert_eq!(reason(lost), "OPPORTUNITY_CLOSED");
    // A contract that falls through.
    let back = client
        .reopen_opportunity(reopening(&name, "negotiation"))
        .await
        .unwrap();
    let deal = back.into_inner().opportunity.unwrap();
    assert_eq!(
        (deal.status(), deal.completed_key_nodes.len()),
        (OpportunityStatus::Open, 0)
    );
}

#[tokio::test]
async fn nobody_ends_a_deal_that_they_do_not_see() {
    let world = world().await;
    let name = imported(&world, "bid").await;
    let elsewhere = Caller::person(keynode_kit::testing::tenant(), "sales_manager");
    for caller in [Caller::seller(world.tenant), elsewhere] {
        let mut client = world.moves(&caller);
        let lost = client.lose_opportunity(losing(&name, "other", "x")).await;
        assert_eq!(reason(lost), "OPPORTUNITY_NOT_FOUND");
        let given_up = client.abandon_opportunity(abandoning(&name)).await;
        assert_eq!(reason(given_up), "OPPORTUNITY_NOT_FOUND");
    }
}

#[tokio::test]
async fn of_many_who_end_a_deal_at_once_one_does() {
    let world = world().await;
    let name = imported(&world, "bid").await;
    let end = |n: usize| {
        let (mut client, name) = (world.moving(), name.clone());
        async move {
            match n % 2 {
                0 => client
                    .abandon_opportunity(abandoning(&name))
                    .await
                    .map(|_| ()),
                _ => client
                    .lose_opportunity(losing(&name, "other", "x"))
                    .await
                    .map(|_| ()),
            }
        }
    };
    let mut ends = tokio::task::JoinSet::new();
    (0..8).for_each(|n| drop(ends.spawn(end(n))));
    let done = ends.join_all().await;
    assert_eq!(done.iter().filter(|end| end.is_ok()).count(), 1);
    let refused = done.into_iter().filter(Result::is_err).map(reason);
    assert!(refused.into_iter().all(|it| it == "OPPORTUNITY_CLOSED"));
    assert_eq!(moves(&mut world.manager(), &name).await.len(), 2);
}
