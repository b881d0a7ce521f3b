//! What belongs to a deal besides its own columns, part by part: needs, purchase criteria, the
//! bid, the contract and so on. A part is a message that is kept whole. It changes under the lock
//! of its deal and with one more version of it, so that whoever judged the deal judged the part.

use std::collections::{BTreeMap, HashMap};

use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use prost::{Message, Name};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::activity::tally::Tally;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Opportunity};

/// A part of a deal's dossier; the default is that of a deal of which nothing is recorded.
pub trait Part: Message + Default + Clone + PartialEq {
    /// What the part is stored under. Never changes.
    const NAME: &'static str;
}

/// The parts of a deal, as they are stored, and what its activities come to.
#[derive(Clone, Debug, Default)]
pub struct Dossier {
    parts: BTreeMap<String, Vec<u8>>,
    pub activities: Tally,
}

impl Dossier {
    /// Reads everything that is recorded of a deal.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(
        connection: &mut PgConnection,
        deal: OpportunityId,
    ) -> Result<Self, sqlx::Error> {
        let mut all = Self::load_all(connection, &[deal.0]).await?;
        Ok(all.remove(&deal.0).unwrap_or_default())
    }

    /// Reads everything that is recorded of some deals; nothing is recorded of those left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load_all(
        connection: &mut PgConnection,
        deals: &[Uuid],
    ) -> Result<HashMap<Uuid, Self>, sqlx::Error> {
        let rows = sqlx::query!(
            "select opportunity_id, part, content from pipeline.dossier_part
             where opportunity_id = any($1)",
            deals,
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut all: HashMap<Uuid, Self> = HashMap::new();
        for row in rows {
            let dossier = all.entry(row.opportunity_id).or_default();
            dossier.parts.insert(row.part, row.content);
        }
        for (deal, tally) in Tally::load_all(connection, deals).await? {
            all.entry(deal).or_default().activities = tally;
        }
        Ok(all)
    }

    /// The same with a part that was stored as these bytes.
    #[cfg(test)]
    pub fn with(mut self, part: &str, content: Vec<u8>) -> Self {
        self.parts.insert(part.to_owned(), content);
        self
    }

    /// One part of them.
    ///
    /// # Errors
    /// `INTERNAL` when what is stored is no such message.
    pub fn part<P: Part>(&self) -> Result<P, Error> {
        let stored = self.parts.get(P::NAME).map_or(&[][..], Vec::as_slice);
        Ok(P::decode(stored).map_err(Fault::internal)?)
    }
}

/// Reads one part of a deal.
///
/// # Errors
/// `INTERNAL` when what is stored is no such message.
pub async fn load<P: Part>(connection: &mut PgConnection, deal: OpportunityId) -> Result<P, Error> {
    let stored = sqlx::query_scalar!(
        "select content from pipeline.dossier_part where opportunity_id = $1 and part = $2",
        deal.0,
        P::NAME,
    )
    .fetch_optional(connection)
    .await?
    .unwrap_or_default();
    Ok(P::decode(stored.as_slice()).map_err(Fault::internal)?)
}

/// A part before and after a change, and the deal after it.
#[derive(Clone, Debug)]
pub struct Changed<P> {
    pub before: P,
    pub after: P,
    pub deal: Opportunity,
}

/// Changes a part of a deal that is locked; `event` says what is told of it. No change, no event.
///
/// # Errors
/// What `work` answers.
pub async fn change<P: Part, E: Message + Name>(
    w: &mut Writer<'_>,
    call: &Call,
    mut deal: Opportunity,
    work: impl FnOnce(&Opportunity, &mut P) -> Result<(), Error>,
    event: impl FnOnce(&P, &P, proto::Opportunity) -> E,
) -> Result<Changed<P>, Error> {
    let before: P = load(w, deal.id).await?;
    let mut after = before.clone();
    work(&deal, &mut after)?;
    if after != before {
        let told = |deal| event(&before, &after, deal);
        deal = store(w, call, deal, &after, told).await?;
    }
    Ok(Changed {
        before,
        after,
        deal,
    })
}

/// Stores a part of a deal that is locked, because it or what is kept beside it changed.
///
/// # Errors
/// When the database does not answer.
pub async fn store<P: Part, E: Message + Name>(
    w: &mut Writer<'_>,
    call: &Call,
    mut deal: Opportunity,
    after: &P,
    event: impl FnOnce(proto::Opportunity) -> E,
) -> Result<Opportunity, Error> {
    deal.touch(call.now);
    opportunity::save(w, &[&deal]).await?;
    put(w, deal.id, after).await?;
    w.record(deal.id.to_string(), deal.version, &event(deal.to_proto()));
    Ok(deal)
}

/// Puts a part beside another one that changed: the deal's version and event are those of that.
///
/// # Errors
/// When the database does not answer.
pub async fn put<P: Part>(
    connection: &mut PgConnection,
    deal: OpportunityId,
    part: &P,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.dossier_part (opportunity_id, part, content) values ($1, $2, $3)
         on conflict (tenant_id, opportunity_id, part) do update set content = excluded.content",
        deal.0,
        P::NAME,
        part.encode_to_vec(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The name of something of a deal, `opportunities/{id}/{collection}/{id}`.
pub fn item_name(deal: OpportunityId, collection: &str, id: Uuid) -> String {
    format!("{deal}/{collection}/{id}")
}

/// Reads such a name: whose it is. The name itself is what the item is found by.
pub fn deal_of(bad: &mut Violations, field: &str, name: &str, collection: &str) -> OpportunityId {
    let separator = format!("/{collection}/");
    let found = name.split_once(separator.as_str()).and_then(|(deal, id)| {
        let is_id = id.len() == 36 && Uuid::try_parse(id).is_ok_and(|it| it.to_string() == id);
        deal.parse().ok().filter(|_| is_id)
    });
    found.unwrap_or_else(|| {
        let why = format!("must be `opportunities/{{id}}/{collection}/{{id}}`, ids UUIDs");
        bad.add(field, why);
        OpportunityId(Uuid::nil())
    })
}

#[cfg(test)]
pub mod testing {
    //! Dossiers for tests of what is read from them.

    use super::{Dossier, Part};

    /// A dossier of this part alone.
    pub fn with<P: Part>(part: &P) -> Dossier {
        Dossier::default().with(P::NAME, part.encode_to_vec())
    }

    /// The names of a fact's fields.
    pub fn keys(fact: &serde_json::Value) -> Vec<&String> {
        fact.as_object().unwrap().keys().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEAL: &str = "opportunities/0190b5a0-0000-7000-8000-000000000001";

    #[test]
    fn the_name_of_an_item_says_whose_it_is() {
        let id = Uuid::from_u128(7);
        let name = item_name(DEAL.parse().unwrap(), "needs", id);
        let mut bad = Violations::default();
        assert_eq!(deal_of(&mut bad, "name", &name, "needs").to_string(), DEAL);
        assert!(bad.is_empty());
    }

    #[test]
    fn a_name_of_another_form_is_refused() {
        let id = Uuid::from_u128(7);
        for name in [
            String::new(),
            DEAL.to_owned(),
            format!("{DEAL}/promises/{id}"),
            format!("{DEAL}/needs/7"),
            format!("{DEAL}/needs/{}", id.simple()),
            format!("opportunities/1/needs/{id}"),
            format!("{DEAL}/needs/{id}/needs/{id}"),
        ] {
            let mut bad = Violations::default();
            deal_of(&mut bad, "name", &name, "needs");
            assert!(!bad.is_empty(), "{name}");
        }
    }
}
