//! Rows of `accounts.prospect`, one or many at once.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::etag;
use keynode_kit::log;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Prospect;
use super::refusal::Refusal;
use crate::error::Error;
use crate::ids::{ProspectId, TargetDefinitionId};

/// Makes a prospect of its columns.
pub fn decode(id: Uuid, version: i64, record: &[u8]) -> Result<Prospect, Error> {
    let record = proto::Prospect::decode(record).map_err(Fault::internal)?;
    Ok(Prospect {
        id,
        version,
        record,
    })
}

/// Reads one prospect that the caller sees.
pub async fn find(
    connection: &mut PgConnection,
    call: &Call,
    id: ProspectId,
) -> Result<Prospect, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let row = sqlx::query!(
        "select id, version, record from accounts.prospect
         where id = $1 and ($2 or owner_id = $3 or team_id = any($4))",
        id.0,
        all,
        me,
        &teams,
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Refusal::NotFound(id))?;
    decode(row.id, row.version, &row.record)
}

/// Reads one prospect and keeps other writers away until the transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    call: &Call,
    id: ProspectId,
) -> Result<Prospect, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query!(
        "select id from accounts.prospect where id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    find(connection, call, id).await
}

/// The same, of a version that the caller has seen and that may still change.
pub async fn lock_open(
    connection: &mut PgConnection,
    call: &Call,
    id: ProspectId,
    etag: &str,
) -> Result<Prospect, Error> {
    let prospect = lock(connection, call, id).await?;
    etag::check(&id.to_string(), etag, prospect.version)?;
    prospect.check_open()?;
    Ok(prospect)
}

/// These prospects by age, whoever may see them; other writers are kept away. Their turns are
/// taken.
pub async fn lock_all(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Prospect>, Error> {
    let rows = sqlx::query!(
        "select id, version, record from accounts.prospect where id = any($1) order by id for no key update",
        ids,
    )
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| decode(row.id, row.version, &row.record))
        .collect()
}

/// Writers that bring keys in take turns, so that none misses a key that another is about
/// to add. Held until the transaction ends; taken before any row is locked.
pub async fn lock_keys(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('accounts.prospect/' || events.tenant_id()::text, 0))"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Refuses an external key that another prospect has; its name is told to who sees it.
pub async fn check_key(
    connection: &mut PgConnection,
    call: &Call,
    prospect: &Prospect,
) -> Result<(), Error> {
    let Some((source_system, external_id)) = prospect.external_key() else {
        return Ok(());
    };
    let holder = sqlx::query!(
        "select id, owner_id, team_id from accounts.prospect
         where source_system = $1 and external_id = $2 and id <> $3",
        source_system,
        external_id,
        prospect.id,
    )
    .fetch_optional(connection)
    .await?;
    let Some(holder) = holder else { return Ok(()) };
    let is_seen = call.sees(holder.owner_id, holder.team_id);
    Err(Error::ExternalKeyTaken {
        holder: is_seen.then(|| ProspectId(holder.id).to_string()),
    })
}

/// Prospects turned on their side, as the database takes many at once.
#[derive(Debug, Default)]
struct Columns {
    ids: Vec<Uuid>,
    versions: Vec<i64>,
    owners: Vec<Option<Uuid>>,
    teams: Vec<Option<Uuid>>,
    states: Vec<i32>,
    channels: Vec<i32>,
    found: Vec<Option<jiff_sqlx::Date>>,
    definitions: Vec<Option<Uuid>>,
    screened_by: Vec<Option<Uuid>>,
    outcomes: Vec<Option<i32>>,
    systems: Vec<Option<String>>,
    external_ids: Vec<Option<String>>,
    records: Vec<Vec<u8>>,
}

impl Columns {
    fn of<'p>(prospects: impl IntoIterator<Item = &'p Prospect>) -> Self {
        let mut columns = Self::default();
        for prospect in prospects {
            columns.push(prospect);
        }
        columns
    }

    fn push(&mut self, prospect: &Prospect) {
        let record = &prospect.record;
        let (system, external_id) = prospect.external_key().unzip();
        let found = record.found_date.as_ref();
        let screening = record.screening.as_ref();
        let screened_by =
            screening.and_then(|seen| seen.target_definition.parse::<TargetDefinitionId>().ok());
        self.ids.push(prospect.id);
        self.versions.push(prospect.version);
        self.owners.push(prospect.owner());
        self.teams.push(prospect.team());
        self.states.push(record.state);
        self.channels.push(record.channel);
        self.found.push(
            found
                .and_then(|date| wire::read_date(date).ok())
                .map(ToSqlx::to_sqlx),
        );
        self.definitions.push(prospect.definition().map(|id| id.0));
        self.screened_by.push(screened_by.map(|id| id.0));
        self.outcomes.push(screening.map(|seen| seen.outcome));
        self.systems.push(system.map(str::to_owned));
        self.external_ids.push(external_id.map(str::to_owned));
        self.records.push(record.encode_to_vec());
    }
}

/// A statement over the rows `n` of the columns: what stands before and behind them is given.
macro_rules! over_columns {
    ($columns:ident, $before:literal, $behind:literal) => {
        sqlx::query!(
            $before
                + "
 from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::integer[], $6::integer[], $7::date[],
             $8::uuid[], $9::uuid[], $10::integer[], $11::text[], $12::text[], $13::bytea[])
   as n (id, version, owner_id, team_id, state, channel, found_on, definition_id, screened_by_id, outcome,
         source_system, external_id, record)
"
                + $behind,
            &$columns.ids,
            &$columns.versions,
            &$columns.owners as _,
            &$columns.teams as _,
            &$columns.states,
            &$columns.channels,
            &$columns.found as _,
            &$columns.definitions as _,
            &$columns.screened_by as _,
            &$columns.outcomes as _,
            &$columns.systems as _,
            &$columns.external_ids as _,
            &$columns.records,
        )
    };
}

/// Adds prospects.
pub async fn insert<'p>(
    connection: &mut PgConnection,
    prospects: impl IntoIterator<Item = &'p Prospect>,
) -> Result<(), Error> {
    let columns = Columns::of(prospects);
    if columns.ids.is_empty() {
        return Ok(());
    }
    over_columns!(
        columns,
        "insert into accounts.prospect
           (tenant_id, id, version, owner_id, team_id, state, channel, found_on, definition_id, screened_by_id,
            outcome, source_system, external_id, record)
         select events.tenant_id(), n.*",
        ""
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores prospects that are there already.
pub async fn update<'p>(
    connection: &mut PgConnection,
    prospects: impl IntoIterator<Item = &'p Prospect>,
) -> Result<(), Error> {
    let columns = Columns::of(prospects);
    if columns.ids.is_empty() {
        return Ok(());
    }
    over_columns!(
        columns,
        "update accounts.prospect p
         set version = n.version, owner_id = n.owner_id, team_id = n.team_id, state = n.state, channel = n.channel,
             found_on = n.found_on, definition_id = n.definition_id, screened_by_id = n.screened_by_id,
             outcome = n.outcome, source_system = n.source_system, external_id = n.external_id, record = n.record",
        "where p.tenant_id = events.tenant_id() and p.id = n.id"
    )
    .execute(connection)
    .await?;
    Ok(())
}
