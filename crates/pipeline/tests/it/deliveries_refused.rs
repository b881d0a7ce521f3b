//! What a delivery is refused for, and what a repeat does.

use keynode_kit::testing::{self, Caller};
use keynode_proto::pipeline::v1::*;

use crate::deliveries::*;
use crate::world::*;

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let world = world().await;
    let mut client = manager(&world);
    let bad = CreateMilestoneRequest {
        milestone: Some(Milestone {
            planned_date: date(2026, 2, 30),
            done_date: date(2999, 1, 1),
            responsible: "contacts/1".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let of = |names: &[&str], at: &str| -> Vec<String> {
        names.iter().map(|name| format!("{at}.{name}")).collect()
    };
    let named = fields(client.create_milestone(bad).await);
    assert_eq!(named[0], "parent");
    let expected = [
        "planned_date",
        "done_date",
        "responsible",
        "display_name",
        "kind",
    ];
    assert_eq!(named[1..], of(&expected, "milestone"));
    let bad = CreateFindingRequest {
        finding: Some(Finding {
            resolved_date: date(2999, 1, 1),
            ..Default::default()
        }),
        ..Default::default()
    };
    let named = fields(client.create_finding(bad).await);
    assert_eq!(
        named[1..],
        of(
            &["resolved_date", "text", "severity", "resolution"],
            "finding"
        )
    );
    let bad = RecordAcceptanceRequest {
        acceptance: Some(Acceptance {
            protocol: Some(FileReference::default()),
            signers: vec!["people/1".to_owned()],
            ..Default::default()
        }),
        ..Default::default()
    };
    let named = fields(client.record_acceptance(bad).await);
    let expected = [
        "acceptance_date",
        "result",
        "protocol.reference",
        "signers[0]",
    ];
    assert_eq!(named[1..], of(&expected, "acceptance"));
    let none = client.close_project(CloseProjectRequest::default()).await;
    assert_eq!(fields(none), ["name", "closing.close_date"]);
    let none = client
        .record_hand_over(RecordHandOverRequest::default())
        .await;
    let named = fields(none);
    assert_eq!(
        named[1..],
        of(&["hand_over_date", "keeper", "plan"], "hand_over")
    );
    let bad = PlanAcceptanceRequest {
        planned_acceptance_date: date(2026, 13, 1),
        ..Default::default()
    };
    assert_eq!(
        fields(client.plan_acceptance(bad).await),
        ["name", "planned_acceptance_date"]
    );
    let none = client.update_finding(UpdateFindingRequest::default()).await;
    assert_eq!(fields(none), ["finding.name"]);
    let none = client
        .update_milestone(UpdateMilestoneRequest::default())
        .await;
    assert_eq!(fields(none), ["milestone.name"]);
}

#[tokio::test]
async fn a_deal_has_only_so_many_milestones_findings_and_attempts() {
    let world = world().await;
    let deal = imported(&world, "implementation").await;
    let mut client = manager(&world);
    for _ in 0..100 {
        add_milestone(&mut client, &deal).await;
    }
    for _ in 0..200 {
        add_finding(&mut client, &deal, FindingSeverity::Minor).await;
    }
    for _ in 0..20 {
        let attempt = accepting(&deal, AcceptanceResult::Rejected);
        client.record_acceptance(attempt).await.unwrap();
    }
    let milestone = CreateMilestoneRequest {
        parent: deal.clone(),
        milestone: Some(milestone()),
        ..Default::default()
    };
    assert_eq!(
        fields(client.create_milestone(milestone).await),
        ["milestone"]
    );
    let finding = CreateFindingRequest {
        parent: deal.clone(),
        finding: Some(finding(FindingSeverity::Minor)),
        ..Default::default()
    };
    assert_eq!(fields(client.create_finding(finding).await), ["finding"]);
    let attempt = accepting(&deal, AcceptanceResult::Rejected);
    assert_eq!(
        fields(client.record_acceptance(attempt).await),
        ["acceptance"]
    );
}

#[tokio::test]
async fn a_repeat_answers_as_the_first_did_and_a_check_stores_nothing() {
    let world = world().await;
    let deal = imported(&world, "implementation").await;
    let mut client = manager(&world);
    let check = RecordAcceptanceRequest {
        validate_only: true,
        ..accepting(&deal, AcceptanceResult::Accepted)
    };
    let checked = client
        .record_acceptance(check.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(kinds(&checked.opportunity.unwrap()), ["acceptance"]);
    assert!(
        read(&mut client, &deal)
            .await
            .unwrap()
            .acceptances
            .is_empty()
    );
    // One of them is of the import.
    assert_eq!(world.events("OpportunityChanged").await, 1);
    let once = RecordAcceptanceRequest {
        validate_only: false,
        request_id: request_id(),
        ..check
    };
    let first = client
        .record_acceptance(once.clone())
        .await
        .unwrap()
        .into_inner();
    let second = client.record_acceptance(once).await.unwrap().into_inner();
    assert_eq!(first, second);
    let both = (
        world.events("DeliveryChanged").await,
        world.events("OpportunityChanged").await,
    );
    assert_eq!(both, (1, 2));
    let once = CloseProjectRequest {
        request_id: request_id(),
        ..closing(&deal)
    };
    let first = client
        .close_project(once.clone())
        .await
        .unwrap()
        .into_inner();
    let second = client.close_project(once).await.unwrap().into_inner();
    assert_eq!(first, second);
    assert_eq!(world.sequences(&deal).await, [1, 2, 3, 4, 5]);
}

/// Every way to change a delivery, and why it was refused.
async fn refusals(mut client: Client, deal: &str, items: (&str, &str), etag: &str) -> Vec<String> {
    let etag = || etag.to_owned();
    let (milestone_name, finding_name) = (items.0.to_owned(), items.1.to_owned());
    let create_milestone = CreateMilestoneRequest {
        parent: deal.to_owned(),
        milestone: Some(milestone()),
        etag: etag(),
        ..Default::default()
    };
    let update_milestone = UpdateMilestoneRequest {
        milestone: Some(Milestone {
            name: milestone_name.clone(),
            ..milestone()
        }),
        etag: etag(),
        ..Default::default()
    };
    let delete_milestone = DeleteMilestoneRequest {
        name: milestone_name,
        etag: etag(),
        ..Default::default()
    };
    let create_finding = CreateFindingRequest {
        parent: deal.to_owned(),
        finding: Some(finding(FindingSeverity::Minor)),
        etag: etag(),
        ..Default::default()
    };
    let update_finding = UpdateFindingRequest {
        etag: etag(),
        ..resolving(&Finding {
            name: finding_name.clone(),
            ..Default::default()
        })
    };
    let delete_finding = DeleteFindingRequest {
        name: finding_name,
        etag: etag(),
        ..Default::default()
    };
    let plan = PlanAcceptanceRequest {
        etag: etag(),
        ..planning(deal)
    };
    let accept = RecordAcceptanceRequest {
        etag: etag(),
        ..accepting(deal, AcceptanceResult::Accepted)
    };
    let close = CloseProjectRequest {
        etag: etag(),
        ..closing(deal)
    };
    let hand_over = RecordHandOverRequest {
        etag: etag(),
        ..handing_over(deal)
    };
    vec![
        reason(client.create_milestone(create_milestone).await),
        reason(client.update_milestone(update_milestone).await),
        reason(client.delete_milestone(delete_milestone).await),
        reason(client.create_finding(create_finding).await),
        reason(client.update_finding(update_finding).await),
        reason(client.delete_finding(delete_finding).await),
        reason(client.plan_acceptance(plan).await),
        reason(client.record_acceptance(accept).await),
        reason(client.close_project(close).await),
        reason(client.record_hand_over(hand_over).await),
    ]
}

#[tokio::test]
async fn stale_hidden_and_forbidden_changes_are_refused() {
    let world = world().await;
    let deal = imported(&world, "implementation").await;
    let mut client = manager(&world);
    let milestone = add_milestone(&mut client, &deal).await.name;
    let finding = add_finding(&mut client, &deal, FindingSeverity::Minor)
        .await
        .name;
    let items = (milestone.as_str(), finding.as_str());
    let stale = refusals(manager(&world), &deal, items, "1").await;
    assert_eq!(stale, ["ETAG_MISMATCH"; 10]);
    let viewer = Caller::person(world.tenant, "viewer");
    let forbidden = refusals(world.implementation(&viewer), &deal, items, "").await;
    assert_eq!(forbidden, ["PERMISSION_DENIED"; 10]);
    assert!(
        read(&mut world.implementation(&viewer), &deal)
            .await
            .is_ok()
    );
    let elsewhere = Caller::person(testing::tenant(), "sales_manager");
    for caller in [Caller::seller(world.tenant), elsewhere] {
        let hidden = refusals(world.implementation(&caller), &deal, items, "").await;
        assert_eq!(hidden, ["OPPORTUNITY_NOT_FOUND"; 10]);
        let read = read(&mut world.implementation(&caller), &deal).await;
        assert_eq!(reason(read), "OPPORTUNITY_NOT_FOUND");
    }
}
