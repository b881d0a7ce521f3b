//! Deals go where their customers and owners go, through processes that are killed.

use std::time::Duration;

use keynode_proto::accounts::v1::{
    CreateProspectRequest, ForceConvertProspectRequest, GetDecisionMapRequest,
    MergeAccountsRequest, MergeLoser, Prospect, ProspectChannel, TransferRecordsRequest,
    UndoMergeRequest,
};
use keynode_proto::google::r#type::Date;
use keynode_proto::pipeline::v1::{
    GetOpportunityRequest, Knowledge, Opportunity, QualificationElement,
};
use keynode_tests::{Client, Deployment, Organisation};

use crate::deal;

async fn read(client: &mut Client, name: &str) -> Opportunity {
    let request = GetOpportunityRequest {
        name: name.to_owned(),
    };
    let answer = client.opportunities.get_opportunity(request).await.unwrap();
    answer.into_inner().opportunity.unwrap()
}

/// The deal as soon as it is so.
async fn until(
    client: &mut Client,
    name: &str,
    is_so: impl Fn(&Opportunity) -> bool,
) -> Opportunity {
    for _ in 0..600 {
        let deal = read(client, name).await;
        if is_so(&deal) {
            return deal;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("still {:?}", read(client, name).await)
}

#[tokio::test]
async fn deals_of_a_leaver_are_given_away_once_though_nobody_was_there_to_do_it() {
    let mut deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let account = deal::account(&mut people.seller, "宁夏化工").await;
    let deal = deal::opportunity(&mut people.seller, &account, "宁夏项目").await;
    let pipelines = deployment.replicas("pipeline");
    for index in &pipelines {
        deployment.kill(*index);
    }
    let request = TransferRecordsRequest {
        from: people.seller.person.clone(),
        to: people.manager.person.clone(),
        disable_from: true,
        request_id: deal::id(),
        ..Default::default()
    };
    let transfers = &mut people.administrator.transfers;
    let answer = transfers.transfer_records(request).await.unwrap();
    assert_eq!(answer.into_inner().accounts_moved, 1);
    for index in pipelines {
        deployment.restart(index).await;
    }
    let heir = people.manager.person.clone();
    let given = until(&mut people.administrator, &deal.name, |deal| {
        deal.owner == heir
    })
    .await;
    assert_eq!((given.etag.as_str(), &given.account), ("2", &account.name));
}

#[tokio::test]
async fn a_merge_takes_deal_and_map_along_and_back() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let seller = &mut people.seller;
    let survivor = deal::account(seller, "宏远重工").await.name;
    let loser = deal::account(seller, "宏远").await;
    let deal = deal::opportunity(seller, &loser, "宏远项目").await;
    let map = deal::start_map(seller, &deal).await;
    let administrator = &mut people.administrator;
    let request = MergeAccountsRequest {
        survivor: survivor.clone(),
        losers: vec![MergeLoser {
            account: loser.name.clone(),
            ..Default::default()
        }],
        request_id: deal::id(),
        ..Default::default()
    };
    let merged = administrator.merges.merge_accounts(request).await.unwrap();
    let name = merged.into_inner().merge.unwrap().name;
    until(administrator, &deal.name, |deal| deal.account == survivor).await;
    assert_eq!(map_account(administrator, &map).await, survivor);
    let request = UndoMergeRequest {
        name,
        request_id: deal::id(),
        ..Default::default()
    };
    administrator.merges.undo_merge(request).await.unwrap();
    until(administrator, &deal.name, |deal| deal.account == loser.name).await;
    assert_eq!(map_account(administrator, &map).await, loser.name);
}

async fn map_account(client: &mut Client, map: &str) -> String {
    let request = GetDecisionMapRequest {
        name: map.to_owned(),
    };
    let answer = client.maps.get_decision_map(request).await.unwrap();
    answer.into_inner().decision_map.unwrap().account
}

#[tokio::test]
async fn a_converted_prospect_is_a_deal_of_its_account_that_knows_what_was_known() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let manager = &mut people.manager;
    let prospect = Prospect {
        display_name: "宁夏化工".to_owned(),
        channel: ProspectChannel::Exhibition.into(),
        need: "更换流量计".to_owned(),
        timetable_date: Some(Date {
            year: 2127,
            month: 6,
            day: 30,
        }),
        ..Prospect::default()
    };
    let request = CreateProspectRequest {
        prospect: Some(prospect),
        request_id: deal::id(),
        ..Default::default()
    };
    let made = manager.prospects.create_prospect(request).await.unwrap();
    let prospect = made.into_inner().prospect.unwrap().name;
    let request = ForceConvertProspectRequest {
        name: prospect.clone(),
        reason: "老客户介绍".to_owned(),
        request_id: deal::id(),
        ..Default::default()
    };
    let converted = manager.prospects.force_convert_prospect(request).await;
    let converted = converted.unwrap().into_inner().prospect.unwrap();
    let conversion = converted.conversion.unwrap();
    let deal = read(manager, &conversion.opportunity).await;
    assert_eq!(deal.account, conversion.account);
    assert_eq!(deal.expected_close_date, converted.timetable_date);
    let known = |element: QualificationElement| {
        let mut states = deal.elements.iter();
        let state = states.find(|state| state.element() == element).unwrap();
        (
            state.knowledge(),
            state.value.as_str(),
            state.source.as_str(),
        )
    };
    assert_eq!(
        known(QualificationElement::Need),
        (Knowledge::Partial, "更换流量计", prospect.as_str())
    );
    assert_eq!(
        known(QualificationElement::Timetable),
        (Knowledge::Known, "2127-06-30", prospect.as_str())
    );
    assert_eq!(
        known(QualificationElement::Budget).0,
        Knowledge::Unspecified,
        "unknown stays so"
    );
}
