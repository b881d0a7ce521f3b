//! The inbox: the right people are told, once, and nobody reads another's.

use std::time::Duration;

use keynode_kit::client::Channel;
use keynode_kit::testing::{self, Caller};
use keynode_proto::notification::v1::inbox_service_client::InboxServiceClient;
use keynode_proto::notification::v1::*;
use keynode_proto::pipeline::v1::{
    Activity, ActivityRecorded, BuyingStepState, Opportunity, OpportunityChanged,
    OpportunityStageMoved, OpportunityStatus, StageMove,
};
use tonic::Code;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::it::world::World;

pub fn deal(owner: &Caller) -> Opportunity {
    Opportunity {
        name: format!("opportunities/{}", Uuid::now_v7()),
        display_name: "宁夏仪表".into(),
        owner: owner.person_name(),
        status: OpportunityStatus::Open.into(),
        ..Opportunity::default()
    }
}

pub fn forced(deal: &Opportunity) -> OpportunityStageMoved {
    let step = StageMove {
        from_stage: "development".into(),
        to_stage: "entry".into(),
        forced: true,
        reason: "总经理已口头同意".into(),
        unmet_criteria: vec!["budget_known".into()],
        from_status: OpportunityStatus::Open.into(),
        to_status: OpportunityStatus::Open.into(),
        ..StageMove::default()
    };
    OpportunityStageMoved {
        r#move: Some(step),
        before: Some(deal.clone()),
        after: Some(deal.clone()),
        ..OpportunityStageMoved::default()
    }
}

pub async fn notices(channel: &Channel) -> Vec<Notice> {
    let request = ListNoticesRequest::default();
    InboxServiceClient::new(channel.clone())
        .list_notices(request)
        .await
        .unwrap()
        .into_inner()
        .notices
}

