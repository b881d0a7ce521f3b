//! What people look at: usual for a function, decided by the tenant, their own.

use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::LocalizedText;
use tonic::Code;

use super::contact_profile::day;
use super::contacts::updating;
use super::world::{World, bad_fields, reason_of, refused, request_id, take};

fn concern(id: &str, zh: &str) -> Concern {
    let text = LocalizedText {
        zh_cn: zh.to_owned(),
        en: String::new(),
    };
    Concern {
        id: id.to_owned(),
        text: (!zh.is_empty()).then_some(text),
        ..Concern::default()
    }
}

fn setting(function: Function, concerns: Vec<Concern>) -> SetConcernDefaultsRequest {
    SetConcernDefaultsRequest {
        function: function.into(),
        concerns,
        ..Default::default()
    }
}

fn resetting(function: Function, etag: &str) -> ResetConcernDefaultsRequest {
    ResetConcernDefaultsRequest {
        function: function.into(),
        etag: etag.to_owned(),
        ..Default::default()
    }
}

async fn defaults(world: &World, caller: &Caller, function: Function) -> ConcernDefaults {
    let request = ListConcernDefaultsRequest {};
    let answer = take(world.concerns(caller).list_concern_defaults(request).await);
    assert_eq!(answer.defaults.len(), 8);
    let mut all = answer.defaults.into_iter();
    all.find(|one| one.function() == function).unwrap()
}

fn ids(concerns: &[Concern]) -> Vec<&str> {
    concerns.iter().map(|concern| concern.id.as_str()).collect()
}

/// Id, Chinese words and source of what counts for a contact.
async fn counting(world: &World, name: &str) -> Vec<(String, String, ConcernSource)> {
    let request = GetContactRequest {
        name: name.to_owned(),
    };
    let contact = take(world.contacts(&world.admin).get_contact(request).await)
        .contact
        .unwrap();
    let told = |effective: EffectiveConcern| {
        let source = effective.source();
        let concern = effective.concern.unwrap();
        (concern.id, concern.text.unwrap().zh_cn, source)
    };
    contact.effective_concerns.into_iter().map(told).collect()
}

fn expected(rows: &[(&str, &str, ConcernSource)]) -> Vec<(String, String, ConcernSource)> {
    let row =
        |&(id, zh, source): &(&str, &str, ConcernSource)| (id.to_owned(), zh.to_owned(), source);
    rows.iter().map(row).collect()
}

#[tokio::test]
async fn a_tenant_decides_what_is_usual_and_may_go_back() {
    let world = World::new().await;
    let shipped = defaults(&world, &world.admin, Function::Finance).await;
    assert_eq!(
        (
            shipped.name.as_str(),
            shipped.etag.as_str(),
            shipped.source()
        ),
        (
            "concernDefaults/finance",
            "0",
            ConcernSource::FunctionDefault
        )
    );
    assert_eq!(
        (
            shipped.concerns[0].id.as_str(),
            shipped.concerns[0].rule.as_str()
        ),
        ("price", "R22")
    );
    let mut concerns = world.concerns(&world.admin);
    let request = SetConcernDefaultsRequest {
        etag: "0".to_owned(),
        request_id: request_id(),
        ..setting(
            Function::Finance,
            vec![concern("cash_flow", "现金流"), concern("price", "")],
        )
    };
    let set = take(concerns.set_concern_defaults(request.clone()).await);
    let again = take(concerns.set_concern_defaults(request.clone()).await);
    assert_eq!(again, set, "a repeat is answered like the first");
    let other = SetConcernDefaultsRequest {
        concerns: Vec::new(),
        ..request.clone()
    };
    assert_eq!(
        reason_of(concerns.set_concern_defaults(other).await),
        "REQUEST_ID_REUSED"
    );
    let stale = SetConcernDefaultsRequest {
        request_id: String::new(),
        ..request
    };
    assert_eq!(
        reason_of(concerns.set_concern_defaults(stale).await),
        "ETAG_MISMATCH"
    );
    let set = set.defaults.unwrap();
    assert_eq!(
        (ids(&set.concerns), set.etag.as_str(), set.source()),
        (
            vec!["cash_flow", "price"],
            "1",
            ConcernSource::TenantDefault
        )
    );
    assert_eq!(defaults(&world, &world.admin, Function::Finance).await, set);
    let price = set.concerns[1].text.clone().unwrap();
    assert_eq!(price.zh_cn, "采购价格", "what is shipped has its words");

    let stale = resetting(Function::Finance, "0");
    assert_eq!(
        reason_of(concerns.reset_concern_defaults(stale).await),
        "ETAG_MISMATCH"
    );
    let reset = take(
        concerns
            .reset_concern_defaults(resetting(Function::Finance, "1"))
            .await,
    )
    .defaults
    .unwrap();
    assert_eq!(
        (ids(&reset.concerns), reset.etag.as_str(), reset.source()),
        (vec!["price"], "2", ConcernSource::FunctionDefault)
    );
    let events = world.events("concernDefaults/finance").await;
    assert_eq!(events.len(), 2);
    let change: ConcernDefaultsChanged = events[1].message();
    assert_eq!(
        (change.before, change.after),
        (Some(set), Some(reset.clone()))
    );
    take(
        concerns
            .reset_concern_defaults(resetting(Function::Finance, ""))
            .await,
    );
    assert_eq!(
        world.events("concernDefaults/finance").await.len(),
        2,
        "nothing changed"
    );
    let foreign = world.settle(tenant()).await;
    let theirs = defaults(&world, &foreign, Function::Finance).await;
    assert_eq!(theirs, shipped, "a decision is of one tenant");
}

