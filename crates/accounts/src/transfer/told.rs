//! What a transfer tells those who keep other records of the person.

use std::collections::BTreeMap;

use keynode_kit::call::{Call, Visibility};
use keynode_kit::name::optional;
use keynode_proto::accounts::v1::{AccountsGiven, RecordsTransferred, TransferRecordsResponse};
use uuid::Uuid;

use super::read::{Heir, Order};
use crate::account::Account;
use crate::ids::{PersonId, TeamId};
use crate::person::Person;

/// The event of a transfer; none when nothing was given and nothing can follow.
pub fn event(
    call: &Call,
    order: &Order,
    heir: Option<&Person>,
    given: &[Account],
    answer: &TransferRecordsResponse,
) -> Option<RecordsTransferred> {
    let moved = answer.accounts_moved
        + answer.prospects_moved
        + answer.territories_moved
        + answer.teams_released;
    if moved == 0 && heir.is_none() {
        return None;
    }
    let (everything, teams_seen) = seen(call, order.from);
    Some(RecordsTransferred {
        from: PersonId(order.from).to_string(),
        to: match order.heir {
            Heir::Person(id) => id.to_string(),
            Heir::Territories => String::new(),
        },
        accounts: answer.accounts_moved,
        accounts_left: answer.accounts_left,
        territories: answer.territories_moved,
        teams: answer.teams_released,
        disabled: answer.disabled,
        prospects: answer.prospects_moved,
        given: by_hands(given),
        to_team: optional::<TeamId>(heir.and_then(|heir| heir.team_id)),
        everything,
        teams_seen,
    })
}

/// Whose records of the person the caller sees: all, or those of some teams.
fn seen(call: &Call, person: Uuid) -> (bool, Vec<String>) {
    match &call.principal.visibility {
        Visibility::Teams(teams) if call.principal.person != Some(person) => {
            let names = teams.iter().map(|id| TeamId(*id).to_string());
            (false, names.collect())
        }
        Visibility::All | Visibility::Teams(_) => (true, Vec::new()),
    }
}

fn by_hands(given: &[Account]) -> Vec<AccountsGiven> {
    let mut groups: BTreeMap<(Option<Uuid>, Option<Uuid>), Vec<String>> = BTreeMap::new();
    for account in given {
        let hands = (account.owner_id, account.team_id);
        let group = groups.entry(hands).or_default();
        group.push(account.name().to_string());
    }
    let group = |((owner, team), accounts)| AccountsGiven {
        owner: optional::<PersonId>(owner),
        team: optional::<TeamId>(team),
        accounts,
    };
    groups.into_iter().map(group).collect()
}
