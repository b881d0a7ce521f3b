//! The six qualification elements in parts (R12).

use keynode_kit::testing::{Caller, tenant};
use keynode_proto::pipeline::v1::element_state::Details;
use keynode_proto::pipeline::v1::*;
use tonic::Status;

use crate::world::*;

const CONTACT: &str = "contacts/0190b5a0-0000-7000-8000-000000000001";

fn recording(
    name: &str,
    element: QualificationElement,
    details: Details,
) -> RecordQualificationElementRequest {
    RecordQualificationElementRequest {
        name: name.to_owned(),
        state: Some(ElementState {
            element: element.into(),
            knowledge: Knowledge::Known.into(),
            person: CONTACT.to_owned(),
            details: Some(details),
            ..Default::default()
        }),
        ..Default::default()
    }
}

async fn record(
    client: &mut Opportunities,
    request: RecordQualificationElementRequest,
) -> Result<Opportunity, Status> {
    let answer = client.record_qualification_element(request).await?;
    Ok(answer.into_inner().opportunity.unwrap())
}

fn money_details() -> Details {
    Details::Budget(BudgetDetails {
        amount: money(5_000_000, 10_000_000),
        source_of_funds: "自有资金".to_owned(),
        process: "董事会批准后下达".to_owned(),
        approved: Some(false),
        confirmer: CONTACT.to_owned(),
        confirmed_date: date(2026, 7, 2),
    })
}

fn all() -> [(QualificationElement, Details); 6] {
    use QualificationElement as Of;
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    [
        (
            Of::Need,
            Details::Need(NeedDetails {
                links: texts(&["https://example.com/需求.pdf"]),
            }),
        ),
        (
            Of::Timetable,
            Details::Timetable(TimetableDetails {
                project_start_date: date(2026, 8, 1),
                purchase_date: date(2026, 11, 1),
                delivery_date: date(2099, 3, 1),
            }),
        ),
        (Of::Budget, money_details()),
        (
            Of::Competition,
            Details::Competition(CompetitionDetails {
                competitors: vec![CompetitorPosition {
                    display_name: "甲".to_owned(),
                    position: "设计院已选型".to_owned(),
                }],
            }),
        ),
        (
            Of::DecisionProcess,
            Details::DecisionProcess(DecisionProcessDetails {
                steps: texts(&["技术评审", "商务评审"]),
                deadline: date(2026, 12, 1),
            }),
        ),
        (
            Of::PriorityCriteria,
            Details::PriorityCriteria(PriorityCriteriaDetails {
                criteria: texts(&["可靠性", "价格"]),
            }),
        ),
    ]
}

#[tokio::test]
async fn every_element_is_known_in_its_parts() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    for (element, details) in all() {
        let after = record(&mut client, recording(&deal.name, element, details.clone()))
            .await
            .unwrap();
        let state = after
            .elements
            .iter()
            .find(|it| it.element() == element)
            .unwrap();
        assert_eq!(state.details.as_ref(), Some(&details));
        assert_eq!(state.person, CONTACT);
    }
    let read = get(&mut client, &deal.name).await.unwrap();
    let details: Vec<Details> = read
        .elements
        .into_iter()
        .filter_map(|it| it.details)
        .collect();
    assert_eq!(details, all().map(|(_, details)| details));
}

#[tokio::test]
async fn details_of_another_element_are_refused_with_every_bad_field() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    for (n, (element, _)) in all().into_iter().enumerate() {
        let (_, other) = all()[(n + 1) % 6].clone();
        let refused = record(&mut client, recording(&deal.name, element, other)).await;
        assert_eq!(fields(refused).len(), 1, "{element:?}");
    }
    let bad = Details::Budget(BudgetDetails {
        amount: money(-1, 0),
        source_of_funds: "长".repeat(401),
        process: "长".repeat(2001),
        confirmer: "people/1".to_owned(),
        confirmed_date: date(2999, 1, 1),
        ..Default::default()
    });
    let mut request = recording("deals/1", QualificationElement::Need, bad);
    request.state.as_mut().unwrap().person = "x".to_owned();
    let expected = [
        "name",
        "state.budget",
        "state.budget.amount",
        "state.budget.confirmer",
        "state.budget.confirmed_date",
        "state.budget.source_of_funds",
        "state.budget.process",
        "state.person",
    ];
    assert_eq!(fields(record(&mut client, request).await), expected);
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), deal);
}

