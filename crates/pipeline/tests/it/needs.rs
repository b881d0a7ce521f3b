//! Needs and wants, down to the root.

use std::slice::from_ref;

use keynode_kit::client::Channel;
use keynode_kit::testing::{Caller, tenant};
use keynode_proto::pipeline::v1::needs_service_client::NeedsServiceClient;
use keynode_proto::pipeline::v1::*;
use prost_types::{FieldMask, Timestamp};
use uuid::Uuid;

use crate::world::*;

type Client = NeedsServiceClient<Channel>;

fn contact() -> String {
    format!("contacts/{}", Uuid::now_v7())
}

fn need() -> Need {
    Need {
        text: "要一台进口流量计".to_owned(),
        kind: NeedKind::Want.into(),
        kind_reason: "一个人提出,指定了方案".to_owned(),
        traits: Some(NeedTraits {
            long_term: Some(false),
            names_solution: Some(true),
            held_by_several: Some(false),
            ..NeedTraits::default()
        }),
        holders: vec![contact()],
        whys: vec![
            Why {
                question: "为什么要进口的?".to_owned(),
                answer: "国产的常漂移".to_owned(),
            },
            Why {
                question: String::new(),
                answer: "结算吃亏".to_owned(),
            },
        ],
        root: "计量准确".to_owned(),
        confirmation: Some(NeedConfirmation {
            contacts: vec![contact()],
            date: date(2026, 7, 3),
        }),
        ..Need::default()
    }
}

fn creating(parent: &str, need: Need) -> CreateNeedRequest {
    CreateNeedRequest {
        parent: parent.to_owned(),
        need: Some(need),
        ..Default::default()
    }
}

fn updating(need: Need, paths: &[&str]) -> UpdateNeedRequest {
    UpdateNeedRequest {
        need: Some(need),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        }),
        ..Default::default()
    }
}

fn deleting(name: &str) -> DeleteNeedRequest {
    DeleteNeedRequest {
        name: name.to_owned(),
        reason: "重复".to_owned(),
        ..Default::default()
    }
}

async fn list(client: &mut Client, parent: &str) -> Vec<Need> {
    let request = ListNeedsRequest {
        parent: parent.to_owned(),
    };
    client.list_needs(request).await.unwrap().into_inner().needs
}

async fn start() -> (World, String, Client) {
    let world = world().await;
    let deal = create(&mut world.manager(), named("x")).await;
    let client = world.needs(&world.boss());
    (world, deal.name, client)
}

