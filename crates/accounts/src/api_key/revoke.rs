//! Ends a key for ever.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{ApiKeyChanged, RevokeApiKeyRequest, RevokeApiKeyResponse};
use sqlx::PgConnection;

use super::KeyRecord;
use crate::Accounts;
use crate::error::Error;
use crate::ids::ApiKeyId;

pub async fn revoke(
    service: &Accounts,
    call: &Call,
    request: RevokeApiKeyRequest,
) -> Result<RevokeApiKeyResponse, Error> {
    let mut bad = Violations::default();
    let id: ApiKeyId = bad.name("name", &request.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, id).await?;
            if before.revoked_at.is_some() {
                return Ok(RevokeApiKeyResponse {
                    api_key: Some(before.to_proto()),
                });
            }
            let revoked_at = Some(call.now.to_sqlx());
            let after = KeyRecord {
                version: before.version + 1,
                revoked_at,
                ..before.clone()
            };
            store(w, &after).await?;
            let change = ApiKeyChanged {
                before: Some(before.to_proto()),
                after: Some(after.to_proto()),
            };
            w.record(id.to_string(), after.version, &change);
            Ok(RevokeApiKeyResponse {
                api_key: Some(after.to_proto()),
            })
        })
        .await
}

async fn lock(connection: &mut PgConnection, id: ApiKeyId) -> Result<KeyRecord, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query_as!(
        KeyRecord,
        "select id, version, created_at, person_id, service_account_id, display_name, scopes, expires_at, revoked_at
         from accounts.api_key where id = $1 for no key update",
        id.0,
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Error::ApiKeyNotFound(id))
}

async fn store(connection: &mut PgConnection, key: &KeyRecord) -> Result<(), Error> {
    sqlx::query!(
        "update accounts.api_key set version = $2, revoked_at = $3 where id = $1",
        key.id,
        key.version,
        key.revoked_at as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
