//! What is wrong: each finding is one pure function and one line in [`FINDINGS`].

mod people;
mod place;
mod preparation;

use keynode_proto::scoring::v1::{Finding, Severity};

use super::case::Case;
use super::texts::{self, Words};

/// Sees something in a case, or does not.
type Rule = fn(&Case<'_>) -> Option<Finding>;

/// Every finding, in the order in which those of one severity are told.
const FINDINGS: &[Rule] = &[
    place::key_node_missing,
    place::customer_ahead,
    preparation::elements_unknown,
    preparation::not_evaluated,
    preparation::evaluation_no_go,
    place::forced_advance,
    people::no_coach,
    people::decision_maker_unknown,
    people::no_path_to_decision_maker,
    people::uncovered_functions,
    people::key_persons_not_met,
    place::stage_inflated,
    place::buying_step_unknown,
    preparation::no_next_action,
    place::late_entry,
];

/// What is wrong with a deal, gravest first. A deal that is closed is past mending.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    if !case.is_open() {
        return Vec::new();
    }
    let mut found: Vec<Finding> = FINDINGS.iter().filter_map(|rule| rule(case)).collect();
    // Stable: the table's order remains within a severity.
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

fn finding(
    code: &str,
    severity: Severity,
    rules: &[&str],
    evidence: impl IntoIterator<Item = impl Into<String>>,
    words: Words,
) -> Finding {
    Finding {
        code: code.to_owned(),
        severity: severity.into(),
        text: Some(texts::render("finding", code, words)),
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        evidence: evidence.into_iter().map(Into::into).collect(),
    }
}

/// What is missing in a stage weakens the deal while the stage lasts, and decides it
/// once customer or seller are past it.
fn severity_of_work(case: &Case<'_>, position: Option<i32>) -> Severity {
    match position {
        Some(position) if case.is_behind(position) => Severity::Critical,
        _ => Severity::Warning,
    }
}

#[cfg(test)]
mod tests;
