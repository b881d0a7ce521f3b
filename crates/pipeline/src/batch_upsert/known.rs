//! The deals that the rows of a batch are about.

use std::collections::{BTreeSet, HashMap};

use keynode_kit::mutation::Writer;
use uuid::Uuid;

use super::row::Row;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Opportunity};
use crate::terms::Key;

/// Those that are there already, each until a row takes it.
pub(super) struct Known {
    ids: HashMap<Key, Uuid>,
    deals: HashMap<Uuid, Opportunity>,
}

impl Known {
    /// The deals with any of the keys of the rows, locked.
    pub async fn of_rows(
        w: &mut Writer<'_>,
        rows: &[Result<Row<'_>, Error>],
    ) -> Result<Self, Error> {
        let keys = rows.iter().flatten().flat_map(Row::keys).cloned();
        let (systems, ids): (Vec<String>, Vec<String>) = keys.unzip();
        let ids = opportunity::by_external_keys(w, &systems, &ids).await?;
        let found: BTreeSet<Uuid> = ids.values().copied().collect();
        let subjects: Vec<OpportunityId> = found.iter().copied().map(OpportunityId).collect();
        opportunity::lock_all(w, &subjects).await?;
        let found: Vec<Uuid> = found.into_iter().collect();
        let whole = opportunity::fetch(w, &found).await?;
        let deals = whole.into_iter().map(|deal| (deal.id.0, deal)).collect();
        Ok(Self { ids, deals })
    }

    /// The deal of a row, if it is there.
    pub fn of(&self, row: &Row<'_>) -> Option<&Opportunity> {
        let id = row.keys().find_map(|key| self.ids.get(key))?;
        self.deals.get(id)
    }

    /// Takes the deal of a row, if it is there: one row speaks of it, and no key of the row is
    /// that of another deal.
    pub fn take(&mut self, row: &Row<'_>) -> Result<Option<Opportunity>, Error> {
        let ids: BTreeSet<Uuid> = row
            .keys()
            .filter_map(|key| self.ids.get(key))
            .copied()
            .collect();
        match ids.first() {
            None => Ok(None),
            Some(id) if ids.len() == 1 => match self.deals.remove(id) {
                Some(deal) => Ok(Some(deal)),
                None => Err(Error::ExternalKeyTaken),
            },
            Some(_) => Err(Error::ExternalKeyTaken),
        }
    }
}
