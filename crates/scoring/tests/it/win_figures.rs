//! What win models are worth on real public data, measured through the RPCs. Opt-in:
//! `tests/win_probability.sh`. Without the data it says so and measures nothing.

#![allow(
    clippy::print_stdout,
    reason = "figures are for whoever asked for them"
)]

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Instant;

use keynode_proto::scoring::v1 as proto;
use keynode_proto::scoring::v1::{
    AnswerPoints, FactorObservation, LabelledRow, ScoringRow, WinFactorOptions, WinModelKind,
    WinModelSkill, WinModelVersion, WinOutcome, WinScore, WinTrainingOptions,
};
use keynode_scoring::learn::{Metrics, evaluate};

use crate::win_models::{WinModels, client, number, text, training};
use crate::world::World;

type Record = HashMap<String, String>;

fn data(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(folder);
    if !path.is_dir() {
        println!("SKIPPED: there is no {}", path.display());
        return None;
    }
    Some(path)
}

fn records(path: &Path) -> Vec<Record> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

fn labelled(key: &str, won: bool, values: Vec<FactorObservation>) -> LabelledRow {
    let outcome = if won {
        WinOutcome::Won
    } else {
        WinOutcome::Lost
    };
    LabelledRow {
        key: key.to_owned(),
        values,
        outcome: outcome.into(),
        close_time: None,
    }
}

/// 448 deals with 22 answers each, and for ten repetitions the fold of every deal.
struct Deals {
    rows: Vec<LabelledRow>,
    folds: Vec<Vec<usize>>,
}

fn deals(folder: &Path) -> Deals {
    let read = |record: Record| {
        let answers: BTreeMap<_, _> = record
            .iter()
            .filter(|(name, _)| !["row", "Status"].contains(&name.as_str()))
            .collect();
        let values = answers.into_iter().map(|(name, answer)| text(name, answer));
        labelled(&record["row"], record["Status"] == "Won", values.collect())
    };
    let rows = records(&folder.join("salvirt.csv"))
        .into_iter()
        .map(read)
        .collect();
    let fold = |record: Record| {
        let of = |repetition: usize| record[&format!("rep{repetition}_fold")].parse().unwrap();
        (0..10).map(of).collect()
    };
    let folds = records(&folder.join("folds_10x10_grouped.csv"));
    Deals {
        rows,
        folds: folds.into_iter().map(fold).collect(),
    }
}

async fn learn(
    client: &mut WinModels,
    model: &str,
    rows: Vec<LabelledRow>,
    options: WinTrainingOptions,
) -> WinModelVersion {
    let mut start = training(model, Vec::new());
    start.options = Some(options);
    let start = proto::TrainModelFromRowsRequest {
        start: Some(start),
        rows: Vec::new(),
    };
    let chunks: Vec<_> = rows.chunks(1000).map(<[_]>::to_vec).collect();
    let chunks = chunks
        .into_iter()
        .map(|rows| proto::TrainModelFromRowsRequest { start: None, rows });
    let messages: Vec<_> = std::iter::once(start).chain(chunks).collect();
    let answer = client
        .train_model_from_rows(tokio_stream::iter(messages))
        .await;
    answer.unwrap().into_inner().version.unwrap()
}

async fn scores(client: &mut WinModels, version: &str, rows: &[&LabelledRow]) -> Vec<WinScore> {
    let rows = rows.iter().map(|row| ScoringRow {
        key: row.key.clone(),
        values: row.values.clone(),
    });
    let request = proto::BatchScoreRequest {
        model: version.to_owned(),
        rows: rows.collect(),
        as_of_time: None,
    };
    let answer = client.batch_score(request).await.unwrap();
    answer.into_inner().scores
}

/// Points from -5 to 5 in proportion to what a logistic regression says of the same rows.
fn card(version: &WinModelVersion) -> WinTrainingOptions {
    let levels = version.factors.iter().flat_map(|factor| &factor.levels);
    let strongest = levels.map(|level| level.log_odds.abs()).fold(0.0, f64::max);
    let points = |log_odds: f64| (5.0 * log_odds / strongest).round() as i32;
    let of_factor = |factor: &proto::FactorWeights| {
        let answers = factor.levels.iter().filter(|level| !level.level.is_empty());
        let answers = answers.flat_map(|level| {
            level.level.split(" | ").map(|answer| AnswerPoints {
                answer: answer.to_owned(),
                points: points(level.log_odds),
            })
        });
        WinFactorOptions {
            factor: factor.factor.clone(),
            points: answers.collect(),
            ..Default::default()
        }
    };
    WinTrainingOptions {
        kind: WinModelKind::Card.into(),
        factors: version.factors.iter().map(of_factor).collect(),
        ..Default::default()
    }
}

