//! Objections: understood, then resolved.

use keynode_kit::client::Channel;
use keynode_kit::testing::{Caller, tenant};
use keynode_proto::pipeline::v1::objections_service_client::ObjectionsServiceClient;
use keynode_proto::pipeline::v1::*;
use prost_types::FieldMask;
use uuid::Uuid;

use crate::world::*;

type Client = ObjectionsServiceClient<Channel>;

fn objection() -> Objection {
    Objection {
        text: "价格太高".to_owned(),
        raise_date: date(2026, 7, 1),
        questions: vec![ObjectionQuestion {
            question: "和什么相比?".to_owned(),
            answer: "去年的合同".to_owned(),
        }],
        true_reason: "预算还没批".to_owned(),
        founded: Some(false),
        ..Objection::default()
    }
}

fn creating(parent: &str, objection: Objection) -> CreateObjectionRequest {
    CreateObjectionRequest {
        parent: parent.to_owned(),
        objection: Some(objection),
        ..Default::default()
    }
}

fn settling(name: &str) -> SettleObjectionRequest {
    SettleObjectionRequest {
        name: name.to_owned(),
        resolution: Some(ObjectionResolution {
            description: "等预算批下来再谈".to_owned(),
            date: date(2026, 7, 2),
            person: String::new(),
        }),
        ..Default::default()
    }
}

fn dropping(name: &str) -> DropObjectionRequest {
    DropObjectionRequest {
        name: name.to_owned(),
        reason: "没有再提".to_owned(),
        ..Default::default()
    }
}

fn reopening(name: &str) -> ReopenObjectionRequest {
    ReopenObjectionRequest {
        name: name.to_owned(),
        reason: "又提了".to_owned(),
        ..Default::default()
    }
}

fn updating(objection: Objection) -> UpdateObjectionRequest {
    UpdateObjectionRequest {
        objection: Some(objection),
        ..Default::default()
    }
}

async fn start() -> (World, String, Client) {
    let world = world().await;
    let deal = create(&mut world.manager(), named("x")).await;
    let client = world.objections(&world.boss());
    (world, deal.name, client)
}

async fn raise(client: &mut Client, deal: &str) -> Objection {
    let answer = client.create_objection(creating(deal, objection())).await;
    answer.unwrap().into_inner().objection.unwrap()
}

#[tokio::test]
async fn an_objection_goes_from_open_to_resolved_and_back() {
    let (world, deal, mut client) = start().await;
    let raised = raise(&mut client, &deal).await;
    assert_eq!(raised.state(), ObjectionState::Open);
    let settle = SettleObjectionRequest {
        request_id: request_id(),
        etag: "2".to_owned(),
        ..settling(&raised.name)
    };
    let once = client
        .settle_objection(settle.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        client.settle_objection(settle).await.unwrap().into_inner(),
        once
    );
    let resolved = once.objection.unwrap();
    assert_eq!(resolved.state(), ObjectionState::Resolved);
    let by = resolved.resolution.clone().unwrap();
    assert!(
        by.person.starts_with("people/"),
        "who says nobody means themselves"
    );
    assert_eq!(once.opportunity.unwrap().etag, "3");
    for closed in [
        reason(client.settle_objection(settling(&raised.name)).await),
        reason(client.drop_objection(dropping(&raised.name)).await),
    ] {
        assert_eq!(closed, "ITEM_NOT_OPEN");
    }
    let reopened = client
        .reopen_objection(reopening(&raised.name))
        .await
        .unwrap();
    let reopened = reopened.into_inner().objection.unwrap();
    assert_eq!(
        (reopened.state(), reopened.resolution),
        (ObjectionState::Open, None)
    );
    let (_, data) = world.last_event("ObjectionChanged").await;
    let told: ObjectionChanged = prost::Message::decode(data.as_slice()).unwrap();
    assert_eq!(
        (told.before, told.reason.as_str()),
        (Some(resolved), "又提了")
    );
    client
        .reopen_objection(reopening(&raised.name))
        .await
        .unwrap();
    let dropped = client.drop_objection(dropping(&raised.name)).await.unwrap();
    let dropped = dropped.into_inner().objection.unwrap();
    assert_eq!(dropped.state(), ObjectionState::Dropped);
    assert_eq!(world.events("ObjectionChanged").await, 4);
    let list = ListObjectionsRequest { parent: deal };
    let listed = client.list_objections(list).await.unwrap().into_inner();
    assert_eq!(listed.objections, [dropped]);
}

