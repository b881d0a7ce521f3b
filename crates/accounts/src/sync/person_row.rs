//! A row about a person, for itself: what it says, without what it refers to.

use std::collections::HashMap;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{self as proto, SyncDirectoryRequest, SyncPerson};
use keynode_proto::common::v1::ExternalKey;
use uuid::Uuid;

use super::known::Known;
use super::{Plan, Plans};
use crate::error::Error;
use crate::person::Person;

pub fn plan(
    w: &Writer<'_>,
    call: &Call,
    request: &SyncDirectoryRequest,
    known: &Known,
) -> Plans<Person> {
    let mut logins = known.logins.clone();
    let plan = |row| {
        let plan = plan_one(w, call, &request.source_system, row, known)?;
        take_login(&plan.after, &mut logins)?;
        Ok(plan)
    };
    request.people.iter().map(plan).collect()
}

fn plan_one(
    w: &Writer<'_>,
    call: &Call,
    source_system: &str,
    row: &SyncPerson,
    known: &Known,
) -> Result<Plan<Person>, Error> {
    let before = known.people.get(row.external_id.trim()).cloned();
    let base = before
        .clone()
        .unwrap_or_else(|| Person::new(w.id(), call.now));
    let mut bad = Violations::default();
    let after = base.told(&wanted(source_system, row, base.to_proto()), &mut bad);
    after.check_credential(before.as_ref(), call, &mut bad);
    bad.finish()?;
    if let Some(unknown) = after.roles.iter().find(|id| !known.roles.contains(*id)) {
        return Err(Error::RoleNotFound(unknown.clone()));
    }
    after.check_promotion(before.as_ref(), call)?;
    Ok(Plan { before, after })
}

/// The stored person with what the row says; team and manager stay as they are.
fn wanted(source_system: &str, row: &SyncPerson, stored: proto::Person) -> proto::Person {
    let said = |new: &Option<String>, old: &str| new.clone().unwrap_or_else(|| old.to_owned());
    let addresses = row.notice_addresses.as_ref();
    proto::Person {
        display_name: match row.display_name.trim().is_empty() {
            true => stored.display_name.clone(),
            false => row.display_name.clone(),
        },
        login: said(&row.login, &stored.login),
        roles: match &row.roles {
            Some(sent) => sent.roles.clone(),
            None => stored.roles.clone(),
        },
        disabled: row.active.map_or(stored.disabled, |active| !active),
        external_key: Some(ExternalKey {
            source_system: source_system.to_owned(),
            external_id: row.external_id.clone(),
        }),
        email: said(&row.email, &stored.email),
        phone: said(&row.phone, &stored.phone),
        title: said(&row.title, &stored.title),
        language_code: said(&row.language_code, &stored.language_code),
        time_zone: said(&row.time_zone, &stored.time_zone),
        notice_addresses: match addresses {
            Some(sent) => sent.notice_addresses.clone(),
            None => stored.notice_addresses.clone(),
        },
        ..stored
    }
}

/// Refuses a login that somebody else has, also when that one gives it up in this call.
fn take_login(person: &Person, logins: &mut HashMap<String, Uuid>) -> Result<(), Error> {
    let Some(login) = &person.login else {
        return Ok(());
    };
    match *logins.entry(login.clone()).or_insert(person.id) == person.id {
        true => Ok(()),
        false => Err(Error::LoginTaken),
    }
}
