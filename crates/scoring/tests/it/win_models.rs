//! Training, promoting and measuring win models.

use keynode_kit::client::Channel;
use keynode_kit::testing::{self, Caller};
use keynode_proto::scoring::v1 as proto;
use keynode_proto::scoring::v1::factor_observation::Value;
use keynode_proto::scoring::v1::win_models_service_client::WinModelsServiceClient;
use keynode_proto::scoring::v1::{
    AnswerPoints, FactorExclusion, FactorObservation, LabelledRow, ScoringRow, TrainModelRequest,
    WinFactorOptions, WinModelKind, WinModelSkill, WinModelVersion, WinOutcome, WinTrainingOptions,
};
use tonic::Code;
use uuid::Uuid;

use crate::world::{World, bad_fields, reason};

pub type WinModels = WinModelsServiceClient<Channel>;

pub fn client(world: &World, caller: &Caller) -> WinModels {
    WinModelsServiceClient::new(world.server.connect(caller))
}

pub fn number(factor: &str, number: f64) -> FactorObservation {
    FactorObservation {
        factor: factor.to_owned(),
        value: Some(Value::NumberValue(number)),
        set_time: None,
    }
}

pub fn text(factor: &str, text: &str) -> FactorObservation {
    FactorObservation {
        factor: factor.to_owned(),
        value: Some(Value::TextValue(text.to_owned())),
        set_time: None,
    }
}

/// Deals of which those with a budget are mostly won, one in eight against the rule.
pub fn history(count: usize) -> Vec<LabelledRow> {
    let row = |index: usize| {
        let funded = index.is_multiple_of(2);
        let won = funded != (index % 8 < 2);
        LabelledRow {
            key: format!("deal-{index:04}"),
            values: vec![
                text("budget", if funded { "approved" } else { "none" }),
                number("index", (index * 7919 % 101) as f64),
            ],
            outcome: if won {
                WinOutcome::Won
            } else {
                WinOutcome::Lost
            }
            .into(),
            close_time: None,
        }
    };
    (0..count).map(row).collect()
}

pub fn training(model: &str, rows: Vec<LabelledRow>) -> TrainModelRequest {
    TrainModelRequest {
        model: format!("winModels/{model}"),
        rows,
        ..Default::default()
    }
}

pub async fn train(client: &mut WinModels, model: &str) -> WinModelVersion {
    let answer = client.train_model(training(model, history(200))).await;
    answer.unwrap().into_inner().version.unwrap()
}

pub fn promoting(name: &str) -> proto::PromoteWinModelRequest {
    proto::PromoteWinModelRequest {
        name: name.to_owned(),
        ..Default::default()
    }
}

fn getting(name: &str) -> proto::GetWinModelVersionRequest {
    proto::GetWinModelVersionRequest {
        name: name.to_owned(),
    }
}

pub fn row(values: Vec<FactorObservation>) -> Option<ScoringRow> {
    Some(ScoringRow {
        key: "this".to_owned(),
        values,
    })
}

#[tokio::test]
async fn a_training_makes_a_version_and_changes_nothing_else() {
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let first = train(&mut client, "try").await;
    assert_eq!(first.name, "winModels/try/versions/1");
    assert_eq!(first.skill(), WinModelSkill::Some);
    assert_eq!((first.rows, first.won, first.lost), (200, 100, 100));
    let (model, base) = (
        first.metrics.clone().unwrap(),
        first.base_metrics.clone().unwrap(),
    );
    assert!(model.log_loss < base.log_loss && model.auc.unwrap() > 0.7);
    assert_eq!(first.candidates.len(), 4, "every kind was tried");
    let budget = first
        .factors
        .iter()
        .find(|it| it.factor == "budget")
        .unwrap();
    let weight = |level: &str| {
        let found = budget.levels.iter().find(|it| it.level == level);
        found.unwrap().log_odds
    };
    assert!(weight("approved") > 0.5 && weight("none") < -0.5);
    assert_eq!(
        train(&mut client, "try").await.name,
        "winModels/try/versions/2"
    );
    assert_eq!(
        train(&mut client, "other").await.name,
        "winModels/other/versions/1"
    );
    let none = client.get_win_model_version(getting("")).await.unwrap_err();
    assert_eq!(reason(&none), "WIN_MODEL_NOT_IN_PRODUCTION");
    assert_eq!(none.code(), Code::FailedPrecondition);
    assert_eq!(world.events_of("winModels/try").await, 2);
    let got = client
        .get_win_model_version(getting("winModels/try/versions/1"))
        .await;
    assert_eq!(got.unwrap().into_inner().version.unwrap(), first);
}

