//! Requests that are as good as can be told from the contract, about records that exist.

use std::collections::HashMap;

use keynode_proto::accounts::v1::*;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::contract::{Contract, is_compound};
use crate::it::absences::{self, absences, away, record};
use crate::it::attributes::declaring;
use crate::it::bulk::begun;
use crate::it::market::industry;
use crate::it::merge_decisions::twins;
use crate::it::prospecting::{chemical_plants, plant};
use crate::it::territories::{self, territories};
use crate::it::world::{World, nobody, take};

/// Messages within messages are followed so deep.
const DEEPEST: usize = 6;

/// Would contradict what the request says elsewhere, or what is stored.
const UNFILLED: [&str; 15] = [
    "account_external_id",
    "choices",
    "criteria",
    "further_external_keys",
    "lead_external_id",
    "manager",
    "manager_external_id",
    "managers",
    "notice_addresses",
    "options",
    "overflow",
    "parent",
    "parent_external_id",
    "reference_kind",
    "supported_competitors",
];

/// From where the rows of imports come.
pub const SYSTEM: &str = "a1";

/// Collection → the name of a record of it.
pub type Records = HashMap<String, String>;

/// One record of each collection in the tenant of the world's administrator.
pub async fn records(world: &World) -> Records {
    let by = &world.admin;
    let team = world.team("团队", "", "").await.name;
    let person = world.person(by, "人员", &team, "seller").await.name;
    let deputy = world.person(by, "代理", &team, "seller").await.name;
    let account = world.account(by, "客户").await.name;
    let contact = world.contact(by, &account, "联系人").await.name;
    let other_contact = world.contact(by, &account, "另一联系人").await.name;
    let day = |day| absences::day(12, day);
    let mut calls = absences(world, by);
    let absence = record(&mut calls, away(&person, &deputy, day(1), day(2))).await;
    let mut calls = territories(world, by);
    let territory = territories::make(&mut calls, territories::of_team(&team)).await;
    let opportunity = nobody("opportunities");
    let request = CreateDecisionMapRequest {
        opportunity: opportunity.clone(),
        account: account.clone(),
        ..Default::default()
    };
    take(world.maps(by).create_decision_map(request).await);
    let declare = declaring("a1", AttributeType::Text);
    let declared = take(world.attributes(by).create_attribute(declare).await);
    let request = CreateAccountNoteRequest {
        account_note: Some(AccountNote {
            account: account.clone(),
            text: "备注".to_owned(),
            ..AccountNote::default()
        }),
        ..Default::default()
    };
    let note = take(world.notes(by).create_account_note(request).await);
    let segment = world.segment(vec![industry("钢铁")]).await.name;
    let import = begun(world, by, SYSTEM, ImportDuplicates::Create).await;
    let (_, _, pair) = twins(world).await;
    let (kept, gone) = (
        world.account(by, "留下").await,
        world.account(by, "并入").await,
    );
    let merge = world.merge(&kept, &[&gone]).await;
    let names = [
        ("imports", import.name),
        ("duplicateCandidates", pair.name),
        ("merges", merge.name),
        ("attributes", declared.attribute.unwrap().name),
        ("accountNotes", note.account_note.unwrap().name),
        ("segments/strategy", format!("{segment}/strategy")),
        (
            "opportunities/decisionMap",
            format!("{opportunity}/decisionMap"),
        ),
        ("opportunities", opportunity),
        ("segments", segment),
        ("competitors", world.competitor("对手").await.name),
        (
            "targetDefinitions",
            world.drafted(chemical_plants()).await.name,
        ),
        ("prospects", world.prospect(by, plant()).await.name),
        ("territories", territory.name),
        ("absences", absence.name),
        ("people", person),
        ("people/other", deputy),
        ("teams", team),
        ("accounts", account),
        ("contacts", contact),
        ("contacts/other", other_contact),
        ("accounts/other", kept.name),
    ];
    names
        .map(|(collection, name)| (collection.to_owned(), name))
        .into()
}

/// The name of nothing.
pub fn nothing(collection: &str) -> String {
    match collection.split_once('/') {
        // Attributes are named by what callers choose.
        None if collection == "attributes" => "attributes/nothing".to_owned(),
        Some((collection, single)) => format!("{}/{single}", nobody(collection)),
        None => nobody(collection),
    }
}

