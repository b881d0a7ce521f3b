//! What is promised of every model, whatever it is fitted to.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn number(factor: &str, number: f64) -> Observation {
    Observation {
        factor: factor.to_owned(),
        value: Value::Number(number),
        set_at: None,
    }
}

fn answer(factor: &str, answer: &str) -> Observation {
    Observation {
        factor: factor.to_owned(),
        value: Value::Category(answer.to_owned()),
        set_at: None,
    }
}

fn at(day: i8) -> Timestamp {
    jiff::civil::date(2025, 3, day)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .unwrap()
        .timestamp()
}

/// A number of 0 to 1 that has nothing to do with the ones before it, but is always the same.
fn lot(seed: usize, salt: usize) -> f64 {
    let mixed = (seed as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ (salt as u64).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed ^ (mixed >> 32)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Deals that are won the more often, the better the relation and the fewer steps we are behind.
fn history(count: usize) -> Vec<Row> {
    let row = |index: usize| {
        let lag = (lot(index, 1) * 4.0).floor();
        let relation = ["poor", "fair", "good"][(lot(index, 2) * 3.0) as usize];
        let strength = match relation {
            "poor" => -1.5,
            "fair" => 0.0,
            _ => 1.5,
        };
        let log_odds: f64 = 1.0 + strength - lag;
        let mut observations = vec![number("lag", lag), number("noise", lot(index, 3))];
        if lot(index, 4) > 0.2 {
            observations.push(answer("relation", relation));
        }
        Row {
            key: format!("deal-{index:05}"),
            observations,
            won: lot(index, 5) < 1.0 / (1.0 + (-log_odds).exp()),
            closed_at: Some(at(20)),
        }
    };
    (0..count).map(row).collect()
}

fn falling_with_lag(kind: Kind) -> Options {
    let lag = FactorOptions {
        factor: "lag".to_owned(),
        direction: Direction::Decreasing,
        ..FactorOptions::default()
    };
    Options {
        kind,
        factors: vec![lag],
        ..Options::default()
    }
}

const LEARNT: [Kind; 4] = [Kind::Logistic, Kind::Booster, Kind::Blend, Kind::NaiveBayes];

#[test]
fn what_decides_is_found_and_what_does_not_adds_little() {
    let trained = train(&history(800), &Options::default()).unwrap();
    let report = &trained.report;
    assert_eq!(report.skill, Skill::Some);
    assert!(report.metrics.log_loss < report.base.log_loss - 0.05);
    assert!(report.metrics.auc.unwrap() > 0.75);
    let spread = |name: &str| {
        let factor = report.factors.iter().find(|it| it.factor == name).unwrap();
        let known = factor.levels.iter().filter(|it| !it.level.is_empty());
        let weights: Vec<f64> = known.map(|it| it.log_odds).collect();
        weights.iter().copied().fold(f64::MIN, f64::max)
            - weights.iter().copied().fold(f64::MAX, f64::min)
    };
    assert!(spread("lag") > 1.0 && spread("relation") > 1.0);
    assert!(spread("noise") < 0.5, "{}", spread("noise"));
}

#[test]
fn the_same_rows_in_any_order_give_the_same_bytes() {
    let rows = history(300);
    let mut turned = rows.clone();
    turned.reverse();
    let options = Options::default();
    let (first, second) = (
        train(&rows, &options).unwrap(),
        train(&turned, &options).unwrap(),
    );
    assert_eq!(first.model.to_bytes(), second.model.to_bytes());
    assert_eq!(first.report, second.report);
    let read = Model::from_bytes(&first.model.to_bytes()).unwrap();
    assert_eq!(read, first.model);
}

#[test]
fn another_seed_deals_other_folds() {
    let of = |seed: u64| {
        let options = Options {
            seed,
            ..Options::default()
        };
        train(&history(300), &options).unwrap().report.predictions
    };
    assert_ne!(of(1), of(2));
}

#[test]
fn too_few_deals_give_no_number() {
    let mut rows = history(400);
    rows.sort_by_key(|row| row.won);
    let lost = rows.iter().filter(|row| !row.won).count();
    let with_won = |won: usize| train(&rows[..lost + won], &Options::default());
    let refused = Refusal::TooFew {
        won: 39,
        lost,
        min_won: 40,
        min_lost: 40,
    };
    assert_eq!(with_won(39).unwrap_err(), refused);
    assert!(with_won(40).is_ok());
}

#[test]
fn chance_has_no_skill_and_gets_the_base_rate() {
    let mut rows = history(400);
    rows.iter_mut()
        .enumerate()
        .for_each(|(index, row)| row.won = lot(index, 9) < 0.3);
    let trained = train(&rows, &Options::default()).unwrap();
    assert_eq!(trained.report.skill, Skill::None);
    let won = rows.iter().filter(|row| row.won).count() as f64;
    for row in &rows {
        let p = trained.model.score(&row.observations, None).p;
        assert!((p - (won + 0.5) / 401.0).abs() < 1e-9);
    }
}

#[test]
fn what_was_set_at_closing_or_later_is_not_learnt_from() {
    let set = |day: i8| {
        let mut rows = history(300);
        for row in &mut rows {
            let told = Observation {
                set_at: Some(at(day)),
                ..number(
                    "told_late",
                    if row.won { 1.0 } else { 0.0 } + lot(row.key.len(), 3),
                )
            };
            row.observations.push(told);
        }
        train(&rows, &Options::default()).unwrap().report
    };
    let report = set(20);
    let late = Excluded {
        factor: "told_late".to_owned(),
        reason: Exclusion::NotKnownInTime,
    };
    assert_eq!(report.excluded, [late]);
    assert_eq!(report.dropped["told_late"].after_closing, 300);
    // In time it is known, and then found out to know the end.
    let separates = |it: &Excluded| matches!(it.reason, Exclusion::Separates { auc } if auc > 0.99);
    assert!(set(19).excluded.iter().any(separates));
}

#[test]
fn what_was_not_there_as_of_a_day_is_invisible() {
    let mut rows = history(300);
    for row in &mut rows {
        row.observations
            .iter_mut()
            .for_each(|it| it.set_at = Some(at(5)));
        row.observations.push(Observation {
            set_at: Some(at(10)),
            ..number("lag", 0.0)
        });
    }
    rows.iter_mut()
        .take(20)
        .for_each(|row| row.closed_at = Some(at(28)));
    let options = Options {
        as_of: Some(at(21)),
        ..Options::default()
    };
    let seen = train(&rows, &options).unwrap();
    assert_eq!(seen.report.rows, 280, "20 had not ended yet");
    let early = Options {
        as_of: Some(at(7)),
        min_won: 0,
        min_lost: 0,
        ..Options::default()
    };
    assert!(matches!(
        train(&rows, &early),
        Err(Refusal::TooFew { won: 0, .. })
    ));
    // Scoring as of a day reads what was known then.
    let then = seen.model.score(&rows[50].observations, Some(at(7)));
    let lag = then
        .contributions
        .iter()
        .find(|it| it.factor == "lag")
        .unwrap();
    assert_eq!(Some(&rows[50].observations[0].value), lag.value.as_ref());
}

#[test]
fn a_value_set_later_counts_as_not_visible() {
    let trained = train(&history(300), &Options::default()).unwrap();
    let later = [Observation {
        set_at: Some(at(9)),
        ..number("lag", 3.0)
    }];
    let state = |as_of| {
        let score = trained.model.score(&later, Some(as_of));
        score
            .contributions
            .iter()
            .find(|it| it.factor == "lag")
            .unwrap()
            .state
    };
    assert_eq!(
        (state(at(8)), state(at(9))),
        (State::NotVisible, State::Known)
    );
}

#[test]
fn constants_and_what_is_left_out_on_purpose_are_named() {
    let mut rows = history(300);
    rows.iter_mut()
        .for_each(|row| row.observations.push(answer("same", "yes")));
    let noise = FactorOptions {
        factor: "noise".to_owned(),
        excluded: true,
        ..FactorOptions::default()
    };
    let options = Options {
        factors: vec![noise],
        ..Options::default()
    };
    let report = train(&rows, &options).unwrap().report;
    let named: Vec<_> = report
        .excluded
        .iter()
        .map(|it| (it.factor.as_str(), &it.reason))
        .collect();
    assert_eq!(
        named,
        [("noise", &Exclusion::Asked), ("same", &Exclusion::Constant)]
    );
}

#[test]
fn an_answer_never_seen_adds_nothing_and_is_flagged() {
    let trained = train(&history(300), &Options::default()).unwrap();
    let score = trained.model.score(
        &[answer("relation", "splendid"), answer("colour", "red")],
        None,
    );
    let of = |name: &str| {
        score
            .contributions
            .iter()
            .find(|it| it.factor == name)
            .unwrap()
    };
    assert_eq!(
        (of("relation").state, of("relation").log_odds),
        (State::Unseen, 0.0)
    );
    assert_eq!(
        (of("colour").state, of("colour").log_odds),
        (State::Unused, 0.0)
    );
    assert_eq!(
        (of("lag").state, of("lag").value.clone()),
        (State::Missing, None)
    );
}

#[test]
fn what_is_missing_is_not_zero() {
    // Whoever leaves the budget open loses; zero and much win alike.
    let row = |index: usize| {
        let known = lot(index, 1) < 0.6;
        let chance = if known { 0.8 } else { 0.2 };
        Row {
            key: format!("{index:05}"),
            observations: if known {
                vec![number("budget", (lot(index, 2) * 3.0).floor())]
            } else {
                Vec::new()
            },
            won: lot(index, 3) < chance,
            closed_at: None,
        }
    };
    let rows: Vec<Row> = (0..400).map(row).collect();
    for kind in LEARNT {
        let options = Options {
            kind,
            ..Options::default()
        };
        let model = train(&rows, &options).unwrap().model;
        let p = |observations: &[Observation]| model.score(observations, None).p;
        assert!(
            p(&[number("budget", 0.0)]) > 0.7 && p(&[]) < 0.35,
            "{kind:?}"
        );
    }
}

#[test]
fn a_promised_direction_holds_against_the_rows() {
    // The rows say the opposite: the longer behind, the more is won.
    let mut rows = history(400);
    rows.iter_mut().for_each(|row| row.won = !row.won);
    for kind in LEARNT {
        let model = train(&rows, &falling_with_lag(kind)).unwrap().model;
        let at_lag = |lag: u32| model.score(&[number("lag", f64::from(lag))], None).p;
        let falls = (0..3).all(|lag| at_lag(lag) >= at_lag(lag + 1));
        assert!(falls, "{kind:?}");
    }
}

#[test]
fn rows_that_say_the_same_share_a_fold() {
    let mut rows = history(60);
    let twins: Vec<Row> = rows
        .iter()
        .map(|row| Row {
            key: format!("twin-{}", row.key),
            ..row.clone()
        })
        .collect();
    rows.extend(twins);
    let guarded = guard::before_closing(&rows, None);
    let factors = ["lag", "noise", "relation"].map(str::to_owned);
    let folds = folds::deal(&guarded.cases, &factors, 5, 7);
    let of = |key: &str| {
        folds[guarded
            .cases
            .iter()
            .position(|case| case.key == key)
            .unwrap()]
    };
    assert!((0..60).all(|it| of(&format!("deal-{it:05}")) == of(&format!("twin-deal-{it:05}"))));
    let sizes: Vec<usize> = (0..5)
        .map(|fold| folds.iter().filter(|it| **it == fold).count())
        .collect();
    assert!(
        sizes.iter().all(|size| (16..=32).contains(size)),
        "{sizes:?}"
    );
}

#[test]
fn a_card_keeps_its_points_in_proportion() {
    let points = |factor: &str, points: &[(&str, i32)]| FactorOptions {
        factor: factor.to_owned(),
        points: points
            .iter()
            .map(|(answer, points)| ((*answer).to_owned(), *points))
            .collect(),
        ..FactorOptions::default()
    };
    let options = Options {
        kind: Kind::Card,
        factors: vec![
            points("relation", &[("poor", -3), ("fair", 0), ("good", 3)]),
            points("lag", &[("0", 2), ("1", 0), ("2", -2), ("3", -4)]),
        ],
        ..Options::default()
    };
    let trained = train(&history(400), &options).unwrap();
    let logit = |observations: &[Observation]| {
        let p = trained.model.score(observations, None).p;
        (p / (1.0 - p)).ln()
    };
    let of = |relation: &str| logit(&[answer("relation", relation), number("lag", 1.0)]);
    let (poor, fair, good) = (of("poor"), of("fair"), of("good"));
    assert!(good > fair && (good - fair - (fair - poor)).abs() < 1e-9);
    let two_points = logit(&[number("lag", 0.0)]) - logit(&[number("lag", 1.0)]);
    assert!((two_points * 1.5 - (good - fair)).abs() < 1e-9);
}

#[test]
fn metrics_are_those_worked_out_by_hand() {
    let metrics = evaluate(&[(0.9, true), (0.4, true), (0.4, false), (0.2, false)]);
    assert_eq!(metrics.auc, Some(0.875), "3 pairs right, one tied");
    let log_loss = -(0.9_f64.ln() + 0.4_f64.ln() + 0.6_f64.ln() + 0.8_f64.ln()) / 4.0;
    assert!((metrics.log_loss - log_loss).abs() < 1e-12);
    assert!((metrics.brier - (0.01 + 0.36 + 0.16 + 0.04) / 4.0).abs() < 1e-12);
    assert!((metrics.ece - (0.1 + 0.6 + 0.4 + 0.2) / 4.0).abs() < 1e-12);
    assert_eq!(evaluate(&[(0.5, true)]).auc, None);
}

#[test]
fn what_was_always_known_adds_nothing_where_it_is_not() {
    // Twenty flags that every deal has: nothing was learnt of a deal without them.
    let row = |index: usize| Row {
        key: format!("{index:05}"),
        observations: (0..20)
            .map(|factor| number(&format!("f{factor}"), (lot(index, factor) * 2.0).floor()))
            .collect(),
        won: lot(index, 0) < 0.5 && lot(index, 40) < 0.6,
        closed_at: None,
    };
    let rows: Vec<Row> = (0..400).map(row).collect();
    for kind in LEARNT {
        let options = Options {
            kind,
            ..Options::default()
        };
        let model = train(&rows, &options).unwrap().model;
        let score = model.score(&[], None);
        assert!(
            (score.p - probability(score.base_log_odds)).abs() < 1e-9,
            "{kind:?}"
        );
    }
}

#[test]
fn a_card_does_not_use_what_knows_the_end() {
    let mut rows = history(300);
    rows.iter_mut().for_each(|row| {
        let reason = if row.won { "none" } else { "price" };
        row.observations.push(answer("reason", reason));
    });
    let points = |factor: &str, points: &[(&str, i32)]| FactorOptions {
        factor: factor.to_owned(),
        points: points
            .iter()
            .map(|(answer, points)| ((*answer).to_owned(), *points))
            .collect(),
        ..FactorOptions::default()
    };
    let mut options = Options {
        kind: Kind::Card,
        factors: vec![
            points("reason", &[("none", 5)]),
            points("relation", &[("good", 3)]),
        ],
        ..Options::default()
    };
    let trained = train(&rows, &options).unwrap();
    let used: Vec<&str> = trained.model.factors().map(|(name, _)| name).collect();
    assert_eq!(used, ["relation"]);
    options.factors.pop();
    assert!(matches!(
        train(&rows, &options),
        Err(Refusal::NoFactors { .. })
    ));
}

#[test]
fn a_promise_holds_with_a_text_among_the_numbers() {
    let mut rows = history(400);
    rows.iter_mut().for_each(|row| row.won = !row.won);
    rows[7].observations[0] = answer("lag", "far");
    for kind in LEARNT {
        let model = train(&rows, &falling_with_lag(kind)).unwrap().model;
        let at_lag = |lag: u32| model.score(&[number("lag", f64::from(lag))], None).p;
        assert!((0..3).all(|lag| at_lag(lag) >= at_lag(lag + 1)), "{kind:?}");
        let told = model.score(&[answer("lag", "far")], None);
        assert!(
            told.contributions
                .iter()
                .any(|it| it.state == State::Unseen)
        );
    }
}

/// Deals without any signal, each told three times under another key.
fn chance_thrice() -> Vec<Row> {
    let copy = |index: usize| {
        let (deal, copy) = (index / 3, index % 3);
        Row {
            key: format!("{deal:05}-{copy}"),
            observations: (0..4)
                .map(|factor| number(&format!("f{factor}"), lot(deal, factor)))
                .collect(),
            won: lot(deal, 9) < 0.5,
            closed_at: None,
        }
    };
    (0..600).map(copy).collect()
}

#[test]
fn copies_do_not_know_each_other_also_not_by_an_id_that_is_left_out() {
    let mut rows = chance_thrice();
    assert_eq!(
        train(&rows, &Options::default()).unwrap().report.skill,
        Skill::None
    );
    rows.iter_mut().for_each(|row| {
        let id = answer("id", &row.key);
        row.observations.push(id);
    });
    let id = FactorOptions {
        factor: "id".to_owned(),
        excluded: true,
        ..FactorOptions::default()
    };
    let options = Options {
        factors: vec![id],
        ..Options::default()
    };
    assert_eq!(train(&rows, &options).unwrap().report.skill, Skill::None);
}

#[test]
fn what_is_mostly_set_after_closing_tells_nothing_by_being_missing() {
    let mut rows = history(300);
    for (index, row) in rows.iter_mut().enumerate() {
        let late = lot(index, 11) < if row.won { 0.95 } else { 0.2 };
        row.observations.push(Observation {
            set_at: Some(at(if late { 25 } else { 10 })),
            ..number("handover", 1.0)
        });
    }
    let report = train(&rows, &Options::default()).unwrap().report;
    let is_it = |it: &Excluded| it.factor == "handover" && it.reason == Exclusion::NotKnownInTime;
    assert!(report.excluded.iter().any(is_it), "{:?}", report.excluded);
}

#[test]
fn of_a_deal_without_a_closing_time_nobody_knows_whether_it_had_ended() {
    let mut rows = history(300);
    rows.iter_mut()
        .take(100)
        .for_each(|row| row.closed_at = None);
    let options = Options {
        as_of: Some(at(21)),
        ..Options::default()
    };
    assert_eq!(train(&rows, &options).unwrap().report.rows, 200);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn contributions_add_up_and_nothing_is_certain(
        lag in proptest::option::of(-1e6..1e6_f64),
        relation in proptest::option::of("poor|fair|good|other"),
        kind in proptest::sample::select(LEARNT.to_vec()),
    ) {
        let model = train(&history(200), &Options { kind, ..Options::default() }).unwrap().model;
        let observations: Vec<Observation> = lag.map(|it| number("lag", it)).into_iter()
            .chain(relation.map(|it| answer("relation", &it))).collect();
        let score = model.score(&observations, None);
        prop_assert!(score.p > 0.0 && score.p < 1.0);
        let sum = score.base_log_odds + score.contributions.iter().map(|it| it.log_odds).sum::<f64>();
        prop_assert!((sum - (score.p / (1.0 - score.p)).ln()).abs() < 1e-9);
        prop_assert_eq!(score.support, 200);
    }
}
