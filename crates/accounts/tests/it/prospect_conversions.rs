use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;
use tonic_types::StatusExt as _;

use super::pipeline::Mood;
use super::prospecting::{chemical_plants, cny, day, plant, told_to_all};
use super::world::{
    World, bad_fields, metadata, nobody, reason, reason_of, refused, request_id, take,
};

fn converting(name: &str) -> ConvertProspectRequest {
    ConvertProspectRequest {
        name: name.to_owned(),
        ..Default::default()
    }
}

fn forcing(name: &str, reason: &str) -> ForceConvertProspectRequest {
    ForceConvertProspectRequest {
        name: name.to_owned(),
        reason: reason.to_owned(),
        ..Default::default()
    }
}

async fn get_account(world: &World, name: &str) -> Account {
    let request = GetAccountRequest {
        name: name.to_owned(),
    };
    take(world.accounts(&world.admin).get_account(request).await)
        .account
        .unwrap()
}

async fn list_contacts(world: &World, account: &str) -> Vec<Contact> {
    let request = ListContactsRequest {
        account: account.to_owned(),
        ..Default::default()
    };
    take(world.contacts(&world.admin).list_contacts(request).await).contacts
}

/// Converts and answers what the prospect became.
async fn converted(world: &World, by: &Caller, request: ConvertProspectRequest) -> Conversion {
    take(world.prospects(by).convert_prospect(request).await)
        .prospect
        .unwrap()
        .conversion
        .unwrap()
}

#[tokio::test]
async fn a_qualified_prospect_becomes_account_contacts_and_opportunity() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let prospect = world.qualified(&seller).await;
    let opportunity = ConversionOpportunity {
        display_name: "流量计改造".to_owned(),
        product: "涡街流量计".to_owned(),
        non_standard: Some(true),
        amount: cny(280_000),
        expected_close_date: day(2027, 6, 30),
        process: "processes/industrial-key-account".to_owned(),
    };
    let mut request = ConvertProspectRequest {
        opportunity: Some(opportunity),
        etag: prospect.etag.clone(),
        request_id: request_id(),
        ..converting(&prospect.name)
    };
    let mut prospects = world.prospects(&seller);
    let first = take(prospects.convert_prospect(request.clone()).await);
    let again = take(prospects.convert_prospect(request.clone()).await);
    assert_eq!(again, first);
    request.match_account_by_name = true;
    let other = prospects.convert_prospect(request).await;
    assert_eq!(reason_of(other), "REQUEST_ID_REUSED");

    let after = first.prospect.unwrap();
    assert_eq!(after.state(), ProspectState::Converted);
    assert_eq!(world.read_prospect(&prospect.name).await, after);
    let conversion = after.conversion.clone().unwrap();
    assert!(!conversion.forced && conversion.actor == seller.person_name());
    let account = get_account(&world, &conversion.account).await;
    assert_eq!(
        (
            account.display_name.as_str(),
            account.industry.as_str(),
            account.annual_revenue.clone(),
            account.employee_count,
            account.founded_year,
            account.owner.clone()
        ),
        (
            "宁夏化工有限公司",
            "化工",
            cny(50_000_000),
            Some(800),
            Some(1998),
            seller.person_name()
        )
    );
    let contacts = list_contacts(&world, &account.name).await;
    let names: Vec<_> = contacts.iter().map(|c| c.name.clone()).collect();
    assert_eq!(names, conversion.contacts);
    assert_eq!(
        (contacts[0].display_name.as_str(), contacts[0].function()),
        ("张工", Function::Technical)
    );

    let deals = world.pipeline.opened();
    assert_eq!(deals.len(), 1);
    let deal = &deals[0];
    assert_eq!(
        (&deal.name, &deal.account, &deal.owner),
        (
            &conversion.opportunity,
            &account.name,
            &seller.person_name()
        )
    );
    assert_eq!(
        (deal.display_name.as_str(), deal.amount.clone()),
        ("流量计改造", cny(280_000))
    );
    assert_eq!(deal.known_since_date, prospect.found_date);

    let events = world.events(&prospect.name).await;
    let sequences: Vec<i64> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4]);
    let begun: ProspectChanged = events[2].message();
    let begun = begun.after.unwrap();
    assert_eq!(begun.state(), ProspectState::Converting);
    assert_eq!(begun.people, told_to_all(begun.clone()).people);
    let done: ProspectConverted = events[3].message();
    assert_eq!(done.after, Some(told_to_all(after)));
    assert_eq!(world.events(&account.name).await.len(), 1);
}