/// Mean of the figures of ten repetitions, and every prediction of all.
struct Figures {
    of_repetition: Vec<Metrics>,
    predictions: Vec<(f64, bool)>,
    farthest_sum: f64,
}

impl Figures {
    fn mean(&self, of: impl Fn(&Metrics) -> f64) -> f64 {
        self.of_repetition.iter().map(of).sum::<f64>() / self.of_repetition.len() as f64
    }
}

/// Trains on nine folds and predicts the tenth, for every fold of ten repetitions.
async fn a_hundred_trainings(client: &mut WinModels, deals: &Deals, as_card: bool) -> Figures {
    let mut figures = Figures {
        of_repetition: Vec::new(),
        predictions: Vec::new(),
        farthest_sum: 0.0,
    };
    for repetition in 0..10 {
        let mut predictions = Vec::new();
        for fold in 0..10 {
            let of_fold = |held: bool| {
                let rows = deals.rows.iter().zip(&deals.folds);
                rows.filter(move |(_, folds)| (folds[repetition] == fold) == held)
                    .map(|(row, _)| row)
            };
            let rows: Vec<LabelledRow> = of_fold(false).cloned().collect();
            let model = format!("try-{repetition}-{fold}");
            let mut options = WinTrainingOptions::default();
            if as_card {
                options.kind = WinModelKind::Logistic.into();
                options = card(&learn(client, &model, rows.clone(), options).await);
            }
            let version = learn(client, &model, rows, options).await;
            let held: Vec<&LabelledRow> = of_fold(true).collect();
            let scores = scores(client, &version.name, &held).await;
            for (score, row) in scores.iter().zip(held) {
                let p = score.probability;
                let sum: f64 = score.contributions.iter().map(|it| it.log_odds).sum();
                let off = (score.base_log_odds + sum - (p / (1.0 - p)).ln()).abs();
                figures.farthest_sum = figures.farthest_sum.max(off);
                predictions.push((p, row.outcome() == WinOutcome::Won));
            }
        }
        figures.of_repetition.push(evaluate(&predictions));
        figures.predictions.extend(predictions);
    }
    figures
}

/// Prints a figure beside what it must reach, and says whether it does.
fn reached(what: &str, figure: f64, bound: f64, at_least: bool) -> bool {
    let ok = if at_least {
        figure >= bound
    } else {
        figure <= bound
    };
    let sign = if at_least { ">=" } else { "<=" };
    let mark = if ok { "" } else { "   NOT REACHED" };
    println!("  {what:34} {figure:.4}   {sign} {bound}{mark}");
    ok
}

#[tokio::test]
#[ignore = "real data: tests/win_probability.sh"]
async fn learnt_from_real_deals() {
    let Some(folder) = data("winprob_salvirt") else {
        return;
    };
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let deals = deals(&folder);
    let start = Instant::now();
    let figures = a_hundred_trainings(&mut client, &deals, false).await;
    println!(
        "448 deals, mean of ten repetitions of ten folds, 100 trainings in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    let all = [
        reached(
            "area under the curve",
            figures.mean(|it| it.auc.unwrap()),
            0.818,
            true,
        ),
        reached(
            "log loss (base rate 0.693)",
            figures.mean(|it| it.log_loss),
            0.520,
            false,
        ),
        reached("Brier score", figures.mean(|it| it.brier), 0.172, false),
        reached(
            "expected calibration error",
            figures.mean(|it| it.ece),
            0.070,
            false,
        ),
        reached(
            "farthest sum from logit(p)",
            figures.farthest_sum,
            1e-9,
            false,
        ),
    ];
    let again = async |client: &mut WinModels, model: &str| {
        let version = learn(
            client,
            model,
            deals.rows.clone(),
            WinTrainingOptions::default(),
        )
        .await;
        let all: Vec<&LabelledRow> = deals.rows.iter().collect();
        let mut scores = scores(client, &version.name, &all).await;
        scores
            .iter_mut()
            .for_each(|score| score.model_version.clear());
        scores
    };
    let same = again(&mut client, "first").await == again(&mut client, "second").await;
    println!("  the same rows and seed give the same scores to the last bit: {same}");
    assert!(same && all.into_iter().all(|ok| ok));
}

