//! From rows to a model and its report.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::boost::Booster;
use super::encoding::Encoding;
use super::guard::{self, Dropped, Excluded};
use super::metrics::{Metrics, evaluate, loss};
use super::model::Model;
use super::table::{Case, Grid, Table, probability};
use super::value::Row;
use super::{Direction, Kind, Options, Refusal, bayes, calibration, card, folds, logistic};

/// Boosting goes on at most so long; held-out rows say where it stops.
const ROUNDS: usize = 200;
const LOOK_EVERY: usize = 5;
/// A model has skill when it beats the base rate by so many standard errors of the mean difference
/// in log loss: one-sided, one in forty by chance.
const CLEARLY: f64 = 1.96;
/// A less simple kind must be better than a simpler one by so many standard errors.
const CLEARER: f64 = 2.5;

/// What training gave.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Of a model without skill the base rate, whatever is known of a deal.
    pub model: Model,
    pub report: Report,
}

/// Whether a model says more than the base rate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Skill {
    Some,
    /// It does not, clearly: it says the base rate for all.
    None,
}

/// How the model was found and what it is worth, by rows that it was not fitted to.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Report {
    pub kind: Kind,
    pub skill: Skill,
    pub rows: usize,
    pub won: usize,
    pub lost: usize,
    /// Of the kind that was taken, calibrated.
    pub metrics: Metrics,
    /// Of the base rate of the other folds.
    pub base: Metrics,
    /// Every kind that was tried, calibrated.
    pub candidates: Vec<Candidate>,
    pub excluded: Vec<Excluded>,
    /// By factor.
    pub dropped: BTreeMap<String, Dropped>,
    pub factors: Vec<FactorReport>,
    /// (key, probability by the other folds, won), in the order of the keys.
    pub predictions: Vec<(String, f64, bool)>,
}

/// A kind that was tried.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Candidate {
    pub kind: Kind,
    pub metrics: Metrics,
}

/// What the model says of one factor.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct FactorReport {
    pub factor: String,
    pub direction: Direction,
    /// In how many rows it was known.
    pub known: usize,
    pub levels: Vec<LevelReport>,
}

/// What the model says of one bin or answer, and on how many rows that rests.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct LevelReport {
    /// Empty = missing.
    pub level: String,
    pub log_odds: f64,
    pub support: usize,
}

/// Learns from rows.
///
/// # Errors
/// Why nothing can be learnt; then no number is given.
pub fn train(rows: &[Row], options: &Options) -> Result<Trained, Refusal> {
    let guarded = guard::before_closing(rows, options.as_of);
    let cases = &guarded.cases;
    let won = cases.iter().filter(|case| case.won).count();
    let lost = cases.len() - won;
    if won < options.min_won.max(1) || lost < options.min_lost.max(1) {
        return Err(Refusal::TooFew {
            won,
            lost,
            min_won: options.min_won,
            min_lost: options.min_lost,
        });
    }
    let (factors, excluded) = guard::factors(&guarded, options);
    let has_points = |factor: &String| options.of(factor).is_some_and(|it| !it.points.is_empty());
    if factors.is_empty() || (options.kind == Kind::Card && !factors.iter().any(has_points)) {
        return Err(Refusal::NoFactors { excluded });
    }
    let folds = folds::deal(cases, &factors, options.folds, options.seed);
    let work = Work {
        cases,
        folds: &folds,
        factors: &factors,
        options,
    };
    let tried = work.try_kinds();
    let base = work.base_rate();
    let best = choose(&tried);
    let skill = if is_better(&best.predictions, &base, CLEARLY) {
        Skill::Some
    } else {
        Skill::None
    };
    let model = work.finish(best, skill);
    let report = Report {
        kind: best.recipe.kind(),
        skill,
        rows: cases.len(),
        won,
        lost,
        metrics: evaluate(&best.predictions),
        base: evaluate(&base),
        candidates: tried
            .iter()
            .map(|it| Candidate {
                kind: it.recipe.kind(),
                metrics: evaluate(&it.predictions),
            })
            .collect(),
        excluded,
        factors: reports(&model),
        predictions: named(cases, &best.predictions),
        dropped: guarded.dropped.clone(),
    };
    Ok(Trained { model, report })
}

fn named(cases: &[Case<'_>], predictions: &[(f64, bool)]) -> Vec<(String, f64, bool)> {
    let named = cases.iter().zip(predictions);
    named
        .map(|(case, (p, won))| (case.key.to_owned(), *p, *won))
        .collect()
}

fn reports(model: &Model) -> Vec<FactorReport> {
    let of_factor = |factor: &super::model::Factor| {
        let cells = factor.weights.iter().zip(&factor.support).enumerate();
        FactorReport {
            factor: factor.encoding.factor.clone(),
            direction: factor.encoding.direction,
            known: factor.support.iter().skip(1).sum(),
            levels: cells
                .map(|(cell, (log_odds, support))| LevelReport {
                    level: factor.encoding.name(cell),
                    log_odds: *log_odds,
                    support: *support,
                })
                .collect(),
        }
    };
    model.factors.iter().map(of_factor).collect()
}

/// How a table is fitted, with what was chosen for it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Recipe {
    Logistic { l2: f64 },
    Booster { rounds: usize },
    Blend { l2: f64, rounds: usize },
    NaiveBayes,
    Card,
}

