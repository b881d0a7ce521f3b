//! What the recorded facts say of a deal (R4, R6, R12, R23). Pure: facts and time in,
//! diagnosis out; the same facts give the same diagnosis.

mod advice;
mod alignment;
mod case;
mod findings;
mod gates;
mod outlook;
mod texts;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use keynode_kit::wire;
use keynode_proto::accounts::v1::DecisionMapAnalysis;
use keynode_proto::pipeline::v1::{DecisionBasis, Knowledge};
use keynode_proto::scoring::v1::{Diagnosis, Evaluation};

use self::case::Case;
use crate::peers::Facts;

/// Diagnoses a deal. `people` is what its decision map means, `evaluation` its newest
/// judgement; `now` tells which planned actions still lie ahead.
pub fn diagnose(
    facts: &Facts,
    people: &DecisionMapAnalysis,
    evaluation: Option<&Evaluation>,
    now: Timestamp,
) -> Diagnosis {
    let case = Case {
        opportunity: &facts.opportunity,
        stages: &facts.process.stages,
        activities: &facts.activities,
        gates: gates::decide(&facts.gates, people, evaluation),
        people,
        evaluation,
        today: now.to_zoned(TimeZone::UTC).date(),
    };
    let findings = findings::find(&case);
    let outlook = outlook::judge(&case, &findings);
    Diagnosis {
        opportunity: facts.opportunity.name.clone(),
        as_of: Some(wire::timestamp(now)),
        alignment: Some(alignment::align(&case)),
        first_missing_key_node: case.first_missing().unwrap_or(0),
        unmet_criteria: case.unmet().into_iter().cloned().collect(),
        unknown_elements: case
            .elements(Knowledge::Unspecified)
            .map(i32::from)
            .collect(),
        partial_elements: case.elements(Knowledge::Partial).map(i32::from).collect(),
        people: Some(people.clone()),
        evaluation: evaluation.cloned(),
        findings,
        advice: advice::advise(&case),
        may_advance: case.may_advance(),
        outlook: outlook.into(),
        outlook_text: Some(outlook::text(&case, outlook)),
        basis: Some(basis(facts, people, evaluation)),
    }
}

fn basis(
    facts: &Facts,
    people: &DecisionMapAnalysis,
    evaluation: Option<&Evaluation>,
) -> DecisionBasis {
    DecisionBasis {
        process: facts.opportunity.process.clone(),
        process_version: facts.opportunity.process_version,
        opportunity_version: facts.opportunity.etag.parse().unwrap_or(0),
        decision_map_version: people.map_version,
        evaluation: evaluation
            .map(|evaluation| evaluation.name.clone())
            .unwrap_or_default(),
        evaluation_model_version: evaluation.map_or(0, |evaluation| evaluation.model_version),
    }
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
