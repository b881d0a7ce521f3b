//! What may be said of an activity. What callers leave out is unknown and stays so.

use jiff::Timestamp;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{
    ActivityKind, ActivityState, ClosingMethod, ClosingOutcome, ContactHook, QualificationElement,
};

use crate::item::check_activity;
use crate::money::{self, PRICE};
use crate::{file_reference, names, past};

const MAX_TEXT: usize = 2000;
const MAX_OUTCOME: usize = 4000;
const MAX_SHORT: usize = 400;
const MAX_NAME: usize = 200;
const MOST_ITEMS: usize = 50;
const MOST_INFORMATION: usize = 100;
const MOST_TAKEN_UP: usize = 20;
/// A week: nobody talks to a customer for longer at a time.
const MOST_MINUTES: i64 = 10_000;

/// The fields that callers say.
pub const SAID: &[&str] = &[
    "kind",
    "occur_time",
    "plan_time",
    "purpose",
    "outcome",
    "contacts",
    "people",
    "location",
    "agenda",
    "total_minutes",
    "our_talk_minutes",
    "customer_talk_minutes",
    "product_minutes",
    "small_talk_minutes",
    "price_given",
    "price",
    "information",
    "buying_signals",
    "closing_attempt",
    "materials",
    "next_action",
    "takes_up",
];

/// Where the fields of an activity are found in a request, e.g. `activity`.
#[derive(Clone, Copy)]
struct At<'f>(&'f str);

impl At<'_> {
    fn field(self, name: &str) -> String {
        format!("{}.{name}", self.0)
    }

    fn item(self, list: &str, n: usize, name: &str) -> String {
        format!("{}.{list}[{n}].{name}", self.0)
    }
}

/// Checks an activity in its state and brings it into one form.
pub fn check(bad: &mut Violations, message: &str, said: &mut proto::Activity, now: Timestamp) {
    let at = At(message);
    check_times(bad, at, said, now);
    let _: ActivityKind = bad.required_enum(&at.field("kind"), said.kind);
    said.purpose = bad.text(&at.field("purpose"), &said.purpose, MAX_TEXT);
    said.outcome = bad.text(&at.field("outcome"), &said.outcome, MAX_OUTCOME);
    said.contacts = names::contacts(bad, &at.field("contacts"), &said.contacts);
    said.people = names::people(bad, &at.field("people"), &said.people);
    said.location = bad.text(&at.field("location"), &said.location, MAX_SHORT);
    if let Some(next) = &mut said.next_action {
        check_next_action(bad, at, next);
    }
    check_lists(bad, at, said);
    check_minutes(bad, at, said);
    check_price(bad, at, said);
    if let Some(attempt) = &mut said.closing_attempt {
        let _: ClosingMethod =
            bad.required_enum(&at.field("closing_attempt.method"), attempt.method);
        let _: ClosingOutcome =
            bad.optional_enum(&at.field("closing_attempt.outcome"), attempt.outcome);
        attempt.note = bad.text(&at.field("closing_attempt.note"), &attempt.note, MAX_TEXT);
    }
}

fn check_times(bad: &mut Violations, at: At<'_>, said: &mut proto::Activity, now: Timestamp) {
    let (occur, plan) = (at.field("occur_time"), at.field("plan_time"));
    if let Some(Err(error)) = said.plan_time.as_ref().map(wire::read_timestamp) {
        bad.add(plan.as_str(), error.to_string());
    }
    if said.state() != ActivityState::Planned {
        if said.occur_time.is_none() {
            bad.add(occur.as_str(), "must be given");
        }
        let occurred = past::moment(bad, &occur, said.occur_time.as_ref(), now);
        said.occur_time = occurred.map(wire::timestamp);
        return;
    }
    if said.plan_time.is_none() {
        bad.add(plan, "must be given");
    }
    if said.occur_time.is_some() {
        bad.add(occur, "must not be given while it is planned");
    }
    for field in results(said) {
        bad.add(at.field(field), "is said once the activity is done");
    }
}

/// What is given that only an activity that happened can have.
fn results(said: &proto::Activity) -> impl Iterator<Item = &'static str> {
    let given = [
        ("outcome", !said.outcome.is_empty()),
        ("our_talk_minutes", said.our_talk_minutes.is_some()),
        (
            "customer_talk_minutes",
            said.customer_talk_minutes.is_some(),
        ),
        ("product_minutes", said.product_minutes.is_some()),
        ("small_talk_minutes", said.small_talk_minutes.is_some()),
        ("price_given", said.price_given.is_some()),
        ("price", said.price.is_some()),
        ("information", !said.information.is_empty()),
        ("buying_signals", !said.buying_signals.is_empty()),
        ("closing_attempt", said.closing_attempt.is_some()),
        ("next_action", said.next_action.is_some()),
    ];
    given
        .into_iter()
        .filter_map(|(field, given)| given.then_some(field))
}

/// A next action without its day is none (T9).
fn check_next_action(bad: &mut Violations, at: At<'_>, next: &mut proto::NextAction) {
    let field = |name: &str| at.field(&format!("next_action.{name}"));
    next.description = bad.required_text(&field("description"), &next.description, MAX_TEXT);
    next.reason = bad.text(&field("reason"), &next.reason, MAX_TEXT);
    next.responsible = names::person(bad, &field("responsible"), &next.responsible);
    if next.due_date.is_none() {
        bad.add(field("due_date"), "must be given");
    }
    bad.day(&field("due_date"), next.due_date);
    let action = &next.customer_action;
    next.customer_action = bad.text(&field("customer_action"), action, MAX_TEXT);
    let _: ContactHook = bad.optional_enum(&field("hook"), next.hook);
}

