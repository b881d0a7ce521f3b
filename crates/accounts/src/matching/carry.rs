//! That a loser and a third account are two customers is true of the survivor and the third
//! account too, unless somebody decided about these.

use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::DuplicateCandidateChanged;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::candidate::Pair;
use super::decide;
use super::keep::{self, names};
use crate::error::Error;
use crate::merge::refusal;

/// A decision about a loser that is to hold for the survivor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct {
    /// The pair with the loser.
    source: Uuid,
    /// The third account.
    other: Uuid,
    /// The pair with the survivor, when there is one that nobody decided.
    target: Option<Uuid>,
}

/// A pair of the survivor that got its decision from a loser's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Carried {
    pair: Uuid,
    /// Its version then: another one says that somebody decided since.
    version: i64,
    is_new: bool,
}

impl Distinct {
    /// The ids of the pairs that this reads and changes.
    pub fn pairs(&self) -> impl Iterator<Item = Uuid> {
        [Some(self.source), self.target].into_iter().flatten()
    }
}

impl Carried {
    pub fn pair(&self) -> Uuid {
        self.pair
    }
}

/// What the survivor gets from the losers, each third account once.
pub async fn find(
    connection: &mut PgConnection,
    survivor: Uuid,
    losers: &[Uuid],
) -> Result<Vec<Distinct>, Error> {
    let rows = sqlx::query_as!(
        Distinct,
        r#"select distinct on (d.other) d.id as "source!", d.other as "other!", t.id as "target?"
           from (select id, decided_at, case when first_id = any($2) then second_id else first_id end as other
                 from accounts.duplicate_candidate
                 where decision = 'distinct' and (first_id = any($2) or second_id = any($2))) d
           left join accounts.duplicate_candidate t
             on t.tenant_id = events.tenant_id()
                and t.first_id = least(d.other, $1) and t.second_id = greatest(d.other, $1)
           where d.other <> $1 and d.other <> all($2) and t.decision is null
           order by d.other, d.decided_at, d.id"#,
        survivor,
        losers,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// Gives the survivor the decisions. Their turns are taken.
pub async fn carry(
    w: &mut Writer<'_>,
    call: &Call,
    survivor: Uuid,
    distinct: &[Distinct],
) -> Result<Vec<Carried>, Error> {
    let ids: Vec<Uuid> = distinct.iter().flat_map(Distinct::pairs).collect();
    let pairs = decide::lock(w, &ids).await?;
    let find = |id: Uuid| pairs.iter().find(|pair| pair.id == id);
    let mut carried = Vec::with_capacity(distinct.len());
    for decision in distinct {
        let source = find(decision.source).ok_or_else(refusal::raced)?;
        let before = decision.target.and_then(find);
        let after = match before {
            Some(before) => told(call, before.clone(), source),
            None => {
                let order = (decision.other.min(survivor), decision.other.max(survivor));
                told(call, new(w.id(), call, order, source), source)
            }
        };
        match before {
            Some(_) => decide::store(w, &after).await?,
            // A scan that found the pair at the same moment comes first.
            None if !keep::insert(w, &after).await? => return Err(refusal::raced().into()),
            None => {}
        }
        let names = names(w, &[after.first_id, after.second_id]).await?;
        keep::record(w, before, &after, &names);
        carried.push(Carried {
            pair: after.id,
            version: after.version,
            is_new: before.is_none(),
        });
    }
    Ok(carried)
}

/// A pair about which nobody has said anything; its first version is the one stored.
fn new(id: Uuid, call: &Call, (first_id, second_id): (Uuid, Uuid), source: &Pair) -> Pair {
    Pair {
        id,
        version: 0,
        created_at: call.now.to_sqlx(),
        first_id,
        second_id,
        ..source.clone()
    }
}

/// The pair with the decision of another.
fn told(call: &Call, pair: Pair, source: &Pair) -> Pair {
    Pair {
        version: pair.version + 1,
        updated_at: call.now.to_sqlx(),
        decision: source.decision.clone(),
        decided_by: source.decided_by.clone(),
        decided_at: source.decided_at,
        decision_reason: source.decision_reason.clone(),
        ..pair
    }
}

/// Takes the decisions back where nobody decided since. Their turns are taken.
pub async fn take_back(w: &mut Writer<'_>, call: &Call, carried: &[Carried]) -> Result<(), Error> {
    let ids: Vec<Uuid> = carried.iter().map(Carried::pair).collect();
    for before in decide::lock(w, &ids).await? {
        let was = carried.iter().find(|it| it.pair == before.id);
        let Some(was) = was.filter(|it| it.version == before.version) else {
            continue;
        };
        match was.is_new {
            true => remove(w, &before).await?,
            false => decide::undecide(w, call, before).await?,
        }
    }
    Ok(())
}

async fn remove(w: &mut Writer<'_>, before: &Pair) -> Result<(), Error> {
    sqlx::query!(
        "delete from accounts.duplicate_candidate where id = $1",
        before.id
    )
    .execute(&mut **w)
    .await?;
    let names = names(w, &[before.first_id, before.second_id]).await?;
    let change = DuplicateCandidateChanged {
        before: Some(before.to_proto(&names)),
        after: None,
    };
    w.record(before.name().to_string(), before.version + 1, &change);
    Ok(())
}
