//! Whether those are there whom rules and delegations name: nobody else ever decides.

use std::collections::{HashMap, HashSet};

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::approver::Approver as Who;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::PersonId;
use crate::peers::{Peers, Person};

/// What the Directory says of those who are named.
#[derive(Debug)]
pub struct Known {
    roles: HashSet<String>,
    people: HashMap<Uuid, Person>,
}

impl Known {
    /// Asks who of these rules is there; that somebody has a role today is not asked, since
    /// tomorrow it may be somebody else.
    ///
    /// # Errors
    /// `UNAVAILABLE` when accounts does not answer.
    pub async fn of_rules(
        peers: &Peers,
        call: &Call,
        rules: &[proto::ApprovalRule],
    ) -> Result<Self, Error> {
        let named = approvers(rules);
        let people = named.iter().filter_map(|(_, who)| person(who));
        let people = peers.people(call, people).await?;
        let roles = match named.iter().any(|(_, who)| matches!(who, Who::Role(_))) {
            true => peers.roles(call).await?,
            false => HashSet::new(),
        };
        Ok(Self { roles, people })
    }

    /// Asks whether a delegate is there.
    ///
    /// # Errors
    /// `UNAVAILABLE` when accounts does not answer.
    pub async fn of_delegate(peers: &Peers, call: &Call, delegate: Uuid) -> Result<Self, Error> {
        Ok(Self {
            roles: HashSet::new(),
            people: peers.people(call, [delegate]).await?,
        })
    }

    /// Refuses every place of the rules that names nobody.
    pub fn check_rules(&self, bad: &mut Violations, rules: &[proto::ApprovalRule]) {
        for (at, who) in approvers(rules) {
            match who {
                Who::Role(role) if !self.roles.contains(role) => {
                    bad.add(format!("{at}.role"), "is no role here; list the roles");
                }
                Who::Role(_) => {}
                Who::Person(_) => {
                    let id = person(who).unwrap_or_default();
                    self.check_person(bad, &format!("{at}.person"), id);
                }
            }
        }
    }

    /// Refuses somebody who is not there, or who never signs in.
    pub fn check_person(&self, bad: &mut Violations, field: &str, id: Uuid) {
        match self.people.get(&id) {
            None => bad.add(field, "is no person here; list the people"),
            Some(person) if person.is_disabled => bad.add(field, "is disabled"),
            Some(_) => {}
        }
    }
}

/// Everybody whom rules name, with the place.
fn approvers(rules: &[proto::ApprovalRule]) -> Vec<(String, &Who)> {
    let rules = rules.iter().enumerate();
    let steps = rules.flat_map(|(n, rule)| {
        let steps = rule.steps.iter().enumerate();
        steps.map(move |(m, step)| (format!("rules.rules[{n}].steps[{m}]"), step))
    });
    let named = steps.flat_map(|(at, step)| {
        let named = step.approvers.iter().enumerate();
        named.filter_map(move |(k, it)| {
            Some((format!("{at}.approvers[{k}]"), it.approver.as_ref()?))
        })
    });
    named.collect()
}

fn person(who: &Who) -> Option<Uuid> {
    match who {
        Who::Person(name) => name.parse().ok().map(|PersonId(id)| id),
        Who::Role(_) => None,
    }
}
