//! Who decides for whom, in the database.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use super::COLLECTION;
use super::seat::Delegator;
use crate::dossier;
use crate::ids::{OpportunityId, PersonId};

/// Somebody decides for somebody else for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    pub id: Uuid,
    pub delegator: Uuid,
    pub delegate: Uuid,
    pub first: Date,
    pub last: Date,
    /// The only approval it is for, with its deal.
    pub only: Option<(OpportunityId, Uuid)>,
    pub reason: String,
    /// Of the delegator, on delegating.
    pub roles: Vec<String>,
    pub created: Timestamp,
    pub revoked: Option<Timestamp>,
}

impl Delegation {
    /// The resource name.
    pub fn name(&self) -> String {
        format!("approvalDelegations/{}", self.id)
    }

    /// The delegation for the wire.
    pub fn to_proto(&self) -> proto::ApprovalDelegation {
        let only = self
            .only
            .map(|(deal, id)| dossier::item_name(deal, COLLECTION, id));
        proto::ApprovalDelegation {
            name: self.name(),
            delegator: PersonId(self.delegator).to_string(),
            delegate: PersonId(self.delegate).to_string(),
            from_date: Some(wire::date(self.first)),
            until_date: Some(wire::date(self.last)),
            approval: only.unwrap_or_default(),
            reason: self.reason.clone(),
            roles: self.roles.clone(),
            create_time: Some(wire::timestamp(self.created)),
            revoke_time: self.revoked.map(wire::timestamp),
        }
    }
}

struct Row {
    id: Uuid,
    delegator_id: Uuid,
    delegate_id: Uuid,
    from_day: jiff_sqlx::Date,
    until_day: jiff_sqlx::Date,
    opportunity_id: Option<Uuid>,
    approval_id: Option<Uuid>,
    reason: String,
    roles: Vec<String>,
    created_at: jiff_sqlx::Timestamp,
    revoked_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn into_delegation(self) -> Delegation {
        let deal = self.opportunity_id.map(OpportunityId);
        Delegation {
            id: self.id,
            delegator: self.delegator_id,
            delegate: self.delegate_id,
            first: self.from_day.to_jiff(),
            last: self.until_day.to_jiff(),
            only: deal.zip(self.approval_id),
            reason: self.reason,
            roles: self.roles,
            created: self.created_at.to_jiff(),
            revoked: self.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

/// Who delegated to somebody for today, the first before the others.
///
/// # Errors
/// When the database does not answer.
pub async fn to(
    connection: &mut PgConnection,
    delegate: Uuid,
    today: Date,
) -> Result<Vec<Delegator>, sqlx::Error> {
    let rows = sqlx::query!(
        "select id, delegator_id, approval_id, roles from pipeline.approval_delegation
         where delegate_id = $1 and revoked_at is null and $2 between from_day and until_day
         order by id",
        delegate,
        today.to_sqlx() as _,
    )
    .fetch_all(connection)
    .await?;
    let delegators = rows.into_iter().map(|row| Delegator {
        delegation: row.id,
        only: row.approval_id,
        person: row.delegator_id,
        roles: row.roles,
    });
    Ok(delegators.collect())
}

/// A delegation of somebody's, locked.
///
/// # Errors
/// When the database does not answer.
pub async fn lock(
    connection: &mut PgConnection,
    id: Uuid,
    delegator: Uuid,
) -> Result<Option<Delegation>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, delegator_id, delegate_id, from_day, until_day, opportunity_id, approval_id, reason, roles,
                created_at, revoked_at
         from pipeline.approval_delegation where id = $1 and delegator_id = $2 for update",
        id,
        delegator,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Row::into_delegation))
}

/// Delegations by and to somebody, in the order in which they were made.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    connection: &mut PgConnection,
    person: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Delegation>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "select id, delegator_id, delegate_id, from_day, until_day, opportunity_id, approval_id, reason, roles,
                created_at, revoked_at
         from pipeline.approval_delegation
         where (delegator_id = $1 or delegate_id = $1) and ($2::uuid is null or id > $2)
         order by id limit $3",
        person,
        after,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Row::into_delegation).collect())
}

/// Adds a delegation.
///
/// # Errors
/// When the database does not answer.
pub async fn add(connection: &mut PgConnection, it: &Delegation) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.approval_delegation
           (id, delegator_id, delegate_id, from_day, until_day, opportunity_id, approval_id, reason, roles, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        it.id,
        it.delegator,
        it.delegate,
        it.first.to_sqlx() as _,
        it.last.to_sqlx() as _,
        it.only.map(|(deal, _)| deal.0),
        it.only.map(|(_, approval)| approval),
        it.reason,
        &it.roles,
        it.created.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends a delegation.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke(
    connection: &mut PgConnection,
    id: Uuid,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update pipeline.approval_delegation set revoked_at = $2 where id = $1",
        id,
        now.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
