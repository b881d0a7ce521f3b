//! Processes of a tenant's own, in the database.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_proto::pipeline::v1::ProcessState;
use sqlx::PgConnection;

/// A version of a process as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: String,
    pub version: i32,
    pub state: ProcessState,
    /// Of the process: one more with every change of one of its versions.
    pub revision: i64,
    pub file: String,
    pub published: Option<Timestamp>,
    pub retired: Option<Timestamp>,
}

struct Row {
    id: String,
    version: i32,
    state: String,
    revision: i64,
    file: String,
    published_at: Option<jiff_sqlx::Timestamp>,
    retired_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn into_kept(self) -> Kept {
        Kept {
            id: self.id,
            version: self.version,
            state: STATES
                .iter()
                .find(|(_, name)| *name == self.state)
                .map_or(ProcessState::Unspecified, |(state, _)| *state),
            revision: self.revision,
            file: self.file,
            published: self.published_at.map(jiff_sqlx::Timestamp::to_jiff),
            retired: self.retired_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

/// A draft that was discarded is none.
const STATES: [(ProcessState, &str); 4] = [
    (ProcessState::Unspecified, "DISCARDED"),
    (ProcessState::Draft, "DRAFT"),
    (ProcessState::Published, "PUBLISHED"),
    (ProcessState::Retired, "RETIRED"),
];

fn state_name(state: ProcessState) -> &'static str {
    STATES
        .iter()
        .find(|(known, _)| *known == state)
        .map_or("", |(_, name)| name)
}

macro_rules! select_processes {
    ($rest:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            Row,
            "select id, version, state, revision, file, published_at, retired_at from pipeline.process " + $rest
            $(, $argument)*
        )
    };
}

/// Every version of a process, newest first, a discarded draft too.
///
/// # Errors
/// When the database does not answer.
pub async fn versions(connection: &mut PgConnection, id: &str) -> Result<Vec<Kept>, sqlx::Error> {
    let rows = select_processes!("where id = $1 order by version desc", id);
    Ok(kept(rows.fetch_all(connection).await?))
}

/// One version.
///
/// # Errors
/// When the database does not answer.
pub async fn version(
    connection: &mut PgConnection,
    id: &str,
    version: i32,
) -> Result<Option<Kept>, sqlx::Error> {
    let row = select_processes!("where id = $1 and version = $2", id, version);
    Ok(row.fetch_optional(connection).await?.map(Row::into_kept))
}

/// The newest published version.
///
/// # Errors
/// When the database does not answer.
pub async fn in_force(
    connection: &mut PgConnection,
    id: &str,
) -> Result<Option<Kept>, sqlx::Error> {
    let row = select_processes!(
        "where id = $1 and state = 'PUBLISHED' order by version desc limit 1",
        id
    );
    Ok(row.fetch_optional(connection).await?.map(Row::into_kept))
}

/// The newest published version of each process, by id.
///
/// # Errors
/// When the database does not answer.
pub async fn all_in_force(connection: &mut PgConnection) -> Result<Vec<Kept>, sqlx::Error> {
    let rows = select_processes!(
        "p where state = 'PUBLISHED' and not exists (
           select from pipeline.process n where n.id = p.id and n.state = 'PUBLISHED' and n.version > p.version)
         order by id"
    );
    Ok(kept(rows.fetch_all(connection).await?))
}

fn kept(rows: Vec<Row>) -> Vec<Kept> {
    rows.into_iter().map(Row::into_kept).collect()
}

/// Adds a version, or changes what may change of it.
///
/// # Errors
/// A check violation of `process_kept` when what was published would change.
pub async fn store(
    connection: &mut PgConnection,
    kept: &Kept,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.process (id, version, state, revision, file, created_at, published_at, retired_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (tenant_id, id, version) do update
         set state = excluded.state, revision = excluded.revision, file = excluded.file,
             published_at = excluded.published_at, retired_at = excluded.retired_at",
        kept.id,
        kept.version,
        state_name(kept.state),
        kept.revision,
        kept.file,
        now.to_sqlx() as _,
        kept.published.map(|at| at.to_sqlx()) as _,
        kept.retired.map(|at| at.to_sqlx()) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps a version of the release that deals follow from now on, if it is not kept yet: replicas
/// of a release that does not ship it read it here.
///
/// # Errors
/// When the database does not answer.
pub async fn remember(
    connection: &mut PgConnection,
    (id, version): (&str, i32),
    file: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.process (id, version, state, revision, file, created_at, published_at)
         values ($1, $2, 'PUBLISHED', 1, $3, $4, $4)
         on conflict (tenant_id, id, version) do nothing",
        id,
        version,
        file,
        now.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The id of the process of deals that name none, if the tenant decided.
///
/// # Errors
/// When the database does not answer.
pub async fn default(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("select default_process from pipeline.tenant_setting")
        .fetch_optional(connection)
        .await
}

/// Decides it; answers how often that was done.
///
/// # Errors
/// When the database does not answer.
pub async fn set_default(connection: &mut PgConnection, id: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into pipeline.tenant_setting as s (default_process, revision) values ($1, 1)
         on conflict (tenant_id) do update set default_process = excluded.default_process, revision = s.revision + 1
         returning revision",
        id
    )
    .fetch_one(connection)
    .await
}
