//! Deals as they lie in the database, read.

use std::collections::{BTreeMap, HashMap};

use keynode_kit::error::Fault;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::parts::{elements, evidence};
use super::{BuyingStep, ComputedProbability, Loss, ManualProbability, Opportunity, Pause};
use crate::attribute::values::Values;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::stage::Standing;
use crate::status;
use crate::terms::people::{Collaborator, Splits};
use crate::terms::{Amount, Key, Terms};
use crate::work;

/// The ids of the deals that these systems know by these ids, as the first or a further key.
///
/// # Errors
/// When the database does not answer.
pub async fn by_external_keys(
    connection: &mut PgConnection,
    systems: &[String],
    ids: &[String],
) -> Result<HashMap<Key, Uuid>, sqlx::Error> {
    let rows = sqlx::query!(
        "select source_system, external_id, opportunity_id from pipeline.opportunity_key
         where (source_system, external_id) in (select * from unnest($1::text[], $2::text[]))",
        systems,
        ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.source_system, row.external_id), row.opportunity_id))
        .collect())
}

/// Whole deals by their ids, in the order in which they were made.
///
/// # Errors
/// When the database does not answer.
pub async fn fetch(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Opportunity>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, version, created_at, updated_at, display_name, account_id, owner_id, team_id, product,
                  non_standard, amount, currency, expected_close_on, known_since_on, entry_buying_step,
                  competitors, source_system, external_id,
                  further_keys as "further_keys: Json<Vec<Key>>", process, process_version, stage, stage_position,
                  stage_entered_at, status, closed_at, completed_key_nodes, forced_key_nodes, buying_step,
                  buying_step_evidence, buying_step_reason, buying_step_recorded_at, grade, contact_level,
                  pause_reason, pause_actor, paused_at, resume_on, loss_reason, loss_note, loss_winner,
                  stage_probability, lead_source, lead_source_detail, splits as "splits: Json<Splits>",
                  collaborators as "collaborators: Json<Vec<Collaborator>>",
                  attributes as "attributes: Json<Values>", manual_probability, manual_probability_reason,
                  manual_probability_actor, manual_probability_at, computed_probability,
                  computed_probability_model, computed_probability_at
           from pipeline.opportunity
           where id = any($1)
           order by id"#,
        ids,
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut elements = elements(connection, ids).await?;
    let mut evidence = evidence(connection, ids).await?;
    let mut work = work::load_work(connection, ids).await?;
    let mut waivers = work::load_waivers(connection, ids).await?;
    let whole = |row: Row| {
        let id = row.id;
        let mut opportunity = row.into_opportunity()?;
        opportunity.work = work.remove(&id).unwrap_or_default();
        opportunity.waivers = waivers.remove(&id).unwrap_or_default();
        opportunity.elements = elements.remove(&id).unwrap_or_default();
        opportunity.evidence = evidence.remove(&id).unwrap_or_default();
        Ok(opportunity)
    };
    rows.into_iter().map(whole).collect()
}