#[tokio::test]
async fn a_need_is_kept_as_it_was_said_with_what_follows_from_it() {
    let (world, deal, mut client) = start().await;
    let request = CreateNeedRequest {
        request_id: request_id(),
        etag: "1".to_owned(),
        ..creating(&deal, need())
    };
    let once = client
        .create_need(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = client.create_need(request).await.unwrap().into_inner();
    assert_eq!(again, once);
    let kept = once.need.unwrap();
    let said = Need {
        name: kept.name.clone(),
        why_depth: 2,
        root_confirmed: true,
        recorder: kept.recorder.clone(),
        create_time: kept.create_time,
        update_time: kept.update_time,
        ..need()
    };
    let said = Need {
        holders: kept.holders.clone(),
        confirmation: kept.confirmation.clone(),
        ..said
    };
    assert_eq!(kept, said);
    assert!(kept.recorder.starts_with("people/") && kept.create_time.is_some());
    assert_eq!(
        once.opportunity.unwrap().etag,
        "2",
        "a deal changes with its needs"
    );
    assert_eq!(list(&mut client, &deal).await, from_ref(&kept));
    let (subject, data) = world.last_event("NeedChanged").await;
    let told: NeedChanged = prost::Message::decode(data.as_slice()).unwrap();
    assert_eq!(
        (subject, told.before, told.after),
        (deal.clone(), None, Some(kept))
    );
    assert_eq!(world.sequences(&deal).await, [1, 2]);
}

#[tokio::test]
async fn a_need_is_corrected_field_by_field() {
    let (world, deal, mut client) = start().await;
    let kept = client.create_need(creating(&deal, need())).await.unwrap();
    let kept = kept.into_inner().need.unwrap();
    let news = Need {
        name: kept.name.clone(),
        why_depth: 9,
        ..Need::default()
    };
    let paths = ["kind", "confirmation", "whys"];
    let after = client
        .update_need(updating(news.clone(), &paths))
        .await
        .unwrap();
    let after = after.into_inner().need.unwrap();
    let expected = Need {
        kind: NeedKind::Unspecified.into(),
        confirmation: None,
        whys: Vec::new(),
        why_depth: 0,
        root_confirmed: false,
        update_time: after.update_time,
        ..kept.clone()
    };
    assert_eq!(after, expected);
    client
        .update_need(updating(news.clone(), &paths))
        .await
        .unwrap();
    assert_eq!(world.events("NeedChanged").await, 2, "no change, no event");
    for path in ["why_depth", "name", "recorder"] {
        let refused = client.update_need(updating(news.clone(), &[path])).await;
        assert_eq!(fields(refused), ["update_mask"]);
    }
    let refused = client.update_need(updating(news.clone(), &["text"])).await;
    assert_eq!(fields(refused), ["need.text"]);
    let stale = UpdateNeedRequest {
        etag: "1".to_owned(),
        ..updating(news.clone(), &["kind"])
    };
    assert_eq!(reason(client.update_need(stale).await), "ETAG_MISMATCH");
    let check = UpdateNeedRequest {
        validate_only: true,
        need: Some(Need {
            text: "y".to_owned(),
            ..news
        }),
        ..Default::default()
    };
    client.update_need(check).await.unwrap();
    assert_eq!(list(&mut client, &deal).await, [after]);
}

#[tokio::test]
async fn every_bad_field_of_a_need_is_named_at_once() {
    let (_world, deal, mut client) = start().await;
    let twice = contact();
    let bad = Need {
        kind: NeedKind::Need.into(),
        holders: vec![twice.clone(), twice],
        whys: vec![Why::default(); 21],
        confirmation: Some(NeedConfirmation {
            contacts: Vec::new(),
            date: date(2999, 1, 1),
        }),
        activity: "activities/1".to_owned(),
        ..Need::default()
    };
    let mut expected = vec![
        "text".to_owned(),
        "kind_reason".to_owned(),
        "holders".to_owned(),
    ];
    expected.push("whys".to_owned());
    expected.extend((0..21).map(|n| format!("whys[{n}].answer")));
    let rest = [
        "confirmation.contacts",
        "confirmation.date",
        "confirmation",
        "activity",
    ];
    expected.extend(rest.map(str::to_owned));
    let expected: Vec<String> = expected.iter().map(|it| format!("need.{it}")).collect();
    assert_eq!(
        fields(client.create_need(creating(&deal, bad)).await),
        expected
    );
    let empty = client.create_need(CreateNeedRequest::default()).await;
    assert_eq!(fields(empty), ["parent", "need.text"]);
    assert_eq!(
        fields(client.delete_need(DeleteNeedRequest::default()).await),
        ["name", "reason"]
    );
    let nameless = client.update_need(UpdateNeedRequest::default()).await;
    assert_eq!(fields(nameless), ["need.name"]);
}

#[tokio::test]
async fn a_need_comes_from_an_activity_of_its_own_deal() {
    let (world, deal, mut client) = start().await;
    let other = create(&mut world.manager(), named("other")).await;
    let call = CreateActivityRequest {
        parent: other.name,
        activity: Some(Activity {
            kind: ActivityKind::Call.into(),
            occur_time: Some(Timestamp {
                seconds: 1_783_000_000,
                nanos: 0,
            }),
            ..Activity::default()
        }),
        ..Default::default()
    };
    let mut activities = world.activities(&world.boss());
    let foreign = activities.create_activity(call.clone()).await.unwrap();
    let foreign = foreign.into_inner().activity.unwrap().name;
    let never = format!("{deal}/activities/{}", Uuid::now_v7());
    let from = |activity: &str| Need {
        activity: activity.to_owned(),
        ..need()
    };
    for activity in [foreign, never] {
        let refused = client.create_need(creating(&deal, from(&activity))).await;
        assert_eq!(reason(refused), "ACTIVITY_NOT_FOUND");
    }
    let own = CreateActivityRequest {
        parent: deal.clone(),
        ..call
    };
    let own = activities.create_activity(own).await.unwrap();
    let own = own.into_inner().activity.unwrap().name;
    client
        .create_need(creating(&deal, from(&own)))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_was_recorded_by_mistake_is_deleted_unless_a_request_serves_it() {
    let (world, deal, mut client) = start().await;
    let kept = client.create_need(creating(&deal, need())).await.unwrap();
    let name = kept.into_inner().need.unwrap().name;
    let mut requests = world.requests(&world.boss());
    let serving = CreateCustomerRequestRequest {
        parent: deal.clone(),
        request: Some(CustomerRequest {
            text: "试用".to_owned(),
            need: name.clone(),
            ..CustomerRequest::default()
        }),
        ..Default::default()
    };
    let serving = requests.create_customer_request(serving).await.unwrap();
    let mut serving = serving.into_inner().request.unwrap();
    assert_eq!(
        reason(client.delete_need(deleting(&name)).await),
        "NEED_IN_USE"
    );
    serving.need = String::new();
    let freed = UpdateCustomerRequestRequest {
        request: Some(serving),
        update_mask: Some(FieldMask {
            paths: vec!["need".to_owned()],
        }),
        ..Default::default()
    };
    requests.update_customer_request(freed).await.unwrap();
    let stale = DeleteNeedRequest {
        etag: "1".to_owned(),
        ..deleting(&name)
    };
    assert_eq!(reason(client.delete_need(stale).await), "ETAG_MISMATCH");
    client.delete_need(deleting(&name)).await.unwrap();
    assert!(list(&mut client, &deal).await.is_empty());
    let (_, data) = world.last_event("NeedChanged").await;
    let told: NeedChanged = prost::Message::decode(data.as_slice()).unwrap();
    assert_eq!(
        (told.before.unwrap().name, told.after, told.reason.as_str()),
        (name.clone(), None, "重复")
    );
    for gone in [
        reason(client.delete_need(deleting(&name)).await),
        reason(
            client
                .update_need(updating(
                    Need {
                        name: name.clone(),
                        ..need()
                    },
                    &[],
                ))
                .await,
        ),
    ] {
        assert_eq!(gone, "NEED_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_deal_has_two_hundred_needs_at_most() {
    let (_world, deal, mut client) = start().await;
    let small = || Need {
        text: "x".to_owned(),
        ..Need::default()
    };
    for _ in 0..200 {
        client.create_need(creating(&deal, small())).await.unwrap();
    }
    let refused = client.create_need(creating(&deal, small())).await;
    assert_eq!(fields(refused), ["parent"]);
    assert_eq!(list(&mut client, &deal).await.len(), 200);
}

#[tokio::test]
async fn needs_are_seen_and_changed_by_who_may() {
    let (world, deal, mut client) = start().await;
    let kept = client.create_need(creating(&deal, need())).await.unwrap();
    let name = kept.into_inner().need.unwrap().name;
    let of = |parent: &str| ListNeedsRequest {
        parent: parent.to_owned(),
    };
    for caller in [
        Caller::seller(world.tenant),
        Caller::person(tenant(), "sales_manager"),
    ] {
        let mut stranger = world.needs(&caller);
        let missing = "OPPORTUNITY_NOT_FOUND";
        assert_eq!(
            reason(stranger.create_need(creating(&deal, need())).await),
            missing
        );
        let update = updating(
            Need {
                name: name.clone(),
                ..need()
            },
            &["text"],
        );
        assert_eq!(reason(stranger.update_need(update).await), missing);
        assert_eq!(reason(stranger.delete_need(deleting(&name)).await), missing);
        assert_eq!(reason(stranger.list_needs(of(&deal)).await), missing);
    }
    let mut viewer = world.needs(&Caller::person(world.tenant, "viewer"));
    assert_eq!(list(&mut viewer, &deal).await.len(), 1);
    let denied = viewer.create_need(creating(&deal, need())).await;
    assert_eq!(denied.unwrap_err().code(), tonic::Code::PermissionDenied);
}
