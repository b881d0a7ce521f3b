//! Adds a stakeholder, or replaces what the map says of one.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    Attitude, Coverage, SetStakeholderRequest, SetStakeholderResponse, StakeholderRole,
};
use sqlx::PgConnection;

use super::stakeholder::Stakeholder;
use super::{DecisionMap, commit, lock};
use crate::error::Error;
use crate::ids::{ContactId, MapId};
use crate::{Accounts, contact};

pub async fn set(
    service: &Accounts,
    call: &Call,
    request: SetStakeholderRequest,
) -> Result<SetStakeholderResponse, Error> {
    let (id, told) = read(&request)?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = lock(w, call, id, &request.etag).await?;
            let person = place(w, call, &before, told).await?;
            let after = match before.stakeholders.contains(&person) {
                true => before,
                false => replace(w, call, before, person).await?,
            };
            Ok(SetStakeholderResponse {
                decision_map: Some(after.to_proto()),
            })
        })
        .await
}

fn read(request: &SetStakeholderRequest) -> Result<(MapId, Stakeholder), Error> {
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
        added_in: 0,
        roles: read_roles(&sent.roles, &mut bad),
        weight: sent.weight,
        attitude: bad
            .optional_enum::<Attitude>("stakeholder.attitude", sent.attitude)
            .into(),
        coverage: bad
            .optional_enum::<Coverage>("stakeholder.coverage", sent.coverage)
            .into(),
        evidence: bad.text("stakeholder.evidence", &sent.evidence, 2000),
        evidence_date: bad
            .date("stakeholder.evidence_date", sent.evidence_date)
            .map(ToSqlx::to_sqlx),
    };
    bad.finish()?;
    Ok((id, told))
}

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

/// The stakeholder with what is known of the contact. Somebody new must be a contact that
/// the caller sees, at whatever account: third parties count (R20).
async fn place(
    connection: &mut PgConnection,
    call: &Call,
    map: &DecisionMap,
    told: Stakeholder,
) -> Result<Stakeholder, Error> {
    if let Some(known) = map
        .stakeholders
        .iter()
        .find(|known| known.contact_id == told.contact_id)
    {
        return Ok(Stakeholder {
            display_name: known.display_name.clone(),
            function: known.function,
            department: known.department.clone(),
            is_at_customer: known.is_at_customer,
            added_in: known.added_in,
            ..told
        });
    }
    let contact = contact::find(connection, call, told.name()).await?;
    Ok(Stakeholder {
        display_name: contact.display_name,
        function: contact.function,
        department: contact.department,
        is_at_customer: contact.account_id == map.header.account_id,
        added_in: map.header.version + 1,
        ..told
    })
}

async fn replace(
    w: &mut Writer<'_>,
    call: &Call,
    before: DecisionMap,
    person: Stakeholder,
) -> Result<DecisionMap, Error> {
    upsert(w, before.name(), &person).await?;
    let mut after = before.clone();
    match after
        .stakeholders
        .iter_mut()
        .find(|known| known.contact_id == person.contact_id)
    {
        Some(known) => *known = person,
        None => after.stakeholders.push(person),
    }
    commit(w, &before, after.next(call.now)).await
}

async fn upsert(
    connection: &mut PgConnection,
    map: MapId,
    person: &Stakeholder,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.stakeholder
           (tenant_id, opportunity_id, contact_id, added_in, roles, weight, attitude, coverage, evidence,
            evidence_date)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (tenant_id, opportunity_id, contact_id) do update
         set roles = excluded.roles, weight = excluded.weight, attitude = excluded.attitude,
             coverage = excluded.coverage, evidence = excluded.evidence, evidence_date = excluded.evidence_date",
        map.0,
        person.contact_id,
        person.added_in,
        &person.roles,
        person.weight,
        person.attitude,
        person.coverage,
        person.evidence,
        person.evidence_date as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
