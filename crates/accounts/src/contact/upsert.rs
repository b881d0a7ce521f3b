//! Adds or changes one contact by its external key: an import of one row.

use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::{ContactRow, UpsertContactRequest, UpsertContactResponse};

use super::import::{carry_out, row::Row};
use super::reader::Reader;
use crate::Accounts;
use crate::error::Error;

pub async fn upsert(
    service: &Accounts,
    call: &Call,
    request: UpsertContactRequest,
) -> Result<UpsertContactResponse, Error> {
    let sent = ContactRow {
        contact: request.contact.clone(),
        account_external_id: request.account_external_id.clone(),
        manager_external_id: request.manager_external_id.clone(),
    };
    let row = Row::read(&sent, call.today())?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let plans = carry_out(w, call, vec![Ok(row)]).await?;
            let plan = plans
                .into_iter()
                .next()
                .ok_or_else(|| Fault::internal("a row came to nothing"))??;
            let reader = Reader::of(w, call, [&plan.change.after]).await?;
            Ok(UpsertContactResponse {
                contact: Some(plan.change.after.shown(&reader)),
                created: plan.change.before.is_none(),
            })
        })
        .await
}
