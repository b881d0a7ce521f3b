use keynode_proto::pipeline::v1::*;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::world::*;

#[tokio::test]
async fn a_refusal_lists_everything_that_is_missing() {
    let world = world().await;
    let mut client = world.manager();
    let name = imported(&world, "proposal").await;
    let status = advance(&mut client, &name).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(
        (info.reason.as_str(), info.metadata["stage"].as_str()),
        ("KEY_NODE_NOT_REACHED", "proposal")
    );
    let missing = &details.precondition_failure().unwrap().violations;
    let subjects: Vec<&str> = missing
        .iter()
        .map(|violation| violation.subject.as_str())
        .collect();
    let expected = ["purchase_criteria_set", "purchase_criteria_favourable"];
    assert_eq!(subjects, expected.map(|id| format!("{name}/criteria/{id}")));
    assert!(missing.iter().all(
        |violation| violation.r#type == "CRITERION" && violation.description.contains("seen:")
    ));
    assert!(
        details
            .localized_message()
            .unwrap()
            .message
            .contains("客户采购标准对我方有利")
    );
    assert_eq!(world.events("OpportunityStageMoved").await, 0);

    evidence(&mut client, &name, "purchase_criteria_set").await;
    let status = advance(&mut client, &name).await.unwrap_err();
    assert_eq!(
        status
            .get_error_details()
            .precondition_failure()
            .unwrap()
            .violations
            .len(),
        1
    );
}

#[tokio::test]
async fn a_deal_walks_to_its_end_through_every_key_node() {
    let world = world().await;
    let mut client = world.manager();
    let name = imported(&world, "proposal").await;
    let stages: [(&[&str], &str, OpportunityStatus); 4] = [
        (
            &["purchase_criteria_set", "purchase_criteria_favourable"],
            "bid",
            OpportunityStatus::Open,
        ),
        (
            &["negotiated_tender_held"],
            "negotiation",
            OpportunityStatus::Open,
        ),
        (
            &["contract_approved", "contract_signed"],
            "implementation",
            OpportunityStatus::Won,
        ),
        (
            &["acceptance", "project_closed"],
            "implementation",
            OpportunityStatus::Completed,
        ),
    ];
    for (kinds, stage, status) in stages {
        for kind in kinds {
            assert_eq!(
                reason(advance(&mut client, &name).await),
                "KEY_NODE_NOT_REACHED",
                "before {kind}"
            );
            evidence(&mut client, &name, kind).await;
        }
        let moved = advance(&mut client, &name)
            .await
            .unwrap()
            .opportunity
            .unwrap();
        assert_eq!((moved.stage.as_str(), moved.status()), (stage, status));
        assert_eq!(
            moved.close_time.is_some(),
            status != OpportunityStatus::Open
        );
    }
    let done = get(&mut client, &name).await.unwrap();
    assert_eq!(done.completed_key_nodes, [3, 4, 5, 6]);
    assert_eq!(
        done.effective_stage_position, 1,
        "what was not checked here is not claimed"
    );
    assert_eq!(
        reason(advance(&mut client, &name).await),
        "OPPORTUNITY_CLOSED"
    );
    assert_eq!(
        reason(force(&mut client, &name, "why not").await),
        "OPPORTUNITY_CLOSED"
    );

    let moves = moves(&mut client, &name).await;
    let ways: Vec<_> = moves
        .iter()
        .map(|m| (m.from_stage.as_str(), m.to_stage.as_str()))
        .collect();
    assert_eq!(
        ways,
        [
            ("", "proposal"),
            ("proposal", "bid"),
            ("bid", "negotiation"),
            ("negotiation", "implementation"),
            ("implementation", "")
        ]
    );
    assert!(moves[0].imported && moves[0].reason == "imported from crm");
    let basis = moves[1].basis.as_ref().unwrap();
    assert_eq!((basis.process_version, basis.opportunity_version), (3, 3));
    assert_eq!(world.events("OpportunityStageMoved").await, 4);
}

#[tokio::test]
async fn a_gate_that_needs_an_absent_service_is_unavailable() {
    let world = world().await;
    let mut client = world.manager();
    let first = create(&mut client, named("x")).await.name;
    let second = imported(&world, "entry").await;
    for (name, service) in [(first, "scoring"), (second, "accounts")] {
        for answer in [
            advance(&mut client, &name).await.map(|_| ()),
            force(&mut client, &name, "because").await.map(|_| ()),
            client
                .check_gate(CheckGateRequest { name: name.clone() })
                .await
                .map(|_| ()),
        ] {
            let status = answer.unwrap_err();
            assert_eq!(status.code(), Code::Unavailable);
            let details = status.get_error_details();
            let info = details.error_info().unwrap();
            assert_eq!(
                (info.reason.as_str(), info.metadata["service"].as_str()),
                ("UNAVAILABLE", service)
            );
        }
    }
}

