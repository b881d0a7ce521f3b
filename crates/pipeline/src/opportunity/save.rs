//! Deals written, as far as they do not move: stage and status are not named here.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::QualificationElement;
use prost::Message as _;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Element, Evidence, Opportunity};
use crate::attribute::values::Values;
use crate::element;
use crate::ids::OpportunityId;
use crate::terms::Key;
use crate::terms::people::{Collaborator, Splits};

/// The columns of a deal that change without a move, as JSON for `jsonb_to_recordset`.
#[derive(Serialize)]
pub(crate) struct Record<'o> {
    id: Uuid,
    version: i64,
    updated_at: Timestamp,
    display_name: &'o str,
    account_id: Option<Uuid>,
    owner_id: Option<Uuid>,
    team_id: Option<Uuid>,
    product: &'o str,
    non_standard: Option<bool>,
    /// As text: a JSON number could pass through a float.
    amount: Option<String>,
    currency: Option<&'o str>,
    expected_close_on: Option<Date>,
    known_since_on: Option<Date>,
    entry_buying_step: Option<i32>,
    competitors: &'o [String],
    source_system: Option<&'o str>,
    external_id: Option<&'o str>,
    further_keys: &'o [Key],
    buying_step: Option<i32>,
    buying_step_evidence: Option<&'o str>,
    buying_step_reason: Option<&'o str>,
    buying_step_recorded_at: Option<Timestamp>,
    contact_level: i32,
    pause_reason: Option<&'o str>,
    pause_actor: Option<&'o str>,
    paused_at: Option<Timestamp>,
    resume_on: Option<Date>,
    lead_source: &'o str,
    lead_source_detail: &'o str,
    splits: &'o Splits,
    collaborators: &'o [Collaborator],
    attributes: &'o Values,
    manual_probability: Option<i32>,
    manual_probability_reason: Option<&'o str>,
    manual_probability_actor: Option<&'o str>,
    manual_probability_at: Option<Timestamp>,
}

impl<'o> Record<'o> {
    pub(crate) fn of(opportunity: &'o Opportunity) -> Self {
        let terms = &opportunity.terms;
        let buying_step = opportunity.buying_step.as_ref();
        let held = opportunity.manual_probability.as_ref();
        Self {
            id: opportunity.id.0,
            version: opportunity.version,
            updated_at: opportunity.updated,
            display_name: &terms.display_name,
            account_id: terms.account,
            owner_id: terms.owner,
            team_id: terms.team,
            product: &terms.product,
            non_standard: terms.non_standard,
            amount: terms.amount.as_ref().map(|amount| amount.value.to_string()),
            currency: terms.amount.as_ref().map(|amount| amount.currency.as_str()),
            expected_close_on: terms.expected_close,
            known_since_on: terms.known_since,
            entry_buying_step: terms.entry_buying_step,
            competitors: &terms.competitors,
            source_system: terms
                .external_key
                .as_ref()
                .map(|(system, _)| system.as_str()),
            external_id: terms.external_key.as_ref().map(|(_, id)| id.as_str()),
            further_keys: &terms.further_keys,
            buying_step: buying_step.map(|state| state.step),
            buying_step_evidence: buying_step.map(|state| state.evidence.as_str()),
            buying_step_reason: buying_step.map(|state| state.reason.as_str()),
            buying_step_recorded_at: buying_step.map(|state| state.recorded),
            contact_level: opportunity.contact_level.into(),
            pause_reason: opportunity.pause.as_ref().map(|it| it.reason.as_str()),
            pause_actor: opportunity.pause.as_ref().map(|it| it.actor.as_str()),
            paused_at: opportunity.pause.as_ref().map(|it| it.started),
            resume_on: opportunity.pause.as_ref().map(|it| it.resume),
            lead_source: &terms.lead_source,
            lead_source_detail: &terms.lead_source_detail,
            splits: &terms.splits,
            collaborators: &terms.collaborators,
            attributes: &terms.attributes,
            manual_probability: held.map(|it| it.percent),
            manual_probability_reason: held.map(|it| it.reason.as_str()),
            manual_probability_actor: held.map(|it| it.actor.as_str()),
            manual_probability_at: held.map(|it| it.set),
        }
    }
}

