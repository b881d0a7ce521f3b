//! The event log: written in the causing transaction, read without holes.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_proto::events::v1::Event;
use prost::bytes::Bytes;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::call::TenantId;
use crate::error::Fault;
use crate::wire;

/// A place in the log: after everything up to and including it. The order is one into
/// which nothing is inserted later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    pub transaction_id: i64,
    pub position: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of this feed")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [
            &b"\x01"[..],
            &self.transaction_id.to_be_bytes(),
            &self.position.to_be_bytes(),
        ]
        .concat();
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        let bytes: [u8; 17] = bytes.try_into().map_err(|_| CursorError)?;
        let [1, rest @ ..] = bytes else {
            return Err(CursorError);
        };
        let half = |from: usize| i64::from_be_bytes(std::array::from_fn(|i| rest[from + i]));
        let cursor = Self {
            transaction_id: half(0),
            position: half(8),
        };
        if cursor.transaction_id < 0 || cursor.position < 0 {
            Err(CursorError)
        } else {
            Ok(cursor)
        }
    }
}

/// One row of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    pub cursor: Cursor,
    pub id: Uuid,
    pub tenant: TenantId,
    pub service: String,
    /// The full name of the message in `data`.
    pub r#type: String,
    pub subject: String,
    pub sequence: i64,
    pub actor: String,
    pub cause: String,
    pub trace_id: String,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    pub data: Bytes,
}

impl Entry {
    /// The message in it, if it is an `M`.
    ///
    /// # Errors
    /// When the bytes are not an `M` although the type says so.
    pub fn message<M: prost::Message + prost::Name + Default>(
        &self,
    ) -> Result<Option<M>, prost::DecodeError> {
        if self.r#type != M::full_name() {
            return Ok(None);
        }
        M::decode(self.data.clone()).map(Some)
    }

    /// The envelope as programs receive it.
    pub fn to_event(&self) -> Event {
        Event {
            id: self.id.to_string(),
            source: format!("//keynode/{}", self.service),
            r#type: self.r#type.clone(),
            subject: self.subject.clone(),
            time: Some(wire::timestamp(self.occurred_at)),
            tenant: format!("tenants/{}", self.tenant),
            sequence: self.sequence,
            cursor: self.cursor.to_string(),
            actor: self.actor.clone(),
            cause: self.cause.clone(),
            trace_id: self.trace_id.clone(),
            record_time: Some(wire::timestamp(self.recorded_at)),
            data: Some(prost_types::Any {
                type_url: format!("type.googleapis.com/{}", self.r#type),
                value: self.data.to_vec(),
            }),
        }
    }
}

/// A row to be written.
#[derive(Clone, Debug)]
pub struct NewEntry {
    pub id: Uuid,
    pub r#type: String,
    pub subject: String,
    pub sequence: i64,
    pub data: Vec<u8>,
}

/// What all rows of one transaction share.
#[derive(Clone, Debug)]
pub struct Origin {
    pub tenant: TenantId,
    pub service: &'static str,
    pub actor: String,
    pub cause: String,
    pub trace_id: String,
    pub occurred_at: Timestamp,
}

/// What makes a repeat of the request answerable; kept on its first row.
#[derive(Clone, Debug)]
pub struct RequestRecord {
    pub method: String,
    pub request_id: Uuid,
    pub fingerprint: [u8; 32],
    pub answer: Vec<u8>,
}

