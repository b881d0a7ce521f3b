//! What to do, in order: each piece of advice is one pure function and one line in
//! [`ADVICE`]. First what an earlier stage owes, then the work of the next (R4).

use keynode_proto::accounts::v1::Function;
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1::{CriterionKind, CriterionResult, Stage};
use keynode_proto::scoring::v1::{Advice, EvaluationResult};

use crate::case::{Case, stage_name};
use crate::elements;
use crate::texts::{self, Words};

/// Has something to advise in a case, or has not.
type Rule = fn(&Case<'_>) -> Option<Advice>;

/// All advice, in the order in which to follow it.
const ADVICE: &[Rule] = &[
    confirm_buying_step,
    advance,
    collect_elements,
    evaluate,
    give_up_unless_passed,
    find_coach,
    open_path,
    cover_functions,
    reach_key_node,
    complete_made_up,
    set_next_action,
];

/// What to do about a deal. A closed deal needs nothing; one that did not pass its
/// evaluation needs no more work, but a decision (R10).
pub(super) fn advise(case: &Case<'_>) -> Vec<Advice> {
    match (case.is_open(), case.is_no_go()) {
        (false, _) => Vec::new(),
        (true, true) => vec![give_up(case)],
        (true, false) => ADVICE.iter().filter_map(|rule| rule(case)).collect(),
    }
}

/// Everything else follows from where the customer stands (R4).
fn confirm_buying_step(case: &Case<'_>) -> Option<Advice> {
    let unknown = case.buying_step().is_none();
    unknown.then(|| {
        advice(
            "confirm_buying_step",
            None,
            &["R4"],
            [""; 0],
            Words::default(),
        )
    })
}

/// The key node is reached: go on before anything else.
fn advance(case: &Case<'_>) -> Option<Advice> {
    let stage = case
        .stage_at(case.opportunity.stage_position)
        .filter(|_| case.may_advance())?;
    Some(go_on(case, stage))
}

/// The key node of an earlier stage is reached by now: going on completes it.
fn complete_made_up(case: &Case<'_>) -> Option<Advice> {
    let stage = case.stage_at(case.opportunity.stage_position)?;
    let waits = !case.may_advance() && !case.made_up().is_empty();
    waits.then(|| go_on(case, stage))
}

fn go_on(case: &Case<'_>, stage: &Stage) -> Advice {
    let made_up = case.made_up();
    let names = made_up.iter().map(|stage| stage_name(Some(stage)));
    let words = Words::default()
        .text("stage", stage_name(Some(stage)))
        .plain("now", if case.may_advance() { "yes" } else { "" })
        .list("made_up", names);
    let targets = made_up.iter().map(|stage| stage.id.as_str());
    advice("advance", Some(stage), &["R1"], targets, words)
}

fn collect_elements(case: &Case<'_>) -> Option<Advice> {
    let open = case.open_elements();
    if open.is_empty() {
        return None;
    }
    let words = Words::default().list("elements", open.iter().copied().map(texts::element));
    let stage = case.stage_asking(CriterionKind::ElementKnown);
    Some(advice(
        "collect_elements",
        stage,
        &["R4", "R12"],
        open.into_iter().map(elements::name),
        words,
    ))
}

fn evaluate(case: &Case<'_>) -> Option<Advice> {
    let stage = case.stage_asking(CriterionKind::EvaluationPassed);
    let missing = case.verdict().is_none();
    missing.then(|| {
        advice(
            "evaluate",
            stage,
            &["R10", "R13"],
            [""; 0],
            Words::default(),
        )
    })
}

/// What the evaluation will decide, told before the work that would be lost (R10).
fn give_up_unless_passed(case: &Case<'_>) -> Option<Advice> {
    case.verdict().is_none().then(|| give_up(case))
}

fn give_up(case: &Case<'_>) -> Advice {
    let stage = case.stage_asking(CriterionKind::EvaluationPassed);
    let words = Words::default().plain("decided", if case.is_no_go() { "yes" } else { "" });
    let targets = case.verdict().map(|evaluation| evaluation.name.as_str());
    advice(
        "give_up_or_lower_contact",
        stage,
        &["R10", "R11"],
        targets,
        words,
    )
}

fn find_coach(case: &Case<'_>) -> Option<Advice> {
    let stage = begun(case, CriterionKind::CoachPresent)?;
    let missing = !case.people.has_coach;
    missing.then(|| {
        advice(
            "find_coach",
            Some(stage),
            &["R20"],
            [case.people.map.as_str()],
            Words::default(),
        )
    })
}

/// Find out who decides, and a way to everyone who does (R23).
fn open_path(case: &Case<'_>) -> Option<Advice> {
    let stage = begun(case, CriterionKind::DecisionMakersReached)?;
    let unreached = case.unreached();
    if case.people.decision_maker_known && unreached.is_empty() {
        return None;
    }
    let known = if case.people.decision_maker_known {
        "yes"
    } else {
        ""
    };
    let words = Words::default()
        .plain("known", known)
        .plain("supporters", case.people.supporters.len());
    Some(advice(
        "open_path",
        Some(stage),
        &["R23", "T7"],
        unreached,
        words,
    ))
}

/// Meet those of whom nobody was met: functions, then key persons (R20, R21).
fn cover_functions(case: &Case<'_>) -> Option<Advice> {
    let stage = begun(case, CriterionKind::KeyPersonsMet)?;
    let functions: Vec<Function> = case.people.uncovered_functions().collect();
    let persons = &case.people.key_persons_without_contact;
    if functions.is_empty() && persons.is_empty() {
        return None;
    }
    let count = if persons.is_empty() {
        String::new()
    } else {
        persons.len().to_string()
    };
    let words = Words::default()
        .list("functions", functions.iter().copied().map(texts::function))
        .plain("persons", count);
    let functions = functions
        .into_iter()
        .map(|function| texts::function_name(function).to_owned());
    let targets = functions.chain(persons.iter().cloned());
    Some(advice(
        "cover_functions",
        Some(stage),
        &["R20", "R21"],
        targets,
        words,
    ))
}

/// What the first missing key node asks for and no other advice speaks of (R1).
fn reach_key_node(case: &Case<'_>) -> Option<Advice> {
    let stage = case
        .first_missing()
        .and_then(|position| case.stage_at(position))?;
    let unmet = case.unmet();
    let open = || {
        unmet
            .iter()
            .filter(|result| !is_spoken_for(case, result))
            .filter_map(|r| r.criterion.as_ref())
    };
    open().next()?;
    let words = Words::default()
        .text("stage", stage_name(Some(stage)))
        .list(
            "criteria",
            open().filter_map(|criterion| criterion.explanation.clone()),
        );
    let targets = open().map(|criterion| criterion.id.as_str());
    Some(advice(
        "reach_key_node",
        Some(stage),
        &["R1", "R4"],
        targets,
        words,
    ))
}

fn is_spoken_for(case: &Case<'_>, result: &CriterionResult) -> bool {
    match result.criterion.as_ref().map(|criterion| criterion.kind()) {
        Some(CriterionKind::ElementKnown | CriterionKind::CoachPresent) => true,
        Some(CriterionKind::DecisionMakersReached) => true,
        // A grade that may not go on is a matter of the key node, not of evaluating again.
        Some(CriterionKind::EvaluationPassed) => case
            .evaluation
            .is_none_or(|evaluation| evaluation.result() != EvaluationResult::Go),
        Some(CriterionKind::KeyPersonsMet) => !case.people.key_persons_without_contact.is_empty(),
        _ => false,
    }
}

fn set_next_action(case: &Case<'_>) -> Option<Advice> {
    let stage = case
        .first_missing()
        .and_then(|position| case.stage_at(position));
    (!case.has_planned_action())
        .then(|| advice("set_next_action", stage, &["T9"], [""; 0], Words::default()))
}

/// The stage that asks for it, once customer or seller are there: what lies ahead of
/// both is not advised yet.
fn begun<'a>(case: &Case<'a>, kind: CriterionKind) -> Option<&'a Stage> {
    case.stage_asking(kind)
        .filter(|stage| case.has_begun(stage.position))
}

fn advice(
    code: &str,
    stage: Option<&Stage>,
    rules: &[&str],
    targets: impl IntoIterator<Item = impl Into<String>>,
    words: Words,
) -> Advice {
    let text: LocalizedText = texts::render("advice", code, words);
    Advice {
        code: code.to_owned(),
        text: Some(text),
        stage: stage.map(|stage| stage.id.clone()).unwrap_or_default(),
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        targets: targets.into_iter().map(Into::into).collect(),
    }
}

#[cfg(test)]
mod tests;
