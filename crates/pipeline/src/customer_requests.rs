//! What the customer asks of us, and what we say to it: the customer is not always right (T5).

pub mod answer;
pub mod record;

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::RequestAnswer;
use serde_json::{Value as Json, json};
use sqlx::PgConnection;

use crate::dossier::{self, Dossier, Part};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::item::{self, Change, Item, MAX_TEXT, Stamp, check_activity};
use crate::{names, past};

impl Part for proto::CustomerRequests {
    const NAME: &'static str = "requests";
}

impl Item for proto::CustomerRequest {
    type Part = proto::CustomerRequests;
    type Event = proto::CustomerRequestChanged;

    const COLLECTION: &'static str = "requests";
    const FIELD: &'static str = "request";
    const SAID: &'static [&'static str] = &["text", "contact", "request_date", "activity", "need"];

    fn all(part: &Self::Part) -> &Vec<Self> {
        &part.requests
    }

    fn all_mut(part: &mut Self::Part) -> &mut Vec<Self> {
        &mut part.requests
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
        proto::CustomerRequestChanged {
            before: change.before,
            after: change.after,
            opportunity: change.opportunity,
        }
    }

    fn missing(name: &str) -> Error {
        Error::CustomerRequestNotFound(name.to_owned())
    }

    fn activity(&self) -> &str {
        &self.activity
    }

    fn check(&mut self, bad: &mut Violations, call: &Call) {
        self.text = bad.required_text("request.text", &self.text, MAX_TEXT);
        self.contact = names::contact(bad, "request.contact", &self.contact);
        past::optional_day(bad, "request.request_date", self.request_date, call.now);
        check_activity(bad, "request.activity", &self.activity);
        if !self.need.is_empty() {
            dossier::deal_of(bad, "request.need", &self.need, proto::Need::COLLECTION);
        }
    }
}

/// A deal has the need that a request of its customer serves; empty = none.
async fn require_need(
    connection: &mut PgConnection,
    deal: OpportunityId,
    need: &str,
) -> Result<(), Error> {
    if !need.is_empty() {
        item::find::<proto::Need>(connection, deal, need).await?;
    }
    Ok(())
}

/// What written criteria read of them; null when they cannot be read.
pub fn facts(dossier: &Dossier) -> Json {
    let Ok(proto::CustomerRequests { requests }) = dossier.part() else {
        return Json::Null;
    };
    let pending = requests
        .iter()
        .filter(|it| it.answer() == RequestAnswer::Pending);
    json!({ "pending": pending.count() })
}
