//! Whether an account meets the criteria of a segment. What is unknown is unknown.

use keynode_proto::accounts::v1::{AccountKind, AccountLevel, CustomerClass, CustomerClassVerdict};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::attribute::id::AttributeId;
use crate::attribute::value::Value;
use crate::attribute::values::Values;
use crate::folded::folded;

/// What holds of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Yes,
    No,
    /// A fact that is asked for is not known.
    Unknown,
}

/// What is known of an account. A new kind of criterion needs a fact here, a variant of
/// [`Criterion`] and a line in [`holds`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub industry: Option<String>,
    pub location: Option<String>,
    /// Currency and amount of a year.
    pub revenue: Option<(String, Decimal)>,
    pub employees: Option<i64>,
    pub founded: Option<i64>,
    /// None: it has no owner, which is known.
    pub owner: Option<Uuid>,
    pub team: Option<Uuid>,
    /// The account itself and those that it stands below.
    pub lineage: Vec<Uuid>,
    pub kind: AccountKind,
    pub region: Option<String>,
    /// None: it has no tags, which is known.
    pub tags: Vec<String>,
    pub level: Option<AccountLevel>,
    pub attributes: Values,
    /// A class that is not named is unknown.
    pub classes: Vec<(CustomerClass, Verdict)>,
}

/// One condition; texts are folded.
#[derive(Clone, Debug, PartialEq)]
pub enum Criterion {
    Industry(Vec<String>),
    Location(Vec<String>),
    Revenue {
        currency: String,
        min: Option<Decimal>,
        max: Option<Decimal>,
    },
    Employees(Range),
    Founded(Range),
    Owner(Vec<Uuid>),
    Team(Vec<Uuid>),
    Within(Vec<Uuid>),
    Kind(Vec<AccountKind>),
    Region(Vec<String>),
    Tag(Vec<String>),
    Level(Vec<AccountLevel>),
    Attribute(AttributeId, Value),
    Class(Vec<CustomerClass>),
    /// Stored by a release that knows more.
    Foreign,
}

/// Whole numbers within bounds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub min: Option<i64>,
    pub max: Option<i64>,
}

/// Whether an account meets one condition.
pub fn holds(criterion: &Criterion, facts: &Facts) -> Verdict {
    match criterion {
        Criterion::Industry(any) => ask(facts.industry.as_ref(), |it| any.contains(&folded(it))),
        Criterion::Region(any) => ask(facts.region.as_ref(), |it| any.contains(&folded(it))),
        Criterion::Tag(any) => yes_if(facts.tags.iter().any(|tag| any.contains(&folded(tag)))),
        Criterion::Kind(any) => yes_if(any.contains(&facts.kind)),
        Criterion::Level(any) => ask(facts.level, |level| any.contains(&level)),
        Criterion::Attribute(id, value) => ask(facts.attributes.get(id), |it| it == value),
        Criterion::Class(any) => any_holds(any.iter().map(|class| facts.is_of(*class))),
        Criterion::Location(any) => ask(facts.location.as_ref(), |it| {
            let it = folded(it);
            any.iter().any(|word| it.contains(word))
        }),
        Criterion::Revenue { currency, min, max } => {
            let known = facts.revenue.as_ref().filter(|(of, _)| of == currency);
            ask(known, |(_, amount)| {
                min.is_none_or(|min| *amount >= min) && max.is_none_or(|max| *amount <= max)
            })
        }
        Criterion::Employees(range) => ask(facts.employees, |count| range.contains(count)),
        Criterion::Founded(range) => ask(facts.founded, |year| range.contains(year)),
        Criterion::Owner(any) => yes_if(facts.owner.is_some_and(|owner| any.contains(&owner))),
        Criterion::Team(any) => yes_if(facts.team.is_some_and(|team| any.contains(&team))),
        Criterion::Within(any) => yes_if(facts.lineage.iter().any(|id| any.contains(id))),
        Criterion::Foreign => Verdict::Unknown,
    }
}

/// Whether an account meets all conditions: one that it fails decides, whatever is unknown.
pub fn all_hold<'c>(criteria: impl IntoIterator<Item = &'c Criterion>, facts: &Facts) -> Verdict {
    let mut verdict = Verdict::Yes;
    for criterion in criteria {
        match holds(criterion, facts) {
            Verdict::No => return Verdict::No,
            Verdict::Unknown => verdict = Verdict::Unknown,
            Verdict::Yes => {}
        }
    }
    verdict
}

/// Whether one of several holds: one that does decides, whatever is unknown.
fn any_holds(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.fold(Verdict::No, |so_far, verdict| match (so_far, verdict) {
        (Verdict::Yes, _) | (_, Verdict::Yes) => Verdict::Yes,
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
        (Verdict::No, Verdict::No) => Verdict::No,
    })
}

impl Facts {
    fn is_of(&self, class: CustomerClass) -> Verdict {
        let known = self.classes.iter().find(|(of, _)| *of == class);
        known.map_or(Verdict::Unknown, |(_, verdict)| *verdict)
    }
}

impl From<CustomerClassVerdict> for Verdict {
    fn from(verdict: CustomerClassVerdict) -> Self {
        match verdict {
            CustomerClassVerdict::Yes => Self::Yes,
            CustomerClassVerdict::No => Self::No,
            CustomerClassVerdict::Undetermined | CustomerClassVerdict::Unspecified => Self::Unknown,
        }
    }
}

impl Range {
    fn contains(self, value: i64) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

fn ask<T>(known: Option<T>, condition: impl FnOnce(T) -> bool) -> Verdict {
    known.map_or(Verdict::Unknown, |fact| yes_if(condition(fact)))
}

fn yes_if(holds: bool) -> Verdict {
    if holds { Verdict::Yes } else { Verdict::No }
}

#[cfg(test)]
mod tests;
