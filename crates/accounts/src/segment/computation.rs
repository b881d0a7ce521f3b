//! Finds the members of segments anew, a batch per transaction: also of a million accounts,
//! and by any number of replicas at once.

use std::time::Duration;

use keynode_kit::call::TenantId;
use keynode_kit::db::{Db, Tx};
use keynode_kit::error::Fault;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{find_in_use, membership, tree};
use crate::error::Error;
use crate::ids::SegmentId;

/// Accounts per transaction: short enough not to keep the log's readers waiting.
const BATCH: i64 = 1000;
/// Segments looked at in one step.
const SEGMENTS: i64 = 16;
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Has the members of segments found from the first account on. Part of the change that
/// makes it necessary.
pub async fn request(connection: &mut PgConnection, segments: &[Uuid]) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.segment_computation (tenant_id, segment_id, after_id)
         select events.tenant_id(), s, $2 from unnest($1::uuid[]) as s
         on conflict (tenant_id, segment_id) do update set after_id = excluded.after_id",
        segments,
        Uuid::nil(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether the members of a segment are being found anew.
pub async fn is_running(connection: &mut PgConnection, segment: Uuid) -> Result<bool, Error> {
    let running = sqlx::query_scalar!(
        r#"select exists (select from accounts.segment_computation where segment_id = $1) as "running!""#,
        segment,
    );
    Ok(running.fetch_one(connection).await?)
}

/// Works for ever, looking for work every `poll`; to be dropped when the service stops.
pub async fn run(db: &Db, poll: Duration) {
    let mut pause = poll;
    loop {
        match step(db).await {
            Ok(true) => {
                pause = poll;
                continue;
            }
            Ok(false) => pause = poll,
            Err(fault) => {
                pause = (pause * 2).min(LONGEST_PAUSE);
                tracing::warn!(%fault, "the segments that wait cannot be listed; trying again");
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// One batch of each segment that waits; whether there was any to do.
async fn step(db: &Db) -> Result<bool, Fault> {
    let waiting = db
        .transaction_without_tenant(async |tx: &mut Tx| {
            let rows = sqlx::query!(
                r#"select tenant_id as "tenant_id!", segment_id as "segment_id!"
                   from accounts.list_computations($1)"#,
                SEGMENTS,
            );
            Ok::<_, Fault>(rows.fetch_all(&mut **tx).await?)
        })
        .await?;
    let mut worked = false;
    for row in waiting {
        let done = db
            .transaction(TenantId(row.tenant_id), async |tx: &mut Tx| {
                batch(tx, row.segment_id).await
            })
            .await;
        match done {
            Ok(done) => worked |= done,
            // The others shall not wait for one that fails.
            Err(fault) => {
                tracing::warn!(segment = %SegmentId(row.segment_id), %fault, "the members cannot be found; trying again");
            }
        }
    }
    Ok(worked)
}

/// False when another replica is at it, or it is done.
async fn batch(connection: &mut PgConnection, segment: Uuid) -> Result<bool, Error> {
    let after = sqlx::query_scalar!(
        "select after_id from accounts.segment_computation where segment_id = $1 for update skip locked",
        segment,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(after) = after else {
        return Ok(false);
    };
    membership::lock(connection).await?;
    let mut in_force = tree::in_force(&find_in_use(connection).await?);
    in_force.retain(|it| it.segment == segment);
    let reached = match in_force.is_empty() {
        true => empty(connection, segment).await?,
        false => {
            let accounts = accounts_after(connection, after).await?;
            membership::refresh(connection, &in_force, &accounts).await?;
            full(accounts.len())
                .then(|| accounts.last().copied())
                .flatten()
        }
    };
    advance(connection, segment, reached).await?;
    Ok(true)
}

/// Whether more may follow.
fn full(count: usize) -> bool {
    i64::try_from(count).is_ok_and(|count| count >= BATCH)
}

async fn accounts_after(connection: &mut PgConnection, after: Uuid) -> Result<Vec<Uuid>, Error> {
    let ids = sqlx::query_scalar!(
        "select id from accounts.account where id > $1 order by id limit $2",
        after,
        BATCH,
    );
    Ok(ids.fetch_all(connection).await?)
}

/// Takes a batch of members out of a segment that is archived.
async fn empty(connection: &mut PgConnection, segment: Uuid) -> Result<Option<Uuid>, Error> {
    let removed = sqlx::query!(
        "delete from accounts.segment_member
         where segment_id = $1 and account_id in (
           select account_id from accounts.segment_member where segment_id = $1 order by account_id limit $2)",
        segment,
        BATCH,
    )
    .execute(connection)
    .await?;
    let more = i64::try_from(removed.rows_affected()).is_ok_and(|count| count >= BATCH);
    Ok(more.then_some(Uuid::nil()))
}

/// Keeps the place reached; none is the end.
async fn advance(
    connection: &mut PgConnection,
    segment: Uuid,
    reached: Option<Uuid>,
) -> Result<(), Error> {
    match reached {
        Some(reached) => sqlx::query!(
            "update accounts.segment_computation set after_id = $2 where segment_id = $1",
            segment,
            reached,
        ),
        None => sqlx::query!(
            "delete from accounts.segment_computation where segment_id = $1",
            segment
        ),
    }
    .execute(connection)
    .await?;
    Ok(())
}