#[tokio::test]
async fn the_same_rows_and_seed_give_the_same_model_by_message_and_by_stream() {
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let first = train(&mut client, "a").await;
    let start = proto::TrainModelFromRowsRequest {
        start: Some(training("b", Vec::new())),
        rows: Vec::new(),
    };
    let mut rows = history(200);
    rows.reverse();
    let chunks = rows
        .chunks(64)
        .map(|rows| proto::TrainModelFromRowsRequest {
            start: None,
            rows: rows.to_vec(),
        });
    let messages: Vec<_> = std::iter::once(start).chain(chunks).collect();
    let second = client
        .train_model_from_rows(tokio_stream::iter(messages))
        .await;
    let second = second.unwrap().into_inner().version.unwrap();
    let same = WinModelVersion {
        name: first.name.clone(),
        create_time: first.create_time,
        ..second
    };
    assert_eq!(same, first);
}

#[tokio::test]
async fn too_few_deals_are_refused_with_their_counts() {
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let refused = client
        .train_model(training("few", history(79)))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(reason(&refused), "TRAINING_DATA_INSUFFICIENT");
    let info = tonic_types::StatusExt::get_details_error_info(&refused).unwrap();
    assert_eq!(
        (
            info.metadata["min_won"].as_str(),
            info.metadata["won"].as_str()
        ),
        ("40", "40")
    );
    let mut fewer = training("few", history(79));
    fewer.options = Some(WinTrainingOptions {
        min_lost: 39,
        ..Default::default()
    });
    assert!(client.train_model(fewer).await.is_ok());
}

#[tokio::test]
async fn what_knows_the_end_is_left_out_and_named() {
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let mut rows = history(200);
    let moment = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    for (index, row) in rows.iter_mut().enumerate() {
        row.close_time = moment(1_000_000);
        let won = row.outcome() == WinOutcome::Won;
        row.values
            .push(number("invoice", if won { 1.0 } else { 0.0 }));
        row.values.push(FactorObservation {
            set_time: moment(1_000_000),
            ..number("survey", (index % 5) as f64)
        });
    }
    let version = client
        .train_model(training("leaky", rows))
        .await
        .unwrap()
        .into_inner()
        .version
        .unwrap();
    let excluded: Vec<_> = version
        .excluded_factors
        .iter()
        .map(|it| (it.factor.as_str(), it.exclusion()))
        .collect();
    let expected = [
        ("invoice", FactorExclusion::Separates),
        ("survey", FactorExclusion::NotKnownInTime),
    ];
    assert_eq!(excluded, expected);
    assert_eq!(version.excluded_factors[0].auc, Some(1.0));
    assert_eq!(
        (
            version.dropped_values[0].factor.as_str(),
            version.dropped_values[0].after_closing
        ),
        ("survey", 200)
    );
}

#[tokio::test]
async fn only_what_beats_the_base_rate_is_promoted() {
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let mut rows = history(200);
    // Nothing that is known has to do with who wins.
    for (index, row) in rows.iter_mut().enumerate() {
        let mixed = (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        row.values = vec![number("index", ((mixed >> 33) % 101) as f64)];
    }
    let chance = client
        .train_model(training("chance", rows))
        .await
        .unwrap()
        .into_inner()
        .version
        .unwrap();
    assert_eq!(chance.skill(), WinModelSkill::None);
    let refused = client
        .promote_win_model(promoting(&chance.name))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "WIN_MODEL_WITHOUT_SKILL")
    );

    let good = train(&mut client, "good").await;
    let promoted = client
        .promote_win_model(promoting(&good.name))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (promoted.version.unwrap().production, promoted.previous),
        (true, None)
    );
    let next = train(&mut client, "good").await;
    assert!(!next.production);
    let promoted = client
        .promote_win_model(promoting(&next.name))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(promoted.previous.unwrap().name, good.name);
    let current = client
        .get_win_model_version(getting(""))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(current.version.unwrap().name, next.name);
    // Once more changes nothing.
    client
        .promote_win_model(promoting(&next.name))
        .await
        .unwrap();
    assert_eq!(world.events_of("winModels/-").await, 2);

    let withdrawn = client
        .withdraw_win_model(proto::WithdrawWinModelRequest::default())
        .await
        .unwrap();
    assert_eq!(withdrawn.into_inner().previous.unwrap().name, next.name);
    let again = client
        .withdraw_win_model(proto::WithdrawWinModelRequest::default())
        .await
        .unwrap();
    assert_eq!(again.into_inner().previous, None);
    assert_eq!(world.events_of("winModels/-").await, 3);
}

