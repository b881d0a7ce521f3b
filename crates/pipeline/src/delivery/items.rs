//! Milestones and findings: what callers may say of them.

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{
    Delivery, Finding, FindingChanged, FindingSeverity, Milestone, MilestoneChanged, MilestoneKind,
};

use super::MAX_NOTE;
use crate::error::Error;
use crate::ids::PersonId;
use crate::item::{Change, Item, Stamp};
use crate::past;
use crate::text::words;

const MAX_NAME: usize = 200;

impl Item for Milestone {
    type Part = Delivery;
    type Event = MilestoneChanged;

    const COLLECTION: &'static str = "milestones";
    const FIELD: &'static str = "milestone";
    const SAID: &'static [&'static str] = &[
        "display_name",
        "kind",
        "planned_date",
        "done_date",
        "responsible",
        "note",
    ];
    const MOST: usize = 100;

    fn all(part: &Self::Part) -> &Vec<Self> {
        &part.milestones
    }

    fn all_mut(part: &mut Self::Part) -> &mut Vec<Self> {
        &mut part.milestones
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn stamp(&mut self) -> Stamp<'_> {
        Stamp {
            name: &mut self.name,
            recorder: &mut self.recorder,
            created: &mut self.create_time,
            updated: &mut self.update_time,
        }
    }

    fn event(change: Change<Self>) -> Self::Event {
        MilestoneChanged {
            before: change.before,
            after: change.after,
            opportunity: change.opportunity,
        }
    }

    fn missing(name: &str) -> Error {
        Error::MilestoneNotFound(name.to_owned())
    }

    fn refuse_more(bad: &mut Violations) {
        let why = format!("there are {} already", Self::MOST);
        bad.add(Self::FIELD, why);
    }

    fn read(&mut self, bad: &mut Violations, call: &Call) {
        bad.optional_enum::<MilestoneKind>("milestone.kind", self.kind);
        bad.day("milestone.planned_date", self.planned_date);
        past::optional_day(bad, "milestone.done_date", self.done_date, call.now);
        bad.optional_name::<PersonId>("milestone.responsible", &self.responsible);
        self.display_name = bad.line("milestone.display_name", &self.display_name, MAX_NAME);
        self.note = words(bad, "milestone.note", &self.note, MAX_NOTE);
    }

    fn check(&mut self, bad: &mut Violations, _call: &Call) {
        if self.display_name.is_empty() {
            bad.add("milestone.display_name", "must not be empty");
        }
        if self.kind == 0 {
            bad.add("milestone.kind", "must be specified");
        }
    }
}

impl Item for Finding {
    type Part = Delivery;
    type Event = FindingChanged;

    const COLLECTION: &'static str = "findings";
    const FIELD: &'static str = "finding";
    const SAID: &'static [&'static str] = &[
        "text",
        "severity",
        "due_date",
        "resolved_date",
        "resolution",
    ];

    fn all(part: &Self::Part) -> &Vec<Self> {
        &part.findings
    }

    fn all_mut(part: &mut Self::Part) -> &mut Vec<Self> {
        &mut part.findings
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn stamp(&mut self) -> Stamp<'_> {
        Stamp {
            name: &mut self.name,
            recorder: &mut self.recorder,
            created: &mut self.create_time,
            updated: &mut self.update_time,
        }
    }

    fn event(change: Change<Self>) -> Self::Event {
        FindingChanged {
            before: change.before,
            after: change.after,
            opportunity: change.opportunity,
        }
    }

    fn missing(name: &str) -> Error {
        Error::FindingNotFound(name.to_owned())
    }

    fn refuse_more(bad: &mut Violations) {
        let why = format!("there are {} already", Self::MOST);
        bad.add(Self::FIELD, why);
    }

    fn read(&mut self, bad: &mut Violations, call: &Call) {
        bad.optional_enum::<FindingSeverity>("finding.severity", self.severity);
        bad.day("finding.due_date", self.due_date);
        past::optional_day(bad, "finding.resolved_date", self.resolved_date, call.now);
        self.text = words(bad, "finding.text", &self.text, MAX_NOTE);
        self.resolution = words(bad, "finding.resolution", &self.resolution, MAX_NOTE);
    }

    fn check(&mut self, bad: &mut Violations, _call: &Call) {
        if self.text.is_empty() {
            bad.add("finding.text", "must not be empty");
        }
        if self.severity == 0 {
            bad.add("finding.severity", "must be specified");
        }
        if self.resolved_date.is_some() == self.resolution.is_empty() {
            bad.add(
                "finding.resolution",
                "goes with resolved_date, and that with it",
            );
        }
    }
}
