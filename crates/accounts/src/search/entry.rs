//! Rows of `accounts.search_entry`: the names that search looks through.

use std::collections::BTreeSet;

use keynode_kit::call::TenantId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::pinyin;
use crate::contact::Contact;
use crate::error::Error;
use crate::matching::fold::{compact, is_han};
use crate::matching::{Indexed, hash};

/// What an entry is of; the number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub enum Kind {
    Account = 1,
    Contact = 2,
}

impl Kind {
    pub fn number(self) -> i16 {
        self as i16
    }
}

/// Numbers of the pieces of a folded name: every character, every two neighbours, every three
/// of which none is Chinese. A name contains a text only if it has all of the pieces that are
/// asked for.
pub fn pieces(tenant: TenantId, kind: Kind, folded: &str) -> Vec<i32> {
    let characters: Vec<char> = folded.chars().collect();
    let others = characters.windows(3).filter(|window| !has_han(window));
    let all = characters.windows(1).chain(characters.windows(2));
    numbers(tenant, kind, all.chain(others))
}

/// Numbers of the pieces that tell where a folded text is contained: the longest ones only,
/// because few names have them.
pub fn asked(tenant: TenantId, kind: Kind, folded: &str) -> Vec<i32> {
    let characters: Vec<char> = folded.chars().collect();
    if characters.len() == 1 {
        return numbers(tenant, kind, characters.windows(1));
    }
    let triples: Vec<&[char]> = characters
        .windows(3)
        .filter(|window| !has_han(window))
        .collect();
    let pairs = characters.windows(2).enumerate().filter(|(at, pair)| {
        let is_within = [at.checked_sub(1), Some(*at)]
            .into_iter()
            .flatten()
            .any(|start| {
                characters
                    .get(start..start + 3)
                    .is_some_and(|triple| !has_han(&triple))
            });
        has_han(pair) || !is_within
    });
    numbers(tenant, kind, pairs.map(|(_, pair)| pair).chain(triples))
}

fn has_han(window: &&[char]) -> bool {
    window.iter().any(|c| is_han(*c))
}

fn numbers<'a>(tenant: TenantId, kind: Kind, pieces: impl Iterator<Item = &'a [char]>) -> Vec<i32> {
    let number = |piece: &[char]| {
        let text: String = piece.iter().collect();
        hash(tenant, &format!("s{}:{text}", kind.number()))
    };
    let numbers: BTreeSet<i32> = pieces.map(number).collect();
    numbers.into_iter().collect()
}

/// Entries turned on their side, as the database takes many at once.
#[derive(Debug, Default)]
struct Columns {
    accounts: Vec<Uuid>,
    subjects: Vec<Uuid>,
    positions: Vec<i16>,
    names: Vec<String>,
    initials: Vec<String>,
    pinyin: Vec<String>,
    grams: Vec<serde_json::Value>,
}

impl Columns {
    fn push(&mut self, tenant: TenantId, kind: Kind, account: Uuid, subject: Uuid, name: &str) {
        let folded = compact(name);
        let is_known = self
            .subjects
            .iter()
            .zip(&self.names)
            .rev()
            .take_while(|(other, _)| **other == subject)
            .any(|(_, other)| *other == folded);
        if folded.is_empty() || is_known {
            return;
        }
        let earlier = self
            .subjects
            .iter()
            .rev()
            .take_while(|other| **other == subject)
            .count();
        for (index, reading) in pinyin::read(&folded).into_iter().enumerate() {
            // What the name itself is found by stands in the row of its first reading.
            let grams = match index {
                0 => pieces(tenant, kind, &folded),
                _ => Vec::new(),
            };
            self.accounts.push(account);
            self.subjects.push(subject);
            self.positions
                .push(i16::try_from(earlier + index).unwrap_or(i16::MAX));
            self.grams.push(serde_json::json!(grams));
            self.initials.push(reading.initials);
            self.pinyin.push(reading.whole);
            self.names.push(folded.clone());
        }
    }
}

