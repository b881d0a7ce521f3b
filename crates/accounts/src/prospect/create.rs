//! Adds a prospect to the list.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{CreateProspectRequest, CreateProspectResponse};
use sqlx::PgConnection;

use super::{Prospect, belonging, record, row};
use crate::account::assignment;
use crate::error::Error;
use crate::ids::PersonId;
use crate::{Accounts, person, target_definition};

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateProspectRequest,
) -> Result<CreateProspectResponse, Error> {
    let mut bad = Violations::default();
    let sent = request.prospect.clone().unwrap_or_default();
    let prospect = Prospect::new(service.mutations.clock.id(), call.now);
    let prospect = prospect.told(&sent, call.today(), &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let prospect = place(w, call, prospect).await?;
            row::insert(w, [&prospect]).await?;
            record(w, None, &prospect);
            Ok(CreateProspectResponse {
                prospect: Some(prospect.record),
            })
        })
        .await
}

/// The prospect with owner and team, if everything it refers to is there and allowed.
async fn place(
    connection: &mut PgConnection,
    call: &Call,
    prospect: Prospect,
) -> Result<Prospect, Error> {
    if prospect.record.external_key.is_some() {
        row::lock_keys(connection).await?;
    }
    let owners_team = match prospect.owner().or(call.principal.person) {
        Some(owner) => person::find(connection, PersonId(owner)).await?.team_id,
        None => None,
    };
    let prospect = belonging::with_defaults(prospect, call, |_| owners_team);
    assignment::require(connection, &belonging::holder(&prospect)).await?;
    if let Some(definition) = prospect.definition() {
        target_definition::find(connection, definition).await?;
    }
    let mut bad = Violations::default();
    belonging::check(call, None, &prospect, owners_team, &mut bad);
    bad.finish()?;
    row::check_key(connection, call, &prospect).await?;
    Ok(prospect)
}
