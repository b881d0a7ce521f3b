//! What the customer needs, down to the root (T3), and what it only wants (T5).

pub mod delete;
pub mod record;

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::NeedKind;
use serde_json::{Value as Json, json};

use crate::dossier::{Dossier, Part};
use crate::error::Error;
use crate::item::{Change, Item, MAX_TEXT, Stamp, check_activity};
use crate::{names, past};

/// Whoever asked more often has asked something else.
const MOST_WHYS: usize = 20;

impl Part for proto::Needs {
    const NAME: &'static str = "needs";
}

impl Item for proto::Need {
    type Part = proto::Needs;
    type Event = proto::NeedChanged;

    const COLLECTION: &'static str = "needs";
    const FIELD: &'static str = "need";
    const SAID: &'static [&'static str] = &[
        "text",
        "kind",
        "kind_reason",
        "traits",
        "holders",
        "whys",
        "root",
        "confirmation",
        "activity",
    ];

    fn all(part: &Self::Part) -> &Vec<Self> {
        &part.needs
    }

    fn all_mut(part: &mut Self::Part) -> &mut Vec<Self> {
        &mut part.needs
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
        proto::NeedChanged {
            before: change.before,
            after: change.after,
            opportunity: change.opportunity,
            reason: change.reason,
        }
    }

    fn missing(name: &str) -> Error {
        Error::NeedNotFound(name.to_owned())
    }

    fn activity(&self) -> &str {
        &self.activity
    }

    fn check(&mut self, bad: &mut Violations, call: &Call) {
        self.text = bad.required_text("need.text", &self.text, MAX_TEXT);
        let kind: NeedKind = bad.optional_enum("need.kind", self.kind);
        self.kind_reason = match kind {
            NeedKind::Unspecified => bad.text("need.kind_reason", &self.kind_reason, MAX_TEXT),
            _ => bad.required_text("need.kind_reason", &self.kind_reason, MAX_TEXT),
        };
        self.holders = names::contacts(bad, "need.holders", &self.holders);
        names::at_most(bad, "need.whys", &self.whys, MOST_WHYS);
        for (n, why) in self.whys.iter_mut().enumerate() {
            let field = |name: &str| format!("need.whys[{n}].{name}");
            why.question = bad.text(&field("question"), &why.question, MAX_TEXT);
            why.answer = bad.required_text(&field("answer"), &why.answer, MAX_TEXT);
        }
        self.root = bad.text("need.root", &self.root, MAX_TEXT);
        if let Some(confirmation) = &mut self.confirmation {
            check_confirmation(bad, call, confirmation);
            if self.root.is_empty() {
                bad.add("need.confirmation", "needs a root to confirm");
            }
        }
        check_activity(bad, "need.activity", &self.activity);
        self.why_depth = i32::try_from(self.whys.len()).unwrap_or(i32::MAX);
        self.root_confirmed = self.confirmation.is_some();
    }
}

fn check_confirmation(
    bad: &mut Violations,
    call: &Call,
    confirmation: &mut proto::NeedConfirmation,
) {
    let field = "need.confirmation.contacts";
    if confirmation.contacts.is_empty() {
        bad.add(field, "must name who confirmed it");
    }
    confirmation.contacts = names::contacts(bad, field, &confirmation.contacts);
    let date = confirmation.date;
    past::required_day(bad, "need.confirmation.date", date, call.now);
}

/// What written criteria read of them; null when they cannot be read.
pub fn facts(dossier: &Dossier) -> Json {
    let Ok(proto::Needs { needs }) = dossier.part() else {
        return Json::Null;
    };
    let count = |is: fn(&proto::Need) -> bool| needs.iter().filter(|need| is(need)).count();
    json!({
        "total": needs.len(),
        "confirmed": count(|need| need.root_confirmed),
        "deepest": needs.iter().map(|need| need.why_depth).max(),
        "wants": count(|need| need.kind() == NeedKind::Want),
    })
}