struct Row {
    id: Uuid,
    version: i64,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
    display_name: String,
    account_id: Option<Uuid>,
    owner_id: Option<Uuid>,
    team_id: Option<Uuid>,
    product: String,
    non_standard: Option<bool>,
    amount: Option<rust_decimal::Decimal>,
    currency: Option<String>,
    expected_close_on: Option<jiff_sqlx::Date>,
    known_since_on: Option<jiff_sqlx::Date>,
    entry_buying_step: Option<i32>,
    competitors: Vec<String>,
    source_system: Option<String>,
    external_id: Option<String>,
    further_keys: Json<Vec<Key>>,
    process: String,
    process_version: i32,
    stage: String,
    stage_position: i32,
    stage_entered_at: jiff_sqlx::Timestamp,
    status: String,
    closed_at: Option<jiff_sqlx::Timestamp>,
    completed_key_nodes: Vec<i32>,
    forced_key_nodes: Vec<i32>,
    buying_step: Option<i32>,
    buying_step_evidence: Option<String>,
    buying_step_reason: Option<String>,
    buying_step_recorded_at: Option<jiff_sqlx::Timestamp>,
    grade: Option<String>,
    contact_level: i16,
    pause_reason: Option<String>,
    pause_actor: Option<String>,
    paused_at: Option<jiff_sqlx::Timestamp>,
    resume_on: Option<jiff_sqlx::Date>,
    loss_reason: Option<String>,
    loss_note: Option<String>,
    loss_winner: Option<String>,
    stage_probability: Option<f64>,
    lead_source: String,
    lead_source_detail: String,
    splits: Json<Splits>,
    collaborators: Json<Vec<Collaborator>>,
    attributes: Json<Values>,
    manual_probability: Option<i32>,
    manual_probability_reason: Option<String>,
    manual_probability_actor: Option<String>,
    manual_probability_at: Option<jiff_sqlx::Timestamp>,
    computed_probability: Option<rust_decimal::Decimal>,
    computed_probability_model: Option<String>,
    computed_probability_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn into_opportunity(self) -> Result<Opportunity, Error> {
        let closed = self.closed_at.map(jiff_sqlx::Timestamp::to_jiff);
        let status = status::of(status::parse(&self.status), closed).ok_or_else(|| {
            Fault::internal(format!("status {} of {} is none", self.status, self.id))
        })?;
        Ok(Opportunity {
            id: OpportunityId(self.id),
            version: self.version,
            created: self.created_at.to_jiff(),
            updated: self.updated_at.to_jiff(),
            terms: Terms {
                display_name: self.display_name,
                account: self.account_id,
                owner: self.owner_id,
                team: self.team_id,
                product: self.product,
                non_standard: self.non_standard,
                amount: self
                    .currency
                    .zip(self.amount)
                    .map(|(currency, value)| Amount {
                        currency,
                        value: value.normalize(),
                    }),
                expected_close: self.expected_close_on.map(jiff_sqlx::Date::to_jiff),
                known_since: self.known_since_on.map(jiff_sqlx::Date::to_jiff),
                entry_buying_step: self.entry_buying_step,
                competitors: self.competitors,
                external_key: self.source_system.zip(self.external_id),
                further_keys: self.further_keys.0,
                splits: self.splits.0,
                collaborators: self.collaborators.0,
                lead_source: self.lead_source,
                lead_source_detail: self.lead_source_detail,
                attributes: self.attributes.0,
            },
            process: self.process,
            process_version: self.process_version,
            stage: self.stage,
            standing: Standing::stored(
                self.stage_position,
                self.stage_entered_at.to_jiff(),
                status,
                self.completed_key_nodes,
                self.forced_key_nodes,
            ),
            elements: BTreeMap::new(),
            buying_step: self
                .buying_step
                .zip(self.buying_step_recorded_at)
                .map(|(step, at)| BuyingStep {
                    step,
                    evidence: self.buying_step_evidence.unwrap_or_default(),
                    reason: self.buying_step_reason.unwrap_or_default(),
                    recorded: at.to_jiff(),
                }),
            evidence: BTreeMap::new(),
            grade: self.grade,
            stage_probability: self.stage_probability,
            contact_level: i32::from(self.contact_level).try_into().unwrap_or_default(),
            pause: self
                .paused_at
                .zip(self.resume_on)
                .map(|(started, resume)| Pause {
                    reason: self.pause_reason.unwrap_or_default(),
                    resume: resume.to_jiff(),
                    started: started.to_jiff(),
                    actor: self.pause_actor.unwrap_or_default(),
                }),
            work: BTreeMap::new(),
            waivers: BTreeMap::new(),
            manual_probability: self.manual_probability.zip(self.manual_probability_at).map(
                |(percent, set)| ManualProbability {
                    percent,
                    reason: self.manual_probability_reason.unwrap_or_default(),
                    actor: self.manual_probability_actor.unwrap_or_default(),
                    set: set.to_jiff(),
                },
            ),
            computed_probability: self
                .computed_probability
                .zip(self.computed_probability_at)
                .map(|(percent, computed)| ComputedProbability {
                    percent: percent.normalize(),
                    model: self.computed_probability_model.unwrap_or_default(),
                    computed: computed.to_jiff(),
                }),
            loss: self.loss_reason.map(|reason| Loss {
                reason,
                note: self.loss_note.unwrap_or_default(),
                winner: self.loss_winner.unwrap_or_default(),
            }),
        })
    }
}
