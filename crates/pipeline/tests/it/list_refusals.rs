//! Lists that cannot be: every bad filter is named.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;

use crate::world::*;

type Request = ListOpportunitiesRequest;

#[tokio::test]
async fn every_bad_filter_is_named_at_once() {
    let world = world().await;
    let mut program = world.importer();
    let mut euros = money(1, 0);
    euros.as_mut().unwrap().currency_code = "EUR".to_owned();
    let request = Request {
        page_size: -1,
        account: "x".to_owned(),
        owner: "x".to_owned(),
        mine: true,
        teams: vec!["x".to_owned()],
        process: "x".to_owned(),
        buying_step: -1,
        min_lag: -1,
        grade: "E".to_owned(),
        expected_close_from: date(2026, 2, 30),
        amount_from: money(1, 0),
        amount_until: euros,
        text: " *** ".to_owned(),
        attributes: vec![AttributeFilter::default(); 6],
        order_by: 9,
        ..Default::default()
    };
    let mut bad = fields(program.list_opportunities(request).await);
    bad.sort();
    assert_eq!(
        bad,
        [
            "account",
            "amount_until",
            "attributes",
            "buying_step",
            "expected_close_from",
            "grade",
            "min_lag",
            "mine",
            "order_by",
            "owner",
            "page_size",
            "process",
            "teams[0]",
            "text",
        ]
    );
    let request = Request {
        order_by: OpportunityOrder::Amount.into(),
        teams: vec![String::new(); 1001],
        ..Default::default()
    };
    let bad = fields(program.list_opportunities(request).await);
    assert_eq!(bad, ["currency", "teams"]);
}

#[tokio::test]
async fn what_no_name_can_be_is_refused_and_not_asked_of_the_database() {
    let world = world().await;
    let nul = "a\0b".to_owned();
    let deals = ListOpportunitiesRequest {
        stage: nul.clone(),
        source_system: nul.clone(),
        ..Default::default()
    };
    let refused = world.manager().list_opportunities(deals).await;
    assert_eq!(fields(refused), ["stage", "source_system"]);
    let caller = Caller::person(world.tenant, "sales_manager");
    let funnel = GetFunnelRequest {
        source_system: nul.clone(),
        ..Default::default()
    };
    let refused = world.history(&caller).get_funnel(funnel).await;
    assert_eq!(fields(refused), ["source_system"]);
    let export = ExportOpportunitiesRequest {
        source_system: nul.clone(),
        ..Default::default()
    };
    let refused = world.bulk(&caller).export_opportunities(export).await;
    assert_eq!(fields(refused.map(drop)), ["source_system"]);
}
