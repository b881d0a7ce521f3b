//! People in a decision map whose account the reader does not see.

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;

use super::contacts::updating;
use super::deal::{Deal, playing};
use super::world::{World, take};

/// A deal at a seller's account; somebody in its map left for an account out of sight.
struct Left {
    deal: Deal,
    seller: Caller,
    gone: String,
    elsewhere: Account,
}

async fn give(world: &World, account: &Account, owner: &Caller) {
    let given = Account {
        name: account.name.clone(),
        owner: owner.person_name(),
        ..Account::default()
    };
    let request = UpdateAccountRequest {
        account: Some(given),
        ..Default::default()
    };
    take(world.accounts(&world.admin).update_account(request).await);
}

impl Left {
    async fn new(role: StakeholderRole) -> Self {
        let mut deal = Deal::new().await;
        let seller = deal.world.seller("").await;
        let admin = deal.world.admin.clone();
        give(&deal.world, &deal.account, &seller).await;
        let gone = deal.contact("甲").await;
        let known = Contact {
            name: gone.clone(),
            department: "仪表".to_owned(),
            function: Function::Technical.into(),
            ..Contact::default()
        };
        let mut contacts = deal.world.contacts(&admin);
        take(contacts.update_contact(updating(&known, &[])).await);
        let person = Stakeholder {
            weight: Some(30),
            ..playing(&gone, role)
        };
        deal.set(person).await;
        let elsewhere = deal.world.account(&admin, "看不见").await;
        let moving = MoveContactRequest {
            name: gone.clone(),
            account: elsewhere.name.clone(),
            department: "新部门".to_owned(),
            ..Default::default()
        };
        take(contacts.move_contact(moving).await);
        let renamed = Contact {
            name: gone.clone(),
            display_name: "新名".to_owned(),
            function: Function::Finance.into(),
            ..Contact::default()
        };
        take(contacts.update_contact(updating(&renamed, &[])).await);
        Self {
            deal,
            seller,
            gone,
            elsewhere,
        }
    }

    async fn seen_by(&self, caller: &Caller) -> (String, String, Function) {
        let map = self.deal.seen_by(caller).await;
        let person = &map.stakeholders[0];
        (
            person.display_name.clone(),
            person.department.clone(),
            person.function(),
        )
    }
}

fn texts(name: &str, department: &str, function: Function) -> (String, String, Function) {
    (name.to_owned(), department.to_owned(), function)
}

#[tokio::test]
async fn who_left_for_an_account_out_of_sight_is_told_as_they_were_known() {
    let mut left = Left::new(StakeholderRole::DecisionMaker).await;
    let known = texts("甲", "仪表", Function::Technical);
    assert_eq!(left.seen_by(&left.seller).await, known);
    let now = texts("新名", "新部门", Function::Finance);
    assert_eq!(left.seen_by(&left.deal.world.admin).await, now);

    let mut maps = left.deal.world.maps(&left.seller);
    let listed = take(
        maps.list_decision_maps(ListDecisionMapsRequest::default())
            .await,
    );
    assert_eq!(
        listed.decision_maps[0].stakeholders[0].display_name, "甲",
        "in a list"
    );
    let analysing = AnalyzeDecisionMapRequest {
        name: left.deal.map.name.clone(),
    };
    let analysis = take(maps.analyze_decision_map(analysing).await).analysis;
    assert_eq!(analysis.unwrap().decision_makers[0].display_name, "甲");
    let history = left.deal.history(&left.seller, "").await;
    assert!(
        !history.is_empty() && history.iter().all(|change| change.display_name == "甲"),
        "{history:?}"
    );
    let setting = left.deal.setting(Stakeholder {
        weight: Some(40),
        ..playing(&left.gone, StakeholderRole::DecisionMaker)
    });
    let map = take(maps.set_stakeholder(setting).await).decision_map;
    let person = map.unwrap().stakeholders.remove(0);
    assert_eq!(
        (person.display_name.as_str(), person.weight),
        ("甲", Some(40))
    );

    give(&left.deal.world, &left.elsewhere, &left.seller).await;
    assert_eq!(left.seen_by(&left.seller).await, now, "in sight again");
    assert_eq!(
        left.deal.analyze().await.decision_makers[0].display_name,
        "新名"
    );
}

#[tokio::test]
async fn a_third_party_out_of_sight_has_no_name() {
    let mut deal = Deal::new().await;
    let seller = deal.world.seller("").await;
    give(&deal.world, &deal.account, &seller).await;
    let institute = deal.world.account(&deal.world.admin, "设计院").await;
    let designer = deal
        .world
        .contact(&deal.world.admin, &institute.name, "设计院负责人")
        .await;
    deal.set(playing(&designer.name, StakeholderRole::DecisionMaker))
        .await;
    let map = deal.seen_by(&seller).await;
    let person = &map.stakeholders[0];
    assert_eq!((person.display_name.as_str(), person.masked), ("", false));
    let words = person.masked_as.clone().unwrap();
    assert!(!words.zh_cn.is_empty() && !words.en.is_empty());
    let analysing = AnalyzeDecisionMapRequest {
        name: deal.map.name.clone(),
    };
    let mut maps = deal.world.maps(&seller);
    let analysis = take(maps.analyze_decision_map(analysing).await).analysis;
    let maker = analysis.unwrap().decision_makers.remove(0);
    assert_eq!(
        (maker.display_name, maker.masked_as),
        (words.en.clone(), Some(words))
    );
    let seen = deal.seen_by(&deal.world.admin).await;
    assert_eq!(seen.stakeholders[0].display_name, "设计院负责人");
}

#[tokio::test]
async fn an_insider_who_left_stays_masked() {
    let left = Left::new(StakeholderRole::Coach).await;
    let masked = Caller {
        scopes: vec!["accounts.decisionMaps"],
        ..left.seller.clone()
    };
    let map = left.deal.seen_by(&masked).await;
    let person = &map.stakeholders[0];
    assert!(person.masked && person.contact == "insiders/1");
    assert_eq!(
        (person.display_name.as_str(), person.department.as_str()),
        ("", "")
    );
    assert_eq!(
        person.masked_as.as_ref().unwrap().en,
        "an insider in the technical department"
    );
}
