//! What needs, objections, requests of the customer and promises have in common: each is a thing
//! with a name of its own in a part of a deal.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use prost::{Message, Name};
use prost_types::{FieldMask, Timestamp};
use sqlx::PgConnection;

use crate::dossier::{self, Part};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::Opportunity;
use crate::{Pipeline, activity, mask, opportunity};

/// Longer texts are documents.
pub const MAX_TEXT: usize = 2000;
/// More of one kind on a deal are a fault of who records them.
const MOST: usize = 200;

/// A thing with a name of its own in a part of a deal.
pub trait Item: Message + Name + Default + Clone + PartialEq {
    /// What it is kept in.
    type Part: Part;
    /// What is told of its change.
    type Event: Message + Name;

    /// The collection of its name.
    const COLLECTION: &'static str;
    /// The fields that callers say.
    const SAID: &'static [&'static str];

    fn all(part: &Self::Part) -> &Vec<Self>;
    fn all_mut(part: &mut Self::Part) -> &mut Vec<Self>;
    fn name(&self) -> &str;
    /// The activity that it comes from; empty = unknown.
    fn activity(&self) -> &str;
    fn stamp(&mut self) -> Stamp<'_>;
    /// Checks what callers said, brings it into one form, and fills in what follows from it.
    fn check(&mut self, bad: &mut Violations, call: &Call);
    fn event(change: Change<Self>) -> Self::Event;
    /// What to answer when there is none of this name.
    fn missing(name: &str) -> Error;
}

/// What is noted of every item.
pub struct Stamp<'i> {
    pub name: &'i mut String,
    pub recorder: &'i mut String,
    pub created: &'i mut Option<Timestamp>,
    pub updated: &'i mut Option<Timestamp>,
}

/// What became of an item.
pub struct Change<I> {
    pub before: Option<I>,
    pub after: Option<I>,
    pub opportunity: Option<proto::Opportunity>,
    /// Empty where nobody had to say.
    pub reason: String,
}

/// What callers said of a new item, checked; output-only fields are left out.
///
/// # Errors
/// `INTERNAL` when the contracts do not know the item.
pub fn read<I: Item>(bad: &mut Violations, call: &Call, said: Option<&I>) -> Result<I, Error> {
    let said = said.cloned().unwrap_or_default();
    let mut item = mask::apply(&I::default(), &said, None, I::SAID)?;
    item.check(bad, call);
    Ok(item)
}

/// Records a new item of a deal that is locked.
///
/// # Errors
/// `ACTIVITY_NOT_FOUND`; `INVALID_REQUEST` when there are too many.
pub async fn create<I: Item>(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    mut item: I,
) -> Result<(I, proto::Opportunity), Error> {
    activity::require(w, deal.id, item.activity()).await?;
    let stamp = item.stamp();
    *stamp.name = dossier::item_name(deal.id, I::COLLECTION, w.id());
    *stamp.recorder = call.principal.subject.clone();
    *stamp.created = Some(wire::timestamp(call.now));
    put(w, call, deal, item, "").await
}

/// An item of a deal as an update would leave it, checked.
///
/// # Errors
/// That it is missing; `INVALID_REQUEST` with every bad field; `ACTIVITY_NOT_FOUND`.
pub async fn merged<I: Item>(
    w: &mut Writer<'_>,
    call: &Call,
    deal: OpportunityId,
    said: &I,
    mask: Option<&FieldMask>,
) -> Result<I, Error> {
    let stored = find::<I>(w, deal, said.name()).await?;
    let mut item = mask::apply(&stored, said, mask, I::SAID)?;
    let mut bad = Violations::default();
    item.check(&mut bad, call);
    bad.finish()?;
    activity::require(w, deal, item.activity()).await?;
    Ok(item)
}

/// The item of that name.
///
/// # Errors
/// That it is missing.
pub async fn find<I: Item>(
    connection: &mut PgConnection,
    deal: OpportunityId,
    name: &str,
) -> Result<I, Error> {
    let part: I::Part = dossier::load(connection, deal).await?;
    named(&part, name).ok_or_else(|| I::missing(name))
}

/// Stores an item, new or changed, with its event.
///
/// # Errors
/// `INVALID_REQUEST` when there are too many.
pub async fn put<I: Item>(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    item: I,
    reason: &str,
) -> Result<(I, proto::Opportunity), Error> {
    let name = item.name().to_owned();
    let work = |_: &Opportunity, part: &mut I::Part| set(call, I::all_mut(part), item);
    let event = |before: &I::Part, after: &I::Part, opportunity| {
        I::event(Change {
            before: named(before, &name),
            after: named(after, &name),
            opportunity: Some(opportunity),
            reason: reason.to_owned(),
        })
    };
    let changed = dossier::change(w, call, deal, work, event).await?;
    let item = named(&changed.after, &name).ok_or_else(|| I::missing(&name))?;
    Ok((item, changed.deal.to_proto()))
}

/// Every item of a deal that the caller sees.
///
/// # Errors
/// `OPPORTUNITY_NOT_FOUND`.
pub async fn list<I: Item>(
    pipeline: &Pipeline,
    call: &Call,
    parent: &str,
) -> Result<Vec<I>, Error> {
    let id = opportunity::id("parent", parent)?;
    let work = async |tx: &mut Tx| {
        opportunity::read(tx, call, id).await?;
        let part: I::Part = dossier::load(tx, id).await?;
        Ok::<_, Error>(I::all(&part).clone())
    };
    pipeline.db.transaction(call.tenant()?, work).await
}

/// Whose item a request names; the field is `name` or that of the item.
///
/// # Errors
/// `INVALID_REQUEST` naming the field.
pub fn deal_of<I: Item>(field: &str, name: &str) -> Result<OpportunityId, Error> {
    let mut bad = Violations::default();
    let deal = dossier::deal_of(&mut bad, field, name, I::COLLECTION);
    bad.finish()?;
    Ok(deal)
}

/// Refuses what is no name of an activity; whether there is one is asked later.
pub fn check_activity(bad: &mut Violations, field: &str, name: &str) {
    if !name.is_empty() {
        dossier::deal_of(bad, field, name, activity::COLLECTION);
    }
}

fn named<I: Item>(part: &I::Part, name: &str) -> Option<I> {
    I::all(part)
        .iter()
        .find(|item| item.name() == name)
        .cloned()
}

fn set<I: Item>(call: &Call, items: &mut Vec<I>, mut item: I) -> Result<(), Error> {
    let now = Some(wire::timestamp(call.now));
    let stored = items.iter_mut().find(|stored| stored.name() == item.name());
    if let Some(stored) = stored {
        (*item.stamp().updated).clone_from(stored.stamp().updated);
        if *stored != item {
            *item.stamp().updated = now;
            *stored = item;
        }
        return Ok(());
    }
    *item.stamp().updated = now;
    if items.len() >= MOST {
        let mut bad = Violations::default();
        bad.add("parent", format!("has {MOST} {} already", I::COLLECTION));
        bad.finish()?;
    }
    items.push(item);
    Ok(())
}
