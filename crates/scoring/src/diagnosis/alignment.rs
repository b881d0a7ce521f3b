//! Customer and seller side by side (R4).

use keynode_proto::scoring::v1::Alignment;

use crate::case::Case;

/// Where both stand. The pipeline counts completed key nodes; here, those that the facts
/// reach by now count as well.
pub(super) fn align(case: &Case<'_>) -> Alignment {
    let step = case.buying_step();
    let answering = step.and_then(|step| case.stage_at(step));
    let effective = case.first_missing();
    Alignment {
        buying_step: step.unwrap_or(0),
        buying_step_name: answering.and_then(|stage| stage.buying_step.clone()),
        answering_stage: answering.map(|stage| stage.id.clone()).unwrap_or_default(),
        stage: case.opportunity.stage.clone(),
        stage_position: case.opportunity.stage_position,
        effective_stage: effective
            .and_then(|position| case.stage_at(position))
            .map(|stage| stage.id.clone())
            .unwrap_or_default(),
        effective_stage_position: case.effective_position(),
        lag: case.lag(),
        inflation: case.opportunity.inflation,
    }
}
