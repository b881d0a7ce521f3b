//! Contacts: people at customers and third parties. Who sees the account sees them.

pub mod create;
pub mod read;
pub mod update;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::Function;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::{AccountId, ContactId};
use crate::mask::maskable;

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
}

maskable!(proto::Contact: display_name, title, department, function);

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
        }
    }

    /// The same contact with what a caller says of it.
    pub fn told(&self, sent: &proto::Contact, bad: &mut Violations) -> Self {
        Self {
            display_name: bad.required_text("contact.display_name", &sent.display_name, 200),
            title: bad.text("contact.title", &sent.title, 200),
            department: bad.text("contact.department", &sent.department, 200),
            function: bad
                .optional_enum::<Function>("contact.function", sent.function)
                .into(),
            ..self.clone()
        }
    }

    pub fn name(&self) -> ContactId {
        ContactId(self.id)
    }

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
        }
    }
}

/// Reads one contact of an account that the caller sees.
pub async fn find(
    connection: &mut PgConnection,
    call: &Call,
    id: ContactId,
) -> Result<Contact, Error> {
    let (all, me, teams) = call.visibility_parameters();
    sqlx::query_as!(
        Contact,
        "select c.id, c.version, c.created_at, c.updated_at, c.account_id, c.display_name, c.title, c.department,
                c.function
         from accounts.contact c
         join accounts.account a on a.tenant_id = c.tenant_id and a.id = c.account_id
         where c.id = $1 and ($2 or a.owner_id = $3 or a.team_id = any($4))",
        id.0,
        all,
        me,
        &teams,
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Error::ContactNotFound(id))
}