impl Recipe {
    fn kind(self) -> Kind {
        match self {
            Self::Logistic { .. } => Kind::Logistic,
            Self::Booster { .. } => Kind::Booster,
            Self::Blend { .. } => Kind::Blend,
            Self::NaiveBayes => Kind::NaiveBayes,
            Self::Card => Kind::Card,
        }
    }

    fn fit(self, encodings: &[Encoding], grid: &Grid, options: &Options) -> Table {
        let table = match self {
            Self::Card => return card::table(encodings, options),
            Self::Logistic { l2 } => logistic::fit(encodings, grid, l2),
            Self::Booster { rounds } => boost(encodings, grid, rounds),
            Self::Blend { l2, rounds } => {
                logistic::fit(encodings, grid, l2).mean(&boost(encodings, grid, rounds))
            }
            Self::NaiveBayes => bayes::fit(encodings, grid),
        };
        table.centred(grid).told(grid)
    }
}

fn boost(encodings: &[Encoding], grid: &Grid, rounds: usize) -> Table {
    let mut booster = Booster::start(encodings, grid);
    (0..rounds).for_each(|_| booster.round());
    booster.table
}

/// A recipe with what it says of rows it was not fitted to.
struct Tried {
    recipe: Recipe,
    /// Before calibration.
    scores: Vec<f64>,
    /// Calibrated by the other folds.
    predictions: Vec<(f64, bool)>,
}

/// The first is the simplest; a later one is taken where it is better.
fn choose(tried: &[Tried]) -> &Tried {
    let (first, others) = tried.split_first().expect("one recipe at least is tried");
    others.iter().fold(first, |best, next| {
        if is_better(&next.predictions, &best.predictions, CLEARER) {
            next
        } else {
            best
        }
    })
}

/// Whether the first predictions lose less than the second, by so many standard errors.
fn is_better(first: &[(f64, bool)], second: &[(f64, bool)], errors: f64) -> bool {
    let gains: Vec<f64> = first
        .iter()
        .zip(second)
        .map(|((p, won), (q, _))| loss(*q, *won) - loss(*p, *won))
        .collect();
    let n = gains.len() as f64;
    let mean = gains.iter().sum::<f64>() / n;
    let spread = gains.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    mean > errors * (spread / n).sqrt()
}

/// What every fit is made from.
struct Work<'w> {
    cases: &'w [Case<'w>],
    folds: &'w [usize],
    factors: &'w [String],
    options: &'w Options,
}

/// A fold held out: the others to fit to, and what it is.
struct Split {
    encodings: Vec<Encoding>,
    rest: Grid,
    held: Grid,
    held_rows: Vec<usize>,
}

