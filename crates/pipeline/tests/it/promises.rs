//! Promises, and that a deal is not completed while one is open.

use keynode_kit::client::Channel;
use keynode_kit::testing::{Caller, tenant};
use keynode_proto::pipeline::v1::promises_service_client::PromisesServiceClient;
use keynode_proto::pipeline::v1::*;
use uuid::Uuid;

use crate::world::*;

type Client = PromisesServiceClient<Channel>;

fn creating(parent: &str) -> CreatePromiseRequest {
    CreatePromiseRequest {
        parent: parent.to_owned(),
        promise: Some(Promise {
            text: "派工程师驻场两周".to_owned(),
            contacts: vec![format!("contacts/{}", Uuid::now_v7())],
            promise_date: date(2026, 7, 2),
            due_date: date(2026, 12, 1),
            ..Promise::default()
        }),
        ..Default::default()
    }
}

fn keeping(name: &str) -> KeepPromiseRequest {
    KeepPromiseRequest {
        name: name.to_owned(),
        date: date(2026, 7, 3),
        ..Default::default()
    }
}

fn breaking(name: &str) -> BreakPromiseRequest {
    BreakPromiseRequest {
        name: name.to_owned(),
        note: "工程师离职".to_owned(),
        date: date(2026, 7, 3),
        ..Default::default()
    }
}

fn releasing(name: &str) -> ReleasePromiseRequest {
    ReleasePromiseRequest {
        name: name.to_owned(),
        note: "客户不再需要".to_owned(),
        date: date(2026, 7, 3),
        ..Default::default()
    }
}

fn reopening(name: &str) -> ReopenPromiseRequest {
    ReopenPromiseRequest {
        name: name.to_owned(),
        reason: "没有做完".to_owned(),
        ..Default::default()
    }
}

fn updating(promise: Promise) -> UpdatePromiseRequest {
    UpdatePromiseRequest {
        promise: Some(promise),
        ..Default::default()
    }
}

async fn start() -> (World, String, Client) {
    let world = world().await;
    let deal = create(&mut world.manager(), named("x")).await;
    let client = world.promises(&world.boss());
    (world, deal.name, client)
}

async fn promise(client: &mut Client, deal: &str) -> Promise {
    let answer = client.create_promise(creating(deal)).await.unwrap();
    answer.into_inner().promise.unwrap()
}

