//! Teams with those below them. The tree of teams is known to accounts alone, so it is asked.

use std::collections::BTreeSet;

use keynode_kit::call::Call;
use uuid::Uuid;

use crate::Pipeline;
use crate::error::Error;
use crate::ids::TeamId;
use crate::list::filter::MAX_TEAMS;

/// The teams of these names with all below them; none where that is not asked for. Names that
/// are none are left to whoever judges the request.
///
/// # Errors
/// `UNAVAILABLE` when accounts does not answer.
pub async fn within(
    pipeline: &Pipeline,
    call: &Call,
    names: &[String],
    with_subteams: bool,
) -> Result<Option<Vec<Uuid>>, Error> {
    let asked: Result<BTreeSet<Uuid>, _> = names.iter().map(|name| id(name)).collect();
    let is_asked = with_subteams && (1..=MAX_TEAMS).contains(&names.len());
    let (true, Ok(mut teams)) = (is_asked, asked) else {
        return Ok(None);
    };
    let below = pipeline.peers.teams_within(call, names).await?;
    teams.extend(below.iter().filter_map(|team| id(&team.name).ok()));
    Ok(Some(teams.into_iter().collect()))
}

fn id(name: &str) -> Result<Uuid, keynode_kit::name::NameError> {
    let TeamId(id) = name.parse()?;
    Ok(id)
}
