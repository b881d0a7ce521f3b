//! Scoring by a win model: sums, explanations, what if, measuring.

use keynode_proto::scoring::v1 as proto;
use keynode_proto::scoring::v1::{FactorObservation, ScoringRow, ValueState, WinScore};
use tonic::Code;

use crate::win_models::{
    WinModels, client, history, number, promoting, row, text, train, training,
};
use crate::world::{World, bad_fields, reason};

async fn promoted(world: &World) -> WinModels {
    let mut client = client(world, &world.manager());
    let version = train(&mut client, "good").await;
    client
        .promote_win_model(promoting(&version.name))
        .await
        .unwrap();
    client
}

fn is_exact(score: &WinScore) -> bool {
    let p = score.probability;
    let sum: f64 = score.contributions.iter().map(|it| it.log_odds).sum();
    (score.base_log_odds + sum - (p / (1.0 - p)).ln()).abs() < 1e-9 && p > 0.0 && p < 1.0
}

fn state_of(score: &WinScore, factor: &str) -> ValueState {
    let is_it = |it: &&proto::WinContribution| it.observation.as_ref().unwrap().factor == factor;
    score.contributions.iter().find(is_it).unwrap().state()
}

#[tokio::test]
async fn contributions_add_up_and_say_what_they_rest_on() {
    let world = World::new().await;
    let mut client = promoted(&world).await;
    let rows = vec![
        ScoringRow {
            key: "one".to_owned(),
            values: vec![text("budget", "approved"), number("index", 3.0)],
        },
        ScoringRow {
            key: "two".to_owned(),
            values: vec![text("budget", "promised"), text("colour", "red")],
        },
    ];
    let request = proto::BatchScoreRequest {
        rows: rows.clone(),
        ..Default::default()
    };
    let scores = client
        .batch_score(request)
        .await
        .unwrap()
        .into_inner()
        .scores;
    assert!(scores.iter().all(is_exact));
    assert_eq!(scores[0].model_version, "winModels/good/versions/1");
    assert_eq!((scores[0].support, scores[0].key.as_str()), (200, "one"));
    assert_eq!(state_of(&scores[0], "budget"), ValueState::Known);
    assert_eq!(state_of(&scores[1], "budget"), ValueState::Unseen);
    assert_eq!(state_of(&scores[1], "colour"), ValueState::Unused);
    assert_eq!(state_of(&scores[1], "index"), ValueState::Missing);
    assert!(scores[0].probability > scores[1].probability);
    let alone = proto::ScoreRequest {
        row: rows.into_iter().next(),
        ..Default::default()
    };
    assert_eq!(
        client
            .score(alone)
            .await
            .unwrap()
            .into_inner()
            .score
            .unwrap(),
        scores[0]
    );
}

#[tokio::test]
async fn what_was_set_after_the_time_asked_for_is_invisible() {
    let world = World::new().await;
    let mut client = promoted(&world).await;
    let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let mut at_time = async |seconds| {
        let later = FactorObservation {
            set_time: at(500),
            ..text("budget", "approved")
        };
        let request = proto::ScoreRequest {
            row: row(vec![later]),
            as_of_time: at(seconds),
            ..Default::default()
        };
        client
            .score(request)
            .await
            .unwrap()
            .into_inner()
            .score
            .unwrap()
    };
    assert_eq!(
        state_of(&at_time(499).await, "budget"),
        ValueState::NotVisible
    );
    assert_eq!(state_of(&at_time(500).await, "budget"), ValueState::Known);
}

#[tokio::test]
async fn reasons_are_told_in_both_languages() {
    let world = World::new().await;
    let mut client = promoted(&world).await;
    let request = proto::ExplainRequest {
        row: row(vec![text("budget", "approved"), text("colour", "red")]),
        ..Default::default()
    };
    let told = client.explain(request).await.unwrap().into_inner();
    let first = told.up.first().unwrap();
    assert_eq!(
        first
            .contribution
            .as_ref()
            .unwrap()
            .observation
            .as_ref()
            .unwrap()
            .factor,
        "budget"
    );
    let words = first.text.as_ref().unwrap();
    assert!(
        words.en.contains("budget is approved: raises"),
        "{}",
        words.en
    );
    assert!(words.zh_cn.contains("提高"), "{}", words.zh_cn);
    assert!(
        told.down
            .iter()
            .all(|it| it.contribution.as_ref().unwrap().log_odds < 0.0)
    );
    assert_eq!(told.unknown.len(), 1);
    let percent = format!("{:.0} %", 100.0 * told.score.unwrap().probability);
    assert!(told.text.unwrap().en.contains(&percent));
}