/// Waits until as many are there as expected.
pub async fn awaited(channel: &Channel, expected: usize) -> Vec<Notice> {
    for _ in 0..500 {
        let found = notices(channel).await;
        if found.len() >= expected {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    notices(channel).await
}

#[tokio::test]
async fn a_forced_advance_is_told_to_owner_and_manager_once_by_two_replicas() {
    let world = World::new().await;
    let (seller, manager) = world.seller_and_manager().await;
    let deal = deal(&seller);
    world
        .write(&deal.name, 1, &manager.person_name(), &forced(&deal))
        .await;
    let to_seller = awaited(&world.server.connect(&seller), 1).await;
    let to_manager = awaited(&world.server.connect(&manager), 1).await;
    assert_eq!((to_seller.len(), to_manager.len()), (1, 1));
    assert_eq!(
        (to_seller[0].kind.as_str(), to_seller[0].capacity.as_str()),
        ("forced_advance", "owner")
    );
    assert_eq!(
        (to_manager[0].urgency(), to_manager[0].capacity.as_str()),
        (Urgency::High, "manager")
    );
    assert_eq!(to_manager[0].subject, deal.name);
    let body = to_manager[0].body.as_ref().unwrap();
    assert!(
        body.zh_cn.contains("总经理已口头同意") && body.en.contains("budget_known"),
        "{body:?}"
    );
}

#[tokio::test]
async fn a_customer_that_gets_ahead_is_told_and_one_that_stays_is_not() {
    let world = World::new().await;
    let (seller, manager) = world.seller_and_manager().await;
    let before = deal(&seller);
    let step = BuyingStepState {
        step: 2,
        ..BuyingStepState::default()
    };
    let ahead = Opportunity {
        lag: Some(1),
        buying_step: Some(step),
        effective_stage_position: 1,
        ..before.clone()
    };
    let change = |before: &Opportunity, after: &Opportunity| OpportunityChanged {
        before: Some(before.clone()),
        after: Some(after.clone()),
        ..Default::default()
    };
    world
        .write(
            &before.name,
            1,
            &seller.person_name(),
            &change(&before, &ahead),
        )
        .await;
    world
        .write(
            &before.name,
            2,
            &seller.person_name(),
            &change(&ahead, &ahead),
        )
        .await;
    let activity = ActivityRecorded {
        after: Some(Activity::default()),
        opportunity: Some(ahead),
    };
    world
        .write(
            &format!("{}/activities/1", before.name),
            1,
            &seller.person_name(),
            &activity,
        )
        .await;
    let kinds: Vec<_> = awaited(&world.server.connect(&seller), 2)
        .await
        .into_iter()
        .map(|n| n.kind)
        .collect();
    assert_eq!(
        kinds,
        ["no_next_action", "buying_step_ahead"],
        "newest first, nothing for the second event"
    );
    assert_eq!(
        awaited(&world.server.connect(&manager), 1).await[0].kind,
        "buying_step_ahead"
    );
}

#[tokio::test]
async fn everyone_reads_and_acknowledges_only_their_own() {
    let world = World::new().await;
    let (seller, manager) = world.seller_and_manager().await;
    let deal = deal(&seller);
    world
        .write(&deal.name, 1, "people/somebody", &forced(&deal))
        .await;
    let own = awaited(&world.server.connect(&seller), 1).await.remove(0);
    for other in [
        manager,
        Caller::seller(testing::tenant()),
        Caller::integrator(world.tenant),
    ] {
        let channel = world.server.connect(&other);
        assert!(notices(&channel).await.iter().all(|n| n.name != own.name));
        let request = AcknowledgeNoticeRequest {
            name: own.name.clone(),
            ..Default::default()
        };
        let refused = InboxServiceClient::new(channel)
            .acknowledge_notice(request)
            .await
            .unwrap_err();
        let reason = refused
            .get_error_details()
            .error_info()
            .unwrap()
            .reason
            .clone();
        // An integrator has the right but no inbox.
        assert_eq!(
            (refused.code(), reason.as_str()),
            (Code::NotFound, "NOTICE_NOT_FOUND")
        );
    }
    let mut inbox = InboxServiceClient::new(world.server.connect(&seller));
    let open = inbox
        .count_unacknowledged_notices(CountUnacknowledgedNoticesRequest {})
        .await
        .unwrap();
    assert_eq!(open.into_inner().count, 1);
    let request = AcknowledgeNoticeRequest {
        name: own.name.clone(),
        ..Default::default()
    };
    let first = inbox
        .acknowledge_notice(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert!(first.notice.as_ref().unwrap().acknowledge_time.is_some());
    assert_eq!(
        inbox
            .acknowledge_notice(request)
            .await
            .unwrap()
            .into_inner(),
        first
    );
    let open = ListNoticesRequest {
        unacknowledged_only: true,
        ..Default::default()
    };
    assert!(
        inbox
            .list_notices(open)
            .await
            .unwrap()
            .into_inner()
            .notices
            .is_empty()
    );
}

#[tokio::test]
async fn bad_names_tokens_and_callers_are_refused_with_their_reasons() {
    let world = World::new().await;
    let (seller, _) = world.seller_and_manager().await;
    let mut inbox = InboxServiceClient::new(world.server.connect(&seller));
    let bad_name = AcknowledgeNoticeRequest {
        name: "notices/1".into(),
        ..Default::default()
    };
    let bad_token = ListNoticesRequest {
        page_token: "nonsense".into(),
        ..Default::default()
    };
    let refusals = [
        (
            inbox.acknowledge_notice(bad_name).await.unwrap_err(),
            "INVALID_REQUEST",
        ),
        (
            inbox.list_notices(bad_token).await.unwrap_err(),
            "PAGE_TOKEN_INVALID",
        ),
        (
            InboxServiceClient::new(world.server.connect_anonymous())
                .list_notices(ListNoticesRequest::default())
                .await
                .unwrap_err(),
            "CREDENTIAL_MISSING",
        ),
    ];
    for (status, reason) in refusals {
        assert_eq!(
            status.get_error_details().error_info().unwrap().reason,
            reason
        );
    }
}
