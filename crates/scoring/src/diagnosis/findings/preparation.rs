//! Findings about what is known, judged and planned (R10-R12, T6, T9).

use keynode_proto::pipeline::v1::{ActivityState, CriterionKind, Knowledge};
use keynode_proto::scoring::v1::{Finding, Severity};

use super::super::case::Case;
use super::super::texts::{self, Words};
use super::{finding, severity_of_work};
use crate::elements;

/// Elements to collect are unknown or only partly known (R12).
pub(super) fn elements_unknown(case: &Case<'_>) -> Option<Finding> {
    let open = case.open_elements();
    if open.is_empty() {
        return None;
    }
    let words = Words::default()
        .list(
            "unknown",
            case.elements(Knowledge::Unspecified).map(texts::element),
        )
        .list(
            "partial",
            case.elements(Knowledge::Partial).map(texts::element),
        );
    let severity = match case.elements(Knowledge::Unspecified).next() {
        Some(_) => Severity::Critical,
        None => Severity::Warning,
    };
    let evidence = open.into_iter().map(elements::name);
    Some(finding(
        "elements_unknown",
        severity,
        &["R12"],
        evidence,
        words,
    ))
}

/// The deal was never judged, or too little was known to judge it (R10).
pub(super) fn not_evaluated(case: &Case<'_>) -> Option<Finding> {
    if case.verdict().is_some() {
        return None;
    }
    let missing = case
        .evaluation
        .map(|evaluation| evaluation.missing.clone())
        .unwrap_or_default();
    let position = case
        .stage_asking(CriterionKind::EvaluationPassed)
        .map(|stage| stage.position);
    let words = Words::default().plain("missing", missing.join(", "));
    let severity = severity_of_work(case, position);
    Some(finding(
        "not_evaluated",
        severity,
        &["R10", "R13"],
        missing,
        words,
    ))
}

/// The evaluation says: give up, or lower the level of contact (R10, R11).
pub(super) fn evaluation_no_go(case: &Case<'_>) -> Option<Finding> {
    let evaluation = case.verdict().filter(|_| case.is_no_go())?;
    let score = evaluation
        .score
        .map(|score| format!("{score:.0}"))
        .unwrap_or_default();
    let words = Words::default()
        .plain("score", score)
        .plain("knock_outs", evaluation.knock_outs.join(", "));
    let evidence = std::iter::once(&evaluation.name).chain(&evaluation.knock_outs);
    Some(finding(
        "evaluation_no_go",
        Severity::Critical,
        &["R10", "R11"],
        evidence,
        words,
    ))
}

/// Nothing is planned from today on (T9).
pub(super) fn no_next_action(case: &Case<'_>) -> Option<Finding> {
    if case.has_planned_action() {
        return None;
    }
    let evidence = case
        .activities
        .iter()
        .find(|activity| {
            !matches!(
                activity.state(),
                ActivityState::Planned | ActivityState::Cancelled
            )
        })
        .map(|activity| activity.name.clone());
    Some(finding(
        "no_next_action",
        Severity::Warning,
        &["T9"],
        evidence,
        Words::default(),
    ))
}