/// Stores deals that changed without moving, in one statement. They are locked and
/// touched; their elements and evidence are stored apart. What is computed of them is not named
/// here: only who computes it writes it.
///
/// # Errors
/// A unique violation of `opportunity_external_key`.
pub async fn save(
    connection: &mut PgConnection,
    changed: &[&Opportunity],
) -> Result<(), sqlx::Error> {
    let records: Vec<Record<'_>> = changed
        .iter()
        .map(|opportunity| Record::of(opportunity))
        .collect();
    sqlx::query!(
        r#"update pipeline.opportunity o
           set version = r.version, updated_at = r.updated_at, display_name = r.display_name,
               account_id = r.account_id, owner_id = r.owner_id, team_id = r.team_id, product = r.product,
               non_standard = r.non_standard, amount = r.amount, currency = r.currency,
               expected_close_on = r.expected_close_on, known_since_on = r.known_since_on,
               entry_buying_step = r.entry_buying_step, competitors = r.competitors,
               source_system = r.source_system, external_id = r.external_id, further_keys = r.further_keys,
               buying_step = r.buying_step,
               buying_step_evidence = r.buying_step_evidence, buying_step_reason = r.buying_step_reason,
               buying_step_recorded_at = r.buying_step_recorded_at, contact_level = r.contact_level,
               pause_reason = r.pause_reason, pause_actor = r.pause_actor, paused_at = r.paused_at,
               resume_on = r.resume_on, lead_source = r.lead_source, lead_source_detail = r.lead_source_detail,
               splits = r.splits, collaborators = r.collaborators, attributes = r.attributes,
               manual_probability = r.manual_probability,
               manual_probability_reason = r.manual_probability_reason,
               manual_probability_actor = r.manual_probability_actor,
               manual_probability_at = r.manual_probability_at
           from jsonb_to_recordset($1) as r (
             id uuid, version bigint, updated_at timestamptz, display_name text, account_id uuid, owner_id uuid,
             team_id uuid, product text, non_standard boolean, amount numeric, currency text,
             expected_close_on date, known_since_on date, entry_buying_step int, competitors text[],
             source_system text, external_id text, further_keys jsonb, buying_step int, buying_step_evidence text,
             buying_step_reason text, buying_step_recorded_at timestamptz,
             contact_level smallint, pause_reason text, pause_actor text, paused_at timestamptz, resume_on date,
             lead_source text, lead_source_detail text, splits jsonb, collaborators jsonb, attributes jsonb,
             manual_probability int, manual_probability_reason text, manual_probability_actor text,
             manual_probability_at timestamptz)
           where o.id = r.id"#,
        Json(records) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores what is known of an element.
///
/// # Errors
/// When the database does not answer.
pub async fn save_element(
    connection: &mut PgConnection,
    id: OpportunityId,
    element: QualificationElement,
    state: &Element,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.qualification_element
           (opportunity_id, element, knowledge, value, source, learned_on, recorder, recorded_at, person_id,
            details)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (tenant_id, opportunity_id, element) do update
         set knowledge = excluded.knowledge, value = excluded.value, source = excluded.source,
             learned_on = excluded.learned_on, recorder = excluded.recorder, recorded_at = excluded.recorded_at,
             person_id = excluded.person_id, details = excluded.details",
        id.0,
        element::name(element),
        element::knowledge_name(state.knowledge),
        state.value,
        state.source,
        state.learned.map(|date| date.to_sqlx()) as _,
        state.recorder,
        state.recorded.to_sqlx() as _,
        state.person,
        proto::ElementState {
            details: state.details.clone(),
            ..proto::ElementState::default()
        }
        .encode_to_vec(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores evidence of a kind; the events keep what was recorded before.
///
/// # Errors
/// When the database does not answer.
pub async fn save_evidence(
    connection: &mut PgConnection,
    id: OpportunityId,
    kind: &str,
    evidence: &Evidence,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.evidence (opportunity_id, kind, happened_on, note, recorder, recorded_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant_id, opportunity_id, kind) do update
         set happened_on = excluded.happened_on, note = excluded.note, recorder = excluded.recorder,
             recorded_at = excluded.recorded_at",
        id.0,
        kind,
        evidence.date.to_sqlx() as _,
        evidence.note,
        evidence.recorder,
        evidence.recorded.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes evidence of a kind away; the events keep that it was recorded.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_evidence(
    connection: &mut PgConnection,
    id: OpportunityId,
    kind: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from pipeline.evidence where opportunity_id = $1 and kind = $2",
        id.0,
        kind,
    )
    .execute(connection)
    .await?;
    Ok(())
}
