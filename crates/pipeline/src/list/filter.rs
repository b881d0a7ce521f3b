//! Which deals a list is of.

use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{AttributeOperator, OpportunityOrder, OpportunityStatus};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::attribute::value::MAX_FOUND;
use crate::attribute::values::{self, Declarations};
use crate::error::Error;
use crate::ids::{AccountId, PersonId, TeamId};
use crate::money::{self, ANY};
use crate::terms::Amount;
use crate::{opportunity, process, processes, status};

const MAX_TEXT: usize = 100;
pub const MAX_TEAMS: usize = 1000;
const MAX_ATTRIBUTES: usize = 5;
const GRADES: [&str; 4] = ["A", "B", "C", "D"];

/// What the deals of a list must be; what is none or empty is not asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub account: Option<Uuid>,
    pub owner: Option<Uuid>,
    pub teams: Vec<Uuid>,
    pub process: Option<String>,
    pub stage: Option<String>,
    pub status: Option<&'static str>,
    pub source_system: Option<String>,
    pub buying_step: Option<i32>,
    pub min_lag: Option<i32>,
    pub grade: Option<String>,
    pub close_from: Option<Date>,
    pub close_until: Option<Date>,
    pub currency: Option<String>,
    pub amount_from: Option<Decimal>,
    pub amount_until: Option<Decimal>,
    pub forced: Option<bool>,
    pub paused: Option<bool>,
    /// Folded.
    pub text: Option<String>,
    pub attributes: Vec<Range>,
    pub order: OpportunityOrder,
}

/// The keys of values that fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub attribute: String,
    pub from: String,
    pub until: String,
}

/// Characters of a name that is asked for.
const MAX_NAME: usize = 200;

impl Filter {
    /// Whether more is asked than teams and an order.
    pub fn narrows(&self) -> bool {
        let rest = Self {
            teams: Vec::new(),
            order: OpportunityOrder::Unspecified,
            ..self.clone()
        };
        rest != Self::default()
    }

    /// Reads the filter; `declared` is what the tenant declares, if an attribute is asked.
    pub fn read(
        call: &Call,
        request: &proto::ListOpportunitiesRequest,
        declared: &Declarations,
    ) -> Result<Self, Error> {
        let mut bad = Violations::default();
        bad.page_size(request.page_size);
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let kind: OpportunityStatus = bad.optional_enum("status", request.status);
        for (field, text) in [
            ("stage", &request.stage),
            ("source_system", &request.source_system),
        ] {
            bad.text(field, text, MAX_NAME);
        }
        let positive = |number: i32| Some(number).filter(|number| *number > 0);
        bad.range(
            "buying_step",
            request.buying_step.into(),
            0..=i32::MAX.into(),
        );
        bad.range("min_lag", request.min_lag.into(), 0..=i32::MAX.into());
        let (currency, amount_from, amount_until) = amounts(&mut bad, request);
        let order = bad.optional_enum("order_by", request.order_by);
        if order == OpportunityOrder::Amount && currency.is_none() {
            bad.add("currency", "must be given for this order");
        }
        let filter = Self {
            account: bad
                .optional_name("account", &request.account)
                .map(|AccountId(id)| id),
            owner: owner(&mut bad, call, &request.owner, request.mine),
            teams: teams(&mut bad, &request.teams, request.with_subteams),
            process: process(&mut bad, &request.process),
            stage: given(&request.stage),
            status: Some(kind)
                .filter(|kind| *kind != OpportunityStatus::Unspecified)
                .map(status::name),
            source_system: given(&request.source_system),
            buying_step: positive(request.buying_step),
            min_lag: positive(request.min_lag),
            grade: grade(&mut bad, &request.grade),
            close_from: bad.date("expected_close_from", request.expected_close_from),
            close_until: bad.date("expected_close_until", request.expected_close_until),
            currency,
            amount_from,
            amount_until,
            forced: request.forced,
            paused: request.paused,
            text: text(&mut bad, &request.text),
            attributes: ranges(&mut bad, &request.attributes, declared),
            order,
        };
        bad.finish()?;
        Ok(filter)
    }
}

/// Whose deals are asked for.
pub fn owner(bad: &mut Violations, call: &Call, owner: &str, is_mine: bool) -> Option<Uuid> {
    let named = bad.optional_name("owner", owner).map(|PersonId(id)| id);
    if !is_mine {
        return named;
    }
    let caller = call.principal.person;
    match (caller, named) {
        (None, _) => bad.add("mine", "must be false: a program has no deals of its own"),
        (_, Some(_)) => bad.add("mine", "must be false where an owner is given"),
        _ => {}
    }
    caller
}

