//! Customer and seller side by side (R4).

use keynode_proto::scoring::v1::Alignment;

use super::case::Case;

/// Where both stand. How far apart they are is the pipeline's to say.
pub(super) fn align(case: &Case<'_>) -> Alignment {
    let step = case.buying_step();
    let answering = step.and_then(|step| case.stage_at(step));
    let effective = case.first_missing();
    let after_the_last = case
        .stages
        .iter()
        .map(|stage| stage.position)
        .max()
        .unwrap_or(0)
        + 1;
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
        effective_stage_position: effective.unwrap_or(after_the_last),
        lag: case.opportunity.lag,
        inflation: case.opportunity.inflation,
    }
}
