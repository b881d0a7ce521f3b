//! Findings about where customer and seller stand (R1-R4).

use keynode_proto::scoring::v1::{Finding, Severity};

use super::super::case::{Case, stage_name};
use super::super::texts::Words;
use super::finding;

/// The key node of a stage that customer or seller have left behind is missing (R1, R4).
pub(super) fn key_node_missing(case: &Case<'_>) -> Option<Finding> {
    let position = case.owed()?;
    let unmet = case.unmet();
    let criteria = || unmet.iter().filter_map(|result| result.criterion.as_ref());
    let words = Words::default()
        .plain("position", position)
        .text("stage", stage_name(case.stage_at(position)))
        .list(
            "criteria",
            criteria().filter_map(|criterion| criterion.explanation.clone()),
        );
    let evidence = criteria().map(|criterion| criterion.id.clone());
    Some(finding(
        "key_node_missing",
        Severity::Critical,
        &["R1", "R4"],
        evidence,
        words,
    ))
}

/// The customer has gone on while our key nodes were not reached (R4).
pub(super) fn customer_ahead(case: &Case<'_>) -> Option<Finding> {
    let lag = case.lag().filter(|lag| *lag > 0)?;
    let step = case.buying_step()?;
    let answering = case.stage_at(step);
    let step_name = answering
        .and_then(|stage| stage.buying_step.clone())
        .unwrap_or_default();
    let missing = case.first_missing().unwrap_or(step);
    let words = Words::default()
        .plain("step", step)
        .plain("lag", lag)
        .plain("missing", missing)
        .text("step_name", step_name)
        .text("stage", stage_name(answering))
        .text("missing_stage", stage_name(case.stage_at(missing)));
    Some(finding(
        "customer_ahead",
        Severity::Critical,
        &["R4"],
        [case.opportunity.name.as_str()],
        words,
    ))
}

/// A stage was left by force (R2) and its key node is missing still: the probability of
/// success falls greatly.
pub(super) fn forced_advance(case: &Case<'_>) -> Option<Finding> {
    let mut forced = case.opportunity.forced_key_nodes.clone();
    forced.retain(|position| case.is_missing(*position));
    if forced.is_empty() {
        return None;
    }
    let stages = || {
        forced
            .iter()
            .filter_map(|position| case.stage_at(*position))
    };
    let words = Words::default().list("stages", stages().map(|stage| stage_name(Some(stage))));
    let evidence = stages().map(|stage| stage.id.as_str());
    Some(finding(
        "forced_advance",
        Severity::Critical,
        &["R2"],
        evidence,
        words,
    ))
}

/// We claim a stage beyond the customer's step (R4).
pub(super) fn stage_inflated(case: &Case<'_>) -> Option<Finding> {
    let inflation = case
        .opportunity
        .inflation
        .filter(|inflation| *inflation > 0)?;
    let stage = case.stage_at(case.opportunity.stage_position);
    let words = Words::default()
        .plain("inflation", inflation)
        .plain("step", case.buying_step().unwrap_or(0))
        .text("stage", stage_name(stage));
    let evidence = [case.opportunity.stage.as_str()];
    Some(finding(
        "stage_inflated",
        Severity::Warning,
        &["R4"],
        evidence,
        words,
    ))
}

/// Nobody recorded where the customer stands (R4): unknown, not the first step.
pub(super) fn buying_step_unknown(case: &Case<'_>) -> Option<Finding> {
    let unknown = case.buying_step().is_none();
    let evidence = [case.opportunity.name.as_str()];
    unknown.then(|| {
        finding(
            "buying_step_unknown",
            Severity::Warning,
            &["R4"],
            evidence,
            Words::default(),
        )
    })
}

/// A non-standard product, and we came after the first step (R3).
pub(super) fn late_entry(case: &Case<'_>) -> Option<Finding> {
    let step = case.opportunity.entry_buying_step;
    let late = case.opportunity.non_standard == Some(true) && step > 1;
    let words = Words::default().plain("step", step);
    let evidence = [case.opportunity.name.as_str()];
    late.then(|| finding("late_entry", Severity::Warning, &["R3"], evidence, words))
}
