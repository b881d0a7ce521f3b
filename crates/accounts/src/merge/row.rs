//! Rows of `accounts.merge`.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_proto::accounts::v1::Merge;
use prost::Message as _;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::ledger::Ledger;
use super::refusal::Refusal;
use super::sight;
use crate::error::Error;
use crate::ids::MergeId;

/// A merge with what undoing it needs.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: Uuid,
    pub version: i64,
    pub undo_until: Timestamp,
    pub is_undone: bool,
    pub record: Merge,
    pub ledger: Ledger,
}

impl Row {
    pub fn name(&self) -> MergeId {
        MergeId(self.id)
    }

    pub async fn insert(&self, connection: &mut PgConnection) -> Result<(), Error> {
        let members = self.ledger.members();
        sqlx::query!(
            "insert into accounts.merge (tenant_id, id, version, survivor_id, undo_until, record, ledger)
             values (events.tenant_id(), $1, $2, $3, $4, $5, $6)",
            self.id,
            self.version,
            self.ledger.before.id,
            self.undo_until.to_sqlx() as _,
            self.record.encode_to_vec(),
            Json(&self.ledger) as _,
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "insert into accounts.merge_account (tenant_id, account_id, merge_id)
             select events.tenant_id(), n.id, $1 from unnest($2::uuid[]) as n (id)",
            self.id,
            &members,
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Stores that it is undone.
    pub async fn update(&self, connection: &mut PgConnection, now: Timestamp) -> Result<(), Error> {
        sqlx::query!(
            "update accounts.merge set version = $2, undone_at = $3, record = $4 where id = $1",
            self.id,
            self.version,
            now.to_sqlx() as _,
            self.record.encode_to_vec(),
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Reads a merge, whoever may see it.
pub async fn find(connection: &mut PgConnection, id: MergeId) -> Result<Row, Error> {
    let row = sqlx::query!(
        r#"select version, undo_until as "undo_until: jiff_sqlx::Timestamp", undone_at is not null as "is_undone!",
                  record, ledger as "ledger: Json<Ledger>"
           from accounts.merge where id = $1"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Refusal::NotFound(id))?;
    Ok(Row {
        id: id.0,
        version: row.version,
        undo_until: row.undo_until.to_jiff(),
        is_undone: row.is_undone,
        record: decode(&row.record)?,
        ledger: row.ledger.0,
    })
}

fn decode(record: &[u8]) -> Result<Merge, Error> {
    Ok(Merge::decode(record).map_err(Fault::internal)?)
}

/// Which merges are read.
#[derive(Debug, Default)]
pub struct Filter {
    pub id: Option<Uuid>,
    pub account: Option<Uuid>,
    pub after: Option<Uuid>,
    pub most: i64,
}

/// The merges that the caller may read, in the order in which they were done: who sees the
/// account that they led to, and once they are undone, every one of the accounts.
pub async fn list(
    connection: &mut PgConnection,
    call: &Call,
    filter: &Filter,
) -> Result<Vec<Merge>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let records = sqlx::query_scalar!(
        "select m.record
         from accounts.merge m
         join accounts.account o on o.tenant_id = m.tenant_id and o.id = m.survivor_id
         join accounts.account s on s.tenant_id = o.tenant_id and s.id = coalesce(o.merged_into_id, o.id)
         where ($1 or s.owner_id = $2 or s.team_id = any($3))
           and ($1 or m.undone_at is null or not exists (
             select from accounts.merge_account k
             join accounts.account a on a.tenant_id = k.tenant_id and a.id = k.account_id
             where k.tenant_id = m.tenant_id and k.merge_id = m.id
               and (a.owner_id = $2 or a.team_id = any($3)) is not true))
           and ($4::uuid is null or m.id = $4)
           and ($5::uuid is null or exists (
             select from accounts.merge_account k
             where k.tenant_id = m.tenant_id and k.merge_id = m.id and k.account_id = $5))
           and m.id > $6
         order by m.id limit $7",
        all,
        me,
        &teams,
        filter.id,
        filter.account,
        filter.after.unwrap_or(Uuid::nil()),
        filter.most,
    )
    .fetch_all(&mut *connection)
    .await?;
    let merges = records.iter().map(|record| decode(record));
    sight::shown(connection, call, merges.collect::<Result<_, _>>()?).await
}
