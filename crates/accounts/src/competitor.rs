//! Who else sells to our customers.

pub mod archive;
pub mod create;
pub mod fold;
pub mod names;
pub mod read;
pub mod record;
pub mod strength;
pub mod update;
pub mod upsert;

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::external_key;
use crate::folded::folded;
use crate::ids::CompetitorId;
use crate::mask::maskable;
use crate::segment::refusal::Refusal;
use crate::versioned::versioned;

const MAX_ALIASES: usize = 50;

/// A row of `accounts.competitor`.
#[derive(Clone, Debug, PartialEq)]
pub struct Competitor {
    pub id: Uuid,
    pub version: i64,
    pub created_at: jiff_sqlx::Timestamp,
    pub updated_at: jiff_sqlx::Timestamp,
    pub display_name: String,
    pub aliases: Vec<String>,
    pub website: String,
    pub notes: String,
    /// As [`strength::encode`] writes them.
    pub strengths: Vec<u8>,
    pub source_system: Option<String>,
    pub external_id: Option<String>,
    pub archived_at: Option<jiff_sqlx::Timestamp>,
}

maskable!(proto::Competitor: display_name, aliases, website, strengths, notes, external_key);

versioned!(Competitor);

impl Competitor {
    /// A competitor about whom nothing is said yet.
    pub fn new(id: Uuid, now: Timestamp) -> Self {
        Self {
            id,
            version: 1,
            created_at: now.to_sqlx(),
            updated_at: now.to_sqlx(),
            display_name: String::new(),
            aliases: Vec::new(),
            website: String::new(),
            notes: String::new(),
            strengths: Vec::new(),
            source_system: None,
            external_id: None,
            archived_at: None,
        }
    }

    /// The same competitor with what a caller says of it on the day `today` (UTC).
    pub fn told(&self, sent: &proto::Competitor, today: Date, bad: &mut Violations) -> Self {
        let (source_system, external_id) = bad
            .external_key("competitor.external_key", sent.external_key.as_ref())
            .unzip();
        Self {
            display_name: bad.name_text("competitor.display_name", &sent.display_name, 200),
            aliases: read_aliases(&sent.aliases, bad),
            website: bad.text("competitor.website", &sent.website, 500),
            notes: bad.text("competitor.notes", &sent.notes, 10_000),
            strengths: strength::read(&sent.strengths, today, bad),
            source_system,
            external_id,
            ..self.clone()
        }
    }

    pub fn name(&self) -> CompetitorId {
        CompetitorId(self.id)
    }

    pub fn to_proto(&self) -> proto::Competitor {
        let moment = |at: jiff_sqlx::Timestamp| wire::timestamp(at.to_jiff());
        let (system, id) = (self.source_system.as_ref(), self.external_id.as_ref());
        proto::Competitor {
            name: self.name().to_string(),
            etag: self.version.to_string(),
            create_time: Some(moment(self.created_at)),
            update_time: Some(moment(self.updated_at)),
            display_name: self.display_name.clone(),
            aliases: self.aliases.clone(),
            website: self.website.clone(),
            strengths: strength::decode(&self.strengths),
            notes: self.notes.clone(),
            external_key: external_key::to_proto(system, id),
            archive_time: self.archived_at.map(moment),
        }
    }

    /// Writes the event of a change.
    fn record(&self, before: Option<&Self>, w: &mut Writer<'_>) {
        let change = proto::CompetitorChanged {
            before: before.map(Self::to_proto),
            after: Some(self.to_proto()),
        };
        w.record(self.name().to_string(), self.version, &change);
    }
}

/// Each name once, as it was spelt first.
fn read_aliases(sent: &[String], bad: &mut Violations) -> Vec<String> {
    if sent.len() > MAX_ALIASES {
        bad.add(
            "competitor.aliases",
            format!("must be at most {MAX_ALIASES} names"),
        );
    }
    let read_one = |(n, alias): (usize, &String)| {
        bad.name_text(&format!("competitor.aliases[{n}]"), alias, 200)
    };
    let mut seen = HashSet::new();
    sent.iter()
        .enumerate()
        .map(read_one)
        .filter(|alias| seen.insert(folded(alias)))
        .collect()
}

/// One change of the registry at a time, so that a name or key that is taken is told with
/// its holder. Taken before any row is locked, held until the transaction ends.
async fn lock_registry(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('accounts.competitor/' || events.tenant_id()::text, 0))"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Reads one competitor.
pub async fn find(connection: &mut PgConnection, id: CompetitorId) -> Result<Competitor, Error> {
    find_all(connection, &[id.0])
        .await?
        .pop()
        .ok_or_else(|| Refusal::CompetitorNotFound(id).into())
}

/// Reads competitors by id, in no order.
pub async fn find_all(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<Competitor>, Error> {
    let rows = sqlx::query_as!(
        Competitor,
        "select id, version, created_at, updated_at, display_name, aliases, website, notes, strengths, source_system,
                external_id, archived_at
         from accounts.competitor where id = any($1)",
        ids,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Reads one competitor and keeps other writers away until the transaction ends.
async fn lock(connection: &mut PgConnection, id: CompetitorId) -> Result<Competitor, Error> {
    lock_registry(connection).await?;
    log::take_turn(connection, &[id.to_string()]).await?;
    find(connection, id).await
}

/// Refuses an external key that another competitor has.
async fn check_external_key(
    connection: &mut PgConnection,
    competitor: &Competitor,
) -> Result<(), Error> {
    let holder = sqlx::query_scalar!(
        "select id from accounts.competitor where source_system = $1 and external_id = $2 and id <> $3",
        competitor.source_system,
        competitor.external_id,
        competitor.id,
    )
    .fetch_optional(connection)
    .await?;
    match holder {
        None => Ok(()),
        Some(id) => Err(Error::ExternalKeyTaken {
            holder: Some(CompetitorId(id).to_string()),
        }),
    }
}

/// Stores a competitor that is new. Needs [`lock_registry`].
async fn insert(w: &mut Writer<'_>, competitor: &Competitor) -> Result<(), Error> {
    check_external_key(w, competitor).await?;
    sqlx::query!(
        "insert into accounts.competitor
           (tenant_id, id, version, created_at, updated_at, display_name, aliases, website, notes, strengths,
            source_system, external_id)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        competitor.id,
        competitor.version,
        competitor.created_at as _,
        competitor.updated_at as _,
        competitor.display_name,
        &competitor.aliases,
        competitor.website,
        competitor.notes,
        competitor.strengths,
        competitor.source_system,
        competitor.external_id,
    )
    .execute(&mut **w)
    .await?;
    names::claim(w, competitor).await?;
    competitor.record(None, w);
    Ok(())
}

/// Stores a competitor that changed. Needs [`lock`].
async fn store(w: &mut Writer<'_>, before: &Competitor, after: &Competitor) -> Result<(), Error> {
    check_external_key(w, after).await?;
    sqlx::query!(
        "update accounts.competitor
         set version = $2, updated_at = $3, display_name = $4, aliases = $5, website = $6, notes = $7,
             strengths = $8, source_system = $9, external_id = $10, archived_at = $11
         where id = $1",
        after.id,
        after.version,
        after.updated_at as _,
        after.display_name,
        &after.aliases,
        after.website,
        after.notes,
        after.strengths,
        after.source_system,
        after.external_id,
        after.archived_at as _,
    )
    .execute(&mut **w)
    .await?;
    names::claim(w, after).await?;
    after.record(Some(before), w);
    Ok(())
}
