//! How the case goes on, or might have gone.

use std::time::Duration;

use keynode_proto::pipeline::v1::{
    ContactLevel, CriterionOrigin, ForceAdvanceOpportunityRequest, GetOpportunityRequest,
    Opportunity, OpportunityStatus,
};
use keynode_proto::scoring::v1::EvaluationResult;
use keynode_tests::{Client, Deployment, Organisation};

use super::{diagnose, record};
use crate::deal;
use crate::dossier::{criteria, done};
use crate::stages::{advance, evaluate, find_coach_and_key_persons, qualify};

async fn read(client: &mut Client, name: &str) -> Opportunity {
    let request = GetOpportunityRequest { name: name.into() };
    done(client.opportunities.get_opportunity(request).await)
        .opportunity
        .unwrap()
}

/// The first two key nodes made up for.
async fn two_key_nodes(people: &mut Organisation) -> String {
    let account = deal::account(&mut people.seller, "宁夏某项目业主").await;
    let opportunity = deal::opportunity(&mut people.seller, &account, "宁夏仪表项目").await;
    deal::buying_step(&mut people.seller, &opportunity.name, 1).await;
    qualify(people, &opportunity.name).await;
    advance(&mut people.seller, &opportunity.name).await;
    find_coach_and_key_persons(&mut people.seller, &opportunity).await;
    deal::evidence(
        &mut people.seller,
        &opportunity.name,
        "selected_as_candidate",
    )
    .await;
    advance(&mut people.seller, &opportunity.name).await;
    opportunity.name
}

#[tokio::test]
async fn a_forced_advance_is_marked_and_lowers_the_probability() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let before = record(&mut people.seller).await;
    let request = ForceAdvanceOpportunityRequest {
        name: before.name.clone(),
        reason: "招标在即".into(),
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
    assert_eq!((forced.lag, forced.effective_stage_position), (Some(1), 1));
    let (was, is) = (
        before.stage_probability.unwrap(),
        forced.stage_probability.unwrap(),
    );
    assert!((is - was / 2.0).abs() < 1e-9, "from {was} to {is}");
    let diagnosis = diagnose(&mut people.seller, &before.name).await;
    let codes: Vec<&str> = diagnosis
        .findings
        .iter()
        .map(|it| it.code.as_str())
        .collect();
    assert!(codes.contains(&"forced_advance"), "{codes:?}");
}

#[tokio::test]
async fn with_two_key_nodes_and_the_customer_at_its_criteria_there_is_no_lag() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let name = two_key_nodes(&mut people).await;
    for step in 2..=3 {
        deal::buying_step(&mut people.seller, &name, step).await;
    }
    let deal = read(&mut people.seller, &name).await;
    assert_eq!(
        (deal.stage.as_str(), deal.lag, deal.inflation),
        ("proposal", Some(0), Some(0))
    );
    assert_eq!(deal.effective_stage_position, 3);
    let diagnosis = diagnose(&mut people.seller, &name).await;
    let codes: Vec<&str> = diagnosis
        .findings
        .iter()
        .map(|it| it.code.as_str())
        .collect();
    assert!(!codes.contains(&"customer_ahead"), "{codes:?}");
    assert_eq!(diagnosis.first_missing_key_node, 3);
}

#[tokio::test]
async fn with_two_key_nodes_and_the_customer_at_its_tender_a_price_war_threatens() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let name = two_key_nodes(&mut people).await;
    for step in 2..=4 {
        deal::buying_step(&mut people.seller, &name, step).await;
    }
    let deal = read(&mut people.seller, &name).await;
    assert_eq!((deal.stage.as_str(), deal.lag), ("proposal", Some(1)));
    let diagnosis = diagnose(&mut people.seller, &name).await;
    assert_eq!(
        diagnosis.first_missing_key_node, 3,
        "the criteria are missing"
    );
    let codes: Vec<&str> = diagnosis
        .findings
        .iter()
        .map(|it| it.code.as_str())
        .collect();
    assert!(codes.contains(&"customer_ahead"), "{codes:?}");
    let written = [(CriterionOrigin::Competitor, 0, 1)];
    let pipeline = people.seller.pipeline.clone();
    let known = criteria(&pipeline, &name, &written).await;
    assert!(
        known.warnings.iter().any(|it| it.code == "PRICE_WAR"),
        "{:?}",
        known.warnings
    );
}

#[tokio::test]
async fn an_evaluation_that_is_not_passed_lowers_the_level_of_contact() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let name = record(&mut people.seller).await.name;
    let evaluation = evaluate(&mut people, &name, 1).await;
    assert_eq!(evaluation.result(), EvaluationResult::NoGo);
    for _ in 0..500 {
        let deal = read(&mut people.seller, &name).await;
        if deal.contact_level() == ContactLevel::Watch {
            assert_eq!(deal.status(), OpportunityStatus::Open);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the level was not lowered");
}
