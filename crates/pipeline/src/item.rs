//! What the things of a dossier have in common of which a deal has several: needs, objections,
//! requests of the customer, promises, purchase criteria, milestones, findings. Each is a message
//! with a name of its own in a part of the deal; here they are read, recorded, changed, removed
//! and listed, and every change is told with what was before and after.

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

/// A thing with a name of its own in a part of a deal.
pub trait Item: Message + Name + Default + Clone + PartialEq {
    /// What it is kept in.
    type Part: Part;
    /// What is told of its change.
    type Event: Message + Name;

    /// The collection of its name.
    const COLLECTION: &'static str;
    /// What requests call it.
    const FIELD: &'static str;
    /// The fields that callers say.
    const SAID: &'static [&'static str];
    /// More of one kind on a deal are a fault of who records them.
    const MOST: usize = 200;

    fn all(part: &Self::Part) -> &Vec<Self>;
    fn all_mut(part: &mut Self::Part) -> &mut Vec<Self>;
    fn name(&self) -> &str;
    fn stamp(&mut self) -> Stamp<'_>;
    fn event(change: Change<Self>) -> Self::Event;
    /// What to answer when there is none of this name.
    fn missing(name: &str) -> Error;

    /// The activity that it comes from; empty = unknown, or that it comes from none.
    fn activity(&self) -> &str {
        ""
    }

    /// Checks what a request says before the deal is known, each field for itself, and brings it
    /// into one form. Fields that an update does not mean are checked too.
    fn read(&mut self, _bad: &mut Violations, _call: &Call) {}

    /// Checks the item as it would be stored, brings it into one form, and fills in what follows
    /// from it.
    fn check(&mut self, bad: &mut Violations, call: &Call);

    /// Refuses a change that the rest of the part does not let be.
    ///
    /// # Errors
    /// Why not.
    fn allow(
        _deal: OpportunityId,
        _part: &Self::Part,
        _before: Option<&Self>,
        _after: Option<&Self>,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Says that a deal has [`MOST`](Self::MOST) already.
    fn refuse_more(bad: &mut Violations) {
        let why = format!("has {} {} already", Self::MOST, Self::COLLECTION);
        bad.add("parent", why);
    }
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

/// Reads a request for a new item: whose it is to be, and the item without output-only fields.
///
/// # Errors
/// `INVALID_REQUEST` with every bad field.
pub fn read_new<I: Item>(
    call: &Call,
    parent: &str,
    said: Option<&I>,
) -> Result<(OpportunityId, I), Error> {
    let said = said.cloned().unwrap_or_default();
    let mut item = mask::apply(&I::default(), &said, None, I::SAID)?;
    let mut bad = Violations::default();
    let deal = bad.name("parent", parent);
    item.read(&mut bad, call);
    item.check(&mut bad, call);
    bad.finish()?;
    Ok((deal, item))
}

/// Reads a request to change an item: whose it is, and what is said of it, which is checked as a
/// whole once it is [`merged`].
///
/// # Errors
/// `INVALID_REQUEST` with every bad field.
pub fn read_news<I: Item>(call: &Call, said: Option<&I>) -> Result<(OpportunityId, I), Error> {
    let mut news = said.cloned().unwrap_or_default();
    let mut bad = Violations::default();
    let field = format!("{}.name", I::FIELD);
    let deal = dossier::deal_of(&mut bad, &field, news.name(), I::COLLECTION);
    news.read(&mut bad, call);
    bad.finish()?;
    Ok((deal, news))
}

/// Reads the `name` of an item in a request: whose it is.
pub fn read_name<I: Item>(bad: &mut Violations, name: &str) -> OpportunityId {
    dossier::deal_of(bad, "name", name, I::COLLECTION)
}

/// Records a new item of a deal that is locked.
///
/// # Errors
/// `ACTIVITY_NOT_FOUND`; what the part does not let be; `INVALID_REQUEST` when there are too many.
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

/// Changes the fields of an item that the mask names.
///
/// # Errors
/// As [`merged`] and [`put`].
pub async fn update<I: Item>(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    news: &I,
    mask: Option<&FieldMask>,
) -> Result<(I, proto::Opportunity), Error> {
    let item = merged(w, call, deal.id, news, mask).await?;
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
    news: &I,
    mask: Option<&FieldMask>,
) -> Result<I, Error> {
    let stored = find::<I>(w, deal, news.name()).await?;
    let mut item = mask::apply(&stored, news, mask, I::SAID)?;
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
/// What the part does not let be; `INVALID_REQUEST` when there are too many.
pub async fn put<I: Item>(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    item: I,
    reason: &str,
) -> Result<(I, proto::Opportunity), Error> {
    let name = item.name().to_owned();
    let work = |deal: &Opportunity, part: &mut I::Part| set(call, deal.id, part, item);
    let changed = dossier::change(w, call, deal, work, told::<I>(&name, reason)).await?;
    let item = named(&changed.after, &name).ok_or_else(|| I::missing(&name))?;
    Ok((item, changed.deal.to_proto()))
}

/// Removes an item of a deal that is locked; the deal after it.
///
/// # Errors
/// That it is missing; what the part does not let be.
pub async fn delete<I: Item>(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    name: &str,
    reason: &str,
) -> Result<proto::Opportunity, Error> {
    let work = |deal: &Opportunity, part: &mut I::Part| {
        let before: I = named(part, name).ok_or_else(|| I::missing(name))?;
        I::allow(deal.id, part, Some(&before), None)?;
        I::all_mut(part).retain(|item| item.name() != name);
        Ok(())
    };
    let changed = dossier::change(w, call, deal, work, told::<I>(name, reason)).await?;
    Ok(changed.deal.to_proto())
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

/// Refuses what is no name of an activity; whether there is one is asked later.
pub fn check_activity(bad: &mut Violations, field: &str, name: &str) {
    if !name.is_empty() {
        dossier::deal_of(bad, field, name, activity::COLLECTION);
    }
}

/// What is told of a change of the item of that name.
fn told<I: Item>(
    name: &str,
    reason: &str,
) -> impl FnOnce(&I::Part, &I::Part, proto::Opportunity) -> I::Event {
    move |before, after, opportunity| {
        I::event(Change {
            before: named(before, name),
            after: named(after, name),
            opportunity: Some(opportunity),
            reason: reason.to_owned(),
        })
    }
}

fn named<I: Item>(part: &I::Part, name: &str) -> Option<I> {
    let mut items = I::all(part).iter();
    items.find(|item| item.name() == name).cloned()
}

fn set<I: Item>(
    call: &Call,
    deal: OpportunityId,
    part: &mut I::Part,
    mut item: I,
) -> Result<(), Error> {
    let now = Some(wire::timestamp(call.now));
    let stored: Option<I> = named(part, item.name());
    I::allow(deal, part, stored.as_ref(), Some(&item))?;
    let Some(mut stored) = stored else {
        require_room::<I>(part)?;
        *item.stamp().updated = now;
        I::all_mut(part).push(item);
        return Ok(());
    };
    (*item.stamp().updated).clone_from(stored.stamp().updated);
    if stored == item {
        return Ok(());
    }
    *item.stamp().updated = now;
    let mut items = I::all_mut(part).iter_mut();
    if let Some(place) = items.find(|it| it.name() == item.name()) {
        *place = item;
    }
    Ok(())
}

fn require_room<I: Item>(part: &I::Part) -> Result<(), Error> {
    let mut bad = Violations::default();
    if I::all(part).len() >= I::MOST {
        I::refuse_more(&mut bad);
    }
    Ok(bad.finish()?)
}
