//! What a caller may say of a deal: everything but how it moves and what is recorded.

mod field;
mod key;
pub mod people;

use std::collections::HashSet;

use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use rust_decimal::Decimal;
use uuid::Uuid;

use self::people::{Collaborator, Splits};
use crate::attribute::values::{self, Declarations, Values};
use crate::ids::{AccountId, PersonId, TeamId};
use crate::money::{self, SUM};
use crate::owner::Owners;

pub use self::field::Field;
pub use self::key::Key;

/// Steps are counted by the deal's own process, which is known only once it is read.
pub const ANY_STEP: i32 = i32::MAX;
const MAX_NAME: usize = 200;
const MAX_PRODUCT: usize = 2000;
const MAX_COMPETITORS: usize = 100;
const MAX_LEAD_SOURCE: usize = 100;
const MAX_LEAD_SOURCE_DETAIL: usize = 1000;

/// The fields of a deal that a caller sets; none is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    pub display_name: String,
    pub account: Option<Uuid>,
    pub owner: Option<Uuid>,
    pub team: Option<Uuid>,
    pub product: String,
    pub non_standard: Option<bool>,
    pub amount: Option<Amount>,
    pub expected_close: Option<Date>,
    pub known_since: Option<Date>,
    /// Set once (R3).
    pub entry_buying_step: Option<i32>,
    pub competitors: Vec<String>,
    /// Source system and the id there.
    pub external_key: Option<Key>,
    /// The others, sorted.
    pub further_keys: Vec<Key>,
    pub splits: Splits,
    pub collaborators: Vec<Collaborator>,
    pub lead_source: String,
    pub lead_source_detail: String,
    /// By attribute.
    pub attributes: Values,
}

/// A sum that is not negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// ISO 4217.
    pub currency: String,
    pub value: Decimal,
}

impl Terms {
    /// Reads what a message says, with fields named below `at`. `steps` is the number of
    /// the customer's buying steps.
    pub fn read(bad: &mut Violations, at: &str, message: &proto::Opportunity, steps: i32) -> Self {
        let entry = bad.range(
            &format!("{at}.entry_buying_step"),
            message.entry_buying_step.into(),
            0..=steps.into(),
        );
        Self {
            display_name: bad.line(
                &format!("{at}.display_name"),
                &message.display_name,
                MAX_NAME,
            ),
            account: bad
                .optional_name(&format!("{at}.account"), &message.account)
                .map(|AccountId(id)| id),
            owner: bad
                .optional_name(&format!("{at}.owner"), &message.owner)
                .map(|PersonId(id)| id),
            team: bad
                .optional_name(&format!("{at}.team"), &message.team)
                .map(|TeamId(id)| id),
            product: bad.text(&format!("{at}.product"), &message.product, MAX_PRODUCT),
            non_standard: message.non_standard,
            amount: money::amount(bad, &format!("{at}.amount"), message.amount.as_ref(), SUM),
            expected_close: bad.day(
                &format!("{at}.expected_close_date"),
                message.expected_close_date,
            ),
            known_since: bad.day(&format!("{at}.known_since_date"), message.known_since_date),
            entry_buying_step: i32::try_from(entry).ok().filter(|step| *step > 0),
            competitors: competitors(bad, &format!("{at}.competitors"), &message.competitors),
            external_key: bad
                .external_key(&format!("{at}.external_key"), message.external_key.as_ref()),
            further_keys: key::read_further(bad, at, message),
            splits: Splits {
                revenue: people::revenue(
                    bad,
                    &format!("{at}.revenue_splits"),
                    &message.revenue_splits,
                ),
                overlay: people::overlay(
                    bad,
                    &format!("{at}.overlay_splits"),
                    &message.overlay_splits,
                ),
            },
            collaborators: people::collaborators(
                bad,
                &format!("{at}.collaborators"),
                &message.collaborators,
            ),
            lead_source: bad.line(
                &format!("{at}.lead_source"),
                &message.lead_source,
                MAX_LEAD_SOURCE,
            ),
            lead_source_detail: bad.text(
                &format!("{at}.lead_source_detail"),
                &message.lead_source_detail,
                MAX_LEAD_SOURCE_DETAIL,
            ),
            attributes: values::read(bad, &format!("{at}.attributes"), &message.attributes),
        }
    }