fn check_lists(bad: &mut Violations, at: At<'_>, said: &mut proto::Activity) {
    names::at_most(bad, &at.field("agenda"), &said.agenda, MOST_ITEMS);
    for (n, item) in said.agenda.iter_mut().enumerate() {
        item.topic = bad.required_text(&at.item("agenda", n, "topic"), &item.topic, MAX_SHORT);
        check_range(bad, &at.item("agenda", n, "minutes"), item.minutes);
    }
    let (field, learnt) = (at.field("information"), &mut said.information);
    names::at_most(bad, &field, learnt, MOST_INFORMATION);
    for (n, item) in learnt.iter_mut().enumerate() {
        item.text = bad.required_text(&at.item("information", n, "text"), &item.text, MAX_TEXT);
        let element = at.item("information", n, "element");
        let _: QualificationElement = bad.optional_enum(&element, item.element);
    }
    let (field, signals) = (at.field("buying_signals"), &mut said.buying_signals);
    names::at_most(bad, &field, signals, MOST_ITEMS);
    for (n, signal) in signals.iter_mut().enumerate() {
        *signal = bad.required_text(&format!("{field}[{n}]"), signal, MAX_SHORT);
    }
    names::at_most(bad, &at.field("materials"), &said.materials, MOST_ITEMS);
    for (n, item) in said.materials.iter_mut().enumerate() {
        let field = at.item("materials", n, "display_name");
        item.display_name = bad.name_text(&field, &item.display_name, MAX_NAME);
        if let Some(file) = &item.file {
            file_reference::check(bad, &at.item("materials", n, "file"), file);
        }
    }
    check_taken_up(bad, &at.field("takes_up"), &said.takes_up);
}

fn check_taken_up(bad: &mut Violations, field: &str, taken: &[String]) {
    names::at_most(bad, field, taken, MOST_TAKEN_UP);
    for (n, name) in taken.iter().enumerate().take(MOST_TAKEN_UP) {
        match name.is_empty() {
            true => bad.add(format!("{field}[{n}]"), "must not be empty"),
            false => check_activity(bad, &format!("{field}[{n}]"), name),
        }
        if taken.iter().take(n).any(|earlier| earlier == name) {
            bad.add(format!("{field}[{n}]"), "is named before");
        }
    }
}

/// No part takes longer than the whole. What is unknown is left out of the sum.
fn check_minutes(bad: &mut Violations, at: At<'_>, said: &proto::Activity) {
    let single = [
        ("total_minutes", said.total_minutes),
        ("our_talk_minutes", said.our_talk_minutes),
        ("customer_talk_minutes", said.customer_talk_minutes),
        ("product_minutes", said.product_minutes),
        ("small_talk_minutes", said.small_talk_minutes),
    ];
    for (field, minutes) in single {
        check_range(bad, &at.field(field), minutes);
    }
    for field in longer_than_whole(said) {
        bad.add(at.field(field), "takes longer than total_minutes");
    }
}

/// The parts that together take longer than the whole, where both are known.
fn longer_than_whole(said: &proto::Activity) -> Vec<&'static str> {
    let Some(total) = said.total_minutes else {
        return Vec::new();
    };
    let sum = |parts: &mut dyn Iterator<Item = Option<i32>>| -> i64 {
        parts.flatten().map(i64::from).sum()
    };
    let talk = [said.our_talk_minutes, said.customer_talk_minutes];
    let parts = [
        ("agenda", sum(&mut said.agenda.iter().map(|it| it.minutes))),
        ("customer_talk_minutes", sum(&mut talk.into_iter())),
        (
            "product_minutes",
            sum(&mut [said.product_minutes].into_iter()),
        ),
        (
            "small_talk_minutes",
            sum(&mut [said.small_talk_minutes].into_iter()),
        ),
    ];
    let longer = parts.into_iter().filter(|(_, sum)| *sum > i64::from(total));
    longer.map(|(field, _)| field).collect()
}

fn check_range(bad: &mut Violations, field: &str, minutes: Option<i32>) {
    if let Some(minutes) = minutes {
        bad.range(field, minutes.into(), 0..=MOST_MINUTES);
    }
}

fn check_price(bad: &mut Violations, at: At<'_>, said: &proto::Activity) {
    let field = at.field("price");
    money::amount(bad, field.as_str(), said.price.as_ref(), PRICE);
    if said.price.is_some() && said.price_given != Some(true) {
        bad.add(field, "is said only with price_given");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minutes() -> impl Strategy<Value = Option<i32>> {
        proptest::option::of(0..10_000)
    }

    proptest! {
        #[test]
        fn what_is_unknown_makes_nothing_too_long(
            total in minutes(), ours in minutes(), theirs in minutes(),
            agenda in proptest::collection::vec(minutes(), 0..5),
        ) {
            let agenda: Vec<_> = agenda
                .into_iter()
                .map(|minutes| proto::AgendaItem { minutes, ..Default::default() })
                .collect();
            let said = proto::Activity {
                total_minutes: total,
                our_talk_minutes: ours,
                customer_talk_minutes: theirs,
                agenda: agenda.clone(),
                ..Default::default()
            };
            let longer = longer_than_whole(&said);
            let Some(total) = total else {
                prop_assert!(longer.is_empty());
                return Ok(());
            };
            let talk = ours.unwrap_or(0) + theirs.unwrap_or(0);
            prop_assert_eq!(longer.contains(&"customer_talk_minutes"), talk > total);
            let planned: i32 = agenda.iter().filter_map(|item| item.minutes).sum();
            prop_assert_eq!(longer.contains(&"agenda"), planned > total);
        }
    }
}
