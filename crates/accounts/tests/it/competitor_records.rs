use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;
use keynode_proto::pipeline::v1::{Opportunity, OpportunityStatus};

use super::deal::{Deal, playing};
use super::market::{ended, eventually};
use super::world::{World, bad_fields, nobody, reason_of, take};

fn asking(competitor: &str) -> GetCompetitorRecordRequest {
    GetCompetitorRecordRequest {
        competitor: competitor.to_owned(),
    }
}

async fn record(world: &World, by: &Caller, competitor: &str) -> CompetitorRecord {
    let mut competitors = world.competitors(by);
    let answer = take(competitors.get_competitor_record(asking(competitor)).await);
    answer.record.unwrap()
}

async fn deals(world: &World, competitor: &str) -> (i64, i64) {
    let deals = record(world, &world.admin, competitor).await.deals.unwrap();
    (deals.won, deals.lost)
}

fn against(owner: &Caller, status: OpportunityStatus, names: &[&str]) -> Opportunity {
    Opportunity {
        competitors: names.iter().map(|&name| name.to_owned()).collect(),
        ..ended(owner, &nobody("accounts"), status, 100)
    }
}

#[tokio::test]
async fn deals_count_by_the_names_that_they_mention() {
    let world = World::new().await;
    let acme = world.competitor("Acme 中国").await;
    world.react();
    let (owner, stranger) = (world.seller("").await, world.seller("").await);
    let lost = against(&owner, OpportunityStatus::Lost, &["ＡＣＭＥ中国", "艾克米"]);
    world.deal(&lost, 1).await;
    world
        .deal(&against(&owner, OpportunityStatus::Won, &["艾克米"]), 1)
        .await;
    world
        .deal(&against(&owner, OpportunityStatus::Won, &["别家"]), 1)
        .await;
    let ask = || deals(&world, &acme.name);
    eventually(ask, |found| *found == (0, 1)).await;
    // A name that is learned later counts for the deals of the past.
    let learned = UpdateCompetitorRequest {
        competitor: Some(Competitor {
            name: acme.name.clone(),
            aliases: vec!["艾克米".to_owned()],
            ..Competitor::default()
        }),
        ..Default::default()
    };
    take(
        world
            .competitors(&world.admin)
            .update_competitor(learned)
            .await,
    );
    eventually(ask, |found| *found == (1, 1)).await;
    let seen = record(&world, &owner, &acme.name).await.deals.unwrap();
    assert_eq!((seen.won, seen.lost, seen.win_rate), (1, 1, Some(0.5)));
    let hidden = record(&world, &stranger, &acme.name).await.deals.unwrap();
    assert_eq!(hidden, ClosedDeals::default());
    // The deal no longer mentions it.
    let corrected = Opportunity {
        competitors: vec![],
        ..lost
    };
    world.deal(&corrected, 2).await;
    eventually(ask, |found| *found == (1, 0)).await;
}

fn supporting(contact: &str, role: StakeholderRole, competitor: &str) -> Stakeholder {
    Stakeholder {
        supported_competitors: vec![competitor.to_owned()],
        ..playing(contact, role)
    }
}

#[tokio::test]
async fn what_decision_maps_say_counts_as_well() {
    let mut deal = Deal::new().await;
    deal.world.react();
    let acme = deal.world.competitor("Acme").await.name;
    let (owner, stranger) = (deal.world.admin.clone(), deal.world.seller("").await);
    let opportunity = deal.map.name.trim_end_matches("/decisionMap").to_owned();
    let lost = Opportunity {
        name: opportunity.clone(),
        ..against(&owner, OpportunityStatus::Lost, &[])
    };
    deal.world.deal(&lost, 1).await;
    let request = deal.competing(&[&acme]);
    take(deal.maps.set_map_competitors(request).await);
    let engineer = deal.contact("总工").await;
    let selects = supporting(&engineer, StakeholderRole::TechnicalSelector, &acme);
    deal.set(selects.clone()).await;

    let expected = CompetitorSupporter {
        contact: engineer.clone(),
        display_name: "总工".to_owned(),
        opportunity,
    };
    let seen = |by: Caller| {
        let (world, acme) = (&deal.world, &acme);
        async move { record(world, &by, acme).await }
    };
    let told = eventually(
        || seen(owner.clone()),
        |record| record.supporters == [expected.clone()],
    )
    .await;
    assert_eq!(told.deals.unwrap().lost, 1, "it competed in the deal");
    let hidden = seen(stranger.clone()).await;
    assert!(hidden.supporters.is_empty());

    // Who turns away from it supports it no longer, and it competes still.
    let turned = Stakeholder {
        supported_competitors: Vec::new(),
        ..selects
    };
    deal.set(turned).await;
    let seen = || record(&deal.world, &owner, &acme);
    let told = eventually(seen, |record| record.supporters.is_empty()).await;
    assert_eq!(told.deals.unwrap().lost, 1);
    let request = deal.competing(&[]);
    take(deal.maps.set_map_competitors(request).await);
    let seen = || record(&deal.world, &owner, &acme);
    eventually(seen, |record| record.deals.as_ref().unwrap().lost == 0).await;
}

/// Events show insiders under a handle, and so the record does not know them.
#[tokio::test]
async fn an_insider_is_in_no_record_of_a_competitor() {
    let mut deal = Deal::new().await;
    deal.world.react();
    let acme = deal.world.competitor("Acme").await.name;
    let request = deal.competing(&[&acme]);
    take(deal.maps.set_map_competitors(request).await);
    let (insider, engineer) = (deal.contact("内线").await, deal.contact("总工").await);
    deal.set(supporting(&insider, StakeholderRole::Coach, &acme))
        .await;
    let selects = supporting(&engineer, StakeholderRole::TechnicalSelector, &acme);
    deal.set(selects.clone()).await;
    let names = async || {
        let record = record(&deal.world, &deal.world.admin, &acme).await;
        let contacts = record.supporters.into_iter().map(|it| it.contact);
        contacts.collect::<Vec<_>>()
    };
    // The engineer was named after the insider, whom the record would have by now.
    eventually(names, |found| !found.is_empty()).await;
    assert_eq!(names().await, std::slice::from_ref(&engineer));
    let stored = "select count(*) from accounts.competitor_supporter";
    assert_eq!(deal.world.count(stored).await, 1);

    // Whoever becomes an insider leaves the record.
    let coaches = supporting(&engineer, StakeholderRole::Coach, &acme);
    deal.set(coaches).await;
    let none = async || deal.world.count(stored).await;
    eventually(none, |count| *count == 0).await;
}

#[tokio::test]
async fn there_is_no_record_of_nobody() {
    let world = World::new().await;
    let acme = world.competitor("Acme").await;
    let mut competitors = world.competitors(&world.admin);
    let bad = competitors.get_competitor_record(asking("x")).await;
    assert_eq!(bad_fields(bad), ["competitor"]);
    let lost = competitors
        .get_competitor_record(asking(&nobody("competitors")))
        .await;
    assert_eq!(reason_of(lost), "COMPETITOR_NOT_FOUND");
    let other = world.settle(tenant()).await;
    let foreign = world
        .competitors(&other)
        .get_competitor_record(asking(&acme.name))
        .await;
    assert_eq!(reason_of(foreign), "COMPETITOR_NOT_FOUND");
}
