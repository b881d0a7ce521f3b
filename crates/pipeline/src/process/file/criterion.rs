//! The criteria of key nodes in a process file.

use super::shape::CriterionFile;
use super::{Kind, Reader};
use crate::process::expression::Expression;
use crate::process::{Check, Criterion};
use crate::{element, fact};

impl Reader {
    pub(super) fn criterion(&mut self, place: &str, file: CriterionFile) -> Criterion {
        let check = self.check(place, &file);
        Criterion {
            id: self.new_id(place, file.id, Kind::Criterion),
            required: file.required,
            explanation: self.text(&format!("{place}.explanation"), file.explanation),
            check,
            waivable_by: self.ids(&format!("{place}.waivable_by"), file.waivable_by),
        }
    }

    fn ids(&mut self, place: &str, ids: Vec<String>) -> Vec<String> {
        let ids = ids.into_iter().enumerate();
        ids.map(|(n, id)| self.id(&format!("{place}[{n}]"), id, '_'))
            .collect()
    }

    /// The check, with exactly the keys that belong to it.
    fn check(&mut self, place: &str, file: &CriterionFile) -> Check {
        let at = format!("{place}.check");
        let Some(name) = self.required(&at, file.check.as_deref()) else {
            return Check::CoachPresent;
        };
        let (check, key) = match name {
            "element_known" => (self.element_known(place, file), Some("element")),
            "evaluation_passed" => (self.evaluation_passed(place, file), Some("grades")),
            "coach_present" => (Check::CoachPresent, None),
            "decision_makers_reached" => (Check::DecisionMakersReached, None),
            "key_persons_met" => (Check::KeyPersonsMet, None),
            "evidence_recorded" => (self.evidence_recorded(place, file), Some("evidence")),
            "expression" => (self.expression(place, file), Some("expression")),
            unknown => {
                self.wrong(&at, &format!("`{unknown}` is no known check"));
                return Check::CoachPresent;
            }
        };
        let given = [
            ("element", file.element.is_some()),
            ("grades", file.grades.is_some()),
            ("evidence", file.evidence.is_some()),
            ("expression", file.expression.is_some()),
        ];
        for (given, _) in given
            .into_iter()
            .filter(|(name, there)| *there && Some(*name) != key)
        {
            self.wrong(
                &format!("{place}.{given}"),
                &format!("does not belong to check `{name}`"),
            );
        }
        check
    }

    fn element_known(&mut self, place: &str, file: &CriterionFile) -> Check {
        let element = file
            .element
            .as_deref()
            .and_then(element::parse)
            .unwrap_or_else(|| {
                self.wrong(
                    &format!("{place}.element"),
                    "must name one of the six elements",
                );
                element::ALL[0]
            });
        Check::ElementKnown(element)
    }

    fn evaluation_passed(&mut self, place: &str, file: &CriterionFile) -> Check {
        let grades = file.grades.clone().unwrap_or_else(|| {
            self.wrong(&format!("{place}.grades"), "must be given; [] = any");
            Vec::new()
        });
        if !grades
            .iter()
            .all(|grade| matches!(grade.as_str(), "A" | "B" | "C" | "D"))
        {
            self.wrong(&format!("{place}.grades"), "must be of A, B, C, D");
        }
        Check::EvaluationPassed { grades }
    }

    fn evidence_recorded(&mut self, place: &str, file: &CriterionFile) -> Check {
        let kinds = file.evidence.clone().unwrap_or_default();
        if kinds.is_empty() {
            self.wrong(&format!("{place}.evidence"), "must name at least one kind");
        }
        let kinds = self.ids(&format!("{place}.evidence"), kinds);
        Check::EvidenceRecorded { kinds }
    }

    fn expression(&mut self, place: &str, file: &CriterionFile) -> Check {
        let text = file.expression.as_deref().unwrap_or_default();
        match Expression::parse(text, &fact::sample()) {
            Ok(expression) => Check::Expression(expression),
            Err(why) => {
                self.wrong(&format!("{place}.expression"), &why);
                Check::CoachPresent
            }
        }
    }
}