/// Takes the turn to change these subjects, until the transaction ends.
///
/// A change of something that exists calls this before it locks or writes anything. The
/// log is read in the order of transaction ids, and Postgres gives one out before it waits
/// for a row's lock: whoever waited longest would write the later version under the
/// earlier id. Waiting here costs no id, so that ids follow versions.
///
/// Subjects share 1024 turns, so that a batch cannot fill the server's table of locks.
///
/// # Errors
/// When the database does not answer, or the wait took too long.
pub async fn take_turn(
    connection: &mut PgConnection,
    subjects: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"with turn as materialized (
             select distinct hashtext(subject) & 1023 as number
             from unnest($1::text[]) as subject
             order by number)
           select pg_advisory_xact_lock(x'6b6e'::int, number) as "locked!" from turn"#,
        subjects,
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Appends rows in one statement.
///
/// # Errors
/// A unique violation of `log_request_key` when another transaction wrote the same
/// request meanwhile, of `log_subject_sequence_key` when a subject's version was skipped.
pub async fn append(
    connection: &mut PgConnection,
    origin: &Origin,
    entries: &[NewEntry],
    request: Option<&RequestRecord>,
) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = entries.iter().map(|e| e.id).collect();
    let types: Vec<String> = entries.iter().map(|e| e.r#type.clone()).collect();
    let subjects: Vec<String> = entries.iter().map(|e| e.subject.clone()).collect();
    let sequences: Vec<i64> = entries.iter().map(|e| e.sequence).collect();
    let data: Vec<Vec<u8>> = entries.iter().map(|e| e.data.clone()).collect();
    sqlx::query!(
        r#"insert into events.log
             (id, tenant_id, service, type, subject, sequence, actor, cause, trace_id, occurred_at, data,
              method, request_id, fingerprint, answer)
           select e.id, $6, $7, e.type, e.subject, e.sequence, $8, $9, $10, $11, e.data,
                  case when e.n = 1 then $12::text end, case when e.n = 1 then $13::uuid end,
                  case when e.n = 1 then $14::bytea end, case when e.n = 1 then $15::bytea end
           from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bytea[])
             with ordinality as e (id, type, subject, sequence, data, n)
           order by e.n"#,
        &ids,
        &types,
        &subjects,
        &sequences,
        &data,
        origin.tenant.0,
        origin.service,
        origin.actor,
        origin.cause,
        origin.trace_id,
        origin.occurred_at.to_sqlx() as _,
        request.map(|r| r.method.as_str()),
        request.map(|r| r.request_id),
        request.map(|r| r.fingerprint.to_vec()),
        request.map(|r| r.answer.clone()),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the turn to answer a request with this id, until the transaction ends: repeats that
/// arrive at once wait for the first, and find its answer.
///
/// # Errors
/// When the database does not answer, or the wait took too long.
pub async fn take_request(
    connection: &mut PgConnection,
    actor: &str,
    method: &str,
    request_id: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"select pg_advisory_xact_lock(
             hashtextextended(concat_ws('/', events.tenant_id(), $1::text, $2::text, $3::uuid), 0)) as "locked!""#,
        actor,
        method,
        request_id,
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// Keeps the answer of a request that left no row in the log.
///
/// # Errors
/// When the database does not answer.
pub async fn keep_answer(
    connection: &mut PgConnection,
    actor: &str,
    request: &RequestRecord,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into events.answer (tenant_id, actor, method, request_id, fingerprint, answer)
         values (events.tenant_id(), $1, $2, $3, $4, $5)",
        actor,
        request.method,
        request.request_id,
        request.fingerprint.as_slice(),
        request.answer,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What an earlier request with this id was and what it was answered.
///
/// # Errors
/// When the database does not answer.
pub async fn find_request(
    connection: &mut PgConnection,
    actor: &str,
    method: &str,
    request_id: Uuid,
) -> Result<Option<(Vec<u8>, Vec<u8>)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select fingerprint as "fingerprint!", answer as "answer!" from events.log
           where tenant_id = events.tenant_id() and actor = $1 and method = $2 and request_id = $3
           union all
           select fingerprint, answer from events.answer
           where tenant_id = events.tenant_id() and actor = $1 and method = $2 and request_id = $3
           limit 1"#,
        actor,
        method,
        request_id,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.fingerprint, row.answer)))
}