/// Makes accounts found by all of their names.
pub async fn index_accounts(
    connection: &mut PgConnection,
    tenant: TenantId,
    accounts: &[Indexed],
) -> Result<(), Error> {
    let mut columns = Columns::default();
    for account in accounts {
        for (_, name) in &account.names {
            columns.push(
                tenant,
                Kind::Account,
                account.account_id,
                account.account_id,
                name,
            );
        }
    }
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.account_id).collect();
    remove_others(connection, Kind::Account, &ids, &columns).await?;
    store(connection, Kind::Account, &columns).await
}

/// What of a contact is indexed.
#[derive(Clone, Copy, Debug)]
pub struct NamedContact<'c> {
    pub id: Uuid,
    pub account_id: Uuid,
    pub display_name: &'c str,
}

impl<'c> NamedContact<'c> {
    fn of(contact: &'c Contact) -> Self {
        Self {
            id: contact.id,
            account_id: contact.account_id,
            display_name: &contact.display_name,
        }
    }
}

/// Makes contacts found by their names, at the account where they are now.
pub async fn index_contacts(
    connection: &mut PgConnection,
    tenant: TenantId,
    contacts: &[&Contact],
) -> Result<(), Error> {
    let named: Vec<NamedContact<'_>> = contacts.iter().map(|it| NamedContact::of(it)).collect();
    index_named(connection, tenant, &named).await
}

/// The same for contacts of which no more is known.
pub async fn index_named(
    connection: &mut PgConnection,
    tenant: TenantId,
    contacts: &[NamedContact<'_>],
) -> Result<(), Error> {
    let mut columns = Columns::default();
    for contact in contacts {
        columns.push(
            tenant,
            Kind::Contact,
            contact.account_id,
            contact.id,
            contact.display_name,
        );
    }
    let ids: Vec<Uuid> = contacts.iter().map(|contact| contact.id).collect();
    remove_others(connection, Kind::Contact, &ids, &columns).await?;
    store(connection, Kind::Contact, &columns).await
}

/// Makes accounts that were merged away found no longer.
pub async fn forget_accounts(connection: &mut PgConnection, ids: &[Uuid]) -> Result<(), Error> {
    remove_others(connection, Kind::Account, ids, &Columns::default()).await
}

/// Removes the entries of records beyond those that they now have, also at accounts where a
/// contact worked before.
async fn remove_others(
    connection: &mut PgConnection,
    kind: Kind,
    ids: &[Uuid],
    kept: &Columns,
) -> Result<(), Error> {
    sqlx::query!(
        "delete from accounts.search_entry e
         where e.tenant_id = events.tenant_id() and e.kind = $1 and e.subject_id = any($2)
           and (e.account_id, e.subject_id, e.position)
             not in (select * from unnest($3::uuid[], $4::uuid[], $5::smallint[]))",
        kind.number(),
        ids,
        &kept.accounts,
        &kept.subjects,
        &kept.positions,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn store(connection: &mut PgConnection, kind: Kind, columns: &Columns) -> Result<(), Error> {
    if columns.subjects.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into accounts.search_entry as e
           (tenant_id, kind, account_id, subject_id, position, name, initials, pinyin, grams)
         select events.tenant_id(), $1, n.account_id, n.subject_id, n.position, n.name, n.initials, n.pinyin,
                array(select jsonb_array_elements_text(n.grams)::integer)
         from unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::jsonb[])
           as n (account_id, subject_id, position, name, initials, pinyin, grams)
         on conflict (tenant_id, kind, account_id, subject_id, position) do update
         set name = excluded.name, initials = excluded.initials, pinyin = excluded.pinyin, grams = excluded.grams
         where (e.name, e.initials, e.pinyin, e.grams)
           is distinct from (excluded.name, excluded.initials, excluded.pinyin, excluded.grams)",
        kind.number(),
        &columns.accounts,
        &columns.subjects,
        &columns.positions,
        &columns.names,
        &columns.initials,
        &columns.pinyin,
        &columns.grams,
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_has_all_pieces_of_what_it_contains(
            before in "[上海a-c1]{0,6}", part in "[上海华宏a-c1]{1,8}", behind in "[上海a-c1]{0,6}"
        ) {
            let tenant = TenantId(Uuid::nil());
            let name = pieces(tenant, Kind::Account, &format!("{before}{part}{behind}"));
            let asked = asked(tenant, Kind::Account, &part);
            prop_assert!(!asked.is_empty());
            prop_assert!(asked.iter().all(|piece| name.contains(piece)));
        }
    }
}