#[tokio::test]
#[ignore = "real data: tests/win_probability.sh"]
async fn a_card_of_whole_points() {
    let Some(folder) = data("winprob_salvirt") else {
        return;
    };
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let figures = a_hundred_trainings(&mut client, &deals(&folder), true).await;
    println!("the same deals by a card of whole points from -5 to 5, calibrated");
    let mut all = vec![
        reached(
            "area under the curve",
            figures.mean(|it| it.auc.unwrap()),
            0.813,
            true,
        ),
        reached("log loss", figures.mean(|it| it.log_loss), 0.527, false),
    ];
    let bands = [
        ("A", 0.75, 1.0),
        ("B", 0.50, 0.75),
        ("C", 0.25, 0.50),
        ("D", 0.0, 0.25),
    ];
    let mut above = f64::INFINITY;
    for (grade, from, to) in bands {
        let of_band = figures
            .predictions
            .iter()
            .filter(|(p, _)| (from..to).contains(p));
        let (n, predicted, won) = of_band.fold((0.0, 0.0, 0.0), |(n, sum, won), (p, is_won)| {
            (n + 1.0, sum + p, won + f64::from(u8::from(*is_won)))
        });
        let (predicted, observed) = (predicted / n, won / n);
        println!("  grade {grade}: {n:4} predictions, predicted {predicted:.3}, won {observed:.3}");
        all.push(observed < above && (observed - predicted).abs() <= 0.10);
        above = observed;
    }
    assert!(all.into_iter().all(|ok| ok));
}

#[tokio::test]
#[ignore = "real data: tests/win_probability.sh"]
async fn no_skill_where_there_is_no_signal() {
    let Some(folder) = data("import/maven") else {
        return;
    };
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let by = |file: &str, key: &str| -> HashMap<String, Record> {
        let keyed = records(&folder.join(file)).into_iter();
        keyed.map(|record| (record[key].clone(), record)).collect()
    };
    let (accounts, teams) = (
        by("accounts.csv", "account"),
        by("sales_teams.csv", "sales_agent"),
    );
    let read = |record: &Record| {
        let mut known = vec!["sales_agent", "product", "account"]
            .into_iter()
            .map(|name| (name, record[name].clone()))
            .collect::<Vec<_>>();
        let account = accounts.get(&record["account"]);
        for name in [
            "sector",
            "year_established",
            "revenue",
            "employees",
            "office_location",
        ] {
            known.extend(account.map(|account| (name, account[name].clone())));
        }
        let team = teams.get(&record["sales_agent"]);
        for name in ["manager", "regional_office"] {
            known.extend(team.map(|team| (name, team[name].clone())));
        }
        let value = |(name, value): (&str, String)| match value.parse() {
            Ok(parsed) => number(name, parsed),
            Err(_) => text(name, &value),
        };
        let values = known
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(value);
        labelled(
            &record["opportunity_id"],
            record["deal_stage"] == "Won",
            values.collect(),
        )
    };
    let ended = records(&folder.join("sales_pipeline.csv"));
    let ended = ended
        .iter()
        .filter(|record| ["Won", "Lost"].contains(&record["deal_stage"].as_str()));
    let rows: Vec<LabelledRow> = ended.map(read).collect();
    let count = rows.len();
    let version = learn(&mut client, "maven", rows, WinTrainingOptions::default()).await;
    println!(
        "{count} deals of a fictional company, without signal: {}",
        version.skill().as_str_name()
    );
    let log_loss = version.metrics.as_ref().unwrap().log_loss;
    assert!(reached(
        "log loss (base rate 0.658)",
        log_loss,
        0.663,
        false
    ));
    assert_eq!(version.skill(), WinModelSkill::None);
    let refused = client
        .promote_win_model(crate::win_models::promoting(&version.name))
        .await;
    assert!(refused.is_err());
}

#[tokio::test]
#[ignore = "takes a minute: tests/win_probability.sh"]
async fn ten_thousand_deals_of_25_factors() {
    let world = World::new().await;
    let mut client = client(&world, &world.manager());
    let lot = |row: usize, salt: usize| {
        let mixed = (row * 31 + salt + 1) as u64;
        let mixed = mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((mixed ^ (mixed >> 32)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let row = |index: usize| {
        let numbers = (0..12).map(|factor| number(&format!("number_{factor}"), lot(index, factor)));
        let answers = (12..25).map(|factor| {
            let answer = format!("answer {}", (lot(index, factor) * 8.0) as u32);
            text(&format!("answer_{factor}"), &answer)
        });
        let strength: f64 = (0..12)
            .map(|factor| (lot(index, factor) - 0.5) * factor as f64 / 4.0)
            .sum();
        let won = lot(index, 30) < 1.0 / (1.0 + (-strength).exp());
        labelled(
            &format!("deal-{index}"),
            won,
            numbers.chain(answers).collect(),
        )
    };
    let rows: Vec<LabelledRow> = (0..10_000).map(row).collect();
    let start = Instant::now();
    let version = learn(&mut client, "large", rows, WinTrainingOptions::default()).await;
    println!(
        "10,000 deals of 25 factors: {}",
        version.kind().as_str_name()
    );
    assert!(reached(
        "seconds, upload with it",
        start.elapsed().as_secs_f64(),
        60.0,
        false
    ));
}