#[tokio::test]
async fn lists_are_bounded_and_competitors_named_once() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    let competitor = CompetitorPosition {
        display_name: "甲".to_owned(),
        ..Default::default()
    };
    for (element, details, field) in [
        (
            QualificationElement::Need,
            Details::Need(NeedDetails {
                links: vec!["x".to_owned(); 51],
            }),
            "state.need.links",
        ),
        (
            QualificationElement::Competition,
            Details::Competition(CompetitionDetails {
                competitors: vec![competitor.clone(); 101],
            }),
            "state.competition.competitors",
        ),
        (
            QualificationElement::Competition,
            Details::Competition(CompetitionDetails {
                competitors: vec![competitor; 2],
            }),
            "state.competition.competitors[1].display_name",
        ),
        (
            QualificationElement::PriorityCriteria,
            Details::PriorityCriteria(PriorityCriteriaDetails {
                criteria: vec![String::new()],
            }),
            "state.priority_criteria.criteria[0]",
        ),
        (
            QualificationElement::DecisionProcess,
            Details::DecisionProcess(DecisionProcessDetails {
                steps: Vec::new(),
                deadline: date(2026, 2, 30),
            }),
            "state.decision_process.deadline",
        ),
    ] {
        let refused = record(&mut client, recording(&deal.name, element, details)).await;
        assert_eq!(fields(refused), [field]);
    }
}

#[tokio::test]
async fn an_element_is_recorded_once_checked_first_and_by_who_sees_the_deal() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    let request = recording(&deal.name, QualificationElement::Budget, money_details());
    let check = RecordQualificationElementRequest {
        validate_only: true,
        ..request.clone()
    };
    let checked = record(&mut client, check).await.unwrap();
    assert!(checked.elements.iter().any(|it| it.details.is_some()));
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), deal);
    let once = RecordQualificationElementRequest {
        request_id: request_id(),
        etag: deal.etag.clone(),
        ..request.clone()
    };
    let first = record(&mut client, once.clone()).await.unwrap();
    assert_eq!(record(&mut client, once).await.unwrap(), first);
    assert_eq!(world.events("OpportunityChanged").await, 2);
    for caller in [
        Caller::seller(world.tenant),
        Caller::person(tenant(), "administrator"),
    ] {
        let mut other = world.opportunities(&caller);
        let refused = record(&mut other, request.clone()).await;
        assert_eq!(reason(refused), "OPPORTUNITY_NOT_FOUND");
    }
    let mut viewer = world.opportunities(&Caller::person(world.tenant, "viewer"));
    assert_eq!(
        reason(record(&mut viewer, request).await),
        "PERMISSION_DENIED"
    );
}

#[tokio::test]
async fn criteria_read_the_money() {
    let world = world().await;
    let criterion = r#"
[[stages.key_node.criteria]]
id = "money"
check = "expression"
expression = "budget.amount >= deal.amount && budget.currency == deal.currency && budget.confirmed"
explanation = { zh = "预算足够并经确认", en = "the budget suffices and is confirmed" }
"#;
    publish(&world, "short", criterion).await;
    let mut client = world.manager();
    let deal = Opportunity {
        process: "processes/short".to_owned(),
        amount: money(5_000_000, 0),
        ..named("x")
    };
    let deal = create(&mut client, deal).await;
    evidence(&mut client, &deal.name, "meet_ready").await;
    assert_eq!(
        reason(advance(&mut client, &deal.name).await),
        "KEY_NODE_NOT_REACHED"
    );
    let unconfirmed = Details::Budget(BudgetDetails {
        amount: money(6_000_000, 0),
        approved: Some(true),
        ..Default::default()
    });
    let request = recording(&deal.name, QualificationElement::Budget, unconfirmed);
    record(&mut client, request).await.unwrap();
    assert_eq!(
        reason(advance(&mut client, &deal.name).await),
        "KEY_NODE_NOT_REACHED",
        "unknown is not confirmed"
    );
    let request = recording(&deal.name, QualificationElement::Budget, money_details());
    record(&mut client, request).await.unwrap();
    let moved = advance(&mut client, &deal.name).await.unwrap();
    assert_eq!(moved.opportunity.unwrap().stage, "sign");
}