#[tokio::test]
async fn what_is_known_of_need_timetable_and_budget_goes_on_to_the_deal_once() {
    use keynode_proto::pipeline::v1::{Knowledge, QualificationElement};
    let world = World::new().await;
    let seller = world.seller("").await;
    let definition = world.published(chemical_plants()).await;
    let buying = Prospect {
        timetable_date: day(2027, 6, 30),
        ..plant()
    };
    let listed = world.prospect(&seller, buying).await;
    let prospect = world
        .screened(&seller, &listed.name, &definition.name)
        .await;
    world.pipeline.feel(Mood::Mute);
    let lost = world
        .prospects(&seller)
        .convert_prospect(converting(&prospect.name))
        .await;
    assert_eq!(reason_of(lost), "UNAVAILABLE");
    world.pipeline.feel(Mood::Willing);
    let deal = converted(&world, &seller, converting(&prospect.name)).await;
    let deal = deal.opportunity;
    converted(&world, &seller, converting(&prospect.name)).await;
    let recorded = world.pipeline.recorded(&deal);
    let told: Vec<_> = recorded
        .iter()
        .map(|state| (state.element(), state.knowledge(), state.value.as_str()))
        .collect();
    let expected = [
        (QualificationElement::Need, Knowledge::Partial, "更换流量计"),
        (
            QualificationElement::Timetable,
            Knowledge::Known,
            "2027-06-30",
        ),
        (QualificationElement::Budget, Knowledge::Known, "300000 CNY"),
    ];
    assert_eq!(told, expected);
    assert!(recorded.iter().all(|state| state.source == prospect.name));
    let opened = world.pipeline.opened();
    assert_eq!(opened[0].expected_close_date, day(2027, 6, 30));
}

#[tokio::test]
async fn whoever_may_record_nothing_converts_all_the_same() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let prospect = world.qualified(&seller).await;
    world.pipeline.deny_elements();
    let deal = converted(&world, &seller, converting(&prospect.name)).await;
    assert!(world.pipeline.recorded(&deal.opportunity).is_empty());
}

#[tokio::test]
async fn a_repeat_without_an_id_answers_what_there_is() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let prospect = world.qualified(&seller).await;
    let first = converted(&world, &seller, converting(&prospect.name)).await;
    let again = converted(&world, &world.admin, converting(&prospect.name)).await;
    assert_eq!(first, again);
    let same = ConvertProspectRequest {
        account: first.account.clone(),
        ..converting(&prospect.name)
    };
    assert_eq!(converted(&world, &seller, same).await, first);
    let other = world.account(&seller, "别家").await;
    let other = ConvertProspectRequest {
        account: other.name,
        ..converting(&prospect.name)
    };
    let status = refused(world.prospects(&seller).convert_prospect(other).await);
    assert_eq!(reason(&status), "PROSPECT_CLOSED");
    assert_eq!(metadata(&status, "account"), Some(first.account));
    assert_eq!(world.pipeline.opened().len(), 1);
}

#[tokio::test]
async fn a_check_stores_nothing_anywhere() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let prospect = world.qualified(&seller).await;
    let request = ConvertProspectRequest {
        validate_only: true,
        request_id: request_id(),
        ..converting(&prospect.name)
    };
    let foreseen = converted(&world, &seller, request).await;
    assert_eq!(foreseen.opportunity, "");
    assert_eq!(foreseen.contacts.len(), 2);
    assert_eq!(world.read_prospect(&prospect.name).await, prospect);
    assert!(world.pipeline.opened().is_empty());
    assert_eq!(
        world.count("select count(*) from accounts.account").await,
        0
    );
}

#[tokio::test]
async fn an_account_that_there_is_is_taken_when_named_or_matched() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let account = world.account(&seller, "宁夏化工有限公司").await;
    let known = world.contact(&seller, &account.name, "张工").await;
    let prospect = world.qualified(&seller).await;
    let named = ConvertProspectRequest {
        account: account.name.clone(),
        ..converting(&prospect.name)
    };
    let conversion = converted(&world, &seller, named).await;
    assert_eq!(conversion.account, account.name);
    assert_eq!(conversion.contacts[0], known.name);
    assert_eq!(list_contacts(&world, &account.name).await.len(), 2);

    let second = world.qualified(&seller).await;
    let matched = ConvertProspectRequest {
        match_account_by_name: true,
        ..converting(&second.name)
    };
    let conversion = converted(&world, &seller, matched.clone()).await;
    assert_eq!(conversion.account, account.name);

    let twin = world.account(&seller, "宁夏化工有限公司").await;
    let third = world.qualified(&seller).await;
    let ambiguous = ConvertProspectRequest {
        name: third.name.clone(),
        ..matched.clone()
    };
    let status = refused(world.prospects(&seller).convert_prospect(ambiguous).await);
    assert_eq!(reason(&status), "ACCOUNT_AMBIGUOUS");
    let both = format!("{} {}", account.name, twin.name);
    assert_eq!(metadata(&status, "accounts"), Some(both));
    assert_eq!(world.read_prospect(&third.name).await, third);

    let colleague = world.seller("").await;
    let unseen = world.qualified(&colleague).await;
    let unseen = ConvertProspectRequest {
        name: unseen.name,
        ..matched
    };
    let conversion = converted(&world, &colleague, unseen).await;
    assert!(
        conversion.account != account.name && conversion.account != twin.name,
        "an account that is not seen is not matched"
    );
}

#[tokio::test]
async fn an_account_that_is_not_there_or_not_seen_is_refused() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let prospect = world.qualified(&seller).await;
    let hidden = world.account(&world.admin, "不可见").await;
    for account in [hidden.name, nobody("accounts")] {
        let request = ConvertProspectRequest {
            account,
            ..converting(&prospect.name)
        };
        let answer = world.prospects(&seller).convert_prospect(request).await;
        assert_eq!(reason_of(answer), "ACCOUNT_NOT_FOUND");
    }
    assert_eq!(world.read_prospect(&prospect.name).await, prospect);
}

