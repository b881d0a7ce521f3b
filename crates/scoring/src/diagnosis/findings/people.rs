//! Findings about the people in the decision (R20-R23, T7).

use keynode_proto::accounts::v1::DecisionMakerReach;
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1::CriterionKind;
use keynode_proto::scoring::v1::{Finding, Severity};

use super::super::case::Case;
use super::super::texts::{self, Words};
use super::{finding, severity_of_work};

/// Nobody inside tells us what we need to know (R20).
pub(super) fn no_coach(case: &Case<'_>) -> Option<Finding> {
    let severity = severity_at(case, CriterionKind::CoachPresent);
    let evidence = [case.people.map.as_str()];
    (!case.people.has_coach)
        .then(|| finding("no_coach", severity, &["R20"], evidence, Words::default()))
}

/// The map names nobody who decides (R20, R23).
pub(super) fn decision_maker_unknown(case: &Case<'_>) -> Option<Finding> {
    let severity = severity_at(case, CriterionKind::DecisionMakersReached);
    let evidence = [case.people.map.as_str()];
    let rules = ["R20", "R23", "T7"];
    (!case.people.decision_maker_known).then(|| {
        finding(
            "decision_maker_unknown",
            severity,
            &rules,
            evidence,
            Words::default(),
        )
    })
}

/// Nobody on our side leads to a decision maker (R23).
pub(super) fn no_path_to_decision_maker(case: &Case<'_>) -> Option<Finding> {
    let unreached = case.unreached();
    if unreached.is_empty() {
        return None;
    }
    let makers = case
        .people
        .decision_makers
        .iter()
        .filter(|maker| maker.path.is_none());
    let words = Words::default()
        .list("names", makers.map(name_of))
        .plain("supporters", case.people.supporters.len());
    let severity = severity_at(case, CriterionKind::DecisionMakersReached);
    Some(finding(
        "no_path_to_decision_maker",
        severity,
        &["R23", "T7"],
        unreached,
        words,
    ))
}

/// Functions of the buying organisation where we met nobody (R20, R22).
pub(super) fn uncovered_functions(case: &Case<'_>) -> Option<Finding> {
    let functions: Vec<_> = case.people.uncovered_functions().collect();
    if functions.is_empty() {
        return None;
    }
    let words = Words::default().list("functions", functions.iter().copied().map(texts::function));
    let evidence = functions.into_iter().map(texts::function_name);
    Some(finding(
        "uncovered_functions",
        Severity::Warning,
        &["R20", "R22"],
        evidence,
        words,
    ))
}

/// Key persons whom we never met (R21).
pub(super) fn key_persons_not_met(case: &Case<'_>) -> Option<Finding> {
    let persons = &case.people.key_persons_without_contact;
    if persons.is_empty() {
        return None;
    }
    let words = Words::default().plain("count", persons.len());
    let severity = severity_at(case, CriterionKind::KeyPersonsMet);
    Some(finding(
        "key_persons_not_met",
        severity,
        &["R21"],
        persons,
        words,
    ))
}

/// The name; of a person who is masked, how to speak of them.
fn name_of(maker: &DecisionMakerReach) -> LocalizedText {
    maker.masked_as.clone().unwrap_or_else(|| LocalizedText {
        zh_cn: maker.display_name.clone(),
        en: maker.display_name.clone(),
    })
}

fn severity_at(case: &Case<'_>, kind: CriterionKind) -> Severity {
    severity_of_work(case, case.stage_asking(kind).map(|stage| stage.position))
}
