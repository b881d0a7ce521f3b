//! Holds a prospect against a target definition (R11, R12, R30). Pure: the same facts give
//! the same answer. What is unknown is unknown: it counts neither for nor against.

mod check;
#[cfg(test)]
mod tests;

use keynode_proto::accounts::v1::{
    CriterionScreening, Prospect, Screening, ScreeningCriterion, ScreeningCriterionKind,
    ScreeningOutcome, ScreeningVerdict, TargetDefinition,
};

/// What the definition says of the prospect. Who asked, and when, is not its business.
pub fn screen(definition: &TargetDefinition, prospect: &Prospect) -> Screening {
    let criteria: Vec<_> = definition
        .criteria
        .iter()
        .map(|criterion| judge(criterion, prospect))
        .collect();
    let min_score = score(&criteria, &[ScreeningVerdict::Passed]);
    let max_score = score(
        &criteria,
        &[ScreeningVerdict::Passed, ScreeningVerdict::Unknown],
    );
    let score = Score {
        min: min_score,
        max: max_score,
        pass: definition.pass_percent,
    };
    Screening {
        target_definition: definition.name.clone(),
        target_definition_version: definition.version,
        outcome: outcome(&criteria, &score).into(),
        min_score,
        max_score,
        pass_percent: definition.pass_percent,
        criteria,
        ..Screening::default()
    }
}

/// Whether a screening could see the difference between two states of a prospect.
pub fn sees_change(before: &Prospect, after: &Prospect) -> bool {
    let facts = |prospect: &Prospect| Prospect {
        industry: prospect.industry.clone(),
        location: prospect.location.clone(),
        annual_revenue: prospect.annual_revenue.clone(),
        employee_count: prospect.employee_count,
        founded_year: prospect.founded_year,
        need: prospect.need.clone(),
        budget: prospect.budget.clone(),
        timetable_date: prospect.timetable_date,
        no_timetable: prospect.no_timetable,
        answers: prospect.answers.clone(),
        target_definition: prospect.target_definition.clone(),
        ..Prospect::default()
    };
    facts(before) != facts(after)
}

/// The criteria of a screening that keep its prospect from being qualified.
pub fn open(screening: &Screening) -> Vec<CriterionScreening> {
    let is_open = |criterion: &&CriterionScreening| criterion.verdict() != ScreeningVerdict::Passed;
    screening.criteria.iter().filter(is_open).cloned().collect()
}

/// Per cent: reached, reachable, needed.
struct Score {
    min: i32,
    max: i32,
    pass: i32,
}

fn outcome(criteria: &[CriterionScreening], score: &Score) -> ScreeningOutcome {
    let any_knock_out = |verdict| {
        criteria.iter().any(|criterion| {
            criterion.kind() == ScreeningCriterionKind::KnockOut && criterion.verdict() == verdict
        })
    };
    if any_knock_out(ScreeningVerdict::Failed) || score.max < score.pass {
        ScreeningOutcome::Unqualified
    } else if any_knock_out(ScreeningVerdict::Unknown) || score.min < score.pass {
        ScreeningOutcome::Undetermined
    } else {
        ScreeningOutcome::Qualified
    }
}

fn score(criteria: &[CriterionScreening], counting: &[ScreeningVerdict]) -> i32 {
    criteria
        .iter()
        .filter(|criterion| criterion.kind() == ScreeningCriterionKind::Scored)
        .filter(|criterion| counting.contains(&criterion.verdict()))
        .map(|criterion| criterion.weight)
        .sum()
}

fn judge(criterion: &ScreeningCriterion, prospect: &Prospect) -> CriterionScreening {
    let finding = check::check(criterion, prospect);
    CriterionScreening {
        criterion: criterion.id.clone(),
        display_name: criterion.display_name.clone(),
        kind: criterion.kind,
        weight: criterion.weight,
        verdict: finding.verdict.into(),
        reason: Some(finding.reason),
    }
}