#[tokio::test]
async fn who_is_not_qualified_is_told_each_criterion_in_the_way() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let listed = world.prospect(&seller, plant()).await;
    let mut prospects = world.prospects(&seller);
    let status = refused(prospects.convert_prospect(converting(&listed.name)).await);
    assert_eq!(reason(&status), "PROSPECT_NOT_QUALIFIED");
    let violations = status
        .get_details_precondition_failure()
        .unwrap()
        .violations;
    assert_eq!(violations[0].r#type, "SCREENING");

    let definition = world.published(chemical_plants()).await;
    let weak = Prospect {
        industry: "食品".to_owned(),
        budget: None,
        ..plant()
    };
    let weak = world.prospect(&seller, weak).await;
    let weak = world.screened(&seller, &weak.name, &definition.name).await;
    let status = refused(prospects.convert_prospect(converting(&weak.name)).await);
    assert_eq!(reason(&status), "PROSPECT_NOT_QUALIFIED");
    let violations = status
        .get_details_precondition_failure()
        .unwrap()
        .violations;
    let told: Vec<_> = violations
        .iter()
        .map(|v| (v.r#type.as_str(), v.subject.clone()))
        .collect();
    let subject = |criterion: &str| format!("{}/criteria/{criterion}", weak.name);
    assert_eq!(
        told,
        [
            ("CRITERION_FAILED", subject("industry")),
            ("CRITERION_UNKNOWN", subject("budget"))
        ]
    );
    assert!(world.pipeline.opened().is_empty());
}

#[tokio::test]
async fn a_manager_may_convert_by_force_and_the_reason_stays() {
    let world = World::new().await;
    let (seller, manager) = (world.seller("").await, world.manager().await);
    let listed = world.prospect(&seller, plant()).await;
    let by_seller = world
        .prospects(&seller)
        .force_convert_prospect(forcing(&listed.name, "战略客户"))
        .await;
    assert_eq!(reason_of(by_seller), "PERMISSION_DENIED");
    let by_program = world
        .prospects(&Caller::integrator(world.tenant))
        .force_convert_prospect(forcing(&listed.name, "战略客户"))
        .await;
    assert_eq!(reason_of(by_program), "PERMISSION_DENIED");
    let mut prospects = world.prospects(&manager);
    let blank = prospects
        .force_convert_prospect(forcing(&listed.name, ""))
        .await;
    assert_eq!(bad_fields(blank), ["reason"]);
    let request = ForceConvertProspectRequest {
        request_id: request_id(),
        ..forcing(&listed.name, "战略客户")
    };
    let first = take(prospects.force_convert_prospect(request.clone()).await);
    assert_eq!(take(prospects.force_convert_prospect(request).await), first);
    let conversion = first.prospect.unwrap().conversion.unwrap();
    assert!(conversion.forced);
    assert_eq!(
        (conversion.reason.as_str(), conversion.actor),
        ("战略客户", manager.person_name())
    );
    assert_eq!(world.pipeline.opened()[0].owner, seller.person_name());

    let qualified = world.qualified(&seller).await;
    let needless = prospects
        .force_convert_prospect(forcing(&qualified.name, "x"))
        .await;
    assert_eq!(reason_of(needless), "PROSPECT_QUALIFIED");
}

#[tokio::test]
async fn bad_fields_and_stale_etags_are_refused() {
    let world = World::new().await;
    let prospect = world.qualified(&world.admin).await;
    let mut prospects = world.prospects(&world.admin);
    let bad = ConvertProspectRequest {
        name: "prospects/1".to_owned(),
        account: nobody("accounts"),
        match_account_by_name: true,
        ..Default::default()
    };
    assert_eq!(
        bad_fields(prospects.convert_prospect(bad).await),
        ["match_account_by_name", "name"]
    );
    let stale = ConvertProspectRequest {
        etag: "1".to_owned(),
        ..converting(&prospect.name)
    };
    assert_eq!(
        reason_of(prospects.convert_prospect(stale).await),
        "ETAG_MISMATCH"
    );
    assert_eq!(world.read_prospect(&prospect.name).await, prospect);
}

#[tokio::test]
async fn an_id_used_for_one_prospect_begins_nothing_with_another() {
    let world = World::new().await;
    let (one, other) = (
        world.qualified(&world.admin).await,
        world.qualified(&world.admin).await,
    );
    let mut request = ConvertProspectRequest {
        request_id: request_id(),
        ..converting(&one.name)
    };
    let mut prospects = world.prospects(&world.admin);
    take(prospects.convert_prospect(request.clone()).await);
    request.name = other.name.clone();
    let answer = prospects.convert_prospect(request).await;
    assert_eq!(reason_of(answer), "REQUEST_ID_REUSED");
    assert_eq!(world.read_prospect(&other.name).await, other);
    assert_eq!(world.pipeline.opened().len(), 1);
}
