//! `ListWinModelVersions`.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::scoring::v1::{ListWinModelVersionsRequest, ListWinModelVersionsResponse};

use super::id::WinModelId;
use super::version;
use crate::Scoring;
use crate::error::Error;

pub(crate) async fn list(
    scoring: &Scoring,
    call: &Call,
    request: ListWinModelVersionsRequest,
) -> Result<ListWinModelVersionsResponse, Error> {
    let tenant = call.tenant()?;
    let mut bad = Violations::default();
    let model = match request.model.as_str() {
        "" => None,
        name => WinModelId::read(&mut bad, "model", name),
    };
    bad.page_size(request.page_size);
    bad.finish()?;
    let arguments = ["ListWinModelVersions", &tenant.to_string(), &request.model];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let list = async |tx: &mut Tx| version::list(tx, model.as_ref(), &page).await;
    let (versions, next_page_token) = scoring.mutations.db.transaction(tenant, list).await?;
    Ok(ListWinModelVersionsResponse {
        versions,
        next_page_token,
    })
}
