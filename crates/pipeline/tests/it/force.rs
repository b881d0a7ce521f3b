use keynode_kit::testing::Caller;

use crate::world::*;

#[tokio::test]
async fn force_needs_a_reason_and_marks_for_ever() {
    let world = world().await;
    let mut client = world.manager();
    let name = imported(&world, "proposal").await;
    assert_eq!(fields(force(&mut client, &name, " ").await), ["reason"]);
    let forced = force(&mut client, &name, "标书已经发布").await.unwrap();
    let (deal, stage_move) = (forced.opportunity.unwrap(), forced.r#move.unwrap());
    assert_eq!(
        (deal.stage.as_str(), deal.forced_key_nodes.as_slice()),
        ("bid", [3].as_slice())
    );
    assert!(deal.completed_key_nodes.is_empty());
    assert!(stage_move.forced);
    assert_eq!(stage_move.reason, "标书已经发布");
    assert_eq!(
        stage_move.unmet_criteria,
        ["purchase_criteria_set", "purchase_criteria_favourable"]
    );

    // The owed key node is reached after all and completed with the next move.
    for kind in [
        "purchase_criteria_set",
        "purchase_criteria_favourable",
        "bid_submitted",
    ] {
        evidence(&mut client, &name, kind).await;
    }
    let deal = advance(&mut client, &name)
        .await
        .unwrap()
        .opportunity
        .unwrap();
    assert_eq!(
        (
            deal.completed_key_nodes.as_slice(),
            deal.forced_key_nodes.len()
        ),
        ([3, 4].as_slice(), 0)
    );
    let moves = moves(&mut client, &name).await;
    assert_eq!(
        moves.iter().map(|m| m.forced).collect::<Vec<_>>(),
        [false, true, false],
        "the mark stays"
    );
    assert_eq!(moves[1], stage_move);
}

#[tokio::test]
async fn a_reached_key_node_needs_no_force() {
    let world = world().await;
    let mut client = world.manager();
    let name = imported(&world, "bid").await;
    evidence(&mut client, &name, "bid_submitted").await;
    assert_eq!(
        reason(force(&mut client, &name, "hurry").await),
        "KEY_NODE_REACHED"
    );
}

#[tokio::test]
async fn a_contract_is_signed_or_not() {
    let world = world().await;
    let mut client = world.manager();
    for stage in ["negotiation", "implementation"] {
        let name = imported(&world, stage).await;
        assert_eq!(
            reason(force(&mut client, &name, "hurry").await),
            "STAGE_NOT_FORCIBLE"
        );
    }
}

#[tokio::test]
async fn a_seller_may_not_force() {
    let world = world().await;
    let name = imported(&world, "proposal").await;
    let mut seller = world.opportunities(&Caller::person(world.tenant, "seller"));
    assert_eq!(
        reason(force(&mut seller, &name, "hurry").await),
        "PERMISSION_DENIED"
    );
}
