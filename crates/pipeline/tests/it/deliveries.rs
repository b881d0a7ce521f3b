//! The delivery of what was won: milestones, acceptance, findings, the end and what follows it.

use keynode_kit::client::Channel;
use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::implementation_service_client::ImplementationServiceClient;
use keynode_proto::pipeline::v1::*;
use prost::Message as _;
use prost_types::FieldMask;
use tonic::Status;

use crate::world::*;

pub type Client = ImplementationServiceClient<Channel>;

pub fn manager(world: &World) -> Client {
    world.implementation(&Caller::person(world.tenant, "sales_manager"))
}

pub async fn read(client: &mut Client, deal: &str) -> Result<Delivery, Status> {
    let request = GetDeliveryRequest {
        name: deal.to_owned(),
    };
    let answer = client.get_delivery(request).await?.into_inner();
    Ok(answer.delivery.unwrap())
}

pub fn person() -> String {
    format!("people/{}", uuid::Uuid::now_v7())
}

pub fn milestone() -> Milestone {
    Milestone {
        display_name: "现场安装".to_owned(),
        kind: MilestoneKind::Installation.into(),
        planned_date: date(2026, 9, 1),
        responsible: person(),
        ..Default::default()
    }
}

pub fn finding(severity: FindingSeverity) -> Finding {
    Finding {
        text: "三号泵站信号漂移".to_owned(),
        severity: severity.into(),
        due_date: date(2026, 9, 20),
        ..Default::default()
    }
}

pub async fn add_milestone(client: &mut Client, deal: &str) -> Milestone {
    let request = CreateMilestoneRequest {
        parent: deal.to_owned(),
        milestone: Some(milestone()),
        ..Default::default()
    };
    let made = client.create_milestone(request).await.unwrap();
    made.into_inner().milestone.unwrap()
}

pub async fn add_finding(client: &mut Client, deal: &str, severity: FindingSeverity) -> Finding {
    let request = CreateFindingRequest {
        parent: deal.to_owned(),
        finding: Some(finding(severity)),
        ..Default::default()
    };
    let made = client.create_finding(request).await.unwrap();
    made.into_inner().finding.unwrap()
}

