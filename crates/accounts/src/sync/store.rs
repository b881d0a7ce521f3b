//! Writes what a synchronisation changes.

use keynode_kit::mutation::Writer;

use super::Plans;
use crate::error::Error;
use crate::person::{self, Person};
use crate::team::{self, Team};

/// New records are first stored without what they refer to, since that may be new too and
/// teams refer to people as people do to teams.
pub async fn store(
    w: &mut Writer<'_>,
    teams: &Plans<Team>,
    people: &Plans<Person>,
) -> Result<(), Error> {
    for plan in teams.iter().flatten().filter(|plan| plan.before.is_none()) {
        let bare = Team {
            parent_id: None,
            lead_id: None,
            manager_ids: Vec::new(),
            ..plan.after.clone()
        };
        bare.insert(w).await?;
    }
    for plan in people.iter().flatten().filter(|plan| plan.before.is_none()) {
        let bare = Person {
            team_id: None,
            manager_id: None,
            ..plan.after.clone()
        };
        bare.insert(w).await?;
    }
    for plan in teams.iter().flatten().filter(|plan| plan.is_change()) {
        plan.after.update(w).await?;
        team::update::record(w, plan.before.as_ref(), &plan.after);
    }
    for plan in people.iter().flatten().filter(|plan| plan.is_change()) {
        plan.after.update(w).await?;
        person::record(w, plan.before.as_ref(), &plan.after);
    }
    Ok(())
}
