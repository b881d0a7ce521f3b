//! The example model that comes with Keynode, to start from.

use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1::QualificationElement;
use keynode_proto::scoring::v1::{EvaluationModel, Factor, FactorGroup, GradeRule};
use serde::Deserialize;

const SOURCE: &str = include_str!("../../models/example.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    id: String,
    zh_cn: String,
    en: String,
    example: bool,
    pass_score: f64,
    required_elements: Vec<String>,
    factors: Vec<FactorEntry>,
    grade_rules: Vec<RuleEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactorEntry {
    id: String,
    group: String,
    zh_cn: String,
    en: String,
    weight: f64,
    scale_max: i32,
    knock_out_at: Option<i32>,
    #[serde(default)]
    required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    grade: String,
    min_score: f64,
    within_days: i32,
}

/// The example model, ready to be published: the method's nine factors with equal
/// weights, since the method gives none (R10, R11, R12, R13).
pub fn example_model() -> EvaluationModel {
    let file: ModelFile = toml::from_str(SOURCE).expect("the example model is read by a test");
    file.into()
}

impl From<ModelFile> for EvaluationModel {
    fn from(file: ModelFile) -> Self {
        Self {
            name: format!("evaluationModels/{}", file.id),
            display_name: Some(LocalizedText {
                zh_cn: file.zh_cn,
                en: file.en,
            }),
            factors: file.factors.into_iter().map(Factor::from).collect(),
            pass_score: file.pass_score,
            required_elements: file
                .required_elements
                .iter()
                .map(|name| element(name).into())
                .collect(),
            grade_rules: file.grade_rules.into_iter().map(GradeRule::from).collect(),
            example: file.example,
            ..Self::default()
        }
    }
}

impl From<FactorEntry> for Factor {
    fn from(entry: FactorEntry) -> Self {
        let group = FactorGroup::from_str_name(&format!("FACTOR_GROUP_{}", entry.group));
        Self {
            id: entry.id,
            group: group.unwrap_or_default().into(),
            display_name: Some(LocalizedText {
                zh_cn: entry.zh_cn,
                en: entry.en,
            }),
            weight: entry.weight,
            scale_max: entry.scale_max,
            knock_out_at: entry.knock_out_at,
            required: entry.required,
        }
    }
}

impl From<RuleEntry> for GradeRule {
    fn from(entry: RuleEntry) -> Self {
        Self {
            grade: entry.grade,
            min_score: entry.min_score,
            within_days: entry.within_days,
        }
    }
}

/// Unspecified for a name that is none, which publishing refuses.
fn element(name: &str) -> QualificationElement {
    QualificationElement::from_str_name(&format!("QUALIFICATION_ELEMENT_{name}"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_nine_factors_and_the_six_elements_of_the_method() {
        let model = example_model();
        assert_eq!((model.factors.len(), model.required_elements.len()), (9, 6));
        let project = model
            .factors
            .iter()
            .filter(|f| f.group() == FactorGroup::Project)
            .count();
        assert_eq!(project, 5);
        assert!(model.example, "it must be seen that it is an example");
    }

    #[test]
    fn it_knocks_out_what_r11_names_and_weighs_the_rest_alike() {
        let model = example_model();
        let knocks_out: Vec<&str> = model
            .factors
            .iter()
            .filter(|f| f.knock_out_at == Some(0))
            .map(|f| f.id.as_str())
            .collect();
        assert_eq!(
            knocks_out,
            ["project_class", "funding", "technical_requirements"]
        );
        assert!(
            model
                .factors
                .iter()
                .all(|f| f.weight == 1.0 && f.scale_max == 5)
        );
    }
}
