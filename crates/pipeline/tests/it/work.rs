//! The work of the stages, and what is waived.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::work_evidence::Evidence;
use keynode_proto::pipeline::v1::work_service_client::WorkServiceClient;
use keynode_proto::pipeline::v1::*;
use prost_types::Timestamp;

use crate::world::*;

/// A criterion that a manager may waive, and a share of work that is asked for.
const WORKING: &str = r#"
waivable_by = ["sales_manager"]
"#;

fn with_work(file: &str) -> String {
    let items = r#"
[[stages.work_items]]
id = "chart"
display_name = { zh = "结构图", en = "chart" }
evidence = "file"
[[stages.work_items]]
id = "visit"
display_name = { zh = "拜访", en = "visit" }
evidence = "activity"
[[stages.work_items]]
id = "gift"
display_name = { zh = "礼品", en = "gift" }
required = false
[stages.key_node]
work_share_percent = 100
"#;
    file.replacen("[stages.key_node]\n", items.trim_start(), 1)
}

async fn deal(world: &World) -> (Opportunity, WorkServiceClient<keynode_kit::client::Channel>) {
    let file = PutProcessDraftRequest {
        file: with_work(&process_file("short", WORKING)),
        ..Default::default()
    };
    world.keeping().put_process_draft(file).await.unwrap();
    let publish = PublishProcessRequest {
        name: "processes/short".to_owned(),
        ..Default::default()
    };
    world.keeping().publish_process(publish).await.unwrap();
    let deal = Opportunity {
        process: "processes/short".to_owned(),
        ..named("deal")
    };
    let deal = create(&mut world.manager(), deal).await;
    (
        deal,
        world.work(&Caller::person(world.tenant, "sales_manager")),
    )
}

fn completing(name: &str, item: &str, evidence: Option<Evidence>) -> CompleteWorkItemRequest {
    CompleteWorkItemRequest {
        name: name.to_owned(),
        work_item: item.to_owned(),
        done_date: date(2026, 7, 1),
        evidence: evidence.map(|evidence| WorkEvidence {
            evidence: Some(evidence),
        }),
        ..Default::default()
    }
}

fn chart() -> Option<Evidence> {
    Some(Evidence::File(FileReference {
        reference: "dms://7/chart.pdf".to_owned(),
        sha256: "0a".repeat(32),
        size_bytes: 1200,
        ..Default::default()
    }))
}

