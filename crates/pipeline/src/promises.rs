//! What we promised to the customer: recorded when it is made, and kept (R36).

pub mod record;
pub mod settle;

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::PromiseState;
use serde_json::{Value as Json, json};
use sqlx::PgConnection;

use crate::dossier::{Dossier, Part};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::item::{Change, Item, MAX_TEXT, Stamp, check_activity};
use crate::{names, past};

impl Part for proto::Promises {
    const NAME: &'static str = "promises";
}

impl Item for proto::Promise {
    type Part = proto::Promises;
    type Event = proto::PromiseChanged;

    const COLLECTION: &'static str = "promises";
    const FIELD: &'static str = "promise";
    const SAID: &'static [&'static str] = &[
        "text",
        "person",
        "contacts",
        "promise_date",
        "activity",
        "due_date",
    ];

    fn all(part: &Self::Part) -> &Vec<Self> {
        &part.promises
    }

    fn all_mut(part: &mut Self::Part) -> &mut Vec<Self> {
        &mut part.promises
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
        proto::PromiseChanged {
            before: change.before,
            after: change.after,
            opportunity: change.opportunity,
            reason: change.reason,
        }
    }

    fn missing(name: &str) -> Error {
        Error::PromiseNotFound(name.to_owned())
    }

    fn activity(&self) -> &str {
        &self.activity
    }

    fn check(&mut self, bad: &mut Violations, call: &Call) {
        self.text = bad.required_text("promise.text", &self.text, MAX_TEXT);
        self.person = names::person(bad, "promise.person", &self.person);
        self.contacts = names::contacts(bad, "promise.contacts", &self.contacts);
        past::optional_day(bad, "promise.promise_date", self.promise_date, call.now);
        check_activity(bad, "promise.activity", &self.activity);
        bad.day("promise.due_date", self.due_date);
        not_before(bad, "promise.due_date", self.due_date, self.promise_date);
    }
}

/// Refuses a day before the one on which it was promised, where both are days.
fn not_before(
    bad: &mut Violations,
    field: &str,
    day: Option<keynode_proto::google::r#type::Date>,
    promised: Option<keynode_proto::google::r#type::Date>,
) {
    let read = |date: Option<_>| date.and_then(|date| wire::read_date(&date).ok());
    if let (Some(day), Some(promised)) = (read(day), read(promised))
        && day < promised
    {
        bad.add(field, "must not be before it was promised");
    }
}

/// Refuses what the customer is not to be asked for while a promise is open.
///
/// # Errors
/// `PROMISES_OPEN` with every one that is.
pub async fn require_kept(connection: &mut PgConnection, deal: OpportunityId) -> Result<(), Error> {
    let dossier = Dossier::load(connection, deal).await?;
    match open(&dossier)? {
        open if open.is_empty() => Ok(()),
        promises => Err(Error::PromisesOpen {
            opportunity: deal,
            promises,
        }),
    }
}

/// The names of those that are open.
///
/// # Errors
/// `INTERNAL` when what is stored are no promises.
pub fn open(dossier: &Dossier) -> Result<Vec<String>, Error> {
    let proto::Promises { promises } = dossier.part()?;
    let open = promises
        .into_iter()
        .filter(|it| it.state() == PromiseState::Open);
    Ok(open.map(|promise| promise.name).collect())
}

/// What written criteria read of them; null when they cannot be read.
pub fn facts(dossier: &Dossier) -> Json {
    match open(dossier) {
        Ok(open) => json!({ "open": open.len() }),
        Err(_) => Json::Null,
    }
}
