//! What gates and work see of activities, needs, objections and requests.

use keynode_proto::pipeline::v1::work_evidence::Evidence;
use keynode_proto::pipeline::v1::*;
use prost_types::Timestamp;

use crate::world::*;

fn asks(expression: &str) -> String {
    format!(
        r#"
[[stages.key_node.criteria]]
id = "talked"
check = "expression"
expression = "{expression}"
explanation = {{ zh = "接触", en = "contacts" }}
"#
    )
}

async fn deal(world: &World, expression: &str) -> String {
    publish(world, "short", &asks(expression)).await;
    let deal = Opportunity {
        process: "processes/short".to_owned(),
        ..named("deal")
    };
    create(&mut world.manager(), deal).await.name
}

/// Whether the written criterion is met, and what was seen.
async fn gate(world: &World, deal: &str) -> (CriterionVerdict, String) {
    let request = CheckGateRequest {
        name: deal.to_owned(),
    };
    let answer = world.manager().check_gate(request).await.unwrap();
    let criteria = answer.into_inner().gate.unwrap().criteria;
    let written = criteria
        .iter()
        .find(|it| it.criterion.as_ref().unwrap().id == "talked");
    let written = written.unwrap();
    (written.verdict(), written.observed.clone())
}

async fn record(world: &World, deal: &str, kind: ActivityKind, state: ActivityState) -> Activity {
    let at = Some(Timestamp {
        seconds: 1_783_000_000,
        nanos: 0,
    });
    let is_done = state == ActivityState::Done;
    let request = CreateActivityRequest {
        parent: deal.to_owned(),
        activity: Some(Activity {
            kind: kind.into(),
            state: state.into(),
            occur_time: at.filter(|_| is_done),
            plan_time: at.filter(|_| !is_done),
            ..Activity::default()
        }),
        ..Default::default()
    };
    let mut client = world.activities(&world.boss());
    let answer = client.create_activity(request).await.unwrap();
    answer.into_inner().activity.unwrap()
}

#[tokio::test]
async fn forms_of_persuasion_that_took_place_count_for_a_key_node() {
    let world = world().await;
    let asked =
        "activities.persuasion >= 2 && activities.demonstration == 2 && activities.total > 2";
    let deal = deal(&world, asked).await;
    let done = ActivityState::Done;
    let (verdict, observed) = gate(&world, &deal).await;
    assert_eq!(verdict, CriterionVerdict::Unmet);
    assert!(
        observed.contains("activities.persuasion is 0"),
        "{observed}"
    );
    for _ in 0..2 {
        record(&world, &deal, ActivityKind::Demonstration, done).await;
    }
    record(
        &world,
        &deal,
        ActivityKind::Proposal,
        ActivityState::Planned,
    )
    .await;
    let (verdict, observed) = gate(&world, &deal).await;
    assert_eq!(verdict, CriterionVerdict::Unmet, "a plan persuades nobody");
    assert!(
        observed.contains("activities.persuasion is 1"),
        "{observed}"
    );
    record(&world, &deal, ActivityKind::Proposal, done).await;
    assert_eq!(gate(&world, &deal).await.0, CriterionVerdict::Met);
    evidence(&mut world.manager(), &deal, "meet_ready").await;
    let moved = advance(&mut world.manager(), &deal).await.unwrap();
    assert_eq!(moved.opportunity.unwrap().stage, "sign");
}

