//! Judging and diagnosing deals that the real pipeline keeps.

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use keynode_kit::clock::Clock;
use keynode_kit::testing::{self, Caller};
use keynode_proto::scoring::v1::{
    DiagnoseOpportunityRequest, EvaluateOpportunityRequest, EvaluationResult, FactorAnswer,
    GetLatestEvaluationRequest, OpportunityEvaluated, Outlook,
};
use keynode_scoring::example_model;
use prost::Name as _;
use tonic::Code;
use uuid::Uuid;

use crate::neighbours::Neighbours;
use crate::world::{an_opportunity, reason};

/// Every factor of the example answered alike.
fn evaluating(deal: &str, answer: i32) -> EvaluateOpportunityRequest {
    let factors = example_model().factors.into_iter();
    EvaluateOpportunityRequest {
        opportunity: deal.to_owned(),
        answers: factors
            .map(|factor| FactorAnswer {
                factor: factor.id,
                answer,
            })
            .collect(),
        request_id: Uuid::now_v7().to_string(),
        ..EvaluateOpportunityRequest::default()
    }
}

#[tokio::test]
async fn a_deal_of_which_everything_is_known_is_judged_and_kept() {
    let world = Neighbours::new().await;
    let seller = Caller::seller(world.tenant);
    let deal = world.open(&seller).await;
    world.know_everything(&seller, &deal.name).await;
    let mut client = world.evaluations(&seller);
    let request = evaluating(&deal.name, 4);
    let answer = client
        .evaluate_opportunity(request.clone())
        .await
        .unwrap()
        .into_inner();
    let judged = answer.evaluation.clone().unwrap();
    assert_eq!(
        (judged.result(), judged.score),
        (EvaluationResult::Go, Some(80.0))
    );
    assert_eq!(
        (judged.grade.as_str(), judged.model_version),
        ("B", 1),
        "no closing date is known"
    );
    assert_eq!(judged.actor, seller.person_name());
    assert_eq!(judged.opportunity_etag, "7", "opened, then six elements");
    assert!(
        judged
            .name
            .starts_with(&format!("{}/evaluations/", deal.name))
    );

    let again = client
        .evaluate_opportunity(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, answer, "a repeat answers as the first");
    assert_eq!(world.events(&OpportunityEvaluated::full_name()).await, 1);
    let other = EvaluateOpportunityRequest {
        request_id: request.request_id,
        ..evaluating(&deal.name, 5)
    };
    assert_eq!(
        reason(&client.evaluate_opportunity(other).await.unwrap_err()),
        "REQUEST_ID_REUSED"
    );

    let latest = GetLatestEvaluationRequest {
        opportunity: deal.name,
    };
    let latest = client
        .get_latest_evaluation(latest)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(latest.evaluation, answer.evaluation);
}

#[tokio::test]
async fn checking_a_judgement_keeps_nothing() {
    let world = Neighbours::new().await;
    let seller = Caller::seller(world.tenant);
    let deal = world.open(&seller).await;
    let mut client = world.evaluations(&seller);
    let request = EvaluateOpportunityRequest {
        validate_only: true,
        ..evaluating(&deal.name, 4)
    };
    let checked = client
        .evaluate_opportunity(request)
        .await
        .unwrap()
        .into_inner()
        .evaluation
        .unwrap();
    assert_eq!(checked.result(), EvaluationResult::InsufficientInformation);
    assert_eq!(checked.missing.len(), 6, "no element is known");
    assert_eq!((checked.score, checked.grade.as_str()), (None, ""));
    let latest = GetLatestEvaluationRequest {
        opportunity: deal.name,
    };
    let refused = client.get_latest_evaluation(latest).await.unwrap_err();
    assert_eq!(reason(&refused), "EVALUATION_NOT_FOUND");
    assert_eq!(world.events(&OpportunityEvaluated::full_name()).await, 0);
}

