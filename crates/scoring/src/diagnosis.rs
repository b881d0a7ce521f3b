//! What the recorded facts say of a deal (R4, R6, R12, R23). Pure: facts and time in,
//! diagnosis out; the same facts give the same diagnosis.

mod advice;
mod alignment;
mod findings;
mod outlook;

use keynode_kit::wire;
use keynode_proto::pipeline::v1::{DecisionBasis, Knowledge};
use keynode_proto::scoring::v1::Diagnosis;

use crate::case::Case;

/// Diagnoses a deal.
pub fn diagnose(case: &Case<'_>) -> Diagnosis {
    let findings = findings::find(case);
    let outlook = outlook::judge(case, &findings);
    Diagnosis {
        opportunity: case.opportunity.name.clone(),
        as_of: Some(wire::timestamp(case.now)),
        alignment: Some(alignment::align(case)),
        first_missing_key_node: case.first_missing().unwrap_or(0),
        unmet_criteria: case.unmet().into_iter().cloned().collect(),
        unknown_elements: case
            .elements(Knowledge::Unspecified)
            .map(i32::from)
            .collect(),
        partial_elements: case.elements(Knowledge::Partial).map(i32::from).collect(),
        people: Some(case.people.clone()),
        evaluation: case.evaluation.cloned(),
        findings,
        advice: advice::advise(case),
        may_advance: case.may_advance(),
        outlook: outlook.into(),
        outlook_text: Some(outlook::text(case, outlook)),
        basis: Some(basis(case)),
    }
}

fn basis(case: &Case<'_>) -> DecisionBasis {
    let (opportunity, evaluation) = (case.opportunity, case.evaluation);
    DecisionBasis {
        process: opportunity.process.clone(),
        process_version: opportunity.process_version,
        opportunity_version: opportunity.etag.parse().unwrap_or(0),
        decision_map_version: case.people.map_version,
        evaluation: evaluation
            .map(|evaluation| evaluation.name.clone())
            .unwrap_or_default(),
        evaluation_model_version: evaluation.map_or(0, |evaluation| evaluation.model_version),
    }
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
