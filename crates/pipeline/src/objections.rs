//! What the customer has against it: understood first, then resolved (R34).

pub mod close;
pub mod record;

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ObjectionState;
use serde_json::{Value as Json, json};

use crate::dossier::{Dossier, Part};
use crate::error::Error;
use crate::item::{Change, Item, MAX_TEXT, Stamp, check_activity};
use crate::{names, past};

/// The questions in sequence are five (R34).
const MOST_QUESTIONS: usize = 5;

impl Part for proto::Objections {
    const NAME: &'static str = "objections";
}

impl Item for proto::Objection {
    type Part = proto::Objections;
    type Event = proto::ObjectionChanged;

    const COLLECTION: &'static str = "objections";
    const FIELD: &'static str = "objection";
    const SAID: &'static [&'static str] = &[
        "text",
        "contact",
        "raise_date",
        "activity",
        "questions",
        "true_reason",
        "founded",
    ];

    fn all(part: &Self::Part) -> &Vec<Self> {
        &part.objections
    }

    fn all_mut(part: &mut Self::Part) -> &mut Vec<Self> {
        &mut part.objections
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
        proto::ObjectionChanged {
            before: change.before,
            after: change.after,
            opportunity: change.opportunity,
            reason: change.reason,
        }
    }

    fn missing(name: &str) -> Error {
        Error::ObjectionNotFound(name.to_owned())
    }

    fn activity(&self) -> &str {
        &self.activity
    }

    fn check(&mut self, bad: &mut Violations, call: &Call) {
        self.text = bad.required_text("objection.text", &self.text, MAX_TEXT);
        self.contact = names::contact(bad, "objection.contact", &self.contact);
        past::optional_day(bad, "objection.raise_date", self.raise_date, call.now);
        check_activity(bad, "objection.activity", &self.activity);
        let field = "objection.questions";
        names::at_most(bad, field, &self.questions, MOST_QUESTIONS);
        for (n, asked) in self.questions.iter_mut().enumerate() {
            let field = |name: &str| format!("objection.questions[{n}].{name}");
            asked.question = bad.required_text(&field("question"), &asked.question, MAX_TEXT);
            asked.answer = bad.text(&field("answer"), &asked.answer, MAX_TEXT);
        }
        self.true_reason = bad.text("objection.true_reason", &self.true_reason, MAX_TEXT);
    }
}

/// What written criteria read of them; null when they cannot be read.
pub fn facts(dossier: &Dossier) -> Json {
    let Ok(proto::Objections { objections }) = dossier.part() else {
        return Json::Null;
    };
    let open = objections
        .iter()
        .filter(|it| it.state() == ObjectionState::Open);
    json!({ "open": open.count() })
}
