//! Records of which a deal has several, kept in a part of its dossier and named one by one:
//! purchase criteria, milestones, findings.

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use prost::{Message, Name};
use prost_types::FieldMask;

use crate::dossier::{self, Part};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::mask;
use crate::opportunity::{self, Opportunity};

/// One of the records of a part.
pub trait Item: Message + Name + Default + Clone + PartialEq {
    /// Where it is kept.
    type Kept: Part;
    /// What is told of a change.
    type Changed: Message + Name;
    /// What requests call it.
    const FIELD: &'static str;
    /// The collection in its name.
    const COLLECTION: &'static str;
    /// The fields that callers set.
    const CHANGEABLE: &'static [&'static str];
    /// How many a deal has at most.
    const MOST: usize;

    fn all(part: &Self::Kept) -> &[Self];
    fn all_mut(part: &mut Self::Kept) -> &mut Vec<Self>;
    /// Its resource name.
    fn resource(&self) -> &str;
    /// Notes whose it is and since when.
    fn begin(&mut self, stamp: Stamp);
    /// Notes when it last changed.
    fn touch(&mut self, now: prost_types::Timestamp);
    /// Reads the fields that callers set, each for itself.
    fn read(bad: &mut Violations, now: Timestamp, message: &Self) -> Self;
    /// Refuses what cannot stand as a whole.
    fn check(&self, bad: &mut Violations);
    /// Refuses a change that the rest of the part does not let be.
    ///
    /// # Errors
    /// Why not.
    fn allow(
        _deal: OpportunityId,
        _part: &Self::Kept,
        _before: Option<&Self>,
        _after: Option<&Self>,
    ) -> Result<(), Error> {
        Ok(())
    }
    fn not_found(name: &str) -> Error;
    fn changed(
        before: Option<Self>,
        after: Option<Self>,
        deal: proto::Opportunity,
    ) -> Self::Changed;
}

/// What a new record is marked with.
#[derive(Clone, Debug)]
pub struct Stamp {
    pub name: String,
    pub now: prost_types::Timestamp,
    pub recorder: String,
}

/// Which deal is to change, and on what condition.
#[derive(Clone, Copy, Debug)]
pub struct Order<'r> {
    pub id: OpportunityId,
    pub etag: &'r str,
}

/// Reads a request for a new record.
///
/// # Errors
/// `INVALID_REQUEST` with every bad field.
pub fn read_new<'r, I: Item>(
    call: &Call,
    parent: &str,
    etag: &'r str,
    message: Option<&I>,
) -> Result<(Order<'r>, I), Error> {
    let mut bad = Violations::default();
    let id = bad.name("parent", parent);
    let news = I::read(&mut bad, call.now, message.unwrap_or(&I::default()));
    news.check(&mut bad);
    bad.finish()?;
    Ok((Order { id, etag }, news))
}

/// Reads a request to change one; what it says is checked as a whole once it is merged.
///
/// # Errors
/// `INVALID_REQUEST` with every bad field.
pub fn read_news<'r, I: Item>(
    call: &Call,
    etag: &'r str,
    message: Option<&I>,
) -> Result<(Order<'r>, String, I), Error> {
    let none = I::default();
    let message = message.unwrap_or(&none);
    let mut bad = Violations::default();
    let field = format!("{}.name", I::FIELD);
    let id = dossier::deal_of(&mut bad, &field, message.resource(), I::COLLECTION);
    let news = I::read(&mut bad, call.now, message);
    bad.finish()?;
    Ok((Order { id, etag }, message.resource().to_owned(), news))
}

/// Reads a request to remove one: the deal that its name says.
///
/// # Errors
/// `INVALID_REQUEST` on `name`.
pub fn read_name<'r, I: Item>(name: &str, etag: &'r str) -> Result<Order<'r>, Error> {
    let mut bad = Violations::default();
    let id = dossier::deal_of(&mut bad, "name", name, I::COLLECTION);
    bad.finish()?;
    Ok(Order { id, etag })
}