#[tokio::test]
async fn a_promise_is_open_until_somebody_says_what_became_of_it() {
    let (world, deal, mut client) = start().await;
    let made = promise(&mut client, &deal).await;
    assert_eq!(made.state(), PromiseState::Open);
    assert!(
        made.person.starts_with("people/"),
        "who promises is the caller"
    );
    let keep = KeepPromiseRequest {
        request_id: request_id(),
        etag: "2".to_owned(),
        ..keeping(&made.name)
    };
    let once = client
        .keep_promise(keep.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(client.keep_promise(keep).await.unwrap().into_inner(), once);
    let kept = once.promise.unwrap();
    let settled = kept.settlement.clone().unwrap();
    assert_eq!(
        (kept.state(), settled.date),
        (PromiseState::Kept, date(2026, 7, 3))
    );
    assert!(!settled.actor.is_empty());
    for closed in [
        reason(client.keep_promise(keeping(&made.name)).await),
        reason(client.break_promise(breaking(&made.name)).await),
        reason(client.release_promise(releasing(&made.name)).await),
    ] {
        assert_eq!(closed, "ITEM_NOT_OPEN");
    }
    let reopened = client.reopen_promise(reopening(&made.name)).await.unwrap();
    let reopened = reopened.into_inner().promise.unwrap();
    assert_eq!(
        (reopened.state(), reopened.settlement),
        (PromiseState::Open, None)
    );
    let (_, data) = world.last_event("PromiseChanged").await;
    let told: PromiseChanged = prost::Message::decode(data.as_slice()).unwrap();
    assert_eq!(
        (told.before, told.reason.as_str()),
        (Some(kept), "没有做完")
    );
    let broken = client.break_promise(breaking(&made.name)).await.unwrap();
    let broken = broken.into_inner().promise.unwrap();
    assert_eq!(broken.state(), PromiseState::Broken);
    let second = promise(&mut client, &deal).await;
    let released = client
        .release_promise(releasing(&second.name))
        .await
        .unwrap();
    let released = released.into_inner().promise.unwrap();
    assert_eq!(released.settlement.clone().unwrap().note, "客户不再需要");
    let list = ListPromisesRequest { parent: deal };
    let listed = client.list_promises(list).await.unwrap().into_inner();
    assert_eq!(listed.promises, [broken, released]);
    assert_eq!(world.events("PromiseChanged").await, 6);
}

/// Deals that are all but completed.
async fn at_the_end(world: &World) -> String {
    let name = imported(world, "implementation").await;
    for kind in ["acceptance", "project_closed"] {
        evidence(&mut world.manager(), &name, kind).await;
    }
    name
}

#[tokio::test]
async fn a_deal_is_not_completed_while_a_promise_is_open() {
    let world = world().await;
    let deal = at_the_end(&world).await;
    let mut client = world.promises(&world.boss());
    let first = promise(&mut client, &deal).await;
    let second = promise(&mut client, &deal).await;
    let refused = advance(&mut world.manager(), &deal).await;
    let said = format!("{:?}", refused.clone().unwrap_err());
    assert_eq!(reason(refused), "KEY_NODE_NOT_REACHED");
    assert!(
        said.contains("promises_kept") && said.contains(&first.name),
        "{said}"
    );
    let waive = WaiveCriterionRequest {
        name: deal.clone(),
        criterion: "promises_kept".to_owned(),
        reason: "x".to_owned(),
        ..Default::default()
    };
    let waived = world.work(&world.boss()).waive_criterion(waive).await;
    assert_eq!(reason(waived), "CRITERION_NOT_FOUND");
    client.keep_promise(keeping(&first.name)).await.unwrap();
    let gate = CheckGateRequest { name: deal.clone() };
    let gate = world.manager().check_gate(gate).await.unwrap().into_inner();
    let gate = gate.gate.unwrap();
    assert_eq!(
        (gate.reached, gate.open_promises.unwrap().promises),
        (false, vec![second.name.clone()])
    );
    assert_eq!(
        reason(advance(&mut world.manager(), &deal).await),
        "KEY_NODE_NOT_REACHED"
    );
    client
        .release_promise(releasing(&second.name))
        .await
        .unwrap();
    let done = advance(&mut world.manager(), &deal).await.unwrap();
    assert_eq!(
        done.opportunity.unwrap().status(),
        OpportunityStatus::Completed
    );
    let later = promise(&mut client, &deal).await;
    assert_eq!(
        later.state(),
        PromiseState::Open,
        "what the long-term relation promises is kept too"
    );
}

#[tokio::test]
async fn an_open_promise_holds_up_no_other_stage() {
    let world = world().await;
    let deal = imported(&world, "bid").await;
    let mut client = world.promises(&world.boss());
    promise(&mut client, &deal).await;
    let gate = CheckGateRequest { name: deal.clone() };
    let gate = world.manager().check_gate(gate).await.unwrap().into_inner();
    assert_eq!(gate.gate.unwrap().open_promises, None);
    evidence(&mut world.manager(), &deal, "bid_submitted").await;
    let moved = advance(&mut world.manager(), &deal).await.unwrap();
    assert_eq!(moved.opportunity.unwrap().stage, "negotiation");
}

#[tokio::test]
async fn what_is_said_of_a_promise_is_checked_whole() {
    let (world, deal, mut client) = start().await;
    let bad = CreatePromiseRequest {
        parent: "x".to_owned(),
        promise: Some(Promise {
            person: "contacts/1".to_owned(),
            contacts: vec!["people/1".to_owned()],
            promise_date: date(2026, 7, 2),
            activity: "x".to_owned(),
            due_date: date(2026, 7, 1),
            ..Promise::default()
        }),
        ..Default::default()
    };
    let expected = ["text", "person", "contacts[0]", "activity", "due_date"];
    let mut expected: Vec<String> = expected.iter().map(|it| format!("promise.{it}")).collect();
    expected.insert(0, "parent".to_owned());
    assert_eq!(fields(client.create_promise(bad).await), expected);
    let bare = client.keep_promise(KeepPromiseRequest::default()).await;
    assert_eq!(fields(bare), ["name", "date"]);
    let bare = client.break_promise(BreakPromiseRequest::default()).await;
    assert_eq!(fields(bare), ["name", "note", "date"]);
    let bare = client
        .release_promise(ReleasePromiseRequest::default())
        .await;
    assert_eq!(fields(bare), ["name", "note", "date"]);
    let bare = client.reopen_promise(ReopenPromiseRequest::default()).await;
    assert_eq!(fields(bare), ["name", "reason"]);
    let made = promise(&mut client, &deal).await;
    let early = KeepPromiseRequest {
        date: date(2026, 7, 1),
        ..keeping(&made.name)
    };
    assert_eq!(fields(client.keep_promise(early).await), ["date"]);
    let never = format!("{deal}/promises/{}", Uuid::now_v7());
    let unknown = Promise {
        name: never.clone(),
        ..made.clone()
    };
    for missing in [
        reason(client.update_promise(updating(unknown)).await),
        reason(client.keep_promise(keeping(&never)).await),
        reason(client.reopen_promise(reopening(&never)).await),
    ] {
        assert_eq!(missing, "PROMISE_NOT_FOUND");
    }
    let stale = KeepPromiseRequest {
        etag: "1".to_owned(),
        ..keeping(&made.name)
    };
    assert_eq!(reason(client.keep_promise(stale).await), "ETAG_MISMATCH");
    let check = KeepPromiseRequest {
        validate_only: true,
        ..keeping(&made.name)
    };
    client.keep_promise(check).await.unwrap();
    let later = Promise {
        name: made.name.clone(),
        due_date: date(2027, 1, 1),
        state: PromiseState::Kept.into(),
        ..Promise::default()
    };
    let after = client.update_promise(updating(later)).await.unwrap();
    let after = after.into_inner().promise.unwrap();
    assert_eq!(
        (after.due_date, after.state()),
        (date(2027, 1, 1), PromiseState::Open)
    );
    assert_eq!(world.events("PromiseChanged").await, 2);
}

#[tokio::test]
async fn promises_are_seen_and_settled_by_who_may() {
    let (world, deal, mut client) = start().await;
    let made = promise(&mut client, &deal).await;
    let list = || ListPromisesRequest {
        parent: deal.clone(),
    };
    for caller in [
        Caller::seller(world.tenant),
        Caller::person(tenant(), "sales_manager"),
    ] {
        let mut stranger = world.promises(&caller);
        for missing in [
            reason(stranger.create_promise(creating(&deal)).await),
            reason(stranger.update_promise(updating(made.clone())).await),
            reason(stranger.keep_promise(keeping(&made.name)).await),
            reason(stranger.break_promise(breaking(&made.name)).await),
            reason(stranger.release_promise(releasing(&made.name)).await),
            reason(stranger.reopen_promise(reopening(&made.name)).await),
            reason(stranger.list_promises(list()).await),
        ] {
            assert_eq!(missing, "OPPORTUNITY_NOT_FOUND");
        }
    }
    let mut viewer = world.promises(&Caller::person(world.tenant, "viewer"));
    viewer.list_promises(list()).await.unwrap();
    let denied = viewer.keep_promise(keeping(&made.name)).await;
    assert_eq!(denied.unwrap_err().code(), tonic::Code::PermissionDenied);
}
