//! Who is in which segment, kept in step with what is known of the accounts.

use keynode_proto::accounts::v1::SegmentMembership;
use sqlx::PgConnection;
use uuid::Uuid;

use super::facts::facts_of;
use super::rule::{Facts, Verdict};
use super::tree::InForce;
use super::{find_in_use, tree};
use crate::error::Error;

/// Accounts looked at in one statement.
const CHUNK: usize = 1000;

/// Whoever writes members reads accounts and criteria after taking this: the last one to
/// write has seen the newest. Held until the transaction ends, which is after one batch.
pub async fn lock(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('accounts.segment_member/' || events.tenant_id()::text, 0))"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts an account into the segments that it is in now, and out of the others.
pub async fn follow_account(connection: &mut PgConnection, account: Uuid) -> Result<(), Error> {
    follow(connection, &[account]).await
}

/// The same for all that stand below an account: whom they stand below changed.
pub async fn follow_group(connection: &mut PgConnection, account: Uuid) -> Result<(), Error> {
    let below = sqlx::query_scalar!(
        r#"with recursive below (id) as (
             select id from accounts.account where id = $1
             union
             select a.id from accounts.account a join below b on a.parent_id = b.id
           )
           select id as "id!" from below"#,
        account,
    )
    .fetch_all(&mut *connection)
    .await?;
    follow(connection, &below).await
}

async fn follow(connection: &mut PgConnection, accounts: &[Uuid]) -> Result<(), Error> {
    // A segment made after this look finds its members by itself.
    if find_in_use(connection).await?.is_empty() {
        return Ok(());
    }
    lock(connection).await?;
    let segments = tree::in_force(&find_in_use(connection).await?);
    for chunk in accounts.chunks(CHUNK) {
        refresh(connection, &segments, chunk).await?;
    }
    Ok(())
}

/// Writes what the segments' criteria say of the accounts today. Needs [`lock`].
pub async fn refresh(
    connection: &mut PgConnection,
    segments: &[InForce],
    accounts: &[Uuid],
) -> Result<(), Error> {
    let asks_lineage = segments.iter().any(InForce::asks_lineage);
    let facts = facts_of(connection, accounts, asks_lineage).await?;
    let mut rows = Rows::default();
    for (account, facts) in &facts {
        for segment in segments {
            rows.push(segment, *account, facts);
        }
    }
    let segments: Vec<Uuid> = segments.iter().map(|it| it.segment).collect();
    remove_others(connection, &segments, accounts, &rows).await?;
    insert(connection, &rows).await
}

/// Members and undetermined accounts, turned on their side.
#[derive(Debug, Default)]
struct Rows {
    segments: Vec<Uuid>,
    accounts: Vec<Uuid>,
    memberships: Vec<i32>,
}

impl Rows {
    fn push(&mut self, segment: &InForce, account: Uuid, facts: &Facts) {
        let membership = match segment.verdict(facts) {
            Verdict::Yes => SegmentMembership::Member,
            Verdict::Unknown => SegmentMembership::Undetermined,
            Verdict::No => return,
        };
        self.segments.push(segment.segment);
        self.accounts.push(account);
        self.memberships.push(membership.into());
    }
}

async fn remove_others(
    connection: &mut PgConnection,
    segments: &[Uuid],
    accounts: &[Uuid],
    rows: &Rows,
) -> Result<(), Error> {
    sqlx::query!(
        "delete from accounts.segment_member m
         where m.segment_id = any($1) and m.account_id = any($2)
           and (m.segment_id, m.account_id) not in (
             select k.segment_id, k.account_id
             from unnest($3::uuid[], $4::uuid[]) as k (segment_id, account_id))",
        segments,
        accounts,
        &rows.segments,
        &rows.accounts,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert(connection: &mut PgConnection, rows: &Rows) -> Result<(), Error> {
    if rows.accounts.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into accounts.segment_member as m (tenant_id, segment_id, account_id, membership)
         select events.tenant_id(), r.segment_id, r.account_id, r.membership
         from unnest($1::uuid[], $2::uuid[], $3::integer[]) as r (segment_id, account_id, membership)
         on conflict (tenant_id, segment_id, account_id) do update set membership = excluded.membership
         where m.membership <> excluded.membership",
        &rows.segments,
        &rows.accounts,
        &rows.memberships,
    )
    .execute(connection)
    .await?;
    Ok(())
}
