//! Tells that a person changed employer.

use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{MoveContactRequest, MoveContactResponse};
use sqlx::types::Json;
use uuid::Uuid;

use super::employer::{self, FormerEmployer};
use super::reader::Reader;
use super::refusal::Refusal;
use super::save::{self, Change};
use super::{Contact, lines, rows};
use crate::account::Account;
use crate::error::Error;
use crate::ids::{AccountId, ContactId};
use crate::{Accounts, account, day};

pub async fn move_to(
    service: &Accounts,
    call: &Call,
    request: MoveContactRequest,
) -> Result<MoveContactResponse, Error> {
    let mut bad = Violations::default();
    let id: ContactId = bad.name("name", &request.name);
    let going = Going {
        to: bad.name("account", &request.account),
        last_day: day::planned("last_day", request.last_day, &mut bad),
        title: bad.text("title", &request.title, 200),
        department: bad.text("department", &request.department, 200),
    };
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            lines::lock(w).await?;
            let (before, reports) = lock(w, call, id).await?;
            etag::check(&request.name, &request.etag, before.version)?;
            account::find(w, call, going.to).await?;
            if before.account_id == going.to.0 {
                let reader = Reader::of(w, call, [&before]).await?;
                return Ok(answer(before.shown(&reader), &[]));
            }
            let from = account::find(w, call, AccountId(before.account_id)).await?;
            let moved = Change {
                after: going.apply(call, &before, &from)?,
                before: Some(before),
            };
            let released: Vec<Change> = reports
                .into_iter()
                .filter(|report| report.manager_id == Some(id.0))
                .map(|report| release(call, report))
                .collect();
            let changes: Vec<&Change> = [&moved].into_iter().chain(&released).collect();
            save::save(w, call, &changes).await?;
            let reader = Reader::of(w, call, [&moved.after]).await?;
            Ok(answer(moved.after.shown(&reader), &released))
        })
        .await
}

/// The contact and who reports to it, with other writers kept away from all of them.
async fn lock(
    w: &mut Writer<'_>,
    call: &Call,
    id: ContactId,
) -> Result<(Contact, Vec<Contact>), Error> {
    let mut ids: Vec<Uuid> = lines::reports(w, id).await?;
    ids.push(id.0);
    let (own, reports): (Vec<_>, Vec<_>) = rows::lock_all(w, call, &ids)
        .await?
        .into_iter()
        .partition(|contact| contact.id == id.0);
    let own = own.into_iter().next().ok_or(Error::ContactNotFound(id))?;
    Ok((own, reports))
}

/// Where someone goes, and what is said of it.
struct Going {
    to: AccountId,
    last_day: Option<Date>,
    title: String,
    department: String,
}

impl Going {
    /// The contact at the new employer. Title and department were those of the old one.
    fn apply(&self, call: &Call, before: &Contact, from: &Account) -> Result<Contact, Error> {
        if before.former_employers.len() >= employer::MOST {
            return Err(Refusal::FormerEmployersFull(before.name()).into());
        }
        let former = FormerEmployer {
            organisation: from.display_name.clone(),
            account_id: Some(from.id),
            title: before.title.clone(),
            from: None,
            to: self.last_day.or(before.left_on.map(|day| day.to_jiff())),
        };
        let mut former_employers = before.former_employers.0.clone();
        former_employers.push(former);
        Ok(Contact {
            account_id: self.to.0,
            title: self.title.clone(),
            department: self.department.clone(),
            manager_id: None,
            left_on: None,
            former_employers: Json(former_employers),
            version: before.version + 1,
            updated_at: call.now.to_sqlx(),
            ..before.clone()
        })
    }
}

/// The line to the person who left ends.
fn release(call: &Call, report: Contact) -> Change {
    let after = Contact {
        manager_id: None,
        ..report.clone()
    };
    Change {
        after: after.changed(&report, call.now),
        before: Some(report),
    }
}

fn answer(
    contact: keynode_proto::accounts::v1::Contact,
    released: &[Change],
) -> MoveContactResponse {
    MoveContactResponse {
        contact: Some(contact),
        released: released
            .iter()
            .map(|change| change.after.name().to_string())
            .collect(),
    }
}
