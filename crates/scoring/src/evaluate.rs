//! The rule by which a model judges a deal (R10-R13). Pure: the same model, answers,
//! elements and time to closing give the same judgement to the last bit.

use std::collections::BTreeMap;

use keynode_proto::pipeline::v1::{ElementState, Knowledge};
use keynode_proto::scoring::v1::{
    Contribution, EvaluationModel, EvaluationResult, Factor, GradeRule,
};

use crate::elements;

/// The grade that no rule needs to give.
const LAST_GRADE: &str = "D";

/// What is known of the deal.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Answers by factor id, each on its factor's scale. No answer = unknown.
    pub answers: BTreeMap<String, i32>,
    /// What is known of the qualification elements.
    pub elements: Vec<ElementState>,
    /// Days to the expected closing date, negative when it has passed; none = unknown.
    pub days_to_close: Option<i32>,
}

/// What the model says, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    pub result: EvaluationResult,
    /// Of what is known, 0 to 100; none when too little is known.
    pub score: Option<f64>,
    /// `A` to `D`; none when too little is known.
    pub grade: Option<String>,
    /// Every factor of the model, in its order.
    pub contributions: Vec<Contribution>,
    /// What is unknown: `factors/{id}`, then `elements/{NAME}`.
    pub missing: Vec<String>,
    /// Factors whose answer ends the evaluation (R11).
    pub knock_outs: Vec<String>,
}

/// Judges a deal. A knock-out decides even when other things are unknown; otherwise
/// nothing is judged before what the model requires is known.
pub fn evaluate(model: &EvaluationModel, inputs: &Inputs) -> Judgement {
    let knock_outs = knock_outs(model, inputs);
    let score = score(model, inputs);
    let result = match score {
        _ if !knock_outs.is_empty() => EvaluationResult::NoGo,
        Some(score) if !is_blocked(model, inputs) && score >= model.pass_score => {
            EvaluationResult::Go
        }
        Some(_) if !is_blocked(model, inputs) => EvaluationResult::NoGo,
        _ => EvaluationResult::InsufficientInformation,
    };
    let judged = result != EvaluationResult::InsufficientInformation;
    let score = score.filter(|_| judged);
    Judgement {
        result,
        score,
        grade: score.map(|score| grade(model, score, inputs.days_to_close, &knock_outs).to_owned()),
        contributions: contributions(model, inputs),
        missing: missing(model, inputs),
        knock_outs,
    }
}

fn knock_outs(model: &EvaluationModel, inputs: &Inputs) -> Vec<String> {
    let knocked = model
        .factors
        .iter()
        .filter(|factor| knocks_out(factor, inputs.answer(factor)));
    knocked.map(|factor| factor.id.clone()).collect()
}

fn knocks_out(factor: &Factor, answer: Option<i32>) -> bool {
    matches!((answer, factor.knock_out_at), (Some(answer), Some(at)) if answer <= at)
}

/// Rounded to nine digits after the point: three fifths of everything is 60, and must
/// pass where 60 passes, whatever binary fractions make of it.
fn score(model: &EvaluationModel, inputs: &Inputs) -> Option<f64> {
    let total = known_weight(model, inputs);
    let reached: f64 = model
        .factors
        .iter()
        .filter_map(|factor| Some(factor.weight * share(factor, inputs.answer(factor)?)))
        .sum();
    (total > 0.0).then(|| (100.0 * reached / total * 1e9).round() / 1e9)
}

fn known_weight(model: &EvaluationModel, inputs: &Inputs) -> f64 {
    let known = model
        .factors
        .iter()
        .filter(|factor| inputs.answer(factor).is_some());
    known.map(|factor| factor.weight).sum()
}

fn share(factor: &Factor, answer: i32) -> f64 {
    f64::from(answer) / f64::from(factor.scale_max)
}

/// Whether something that the model requires is unknown.
fn is_blocked(model: &EvaluationModel, inputs: &Inputs) -> bool {
    let unanswered = |factor: &Factor| factor.required && inputs.answer(factor).is_none();
    model.factors.iter().any(unanswered) || missing_elements(model, inputs).next().is_some()
}

fn missing(model: &EvaluationModel, inputs: &Inputs) -> Vec<String> {
    let unanswered = model
        .factors
        .iter()
        .filter(|factor| inputs.answer(factor).is_none());
    let factors = unanswered.map(|factor| format!("factors/{}", factor.id));
    factors.chain(missing_elements(model, inputs)).collect()
}

/// An element that is partly known is missing too: nothing is judged on half a budget.
fn missing_elements(model: &EvaluationModel, inputs: &Inputs) -> impl Iterator<Item = String> {
    model
        .required_elements()
        .filter(|element| elements::knowledge(&inputs.elements, *element) != Knowledge::Known)
        .map(|element| format!("elements/{}", elements::name(element)))
}

fn contributions(model: &EvaluationModel, inputs: &Inputs) -> Vec<Contribution> {
    let total = known_weight(model, inputs);
    model
        .factors
        .iter()
        .map(|factor| contribution(factor, inputs.answer(factor), total))
        .collect()
}

/// What is unknown could have added as much as its weight makes beside what is known.
fn contribution(factor: &Factor, answer: Option<i32>, known_weight: f64) -> Contribution {
    let of_total = match answer {
        Some(_) => known_weight,
        None => known_weight + factor.weight,
    };
    let possible_points = 100.0 * factor.weight / of_total;
    Contribution {
        factor: factor.id.clone(),
        answer,
        points: answer.map_or(0.0, |answer| possible_points * share(factor, answer)),
        possible_points,
        knock_out: knocks_out(factor, answer),
    }
}

/// A deal that is knocked out gets the last grade: resources go by grade (R14), and the
/// score of a deal that is not to be won says nothing of its likelihood (R11).
fn grade<'m>(
    model: &'m EvaluationModel,
    score: f64,
    days_to_close: Option<i32>,
    knock_outs: &[String],
) -> &'m str {
    let fits = |rule: &&GradeRule| {
        score >= rule.min_score && closes_within(days_to_close, rule.within_days)
    };
    match model.grade_rules.iter().find(fits) {
        Some(rule) if knock_outs.is_empty() => &rule.grade,
        _ => LAST_GRADE,
    }
}

/// A closing date that has passed is no sign of closing soon.
fn closes_within(days_to_close: Option<i32>, within_days: i32) -> bool {
    within_days == 0 || days_to_close.is_some_and(|days| (0..=within_days).contains(&days))
}

impl Inputs {
    fn answer(&self, factor: &Factor) -> Option<i32> {
        self.answers.get(&factor.id).copied()
    }
}

#[cfg(test)]
mod tests;
