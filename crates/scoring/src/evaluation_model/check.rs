//! What makes an evaluation model fit for use. Pure.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use keynode_kit::validate::Violations;
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1::QualificationElement;
use keynode_proto::scoring::v1::{EvaluationModel, Factor, FactorGroup, GradeRule};

/// Grades from best to worst (R13).
pub const GRADES: [&str; 4] = ["A", "B", "C", "D"];

const MAX_FACTORS: usize = 100;
const MAX_RULES: usize = 100;
const MAX_NAME: usize = 200;
const MAX_SCALE: i64 = 1000;
/// Far above any use, far below where sums of weights lose digits.
const MAX_WEIGHT: f64 = 1e6;

/// Notes everything that is wrong with a model but its name.
pub fn check(bad: &mut Violations, model: &EvaluationModel) {
    check_display_name(bad, "model.display_name", model.display_name.as_ref());
    check_count(bad, "model.factors", model.factors.len(), 1..=MAX_FACTORS);
    let mut ids = HashSet::new();
    for (i, factor) in model.factors.iter().enumerate() {
        let field = format!("model.factors[{i}]");
        check_factor(bad, &field, factor);
        if !ids.insert(factor.id.as_str()) {
            bad.add(format!("{field}.id"), "must be unique in the model");
        }
    }
    check_score(bad, "model.pass_score", model.pass_score);
    check_elements(bad, &model.required_elements);
    check_count(
        bad,
        "model.grade_rules",
        model.grade_rules.len(),
        0..=MAX_RULES,
    );
    for (i, rule) in model.grade_rules.iter().enumerate() {
        check_rule(bad, &format!("model.grade_rules[{i}]"), rule);
    }
}

fn check_factor(bad: &mut Violations, field: &str, factor: &Factor) {
    if !is_factor_id(&factor.id) {
        bad.add(
            format!("{field}.id"),
            "must be lower-case letters, digits and underscores, a letter first, at most 63",
        );
    }
    let _: FactorGroup = bad.required_enum(&format!("{field}.group"), factor.group);
    check_display_name(
        bad,
        &format!("{field}.display_name"),
        factor.display_name.as_ref(),
    );
    // Also refuses what is not a number.
    if !(factor.weight > 0.0 && factor.weight <= MAX_WEIGHT) {
        bad.add(
            format!("{field}.weight"),
            format!("must be over 0 and at most {MAX_WEIGHT}"),
        );
    }
    bad.range(
        &format!("{field}.scale_max"),
        factor.scale_max.into(),
        1..=MAX_SCALE,
    );
    if factor
        .knock_out_at
        .is_some_and(|at| !(0..factor.scale_max).contains(&at))
    {
        bad.add(
            format!("{field}.knock_out_at"),
            "must be 0 or more and below scale_max, or every answer would knock out",
        );
    }
}

fn is_factor_id(id: &str) -> bool {
    id.len() <= 63
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// One language suffices: readers of the other one see it too.
fn check_display_name(bad: &mut Violations, field: &str, name: Option<&LocalizedText>) {
    let (zh_cn, en) = name.map_or(("", ""), |name| (name.zh_cn.as_str(), name.en.as_str()));
    let zh_cn = bad.text(&format!("{field}.zh_cn"), zh_cn, MAX_NAME);
    let en = bad.text(&format!("{field}.en"), en, MAX_NAME);
    if zh_cn.is_empty() && en.is_empty() {
        bad.add(field, "must not be empty; give zh_cn, en or both");
    }
}

fn check_elements(bad: &mut Violations, elements: &[i32]) {
    let mut seen = HashSet::new();
    for (i, element) in elements.iter().enumerate() {
        let field = format!("model.required_elements[{i}]");
        let _: QualificationElement = bad.required_enum(&field, *element);
        if !seen.insert(element) {
            bad.add(field, "must be named once");
        }
    }
}

fn check_rule(bad: &mut Violations, field: &str, rule: &GradeRule) {
    if !GRADES.contains(&rule.grade.as_str()) {
        bad.add(format!("{field}.grade"), "must be A, B, C or D");
    }
    check_score(bad, &format!("{field}.min_score"), rule.min_score);
    bad.range(
        &format!("{field}.within_days"),
        rule.within_days.into(),
        0..=i64::from(i32::MAX),
    );
}

fn check_score(bad: &mut Violations, field: &str, score: f64) {
    if !(0.0..=100.0).contains(&score) {
        bad.add(field, "must be 0 to 100");
    }
}

fn check_count(bad: &mut Violations, field: &str, count: usize, allowed: RangeInclusive<usize>) {
    if !allowed.contains(&count) {
        bad.add(
            field,
            format!("must be {} to {} of them", allowed.start(), allowed.end()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example_model;

    fn bad_fields(model: &EvaluationModel) -> Vec<String> {
        let mut bad = Violations::default();
        check(&mut bad, model);
        let Err(fault) = bad.finish() else {
            return Vec::new();
        };
        fault.fields().map(|(field, _)| field.to_owned()).collect()
    }

    #[test]
    fn the_example_is_fit_for_use() {
        assert_eq!(bad_fields(&example_model()), Vec::<String>::new());
    }

    #[test]
    fn an_empty_model_has_no_name_and_no_factors() {
        assert_eq!(
            bad_fields(&EvaluationModel::default()),
            ["model.display_name", "model.factors"]
        );
    }

    #[test]
    fn every_bad_field_is_named() {
        let mut model = example_model();
        model.factors[1].id = model.factors[0].id.clone();
        model.factors[2].weight = f64::NAN;
        model.factors[3].knock_out_at = Some(model.factors[3].scale_max);
        model.factors[4].group = 0;
        model.factors[5].scale_max = 0;
        model.factors[6].id = "Price!".to_owned();
        model.pass_score = 100.5;
        model.required_elements[1] = model.required_elements[0];
        model.grade_rules[0].grade = "E".to_owned();
        model.grade_rules[1].min_score = f64::INFINITY;
        model.grade_rules[2].within_days = -1;
        let expected = [
            "model.factors[1].id",
            "model.factors[2].weight",
            "model.factors[3].knock_out_at",
            "model.factors[4].group",
            "model.factors[5].scale_max",
            "model.factors[6].id",
            "model.pass_score",
            "model.required_elements[1]",
            "model.grade_rules[0].grade",
            "model.grade_rules[1].min_score",
            "model.grade_rules[2].within_days",
        ];
        assert_eq!(bad_fields(&model), expected);
    }

    #[test]
    fn a_weight_of_nothing_or_without_end_is_refused() {
        for weight in [0.0, -1.0, f64::INFINITY, 1e7] {
            let mut model = example_model();
            model.factors[0].weight = weight;
            assert_eq!(bad_fields(&model), ["model.factors[0].weight"], "{weight}");
        }
    }
}
