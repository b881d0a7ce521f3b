//! Notes about accounts. Who sees the account sees them, nobody else.

pub mod carry;
pub mod create;
pub mod delete;
pub mod list;
pub mod update;

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::{AccountId, NoteId};
use crate::mask::maskable;

/// A row of `accounts.account_note`.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    pub id: Uuid,
    pub version: i64,
    pub created_at: jiff_sqlx::Timestamp,
    pub updated_at: jiff_sqlx::Timestamp,
    pub account_id: Uuid,
    /// The resource name of whoever made it.
    pub author: String,
    pub text: String,
    pub pinned: bool,
}

maskable!(proto::AccountNote: text, pinned);

impl Note {
    /// A note of the caller's that says nothing yet.
    fn new(id: Uuid, account: AccountId, call: &Call) -> Self {
        Self {
            id,
            version: 1,
            created_at: call.now.to_sqlx(),
            updated_at: call.now.to_sqlx(),
            account_id: account.0,
            author: call.principal.subject.clone(),
            text: String::new(),
            pinned: false,
        }
    }

    /// The same note with what a caller says.
    fn told(&self, sent: &proto::AccountNote, bad: &mut Violations) -> Self {
        Self {
            text: bad.required_text("account_note.text", &sent.text, 10_000),
            pinned: sent.pinned,
            ..self.clone()
        }
    }

    fn name(&self) -> NoteId {
        NoteId(self.id)
    }

    fn to_proto(&self) -> proto::AccountNote {
        proto::AccountNote {
            name: self.name().to_string(),
            etag: self.version.to_string(),
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
            update_time: Some(wire::timestamp(self.updated_at.to_jiff())),
            account: AccountId(self.account_id).to_string(),
            author: self.author.clone(),
            text: self.text.clone(),
            pinned: self.pinned,
        }
    }
}

/// Reads a note of an account that the caller sees, and keeps other writers away until the
/// transaction ends.
async fn lock(connection: &mut PgConnection, call: &Call, id: NoteId) -> Result<Note, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    let (all, me, teams) = call.visibility_parameters();
    sqlx::query_as!(
        Note,
        "select n.id, n.version, n.created_at, n.updated_at, n.account_id, n.author, n.text, n.pinned
         from accounts.account_note n
         join accounts.account a on a.tenant_id = n.tenant_id and a.id = n.account_id
         where n.id = $1 and ($2 or a.owner_id = $3 or a.team_id = any($4))
         for no key update of n",
        id.0,
        all,
        me,
        &teams,
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Error::NoteNotFound(id))
}