#[tokio::test]
async fn a_check_decides_nothing() {
    let world = World::new().await;
    let shipped = defaults(&world, &world.admin, Function::User).await;
    let mut concerns = world.concerns(&world.admin);
    let check = SetConcernDefaultsRequest {
        validate_only: true,
        ..setting(Function::User, vec![concern("speed", "快")])
    };
    take(concerns.set_concern_defaults(check).await);
    assert_eq!(
        defaults(&world, &world.admin, Function::User).await,
        shipped
    );
    take(
        concerns
            .set_concern_defaults(setting(Function::User, vec![concern("speed", "快")]))
            .await,
    );
    let check = ResetConcernDefaultsRequest {
        validate_only: true,
        ..resetting(Function::User, "")
    };
    take(concerns.reset_concern_defaults(check).await);
    let kept = defaults(&world, &world.admin, Function::User).await;
    assert_eq!(ids(&kept.concerns), ["speed"]);
}

#[tokio::test]
async fn every_bad_field_of_a_decision_is_named_at_once() {
    let world = World::new().await;
    let mut concerns = world.concerns(&world.admin);
    let proven = Concern {
        evidence: "听说".to_owned(),
        evidence_date: day(2026, 1, 1),
        weight: Some(101),
        ..concern("a", "")
    };
    let request = setting(Function::Unspecified, vec![proven, concern("", "词")]);
    assert_eq!(
        bad_fields(concerns.set_concern_defaults(request).await),
        [
            "concerns",
            "concerns[0].evidence",
            "concerns[0].evidence_date",
            "concerns[0].text",
            "concerns[0].weight",
            "concerns[1].id",
            "function"
        ]
    );
    let request = resetting(Function::Unspecified, "");
    assert_eq!(
        bad_fields(concerns.reset_concern_defaults(request).await),
        ["function"]
    );
}

#[tokio::test]
async fn managers_decide_and_sellers_read() {
    let world = World::new().await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let seller = world.seller("").await;
    let request = setting(Function::User, vec![concern("speed", "快")]);
    take(
        world
            .concerns(&manager)
            .set_concern_defaults(request.clone())
            .await,
    );
    let read = defaults(&world, &seller, Function::User).await;
    assert_eq!(ids(&read.concerns), ["speed"]);
    let refusal = refused(world.concerns(&seller).set_concern_defaults(request).await);
    assert_eq!(refusal.code(), Code::PermissionDenied);
    let reset = resetting(Function::User, "");
    let refusal = refused(world.concerns(&seller).reset_concern_defaults(reset).await);
    assert_eq!(refusal.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn two_people_of_one_function_differ() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let mut contacts = world.contacts(&world.admin);
    let mut people = Vec::new();
    for name in ["甲", "乙"] {
        let contact = world.contact(&world.admin, &account.name, name).await;
        let technical = Contact {
            function: Function::Technical.into(),
            ..contact
        };
        people.push(take(
            contacts
                .update_contact(updating(&technical, &["function"]))
                .await,
        ));
    }
    let [a, b] = [0, 1].map(|n: usize| people[n].contact.clone().unwrap());
    let usual = [
        ("advance", "技术的先进性", ConcernSource::FunctionDefault),
        ("compatibility", "兼容性", ConcernSource::FunctionDefault),
    ];
    assert_eq!(counting(&world, &a.name).await, expected(&usual));
    let own = Contact {
        concerns: vec![
            concern("looks", "外观"),
            Concern {
                weight: Some(60),
                ..concern("compatibility", "与现有DCS兼容")
            },
        ],
        ..a.clone()
    };
    take(contacts.update_contact(updating(&own, &["concerns"])).await);
    let of_a = [
        usual[0],
        ("compatibility", "与现有DCS兼容", ConcernSource::Own),
        ("looks", "外观", ConcernSource::Own),
    ];
    assert_eq!(counting(&world, &a.name).await, expected(&of_a));
    assert_eq!(counting(&world, &b.name).await, expected(&usual));

    let request = setting(Function::Technical, vec![concern("support", "技术支持")]);
    take(
        world
            .concerns(&world.admin)
            .set_concern_defaults(request)
            .await,
    );
    let decided = ("support", "技术支持", ConcernSource::TenantDefault);
    assert_eq!(counting(&world, &b.name).await, expected(&[decided]));
    let of_a = [decided, of_a[2], of_a[1]];
    assert_eq!(counting(&world, &a.name).await, expected(&of_a));
}

#[tokio::test]
async fn two_decisions_at_once_come_one_after_the_other() {
    let world = World::new().await;
    world.warm_up().await;
    let request = |id: &str| SetConcernDefaultsRequest {
        etag: "0".to_owned(),
        ..setting(Function::Design, vec![concern(id, "词")])
    };
    let (mut one, mut two) = (world.concerns(&world.admin), world.concerns(&world.admin));
    let (first, second) = tokio::join!(
        one.set_concern_defaults(request("a")),
        two.set_concern_defaults(request("b"))
    );
    let losers = [first, second].into_iter().filter_map(Result::err);
    let reasons: Vec<_> = losers.map(|status| super::world::reason(&status)).collect();
    assert_eq!(reasons, ["ETAG_MISMATCH"]);
}
