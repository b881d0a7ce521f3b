//! What a draft still lacks to screen anybody. Pure.

use keynode_proto::accounts::v1::{ScreeningCriterionKind, TargetDefinition};

/// What the weights of the scored criteria total, per cent.
const WHOLE: i64 = 100;

/// One thing to put right before a draft can be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// For programs, e.g. `WEIGHTS_TOTAL`.
    pub kind: &'static str,
    /// What to do.
    pub text: String,
}

/// Everything that a draft lacks; nothing when it can be published.
pub fn missing(definition: &TargetDefinition) -> Vec<Missing> {
    let scored: Vec<_> = definition
        .criteria
        .iter()
        .filter(|criterion| criterion.kind() == ScreeningCriterionKind::Scored)
        .collect();
    let total: i64 = scored
        .iter()
        .map(|criterion| i64::from(criterion.weight))
        .sum();
    let mut missing = Vec::new();
    let mut add = |kind, text| missing.push(Missing { kind, text });
    if definition.criteria.is_empty() {
        add("CRITERIA", "add at least one criterion".to_owned());
    }
    if !scored.is_empty() && total != WHOLE {
        let text = format!("the weights of the scored criteria total {total}; make them total 100");
        add("WEIGHTS_TOTAL", text);
    }
    for criterion in scored.iter().filter(|criterion| criterion.weight == 0) {
        let text = format!("give criterion {} a weight or take it out", criterion.id);
        add("WEIGHT", text);
    }
    match (scored.is_empty(), definition.pass_percent) {
        (false, 0) => add(
            "PASS_PERCENT",
            "say what score suffices, 1 to 100".to_owned(),
        ),
        (true, 1..) => add(
            "PASS_PERCENT",
            "nothing is scored: set pass_percent to 0".to_owned(),
        ),
        _ => {}
    }
    missing
}

#[cfg(test)]
mod tests {
    use keynode_proto::accounts::v1::ScreeningCriterion;

    use super::*;

    fn definition(weights: &[i32], pass_percent: i32) -> TargetDefinition {
        let criterion = |weight: &i32| ScreeningCriterion {
            kind: ScreeningCriterionKind::Scored.into(),
            weight: *weight,
            ..ScreeningCriterion::default()
        };
        TargetDefinition {
            criteria: weights.iter().map(criterion).collect(),
            pass_percent,
            ..TargetDefinition::default()
        }
    }

    fn kinds(definition: &TargetDefinition) -> Vec<&'static str> {
        missing(definition)
            .into_iter()
            .map(|missing| missing.kind)
            .collect()
    }

    #[test]
    fn weights_total_100_no_more_no_less() {
        assert!(kinds(&definition(&[60, 40], 70)).is_empty());
        assert_eq!(kinds(&definition(&[60, 39], 70)), ["WEIGHTS_TOTAL"]);
        assert_eq!(kinds(&definition(&[60, 41], 70)), ["WEIGHTS_TOTAL"]);
    }

    #[test]
    fn knock_outs_alone_suffice_and_need_no_score() {
        let mut knock_out = definition(&[0], 0);
        knock_out.criteria[0].set_kind(ScreeningCriterionKind::KnockOut);
        assert!(kinds(&knock_out).is_empty());
        knock_out.pass_percent = 50;
        assert_eq!(kinds(&knock_out), ["PASS_PERCENT"]);
    }

    #[test]
    fn everything_missing_is_said_at_once() {
        assert_eq!(kinds(&definition(&[], 0)), ["CRITERIA"]);
        assert_eq!(
            kinds(&definition(&[99, 0], 0)),
            ["WEIGHTS_TOTAL", "WEIGHT", "PASS_PERCENT"]
        );
    }
}
