//! Processes as requests name them, and how a tenant keeps its own.

pub mod default;
pub mod draft;
pub mod publish;
pub mod read;
pub mod retire;

use std::sync::Arc;

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{Process as ProtoProcess, ProcessChanged, ProcessState};
use sqlx::PgConnection;

use crate::Pipeline;
use crate::error::Error;
use crate::process::row::{self, Kept};
use crate::process::{Process, id_of, name};

const MAX_NAME: usize = 200;

/// A name too long to be one is refused unrepeated.
pub fn check_name(bad: &mut Violations, field: &str, name: &str) {
    bad.text(field, name, MAX_NAME);
}

/// The process that a new deal follows; an empty name = the tenant's default.
///
/// # Errors
/// `PROCESS_NOT_FOUND`.
pub async fn to_follow(
    pipeline: &Pipeline,
    call: &Call,
    connection: &mut PgConnection,
    name: &str,
) -> Result<Arc<Process>, Error> {
    let found = pipeline
        .processes
        .find(connection, call.tenant()?, name, 0)
        .await?;
    Ok(found.process)
}

pub fn not_found(name: &str, version: i32) -> Error {
    Error::ProcessNotFound {
        process: name.to_owned(),
        version,
    }
}

/// The id of a process that a request names.
///
/// # Errors
/// `INVALID_REQUEST`, `PROCESS_NOT_FOUND`.
fn id(name: &str) -> Result<String, Error> {
    let mut bad = Violations::default();
    check_name(&mut bad, "name", name);
    bad.finish()?;
    let id = id_of(name).ok_or_else(|| not_found(name, 0))?;
    Ok(id.to_owned())
}

/// The versions of a process of the tenant's own, locked against other changes of it.
async fn lock(pipeline: &Pipeline, w: &mut Writer<'_>, id: &str) -> Result<Vec<Kept>, Error> {
    if pipeline.processes.ships(id) {
        return Err(Error::ProcessShipped(name(id)));
    }
    log::take_turn(w, &[name(id)]).await?;
    Ok(row::versions(w, id).await?)
}

/// The draft among the versions, as far as it is the one that the caller saw.
fn draft(versions: &[Kept], id: &str, etag: &str) -> Result<Kept, Error> {
    let draft = versions
        .iter()
        .find(|kept| kept.state == ProcessState::Draft);
    let draft = draft.ok_or_else(|| not_found(&name(id), 0))?;
    etag::check(&name(id), etag, draft.revision)?;
    Ok(draft.clone())
}

/// The number of the next change of a process.
fn next_revision(versions: &[Kept]) -> i64 {
    versions
        .iter()
        .map(|kept| kept.revision)
        .max()
        .unwrap_or_default()
        + 1
}

/// Stores a version and notes the change; answers it for the wire.
async fn change(
    pipeline: &Pipeline,
    call: &Call,
    w: &mut Writer<'_>,
    before: Option<Kept>,
    after: Kept,
) -> Result<ProtoProcess, Error> {
    row::store(w, &after, call.now).await?;
    let (subject, revision) = (name(&after.id), after.revision);
    let before = match before.filter(|kept| kept.state != ProcessState::Unspecified) {
        Some(kept) => Some(to_proto(pipeline, call, w, kept).await?),
        None => None,
    };
    let is_discarded = after.state == ProcessState::Unspecified;
    let after = to_proto(pipeline, call, w, after).await?;
    let changed = ProcessChanged {
        before,
        after: Some(after.clone()).filter(|_| !is_discarded),
    };
    w.record(subject, revision, &changed);
    Ok(after)
}

async fn to_proto(
    pipeline: &Pipeline,
    call: &Call,
    w: &mut Writer<'_>,
    kept: Kept,
) -> Result<ProtoProcess, Error> {
    let default = pipeline.processes.default(w).await?;
    let version = pipeline.processes.version(call.tenant()?, kept)?;
    Ok(version.to_proto(&default))
}