impl Work<'_> {
    /// Every kind that is asked for, the simplest first.
    fn try_kinds(&self) -> Vec<Tried> {
        let splits: Vec<Split> = (0..self.options.folds)
            .map(|fold| self.split(fold))
            .collect();
        let logistic = || {
            self.out_of_fold(
                Recipe::Logistic {
                    l2: self.options.l2,
                },
                &splits,
            )
        };
        let booster = || self.best_booster(&splits);
        let plain = |recipe| vec![self.out_of_fold(recipe, &splits)];
        match self.options.kind {
            Kind::Card => plain(Recipe::Card),
            Kind::NaiveBayes => plain(Recipe::NaiveBayes),
            Kind::Logistic => vec![logistic()],
            Kind::Booster => vec![booster()],
            Kind::Blend => vec![self.blend(&logistic(), &booster())],
            Kind::Auto => {
                let (logistic, booster) = (logistic(), booster());
                let blend = self.blend(&logistic, &booster);
                let bayes = self.out_of_fold(Recipe::NaiveBayes, &splits);
                vec![logistic, booster, blend, bayes]
            }
        }
    }

    fn split(&self, fold: usize) -> Split {
        let rows_where = |held: bool| -> Vec<usize> {
            let rows = 0..self.cases.len();
            rows.filter(|row| (self.folds[*row] == fold) == held)
                .collect()
        };
        let cases = |rows: &[usize]| -> Vec<&Case<'_>> {
            rows.iter().map(|row| &self.cases[*row]).collect()
        };
        let held_rows = rows_where(true);
        let rest = cases(&rows_where(false));
        let encodings = self.encodings(&rest);
        Split {
            rest: Grid::of(&encodings, &rest),
            held: Grid::of(&encodings, &cases(&held_rows)),
            encodings,
            held_rows,
        }
    }

    fn encodings(&self, cases: &[&Case<'_>]) -> Vec<Encoding> {
        if self.options.kind == Kind::Card {
            return card::encodings(self.options, self.factors);
        }
        let encode = |factor: &String| guard::encode(factor, cases, self.options);
        self.factors.iter().map(encode).collect()
    }

    /// The number of rounds that loses least on held-out rows.
    fn best_booster(&self, splits: &[Split]) -> Tried {
        let looks = ROUNDS / LOOK_EVERY;
        let mut scores = vec![vec![0.0; self.cases.len()]; looks];
        for split in splits {
            let mut booster = Booster::start(&split.encodings, &split.rest);
            for of_look in &mut scores {
                (0..LOOK_EVERY).for_each(|_| booster.round());
                let held = booster.table.scores(&split.held);
                split.put(&held, of_look);
            }
        }
        let tried = scores.into_iter().enumerate().map(|(look, scores)| {
            let rounds = (look + 1) * LOOK_EVERY;
            self.judged(Recipe::Booster { rounds }, scores)
        });
        let least = |a: &Tried, b: &Tried| a.loss().total_cmp(&b.loss());
        tried.min_by(least).expect("one look at least is taken")
    }

    fn blend(&self, logistic: &Tried, booster: &Tried) -> Tried {
        let (Recipe::Logistic { l2 }, Recipe::Booster { rounds }) =
            (logistic.recipe, booster.recipe)
        else {
            unreachable!("a blend is of a logistic and a booster");
        };
        let scores = logistic.scores.iter().zip(&booster.scores);
        let scores = scores.map(|(a, b)| f64::midpoint(*a, *b)).collect();
        self.judged(Recipe::Blend { l2, rounds }, scores)
    }

    fn out_of_fold(&self, recipe: Recipe, splits: &[Split]) -> Tried {
        let mut scores = vec![0.0; self.cases.len()];
        for split in splits {
            let table = recipe.fit(&split.encodings, &split.rest, self.options);
            split.put(&table.scores(&split.held), &mut scores);
        }
        self.judged(recipe, scores)
    }

    /// Calibrates each fold by the others.
    fn judged(&self, recipe: Recipe, scores: Vec<f64>) -> Tried {
        let mut predictions = vec![(0.0, false); scores.len()];
        for fold in 0..self.options.folds {
            let others = (0..scores.len()).filter(|row| self.folds[*row] != fold);
            let (known, won): (Vec<f64>, Vec<bool>) =
                others.map(|row| (scores[row], self.cases[row].won)).unzip();
            let line = calibration::fit(&known, &won);
            for row in (0..scores.len()).filter(|row| self.folds[*row] == fold) {
                predictions[row] = (probability(line.at(scores[row])), self.cases[row].won);
            }
        }
        Tried {
            recipe,
            scores,
            predictions,
        }
    }

    /// The share of won deals in the other folds.
    fn base_rate(&self) -> Vec<(f64, bool)> {
        let share = |fold: usize| {
            let others = self
                .cases
                .iter()
                .zip(self.folds)
                .filter(|(_, of)| **of != fold);
            let won = others.clone().filter(|(case, _)| case.won).count();
            (won as f64 + 0.5) / (others.count() as f64 + 1.0)
        };
        let shares: Vec<f64> = (0..self.options.folds).map(share).collect();
        let cases = self.cases.iter().zip(self.folds);
        cases
            .map(|(case, fold)| (shares[*fold], case.won))
            .collect()
    }

    /// Fits the recipe to all rows; its calibration is that of rows held out.
    fn finish(&self, best: &Tried, skill: Skill) -> Model {
        let all: Vec<&Case<'_>> = self.cases.iter().collect();
        let encodings = self.encodings(&all);
        let grid = Grid::of(&encodings, &all);
        let won: Vec<bool> = self.cases.iter().map(|case| case.won).collect();
        let line = calibration::fit(&best.scores, &won);
        let table = match skill {
            Skill::Some => best
                .recipe
                .fit(&encodings, &grid, self.options)
                .calibrated(line.slope, line.shift)
                .centred(&grid),
            Skill::None => base_only(&encodings, &won),
        };
        let support = support(&encodings, &grid);
        Model::new(best.recipe.kind(), encodings, table, support, won.len())
    }
}

impl Split {
    /// Puts what was said of held-out rows where they stand among all.
    fn put(&self, scores: &[f64], all: &mut [f64]) {
        for (row, score) in self.held_rows.iter().zip(scores) {
            all[*row] = *score;
        }
    }
}

impl Tried {
    fn loss(&self) -> f64 {
        evaluate(&self.predictions).log_loss
    }
}

fn base_only(encodings: &[Encoding], won: &[bool]) -> Table {
    let wins = won.iter().filter(|it| **it).count() as f64;
    let losses = won.len() as f64 - wins;
    Table {
        intercept: ((wins + 0.5) / (losses + 0.5)).ln(),
        ..Table::zero(encodings)
    }
}

fn support(encodings: &[Encoding], grid: &Grid) -> Vec<Vec<usize>> {
    let of_factor = |(encoding, cells): (&Encoding, &Vec<Option<usize>>)| {
        let mut counts = vec![0; encoding.len()];
        cells.iter().flatten().for_each(|cell| counts[*cell] += 1);
        counts
    };
    encodings.iter().zip(&grid.cells).map(of_factor).collect()
}