pub fn resolving(finding: &Finding) -> UpdateFindingRequest {
    UpdateFindingRequest {
        finding: Some(Finding {
            name: finding.name.clone(),
            resolved_date: date(2026, 7, 2),
            resolution: "更换变送器".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub fn accepting(deal: &str, result: AcceptanceResult) -> RecordAcceptanceRequest {
    RecordAcceptanceRequest {
        name: deal.to_owned(),
        acceptance: Some(Acceptance {
            acceptance_date: date(2026, 7, 1),
            result: result.into(),
            protocol: Some(FileReference {
                reference: "dms://7/acceptance.pdf".to_owned(),
                ..Default::default()
            }),
            signers: vec![format!("contacts/{}", uuid::Uuid::now_v7())],
            note: "验收会".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub fn closing(deal: &str) -> CloseProjectRequest {
    CloseProjectRequest {
        name: deal.to_owned(),
        closing: Some(ProjectClosing {
            close_date: date(2026, 7, 5),
            note: "资料已移交".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub fn handing_over(deal: &str) -> RecordHandOverRequest {
    RecordHandOverRequest {
        name: deal.to_owned(),
        hand_over: Some(HandOver {
            hand_over_date: date(2026, 7, 6),
            keeper: person(),
            plan: "每季度回访一次".to_owned(),
            next_visit_date: date(2026, 10, 1),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub fn planning(deal: &str) -> PlanAcceptanceRequest {
    PlanAcceptanceRequest {
        name: deal.to_owned(),
        planned_acceptance_date: date(2026, 9, 30),
        ..Default::default()
    }
}

pub fn kinds(deal: &Opportunity) -> Vec<&str> {
    deal.evidence.iter().map(|it| it.kind.as_str()).collect()
}

#[tokio::test]
async fn milestones_are_planned_done_and_removed() {
    let world = world().await;
    let deal = imported(&world, "implementation").await;
    let mut client = manager(&world);
    let first = add_milestone(&mut client, &deal).await;
    assert!(first.name.starts_with(&format!("{deal}/milestones/")));
    let done = UpdateMilestoneRequest {
        milestone: Some(Milestone {
            name: first.name.clone(),
            done_date: date(2026, 7, 1),
            ..Default::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["done_date".to_owned(), "responsible".to_owned()],
        }),
        ..Default::default()
    };
    let after = client
        .update_milestone(done.clone())
        .await
        .unwrap()
        .into_inner();
    let after = after.milestone.unwrap();
    assert_eq!(
        (after.done_date, after.planned_date),
        (date(2026, 7, 1), first.planned_date)
    );
    assert_eq!(after.responsible, "");
    client.update_milestone(done).await.unwrap();
    assert_eq!(
        world.events("MilestoneChanged").await,
        2,
        "no change, no event"
    );
    let (subject, data) = world.last_event("MilestoneChanged").await;
    let event = MilestoneChanged::decode(data.as_slice()).unwrap();
    assert_eq!(
        (subject.as_str(), event.before, event.after),
        (deal.as_str(), Some(first.clone()), Some(after.clone()))
    );
    assert_eq!(read(&mut client, &deal).await.unwrap().milestones, [after]);
    let gone = DeleteMilestoneRequest {
        name: first.name,
        ..Default::default()
    };
    client.delete_milestone(gone.clone()).await.unwrap();
    assert_eq!(
        reason(client.delete_milestone(gone).await),
        "MILESTONE_NOT_FOUND"
    );
    assert!(
        read(&mut client, &deal)
            .await
            .unwrap()
            .milestones
            .is_empty()
    );
}

#[tokio::test]
async fn a_project_is_accepted_then_closed_and_the_deal_is_completed() {
    let world = world().await;
    let deal = imported(&world, "implementation").await;
    let mut client = manager(&world);
    let planned = client.plan_acceptance(planning(&deal)).await.unwrap();
    assert_eq!(
        planned
            .into_inner()
            .delivery
            .unwrap()
            .planned_acceptance_date,
        date(2026, 9, 30)
    );
    let blocking = add_finding(&mut client, &deal, FindingSeverity::Blocking).await;
    let rejected = client
        .record_acceptance(accepting(&deal, AcceptanceResult::Rejected))
        .await;
    assert!(kinds(&rejected.unwrap().into_inner().opportunity.unwrap()).is_empty());
    let unready = client.close_project(closing(&deal)).await.map(drop);
    let lacking = [
        ("ACCEPTANCE".to_owned(), deal.clone()),
        ("FINDING".to_owned(), blocking.name.clone()),
    ];
    assert_eq!(missing(unready.clone()), lacking);
    assert_eq!(reason(unready), "PROJECT_NOT_READY");
    let accepted = client
        .record_acceptance(accepting(&deal, AcceptanceResult::Accepted))
        .await;
    let accepted = accepted.unwrap().into_inner();
    assert_eq!(accepted.delivery.unwrap().acceptances.len(), 2);
    let after = accepted.opportunity.unwrap();
    assert_eq!(kinds(&after), ["acceptance"]);
    assert_eq!(
        (after.evidence[0].date, after.evidence[0].note.as_str()),
        (date(2026, 7, 1), "验收会")
    );
    assert_eq!(
        missing(client.close_project(closing(&deal)).await),
        [lacking[1].clone()]
    );
    client.update_finding(resolving(&blocking)).await.unwrap();
    let closed = client
        .close_project(closing(&deal))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        closed.delivery.unwrap().closing.unwrap().close_date,
        date(2026, 7, 5)
    );
    assert_eq!(
        kinds(&closed.opportunity.unwrap()),
        ["acceptance", "project_closed"]
    );
    let done = advance(&mut world.manager(), &deal)
        .await
        .unwrap()
        .opportunity
        .unwrap();
    assert_eq!(done.status(), OpportunityStatus::Completed);
    // What is completed is still corrected, and the relation goes on.
    client
        .record_acceptance(accepting(&deal, AcceptanceResult::Accepted))
        .await
        .unwrap();
    let over = client
        .record_hand_over(handing_over(&deal))
        .await
        .unwrap()
        .into_inner();
    let over = over.delivery.unwrap().hand_over.unwrap();
    assert_eq!(
        (over.plan.as_str(), over.next_visit_date),
        ("每季度回访一次", date(2026, 10, 1))
    );
    let (_, data) = world.last_event("DeliveryChanged").await;
    let event = DeliveryChanged::decode(data.as_slice()).unwrap();
    let (before, after) = (event.before.unwrap(), event.after.unwrap());
    assert_eq!((before.hand_over, after.hand_over), (None, Some(over)));
    assert!(
        after.findings.is_empty(),
        "findings have events of their own"
    );
}

#[tokio::test]
async fn what_is_rejected_afterwards_is_accepted_no_more() {
    let world = world().await;
    let deal = imported(&world, "implementation").await;
    let mut client = manager(&world);
    let accepted = accepting(&deal, AcceptanceResult::Accepted);
    client.record_acceptance(accepted.clone()).await.unwrap();
    client.close_project(closing(&deal)).await.unwrap();
    let rejected = accepting(&deal, AcceptanceResult::Rejected);
    let answer = client.record_acceptance(rejected).await.unwrap();
    let after = answer.into_inner().opportunity.unwrap();
    assert_eq!(kinds(&after), ["project_closed"]);
    let mut deals = world.manager();
    assert_eq!(get(&mut deals, &deal).await.unwrap(), after);
    let unmet = advance(&mut deals, &deal).await;
    assert_eq!(reason(unmet.clone()), "KEY_NODE_NOT_REACHED");
    let unmet = missing(unmet);
    assert_eq!(unmet.len(), 1, "{unmet:?}");
    assert!(unmet[0].1.ends_with("acceptance"), "{unmet:?}");
    client.record_acceptance(accepted).await.unwrap();
    assert!(advance(&mut deals, &deal).await.is_ok());
}

#[tokio::test]
async fn what_is_accepted_with_findings_counts_once_it_is_closed() {
    let world = world().await;
    let deal = imported(&world, "implementation").await;
    let mut client = manager(&world);
    add_finding(&mut client, &deal, FindingSeverity::Minor).await;
    let partly = accepting(&deal, AcceptanceResult::AcceptedWithFindings);
    let answer = client.record_acceptance(partly).await.unwrap().into_inner();
    assert!(kinds(&answer.opportunity.unwrap()).is_empty());
    let closed = client
        .close_project(closing(&deal))
        .await
        .unwrap()
        .into_inner();
    let after = closed.opportunity.unwrap();
    assert_eq!(kinds(&after), ["acceptance", "project_closed"]);
    assert_eq!(after.evidence[0].date, date(2026, 7, 1));
    let stored = get(&mut world.manager(), &deal).await.unwrap();
    assert_eq!(stored, after);
    assert!(advance(&mut world.manager(), &deal).await.is_ok());
}

#[tokio::test]
async fn only_what_was_won_is_accepted_and_closed() {
    let world = world().await;
    let deal = imported(&world, "negotiation").await;
    let mut client = manager(&world);
    add_milestone(&mut client, &deal).await;
    let early = client
        .record_acceptance(accepting(&deal, AcceptanceResult::Accepted))
        .await;
    assert_eq!(reason(early), "OPPORTUNITY_NOT_WON");
    assert_eq!(
        reason(client.close_project(closing(&deal)).await),
        "OPPORTUNITY_NOT_WON"
    );
    assert!(
        read(&mut client, &deal)
            .await
            .unwrap()
            .acceptances
            .is_empty()
    );
}

#[tokio::test]
async fn a_finding_is_put_right_on_a_day_and_somehow() {
    let world = world().await;
    let deal = imported(&world, "implementation").await;
    let mut client = manager(&world);
    let first = add_finding(&mut client, &deal, FindingSeverity::Major).await;
    let half = UpdateFindingRequest {
        update_mask: Some(FieldMask {
            paths: vec!["resolved_date".to_owned()],
        }),
        ..resolving(&first)
    };
    assert_eq!(
        fields(client.update_finding(half).await),
        ["finding.resolution"]
    );
    let done = client
        .update_finding(resolving(&first))
        .await
        .unwrap()
        .into_inner();
    let done = done.finding.unwrap();
    assert_eq!(
        (done.resolved_date, done.severity()),
        (date(2026, 7, 2), FindingSeverity::Major)
    );
    let (_, data) = world.last_event("FindingChanged").await;
    let event = FindingChanged::decode(data.as_slice()).unwrap();
    assert_eq!(
        (event.before, event.after),
        (Some(first.clone()), Some(done))
    );
    let gone = DeleteFindingRequest {
        name: first.name.clone(),
        ..Default::default()
    };
    client.delete_finding(gone.clone()).await.unwrap();
    assert_eq!(
        reason(client.delete_finding(gone).await),
        "FINDING_NOT_FOUND"
    );
    assert_eq!(
        reason(client.update_finding(resolving(&first)).await),
        "FINDING_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_key_node_may_ask_how_the_delivery_stands() {
    let world = world().await;
    let asked = "delivery.milestones_open == 0 && delivery.open_findings == 0 && \
                 delivery.blocking_findings == 0 && !delivery.accepted && !delivery.closed && \
                 delivery.handed_over";
    let deal = deal_that_asks(&world, asked).await.name;
    let mut deals = world.manager();
    assert_eq!(
        reason(advance(&mut deals, &deal).await),
        "KEY_NODE_NOT_REACHED"
    );
    let mut client = manager(&world);
    let open = add_milestone(&mut client, &deal).await;
    client.record_hand_over(handing_over(&deal)).await.unwrap();
    assert_eq!(
        reason(advance(&mut deals, &deal).await),
        "KEY_NODE_NOT_REACHED"
    );
    let gone = DeleteMilestoneRequest {
        name: open.name,
        ..Default::default()
    };
    client.delete_milestone(gone).await.unwrap();
    assert!(advance(&mut deals, &deal).await.is_ok());
}
