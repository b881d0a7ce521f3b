//! Moves what is below accounts to others, each record with its event.

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use uuid::Uuid;

use super::below::Below;
use crate::contact::{self, Contact};
use crate::decision_map;
use crate::error::Error;
use crate::note;

/// Record to the account that it moves to.
pub type Moves = HashMap<Uuid, Uuid>;

/// Where everything below goes, a table for each kind.
#[derive(Debug, Default)]
pub struct Load {
    pub contacts: Moves,
    pub maps: Moves,
    pub notes: Moves,
    pub children: Moves,
    pub prospects: Moves,
    pub earlier: Moves,
}

impl Load {
    pub fn add(&mut self, below: &Below, to: Uuid) {
        let pairs = [
            (&mut self.contacts, &below.contacts),
            (&mut self.maps, &below.maps),
            (&mut self.notes, &below.notes),
            (&mut self.children, &below.children),
            (&mut self.prospects, &below.prospects),
            (&mut self.earlier, &below.earlier),
        ];
        for (moves, ids) in pairs {
            moves.extend(ids.iter().map(|id| (*id, to)));
        }
    }

    /// Moves all but accounts and contacts.
    pub async fn carry(&self, w: &mut Writer<'_>, call: &Call) -> Result<(), Error> {
        decision_map::carry::carry(w, call, &self.maps).await?;
        note::carry::carry(w, call, &self.notes).await?;
        let (prospects, accounts): (Vec<Uuid>, Vec<Uuid>) =
            self.prospects.clone().into_iter().unzip();
        sqlx::query!(
            "update accounts.prospect_conversion c set account_id = n.account_id
             from unnest($1::uuid[], $2::uuid[]) as n (id, account_id)
             where c.tenant_id = events.tenant_id() and c.prospect_id = n.id",
            &prospects,
            &accounts,
        )
        .execute(&mut **w)
        .await?;
        Ok(())
    }
}

/// Moves contacts all at once, since managers and reports must move together. A line ends
/// where the two are at different accounts then; answers whose did.
pub async fn contacts(
    w: &mut Writer<'_>,
    call: &Call,
    stored: Vec<Contact>,
    moves: &Moves,
) -> Result<Vec<Uuid>, Error> {
    let at = |contact: &Contact| {
        moves
            .get(&contact.id)
            .copied()
            .unwrap_or(contact.account_id)
    };
    let places: HashMap<Uuid, Uuid> = stored.iter().map(|c| (c.id, at(c))).collect();
    let mut released = Vec::new();
    let mut changes = Vec::new();
    for before in stored {
        let account_id = at(&before);
        // A manager who is not among them stays where the contact was.
        let managers = |id: &Uuid| places.get(id).copied().unwrap_or(before.account_id);
        let manager_id = before
            .manager_id
            .filter(|manager| managers(manager) == account_id);
        if manager_id != before.manager_id {
            released.push(before.id);
        }
        let after = Contact {
            account_id,
            manager_id,
            ..before.clone()
        };
        changes.push(contact::save::Change {
            after: after.changed(&before, call.now),
            before: Some(before),
        });
    }
    let changes: Vec<_> = changes.iter().collect();
    contact::save::save(w, call, &changes).await?;
    Ok(released)
}
