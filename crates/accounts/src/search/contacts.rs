//! Finds contacts by their names.

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_proto::accounts::v1::{ContactHit, SearchContactsRequest, SearchContactsResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::entry::Kind;
use super::lookup;
use super::query::Query;
use crate::Accounts;
use crate::error::Error;
use crate::ids::{AccountId, ContactId};
use crate::matching::find::visible_names;

pub async fn search(
    service: &Accounts,
    call: &Call,
    request: SearchContactsRequest,
) -> Result<SearchContactsResponse, Error> {
    let query = Query::read(
        call.tenant()?,
        Kind::Contact,
        &request.query,
        request.max_results,
    )?;
    service
        .read(call, async |tx: &mut Tx| {
            let found = lookup::find(tx, call, Kind::Contact, &query).await?;
            let accounts: Vec<Uuid> = found.hits.iter().map(|hit| hit.account_id).collect();
            let accounts = visible_names(tx, call, &accounts).await?;
            let contacts: Vec<Uuid> = found.hits.iter().map(|hit| hit.subject_id).collect();
            let contacts = names(tx, &contacts).await?;
            let hits = found.hits.into_iter().filter_map(|hit| {
                Some(ContactHit {
                    contact: ContactId(hit.subject_id).to_string(),
                    display_name: contacts.get(&hit.subject_id)?.clone(),
                    account: AccountId(hit.account_id).to_string(),
                    account_display_name: accounts.get(&hit.account_id)?.clone(),
                    rank: hit.rank.into(),
                })
            });
            Ok(SearchContactsResponse {
                hits: hits.collect(),
                incomplete: found.is_incomplete,
            })
        })
        .await
}

async fn names(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, Error> {
    let rows = sqlx::query!(
        "select id, display_name from accounts.contact where id = any($1)",
        ids
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.display_name))
        .collect())
}
