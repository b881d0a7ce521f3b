//! Which accounts may be those of rows, and the pairs that are kept for somebody to decide.

use std::sync::Arc;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::{AccountRow, ImportDuplicate, MatchVerdict};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::account::Account;
use crate::error::Error;
use crate::ids::AccountId;
use crate::matching::find::{Found, Limits, Profiles, nearest, visible_names};
use crate::matching::keep::{self, Scores};
use crate::matching::sample::Sample;
use crate::matching::{Indexed, profile};

/// A row is told so many accounts that may be its own at most.
const MOST: usize = 5;

/// What is common in the tenant, drawn once a chunk.
pub struct Finder<'c> {
    pub call: &'c Call,
    pub sample: Arc<Sample>,
}

impl Finder<'_> {
    /// The accounts that may be the one a row describes, best first.
    pub async fn of_row(
        &self,
        connection: &mut PgConnection,
        row: &AccountRow,
    ) -> Result<Vec<ImportDuplicate>, Error> {
        let sent = row.account.clone().unwrap_or_default();
        let found = self.like(connection, &described(&sent), None).await?;
        self.tell(connection, &found).await
    }

    /// Looks for accounts like these new ones, keeps the pairs, and tells them in order.
    pub async fn keep(
        &self,
        w: &mut Writer<'_>,
        new: &[Account],
    ) -> Result<Vec<Vec<ImportDuplicate>>, Error> {
        let mut scores = Scores::new();
        let mut told = Vec::with_capacity(new.len());
        for account in new {
            let found = self
                .like(w, &Indexed::of(account), Some(account.id))
                .await?;
            told.push(self.tell(w, &found).await?);
            for twin in found {
                let other = twin.candidate.account_id;
                let pair = (account.id.min(other), account.id.max(other));
                scores.insert(pair, twin.score);
            }
        }
        if !scores.is_empty() {
            // One of each pair is new: nobody else can be about to keep it.
            keep::store(w, self.call, &scores, Vec::new()).await?;
        }
        Ok(told)
    }

    async fn like(
        &self,
        connection: &mut PgConnection,
        described: &Indexed,
        own: Option<Uuid>,
    ) -> Result<Vec<Found>, Error> {
        let profile = profile::read(
            described.names.iter().map(|(_, name)| name),
            &described.addresses,
            &described.phones,
            &described.place,
        );
        let limits = Limits {
            results: MOST + 1,
            min_score: crate::matching::review_from(),
        };
        // Rows of an import are seldom alike: nothing is worth keeping ready between them.
        let ready = &mut Profiles::default();
        let mut found = nearest(
            connection,
            self.call,
            &self.sample,
            &profile,
            &limits,
            ready,
        )
        .await?;
        found.retain(|twin| Some(twin.candidate.account_id) != own);
        found.truncate(MOST);
        Ok(found)
    }

    async fn tell(
        &self,
        connection: &mut PgConnection,
        found: &[Found],
    ) -> Result<Vec<ImportDuplicate>, Error> {
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = found.iter().map(|it| it.candidate.account_id).collect();
        let seen = visible_names(connection, self.call, &ids).await?;
        let told = found.iter().map(|twin| {
            let id = twin.candidate.account_id;
            let is_seen = seen.contains_key(&id);
            ImportDuplicate {
                account: match is_seen {
                    true => AccountId(id).to_string(),
                    false => String::new(),
                },
                hidden: !is_seen,
                score: twin.score.value,
                verdict: crate::matching::verdict(twin.score.value).into(),
            }
        });
        Ok(told.collect())
    }
}

/// The best of these, if it is the same organisation.
pub fn same(found: &[ImportDuplicate]) -> Option<&ImportDuplicate> {
    found
        .first()
        .filter(|twin| twin.verdict() == MatchVerdict::Same)
}

/// What a row says of its account, as far as accounts are found by it.
fn described(sent: &keynode_proto::accounts::v1::Account) -> Indexed {
    let names = [&sent.display_name, &sent.legal_name]
        .into_iter()
        .chain(sent.names.iter().map(|name| &name.text));
    let said = |text: &String| (!text.trim().is_empty()).then(|| text.clone());
    Indexed {
        names: names
            .filter_map(said)
            .map(|name| (Default::default(), name))
            .collect(),
        addresses: said(&sent.address).into_iter().collect(),
        phones: said(&sent.phone).into_iter().collect(),
        place: said(&sent.location).unwrap_or_else(|| sent.region.clone()),
        ..Indexed::default()
    }
}