#[tokio::test]
async fn checking_a_gate_changes_nothing() {
    let world = world().await;
    let mut client = world.manager();
    let name = imported(&world, "bid").await;
    let before = get(&mut client, &name).await.unwrap();
    let check = CheckGateRequest { name: name.clone() };
    let gate = client
        .check_gate(check.clone())
        .await
        .unwrap()
        .into_inner()
        .gate
        .unwrap();
    assert_eq!(
        (gate.stage.as_str(), gate.stage_position, gate.reached),
        ("bid", 4, false)
    );
    assert_eq!(gate.criteria[0].verdict(), CriterionVerdict::Unmet);
    assert_eq!(get(&mut client, &name).await.unwrap(), before);
    evidence(&mut client, &name, "bid_submitted").await;
    let gate = client
        .check_gate(check)
        .await
        .unwrap()
        .into_inner()
        .gate
        .unwrap();
    assert!(gate.reached);
    assert_eq!(gate.criteria[0].observed, "bid_submitted on 2026-07-01");
    assert_eq!(gate.basis.unwrap().opportunity_version, 2);
}

#[tokio::test]
async fn a_move_is_asked_and_repeated_without_moving_twice() {
    let world = world().await;
    let mut client = world.manager();
    let name = imported(&world, "bid").await;
    evidence(&mut client, &name, "bid_submitted").await;
    let mut request = AdvanceOpportunityRequest {
        name: name.clone(),
        validate_only: true,
        ..Default::default()
    };
    let asked = client
        .advance_opportunity(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(asked.opportunity.unwrap().stage, "negotiation");
    assert_eq!(get(&mut client, &name).await.unwrap().stage, "bid");

    (request.validate_only, request.request_id) = (false, request_id());
    let first = client
        .advance_opportunity(request.clone())
        .await
        .unwrap()
        .into_inner();
    let second = client
        .advance_opportunity(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, second);
    assert_eq!(moves(&mut client, &name).await.len(), 2);

    let stale = AdvanceOpportunityRequest {
        name,
        etag: "1".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason(client.advance_opportunity(stale).await),
        "ETAG_MISMATCH"
    );
}

#[tokio::test]
async fn of_concurrent_advances_exactly_one_wins() {
    let world = world().await;
    let mut client = world.manager();
    let name = imported(&world, "bid").await;
    evidence(&mut client, &name, "bid_submitted").await;
    let racers: Vec<_> = (0..8)
        .map(|_| {
            let (mut client, name) = (client.clone(), name.clone());
            tokio::spawn(async move { advance(&mut client, &name).await })
        })
        .collect();
    let mut won = 0;
    for racer in racers {
        match racer.await.unwrap() {
            Ok(_) => won += 1,
            Err(status) => {
                let reason = reason::<()>(Err(status));
                assert!(
                    ["CONFLICT", "KEY_NODE_NOT_REACHED"].contains(&reason.as_str()),
                    "{reason}"
                );
            }
        }
    }
    assert_eq!(won, 1);
    assert_eq!(moves(&mut client, &name).await.len(), 2);
    assert_eq!(get(&mut client, &name).await.unwrap().stage, "negotiation");
}

#[tokio::test]
async fn moves_page_from_the_oldest() {
    let world = world().await;
    let mut client = world.manager();
    let name = imported(&world, "proposal").await;
    force(&mut client, &name, "one").await.unwrap();
    force(&mut client, &name, "two").await.unwrap();
    let mut request = ListStageMovesRequest {
        name: name.clone(),
        page_size: 2,
        ..Default::default()
    };
    let first = client
        .list_stage_moves(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        first
            .moves
            .iter()
            .map(|m| m.to_stage.as_str())
            .collect::<Vec<_>>(),
        ["proposal", "bid"]
    );
    request.page_token = first.next_page_token;
    let second = client
        .list_stage_moves(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(second.moves[0].reason, "two");
    assert_eq!(second.next_page_token, "");
    request.page_token = "x".to_owned();
    assert_eq!(
        reason(client.list_stage_moves(request).await),
        "PAGE_TOKEN_INVALID"
    );
    let nobody = ListStageMovesRequest {
        name: format!("opportunities/{}", request_id()),
        ..Default::default()
    };
    assert_eq!(
        reason(client.list_stage_moves(nobody).await),
        "OPPORTUNITY_NOT_FOUND"
    );
}