#[tokio::test]
async fn needs_objections_and_requests_count_for_a_key_node() {
    let world = world().await;
    let asked = "needs.total == 2 && needs.confirmed >= 1 && needs.deepest >= 2 && needs.wants == 1 && objections.open == 0 && requests.pending == 0 && promises.open == 1";
    let deal = deal(&world, asked).await;
    let boss = world.boss();
    let (verdict, observed) = gate(&world, &deal).await;
    assert_eq!(verdict, CriterionVerdict::Unmet);
    assert!(observed.contains("needs.deepest is unknown"), "{observed}");
    let why = |answer: &str| Why {
        answer: answer.to_owned(),
        ..Why::default()
    };
    let confirmed = Need {
        text: "减少停机".to_owned(),
        whys: vec![why("停机一小时损失十万"), why("交货期罚款")],
        root: "按期交货".to_owned(),
        confirmation: Some(NeedConfirmation {
            contacts: vec![format!("contacts/{}", uuid::Uuid::now_v7())],
            date: date(2026, 7, 1),
        }),
        ..Need::default()
    };
    let want = Need {
        text: "要德国产的".to_owned(),
        kind: NeedKind::Want.into(),
        kind_reason: "一个人提出".to_owned(),
        ..Need::default()
    };
    for need in [confirmed, want] {
        let request = CreateNeedRequest {
            parent: deal.clone(),
            need: Some(need),
            ..Default::default()
        };
        world.needs(&boss).create_need(request).await.unwrap();
    }
    let promise = CreatePromiseRequest {
        parent: deal.clone(),
        promise: Some(Promise {
            text: "派工程师".to_owned(),
            ..Promise::default()
        }),
        ..Default::default()
    };
    world.promises(&boss).create_promise(promise).await.unwrap();
    assert_eq!(gate(&world, &deal).await.0, CriterionVerdict::Met);
    let objection = CreateObjectionRequest {
        parent: deal.clone(),
        objection: Some(Objection {
            text: "太贵".to_owned(),
            ..Objection::default()
        }),
        ..Default::default()
    };
    world
        .objections(&boss)
        .create_objection(objection)
        .await
        .unwrap();
    let (verdict, observed) = gate(&world, &deal).await;
    assert_eq!(verdict, CriterionVerdict::Unmet);
    assert!(observed.contains("objections.open is 1"), "{observed}");
    let request = CreateCustomerRequestRequest {
        parent: deal.clone(),
        request: Some(CustomerRequest {
            text: "免费试用".to_owned(),
            ..CustomerRequest::default()
        }),
        ..Default::default()
    };
    world
        .requests(&boss)
        .create_customer_request(request)
        .await
        .unwrap();
    let (_, observed) = gate(&world, &deal).await;
    assert!(observed.contains("requests.pending is 1"), "{observed}");
    let request = GetOpportunityFactsRequest { name: deal.clone() };
    let facts = world.manager().get_opportunity_facts(request).await;
    let facts = facts.unwrap().into_inner();
    let texts = [
        facts
            .needs
            .iter()
            .map(|it| it.text.as_str())
            .collect::<Vec<_>>(),
        facts.objections.iter().map(|it| it.text.as_str()).collect(),
        facts
            .customer_requests
            .iter()
            .map(|it| it.text.as_str())
            .collect(),
        facts.promises.iter().map(|it| it.text.as_str()).collect(),
    ];
    assert_eq!(
        texts,
        [
            vec!["减少停机", "要德国产的"],
            vec!["太贵"],
            vec!["免费试用"],
            vec!["派工程师"]
        ]
    );
    assert_eq!(facts.contract.unwrap().name, deal);
    assert!(facts.bid.is_some() && facts.purchase_criteria.is_some());
}

#[tokio::test]
async fn only_what_happened_shows_that_work_is_done() {
    let world = world().await;
    let file = process_file("short", "").replacen(
        "[stages.key_node]\n",
        "[[stages.work_items]]\nid = \"visit\"\ndisplay_name = { zh = \"拜访\", en = \"visit\" }\nevidence = \"activity\"\n[stages.key_node]\n",
        1,
    );
    let put = PutProcessDraftRequest {
        file,
        ..Default::default()
    };
    world.keeping().put_process_draft(put).await.unwrap();
    let published = PublishProcessRequest {
        name: "processes/short".to_owned(),
        ..Default::default()
    };
    world.keeping().publish_process(published).await.unwrap();
    let deal = Opportunity {
        process: "processes/short".to_owned(),
        ..named("deal")
    };
    let deal = create(&mut world.manager(), deal).await.name;
    let plan = record(&world, &deal, ActivityKind::Visit, ActivityState::Planned).await;
    let visit = record(&world, &deal, ActivityKind::Visit, ActivityState::Done).await;
    let by = |activity: Activity| CompleteWorkItemRequest {
        name: deal.clone(),
        work_item: "visit".to_owned(),
        done_date: date(2026, 7, 1),
        evidence: Some(WorkEvidence {
            evidence: Some(Evidence::Activity(activity.name)),
        }),
        ..Default::default()
    };
    let mut client = world.work(&world.boss());
    let early = client.complete_work_item(by(plan)).await;
    assert_eq!(reason(early), "ACTIVITY_NOT_DONE");
    client.complete_work_item(by(visit)).await.unwrap();
}
