use keynode_proto::accounts::v1::*;
use keynode_proto::pipeline::v1::{Opportunity, OpportunityStatus};

use super::market::{ended, eventually};
use super::prospecting::{chemical_plants, day, plant};
use super::world::{World, bad_fields, take};

async fn results(
    world: &World,
    request: GetProspectingResultsRequest,
) -> GetProspectingResultsResponse {
    let mut prospects = world.prospects(&world.admin);
    take(prospects.get_prospecting_results(request).await)
}

#[tokio::test]
async fn results_are_counted_by_channel_and_by_version() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let definition = world.published(chemical_plants()).await;
    let friend = |prospect: Prospect| Prospect {
        channel: ProspectChannel::Friend.into(),
        found_date: day(2026, 1, 1),
        ..prospect
    };
    let food = Prospect {
        industry: "食品".to_owned(),
        ..plant()
    };
    let vague = Prospect {
        budget: None,
        ..plant()
    };
    let mut screened = Vec::new();
    for prospect in [plant(), food.clone(), vague, friend(food.clone())] {
        let listed = world.prospect(&seller, prospect).await;
        screened.push(
            world
                .screened(&seller, &listed.name, &definition.name)
                .await,
        );
    }
    world.prospect(&world.admin, friend(plant())).await;
    let convert = ConvertProspectRequest {
        name: screened[0].name.clone(),
        ..Default::default()
    };
    take(world.prospects(&seller).convert_prospect(convert).await);
    let force = ForceConvertProspectRequest {
        name: screened[1].name.clone(),
        reason: "战略客户".to_owned(),
        ..Default::default()
    };
    take(
        world
            .prospects(&world.admin)
            .force_convert_prospect(force)
            .await,
    );
    let dismiss = DismissProspectRequest {
        name: screened[3].name.clone(),
        reason: "非目标".to_owned(),
        ..Default::default()
    };
    take(world.prospects(&seller).dismiss_prospect(dismiss).await);

    let answer = results(&world, GetProspectingResultsRequest::default()).await;
    let exhibition = ProspectingResult {
        channel: ProspectChannel::Exhibition.into(),
        listed: 3,
        screened: 3,
        qualified: 1,
        unqualified: 1,
        undetermined: 1,
        converted: 2,
        forced: 1,
        won: Some(0),
        lost: Some(0),
        qualified_percent: Some(50),
        ..ProspectingResult::default()
    };
    let friends = ProspectingResult {
        channel: ProspectChannel::Friend.into(),
        listed: 2,
        screened: 1,
        unqualified: 1,
        dismissed: 1,
        won: Some(0),
        lost: Some(0),
        qualified_percent: Some(0),
        ..ProspectingResult::default()
    };
    assert_eq!(answer.by_channel, [exhibition, friends.clone()]);
    let unscreened = ProspectingResult {
        listed: 1,
        won: Some(0),
        lost: Some(0),
        ..ProspectingResult::default()
    };
    let by_version = ProspectingResult {
        target_definition: definition.name.clone(),
        target_definition_version: 1,
        listed: 4,
        screened: 4,
        qualified: 1,
        unqualified: 2,
        undetermined: 1,
        converted: 2,
        forced: 1,
        dismissed: 1,
        won: Some(0),
        lost: Some(0),
        qualified_percent: Some(33),
        ..ProspectingResult::default()
    };
    assert_eq!(answer.by_target_definition, [unscreened, by_version]);
    let reference = answer.reference.unwrap();
    assert!(reference.zh_cn.contains("80%") && reference.en.contains("80%"));

    let early = GetProspectingResultsRequest {
        found_to_date: day(2026, 6, 1),
        ..Default::default()
    };
    assert_eq!(results(&world, early).await.by_channel, [friends]);
    let own = GetProspectingResultsRequest {
        owner: world.admin.person_name(),
        found_from_date: day(2026, 1, 1),
        ..Default::default()
    };
    assert_eq!(results(&world, own).await.by_channel[0].listed, 1);
    let stranger = world.seller("").await;
    let unseen = world
        .prospects(&stranger)
        .get_prospecting_results(GetProspectingResultsRequest::default())
        .await;
    assert!(
        take(unseen).by_channel.is_empty(),
        "only what is seen counts"
    );
}

#[tokio::test]
async fn deals_that_prospects_became_count_by_how_they_end() {
    let world = World::new().await;
    world.react();
    let seller = world.seller("").await;
    let definition = world.published(chemical_plants()).await;
    let mut deals = Vec::new();
    for name in ["宁夏化工有限公司", "甘肃化肥厂", "青海盐业", "新疆炼油"] {
        let named = Prospect {
            display_name: name.to_owned(),
            ..plant()
        };
        let listed = world.prospect(&seller, named).await;
        world
            .screened(&seller, &listed.name, &definition.name)
            .await;
        let convert = ConvertProspectRequest {
            name: listed.name.clone(),
            ..Default::default()
        };
        take(world.prospects(&seller).convert_prospect(convert).await);
        deals.push(world.read_prospect(&listed.name).await.conversion.unwrap());
    }
    let end = |index: usize, status| Opportunity {
        name: deals[index].opportunity.clone(),
        ..ended(&seller, &deals[index].account, status, 100)
    };
    world.deal(&end(0, OpportunityStatus::Won), 2).await;
    world.deal(&end(1, OpportunityStatus::Completed), 2).await;
    world.deal(&end(2, OpportunityStatus::Lost), 2).await;
    let unconverted = ended(&seller, &deals[0].account, OpportunityStatus::Won, 100);
    world.deal(&unconverted, 1).await;
    let counts = async || {
        let answer = results(&world, GetProspectingResultsRequest::default()).await;
        let (channel, version) = (&answer.by_channel[0], &answer.by_target_definition[0]);
        assert_eq!((channel.won, channel.lost), (version.won, version.lost));
        (channel.converted, channel.won, channel.lost)
    };
    eventually(counts, |found| *found == (4, Some(2), Some(1))).await;
    // The deal that was lost is open again.
    world.deal(&end(2, OpportunityStatus::Open), 3).await;
    eventually(counts, |found| *found == (4, Some(2), Some(0))).await;
}

#[tokio::test]
async fn bad_fields_are_named_at_once() {
    let world = World::new().await;
    let mut prospects = world.prospects(&world.admin);
    let request = GetProspectingResultsRequest {
        found_from_date: day(2026, 2, 30),
        found_to_date: day(0, 1, 1),
        owner: "x".to_owned(),
    };
    assert_eq!(
        bad_fields(prospects.get_prospecting_results(request).await),
        ["found_from_date", "found_to_date", "owner"]
    );
    let request = GetProspectingResultsRequest {
        found_from_date: day(2026, 2, 2),
        found_to_date: day(2026, 2, 1),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(prospects.get_prospecting_results(request).await),
        ["found_to_date"]
    );
}
