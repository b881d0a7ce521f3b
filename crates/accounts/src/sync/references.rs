//! What rows refer to: other rows of the call in any order, or stored records.

use std::collections::HashMap;

use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{SyncDirectoryRequest, SyncPerson, SyncTeam};
use uuid::Uuid;

use super::known::Known;
use super::{Plan, Plans};
use crate::account::tree::loops;
use crate::directory::refusal::Refusal;
use crate::error::Error;
use crate::ids::{PersonId, TeamId};
use crate::person::Person;
use crate::team::Team;

/// Gives every plan what it refers to; refuses those that refer to nothing or close a loop.
/// A refusal may orphan others, so this goes on until it is quiet.
pub fn connect(
    request: &SyncDirectoryRequest,
    known: &Known,
    teams: &mut Plans<Team>,
    people: &mut Plans<Person>,
) {
    let mut is_settled = false;
    while !is_settled {
        let ids = Ids::of(known, teams, people);
        let refused = refuse(&request.teams, teams, |row, plan| ids.place_team(row, plan))
            + refuse(&request.people, people, |row, plan| {
                ids.place_person(row, plan)
            })
            + break_team_loops(known, teams)
            + break_person_loops(known, people);
        is_settled = refused == 0;
    }
}

/// The ids of everything that can be referred to, by the ids in the other system.
struct Ids {
    teams: HashMap<String, Uuid>,
    people: HashMap<String, Uuid>,
}

impl Ids {
    fn of(known: &Known, teams: &Plans<Team>, people: &Plans<Person>) -> Self {
        let stored = known.teams.values();
        let planned = teams.iter().flatten().map(|plan| &plan.after);
        let team_entry = |team: &Team| Some((team.external_id.clone()?, team.id));
        let stored_people = known.people.values();
        let planned_people = people.iter().flatten().map(|plan| &plan.after);
        let person_entry = |person: &Person| Some((person.external_id.clone()?, person.id));
        Self {
            teams: stored.chain(planned).filter_map(team_entry).collect(),
            people: stored_people
                .chain(planned_people)
                .filter_map(person_entry)
                .collect(),
        }
    }

    fn place_team(&self, row: &SyncTeam, plan: &mut Plan<Team>) -> Result<(), Error> {
        let mut bad = Violations::default();
        let team = &mut plan.after;
        if let Some(key) = &row.parent_external_id {
            team.parent_id = find(&self.teams, "team.parent_external_id", key, &mut bad);
        }
        if let Some(key) = &row.lead_external_id {
            team.lead_id = find(&self.people, "team.lead_external_id", key, &mut bad);
        }
        if let Some(managers) = &row.managers {
            let mut ids: Vec<Uuid> = Vec::new();
            for (index, key) in managers.external_ids.iter().enumerate() {
                let field = format!("team.managers.external_ids[{index}]");
                let id = find(&self.people, &field, key, &mut bad);
                ids.extend(id.filter(|id| !ids.contains(id)));
            }
            team.manager_ids = ids;
        }
        Ok(bad.finish()?)
    }

    fn place_person(&self, row: &SyncPerson, plan: &mut Plan<Person>) -> Result<(), Error> {
        let mut bad = Violations::default();
        let person = &mut plan.after;
        if let Some(key) = &row.team_external_id {
            person.team_id = find(&self.teams, "person.team_external_id", key, &mut bad);
        }
        if let Some(key) = &row.manager_external_id {
            person.manager_id = find(&self.people, "person.manager_external_id", key, &mut bad);
        }
        Ok(bad.finish()?)
    }
}

fn find(ids: &HashMap<String, Uuid>, field: &str, key: &str, bad: &mut Violations) -> Option<Uuid> {
    let key = Some(key.trim()).filter(|key| !key.is_empty())?;
    let found = ids.get(key).copied();
    if found.is_none() {
        bad.add(
            field,
            format!("the system has no `{key}`, in this call or stored"),
        );
    }
    found
}

/// Does `place` for every row that still stands; answers how many it refused.
fn refuse<R, T>(
    rows: &[R],
    plans: &mut Plans<T>,
    place: impl Fn(&R, &mut Plan<T>) -> Result<(), Error>,
) -> usize {
    let mut refused = 0;
    for (row, slot) in rows.iter().zip(plans) {
        let Ok(plan) = slot else { continue };
        if let Err(error) = place(row, plan) {
            *slot = Err(error);
            refused += 1;
        }
    }
    refused
}

/// Refuses the plans whose new way up closes a loop; answers how many.
fn break_loops<T>(
    stored: &HashMap<Uuid, Uuid>,
    plans: &mut Plans<T>,
    way_up: impl Fn(&T) -> (Uuid, Option<Uuid>),
    refusal: impl Fn(&[Uuid]) -> Error,
) -> usize {
    let mut above = stored.clone();
    for plan in plans.iter().flatten() {
        match way_up(&plan.after) {
            (id, Some(up)) => above.insert(id, up),
            (id, None) => above.remove(&id),
        };
    }
    let loops = loops(&above);
    let mut refused = 0;
    for slot in plans.iter_mut() {
        let Ok(plan) = slot else { continue };
        let (id, up) = way_up(&plan.after);
        let is_moved = stored.get(&id) != up.as_ref();
        if let Some(way) = loops.iter().find(|way| is_moved && way.contains(&id)) {
            *slot = Err(refusal(way));
            refused += 1;
        }
    }
    refused
}

fn break_team_loops(known: &Known, teams: &mut Plans<Team>) -> usize {
    break_loops(
        &known.parents,
        teams,
        |team| (team.id, team.parent_id),
        |way| Error::TeamCycle(way.iter().copied().map(TeamId).collect()),
    )
}

fn break_person_loops(known: &Known, people: &mut Plans<Person>) -> usize {
    break_loops(
        &known.managers,
        people,
        |person| (person.id, person.manager_id),
        |way| Refusal::PersonCycle(way.iter().copied().map(PersonId).collect()).into(),
    )
}
