//! Deals that are moved to another process.

use keynode_proto::pipeline::v1::*;

use crate::world::*;

fn moving(name: &str, process: &str, stage: &str) -> MoveOpportunityToProcessRequest {
    MoveOpportunityToProcessRequest {
        name: name.to_owned(),
        process: process.to_owned(),
        stage: stage.to_owned(),
        reason: "标准产品走短流程".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn what_the_facts_do_not_reach_in_the_new_process_is_owed() {
    let world = world().await;
    publish(&world, "short", "").await;
    let mut client = world.moving();
    let name = imported(&world, "entry").await;
    let before = get(&mut world.manager(), &name).await.unwrap();
    let preview = MoveOpportunityToProcessRequest {
        validate_only: true,
        ..moving(&name, "processes/short", "sign")
    };
    let preview = client
        .move_opportunity_to_process(preview)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(preview.owed_stages, ["meet"]);
    assert_eq!(get(&mut world.manager(), &name).await.unwrap(), before);
    let moved = client
        .move_opportunity_to_process(moving(&name, "processes/short", "sign"))
        .await
        .unwrap()
        .into_inner();
    let (deal, stage_move) = (moved.opportunity.unwrap(), moved.r#move.unwrap());
    assert_eq!(
        (deal.process.as_str(), deal.process_version),
        ("processes/short", 1)
    );
    assert_eq!((deal.stage.as_str(), deal.stage_position), ("sign", 2));
    assert_eq!(deal.effective_stage_position, 1);
    assert_eq!(stage_move.kind(), MoveKind::ChangeProcess);
    assert_eq!(
        (
            stage_move.from_process.as_str(),
            stage_move.from_process_version
        ),
        ("processes/industrial-key-account", 3)
    );
    // The owed node is made up with the next move.
    for kind in ["meet_ready", "sign_ready"] {
        evidence(&mut world.manager(), &name, kind).await;
    }
    let won = advance(&mut world.manager(), &name)
        .await
        .unwrap()
        .opportunity
        .unwrap();
    assert_eq!(won.completed_key_nodes, [1, 2]);
    let kept = moves(&mut world.manager(), &name).await;
    assert_eq!(kept[1], stage_move);
}

#[tokio::test]
async fn a_move_to_a_process_is_refused_where_it_leads_nowhere() {
    let world = world().await;
    publish(&world, "short", "").await;
    let mut client = world.moving();
    let name = imported(&world, "entry").await;
    let mut refusal = async |request| reason(client.move_opportunity_to_process(request).await);
    assert_eq!(
        refusal(moving(&name, "processes/none", "")).await,
        "PROCESS_NOT_FOUND"
    );
    assert_eq!(
        refusal(moving(&name, "processes/short", "lunch")).await,
        "STAGE_NOT_FOUND"
    );
    let same = moving(&name, "processes/industrial-key-account", "");
    assert_eq!(refusal(same).await, "PROCESS_UNCHANGED");
    let none = client
        .move_opportunity_to_process(MoveOpportunityToProcessRequest::default())
        .await;
    assert_eq!(fields(none), ["name", "reason", "process"]);
    let draft = PutProcessDraftRequest {
        file: process_file("short", ""),
        ..Default::default()
    };
    world.keeping().put_process_draft(draft).await.unwrap();
    let draft = MoveOpportunityToProcessRequest {
        version: 2,
        ..moving(&name, "processes/short", "")
    };
    let refused = client.move_opportunity_to_process(draft).await;
    assert_eq!(reason(refused), "PROCESS_NOT_PUBLISHED");
    let give_up = AbandonOpportunityRequest {
        name: name.clone(),
        reason: "x".to_owned(),
        ..Default::default()
    };
    client.abandon_opportunity(give_up).await.unwrap();
    let over = client
        .move_opportunity_to_process(moving(&name, "processes/short", ""))
        .await;
    assert_eq!(reason(over), "OPPORTUNITY_CLOSED");
}

#[tokio::test]
async fn a_running_deal_takes_the_new_version_of_its_process() {
    let world = world().await;
    publish(&world, "short", "").await;
    let opened = CreateOpportunityRequest {
        opportunity: Some(Opportunity {
            process: "processes/short".to_owned(),
            ..named("deal")
        }),
        ..Default::default()
    };
    let deal = world.manager().create_opportunity(opened).await.unwrap();
    let deal = deal.into_inner().opportunity.unwrap();
    publish(&world, "short", "").await;
    let moved = world
        .moving()
        .move_opportunity_to_process(moving(&deal.name, "processes/short", ""))
        .await
        .unwrap()
        .into_inner();
    let after = moved.opportunity.unwrap();
    assert_eq!((after.process_version, after.stage.as_str()), (2, "meet"));
}

#[tokio::test]
async fn another_process_is_no_way_past_key_nodes() {
    let world = world().await;
    publish(&world, "short", "").await;
    let name = create(&mut world.manager(), named("deal")).await.name;
    let mut client = world.moving();
    let ahead = moving(&name, "processes/short", "sign");
    let refused = client.move_opportunity_to_process(ahead).await;
    assert_eq!(fields(refused), ["stage"]);
    let beside = moving(&name, "processes/short", "meet");
    let moved = client.move_opportunity_to_process(beside).await.unwrap();
    assert_eq!(moved.into_inner().opportunity.unwrap().stage, "meet");
}