#[tokio::test]
async fn what_is_said_of_an_objection_is_checked_whole() {
    let (_world, deal, mut client) = start().await;
    let bad = Objection {
        contact: "x".to_owned(),
        raise_date: date(2999, 1, 1),
        activity: "x".to_owned(),
        questions: vec![ObjectionQuestion::default(); 6],
        true_reason: "长".repeat(2001),
        ..Objection::default()
    };
    let questions = (0..6).map(|n| format!("questions[{n}].question"));
    let first = ["text", "contact", "raise_date", "activity", "questions"];
    let mut expected: Vec<String> = first.map(str::to_owned).into();
    expected.extend(questions);
    expected.push("true_reason".to_owned());
    let expected: Vec<String> = expected
        .iter()
        .map(|it| format!("objection.{it}"))
        .collect();
    assert_eq!(
        fields(client.create_objection(creating(&deal, bad)).await),
        expected
    );
    let bare = client
        .settle_objection(SettleObjectionRequest::default())
        .await;
    assert_eq!(
        fields(bare),
        ["name", "resolution.description", "resolution.date"]
    );
    let bare = client.drop_objection(DropObjectionRequest::default()).await;
    assert_eq!(fields(bare), ["name", "reason"]);
    let bare = client
        .reopen_objection(ReopenObjectionRequest::default())
        .await;
    assert_eq!(fields(bare), ["name", "reason"]);
    let never = format!("{deal}/objections/{}", Uuid::now_v7());
    let named = Objection {
        name: never.clone(),
        ..objection()
    };
    for missing in [
        reason(client.update_objection(updating(named)).await),
        reason(client.settle_objection(settling(&never)).await),
        reason(client.drop_objection(dropping(&never)).await),
        reason(client.reopen_objection(reopening(&never)).await),
    ] {
        assert_eq!(missing, "OBJECTION_NOT_FOUND");
    }
}

#[tokio::test]
async fn an_objection_is_understood_step_by_step() {
    let (world, deal, mut client) = start().await;
    let raised = raise(&mut client, &deal).await;
    let news = Objection {
        name: raised.name.clone(),
        founded: Some(true),
        state: ObjectionState::Dropped.into(),
        ..Objection::default()
    };
    let after = client
        .update_objection(updating(news.clone()))
        .await
        .unwrap();
    let after = after.into_inner().objection.unwrap();
    let expected = Objection {
        founded: Some(true),
        update_time: after.update_time,
        ..raised.clone()
    };
    assert_eq!(after, expected, "the state is nothing that is said");
    let state = UpdateObjectionRequest {
        update_mask: Some(FieldMask {
            paths: vec!["state".to_owned()],
        }),
        ..updating(news.clone())
    };
    assert_eq!(
        fields(client.update_objection(state).await),
        ["update_mask"]
    );
    let stale = UpdateObjectionRequest {
        etag: "1".to_owned(),
        ..updating(news)
    };
    assert_eq!(
        reason(client.update_objection(stale).await),
        "ETAG_MISMATCH"
    );
    let check = SettleObjectionRequest {
        validate_only: true,
        ..settling(&raised.name)
    };
    client.settle_objection(check).await.unwrap();
    assert_eq!(world.events("ObjectionChanged").await, 2);
}

#[tokio::test]
async fn objections_are_seen_and_changed_by_who_may() {
    let (world, deal, mut client) = start().await;
    let raised = raise(&mut client, &deal).await;
    let list = || ListObjectionsRequest {
        parent: deal.clone(),
    };
    for caller in [
        Caller::seller(world.tenant),
        Caller::person(tenant(), "sales_manager"),
    ] {
        let mut stranger = world.objections(&caller);
        for missing in [
            reason(
                stranger
                    .create_objection(creating(&deal, objection()))
                    .await,
            ),
            reason(stranger.update_objection(updating(raised.clone())).await),
            reason(stranger.settle_objection(settling(&raised.name)).await),
            reason(stranger.drop_objection(dropping(&raised.name)).await),
            reason(stranger.reopen_objection(reopening(&raised.name)).await),
            reason(stranger.list_objections(list()).await),
        ] {
            assert_eq!(missing, "OPPORTUNITY_NOT_FOUND");
        }
    }
    let mut viewer = world.objections(&Caller::person(world.tenant, "viewer"));
    viewer.list_objections(list()).await.unwrap();
    let denied = viewer.settle_objection(settling(&raised.name)).await;
    assert_eq!(denied.unwrap_err().code(), tonic::Code::PermissionDenied);
}