/// Adds a record.
///
/// # Errors
/// As [`opportunity::lock`]; what the part does not let be; when there are too many.
pub async fn add<I: Item>(
    w: &mut Writer<'_>,
    call: &Call,
    order: Order<'_>,
    mut news: I,
) -> Result<(I, Opportunity), Error> {
    let deal = opportunity::lock(w, call, order.id, order.etag).await?;
    news.begin(Stamp {
        name: dossier::item_name(deal.id, I::COLLECTION, w.id()),
        now: wire::timestamp(call.now),
        recorder: call.principal.subject.clone(),
    });
    let work = |deal: &Opportunity, part: &mut I::Kept| {
        I::allow(deal.id, part, None, Some(&news))?;
        check_room::<I>(part)?;
        I::all_mut(part).push(news.clone());
        Ok(())
    };
    let told = |_: &I::Kept, _: &I::Kept, deal| I::changed(None, Some(news.clone()), deal);
    let changed = dossier::change(w, call, deal, work, told).await?;
    Ok((news, changed.deal))
}

fn check_room<I: Item>(part: &I::Kept) -> Result<(), Error> {
    let mut bad = Violations::default();
    if I::all(part).len() >= I::MOST {
        bad.add(I::FIELD, format!("there are {} already", I::MOST));
    }
    Ok(bad.finish()?)
}

/// Changes the fields of a record that the mask names.
///
/// # Errors
/// As [`opportunity::lock`]; when there is none; what it or the part does not let be.
pub async fn alter<I: Item>(
    w: &mut Writer<'_>,
    call: &Call,
    order: Order<'_>,
    (name, news): (&str, &I),
    mask: Option<&FieldMask>,
) -> Result<(I, Opportunity), Error> {
    let deal = opportunity::lock(w, call, order.id, order.etag).await?;
    let work = |deal: &Opportunity, part: &mut I::Kept| {
        let before = find::<I>(part, name)?.clone();
        let mut after = mask::apply(&before, news, mask, I::CHANGEABLE)?;
        if after == before {
            return Ok(());
        }
        let mut bad = Violations::default();
        after.check(&mut bad);
        bad.finish()?;
        I::allow(deal.id, part, Some(&before), Some(&after))?;
        after.touch(wire::timestamp(call.now));
        for item in I::all_mut(part)
            .iter_mut()
            .filter(|it| it.resource() == name)
        {
            *item = after.clone();
        }
        Ok(())
    };
    let told = |before: &I::Kept, after: &I::Kept, deal| {
        let (before, after) = (find::<I>(before, name).ok(), find::<I>(after, name).ok());
        I::changed(before.cloned(), after.cloned(), deal)
    };
    let changed = dossier::change(w, call, deal, work, told).await?;
    Ok((find::<I>(&changed.after, name)?.clone(), changed.deal))
}

/// Removes a record.
///
/// # Errors
/// As [`opportunity::lock`]; when there is none; what the part does not let be.
pub async fn remove<I: Item>(
    w: &mut Writer<'_>,
    call: &Call,
    order: Order<'_>,
    name: &str,
) -> Result<Opportunity, Error> {
    let deal = opportunity::lock(w, call, order.id, order.etag).await?;
    let work = |deal: &Opportunity, part: &mut I::Kept| {
        I::allow(deal.id, part, Some(find::<I>(part, name)?), None)?;
        I::all_mut(part).retain(|item| item.resource() != name);
        Ok(())
    };
    let told = |before: &I::Kept, _: &I::Kept, deal| {
        I::changed(find::<I>(before, name).ok().cloned(), None, deal)
    };
    Ok(dossier::change(w, call, deal, work, told).await?.deal)
}

fn find<'p, I: Item>(part: &'p I::Kept, name: &str) -> Result<&'p I, Error> {
    let found = I::all(part).iter().find(|item| item.resource() == name);
    found.ok_or_else(|| I::not_found(name))
}

/// Words, or nothing: at most `max` characters, with something to see if there are any.
pub fn words(bad: &mut Violations, field: &str, value: &str, max: usize) -> String {
    match value.trim().is_empty() {
        true => String::new(),
        false => bad.required_text(field, value, max),
    }
}