/// Whose teams' deals are asked for.
pub fn teams(bad: &mut Violations, names: &[String], with_subteams: bool) -> Vec<Uuid> {
    if with_subteams && names.is_empty() {
        bad.add("teams", "must be given with with_subteams");
    }
    if names.len() > MAX_TEAMS {
        bad.add(
            "teams",
            format!("must be at most {MAX_TEAMS}, are {}", names.len()),
        );
        return Vec::new();
    }
    let team = |(n, name): (usize, &String)| {
        let TeamId(id) = bad.name(&format!("teams[{n}]"), name);
        id
    };
    let mut teams: Vec<Uuid> = names.iter().enumerate().map(team).collect();
    teams.sort_unstable();
    teams.dedup();
    teams
}

/// The grade that is asked for.
pub fn grade(bad: &mut Violations, grade: &str) -> Option<String> {
    if !grade.is_empty() && !GRADES.contains(&grade) {
        bad.add("grade", "must be A, B, C or D");
    }
    Some(grade.to_owned()).filter(|grade| !grade.is_empty())
}

/// The id of a process; one that there is not finds nothing.
fn process(bad: &mut Violations, name: &str) -> Option<String> {
    processes::check_name(bad, "process", name);
    if name.is_empty() {
        return None;
    }
    let id = process::id_of(name);
    if id.is_none() {
        bad.add("process", "must be `processes/{id}`");
    }
    id.map(str::to_owned)
}

/// The currency that is asked for in any way, and the bounds in it.
fn amounts(
    bad: &mut Violations,
    request: &proto::ListOpportunitiesRequest,
) -> (Option<String>, Option<Decimal>, Option<Decimal>) {
    let given = bad.line("currency", &request.currency, 3);
    let mut currency = Some(given).filter(|code| !code.is_empty());
    let mut read = |field: &str, sent: Option<&Money>| {
        let Amount {
            currency: code,
            value,
        } = money::amount(bad, field, sent, ANY)?;
        if currency.get_or_insert_with(|| code.clone()) != &code {
            bad.add(field, "must be in the currency that is asked for");
        }
        Some(value)
    };
    let from = read("amount_from", request.amount_from.as_ref());
    let until = read("amount_until", request.amount_until.as_ref());
    (currency, from, until)
}

fn text(bad: &mut Violations, text: &str) -> Option<String> {
    let text = bad.text("text", text, MAX_TEXT);
    let folded = opportunity::folded(&text);
    if folded.is_empty() && !text.is_empty() {
        bad.add("text", "must have a letter or a digit");
    }
    Some(folded).filter(|folded| !folded.is_empty())
}

fn ranges(
    bad: &mut Violations,
    filters: &[proto::AttributeFilter],
    declared: &Declarations,
) -> Vec<Range> {
    if filters.len() > MAX_ATTRIBUTES {
        let why = format!("must be at most {MAX_ATTRIBUTES}, are {}", filters.len());
        bad.add("attributes", why);
        return Vec::new();
    }
    let range = |(n, filter)| range(bad, &format!("attributes[{n}]"), filter, declared);
    filters.iter().enumerate().filter_map(range).collect()
}

fn range(
    bad: &mut Violations,
    field: &str,
    filter: &proto::AttributeFilter,
    declared: &Declarations,
) -> Option<Range> {
    let operator: AttributeOperator =
        bad.optional_enum(&format!("{field}.operator"), filter.operator);
    let at = format!("{field}.value");
    let sent = filter.value.clone().unwrap_or_default();
    let (attribute, value) = values::read_one(bad, &at, &sent)?;
    values::asked(bad, &at, &attribute, &value, declared)?;
    let is_equal = matches!(
        operator,
        AttributeOperator::Unspecified | AttributeOperator::Equal
    );
    if !is_equal && !value.is_ordered() {
        let why = "must be EQUAL: values of this type have no order";
        bad.add(format!("{field}.operator"), why);
    }
    let Some(key) = value.key() else {
        let why = format!("must have at most {MAX_FOUND} characters to be found");
        bad.add(format!("{at}.text"), why);
        return None;
    };
    let kin = value.kin().to_owned();
    let (from, until) = match operator {
        AttributeOperator::AtMost => (kin, key),
        AttributeOperator::AtLeast => (key, format!("{kin}{}", char::MAX)),
        AttributeOperator::Unspecified | AttributeOperator::Equal => (key.clone(), key),
    };
    Some(Range {
        attribute,
        from,
        until,
    })
}
