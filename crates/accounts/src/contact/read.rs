//! Reads one contact, and lists contacts.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    Function, GetContactRequest, GetContactResponse, ListContactsRequest, ListContactsResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::reader::Reader;
use super::{detail, rows};
use crate::Accounts;
use crate::account::sight;
use crate::error::Error;
use crate::ids::{AccountId, ContactId};
use crate::merge::redirect;

/// Candidates that are looked at in one statement.
const AT_ONCE: usize = 1000;
/// Contacts that changed are candidates if they are no more than this.
const CHANGED: i64 = 100_000;

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetContactRequest,
) -> Result<GetContactResponse, Error> {
    let mut bad = Violations::default();
    let id: ContactId = bad.name("name", &request.name);
    bad.finish()?;
    let contact = service
        .read(call, async |tx: &mut Tx| {
            let contact = rows::find(tx, call, id).await?;
            let reader = Reader::of(tx, call, [&contact]).await?;
            Ok::<_, Error>(contact.shown(&reader))
        })
        .await?;
    Ok(GetContactResponse {
        contact: Some(contact),
    })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListContactsRequest,
) -> Result<ListContactsResponse, Error> {
    let mut filter = Filter::read(&request)?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &[
            "ListContacts",
            &request.account,
            &request.function.to_string(),
            &request.department,
            &request.manager,
            &request.source_system,
            &request.email,
            &filter
                .since
                .map(|since| since.to_string())
                .unwrap_or_default(),
        ],
    )?;
    let (found, reader) = service
        .read(call, async |tx: &mut Tx| {
            filter.account = redirect::current(tx, filter.account).await?;
            let ids = select(tx, call, &page, &filter).await?;
            let found = rows::load(tx, call, &ids).await?;
            let reader = Reader::of(tx, call, &found).await?;
            Ok::<_, Error>((found, reader))
        })
        .await?;
    let (contacts, next_page_token) = page.close(found, |contact| contact.id);
    Ok(ListContactsResponse {
        contacts: contacts.iter().map(|c| c.shown(&reader)).collect(),
        next_page_token,
    })
}

struct Filter {
    account: Option<AccountId>,
    function: Function,
    department: String,
    manager: Option<ContactId>,
    source_system: String,
    /// In small letters.
    email: String,
    since: Option<Timestamp>,
}

impl Filter {
    /// Whether few contacts can fit, whoever asks.
    fn is_narrow(&self) -> bool {
        self.account.is_some() || self.manager.is_some() || !self.email.is_empty()
    }

    fn read(request: &ListContactsRequest) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let since = request.updated_since.as_ref().map(wire::read_timestamp);
        if let Some(Err(error)) = &since {
            bad.add("updated_since", error.to_string());
        }
        let filter = Self {
            account: bad.optional_name("account", &request.account),
            function: bad.optional_enum("function", request.function),
            department: bad.text("department", &request.department, 200),
            manager: bad.optional_name("manager", &request.manager),
            source_system: bad.text("source_system", &request.source_system, 64),
            email: detail::folded(&bad.text("email", &request.email, 320)),
            since: since.and_then(Result::ok),
        };
        bad.page_size(request.page_size);
        bad.finish()?;
        Ok(filter)
    }
}

/// The ids of a page.
async fn select(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    filter: &Filter,
) -> Result<Vec<Uuid>, Error> {
    sight::plan_for_values(connection).await?;
    let holders = holders(connection, &filter.email).await?;
    match !filter.is_narrow() && sight::is_of_some(connection, call).await? {
        true => of_seen_accounts(connection, call, page, filter).await,
        false => {
            let candidates = match holders {
                Some(holders) => Some(holders),
                None => changed(connection, page, filter).await?,
            };
            along(connection, call, page, filter, candidates).await
        }
    }
}

/// Along candidates, some at a time until a page is full, or along all.
async fn along(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    filter: &Filter,
    candidates: Option<Vec<Uuid>>,
) -> Result<Vec<Uuid>, Error> {
    let Some(mut candidates) = candidates else {
        return in_order(connection, call, page, filter, None).await;
    };
    candidates.sort_unstable();
    let most = usize::try_from(page.fetch()).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for some in candidates.chunks(AT_ONCE) {
        found.extend(in_order(connection, call, page, filter, Some(some)).await?);
        if found.len() >= most {
            break;
        }
    }
    found.truncate(most);
    Ok(found)
}

/// Those of a page or later that changed since, if they are asked for and not too many.
async fn changed(
    connection: &mut PgConnection,
    page: &Page,
    filter: &Filter,
) -> Result<Option<Vec<Uuid>>, Error> {
    let Some(since) = filter.since else {
        return Ok(None);
    };
    let ids = sqlx::query_scalar!(
        "select id from accounts.contact
         where tenant_id = events.tenant_id() and updated_at >= $1 and id > $2
         order by tenant_id, updated_at limit $3",
        since.to_sqlx() as _,
        page.after.unwrap_or(Uuid::nil()),
        CHANGED + 1,
    )
    .fetch_all(connection)
    .await?;
    Ok((ids.len() as i64 <= CHANGED).then_some(ids))
}

async fn in_order(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    filter: &Filter,
    holders: Option<&[Uuid]>,
) -> Result<Vec<Uuid>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_scalar!(
        "select c.id
         from accounts.contact c
         join accounts.account a on a.tenant_id = c.tenant_id and a.id = c.account_id
         where c.id > $1 and ($2 or a.owner_id = $3 or a.team_id = any($4))
           and ($5::uuid is null or c.account_id = $5)
           and ($6 = 0 or c.function = $6)
           and ($7 = '' or c.department = $7)
           and ($8::uuid is null or c.manager_id = $8)
           and ($9 = '' or c.source_system = $9)
           and ($10::uuid[] is null or c.id = any($10))
           and ($11::timestamptz is null or c.updated_at >= $11)
         order by c.id limit $12",
        page.after.unwrap_or(Uuid::nil()),
        all,
        me,
        &teams,
        filter.account.map(|id| id.0),
        i32::from(filter.function),
        filter.department,
        filter.manager.map(|id| id.0),
        filter.source_system,
        holders,
        filter.since.map(|since| since.to_sqlx()) as _,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Along the accounts that the caller sees, when those are some of many.
async fn of_seen_accounts(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    filter: &Filter,
) -> Result<Vec<Uuid>, Error> {
    let (_, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_scalar!(
        r#"with mine as materialized (
             select id from accounts.account where owner_id = $1
             union
             select id from accounts.account where team_id = any($2)
           )
           select x.id as "id!" from mine cross join lateral (
             select c.id from accounts.contact c
             where c.account_id = mine.id and c.id > $3
               and ($4 = 0 or c.function = $4)
               and ($5 = '' or c.department = $5)
               and ($6 = '' or c.source_system = $6)
               and ($7::timestamptz is null or c.updated_at >= $7)
             order by c.id limit $8
           ) x
           order by x.id limit $8"#,
        me,
        &teams,
        page.after.unwrap_or(Uuid::nil()),
        i32::from(filter.function),
        filter.department,
        filter.source_system,
        filter.since.map(|since| since.to_sqlx()) as _,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Who has this address; None when none is asked for.
async fn holders(connection: &mut PgConnection, email: &str) -> Result<Option<Vec<Uuid>>, Error> {
    if email.is_empty() {
        return Ok(None);
    }
    let rows = sqlx::query_scalar!(
        "select contact_id from accounts.contact_email where email = $1",
        email
    );
    Ok(Some(rows.fetch_all(connection).await?))
}
