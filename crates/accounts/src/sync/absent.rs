//! People of the other system whom a whole set does not name.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::{SyncDirectoryRequest, SyncMode};
use sqlx::PgConnection;
use uuid::Uuid;

use super::known::Known;
use crate::directory::refusal::Refusal;
use crate::error::Error;
use crate::person::{self, Person};

/// How many a call that ends a whole set may disable.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The calls before this one that belong to the set; none when this one is the set.
    pub run: Option<Uuid>,
    /// Of the system's enabled people.
    pub percent: i32,
}

impl Limit {
    /// Per cent: more is rather a broken export than a bad quarter.
    pub const DEFAULT: i32 = 20;
}

/// Who was disabled, and who would have been but is an administrator.
#[derive(Debug, Default)]
pub struct Absent {
    pub disabled: Vec<Uuid>,
    pub kept: Vec<Uuid>,
}

/// The enabled people of the system whom neither this call nor its run names.
pub async fn find(
    connection: &mut PgConnection,
    request: &SyncDirectoryRequest,
    limit: Option<&Limit>,
) -> Result<Vec<Uuid>, Error> {
    let Some(limit) = limit else {
        return Ok(Vec::new());
    };
    let rows = sqlx::query_scalar!(
        "select id from accounts.person
         where source_system = $1 and not disabled and external_id <> all($2)
           and ($3::uuid is null or sync_run is distinct from $3)
         order by id",
        request.source_system.trim(),
        &named(request),
        limit.run,
    );
    Ok(rows.fetch_all(connection).await?)
}

fn named(request: &SyncDirectoryRequest) -> Vec<String> {
    let keys = request.people.iter().map(|row| row.external_id.trim());
    keys.map(str::to_owned).collect()
}

/// Notes whom the set names, and at its end disables whom it does not.
pub async fn disable(
    w: &mut Writer<'_>,
    call: &Call,
    request: &SyncDirectoryRequest,
    known: &Known,
    limit: Option<&Limit>,
) -> Result<Absent, Error> {
    if request.mode() == SyncMode::Full {
        mark(w, request).await?;
    }
    let Some(limit) = limit else {
        return Ok(Absent::default());
    };
    let mut absent = Absent::default();
    let mut leavers = Vec::new();
    for before in &known.absent {
        let after = Person {
            disabled: true,
            ..before.clone()
        };
        match after.check_promotion(Some(before), call) {
            Ok(()) => leavers.push((before, after.changed(before, call.now))),
            Err(_) => absent.kept.push(before.id),
        }
    }
    check_share(w, request, leavers.len(), limit).await?;
    for (before, after) in leavers {
        after.update(w).await?;
        person::record(w, Some(before), &after);
        absent.disabled.push(after.id);
    }
    Ok(absent)
}

async fn mark(connection: &mut PgConnection, request: &SyncDirectoryRequest) -> Result<(), Error> {
    let Ok(run) = Uuid::try_parse(&request.sync_run) else {
        return Ok(());
    };
    sqlx::query!(
        "update accounts.person set sync_run = $3
         where source_system = $1 and external_id = any($2) and sync_run is distinct from $3",
        request.source_system.trim(),
        &named(request),
        run,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Refuses to disable more than a share of the system's people: who leaves, and who stays
/// enabled after this call.
async fn check_share(
    connection: &mut PgConnection,
    request: &SyncDirectoryRequest,
    disabled: usize,
    limit: &Limit,
) -> Result<(), Error> {
    let people = sqlx::query_scalar!(
        r#"select count(*) as "count!" from accounts.person where source_system = $1 and not disabled"#,
        request.source_system.trim(),
    )
    .fetch_one(connection)
    .await?;
    let people = usize::try_from(people).unwrap_or_default();
    let allowed = people * usize::try_from(limit.percent).unwrap_or_default();
    match disabled * 100 > allowed {
        true => Err(Refusal::TooManyDisabled {
            disabled,
            people,
            limit_percent: limit.percent,
        }
        .into()),
        false => Ok(()),
    }
}