async fn visit(world: &World, deal: &str) -> String {
    let request = CreateActivityRequest {
        parent: deal.to_owned(),
        activity: Some(Activity {
            kind: ActivityKind::Visit.into(),
            occur_time: Some(Timestamp {
                seconds: 1_780_000_000,
                nanos: 0,
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut client = world.activities(&Caller::person(world.tenant, "sales_manager"));
    client
        .create_activity(request)
        .await
        .unwrap()
        .into_inner()
        .activity
        .unwrap()
        .name
}

fn waiving(name: &str, criterion: &str) -> WaiveCriterionRequest {
    WaiveCriterionRequest {
        name: name.to_owned(),
        criterion: criterion.to_owned(),
        reason: "客户已经书面确认".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_key_node_that_asks_for_work_is_reached_when_the_work_is_done() {
    let world = world().await;
    let (deal, mut client) = deal(&world).await;
    evidence(&mut world.manager(), &deal.name, "meet_ready").await;
    let lacking = advance(&mut world.manager(), &deal.name).await;
    let said = format!("{:?}", lacking.clone().unwrap_err());
    assert_eq!(reason(lacking), "KEY_NODE_NOT_REACHED");
    assert!(
        said.contains("work_share") && said.contains("chart, visit"),
        "{said}"
    );
    client
        .complete_work_item(completing(&deal.name, "chart", chart()))
        .await
        .unwrap();
    let visit = visit(&world, &deal.name).await;
    let by_visit = completing(&deal.name, "visit", Some(Evidence::Activity(visit)));
    let done = client
        .complete_work_item(by_visit)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(done.opportunity.unwrap().work.len(), 2);
    let gate = CheckGateRequest {
        name: deal.name.clone(),
    };
    let gate = world
        .manager()
        .check_gate(gate)
        .await
        .unwrap()
        .into_inner()
        .gate
        .unwrap();
    let share = gate.work.unwrap();
    assert_eq!(
        (
            share.required_percent,
            share.done_percent,
            share.missing.len()
        ),
        (100, 100, 0)
    );
    let standard = GetStandardWorkRequest {
        name: deal.name.clone(),
    };
    let standard = client
        .get_standard_work(standard)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((standard.points, standard.skipped.len()), (Some(80), 0));
    assert_eq!(standard.stages[0].items.len(), 3);
    let moved = advance(&mut world.manager(), &deal.name).await.unwrap();
    assert_eq!(moved.opportunity.unwrap().stage, "sign");
}

#[tokio::test]
async fn work_is_shown_by_what_the_process_asks_for() {
    let world = world().await;
    let (deal, mut client) = deal(&world).await;
    let mut refused = async |request| fields(client.complete_work_item(request).await);
    for wrong in [None, Some(Evidence::Text("x".to_owned()))] {
        assert_eq!(
            refused(completing(&deal.name, "chart", wrong)).await,
            ["evidence"]
        );
    }
    let bad = CompleteWorkItemRequest {
        done_date: date(2999, 1, 1),
        ..completing("x", "", Some(Evidence::Link("ftp://x".to_owned())))
    };
    assert_eq!(
        refused(bad).await,
        ["name", "work_item", "done_date", "evidence.link"]
    );
    let bad = Evidence::File(FileReference {
        size_bytes: -1,
        sha256: "xyz".to_owned(),
        ..Default::default()
    });
    let file = ["reference", "size_bytes", "sha256"].map(|it| format!("evidence.file.{it}"));
    assert_eq!(
        refused(completing(&deal.name, "chart", Some(bad))).await,
        file
    );
    let unknown = client
        .complete_work_item(completing(&deal.name, "lunch", None))
        .await;
    assert_eq!(reason(unknown), "WORK_ITEM_NOT_FOUND");
    let elsewhere = create(&mut world.manager(), named("other")).await;
    let foreign = visit(&world, &elsewhere.name).await;
    let never = format!("{}/activities/{}", deal.name, uuid::Uuid::now_v7());
    for name in [foreign, never] {
        let request = completing(&deal.name, "visit", Some(Evidence::Activity(name)));
        assert_eq!(
            reason(client.complete_work_item(request).await),
            "ACTIVITY_NOT_FOUND"
        );
    }
    let stale = CompleteWorkItemRequest {
        etag: "9".to_owned(),
        ..completing(&deal.name, "gift", None)
    };
    assert_eq!(
        reason(client.complete_work_item(stale).await),
        "ETAG_MISMATCH"
    );
    let check = CompleteWorkItemRequest {
        validate_only: true,
        ..completing(&deal.name, "gift", None)
    };
    client.complete_work_item(check).await.unwrap();
    assert!(
        get(&mut world.manager(), &deal.name)
            .await
            .unwrap()
            .work
            .is_empty()
    );
}

#[tokio::test]
async fn what_was_not_done_after_all_is_taken_back_with_its_reason() {
    let world = world().await;
    let (deal, mut client) = deal(&world).await;
    let request = CompleteWorkItemRequest {
        request_id: request_id(),
        ..completing(&deal.name, "gift", None)
    };
    let once = client
        .complete_work_item(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        client
            .complete_work_item(request)
            .await
            .unwrap()
            .into_inner(),
        once
    );
    let undo = UndoWorkItemRequest {
        name: deal.name.clone(),
        work_item: "gift".to_owned(),
        reason: "退回".to_owned(),
        ..Default::default()
    };
    let bare = UndoWorkItemRequest {
        reason: String::new(),
        ..undo.clone()
    };
    assert_eq!(fields(client.undo_work_item(bare).await), ["reason"]);
    let undone = client
        .undo_work_item(undo.clone())
        .await
        .unwrap()
        .into_inner();
    assert!(undone.opportunity.as_ref().unwrap().work.is_empty());
    assert_eq!(
        client.undo_work_item(undo).await.unwrap().into_inner(),
        undone
    );
    let (_, last) = world.last_event("OpportunityChanged").await;
    let last: OpportunityChanged = prost::Message::decode(last.as_slice()).unwrap();
    assert_eq!(
        (last.reason.as_str(), last.before.unwrap().work.len()),
        ("退回", 1)
    );
}

#[tokio::test]
async fn what_is_waived_counts_as_met_and_shows_who_waived_it() {
    let world = world().await;
    let (deal, mut client) = deal(&world).await;
    let mut seller = world.work(&Caller::person(world.tenant, "administrator"));
    let beyond = seller
        .waive_criterion(waiving(&deal.name, "meet_ready"))
        .await;
    assert_eq!(reason(beyond), "WAIVER_NOT_ALLOWED");
    let nobody = client
        .waive_criterion(waiving(&deal.name, "sign_ready"))
        .await;
    assert_eq!(reason(nobody), "WAIVER_NOT_ALLOWED");
    let unknown = client.waive_criterion(waiving(&deal.name, "lunch")).await;
    assert_eq!(reason(unknown), "CRITERION_NOT_FOUND");
    let bare = client
        .waive_criterion(WaiveCriterionRequest::default())
        .await;
    assert_eq!(fields(bare), ["name", "criterion", "reason"]);
    let waived = client
        .waive_criterion(waiving(&deal.name, "meet_ready"))
        .await
        .unwrap();
    let waiver = waived.into_inner().opportunity.unwrap().waivers.remove(0);
    assert_eq!(
        (waiver.criterion.as_str(), waiver.reason.as_str()),
        ("meet_ready", "客户已经书面确认")
    );
    assert!(!waiver.actor.is_empty() && waiver.waive_time.is_some());
    let gate = CheckGateRequest {
        name: deal.name.clone(),
    };
    let gate = world
        .manager()
        .check_gate(gate)
        .await
        .unwrap()
        .into_inner()
        .gate
        .unwrap();
    assert_eq!(gate.criteria[0].verdict(), CriterionVerdict::Waived);
    client
        .complete_work_item(completing(&deal.name, "chart", chart()))
        .await
        .unwrap();
    let visit = visit(&world, &deal.name).await;
    let by_visit = completing(&deal.name, "visit", Some(Evidence::Activity(visit)));
    client.complete_work_item(by_visit).await.unwrap();
    let revoke = RevokeWaiverRequest {
        name: deal.name.clone(),
        criterion: "meet_ready".to_owned(),
        reason: "x".to_owned(),
        ..Default::default()
    };
    client.revoke_waiver(revoke).await.unwrap();
    assert_eq!(
        reason(advance(&mut world.manager(), &deal.name).await),
        "KEY_NODE_NOT_REACHED"
    );
    client
        .waive_criterion(waiving(&deal.name, "meet_ready"))
        .await
        .unwrap();
    let moved = advance(&mut world.manager(), &deal.name)
        .await
        .unwrap()
        .opportunity
        .unwrap();
    assert_eq!(moved.completed_key_nodes, [1]);
    assert_eq!(moved.waivers.len(), 1, "it is shown for ever");
}

#[tokio::test]
async fn nobody_works_on_a_deal_that_they_do_not_see() {
    let world = world().await;
    let (deal, _) = deal(&world).await;
    let elsewhere = Caller::person(keynode_kit::testing::tenant(), "sales_manager");
    for caller in [Caller::seller(world.tenant), elsewhere] {
        let mut client = world.work(&caller);
        let done = client
            .complete_work_item(completing(&deal.name, "gift", None))
            .await;
        assert_eq!(reason(done), "OPPORTUNITY_NOT_FOUND");
        let waived = client
            .waive_criterion(waiving(&deal.name, "meet_ready"))
            .await;
        assert_eq!(reason(waived), "OPPORTUNITY_NOT_FOUND");
        let standard = GetStandardWorkRequest {
            name: deal.name.clone(),
        };
        assert_eq!(
            reason(client.get_standard_work(standard).await),
            "OPPORTUNITY_NOT_FOUND"
        );
    }
}
