//! Deals in which it is better not to bid: that is a legitimate end, and no loss.

use keynode_proto::pipeline::v1::bids_service_client::BidsServiceClient;
use keynode_proto::pipeline::v1::moves_service_client::MovesServiceClient;
use keynode_proto::pipeline::v1::*;
use keynode_tests::{Deployment, Organisation};

use crate::deal;
use crate::dossier::{criteria, decide, done, persuade, reason, requirements, submitting};
use crate::stages::{advance, find_coach_and_key_persons, qualify};

/// To the bid, with criteria that others wrote; the manager goes past the key node.
async fn to_the_bid(people: &mut Organisation) -> String {
    let account = deal::account(&mut people.seller, "水泥集团").await;
    let opportunity = deal::opportunity(&mut people.seller, &account, "余热项目").await;
    let name = opportunity.name.clone();
    qualify(people, &name).await;
    advance(&mut people.seller, &name).await;
    find_coach_and_key_persons(&mut people.seller, &opportunity).await;
    deal::evidence(&mut people.seller, &name, "selected_as_candidate").await;
    advance(&mut people.seller, &name).await;
    let pipeline = people.seller.pipeline.clone();
    persuade(&pipeline, &name).await;
    let written = [
        (CriterionOrigin::Competitor, -1, 2),
        (CriterionOrigin::Customer, 0, 1),
    ];
    let known = criteria(&pipeline, &name, &written).await;
    assert_eq!(known.analysis.unwrap().leaning(), Leaning::Theirs);
    let codes: Vec<&str> = known.warnings.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(codes, ["PRICE_WAR"], "none was written by us");
    let request = AdvanceOpportunityRequest {
        name: name.clone(),
        request_id: deal::id(),
        ..Default::default()
    };
    let refused = people
        .seller
        .opportunities
        .advance_opportunity(request)
        .await;
    assert_eq!(reason(refused), "KEY_NODE_NOT_REACHED");
    let request = ForceAdvanceOpportunityRequest {
        name: name.clone(),
        reason: "客户要求参加投标".into(),
        request_id: deal::id(),
        ..Default::default()
    };
    let forced = done(
        people
            .manager
            .opportunities
            .force_advance_opportunity(request)
            .await,
    );
    let forced = forced.opportunity.unwrap();
    assert_eq!(
        (forced.stage.as_str(), forced.forced_key_nodes.as_slice()),
        ("bid", &[3][..])
    );
    // The warning goes along.
    let request = GetOpportunityFactsRequest { name: name.clone() };
    let facts = done(
        people
            .seller
            .opportunities
            .get_opportunity_facts(request)
            .await,
    );
    assert!(facts.warnings.iter().any(|it| it.code == "PRICE_WAR"));
    name
}

#[tokio::test]
async fn a_deal_is_left_before_the_bid_and_counts_in_no_win_rate() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let name = to_the_bid(&mut people).await;
    let pipeline = people.seller.pipeline.clone();
    requirements(&pipeline, &name).await;
    let bid = decide(&pipeline, &name, BidDecision::Withdraw).await;
    assert!(!bid.counts_in_win_rate);
    let mut bids = BidsServiceClient::new(pipeline.clone());
    assert_eq!(
        reason(bids.submit_bid(submitting(&name)).await),
        "BID_NOT_READY"
    );
    let request = AbandonOpportunityRequest {
        name: name.clone(),
        reason: "指标由对手制定,只剩价格战".into(),
        request_id: deal::id(),
        ..Default::default()
    };
    let mut moves = MovesServiceClient::new(pipeline.clone());
    let ended = done(moves.abandon_opportunity(request).await)
        .opportunity
        .unwrap();
    assert_eq!(
        (ended.status(), ended.stage.as_str()),
        (OpportunityStatus::Abandoned, "bid")
    );
    assert_eq!(ended.forced_key_nodes, [3], "marked for ever");
    assert!(deployment.stop(), "every process stops cleanly");
}

#[tokio::test]
async fn a_bid_for_the_relation_alone_is_handed_in_and_counts_in_no_win_rate() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let name = to_the_bid(&mut people).await;
    let pipeline = people.seller.pipeline.clone();
    requirements(&pipeline, &name).await;
    let bid = decide(&pipeline, &name, BidDecision::AttendForRelation).await;
    assert!(!bid.counts_in_win_rate && bid.verdict.unwrap().follow_up_date.is_some());
    let mut bids = BidsServiceClient::new(pipeline);
    done(bids.submit_bid(submitting(&name)).await);
    let after = advance(&mut people.seller, &name).await;
    assert_eq!(after.stage, "negotiation", "the bid is handed in");
    assert!(deployment.stop(), "every process stops cleanly");
}
