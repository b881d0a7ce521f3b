//! Deals that wait, get less of our time, or another owner.

use jiff::ToSpan as _;
use keynode_kit::testing::Caller;
use keynode_proto::google::r#type::Date;
use keynode_proto::pipeline::v1::*;
use uuid::Uuid;

use crate::market::Market;
use crate::world::*;

fn in_days(days: i32) -> Option<Date> {
    let today = keynode_kit::clock::Clock::system()
        .now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let day = today.saturating_add(days.days());
    date(day.year().into(), day.month().into(), day.day().into())
}

fn pausing(name: &str, resume: Option<Date>) -> PauseOpportunityRequest {
    PauseOpportunityRequest {
        name: name.to_owned(),
        reason: "客户等待预算批复".to_owned(),
        resume_date: resume,
        ..Default::default()
    }
}

#[tokio::test]
async fn a_deal_waits_for_a_reason_until_a_day() {
    let world = world().await;
    let mut client = world.moving();
    let name = imported(&world, "entry").await;
    for bad in [None, in_days(0), in_days(-1), in_days(366 * 6)] {
        let refused = client.pause_opportunity(pausing(&name, bad)).await;
        assert_eq!(fields(refused), ["resume_date"]);
    }
    let bare = PauseOpportunityRequest::default();
    let refused = client.pause_opportunity(bare).await;
    assert_eq!(fields(refused), ["name", "reason", "resume_date"]);
    let paused = client
        .pause_opportunity(pausing(&name, in_days(30)))
        .await
        .unwrap();
    let first = paused.into_inner().opportunity.unwrap().pause.unwrap();
    assert_eq!(
        (first.reason.as_str(), first.resume_date),
        ("客户等待预算批复", in_days(30))
    );
    let longer = client
        .pause_opportunity(pausing(&name, in_days(60)))
        .await
        .unwrap();
    let longer = longer.into_inner().opportunity.unwrap();
    let pause = longer.pause.clone().unwrap();
    assert_eq!(
        (pause.resume_date, pause.start_time),
        (in_days(60), first.start_time)
    );
    assert_eq!(
        longer.status(),
        OpportunityStatus::Open,
        "a pause is no end"
    );
    let resume = ResumeOpportunityRequest {
        name: name.clone(),
        ..Default::default()
    };
    let on = client
        .resume_opportunity(resume.clone())
        .await
        .unwrap()
        .into_inner();
    assert!(on.opportunity.as_ref().unwrap().pause.is_none());
    let same = client
        .resume_opportunity(resume)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(same, on, "what does not wait stays as it is");
    assert_eq!(
        world.events("OpportunityChanged").await,
        4,
        "opened, paused twice, resumed"
    );
}

#[tokio::test]
async fn a_move_ends_a_pause_and_what_is_over_does_not_wait() {
    let world = world().await;
    let name = imported(&world, "bid").await;
    let mut client = world.moving();
    client
        .pause_opportunity(pausing(&name, in_days(9)))
        .await
        .unwrap();
    evidence(&mut world.manager(), &name, "bid_submitted").await;
    let moved = advance(&mut world.manager(), &name).await.unwrap();
    assert!(moved.opportunity.unwrap().pause.is_none());
    let give_up = AbandonOpportunityRequest {
        name: name.clone(),
        reason: "x".to_owned(),
        ..Default::default()
    };
    client.abandon_opportunity(give_up).await.unwrap();
    let over = client.pause_opportunity(pausing(&name, in_days(9))).await;
    assert_eq!(reason(over), "OPPORTUNITY_CLOSED");
}

#[tokio::test]
async fn the_level_of_contact_goes_the_way_that_is_asked() {
    let world = world().await;
    let mut client = world.moving();
    let name = imported(&world, "development").await;
    let lower = |level: ContactLevel| LowerContactLevelRequest {
        name: name.clone(),
        level: level.into(),
        reason: "评估未通过".to_owned(),
        ..Default::default()
    };
    let raise = |level: ContactLevel| RaiseContactLevelRequest {
        name: name.clone(),
        level: level.into(),
        reason: "资金落实".to_owned(),
        ..Default::default()
    };
    let none = client
        .lower_contact_level(lower(ContactLevel::Unspecified))
        .await;
    assert_eq!(fields(none), ["level"]);
    let all = client
        .lower_contact_level(lower(ContactLevel::AllOut))
        .await;
    assert_eq!(reason(all), "CONTACT_LEVEL_NOT_LOWER");
    let watched = client
        .lower_contact_level(lower(ContactLevel::Watch))
        .await
        .unwrap();
    let deal = watched.into_inner().opportunity.unwrap();
    assert_eq!(deal.contact_level(), ContactLevel::Watch);
    let less = client.raise_contact_level(raise(ContactLevel::Last)).await;
    assert_eq!(reason(less), "CONTACT_LEVEL_NOT_HIGHER");
    let more = client
        .raise_contact_level(raise(ContactLevel::Bounded))
        .await
        .unwrap();
    assert_eq!(
        more.into_inner().opportunity.unwrap().contact_level(),
        ContactLevel::Bounded
    );
    let (_, last) = world.last_event("OpportunityChanged").await;
    let last: OpportunityChanged = prost::Message::decode(last.as_slice()).unwrap();
    assert_eq!(last.reason, "资金落实");
}

#[tokio::test]
async fn a_deal_is_given_to_another_owner_with_its_reason() {
    let market = Market::new().await;
    let world = &market.world;
    let mut client = world.moving();
    let name = imported(world, "entry").await;
    let (owner, team) = (market.seller("").await, Uuid::now_v7());
    let nobody = ReassignOpportunityRequest {
        name: name.clone(),
        reason: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        fields(client.reassign_opportunity(nobody.clone()).await),
        ["owner"]
    );
    let given = ReassignOpportunityRequest {
        owner: owner.person_name(),
        team: format!("teams/{team}"),
        ..nobody
    };
    let deal = client.reassign_opportunity(given.clone()).await.unwrap();
    let deal = deal.into_inner().opportunity.unwrap();
    assert_eq!(
        (deal.owner, deal.team),
        (given.owner.clone(), given.team.clone())
    );
    let mut seller = world.moves(&Caller::seller(world.tenant));
    let unseen = seller.reassign_opportunity(given.clone()).await;
    assert_eq!(reason(unseen), "OPPORTUNITY_NOT_FOUND");
    let owner = Caller::seller(world.tenant);
    let own = create(&mut world.opportunities(&owner), named("deal")).await;
    let away = ReassignOpportunityRequest {
        name: own.name,
        ..given
    };
    let away = world.moves(&owner).reassign_opportunity(away).await;
    assert_eq!(fields(away), ["team", "owner"]);
}
