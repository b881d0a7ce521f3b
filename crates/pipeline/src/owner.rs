//! The people to whom deals are given: there, in the accounts service, each with a team.

use std::collections::HashMap;

use keynode_kit::call::Call;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::PersonId;
use crate::peers::Peers;

/// What the accounts service says of the people that a call names.
#[derive(Debug)]
pub struct Owners {
    /// Those who are there, each with their team.
    teams: HashMap<Uuid, Option<Uuid>>,
}

impl Owners {
    /// The caller alone.
    pub fn of(call: &Call) -> Self {
        let caller = &call.principal;
        let own = caller.person.map(|person| (person, caller.team));
        Self {
            teams: own.into_iter().collect(),
        }
    }

    /// Asks once for all; for none but the caller, nobody is asked.
    ///
    /// # Errors
    /// `UNAVAILABLE` when accounts does not answer.
    pub async fn ask(
        peers: &Peers,
        call: &Call,
        named: impl IntoIterator<Item = Uuid>,
    ) -> Result<Self, Error> {
        let mut owners = Self::of(call);
        let mut others: Vec<Uuid> = named.into_iter().collect();
        others.retain(|person| Some(*person) != call.principal.person);
        let found = peers.people(call, others).await?;
        let teams = found.into_iter().map(|(id, person)| (id, person.team));
        owners.teams.extend(teams);
        Ok(owners)
    }

    /// The team of somebody who is there and has one.
    pub fn team(&self, person: Uuid) -> Option<Uuid> {
        self.teams.get(&person).copied().flatten()
    }

    /// Refuses an owner who is not there.
    ///
    /// # Errors
    /// `OWNER_NOT_FOUND`.
    pub fn check(&self, owner: Option<Uuid>) -> Result<(), Error> {
        match owner {
            Some(person) if !self.teams.contains_key(&person) => {
                Err(Error::OwnerNotFound(PersonId(person)))
            }
            _ => Ok(()),
        }
    }
}
