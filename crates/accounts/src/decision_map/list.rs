//! Lists maps.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    ListDecisionMapsRequest, ListDecisionMapsResponse, StakeholderRole,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Header, load, shown};
use crate::Accounts;
use crate::account::sight;
use crate::error::Error;
use crate::ids::{AccountId, ContactId};
use crate::merge::redirect;

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListDecisionMapsRequest,
) -> Result<ListDecisionMapsResponse, Error> {
    let mut bad = Violations::default();
    let account: Option<AccountId> = bad.optional_name("account", &request.account);
    let contact: Option<ContactId> = bad.optional_name("contact", &request.contact);
    bad.page_size(request.page_size);
    bad.finish()?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &["ListDecisionMaps", &request.account, &request.contact],
    )?;
    let (maps, next_page_token) = service
        .read(call, async |tx: &mut Tx| {
            load::take_snapshot(tx).await?;
            let account = redirect::current(tx, account).await?;
            let found = select(tx, call, &page, account, contact).await?;
            let (headers, next) = page.close(found, |header| header.opportunity_id);
            Ok::<_, Error>((load::load(tx, headers).await?, next))
        })
        .await?;
    let maps = maps.iter().map(|map| map.shown_to(call));
    Ok(ListDecisionMapsResponse {
        decision_maps: maps.map(|map| shown(call, map)).collect(),
        next_page_token,
    })
}

async fn select(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    account: Option<AccountId>,
    contact: Option<ContactId>,
) -> Result<Vec<Header>, Error> {
    sight::plan_for_values(connection).await?;
    let ids = match contact {
        Some(contact) => Some(with_contact(connection, call, contact).await?),
        None if account.is_none() && sight::is_of_some(connection, call).await? => {
            Some(of_seen_accounts(connection, call, page).await?)
        }
        None => None,
    };
    headers(connection, call, page, account, ids.as_deref()).await
}

/// The maps in which a contact stands. An insider is not found by who may not know that the
/// person is one.
async fn with_contact(
    connection: &mut PgConnection,
    call: &Call,
    contact: ContactId,
) -> Result<Vec<Uuid>, Error> {
    let insiders = [StakeholderRole::Coach, StakeholderRole::HiddenSupporter].map(i32::from);
    let rows = sqlx::query_scalar!(
        "select s.opportunity_id from accounts.stakeholder s
         where s.contact_id = $1
           and ($2 or not (s.sensitive or s.roles && $3 or exists (
             select from accounts.insider i
             where i.tenant_id = s.tenant_id and i.opportunity_id = s.opportunity_id
               and i.contact_id = s.contact_id)))",
        contact.0,
        call.reveals,
        &insiders,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// A page of the maps of the accounts that the caller sees, when those are some of many.
async fn of_seen_accounts(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
) -> Result<Vec<Uuid>, Error> {
    let (_, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_scalar!(
        r#"with mine as materialized (
             select id from accounts.account where owner_id = $1
             union
             select id from accounts.account where team_id = any($2)
           )
           select x.opportunity_id as "id!" from mine cross join lateral (
             select m.opportunity_id from accounts.decision_map m
             where m.account_id = mine.id and m.opportunity_id > $3
             order by m.opportunity_id limit $4
           ) x
           order by x.opportunity_id limit $4"#,
        me,
        &teams,
        page.after.unwrap_or(Uuid::nil()),
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}

async fn headers(
    connection: &mut PgConnection,
    call: &Call,
    page: &Page,
    account: Option<AccountId>,
    ids: Option<&[Uuid]>,
) -> Result<Vec<Header>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let rows = sqlx::query_as!(
        Header,
        "select m.opportunity_id, m.version, m.created_at, m.updated_at, m.account_id, m.complete, m.competitors
         from accounts.decision_map m
         join accounts.account a on a.tenant_id = m.tenant_id and a.id = m.account_id
         where m.opportunity_id > $1 and ($2 or a.owner_id = $3 or a.team_id = any($4))
           and ($5::uuid is null or m.account_id = $5)
           and ($6::uuid[] is null or m.opportunity_id = any($6))
         order by m.opportunity_id limit $7",
        page.after.unwrap_or(Uuid::nil()),
        all,
        me,
        &teams,
        account.map(|id| id.0),
        ids as _,
        page.fetch(),
    );
    Ok(rows.fetch_all(connection).await?)
}
