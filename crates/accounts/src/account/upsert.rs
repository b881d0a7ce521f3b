//! Adds an account or changes the one that has its external key.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::{AccountRow, UpsertAccountRequest, UpsertAccountResponse};

use super::import::{self, Plan};
use super::{hidden, save};
use crate::Accounts;
use crate::error::Error;

pub async fn upsert(
    service: &Accounts,
    call: &Call,
    request: UpsertAccountRequest,
) -> Result<UpsertAccountResponse, Error> {
    let row = AccountRow {
        account: request.account.clone(),
        parent_external_id: String::new(),
    };
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let plans = import::plan(w, call, std::slice::from_ref(&row), &[]).await?;
            let plan = plans.into_iter().next().expect("every row has a plan")?;
            check_etag(&plan, &request)?;
            if let Some(change) = plan.change() {
                save::save(w, call, &[change]).await?;
            }
            Ok(UpsertAccountResponse {
                account: Some(hidden::shown(w, call, &plan.after).await?),
                created: plan.before.is_none(),
            })
        })
        .await
}

fn check_etag(plan: &Plan, request: &UpsertAccountRequest) -> Result<(), Error> {
    if let (Some(before), Some(sent)) = (&plan.before, &request.account) {
        etag::check(&before.name().to_string(), &sent.etag, before.version)?;
    }
    Ok(())
}
