//! Activities in the database. What is searched by, and what an earlier release knew, are columns;
//! the rest lies together in `details`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::error::Fault;
use keynode_kit::{name, wire};
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{ActivityKind, ActivityState};
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Activity, kind_name, state_name};
use crate::error::Error;
use crate::ids::{ContactId, OpportunityId, PersonId};

struct Row {
    id: Uuid,
    opportunity_id: Uuid,
    version: i64,
    created_at: jiff_sqlx::Timestamp,
    kind: String,
    state: String,
    occurred_at: jiff_sqlx::Timestamp,
    purpose: String,
    outcome: String,
    contact_ids: Vec<Uuid>,
    next_action: Option<String>,
    next_action_due_on: Option<jiff_sqlx::Date>,
    next_action_responsible_id: Option<Uuid>,
    next_action_reason: Option<String>,
    recorder: String,
    details: Vec<u8>,
}

/// What columns hold of an activity.
struct Columns {
    at: Timestamp,
    contacts: Vec<Uuid>,
    due: Option<Date>,
    responsible: Option<Uuid>,
    settled: Option<Timestamp>,
}

impl Columns {
    fn of(said: &proto::Activity) -> Self {
        let moment = |wire: &prost_types::Timestamp| wire::read_timestamp(wire).ok();
        let at = said.occur_time.as_ref().or(said.plan_time.as_ref());
        let next = said.next_action.as_ref();
        let id = |name: &String| name.parse().ok().map(|ContactId(id)| id);
        let settlement = next.and_then(|next| next.settlement.as_ref());
        Self {
            at: at.and_then(moment).unwrap_or_default(),
            contacts: said.contacts.iter().filter_map(id).collect(),
            due: next
                .and_then(|next| next.due_date)
                .and_then(|day| wire::read_date(&day).ok()),
            responsible: next
                .and_then(|next| next.responsible.parse().ok())
                .map(|PersonId(id)| id),
            settled: settlement
                .and_then(|it| it.settle_time.as_ref())
                .and_then(moment),
        }
    }
}

/// What no column holds.
fn details(said: &proto::Activity) -> Vec<u8> {
    let next_action = said.next_action.as_ref().map(|next| proto::NextAction {
        description: String::new(),
        due_date: None,
        responsible: String::new(),
        reason: String::new(),
        ..next.clone()
    });
    let rest = proto::Activity {
        create_time: None,
        kind: 0,
        occur_time: None,
        purpose: String::new(),
        outcome: String::new(),
        contacts: Vec::new(),
        next_action,
        recorder: String::new(),
        state: 0,
        ..said.clone()
    };
    rest.encode_to_vec()
}

impl Row {
    fn into_activity(self) -> Result<Activity, Error> {
        let rest = proto::Activity::decode(self.details.as_slice()).map_err(Fault::internal)?;
        let state = ActivityState::from_str_name(&format!("ACTIVITY_STATE_{}", self.state));
        let state = state.unwrap_or_default();
        let at = wire::timestamp(self.occurred_at.to_jiff());
        let next_action = self.next_action.map(|description| proto::NextAction {
            description,
            due_date: self.next_action_due_on.map(|day| wire::date(day.to_jiff())),
            responsible: name::optional::<PersonId>(self.next_action_responsible_id),
            reason: self.next_action_reason.unwrap_or_default(),
            ..rest.next_action.unwrap_or_default()
        });
        let contact = |id: &Uuid| ContactId(*id).to_string();
        let kind = ActivityKind::from_str_name(&format!("ACTIVITY_KIND_{}", self.kind));
        let said = proto::Activity {
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
            kind: kind.unwrap_or_default().into(),
            occur_time: Some(at).filter(|_| state == ActivityState::Done),
            purpose: self.purpose,
            outcome: self.outcome,
            contacts: self.contact_ids.iter().map(contact).collect(),
            next_action,
            recorder: self.recorder,
            state: state.into(),
            ..rest
        };
        Ok(Activity {
            id: self.id,
            opportunity: OpportunityId(self.opportunity_id),
            version: self.version,
            said,
        })
    }
}

