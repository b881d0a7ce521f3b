//! What is usual for a function in a tenant: as shipped, or as the tenant decided.

use std::collections::HashMap;

use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{ConcernDefaultsChanged, ConcernSource, Function};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::{Concern, catalogue};
use crate::error::Error;

/// A row of `accounts.concern_default`.
#[derive(Clone, Debug)]
struct Decision {
    function: i32,
    version: i64,
    updated_at: jiff_sqlx::Timestamp,
    /// None = as shipped again.
    concerns: Option<Json<Vec<Concern>>>,
}

/// What is usual in one tenant.
#[derive(Clone, Debug, Default)]
pub struct Defaults(HashMap<i32, Decision>);

impl Defaults {
    /// What is usual for whoever has this function, and who decided it.
    pub fn usual(&self, function: Function) -> (&[Concern], ConcernSource) {
        match self.decided(function) {
            Some(concerns) => (concerns, ConcernSource::TenantDefault),
            None => (catalogue::usual(function), ConcernSource::FunctionDefault),
        }
    }

    fn decided(&self, function: Function) -> Option<&[Concern]> {
        let decision = self.0.get(&function.into())?;
        decision
            .concerns
            .as_ref()
            .map(|Json(concerns)| concerns.as_slice())
    }

    /// Of what version the tenant's decision is; 0 before the first.
    pub fn version(&self, function: Function) -> i64 {
        self.0.get(&function.into()).map_or(0, |d| d.version)
    }

    pub fn to_proto(&self, function: Function) -> proto::ConcernDefaults {
        let (concerns, source) = self.usual(function);
        let update_time = self.0.get(&function.into()).map(|d| d.updated_at);
        proto::ConcernDefaults {
            name: name(function),
            etag: self.version(function).to_string(),
            update_time: update_time.map(|at| wire::timestamp(at.to_jiff())),
            function: function.into(),
            concerns: concerns
                .iter()
                .map(|c| c.in_words(None).to_proto())
                .collect(),
            source: source.into(),
            shipped_version: catalogue::version(),
        }
    }
}

/// The name of what is usual for a function.
pub fn name(function: Function) -> String {
    format!("concernDefaults/{}", catalogue::word(function))
}

/// Reads what the caller's tenant decided: at most one row per function.
pub async fn load(connection: &mut PgConnection) -> Result<Defaults, Error> {
    let rows = sqlx::query_as!(
        Decision,
        r#"select function, version, updated_at, concerns as "concerns: Json<Vec<Concern>>"
           from accounts.concern_default"#
    )
    .fetch_all(connection)
    .await?;
    let by_function = rows.into_iter().map(|row| (row.function, row));
    Ok(Defaults(by_function.collect()))
}

/// Reads the same and keeps other writers of this function away.
pub async fn lock(connection: &mut PgConnection, function: Function) -> Result<Defaults, Error> {
    log::take_turn(connection, &[name(function)]).await?;
    load(connection).await
}

/// Stores a decision, or with None the way back to what is shipped; answers what is usual
/// now. Nothing happens when it is so already.
pub async fn decide(
    w: &mut Writer<'_>,
    call: &Call,
    before: &Defaults,
    function: Function,
    concerns: Option<Vec<Concern>>,
) -> Result<proto::ConcernDefaults, Error> {
    if before.decided(function) == concerns.as_deref() {
        return Ok(before.to_proto(function));
    }
    let decision = Decision {
        function: function.into(),
        version: before.version(function) + 1,
        updated_at: call.now.to_sqlx(),
        concerns: concerns.map(Json),
    };
    store(w, &decision).await?;
    let mut after = before.clone();
    let version = decision.version;
    after.0.insert(decision.function, decision);
    let change = ConcernDefaultsChanged {
        before: Some(before.to_proto(function)),
        after: Some(after.to_proto(function)),
    };
    w.record(name(function), version, &change);
    Ok(after.to_proto(function))
}

async fn store(connection: &mut PgConnection, decision: &Decision) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.concern_default (tenant_id, function, version, updated_at, concerns)
         values (events.tenant_id(), $1, $2, $3, $4)
         on conflict (tenant_id, function) do update
         set version = excluded.version, updated_at = excluded.updated_at, concerns = excluded.concerns",
        decision.function,
        decision.version,
        decision.updated_at as _,
        decision.concerns.as_ref() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
