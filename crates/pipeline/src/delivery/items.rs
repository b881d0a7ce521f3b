//! Milestones and findings: what callers may say of them.

use jiff::Timestamp;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{
    Delivery, Finding, FindingChanged, FindingSeverity, Milestone, MilestoneChanged, MilestoneKind,
};

use super::MAX_NOTE;
use crate::entry::{Item, Stamp, words};
use crate::error::Error;
use crate::ids::PersonId;
use crate::past;

const MAX_NAME: usize = 200;

impl Item for Milestone {
    type Kept = Delivery;
    type Changed = MilestoneChanged;
    const FIELD: &'static str = "milestone";
    const COLLECTION: &'static str = "milestones";
    const CHANGEABLE: &'static [&'static str] = &[
        "display_name",
        "kind",
        "planned_date",
        "done_date",
        "responsible",
        "note",
    ];
    const MOST: usize = 100;

    fn all(part: &Delivery) -> &[Self] {
        &part.milestones
    }

    fn all_mut(part: &mut Delivery) -> &mut Vec<Self> {
        &mut part.milestones
    }

    fn resource(&self) -> &str {
        &self.name
    }

    fn begin(&mut self, stamp: Stamp) {
        self.name = stamp.name;
        self.create_time = Some(stamp.now);
        self.update_time = Some(stamp.now);
        self.recorder = stamp.recorder;
    }

    fn touch(&mut self, now: prost_types::Timestamp) {
        self.update_time = Some(now);
    }

    fn read(bad: &mut Violations, now: Timestamp, message: &Self) -> Self {
        bad.optional_enum::<MilestoneKind>("milestone.kind", message.kind);
        bad.date("milestone.planned_date", message.planned_date);
        past::optional_day(bad, "milestone.done_date", message.done_date, now);
        bad.optional_name::<PersonId>("milestone.responsible", &message.responsible);
        let display_name = &message.display_name;
        Self {
            display_name: bad.line("milestone.display_name", display_name, MAX_NAME),
            note: words(bad, "milestone.note", &message.note, MAX_NOTE),
            ..message.clone()
        }
    }

    fn check(&self, bad: &mut Violations) {
        if self.display_name.is_empty() {
            bad.add("milestone.display_name", "must not be empty");
        }
        if self.kind == 0 {
            bad.add("milestone.kind", "must be specified");
        }
    }

    fn not_found(name: &str) -> Error {
        Error::MilestoneNotFound(name.to_owned())
    }

    fn changed(
        before: Option<Self>,
        after: Option<Self>,
        deal: proto::Opportunity,
    ) -> MilestoneChanged {
        MilestoneChanged {
            before,
            after,
            opportunity: Some(deal),
        }
    }
}

impl Item for Finding {
    type Kept = Delivery;
    type Changed = FindingChanged;
    const FIELD: &'static str = "finding";
    const COLLECTION: &'static str = "findings";
    const CHANGEABLE: &'static [&'static str] = &[
        "text",
        "severity",
        "due_date",
        "resolved_date",
        "resolution",
    ];
    const MOST: usize = 200;

    fn all(part: &Delivery) -> &[Self] {
        &part.findings
    }

    fn all_mut(part: &mut Delivery) -> &mut Vec<Self> {
        &mut part.findings
    }

    fn resource(&self) -> &str {
        &self.name
    }

    fn begin(&mut self, stamp: Stamp) {
        self.name = stamp.name;
        self.create_time = Some(stamp.now);
        self.update_time = Some(stamp.now);
        self.recorder = stamp.recorder;
    }

    fn touch(&mut self, now: prost_types::Timestamp) {
        self.update_time = Some(now);
    }

    fn read(bad: &mut Violations, now: Timestamp, message: &Self) -> Self {
        bad.optional_enum::<FindingSeverity>("finding.severity", message.severity);
        bad.date("finding.due_date", message.due_date);
        past::optional_day(bad, "finding.resolved_date", message.resolved_date, now);
        Self {
            text: words(bad, "finding.text", &message.text, MAX_NOTE),
            resolution: words(bad, "finding.resolution", &message.resolution, MAX_NOTE),
            ..message.clone()
        }
    }

    fn check(&self, bad: &mut Violations) {
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

    fn not_found(name: &str) -> Error {
        Error::FindingNotFound(name.to_owned())
    }

    fn changed(
        before: Option<Self>,
        after: Option<Self>,
        deal: proto::Opportunity,
    ) -> FindingChanged {
        FindingChanged {
            before,
            after,
            opportunity: Some(deal),
        }
    }
}
