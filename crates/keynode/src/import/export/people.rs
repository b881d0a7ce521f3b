//! Who sells: offices, managers and sellers, from one list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::mapping::{File, PersonField};
use super::super::report::Report;
use super::{NAME, each};

/// The sales organisation by its keys.
#[derive(Debug, Default, PartialEq)]
pub struct Organisation {
    pub offices: BTreeSet<String>,
    /// Managers and the office that each belongs to; empty = none.
    pub managers: BTreeMap<String, String>,
    pub sellers: BTreeMap<String, Seller>,
}

/// Whom a seller belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Seller {
    /// Empty = directly in the office.
    pub manager: String,
    pub office: String,
}

pub fn read(
    folder: &Path,
    file: &File<PersonField>,
    report: &mut Report,
) -> anyhow::Result<Organisation> {
    let mut organisation = Organisation::default();
    each(folder, file, report, |columns, _, cells| {
        let mut row = columns.row(cells);
        let person = row.required(PersonField::Person, NAME);
        let seller = Seller {
            manager: row.text_within(PersonField::Manager, NAME),
            office: row.text_within(PersonField::Office, NAME),
        };
        row.finish()
            .and_then(|()| organisation.add(&person, seller))
            .map_err(|why| (person, why))
    })?;
    Ok(organisation)
}

impl Organisation {
    fn add(&mut self, person: &str, seller: Seller) -> Result<(), String> {
        if let Some(office) = self.managers.get(&seller.manager)
            && *office != seller.office
        {
            return Err(format!(
                "{} leads in {office} and in {}; a manager has one office",
                seller.manager, seller.office
            ));
        }
        if self.sellers.contains_key(person) {
            return Err("this person is there twice".to_owned());
        }
        if !seller.office.is_empty() {
            self.offices.insert(seller.office.clone());
        }
        if !seller.manager.is_empty() {
            self.managers
                .insert(seller.manager.clone(), seller.office.clone());
        }
        self.sellers.insert(person.to_owned(), seller);
        Ok(())
    }
}
