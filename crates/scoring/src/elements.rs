//! The six things to know of an opportunity before it can be judged (R12).

use keynode_proto::pipeline::v1::{ElementState, Knowledge, QualificationElement};

/// All of them, in the method's order.
pub const ELEMENTS: [QualificationElement; 6] = [
    QualificationElement::Need,
    QualificationElement::Timetable,
    QualificationElement::Budget,
    QualificationElement::Competition,
    QualificationElement::DecisionProcess,
    QualificationElement::PriorityCriteria,
];

/// The short name for programs, e.g. `BUDGET`.
pub fn name(element: QualificationElement) -> &'static str {
    let name = element.as_str_name();
    name.strip_prefix("QUALIFICATION_ELEMENT_").unwrap_or(name)
}

/// How much is known of an element; one that is not mentioned is unknown.
pub fn knowledge(states: &[ElementState], element: QualificationElement) -> Knowledge {
    let state = states.iter().find(|state| state.element() == element);
    state.map_or(Knowledge::Unspecified, ElementState::knowledge)
}
