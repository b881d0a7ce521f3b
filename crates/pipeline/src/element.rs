//! The six qualification elements (R12) and how they are written down.

pub mod details;

use keynode_proto::pipeline::v1::{Knowledge, QualificationElement};

/// All six, in the order in which they are shown.
pub const ALL: [QualificationElement; 6] = [
    QualificationElement::Need,
    QualificationElement::Timetable,
    QualificationElement::Budget,
    QualificationElement::Competition,
    QualificationElement::DecisionProcess,
    QualificationElement::PriorityCriteria,
];

/// The element as process files and the database write it, e.g. `decision_process`.
pub fn name(element: QualificationElement) -> &'static str {
    match element {
        QualificationElement::Unspecified => "unspecified",
        QualificationElement::Need => "need",
        QualificationElement::Timetable => "timetable",
        QualificationElement::Budget => "budget",
        QualificationElement::Competition => "competition",
        QualificationElement::DecisionProcess => "decision_process",
        QualificationElement::PriorityCriteria => "priority_criteria",
    }
}

/// The element of that name.
pub fn parse(text: &str) -> Option<QualificationElement> {
    ALL.into_iter().find(|element| name(*element) == text)
}

/// How much is known, as the database writes it.
pub fn knowledge_name(knowledge: Knowledge) -> &'static str {
    match knowledge {
        Knowledge::Unspecified => "unknown",
        Knowledge::Partial => "partial",
        Knowledge::Known => "known",
    }
}

/// How much is known; what the database cannot have written is unknown.
pub fn parse_knowledge(text: &str) -> Knowledge {
    match text {
        "partial" => Knowledge::Partial,
        "known" => Knowledge::Known,
        _ => Knowledge::Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for element in ALL {
            assert_eq!(parse(name(element)), Some(element));
        }
        assert_eq!(parse("unspecified"), None);
        for knowledge in [Knowledge::Unspecified, Knowledge::Partial, Knowledge::Known] {
            assert_eq!(parse_knowledge(knowledge_name(knowledge)), knowledge);
        }
    }
}