/// Stores a new activity.
///
/// # Errors
/// When the database does not answer.
pub async fn insert(connection: &mut PgConnection, activity: &Activity) -> Result<(), sqlx::Error> {
    let (said, columns) = (&activity.said, Columns::of(&activity.said));
    let created = said.create_time.as_ref();
    let created = created.and_then(|at| wire::read_timestamp(at).ok());
    let next = said.next_action.as_ref();
    sqlx::query!(
        "insert into pipeline.activity
           (id, opportunity_id, version, created_at, kind, state, occurred_at, purpose, outcome, contact_ids,
            next_action, next_action_due_on, next_action_responsible_id, next_action_reason,
            next_action_settled_at, recorder, details)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        activity.id,
        activity.opportunity.0,
        activity.version,
        created.unwrap_or_default().to_sqlx() as _,
        kind_name(said.kind()),
        state_name(said.state()),
        columns.at.to_sqlx() as _,
        said.purpose,
        said.outcome,
        &columns.contacts,
        next.map(|next| next.description.as_str()),
        columns.due.map(|due| due.to_sqlx()) as _,
        columns.responsible,
        next.map(|next| next.reason.as_str()),
        columns.settled.map(|at| at.to_sqlx()) as _,
        said.recorder,
        details(said),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores what became of an activity. Its deal is locked.
///
/// # Errors
/// When the database does not answer.
pub async fn save(connection: &mut PgConnection, activity: &Activity) -> Result<(), sqlx::Error> {
    let (said, columns) = (&activity.said, Columns::of(&activity.said));
    let next = said.next_action.as_ref();
    sqlx::query!(
        "update pipeline.activity
         set version = $2, kind = $3, state = $4, occurred_at = $5, purpose = $6, outcome = $7, contact_ids = $8,
             next_action = $9, next_action_due_on = $10, next_action_responsible_id = $11,
             next_action_reason = $12, next_action_settled_at = $13, details = $14
         where id = $1",
        activity.id,
        activity.version,
        kind_name(said.kind()),
        state_name(said.state()),
        columns.at.to_sqlx() as _,
        said.purpose,
        said.outcome,
        &columns.contacts,
        next.map(|next| next.description.as_str()),
        columns.due.map(|due| due.to_sqlx()) as _,
        columns.responsible,
        next.map(|next| next.reason.as_str()),
        columns.settled.map(|at| at.to_sqlx()) as _,
        details(said),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Activities by their ids, oldest record first.
///
/// # Errors
/// When the database does not answer.
pub async fn fetch(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Activity>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, opportunity_id, version, created_at as "created_at: jiff_sqlx::Timestamp", kind, state,
                  occurred_at as "occurred_at: jiff_sqlx::Timestamp", purpose, outcome, contact_ids, next_action,
                  next_action_due_on as "next_action_due_on: jiff_sqlx::Date", next_action_responsible_id,
                  next_action_reason, recorder, details
           from pipeline.activity where id = any($1) order by id"#,
        ids,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::into_activity).collect()
}

/// Which activities of a deal are meant; none = all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub state: Option<&'static str>,
    pub kind: Option<&'static str>,
}

/// The newest activities of a deal, those before `before` if it is given.
///
/// # Errors
/// When the database does not answer.
pub async fn newest(
    connection: &mut PgConnection,
    opportunity: OpportunityId,
    filter: Filter,
    before: Option<Uuid>,
    at_most: i64,
) -> Result<Vec<Activity>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, opportunity_id, version, created_at as "created_at: jiff_sqlx::Timestamp", kind, state,
                  occurred_at as "occurred_at: jiff_sqlx::Timestamp", purpose, outcome, contact_ids, next_action,
                  next_action_due_on as "next_action_due_on: jiff_sqlx::Date", next_action_responsible_id,
                  next_action_reason, recorder, details
           from pipeline.activity
           where opportunity_id = $1 and ($2::uuid is null or id < $2)
             and ($3::text is null or state = $3) and ($4::text is null or kind = $4)
           order by id desc
           limit $5"#,
        opportunity.0,
        before,
        filter.state,
        filter.kind,
        at_most,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::into_activity).collect()
}

/// The newest activities of each of these deals, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn newest_of_each(
    connection: &mut PgConnection,
    deals: &[Uuid],
    at_most: i64,
) -> Result<Vec<Activity>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select a.id, a.opportunity_id, a.version, a.created_at as "created_at: jiff_sqlx::Timestamp", a.kind, a.state,
                  a.occurred_at as "occurred_at: jiff_sqlx::Timestamp", a.purpose, a.outcome, a.contact_ids, a.next_action,
                  a.next_action_due_on as "next_action_due_on: jiff_sqlx::Date", a.next_action_responsible_id,
                  a.next_action_reason, a.recorder, a.details
           from unnest($1::uuid[]) as deal (id) cross join lateral (
             select * from pipeline.activity b
             where b.opportunity_id = deal.id
             order by b.id desc limit $2
           ) a
           order by a.opportunity_id, a.id desc"#,
        deals,
        at_most,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::into_activity).collect()
}
