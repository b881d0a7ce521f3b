//! Contacts with the customer: recorded once, never changed.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::{name, wire};
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ActivityKind;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{ContactId, OpportunityId, PersonId};

const KIND_PREFIX: &str = "ACTIVITY_KIND_";

/// One contact with the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    pub id: Uuid,
    pub opportunity: OpportunityId,
    pub created: Timestamp,
    pub kind: ActivityKind,
    pub occurred: Timestamp,
    pub purpose: String,
    pub outcome: String,
    pub contacts: Vec<Uuid>,
    /// None when nothing was agreed (T9).
    pub next_action: Option<NextAction>,
    pub recorder: String,
}

/// What is to happen next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextAction {
    pub description: String,
    pub due: Date,
    /// None = the deal's owner.
    pub responsible: Option<Uuid>,
    pub reason: String,
}

impl Activity {
    /// The resource name.
    pub fn name(&self) -> String {
        format!("{}/activities/{}", self.opportunity, self.id)
    }

    /// The activity for the wire.
    pub fn to_proto(&self) -> proto::Activity {
        proto::Activity {
            name: self.name(),
            create_time: Some(wire::timestamp(self.created)),
            kind: self.kind.into(),
            occur_time: Some(wire::timestamp(self.occurred)),
            purpose: self.purpose.clone(),
            outcome: self.outcome.clone(),
            contacts: self
                .contacts
                .iter()
                .map(|id| ContactId(*id).to_string())
                .collect(),
            next_action: self.next_action.as_ref().map(NextAction::to_proto),
            recorder: self.recorder.clone(),
        }
    }
}

impl NextAction {
    fn to_proto(&self) -> proto::NextAction {
        proto::NextAction {
            description: self.description.clone(),
            due_date: Some(wire::date(self.due)),
            responsible: name::optional::<PersonId>(self.responsible),
            reason: self.reason.clone(),
        }
    }
}

/// Whether a deal has this activity.
///
/// # Errors
/// When the database does not answer.
pub async fn exists(
    connection: &mut PgConnection,
    opportunity: OpportunityId,
    activity: Uuid,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from pipeline.activity where opportunity_id = $1 and id = $2) as "exists!""#,
        opportunity.0,
        activity,
    )
    .fetch_one(connection)
    .await
}

/// Stores an activity.
///
/// # Errors
/// When the database does not answer.
pub async fn insert(connection: &mut PgConnection, activity: &Activity) -> Result<(), sqlx::Error> {
    let next = activity.next_action.as_ref();
    let kind = activity.kind.as_str_name();
    sqlx::query!(
        "insert into pipeline.activity
           (id, opportunity_id, created_at, kind, occurred_at, purpose, outcome, contact_ids, next_action,
            next_action_due_on, next_action_responsible_id, next_action_reason, recorder)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        activity.id,
        activity.opportunity.0,
        activity.created.to_sqlx() as _,
        kind.strip_prefix(KIND_PREFIX).unwrap_or(kind),
        activity.occurred.to_sqlx() as _,
        activity.purpose,
        activity.outcome,
        &activity.contacts,
        next.map(|next| next.description.as_str()),
        next.map(|next| next.due.to_sqlx()) as _,
        next.and_then(|next| next.responsible),
        next.map(|next| next.reason.as_str()),
        activity.recorder,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest activities of a deal, those before `before` if it is given.
///
/// # Errors
/// When the database does not answer.
pub async fn newest(
    connection: &mut PgConnection,
    opportunity: OpportunityId,
    before: Option<Uuid>,
    at_most: i64,
) -> Result<Vec<Activity>, sqlx::Error> {
    let rows = sqlx::query!(
        "select id, created_at, kind, occurred_at, purpose, outcome, contact_ids, next_action,
                next_action_due_on, next_action_responsible_id, next_action_reason, recorder
         from pipeline.activity
         where opportunity_id = $1 and ($2::uuid is null or id < $2)
         order by id desc
         limit $3",
        opportunity.0,
        before,
        at_most,
    )
    .fetch_all(connection)
    .await?;
    let activities = rows.into_iter().map(|row| Activity {
        id: row.id,
        opportunity,
        created: row.created_at.to_jiff(),
        kind: ActivityKind::from_str_name(&format!("{KIND_PREFIX}{}", row.kind))
            .unwrap_or_default(),
        occurred: row.occurred_at.to_jiff(),
        purpose: row.purpose,
        outcome: row.outcome,
        contacts: row.contact_ids,
        next_action: row
            .next_action
            .zip(row.next_action_due_on)
            .map(|(description, due)| NextAction {
                description,
                due: due.to_jiff(),
                responsible: row.next_action_responsible_id,
                reason: row.next_action_reason.unwrap_or_default(),
            }),
        recorder: row.recorder,
    });
    Ok(activities.collect())
}