#[tokio::test]
async fn every_bad_field_of_a_training_is_named() {
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let bad_factor = |factor: &str| WinFactorOptions {
        factor: factor.to_owned(),
        direction: 9,
        points: vec![AnswerPoints::default()],
        missing_points: 1001,
        ..Default::default()
    };
    let rows = vec![
        LabelledRow {
            key: " ".to_owned(),
            values: vec![
                number("", f64::NAN),
                FactorObservation {
                    factor: "x".to_owned(),
                    ..Default::default()
                },
            ],
            ..Default::default()
        },
        LabelledRow {
            key: "a".to_owned(),
            outcome: 1,
            ..Default::default()
        },
        LabelledRow {
            key: "a".to_owned(),
            outcome: 1,
            ..Default::default()
        },
    ];
    let request = TrainModelRequest {
        model: "winModels/Bad".to_owned(),
        options: Some(WinTrainingOptions {
            kind: 9,
            folds: 1,
            min_won: -1,
            l2: f64::INFINITY,
            separation_limit: 0.5,
            factors: vec![bad_factor("f"), bad_factor("f")],
            ..Default::default()
        }),
        rows,
        ..Default::default()
    };
    let refused = client.train_model(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let mut fields = bad_fields(&refused);
    fields.sort();
    let expected = [
        "model",
        "options.factors[0].direction",
        "options.factors[0].missing_points",
        "options.factors[0].points[0].answer",
        "options.factors[1].direction",
        "options.factors[1].factor",
        "options.factors[1].missing_points",
        "options.factors[1].points[0].answer",
        "options.folds",
        "options.kind",
        "options.l2",
        "options.min_won",
        "options.separation_limit",
        "rows[0].key",
        "rows[0].outcome",
        "rows[0].values[0].factor",
        "rows[0].values[0].number_value",
        "rows[0].values[1]",
        "rows[2].key",
    ];
    assert_eq!(fields, expected);
    let empty = client
        .train_model(training("none", Vec::new()))
        .await
        .unwrap_err();
    assert_eq!(bad_fields(&empty), ["rows"]);
}

#[tokio::test]
async fn a_stream_says_once_what_it_is_for() {
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let message = |start: bool| proto::TrainModelFromRowsRequest {
        start: start.then(|| training("s", Vec::new())),
        rows: history(10),
    };
    for messages in [
        vec![],
        vec![message(false)],
        vec![message(true), message(true)],
    ] {
        let refused = client
            .train_model_from_rows(tokio_stream::iter(messages))
            .await
            .unwrap_err();
        assert_eq!(bad_fields(&refused), ["start"]);
    }
    let measure = |model: &str| proto::EvaluateRequest {
        model: model.to_owned(),
        rows: history(10),
    };
    let twice = vec![measure("winModels/s"), measure("winModels/s")];
    let refused = client
        .evaluate(tokio_stream::iter(twice))
        .await
        .unwrap_err();
    assert_eq!(bad_fields(&refused), ["model"]);
    let refused = client
        .evaluate(tokio_stream::iter(Vec::new()))
        .await
        .unwrap_err();
    assert_eq!(bad_fields(&refused), ["rows"]);
}

#[tokio::test]
async fn a_card_of_whole_points_is_calibrated_and_explained_alike() {
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let points = |answer: &str, points: i32| AnswerPoints {
        answer: answer.to_owned(),
        points,
    };
    let mut request = training("card", history(200));
    request.options = Some(WinTrainingOptions {
        kind: WinModelKind::Card.into(),
        factors: vec![WinFactorOptions {
            factor: "budget".to_owned(),
            points: vec![points("approved", 3), points("none", -2)],
            ..Default::default()
        }],
        ..Default::default()
    });
    let version = client
        .train_model(request.clone())
        .await
        .unwrap()
        .into_inner()
        .version
        .unwrap();
    assert_eq!(
        (version.kind(), version.skill()),
        (WinModelKind::Card, WinModelSkill::Some)
    );
    let weights: Vec<f64> = version.factors[0]
        .levels
        .iter()
        .map(|it| it.log_odds)
        .collect();
    let [missing, approved, none] = weights[..] else {
        panic!("three levels: {weights:?}")
    };
    // 0, 3 and -2 points: the distances are as 3 to 2.
    assert!(((approved - missing) * 2.0 - (missing - none) * 3.0).abs() < 1e-9);
    request.options.as_mut().unwrap().factors[0].points.clear();
    let refused = client.train_model(request).await.unwrap_err();
    assert_eq!(bad_fields(&refused), ["options.factors"]);
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_and_a_check_stores_nothing() {
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let checked = TrainModelRequest {
        validate_only: true,
        ..training("try", history(200))
    };
    let answer = client
        .train_model(checked)
        .await
        .unwrap()
        .into_inner()
        .version
        .unwrap();
    assert_eq!(answer.name, "winModels/try/versions/1");
    let missing = client
        .get_win_model_version(getting("winModels/try"))
        .await
        .unwrap_err();
    assert_eq!(
        (missing.code(), reason(&missing).as_str()),
        (Code::NotFound, "WIN_MODEL_NOT_FOUND")
    );
    let asked = TrainModelRequest {
        request_id: Uuid::now_v7().to_string(),
        ..training("try", history(200))
    };
    let first = client
        .train_model(asked.clone())
        .await
        .unwrap()
        .into_inner();
    let second = client
        .train_model(asked.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, second);
    assert_eq!(world.events_of("winModels/try").await, 1);
    let other = TrainModelRequest {
        rows: history(190),
        ..asked
    };
    let refused = client.train_model(other).await.unwrap_err();
    assert_eq!(reason(&refused), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn sellers_read_and_score_but_do_not_train_or_promote() {
    let world = World::new().await;
    let version = train(&mut client(&world, &world.manager()), "try").await;
    let mut seller = client(&world, &Caller::person(world.tenant, "seller"));
    assert!(
        seller
            .get_win_model_version(getting(&version.name))
            .await
            .is_ok()
    );
    let scoring = proto::ScoreRequest {
        model: version.name.clone(),
        row: row(vec![text("budget", "approved")]),
        ..Default::default()
    };
    assert!(
        seller
            .score(scoring)
            .await
            .unwrap()
            .into_inner()
            .score
            .unwrap()
            .probability
            > 0.6
    );
    let refused = [
        seller
            .train_model(training("mine", history(200)))
            .await
            .unwrap_err(),
        seller
            .promote_win_model(promoting(&version.name))
            .await
            .unwrap_err(),
        seller
            .withdraw_win_model(proto::WithdrawWinModelRequest::default())
            .await
            .unwrap_err(),
    ];
    assert!(refused.iter().all(|it| reason(it) == "PERMISSION_DENIED"));
}

#[tokio::test]
async fn another_tenant_has_models_of_its_own() {
    let world = World::new().await;
    let version = train(&mut client(&world, &world.manager()), "try").await;
    let mut stranger = client(&world, &Caller::person(testing::tenant(), "sales_manager"));
    let refused = stranger
        .get_win_model_version(getting(&version.name))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let refused = stranger
        .promote_win_model(promoting(&version.name))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "WIN_MODEL_NOT_FOUND");
    assert_eq!(
        train(&mut stranger, "try").await.name,
        version.name,
        "under the same key"
    );
}

#[tokio::test]
async fn versions_are_listed_newest_first_page_by_page() {
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    for model in ["a", "b", "a"] {
        train(&mut client, model).await;
    }
    let mut page = async |model: &str, token: &str| {
        let request = proto::ListWinModelVersionsRequest {
            page_size: 2,
            page_token: token.to_owned(),
            model: model.to_owned(),
        };
        let answer = client.list_win_model_versions(request).await?.into_inner();
        let names: Vec<String> = answer
            .versions
            .iter()
            .map(|it| it.name.replace("winModels/", ""))
            .collect();
        assert!(answer.versions.iter().all(|it| it.factors.is_empty()));
        Ok::<_, tonic::Status>((names, answer.next_page_token))
    };
    let (first, token) = page("", "").await.unwrap();
    assert_eq!(first, ["a/versions/2", "b/versions/1"]);
    let (second, end) = page("", &token).await.unwrap();
    assert_eq!(
        (second, end),
        (vec!["a/versions/1".to_owned()], String::new())
    );
    let (of_a, _) = page("winModels/a", "").await.unwrap();
    assert_eq!(of_a, ["a/versions/2", "a/versions/1"]);
    let foreign = page("winModels/a", &token).await.unwrap_err();
    assert_eq!(reason(&foreign), "PAGE_TOKEN_INVALID");
}

#[tokio::test]
async fn two_who_train_under_one_key_make_two_versions() {
    let world = World::new().await;
    let names = futures_of(&world, 4).await;
    let mut versions: Vec<&str> = names.iter().map(String::as_str).collect();
    versions.sort_unstable();
    let expected = [1, 2, 3, 4].map(|version| format!("winModels/race/versions/{version}"));
    assert_eq!(versions, expected);
}

async fn futures_of(world: &World, count: usize) -> Vec<String> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..count {
        let mut client = client(world, &world.manager());
        tasks.spawn(async move { train(&mut client, "race").await.name });
    }
    tasks.join_all().await
}
