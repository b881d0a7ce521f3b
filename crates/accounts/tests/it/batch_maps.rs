//! Many decision maps and what they mean, at once.

use keynode_kit::testing::{self, Caller};
use keynode_proto::accounts::v1::*;

use super::deal::{Deal, playing};
use super::secrets::Secrets;
use super::world::{World, bad_fields, take};

fn asking(names: &[String]) -> BatchAnalyzeDecisionMapsRequest {
    BatchAnalyzeDecisionMapsRequest {
        names: names.to_vec(),
        masked: false,
    }
}

async fn many(
    world: &World,
    caller: &Caller,
    request: BatchAnalyzeDecisionMapsRequest,
) -> Vec<AnalyzedDecisionMap> {
    let answer = world
        .maps(caller)
        .batch_analyze_decision_maps(request)
        .await;
    take(answer).maps
}

fn nobodys() -> String {
    "opportunities/0190b5a0-0000-7000-8000-000000000001/decisionMap".to_owned()
}

#[tokio::test]
async fn each_is_told_as_it_is_alone() {
    let secrets = Secrets::new().await;
    let (world, name) = (&secrets.deal.world, secrets.deal.map.name.clone());
    for role in ["sales_manager", "viewer"] {
        let caller = Caller::person(world.tenant, role);
        let maps = many(world, &caller, asking(&[nobodys(), name.clone()])).await;
        let [none, found] = &maps[..] else {
            panic!("two were asked for")
        };
        assert_eq!(none.decision_map, None);
        let analysis = none.analysis.as_ref().unwrap();
        assert_eq!(
            (analysis.map.as_str(), analysis.map_version),
            (nobodys().as_str(), 0)
        );
        assert_eq!(analysis.unknown_weight, 100);
        let alone = AnalyzeDecisionMapRequest { name: name.clone() };
        let alone = take(world.maps(&caller).analyze_decision_map(alone).await);
        assert_eq!(found.analysis, alone.analysis, "{role}");
        assert_eq!(
            found.decision_map,
            Some(secrets.deal.seen_by(&caller).await)
        );
    }
}

#[tokio::test]
async fn insiders_are_hidden_from_who_asks_for_it() {
    let secrets = Secrets::new().await;
    let world = &secrets.deal.world;
    let names = [secrets.deal.map.name.clone()];
    let masked = BatchAnalyzeDecisionMapsRequest {
        masked: true,
        ..asking(&names)
    };
    let manager = Caller::person(world.tenant, "sales_manager");
    let viewer = Caller::person(world.tenant, "viewer");
    let hidden = many(world, &manager, masked).await;
    assert_eq!(hidden, many(world, &viewer, asking(&names)).await);
    assert!(!secrets.are_in(hidden[0].decision_map.as_ref().unwrap()));
}

#[tokio::test]
async fn a_map_out_of_sight_is_one_that_is_not_there() {
    let deal = Deal::new().await;
    let names = [deal.map.name.clone()];
    let seller = deal.world.seller("").await;
    let stranger = Caller::person(testing::tenant(), "administrator");
    for caller in [seller, stranger] {
        let maps = many(&deal.world, &caller, asking(&names)).await;
        assert_eq!(maps[0].decision_map, None);
        assert_eq!(maps[0].analysis.as_ref().unwrap().map_version, 0);
    }
}

#[tokio::test]
async fn every_bad_name_is_named() {
    let deal = Deal::new().await;
    let mut maps = deal.world.maps(&deal.world.admin);
    let bad = asking(&["x".to_owned(), nobodys(), nobodys()]);
    let answer = maps.batch_analyze_decision_maps(bad).await;
    assert_eq!(bad_fields(answer), ["names[0]", "names[2]"]);
    let many: Vec<String> = (0..101)
        .map(|n| format!("opportunities/0190b5a0-0000-7000-8000-{n:012}/decisionMap"))
        .collect();
    for names in [vec![], many] {
        let answer = maps.batch_analyze_decision_maps(asking(&names)).await;
        assert_eq!(bad_fields(answer), ["names"]);
    }
}

#[tokio::test]
async fn who_left_the_customer_has_departed_and_an_insider_is_not_told_of() {
    for (role, is_told) in [
        (StakeholderRole::User, true),
        (StakeholderRole::Coach, false),
    ] {
        let mut deal = Deal::new().await;
        let admin = deal.world.admin.clone();
        let gone = deal.contact("甲").await;
        deal.set(playing(&gone, role)).await;
        let viewer = Caller::person(deal.world.tenant, "viewer");
        let names = [deal.map.name.clone()];
        let departed = async |deal: &Deal, caller: &Caller| {
            let maps = many(&deal.world, caller, asking(&names)).await;
            maps[0].decision_map.as_ref().unwrap().stakeholders[0].departed
        };
        assert!(!departed(&deal, &admin).await);
        let elsewhere = deal.world.account(&admin, "别处").await;
        let moving = MoveContactRequest {
            name: gone.clone(),
            account: elsewhere.name,
            ..Default::default()
        };
        take(deal.world.contacts(&admin).move_contact(moving).await);
        assert!(departed(&deal, &admin).await);
        assert_eq!(departed(&deal, &viewer).await, is_told);
    }
}
