//! Whom pending approvals wait for, in the database: kept beside the deals' own approvals, so that
//! everybody finds what waits for them without reading every deal.

use keynode_kit::call::Call;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::approver::Approver as Who;
use sqlx::PgConnection;
use uuid::Uuid;

use super::seat::Delegator;
use super::{id_of, seat};
use crate::ids::{OpportunityId, PersonId};

/// Puts down whom an approval waits for now.
///
/// # Errors
/// When the database does not answer.
pub async fn replace(
    connection: &mut PgConnection,
    deal: OpportunityId,
    approval: &proto::Approval,
) -> Result<(), sqlx::Error> {
    let id = id_of(&approval.name);
    sqlx::query!(
        "delete from pipeline.approval_wait where approval_id = $1",
        id
    )
    .execute(&mut *connection)
    .await?;
    let open = seat::open(approval);
    let slots: Vec<i32> = open
        .iter()
        .filter_map(|(place, _)| i32::try_from(*place).ok())
        .collect();
    let roles = open.iter().map(|(_, approver)| match &approver.approver {
        Some(Who::Role(role)) => Some(role.clone()),
        _ => None,
    });
    let people = open.iter().map(|(_, approver)| match &approver.approver {
        Some(Who::Person(name)) => name.parse().ok().map(|PersonId(id)| id),
        _ => None,
    });
    sqlx::query!(
        "insert into pipeline.approval_wait (opportunity_id, approval_id, slot, role, person_id, barred)
         select $1, $2, s.slot, s.role, s.person_id, $6
         from unnest($3::int[], $4::text[], $5::uuid[]) as s (slot, role, person_id)",
        deal.0,
        id,
        &slots,
        &roles.collect::<Vec<_>>() as &[Option<String>],
        &people.collect::<Vec<_>>() as &[Option<Uuid>],
        &seat::barred(approval),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deals and their approvals that wait for somebody, by name, by role or for one of the delegators,
/// of the deals that they see; in the order of the approvals.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    connection: &mut PgConnection,
    call: &Call,
    (person, delegators): (Uuid, &[Delegator]),
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    let (all, owner, teams) = call.visibility_parameters();
    // As themselves, and in each of their roles.
    let as_whom = delegators.iter().flat_map(|it| {
        let roles = it.roles.iter().cloned().map(Some);
        let seats = std::iter::once(None).chain(roles);
        seats.map(move |role| (it.person, (it.only, role)))
    });
    let (people, which): (Vec<Uuid>, Vec<_>) = as_whom.unzip();
    let (only, roles): (Vec<Option<Uuid>>, Vec<Option<String>>) = which.into_iter().unzip();
    let rows = sqlx::query!(
        "select distinct w.approval_id, w.opportunity_id
         from pipeline.approval_wait w
         join pipeline.opportunity o on o.id = w.opportunity_id
         where ($1 or o.owner_id = $2 or o.team_id = any($3))
           and not $4 = any(w.barred)
           and (w.person_id = $4 or w.role = any($5) or exists (
             select from unnest($6::uuid[], $7::uuid[], $8::text[]) as d (person_id, approval_id, role)
             where (d.approval_id is null or d.approval_id = w.approval_id)
               and not d.person_id = any(w.barred)
               and (d.person_id = w.person_id or d.role = w.role)))
           and ($9::uuid is null or w.approval_id > $9)
         order by w.approval_id limit $10",
        all,
        owner,
        &teams,
        person,
        &call.principal.roles,
        &people,
        &only as &[Option<Uuid>],
        &roles as &[Option<String>],
        after,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let ids = rows
        .into_iter()
        .map(|row| (row.opportunity_id, row.approval_id));
    Ok(ids.collect())
}

/// The approvals of these deals, by deal.
///
/// # Errors
/// When the database does not answer.
pub async fn approvals(
    connection: &mut PgConnection,
    deals: &[Uuid],
) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select content from pipeline.dossier_part where opportunity_id = any($1) and part = 'approvals'",
        deals,
    )
    .fetch_all(connection)
    .await
}
