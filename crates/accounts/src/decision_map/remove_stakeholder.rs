//! Takes a stakeholder and the influences from and to that person out of the map.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{RemoveStakeholderRequest, RemoveStakeholderResponse};
use sqlx::PgConnection;

use super::shown;
use super::store::{commit, lock};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{ContactId, MapId};

pub async fn remove(
    service: &Accounts,
    call: &Call,
    request: RemoveStakeholderRequest,
) -> Result<RemoveStakeholderResponse, Error> {
    let mut bad = Violations::default();
    let map: MapId = bad.name("name", &request.name);
    let contact: ContactId = bad.name("contact", &request.contact);
    bad.finish()?;
    let answer = service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, map, &request.etag).await?;
            delete(w, map, contact).await?;
            let mut after = before.clone();
            after.stakeholders.retain(|person| person.name() != contact);
            after
                .influences
                .retain(|influence| !influence.is_of(contact));
            let after = commit(w, call, &before, after).await?;
            Ok::<_, Error>(RemoveStakeholderResponse {
                decision_map: Some(after.shown_to(call)),
            })
        })
        .await?;
    Ok(RemoveStakeholderResponse {
        decision_map: answer.decision_map.map(|map| shown(call, map)),
    })
}

/// Judgements and the influences from and to the person go with the row.
async fn delete(
    connection: &mut PgConnection,
    map: MapId,
    contact: ContactId,
) -> Result<(), Error> {
    let deleted = sqlx::query!(
        "delete from accounts.stakeholder where opportunity_id = $1 and contact_id = $2",
        map.0,
        contact.0
    )
    .execute(connection)
    .await?;
    if deleted.rows_affected() == 0 {
        Err(Error::StakeholderNotFound { map, contact })
    } else {
        Ok(())
    }
}
