//! Finds accounts by any of their names.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_proto::accounts::v1::{AccountHit, SearchAccountsRequest, SearchAccountsResponse};
use uuid::Uuid;

use super::entry::Kind;
use super::lookup;
use super::query::Query;
use crate::Accounts;
use crate::error::Error;
use crate::ids::AccountId;
use crate::matching::find::visible_names;

pub async fn search(
    service: &Accounts,
    call: &Call,
    request: SearchAccountsRequest,
) -> Result<SearchAccountsResponse, Error> {
    let query = Query::read(
        call.tenant()?,
        Kind::Account,
        &request.query,
        request.max_results,
    )?;
    service
        .read(call, async |tx: &mut Tx| {
            let found = lookup::find(tx, call, Kind::Account, &query).await?;
            let ids: Vec<Uuid> = found.hits.iter().map(|hit| hit.subject_id).collect();
            let names = visible_names(tx, call, &ids).await?;
            let hits = found.hits.into_iter().filter_map(|hit| {
                Some(AccountHit {
                    account: AccountId(hit.subject_id).to_string(),
                    display_name: names.get(&hit.subject_id)?.clone(),
                    matched_name: hit.name,
                    rank: hit.rank.into(),
                })
            });
            Ok(SearchAccountsResponse {
                hits: hits.collect(),
                incomplete: found.is_incomplete,
            })
        })
        .await
}
