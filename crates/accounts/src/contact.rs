//! Contacts: people at customers and third parties. Who sees the account sees them.

pub mod batch_get;
pub mod chart;
pub mod create;
pub mod detail;
pub mod employer;
pub mod import;
pub mod lines;
pub mod move_to;
pub mod past;
pub mod read;
mod reader;
pub mod refusal;
pub mod rows;
pub mod save;
pub mod update;
pub mod upsert;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use keynode_kit::name::optional;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{ContactDetail, Function};
use sqlx::types::Json;
use uuid::Uuid;

use self::detail::Detail;
use self::employer::FormerEmployer;
use self::reader::Reader;
use crate::concern::{self, Concern};
use crate::ids::{AccountId, ContactId};
use crate::mask::maskable;
use crate::versioned::versioned;
use crate::{day, external_key, language};

pub use rows::find;

/// A row of `accounts.contact`.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    pub id: Uuid,
    pub version: i64,
    pub created_at: jiff_sqlx::Timestamp,
    pub updated_at: jiff_sqlx::Timestamp,
    pub account_id: Uuid,
    pub display_name: String,
    pub title: String,
    pub department: String,
    /// The number in [`Function`]; 0 = unknown.
    pub function: i32,
    pub details: Json<Vec<Detail>>,
    pub former_employers: Json<Vec<FormerEmployer>>,
    /// The person's own.
    pub concerns: Json<Vec<Concern>>,
    /// Somebody at the same account.
    pub manager_id: Option<Uuid>,
    /// BCP 47; empty = unknown.
    pub language_code: String,
    pub source_system: Option<String>,
    pub external_id: Option<String>,
    pub left_on: Option<jiff_sqlx::Date>,
}

maskable!(proto::Contact: display_name, title, department, function, details, former_employers,
    manager, language_code, external_key, concerns, left_date);

versioned!(Contact);

impl Contact {
    /// A contact about whom nothing is said yet.
    pub fn new(id: Uuid, account: AccountId, now: Timestamp) -> Self {
        Self {
            id,
            version: 1,
            created_at: now.to_sqlx(),
            updated_at: now.to_sqlx(),
            account_id: account.0,
            display_name: String::new(),
            title: String::new(),
            department: String::new(),
            function: 0,
            details: Json(Vec::new()),
            former_employers: Json(Vec::new()),
            concerns: Json(Vec::new()),
            manager_id: None,
            language_code: String::new(),
            source_system: None,
            external_id: None,
            left_on: None,
        }
    }

    /// The same contact with what a caller says of it on the day `today` (UTC).
    pub fn told(&self, sent: &proto::Contact, today: Date, bad: &mut Violations) -> Self {
        let (source_system, external_id) = bad
            .external_key("contact.external_key", sent.external_key.as_ref())
            .unzip();
        Self {
            display_name: bad.name_text("contact.display_name", &sent.display_name, 200),
            title: bad.text("contact.title", &sent.title, 200),
            department: bad.text("contact.department", &sent.department, 200),
            function: bad
                .optional_enum::<Function>("contact.function", sent.function)
                .into(),
            details: Json(detail::read("contact.details", &sent.details, bad)),
            former_employers: Json(employer::read(
                "contact.former_employers",
                &sent.former_employers,
                bad,
            )),
            concerns: Json(concern::read(
                "contact.concerns",
                &sent.concerns,
                today,
                bad,
            )),
            manager_id: bad
                .optional_name::<ContactId>("contact.manager", &sent.manager)
                .map(|id| id.0),
            language_code: language::read("contact.language_code", &sent.language_code, bad),
            source_system,
            external_id,
            left_on: day::planned("contact.left_date", sent.left_date, bad).map(ToSqlx::to_sqlx),
            ..self.clone()
        }
    }

    pub fn name(&self) -> ContactId {
        ContactId(self.id)
    }

    /// What is stored.
    pub fn to_proto(&self) -> proto::Contact {
        proto::Contact {
            name: self.name().to_string(),
            etag: self.version.to_string(),
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
            update_time: Some(wire::timestamp(self.updated_at.to_jiff())),
            account: AccountId(self.account_id).to_string(),
            display_name: self.display_name.clone(),
            title: self.title.clone(),
            department: self.department.clone(),
            function: self.function,
            details: self.details.iter().map(Detail::to_proto).collect(),
            former_employers: self
                .former_employers
                .iter()
                .map(FormerEmployer::to_proto)
                .collect(),
            manager: optional::<ContactId>(self.manager_id),
            language_code: self.language_code.clone(),
            external_key: external_key::to_proto(
                self.source_system.as_ref(),
                self.external_id.as_ref(),
            ),
            concerns: self.concerns.iter().map(Concern::to_proto).collect(),
            left_date: self.left_on.map(|day| wire::date(day.to_jiff())),
            effective_concerns: Vec::new(),
        }
    }

    /// What everyone may read who reads the feed: details without values.
    pub fn to_event(&self) -> proto::Contact {
        let details: Vec<ContactDetail> = self.details.iter().map(Detail::to_event).collect();
        proto::Contact {
            details,
            ..self.to_proto()
        }
    }

    /// What the reader may see of what is stored, and what counts for the person in the
    /// reader's tenant.
    pub fn shown(&self, reader: &Reader) -> proto::Contact {
        let stored = self.to_proto();
        let (defaults, source) = reader.usual.usual(stored.function());
        let employers = self.former_employers.iter();
        proto::Contact {
            effective_concerns: concern::effective(&self.concerns, defaults, source),
            former_employers: employers
                .map(|employer| employer.shown(&reader.hidden))
                .collect(),
            ..stored
        }
    }
}
