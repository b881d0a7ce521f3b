use std::time::Duration;

use jiff::SignedDuration;
use keynode_kit::consumer;
use keynode_kit::testing::{self, Caller};
use keynode_proto::scoring::v1::{
    EvaluateOpportunityRequest, FactorAnswer, GetLatestEvaluationRequest,
};
use keynode_scoring::evaluation::{Belonging, OpportunityId};
use tonic::Code;
use uuid::Uuid;

use crate::world::{World, an_opportunity, bad_fields, reason};

fn evaluating(opportunity: OpportunityId, model: &str) -> EvaluateOpportunityRequest {
    EvaluateOpportunityRequest {
        opportunity: opportunity.to_string(),
        model: model.to_owned(),
        ..EvaluateOpportunityRequest::default()
    }
}

fn answer(factor: &str, answer: i32) -> FactorAnswer {
    FactorAnswer {
        factor: factor.to_owned(),
        answer,
    }
}

fn latest(opportunity: OpportunityId) -> GetLatestEvaluationRequest {
    GetLatestEvaluationRequest {
        opportunity: opportunity.to_string(),
    }
}

#[tokio::test]
async fn without_any_model_nothing_is_judged() {
    let world = World::new().await;
    let mut client = world.evaluations(&world.manager());
    for model in ["", "evaluationModels/example"] {
        let refused = client
            .evaluate_opportunity(evaluating(an_opportunity(), model))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert_eq!(reason(&refused), "EVALUATION_MODEL_NOT_PUBLISHED");
    }
}

#[tokio::test]
async fn a_model_that_is_named_must_be_there() {
    let world = World::new().await;
    world.publish("example").await;
    let mut client = world.evaluations(&world.manager());
    let request = evaluating(an_opportunity(), "evaluationModels/other");
    let refused = client.evaluate_opportunity(request).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::NotFound, "EVALUATION_MODEL_NOT_FOUND".to_owned())
    );
}

#[tokio::test]
async fn every_bad_answer_is_named_at_once() {
    let world = World::new().await;
    world.publish("example").await;
    let mut client = world.evaluations(&world.manager());
    let request = EvaluateOpportunityRequest {
        opportunity: "opportunities/1".to_owned(),
        answers: vec![
            answer("funding", 5),
            answer("weather", 1),
            answer("funding", 3),
            answer("price", 6),
            answer("product", -1),
        ],
        ..EvaluateOpportunityRequest::default()
    };
    let refused = client.evaluate_opportunity(request).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::InvalidArgument, "INVALID_REQUEST".to_owned())
    );
    let expected = [
        "opportunity",
        "answers[1].factor",
        "answers[2].factor",
        "answers[3].answer",
        "answers[4].answer",
    ];
    assert_eq!(bad_fields(&refused), expected);
}

#[tokio::test]
async fn a_bad_model_name_is_named_with_the_rest() {
    let world = World::new().await;
    let mut client = world.evaluations(&world.manager());
    let request = EvaluateOpportunityRequest {
        answers: vec![answer("funding", 5), answer("funding", 5)],
        ..evaluating(an_opportunity(), "models/1")
    };
    let refused = client.evaluate_opportunity(request).await.unwrap_err();
    assert_eq!(bad_fields(&refused), ["model", "answers[1].factor"]);
}

#[tokio::test]
async fn an_unreachable_pipeline_is_named() {
    let world = World::new().await;
    world.publish("example").await;
    let mut client = world.evaluations(&world.manager());
    let refused = client
        .evaluate_opportunity(evaluating(an_opportunity(), ""))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::Unavailable, "UNAVAILABLE".to_owned())
    );
    assert!(
        refused.message().contains("pipeline"),
        "{}",
        refused.message()
    );
}

#[tokio::test]
async fn a_viewer_may_not_evaluate() {
    let world = World::new().await;
    let mut client = world.evaluations(&Caller::person(world.tenant, "viewer"));
    let refused = client
        .evaluate_opportunity(evaluating(an_opportunity(), ""))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn the_newest_judgement_is_the_latest() {
    let world = World::new().await;
    world.publish("example").await;
    let (deal, other) = (an_opportunity(), an_opportunity());
    let now = keynode_kit::clock::Clock::system().now();
    let ago = |minutes| now - SignedDuration::from_mins(minutes);
    world.judge(deal, Belonging::default(), ago(2), "C").await;
    let newest = world.judge(deal, Belonging::default(), now, "B").await;
    world.judge(deal, Belonging::default(), ago(1), "D").await;
    world.judge(other, Belonging::default(), now, "A").await;
    let mut client = world.evaluations(&world.manager());
    let answer = client
        .get_latest_evaluation(latest(deal))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.evaluation.unwrap(), newest);
}

