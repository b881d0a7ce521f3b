//! What makes an attractiveness model fit for use. Pure.

use std::collections::HashSet;

use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{AttractivenessFactor, AttractivenessModel};

use crate::competitor::strength::{FACTOR_FORM, is_factor};

const MOST: usize = 50;
/// What the weights total, per cent.
const WHOLE: i64 = 100;

/// Notes everything that is wrong with a model.
pub fn check(model: &AttractivenessModel, bad: &mut Violations) {
    check_factors(&model.factors, bad);
    for (field, value, most) in [
        ("important_from", model.important_from, 100),
        ("min_known_weight", model.min_known_weight, 100),
        ("expensive_from_percent", model.expensive_from_percent, 1000),
        ("share_tolerance", model.share_tolerance, 100),
    ] {
        bad.range(&format!("model.{field}"), value.into(), 1..=most);
    }
}

fn check_factors(factors: &[AttractivenessFactor], bad: &mut Violations) {
    if !(1..=MOST).contains(&factors.len()) {
        bad.add("model.factors", format!("must be 1 to {MOST} factors"));
    }
    let total: i64 = factors.iter().map(|factor| i64::from(factor.weight)).sum();
    if total != WHOLE {
        bad.add(
            "model.factors",
            format!("the weights total {total}; they must total {WHOLE}"),
        );
    }
    let mut seen = HashSet::new();
    for (n, factor) in factors.iter().enumerate() {
        let field = format!("model.factors[{n}]");
        if !seen.insert(factor.id.as_str()) {
            bad.add(format!("{field}.id"), "must be unique in the model");
        }
        check_factor(&field, factor, bad);
    }
}

fn check_factor(field: &str, factor: &AttractivenessFactor, bad: &mut Violations) {
    if !is_factor(&factor.id) {
        bad.add(format!("{field}.id"), FACTOR_FORM);
    }
    let words = factor.display_name.clone().unwrap_or_default();
    bad.required_text(&format!("{field}.display_name.zh_cn"), &words.zh_cn, 200);
    bad.required_text(&format!("{field}.display_name.en"), &words.en, 200);
    bad.range(&format!("{field}.weight"), factor.weight.into(), 1..=WHOLE);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::model::shipped;

    fn bad_fields(change: impl FnOnce(&mut AttractivenessModel)) -> Vec<String> {
        let mut model = shipped();
        change(&mut model);
        let mut bad = Violations::default();
        check(&model, &mut bad);
        let refused = bad.finish().err();
        let fields = refused.iter().flat_map(|fault| fault.fields());
        fields.map(|(field, _)| field.to_owned()).collect()
    }

    #[test]
    fn weights_of_99_and_101_are_refused() {
        for weight in [19, 21] {
            let refused = bad_fields(|model| model.factors[0].weight = weight);
            assert_eq!(refused, ["model.factors"]);
        }
        assert!(bad_fields(|model| model.factors[0].weight = 20).is_empty());
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let refused = bad_fields(|model| {
            model.important_from = 0;
            model.share_tolerance = 101;
            model.factors[1].id = model.factors[0].id.clone();
            model.factors[2].display_name = None;
        });
        let expected = [
            "model.factors[1].id",
            "model.factors[2].display_name.zh_cn",
            "model.factors[2].display_name.en",
            "model.important_from",
            "model.share_tolerance",
        ];
        assert_eq!(refused, expected);
    }
}