/// A request of this type about these records.
pub fn request(contract: &Contract, of: &MessageDescriptor, records: &Records) -> DynamicMessage {
    fill(contract, of, records, 0)
}

fn fill(
    contract: &Contract,
    of: &MessageDescriptor,
    records: &Records,
    depth: usize,
) -> DynamicMessage {
    let mut message = DynamicMessage::new(of.clone());
    for field in of.fields().filter(|field| !field.is_map()) {
        let is_taken = field
            .containing_oneof()
            .is_some_and(|oneof| oneof.fields().any(|other| message.has_field(&other)));
        if is_taken
            || is_unfilled(&field, depth)
            || contract.is_ignored(&field) && field.name() != "name"
        {
            continue;
        }
        let Some(value) = value(contract, &field, records, depth) else {
            continue;
        };
        let value = match field.is_list() {
            true => Value::List(vec![value]),
            false => value,
        };
        message.set_field(&field, value);
    }
    message
}

fn is_unfilled(field: &FieldDescriptor, depth: usize) -> bool {
    let name = field.full_name().trim_start_matches("keynode.accounts.v1.");
    match name {
        // Influence on somebody is none on a criterion.
        "Influence.criterion" | "RemoveInfluenceRequest.criterion" => true,
        // A contact in a row of an account is at that account.
        "Contact.account" => depth > 2,
        _ => UNFILLED.contains(&field.name()),
    }
}

fn value(
    contract: &Contract,
    field: &FieldDescriptor,
    records: &Records,
    depth: usize,
) -> Option<Value> {
    Some(match field.kind() {
        Kind::String => Value::String(text(contract, field, records)?),
        Kind::Bool => Value::Bool(false),
        Kind::Int32 if field.name().ends_with("year") => Value::I32(2025),
        Kind::Int32 => Value::I32(1),
        Kind::Int64 => Value::I64(1),
        Kind::Double => Value::F64(0.5),
        Kind::Enum(of) => Value::EnumNumber(of.values().nth(1)?.number()),
        Kind::Message(of) if is_compound(&of) && depth < DEEPEST => {
            Value::Message(fill(contract, &of, records, depth + 1))
        }
        Kind::Message(of) => match of.full_name() {
            "google.type.Date" => message(of, &[("year", 2026), ("month", 1), ("day", 2)]),
            "google.type.Money" => {
                let mut money = DynamicMessage::new(of);
                money.set_field_by_name("currency_code", Value::String("CNY".to_owned()));
                money.set_field_by_name("units", Value::I64(1));
                Value::Message(money)
            }
            _ => return None,
        },
        _ => return None,
    })
}

/// A message of whole numbers of 32 bits.
pub fn message(of: MessageDescriptor, numbers: &[(&str, i32)]) -> Value {
    let mut message = DynamicMessage::new(of);
    for (name, number) in numbers {
        message.set_field_by_name(name, Value::I32(*number));
    }
    Value::Message(message)
}

fn text(contract: &Contract, field: &FieldDescriptor, records: &Records) -> Option<String> {
    if let Some(collection) = contract.collection(field) {
        let other = ["deputy", "to"].contains(&field.name())
            || field.full_name().ends_with(".MergeLoser.account");
        let other = other
            .then(|| records.get(&format!("{collection}/other")))
            .flatten();
        return other.or_else(|| records.get(&collection)).cloned();
    }
    let text = match field.name() {
        "request_id" | "etag" | "page_token" | "name" => return None,
        "email" => "someone@example.com",
        "phone" | "value" => "010-12345678",
        "scopes" => "accounts",
        "tenant_id" | "sync_run" => "0190b5a0-0000-7000-8000-00000000abcd",
        "attribute_id" => "b1",
        "website" => "https://example.com",
        "language_code" => "zh-CN",
        "time_zone" => "Asia/Shanghai",
        "currency_code" => "CNY",
        "roles" => "roles/seller",
        "number" => "1",
        _ => SYSTEM,
    };
    Some(text.to_owned())
}
