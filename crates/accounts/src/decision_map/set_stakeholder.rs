//! Adds a stakeholder, or replaces what the map says of one.

use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    Attitude, Coverage, Relationship, SetStakeholderRequest, SetStakeholderResponse,
    StakeholderRole,
};
use sqlx::PgConnection;

use super::stakeholder::{self, Stakeholder};
use super::store::{commit, lock};
use super::{DecisionMap, insider, judgement, shown};
use crate::error::Error;
use crate::ids::{CompetitorId, ContactId, MapId};
use crate::{Accounts, contact, day};

pub async fn set(
    service: &Accounts,
    call: &Call,
    request: SetStakeholderRequest,
) -> Result<SetStakeholderResponse, Error> {
    let (id, told) = read(&request, call.today())?;
    let answer = service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, id, &request.etag).await?;
            check(&before, &told)?;
            let person = place(w, call, &before, told).await?;
            let after = match before.stakeholders.contains(&person) {
                true => before,
                false => replace(w, call, before, person).await?,
            };
            Ok::<_, Error>(SetStakeholderResponse {
                decision_map: Some(after.shown_to(call)),
            })
        })
        .await?;
    Ok(SetStakeholderResponse {
        decision_map: answer.decision_map.map(|map| shown(call, map)),
    })
}

fn read(request: &SetStakeholderRequest, today: Date) -> Result<(MapId, Stakeholder), Error> {
    let mut bad = Violations::default();
    let sent = request.stakeholder.clone().unwrap_or_default();
    let id = bad.name("name", &request.name);
    let contact: ContactId = bad.name("stakeholder.contact", &sent.contact);
    if let Some(weight) = sent.weight {
        bad.range("stakeholder.weight", weight.into(), 0..=100);
    }
    let told = Stakeholder {
        contact_id: contact.0,
        display_name: String::new(),
        function: 0,
        department: String::new(),
        is_at_customer: false,
        elsewhere: None,
        added_in: 0,
        roles: read_roles(&sent.roles, &mut bad),
        weight: sent.weight,
        attitude: bad
            .optional_enum::<Attitude>("stakeholder.attitude", sent.attitude)
            .into(),
        coverage: bad
            .optional_enum::<Coverage>("stakeholder.coverage", sent.coverage)
            .into(),
        relationship: bad
            .optional_enum::<Relationship>("stakeholder.relationship", sent.relationship)
            .into(),
        evidence: bad.text("stakeholder.evidence", &sent.evidence, 2000),
        evidence_date: day::past(DATED, sent.evidence_date, today, &mut bad).map(ToSqlx::to_sqlx),
        judgements: judgement::read_all(sent.judgements, today, &mut bad),
        supported_competitors: read_competitors(SUPPORTED, &sent.supported_competitors, &mut bad),
        sensitive: sent.sensitive,
        insider_number: None,
    };
    bad.finish()?;
    Ok((id, told))
}

const DATED: &str = "stakeholder.evidence_date";
const SUPPORTED: &str = "stakeholder.supported_competitors";

fn read_roles(sent: &[i32], bad: &mut Violations) -> Vec<i32> {
    if sent.is_empty() {
        bad.add("stakeholder.roles", "must name at least one role");
    }
    for (index, role) in sent.iter().enumerate() {
        let field = format!("stakeholder.roles[{index}]");
        bad.required_enum::<StakeholderRole>(&field, *role);
        if sent.iter().take(index).any(|earlier| earlier == role) {
            bad.add(field, "must not be named twice");
        }
    }
    sent.to_vec()
}

/// Competitors by their ids, each once.
pub fn read_competitors(field: &str, sent: &[String], bad: &mut Violations) -> Vec<uuid::Uuid> {
    for (index, name) in sent.iter().enumerate() {
        if sent.iter().take(index).any(|earlier| earlier == name) {
            bad.add(format!("{field}[{index}]"), "must not be named twice");
        }
    }
    let competitor = |(index, name): (usize, &String)| {
        let id: CompetitorId = bad.name(&format!("{field}[{index}]"), name);
        id.0
    };
    sent.iter().enumerate().map(competitor).collect()
}

/// What the map itself demands of somebody in it.
fn check(map: &DecisionMap, told: &Stakeholder) -> Result<(), Error> {
    let mut bad = Violations::default();
    let is_new = map.stakeholder(told.name()).is_none();
    if is_new && map.stakeholders.len() >= stakeholder::AT_MOST {
        bad.add(
            "stakeholder.contact",
            format!("a map has at most {} stakeholders", stakeholder::AT_MOST),
        );
    }
    for (index, id) in told.supported_competitors.iter().enumerate() {
        if !map.header.competitors.contains(id) {
            bad.add(
                format!("{SUPPORTED}[{index}]"),
                "must compete for the deal; SetMapCompetitors says who does",
            );
        }
    }
    Ok(bad.finish()?)
}

/// The stakeholder with what is known of the contact. Somebody new must be a contact that
/// the caller sees, at whatever account: third parties count (R20).
async fn place(
    connection: &mut PgConnection,
    call: &Call,
    map: &DecisionMap,
    told: Stakeholder,
) -> Result<Stakeholder, Error> {
    let placed = match map.stakeholder(told.name()) {
        Some(known) => Stakeholder {
            display_name: known.display_name.clone(),
            function: known.function,
            department: known.department.clone(),
            is_at_customer: known.is_at_customer,
            elsewhere: known.elsewhere.clone(),
            added_in: known.added_in,
            insider_number: known.insider_number,
            ..told
        },
        None => {
            let contact = contact::find(connection, call, told.name()).await?;
            let former = insider::find(connection, map.name(), told.name()).await?;
            let at_customer = contact.account_id == map.header.account_id;
            Stakeholder {
                display_name: contact.display_name,
                function: former.map_or(contact.function, |former| former.function),
                department: contact.department,
                is_at_customer: former.map_or(at_customer, |former| former.at_customer),
                added_in: map.header.version + 1,
                insider_number: former.map(|former| former.number),
                ..told
            }
        }
    };
    Ok(placed.still_sensitive())
}

async fn replace(
    w: &mut Writer<'_>,
    call: &Call,
    before: DecisionMap,
    person: Stakeholder,
) -> Result<DecisionMap, Error> {
    upsert(w, before.name(), &person).await?;
    judgement::replace_all(w, before.name(), &person).await?;
    let mut after = before.clone();
    match after
        .stakeholders
        .iter_mut()
        .find(|known| known.contact_id == person.contact_id)
    {
        Some(known) => *known = person,
        None => after.stakeholders.push(person),
    }
    commit(w, call, &before, after).await
}

async fn upsert(
    connection: &mut PgConnection,
    map: MapId,
    person: &Stakeholder,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.stakeholder
           (tenant_id, opportunity_id, contact_id, added_in, roles, weight, attitude, coverage, relationship,
            evidence, evidence_date, supported_competitors, sensitive)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (tenant_id, opportunity_id, contact_id) do update
         set roles = excluded.roles, weight = excluded.weight, attitude = excluded.attitude,
             coverage = excluded.coverage, relationship = excluded.relationship, evidence = excluded.evidence,
             evidence_date = excluded.evidence_date, supported_competitors = excluded.supported_competitors,
             sensitive = excluded.sensitive",
        map.0,
        person.contact_id,
        person.added_in,
        &person.roles,
        person.weight,
        person.attitude,
        person.coverage,
        person.relationship,
        person.evidence,
        person.evidence_date as _,
        &person.supported_competitors,
        person.sensitive,
    )
    .execute(connection)
    .await?;
    Ok(())
}