struct Row {
    position: i64,
    transaction_id: i64,
    id: Uuid,
    tenant_id: Uuid,
    service: String,
    r#type: String,
    subject: String,
    sequence: i64,
    actor: String,
    cause: String,
    trace_id: String,
    occurred_at: jiff_sqlx::Timestamp,
    recorded_at: jiff_sqlx::Timestamp,
    data: Vec<u8>,
    /// How many rows there were before those too many were left out.
    found: Option<i64>,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self {
            cursor: Cursor {
                transaction_id: row.transaction_id,
                position: row.position,
            },
            id: row.id,
            tenant: TenantId(row.tenant_id),
            service: row.service,
            r#type: row.r#type,
            subject: row.subject,
            sequence: row.sequence,
            actor: row.actor,
            cause: row.cause,
            trace_id: row.trace_id,
            occurred_at: row.occurred_at.to_jiff(),
            recorded_at: row.recorded_at.to_jiff(),
            data: row.data.into(),
        }
    }
}

/// Reads the log of the transaction's tenant after a place, up to the oldest transaction
/// still running. Empty `types` or `subjects` mean all. At most `at_most` rows, and no more
/// than `bytes` of data unless one row alone has more; also answers whether there may be more.
///
/// # Errors
/// When the database does not answer.
pub async fn read_tenant(
    connection: &mut PgConnection,
    after: Cursor,
    types: &[String],
    subjects: &[String],
    at_most: i64,
    bytes: i64,
) -> Result<(Vec<Entry>, bool), Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"select l.position, l.transaction_id, l.id, l.tenant_id, l.service, l.type as "type", l.subject,
                  l.sequence, l.actor, l.cause, l.trace_id, l.occurred_at, l.recorded_at, l.data, l.found
           from (select o.*, row_number() over way as n, sum(octet_length(o.data)) over way as bytes,
                        count(*) over () as found
                 from (select * from events.log
                       where tenant_id = events.tenant_id()
                         and (transaction_id, position) > ($1, $2)
                         and transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                         and (cardinality($3::text[]) = 0 or type = any($3))
                         and (cardinality($4::text[]) = 0 or subject = any($4))
                       order by transaction_id, position
                       limit $5) o
                 window way as (order by o.transaction_id, o.position)) l
           where l.n = 1 or l.bytes <= $6
           order by l.transaction_id, l.position"#,
        after.transaction_id,
        after.position,
        types,
        subjects,
        at_most,
        bytes as _,
    )
    .fetch_all(connection)
    .await?;
    let found = rows.first().and_then(|row| row.found).unwrap_or_default();
    let may_have_more = found >= at_most || found > rows.len() as i64;
    Ok((rows.into_iter().map(Entry::from).collect(), may_have_more))
}

/// Reads the log of every tenant after a place; for consumers whose role is granted it.
///
/// # Errors
/// When the database does not answer.
pub async fn read_all(
    connection: &mut PgConnection,
    after: Cursor,
    at_most: i32,
) -> Result<Vec<Entry>, Fault> {
    let rows = sqlx::query_as!(
        Row,
        r#"select position as "position!", transaction_id as "transaction_id!", id as "id!",
                  tenant_id as "tenant_id!", service as "service!", type as "type!", subject as "subject!",
                  sequence as "sequence!", actor as "actor!", cause as "cause!", trace_id as "trace_id!",
                  occurred_at as "occurred_at!", recorded_at as "recorded_at!", data as "data!",
                  null::bigint as found
           from events.read_after($1, $2, $3)"#,
        after.transaction_id,
        after.position,
        at_most,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

/// The place before which everything is settled: what is written from now on comes after.
///
/// # Errors
/// When the database does not answer.
pub async fn horizon(connection: &mut PgConnection) -> Result<Cursor, Fault> {
    let oldest = sqlx::query_scalar!(
        r#"select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "oldest!""#
    )
    .fetch_one(connection)
    .await?;
    // Every settled row has a transaction id below the oldest running one.
    Ok(Cursor {
        transaction_id: oldest - 1,
        position: i64::MAX,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text() {
        let cursor = Cursor {
            transaction_id: 7,
            position: i64::MAX,
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn nonsense_is_no_cursor() {
        for text in ["", "x", "AAAA", "Av____________________8"] {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
        }
    }
}
