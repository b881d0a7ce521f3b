use keynode_proto::pipeline::v1::*;

use crate::world::*;

async fn buying_step(
    client: &mut Opportunities,
    name: &str,
    step: i32,
    reason: &str,
) -> Result<Opportunity, tonic::Status> {
    let request = RecordBuyingStepRequest {
        name: name.to_owned(),
        step,
        evidence: "the tender was published".to_owned(),
        reason: reason.to_owned(),
        ..Default::default()
    };
    Ok(client
        .record_buying_step(request)
        .await?
        .into_inner()
        .opportunity
        .unwrap())
}

#[tokio::test]
async fn an_element_is_recorded_with_who_and_when() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    know(&mut client, &deal.name, QualificationElement::Budget).await;
    let after = get(&mut client, &deal.name).await.unwrap();
    let budget = &after.elements[2];
    assert_eq!(
        (budget.element(), budget.knowledge()),
        (QualificationElement::Budget, Knowledge::Known)
    );
    assert_eq!(
        (budget.value.as_str(), budget.learned_date),
        ("五百万元", date(2026, 7, 2))
    );
    assert!(budget.recorder.starts_with("people/") && budget.record_time.is_some());
    assert_eq!(
        after.elements[0].knowledge(),
        Knowledge::Unspecified,
        "the others stay unknown"
    );
    assert_eq!(after.etag, "2");
}

#[tokio::test]
async fn a_bad_element_is_refused() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    let request = RecordQualificationElementRequest {
        name: deal.name.clone(),
        state: Some(ElementState {
            knowledge: 9,
            value: "长".repeat(4001),
            learned_date: date(2999, 1, 1),
            ..Default::default()
        }),
        ..Default::default()
    };
    let expected =
        ["element", "learned_date", "knowledge", "value"].map(|field| format!("state.{field}"));
    assert_eq!(
        fields(client.record_qualification_element(request).await),
        expected
    );
    let stale = RecordQualificationElementRequest {
        name: deal.name,
        state: Some(ElementState {
            element: 1,
            ..Default::default()
        }),
        etag: "9".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason(client.record_qualification_element(stale).await),
        "ETAG_MISMATCH"
    );
}

#[tokio::test]
async fn the_first_buying_step_is_where_we_entered() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    let after = buying_step(&mut client, &deal.name, 3, "").await.unwrap();
    assert_eq!(
        (
            after.entry_buying_step,
            after.buying_step.as_ref().unwrap().step
        ),
        (3, 3)
    );
    assert_eq!(
        (after.lag, after.inflation),
        (Some(2), Some(0)),
        "two key nodes behind the customer (R4)"
    );
    let after = buying_step(&mut client, &deal.name, 4, "").await.unwrap();
    assert_eq!((after.entry_buying_step, after.lag), (3, Some(3)));
}

#[tokio::test]
async fn a_jump_or_a_step_back_needs_a_reason() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    buying_step(&mut client, &deal.name, 2, "").await.unwrap();
    for step in [1, 4] {
        assert_eq!(
            reason(buying_step(&mut client, &deal.name, step, "").await),
            "BUYING_STEP_SKIPPED"
        );
    }
    assert!(
        buying_step(&mut client, &deal.name, 2, "").await.is_ok(),
        "the same step with other evidence"
    );
    let back = buying_step(&mut client, &deal.name, 1, "the project was stopped")
        .await
        .unwrap();
    assert_eq!(
        (back.buying_step.unwrap().step, back.entry_buying_step),
        (1, 2)
    );
}

#[tokio::test]
async fn a_bad_buying_step_is_refused() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    let none = RecordBuyingStepRequest {
        name: deal.name.clone(),
        ..Default::default()
    };
    assert_eq!(
        fields(client.record_buying_step(none).await),
        ["step", "evidence"]
    );
    assert_eq!(
        fields(buying_step(&mut client, &deal.name, 7, "").await),
        ["step"]
    );
}

#[tokio::test]
async fn claiming_more_than_the_customer_is_inflation() {
    let world = world().await;
    let name = imported(&world, "bid").await;
    let after = buying_step(&mut world.manager(), &name, 2, "")
        .await
        .unwrap();
    assert_eq!((after.inflation, after.lag), (Some(2), Some(1)));
}

#[tokio::test]
async fn the_latest_evidence_of_a_kind_is_kept() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    evidence(&mut client, &deal.name, "bid_submitted").await;
    let again = RecordEvidenceRequest {
        name: deal.name.clone(),
        kind: "bid_submitted".to_owned(),
        date: date(2026, 7, 5),
        ..Default::default()
    };
    let after = client
        .record_evidence(again)
        .await
        .unwrap()
        .into_inner()
        .opportunity
        .unwrap();
    assert_eq!(after.evidence.len(), 1);
    assert_eq!(
        (after.evidence[0].date, after.evidence[0].note.as_str()),
        (date(2026, 7, 5), "")
    );
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), after);
    assert_eq!(
        world.events("OpportunityChanged").await,
        3,
        "the events keep the first"
    );
}

#[tokio::test]
async fn a_record_is_asked_and_repeated_without_counting_twice() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    let mut request = RecordEvidenceRequest {
        name: deal.name.clone(),
        kind: "bid_submitted".to_owned(),
        date: date(2026, 7, 1),
        validate_only: true,
        ..Default::default()
    };
    client.record_evidence(request.clone()).await.unwrap();
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), deal);
    (request.validate_only, request.request_id) = (false, request_id());
    let first = client
        .record_evidence(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        client
            .record_evidence(request.clone())
            .await
            .unwrap()
            .into_inner(),
        first
    );
    assert_eq!(get(&mut client, &deal.name).await.unwrap().etag, "2");
    (request.etag, request.request_id) = ("1".to_owned(), String::new());
    assert_eq!(
        reason(client.record_evidence(request).await),
        "ETAG_MISMATCH"
    );
}

#[tokio::test]
async fn bad_evidence_is_refused() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    let request = RecordEvidenceRequest {
        name: deal.name.clone(),
        ..Default::default()
    };
    assert_eq!(
        fields(client.record_evidence(request.clone()).await),
        ["kind", "date"]
    );
    let unknown = RecordEvidenceRequest {
        kind: "lunch".to_owned(),
        date: date(2026, 7, 1),
        ..request.clone()
    };
    assert_eq!(fields(client.record_evidence(unknown).await), ["kind"]);
    let future = RecordEvidenceRequest {
        kind: "acceptance".to_owned(),
        date: date(2999, 1, 1),
        ..request
    };
    assert_eq!(fields(client.record_evidence(future).await), ["date"]);
}

#[tokio::test]
async fn the_facts_show_every_gate_and_fetch_nothing() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    know(&mut client, &deal.name, QualificationElement::Need).await;
    let request = GetOpportunityFactsRequest {
        name: deal.name.clone(),
    };
    let facts = client
        .get_opportunity_facts(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        facts.opportunity.unwrap(),
        get(&mut client, &deal.name).await.unwrap()
    );
    assert_eq!(facts.process.unwrap().stages.len(), 6);
    assert_eq!(facts.gates.len(), 6);
    let verdicts: Vec<_> = facts.gates[0]
        .criteria
        .iter()
        .map(CriterionResult::verdict)
        .collect();
    assert_eq!(
        verdicts[..2],
        [CriterionVerdict::Met, CriterionVerdict::Unmet]
    );
    assert_eq!(verdicts[6], CriterionVerdict::NotFetched);
    assert_eq!(
        facts.gates[1].criteria[0].verdict(),
        CriterionVerdict::NotFetched
    );
    assert!(facts.gates.iter().all(|gate| !gate.reached));
}