    /// Refuses values of attributes that the tenant's declarations do not take; `sent` is what
    /// the terms were read from. What the deal had `before` stays.
    pub fn check_attributes(
        &self,
        bad: &mut Violations,
        sent: &proto::Opportunity,
        before: &Values,
        declared: &Declarations,
    ) {
        let (field, values) = ("opportunity.attributes", &self.attributes);
        values::check(bad, field, (values, &sent.attributes), before, declared);
    }

    /// A new deal without owner is the caller's, and one without team of its owner's team; of the
    /// caller's where it has no owner.
    pub fn owned_by_default(mut self, call: &Call, owners: &Owners) -> Self {
        self.owner = self.owner.or(call.principal.person);
        self.team = self.team.or(match self.owner {
            Some(owner) => owners.team(owner),
            None => call.principal.team,
        });
        self
    }

    /// Nobody gives a record away to where they no longer see it, nor into a team whose
    /// records they do not see. `before` is the team it is in already; `at` is the message in which
    /// owner and team are said, empty for the request itself.
    pub fn check_owner(&self, bad: &mut Violations, at: &str, call: &Call, before: Option<Uuid>) {
        let field = |name: &str| match at {
            "" => name.to_owned(),
            at => format!("{at}.{name}"),
        };
        let caller = &call.principal;
        let is_theirs = |team| team == before || team == caller.team || call.sees(None, team);
        if self.team.is_some() && !is_theirs(self.team) {
            bad.add(
                field("team"),
                "must be your team or one whose records you see",
            );
        }
        if !call.sees(self.owner, self.team) {
            bad.add(
                field("owner"),
                "owner or team must be one whose records you see",
            );
        }
    }

    /// A deal has a name for people.
    pub fn check_name(&self, bad: &mut Violations, at: &str) {
        if self.display_name.is_empty() {
            bad.add(format!("{at}.display_name"), "must not be empty");
        }
    }
}

fn competitors(bad: &mut Violations, field: &str, names: &[String]) -> Vec<String> {
    if names.len() > MAX_COMPETITORS {
        let why = format!("must be at most {MAX_COMPETITORS}, are {}", names.len());
        bad.add(field, why);
        return Vec::new();
    }
    let names: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(n, name)| bad.name_text(&format!("{field}[{n}]"), name, MAX_NAME))
        .collect();
    if names.iter().collect::<HashSet<_>>().len() < names.len() {
        bad.add(field, "must name each competitor once");
    }
    names
}

#[cfg(test)]
mod tests {
    use keynode_proto::google::r#type::Money;

    use super::*;

    fn read(message: &proto::Opportunity) -> (Terms, Vec<String>) {
        let mut bad = Violations::default();
        let terms = Terms::read(&mut bad, "opportunity", message, 6);
        let fields = bad
            .finish()
            .err()
            .map(|fault| fault.fields().map(|(f, _)| f.to_owned()).collect());
        (terms, fields.unwrap_or_default())
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        let message = proto::Opportunity {
            display_name: "长".repeat(201),
            account: "account/1".to_owned(),
            amount: Some(Money {
                currency_code: "CNY".to_owned(),
                units: -1,
                nanos: 0,
            }),
            entry_buying_step: 7,
            competitors: vec!["甲".to_owned(), "甲 ".to_owned()],
            ..proto::Opportunity::default()
        };
        let (_, fields) = read(&message);
        let expected = [
            "entry_buying_step",
            "display_name",
            "account",
            "amount",
            "competitors",
        ];
        assert_eq!(fields, expected.map(|field| format!("opportunity.{field}")));
    }

    #[test]
    fn too_many_competitors_are_counted_and_not_each_refused() {
        let message = proto::Opportunity {
            competitors: vec![String::new(); 5000],
            ..proto::Opportunity::default()
        };
        assert_eq!(read(&message).1, ["opportunity.competitors"]);
    }

    #[test]
    fn only_named_fields_are_taken() {
        let old = Terms {
            product: "仪表".to_owned(),
            non_standard: Some(true),
            ..Terms::default()
        };
        let news = Terms {
            product: "阀门".to_owned(),
            ..Terms::default()
        };
        assert_eq!(news.set_fields(), [Field::Product]);
        let changed = old.clone().with(&[Field::NonStandard], news);
        assert_eq!(
            changed,
            Terms {
                non_standard: None,
                ..old
            },
            "a field that is named and unset is cleared"
        );
    }

    #[test]
    fn every_path_is_read_back() {
        for field in Field::ALL {
            assert_eq!(Field::parse(field.path()), Some(field));
        }
        assert_eq!(Field::parse("stage"), None);
    }
}