#[tokio::test]
async fn another_value_moves_the_probability_by_what_it_adds() {
    let world = World::new().await;
    let mut client = promoted(&world).await;
    let request = proto::WhatIfRequest {
        row: row(vec![text("budget", "none"), number("index", 3.0)]),
        changes: vec![text("budget", "approved")],
        ..Default::default()
    };
    let answer = client.what_if(request).await.unwrap().into_inner();
    let (before, after) = (answer.before.unwrap(), answer.after.unwrap());
    assert!(is_exact(&before) && is_exact(&after));
    assert!(before.probability < 0.5 && after.probability > 0.5);
    assert_eq!(answer.changes.len(), 1);
    let moved = answer.changes[0].log_odds_after - answer.changes[0].log_odds_before;
    let logit = |p: f64| (p / (1.0 - p)).ln();
    assert!((logit(after.probability) - logit(before.probability) - moved).abs() < 1e-9);

    let cleared = proto::WhatIfRequest {
        row: row(vec![text("budget", "none")]),
        cleared_factors: vec!["budget".to_owned()],
        ..Default::default()
    };
    let answer = client.what_if(cleared).await.unwrap().into_inner();
    assert_eq!(
        state_of(&answer.after.unwrap(), "budget"),
        ValueState::Missing
    );

    let both = proto::WhatIfRequest {
        row: None,
        changes: vec![text("budget", "none")],
        cleared_factors: vec!["budget".to_owned()],
        ..Default::default()
    };
    let refused = client.what_if(both).await.unwrap_err();
    assert_eq!(bad_fields(&refused), ["row", "cleared_factors"]);
}

#[tokio::test]
async fn a_version_is_measured_beside_the_base_rate_and_the_one_in_production() {
    let world = World::new().await;
    let mut client = promoted(&world).await;
    let other = train(&mut client, "other").await;
    let message = proto::EvaluateRequest {
        model: other.name.clone(),
        rows: history(120),
    };
    let answer = client
        .evaluate(tokio_stream::iter(vec![message]))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.model_version, other.name);
    assert_eq!(answer.production_version, "winModels/good/versions/1");
    let metrics = answer.metrics.unwrap();
    assert_eq!(metrics.rows, 120);
    assert!(metrics.log_loss < answer.base_metrics.unwrap().log_loss);
    assert_eq!(
        answer.production_metrics.unwrap(),
        metrics,
        "learnt from the same rows"
    );
    assert_eq!(
        metrics.reliability.iter().map(|it| it.rows).sum::<i32>(),
        120
    );
}

#[tokio::test]
async fn bad_rows_and_models_that_are_not_there_are_refused() {
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let nothing = client
        .score(proto::ScoreRequest {
            row: row(vec![]),
            ..Default::default()
        })
        .await
        .unwrap_err();
    assert_eq!(reason(&nothing), "WIN_MODEL_NOT_IN_PRODUCTION");
    let unknown = proto::ScoreRequest {
        model: "winModels/none/versions/1".to_owned(),
        row: row(vec![]),
        ..Default::default()
    };
    let refused = client.score(unknown).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::NotFound, "WIN_MODEL_NOT_FOUND")
    );
    let bad = proto::BatchScoreRequest {
        model: "models/x".to_owned(),
        rows: vec![ScoringRow {
            key: "k".to_owned(),
            values: vec![number("\n", f64::INFINITY)],
        }],
        as_of_time: Some(prost_types::Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        }),
    };
    let refused = client.batch_score(bad).await.unwrap_err();
    let expected = [
        "as_of_time",
        "rows[0].values[0].factor",
        "rows[0].values[0].number_value",
        "model",
    ];
    assert_eq!(bad_fields(&refused), expected);
    let none = client
        .batch_score(proto::BatchScoreRequest::default())
        .await
        .unwrap_err();
    assert_eq!(bad_fields(&none), ["rows"]);
    let many = proto::BatchScoreRequest {
        rows: vec![ScoringRow::default(); 1001],
        ..Default::default()
    };
    assert_eq!(
        bad_fields(&client.batch_score(many).await.unwrap_err()),
        ["rows"]
    );
    let long = training("x", vec![]);
    assert!(client.train_model(long).await.is_err());
}
