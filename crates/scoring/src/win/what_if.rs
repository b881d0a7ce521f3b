//! `WhatIf`: what the probability would be if some values were others.

use std::collections::HashSet;

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::scoring::v1::{ContributionChange, WhatIfRequest, WhatIfResponse};

use super::score::Asked;
use super::{get, rows};
use crate::Scoring;
use crate::error::Error;
use crate::learn::{Observation, Score};

pub(crate) async fn what_if(
    scoring: &Scoring,
    call: &Call,
    request: WhatIfRequest,
) -> Result<WhatIfResponse, Error> {
    let mut bad = Violations::default();
    let asked = Asked::read(&mut bad, request.row.as_ref(), None);
    let changes = rows::observations(&mut bad, "changes", &request.changes);
    let cleared = cleared(&mut bad, &request.cleared_factors);
    once(&mut bad, &changes, &cleared);
    let stored = get::chosen(scoring, call, "model", &request.model, bad).await?;
    let other = replaced(&asked.known, changes, &cleared);
    let before = asked.score(&stored, &asked.known);
    let after = asked.score(&stored, &other);
    Ok(WhatIfResponse {
        changes: differences(&before, &after),
        before: Some(asked.tell(&stored, &before)),
        after: Some(asked.tell(&stored, &after)),
    })
}

fn cleared(bad: &mut Violations, given: &[String]) -> Vec<String> {
    if given.len() > rows::MAX_VALUES {
        let why = format!("must be at most {}", rows::MAX_VALUES);
        bad.add("cleared_factors", why);
        return Vec::new();
    }
    let names = given.iter().enumerate();
    names
        .map(|(index, name)| rows::factor(bad, &format!("cleared_factors[{index}]"), name))
        .collect()
}

/// A factor that is changed twice, or changed and cleared, has no one value.
fn once(bad: &mut Violations, changes: &[Observation], cleared: &[String]) {
    let mut seen = HashSet::new();
    let changed = changes.iter().map(|it| ("changes", it.factor.as_str()));
    let cleared = cleared.iter().map(|it| ("cleared_factors", it.as_str()));
    for (field, factor) in changed.chain(cleared) {
        if !seen.insert(factor) {
            bad.add(field, format!("must name {factor} once"));
        }
    }
}

fn replaced(
    known: &[Observation],
    changes: Vec<Observation>,
    cleared: &[String],
) -> Vec<Observation> {
    let stays = |it: &&Observation| {
        !cleared.contains(&it.factor) && !changes.iter().any(|change| change.factor == it.factor)
    };
    let mut all: Vec<Observation> = known.iter().filter(stays).cloned().collect();
    // What would be is not bound to a time.
    let timeless = changes
        .into_iter()
        .map(|it| Observation { set_at: None, ..it });
    all.extend(timeless);
    all
}

fn differences(before: &Score, after: &Score) -> Vec<ContributionChange> {
    let of = |score: &Score, factor: &str| {
        let found = score.contributions.iter().find(|it| it.factor == factor);
        found.map_or(0.0, |it| it.log_odds)
    };
    let mut names: Vec<&str> = Vec::new();
    for it in before.contributions.iter().chain(&after.contributions) {
        if !names.contains(&it.factor.as_str()) {
            names.push(&it.factor);
        }
    }
    let mut changes: Vec<ContributionChange> = names
        .into_iter()
        .map(|factor| ContributionChange {
            factor: factor.to_owned(),
            log_odds_before: of(before, factor),
            log_odds_after: of(after, factor),
        })
        .filter(|it| it.log_odds_before != it.log_odds_after)
        .collect();
    let size = |it: &ContributionChange| (it.log_odds_after - it.log_odds_before).abs();
    changes.sort_by(|a, b| size(b).total_cmp(&size(a)));
    changes
}
