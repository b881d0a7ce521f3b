//! Reads one account.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{GetAccountRequest, GetAccountResponse};

use super::{follow, hidden};
use crate::Accounts;
use crate::error::Error;
use crate::ids::AccountId;

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetAccountRequest,
) -> Result<GetAccountResponse, Error> {
    let mut bad = Violations::default();
    let id: AccountId = bad.name("name", &request.name);
    bad.finish()?;
    let account = service
        .read(call, async |tx: &mut Tx| {
            let account = follow(tx, call, id).await?;
            hidden::shown(tx, call, &account).await
        })
        .await?;
    Ok(GetAccountResponse {
        account: Some(account),
    })
}