#[tokio::test]
async fn a_deal_that_the_caller_does_not_see_is_not_there() {
    let world = Neighbours::new().await;
    let deal = world.open(&Caller::seller(world.tenant)).await;
    let absent = an_opportunity().to_string();
    let manager = Caller::person(world.tenant, "sales_manager");
    let stranger = Caller::person(testing::tenant(), "sales_manager");
    for (caller, name) in [
        (Caller::seller(world.tenant), &deal.name),
        (manager, &absent),
    ] {
        let refused = world
            .evaluations(&caller)
            .evaluate_opportunity(evaluating(name, 4))
            .await
            .unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused)),
            (Code::NotFound, "OPPORTUNITY_NOT_FOUND".to_owned())
        );
        assert_eq!(
            diagnosing(&world, &caller, name).await.unwrap_err(),
            "OPPORTUNITY_NOT_FOUND"
        );
    }
    assert_eq!(
        diagnosing(&world, &stranger, &deal.name).await.unwrap_err(),
        "OPPORTUNITY_NOT_FOUND"
    );
}

/// The codes of what is advised and the outlook, or why there is no diagnosis.
async fn diagnosing(
    world: &Neighbours,
    caller: &Caller,
    deal: &str,
) -> Result<(Vec<String>, Outlook), String> {
    let request = DiagnoseOpportunityRequest {
        opportunity: deal.to_owned(),
    };
    let answer = world.diagnoses(caller).diagnose_opportunity(request).await;
    let diagnosis = answer
        .map_err(|status| reason(&status))?
        .into_inner()
        .diagnosis
        .unwrap();
    let advice = diagnosis
        .advice
        .iter()
        .map(|advice| advice.code.clone())
        .collect();
    Ok((advice, diagnosis.outlook()))
}

#[tokio::test]
async fn a_deal_without_a_map_is_diagnosed_as_knowing_nobody() {
    let world = Neighbours::new().await;
    let seller = Caller::seller(world.tenant);
    let deal = world.open(&seller).await;
    world.record_buying_step(&seller, &deal.name, 2).await;
    let (advice, outlook) = diagnosing(&world, &seller, &deal.name).await.unwrap();
    assert_eq!(outlook, Outlook::VeryLow);
    let expected = [
        "collect_elements",
        "evaluate",
        "give_up_or_lower_contact",
        "find_coach",
        "open_path",
    ];
    assert_eq!(advice[..5], expected);
    assert!(!advice.contains(&"advance".to_owned()));
}

#[tokio::test]
async fn a_deal_that_passed_is_told_to_advance() {
    let world = Neighbours::new().await;
    let seller = Caller::seller(world.tenant);
    let today = Clock::system().now().to_zoned(TimeZone::UTC).date();
    let soon = today.saturating_add(90.days());
    let deal = world.open_closing(&seller, Some(soon)).await;
    world.know_everything(&seller, &deal.name).await;
    world.record_buying_step(&seller, &deal.name, 1).await;
    let mut client = world.evaluations(&seller);
    let judged = client
        .evaluate_opportunity(evaluating(&deal.name, 4))
        .await
        .unwrap();
    assert_eq!(judged.into_inner().evaluation.unwrap().grade, "A");
    let (advice, _) = diagnosing(&world, &seller, &deal.name).await.unwrap();
    assert_eq!(advice[0], "advance");
}

/// What the key may not read of the people is unknown to it.
#[tokio::test]
async fn a_key_that_may_not_read_decision_maps_diagnoses_all_the_same() {
    let world = Neighbours::new().await;
    let seller = Caller::seller(world.tenant);
    let deal = world.open(&seller).await;
    let restricted = Caller {
        scopes: vec!["scoring", "pipeline"],
        ..seller
    };
    let request = DiagnoseOpportunityRequest {
        opportunity: deal.name.clone(),
    };
    let answer = world
        .diagnoses(&restricted)
        .diagnose_opportunity(request)
        .await
        .unwrap();
    assert_eq!(
        answer.into_inner().diagnosis.unwrap().opportunity,
        deal.name
    );
}