#[tokio::test]
async fn a_judgement_is_seen_by_who_saw_the_deal() {
    let world = World::new().await;
    world.publish("example").await;
    let (deal, team) = (an_opportunity(), Uuid::now_v7());
    let owner = Caller::seller(world.tenant);
    let belonging = Belonging {
        owner: owner.person,
        team: Some(team),
    };
    world
        .judge(
            deal,
            belonging,
            keynode_kit::clock::Clock::system().now(),
            "A",
        )
        .await;
    let colleague = Caller::seller(world.tenant).in_team(team);
    for caller in [world.manager(), owner, colleague] {
        let answer = world
            .evaluations(&caller)
            .get_latest_evaluation(latest(deal))
            .await;
        assert_eq!(answer.unwrap().into_inner().evaluation.unwrap().grade, "A");
    }
    let elsewhere = Caller::seller(world.tenant).in_team(Uuid::now_v7());
    let stranger = Caller::person(testing::tenant(), "sales_manager");
    for caller in [Caller::seller(world.tenant), elsewhere, stranger] {
        let refused = world
            .evaluations(&caller)
            .get_latest_evaluation(latest(deal))
            .await
            .unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused)),
            (Code::NotFound, "EVALUATION_NOT_FOUND".to_owned())
        );
    }
}

#[tokio::test]
async fn a_deal_that_was_never_judged_has_no_evaluation() {
    let world = World::new().await;
    let mut client = world.evaluations(&world.manager());
    let refused = client
        .get_latest_evaluation(latest(an_opportunity()))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::NotFound, "EVALUATION_NOT_FOUND".to_owned())
    );
    let request = GetLatestEvaluationRequest {
        opportunity: "deals/1".to_owned(),
    };
    let refused = client.get_latest_evaluation(request).await.unwrap_err();
    assert_eq!(bad_fields(&refused), ["opportunity"]);
}

#[tokio::test]
async fn judgements_go_with_the_deal_to_its_new_owner() {
    let world = World::new().await;
    world.publish("example").await;
    let (from, to) = (Caller::seller(world.tenant), Caller::seller(world.tenant));
    let (deal, kept) = (an_opportunity(), an_opportunity());
    let belonging = Belonging {
        owner: from.person,
        team: None,
    };
    for one in [deal, kept] {
        world
            .judge(
                one,
                belonging,
                keynode_kit::clock::Clock::system().now(),
                "A",
            )
            .await;
    }
    // Told late: who judged the deal knew of it already.
    world.give(kept, 4, &from, &to).await;
    world.give(deal, 6, &from, &to).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let scoring = world.scoring.clone();
    let settings = consumer::Settings {
        poll: Duration::from_millis(10),
        ..Default::default()
    };
    let reacting =
        tokio::spawn(async move { scoring.react(settings, async { drop(stopped.await) }).await });

    let mut client = world.evaluations(&to);
    let seen = tokio::time::timeout(Duration::from_secs(20), async {
        while client.get_latest_evaluation(latest(deal)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    seen.await.expect("the new owner sees the judgement");
    let mut client = world.evaluations(&from);
    let refused = client
        .get_latest_evaluation(latest(deal))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "EVALUATION_NOT_FOUND");
    assert!(
        client.get_latest_evaluation(latest(kept)).await.is_ok(),
        "an older hand-over changes nothing"
    );
    drop(stop);
    reacting.await.unwrap();
}

#[tokio::test]
async fn the_service_cannot_change_what_was_judged_or_published() {
    let world = World::new().await;
    world.publish("example").await;
    world
        .judge(
            an_opportunity(),
            Belonging::default(),
            keynode_kit::clock::Clock::system().now(),
            "A",
        )
        .await;
    for sql in [
        "update scoring.evaluation set grade = 'D'",
        "delete from scoring.evaluation",
        "update scoring.evaluation_model set version = 9",
        "delete from scoring.evaluation_model",
    ] {
        let mut tx = world.db.begin(world.tenant).await.unwrap();
        let refused = sqlx::query(sql).execute(&mut *tx).await.unwrap_err();
        let refused = refused.as_database_error().unwrap();
        assert_eq!(refused.code().unwrap(), "42501", "{sql}");
    }
}
