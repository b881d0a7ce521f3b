//! A row about a team, for itself: what it says, without what it refers to.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{self as proto, SyncDirectoryRequest, SyncTeam};
use keynode_proto::common::v1::ExternalKey;

use super::known::Known;
use super::{Plan, Plans};
use crate::error::Error;
use crate::team::Team;

pub fn plan(
    w: &Writer<'_>,
    call: &Call,
    request: &SyncDirectoryRequest,
    known: &Known,
) -> Plans<Team> {
    let plan = |row| plan_one(w, call, &request.source_system, row, known);
    request.teams.iter().map(plan).collect()
}

fn plan_one(
    w: &Writer<'_>,
    call: &Call,
    source_system: &str,
    row: &SyncTeam,
    known: &Known,
) -> Result<Plan<Team>, Error> {
    let before = known.teams.get(row.external_id.trim()).cloned();
    let base = before
        .clone()
        .unwrap_or_else(|| Team::new(w.id(), call.now));
    let stored = base.to_proto();
    let wanted = proto::Team {
        display_name: match row.display_name.trim().is_empty() {
            true => stored.display_name.clone(),
            false => row.display_name.clone(),
        },
        external_key: Some(ExternalKey {
            source_system: source_system.to_owned(),
            external_id: row.external_id.clone(),
        }),
        ..stored
    };
    let mut bad = Violations::default();
    let after = base.told(&wanted, &mut bad);
    bad.finish()?;
    Ok(Plan { before, after })
}
