//! `Explain`: what raises the probability and what lowers it, in words.

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::scoring::v1::{
    ExplainRequest, ExplainResponse, ExplainedFactor, ValueState, WinContribution, WinScore,
};

use super::score::Asked;
use super::{get, rows};
use crate::Scoring;
use crate::error::Error;
use crate::learn::Value;
use crate::texts::{self, Words};

const MAX_TOP: i64 = 50;
const DEFAULT_TOP: usize = 5;

pub(crate) async fn explain(
    scoring: &Scoring,
    call: &Call,
    request: ExplainRequest,
) -> Result<ExplainResponse, Error> {
    let mut bad = Violations::default();
    let asked = Asked::read(&mut bad, request.row.as_ref(), request.as_of_time.as_ref());
    let top = bad.range("top", request.top.into(), 0..=MAX_TOP);
    let top = usize::try_from(top)
        .ok()
        .filter(|top| *top > 0)
        .unwrap_or(DEFAULT_TOP);
    let stored = get::chosen(scoring, call, "model", &request.model, bad).await?;
    let score = asked.score(&stored, &asked.known);
    Ok(in_words(asked.tell(&stored, &score), top))
}

fn in_words(score: WinScore, top: usize) -> ExplainResponse {
    let strongest = |sign: f64| {
        let mut chosen: Vec<&WinContribution> = score
            .contributions
            .iter()
            .filter(|it| it.log_odds * sign > 0.0)
            .collect();
        chosen.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()));
        chosen.truncate(top);
        chosen.into_iter().map(explained).collect::<Vec<_>>()
    };
    let nothing_learnt =
        |it: &&WinContribution| matches!(it.state(), ValueState::Unseen | ValueState::Unused);
    let (up, down) = (strongest(1.0), strongest(-1.0));
    let unknown = score.contributions.iter().filter(nothing_learnt);
    ExplainResponse {
        unknown: unknown.take(top).map(explained).collect(),
        text: Some(sentence(&score, &up, &down)),
        up,
        down,
        score: Some(score),
    }
}

fn explained(contribution: &WinContribution) -> ExplainedFactor {
    let code = match contribution.state() {
        ValueState::Missing | ValueState::NotVisible => "missing",
        ValueState::Unseen => "unseen",
        ValueState::Unused => "unused",
        _ if contribution.log_odds > 0.0 => "up",
        _ => "down",
    };
    let (factor, value) = shown(contribution);
    let words = Words::default()
        .plain("factor", factor)
        .plain("value", value)
        .plain("log_odds", format!("{:+.2}", contribution.log_odds))
        .plain("support", contribution.support);
    ExplainedFactor {
        contribution: Some(contribution.clone()),
        text: Some(texts::render("win", code, words)),
    }
}

/// The factor, and its value as it is written.
fn shown(contribution: &WinContribution) -> (String, String) {
    let Some(observation) = &contribution.observation else {
        return Default::default();
    };
    let mut ignored = Violations::default();
    let read = rows::observations(&mut ignored, "", std::slice::from_ref(observation));
    let value = read.first().map(|it| &it.value).map(Value::to_string);
    (observation.factor.clone(), value.unwrap_or_default())
}

fn sentence(score: &WinScore, up: &[ExplainedFactor], down: &[ExplainedFactor]) -> LocalizedText {
    let names = |factors: &[ExplainedFactor]| -> Vec<LocalizedText> {
        let named = factors.iter().filter_map(|it| it.contribution.as_ref());
        let text = |it: &WinContribution| {
            let (factor, _) = shown(it);
            LocalizedText {
                zh_cn: factor.clone(),
                en: factor,
            }
        };
        named.map(text).collect()
    };
    let words = Words::default()
        .plain("percent", format!("{:.0}", 100.0 * score.probability))
        .plain("support", score.support)
        .list("up", names(up))
        .list("down", names(down));
    texts::render("win", "sentence", words)
}
