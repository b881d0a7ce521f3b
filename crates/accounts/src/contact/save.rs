//! The one place where contacts are written: rows, addresses to look up, what they are found
//! by, and events.

use jiff::Timestamp;
use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::ContactChanged;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::detail::{self, Detail};
use super::employer::FormerEmployer;
use super::{Contact, past};
use crate::concern::Concern;
use crate::error::Error;
use crate::{indexing, search};

/// What becomes of one contact.
#[derive(Clone, Debug)]
pub struct Change {
    /// None for a new one.
    pub before: Option<Contact>,
    pub after: Contact,
}

impl Change {
    /// A new contact.
    pub fn adding(after: Contact) -> Self {
        Self {
            before: None,
            after,
        }
    }

    /// Whether anything is to be stored.
    pub fn is_change(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }

    /// The contact as it was at the account that it leaves.
    fn leaving(&self) -> Option<&Contact> {
        let before = self.before.as_ref()?;
        (before.account_id != self.after.account_id).then_some(before)
    }

    fn has_other_emails(&self) -> bool {
        let before = self.before.as_ref().map(|c| detail::emails(&c.details));
        before.unwrap_or_default() != detail::emails(&self.after.details)
    }
}

/// Stores changes and notes their events; those that change nothing leave nothing behind.
/// Rows that change are locked, and managers among them checked.
pub async fn save(w: &mut Writer<'_>, call: &Call, changes: &[&Change]) -> Result<(), Error> {
    let changes: Vec<&Change> = changes.iter().copied().filter(|c| c.is_change()).collect();
    let of = |is_new: bool| {
        let wanted = changes.iter().filter(|c| c.before.is_none() == is_new);
        wanted.map(|c| Record::of(&c.after)).collect::<Vec<_>>()
    };
    insert(w, of(true)).await?;
    update(w, of(false)).await?;
    let leaving: Vec<&Contact> = changes.iter().filter_map(|c| c.leaving()).collect();
    past::keep(w, &leaving).await?;
    replace_emails(w, &changes).await?;
    let written: Vec<&Contact> = changes.iter().map(|change| &change.after).collect();
    search::entry::index_contacts(w, call.tenant()?, &written).await?;
    for change in changes {
        let event = ContactChanged {
            before: change.before.as_ref().map(Contact::to_event),
            after: Some(change.after.to_event()),
        };
        w.record(
            change.after.name().to_string(),
            change.after.version,
            &event,
        );
    }
    Ok(())
}

/// The columns of a contact as JSON for `jsonb_to_recordset`.
#[derive(Serialize)]
struct Record<'c> {
    id: Uuid,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    account_id: Uuid,
    display_name: &'c str,
    title: &'c str,
    department: &'c str,
    function: i32,
    details: &'c [Detail],
    former_employers: &'c [FormerEmployer],
    concerns: &'c [Concern],
    manager_id: Option<Uuid>,
    language_code: &'c str,
    source_system: Option<&'c str>,
    external_id: Option<&'c str>,
    left_on: Option<Date>,
}

impl<'c> Record<'c> {
    fn of(contact: &'c Contact) -> Self {
        Self {
            id: contact.id,
            version: contact.version,
            created_at: contact.created_at.to_jiff(),
            updated_at: contact.updated_at.to_jiff(),
            account_id: contact.account_id,
            display_name: &contact.display_name,
            title: &contact.title,
            department: &contact.department,
            function: contact.function,
            details: &contact.details,
            former_employers: &contact.former_employers,
            concerns: &contact.concerns,
            manager_id: contact.manager_id,
            language_code: &contact.language_code,
            source_system: contact.source_system.as_deref(),
            external_id: contact.external_id.as_deref(),
            left_on: contact.left_on.map(|day| day.to_jiff()),
        }
    }
}

/// One statement for all, because a new contact may report to another new one.
async fn insert(connection: &mut PgConnection, new: Vec<Record<'_>>) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into accounts.contact
           (tenant_id, id, version, created_at, updated_at, account_id, display_name, title, department, function,
            details, former_employers, concerns, manager_id, language_code, source_system, external_id, left_on, indexed_version, index_version)
         select events.tenant_id(), r.*, r.version, $2::smallint
         from jsonb_to_recordset($1) as r (
           id uuid, version bigint, created_at timestamptz, updated_at timestamptz, account_id uuid,
           display_name text, title text, department text, function int, details jsonb, former_employers jsonb,
           concerns jsonb, manager_id uuid, language_code text, source_system text, external_id text,
           left_on date)",
        Json(new) as _,
        indexing::VERSION,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// One statement for all, because who reports to somebody who moves is released with them.
async fn update(connection: &mut PgConnection, changed: Vec<Record<'_>>) -> Result<(), Error> {
    if changed.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update accounts.contact c
         set version = r.version, updated_at = r.updated_at, account_id = r.account_id,
             display_name = r.display_name, title = r.title, department = r.department, function = r.function,
             details = r.details, former_employers = r.former_employers, concerns = r.concerns,
             manager_id = r.manager_id, language_code = r.language_code, source_system = r.source_system,
             external_id = r.external_id, left_on = r.left_on, indexed_version = r.version, index_version = $2
         from jsonb_to_recordset($1) as r (
           id uuid, version bigint, updated_at timestamptz, account_id uuid, display_name text, title text,
           department text, function int, details jsonb, former_employers jsonb, concerns jsonb, manager_id uuid,
           language_code text, source_system text, external_id text, left_on date)
         where c.tenant_id = events.tenant_id() and c.id = r.id",
        Json(changed) as _,
        indexing::VERSION,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn replace_emails(connection: &mut PgConnection, changes: &[&Change]) -> Result<(), Error> {
    let of_others: Vec<&Contact> = changes
        .iter()
        .filter(|change| change.has_other_emails())
        .map(|change| &change.after)
        .collect();
    if of_others.is_empty() {
        return Ok(());
    }
    let contacts: Vec<Uuid> = of_others.iter().map(|contact| contact.id).collect();
    let (holders, emails): (Vec<Uuid>, Vec<String>) = of_others
        .iter()
        .flat_map(|contact| {
            let emails = detail::emails(&contact.details);
            emails.into_iter().map(|email| (contact.id, email))
        })
        .unzip();
    sqlx::query!(
        "delete from accounts.contact_email where contact_id = any($1)",
        &contacts
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into accounts.contact_email (tenant_id, contact_id, email)
         select events.tenant_id(), n.* from unnest($1::uuid[], $2::text[]) as n",
        &holders,
        &emails,
    )
    .execute(connection)
    .await?;
    Ok(())
}
