//! Reads merges.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    GetMergeRequest, GetMergeResponse, ListMergesRequest, ListMergesResponse,
};
use uuid::Uuid;

use super::refusal::Refusal;
use super::row::{self, Filter};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{AccountId, MergeId};

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetMergeRequest,
) -> Result<GetMergeResponse, Error> {
    let mut bad = Violations::default();
    let id: MergeId = bad.name("name", &request.name);
    bad.finish()?;
    let filter = Filter {
        id: Some(id.0),
        most: 1,
        ..Filter::default()
    };
    let found = service
        .read(call, async |tx: &mut Tx| row::list(tx, call, &filter).await)
        .await?;
    let merge = found.into_iter().next().ok_or(Refusal::NotFound(id))?;
    Ok(GetMergeResponse { merge: Some(merge) })
}

pub async fn list(
    service: &Accounts,
    call: &Call,
    request: ListMergesRequest,
) -> Result<ListMergesResponse, Error> {
    let mut bad = Violations::default();
    let account: Option<AccountId> = bad.optional_name("account", &request.account);
    bad.page_size(request.page_size);
    bad.finish()?;
    let arguments = ["ListMerges", &request.account];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let filter = Filter {
        id: None,
        account: account.map(|id| id.0),
        after: page.after,
        most: page.fetch(),
    };
    let found = service
        .read(call, async |tx: &mut Tx| row::list(tx, call, &filter).await)
        .await?;
    let key = |name: &str| name.parse().map_or(Uuid::nil(), |MergeId(id)| id);
    let (merges, next_page_token) = page.close(found, |merge| key(&merge.name));
    Ok(ListMergesResponse {
        merges,
        next_page_token,
    })
}
