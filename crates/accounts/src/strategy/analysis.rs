//! What the rules make of segments (R15, R16, R18). Pure: strategies and a model in,
//! judgements with their reasons out.

pub mod advice;
pub mod allocation;
pub mod attractiveness;
pub mod direction;
pub mod findings;

use keynode_proto::accounts::v1::{
    AttractivenessModel, SegmentAllocation, SegmentAnalysis, SegmentStrategy,
};
use keynode_proto::common::v1::LocalizedText;

use self::advice::Advice;
use self::allocation::Claim;

/// What is known of a segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// `segments/{id}`.
    pub segment: String,
    pub display_name: String,
    pub strategy_version: i64,
    pub strategy: SegmentStrategy,
    pub members: i64,
    /// None: the class of customers is not known.
    pub winter_jasmines: Option<i64>,
}

/// Judges segments and compares their resources with each other.
pub fn analyze(model: &AttractivenessModel, segments: &[Facts]) -> Vec<SegmentAnalysis> {
    let advised: Vec<Advice> = segments
        .iter()
        .map(|facts| advice::advise(model, &facts.strategy))
        .collect();
    let claims: Vec<Claim> = segments
        .iter()
        .zip(&advised)
        .map(|(facts, advice)| Claim::of(model, &facts.strategy, advice))
        .collect();
    let allocations = allocation::allocate(model, &claims);
    segments
        .iter()
        .zip(advised)
        .zip(allocations)
        .map(|((facts, advice), allocation)| one(facts, advice, allocation))
        .collect()
}

fn one(facts: &Facts, advice: Advice, allocation: SegmentAllocation) -> SegmentAnalysis {
    let suggested = direction::suggest(&facts.strategy);
    SegmentAnalysis {
        segment: facts.segment.clone(),
        display_name: facts.display_name.clone(),
        strategy_version: facts.strategy_version,
        importance: advice.importance.into(),
        expense: advice.expense.into(),
        expense_ratio: advice.expense_ratio,
        advice: advice.advice.into(),
        reasons: advice.reasons,
        attractiveness: Some(advice.attractiveness),
        suggested_strategy: suggested.into(),
        findings: findings::find(facts, &allocation, suggested),
        allocation: Some(allocation),
        members: facts.members,
        winter_jasmines: facts.winter_jasmines,
    }
}

/// A text for people in both languages.
fn text(zh_cn: impl Into<String>, en: impl Into<String>) -> LocalizedText {
    LocalizedText {
        zh_cn: zh_cn.into(),
        en: en.into(),
    }
}

/// Two digits after the point are enough for people, and hide how floats are added.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
