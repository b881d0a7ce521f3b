//! Moves, and the columns of deals that only moves write, in the database.

use jiff::Timestamp;
use keynode_kit::error::Fault;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::Entry;
use crate::error::Error;
use crate::opportunity::{Opportunity, Record};
use crate::{process, status};

#[derive(Serialize)]
struct EntryRow<'o> {
    #[serde(flatten)]
    record: Record<'o>,
    created_at: Timestamp,
    process: &'o str,
    process_version: i32,
    stage: &'o str,
    stage_position: i32,
    stage_entered_at: Timestamp,
    status: &'static str,
    closed_at: Option<Timestamp>,
    stage_probability: Option<f64>,
}

impl<'o> EntryRow<'o> {
    fn of(Entry { opportunity, moved }: &'o Entry) -> Self {
        let to = moved.to();
        Self {
            record: Record::of(opportunity),
            created_at: opportunity.created,
            process: &opportunity.process,
            process_version: opportunity.process_version,
            stage: &opportunity.stage,
            stage_position: to.position(),
            stage_entered_at: to.entered(),
            status: status::name(opportunity.status()),
            closed_at: to.status().closed_at(),
            stage_probability: opportunity.stage_probability,
        }
    }
}

pub(super) async fn insert_opportunities(
    connection: &mut PgConnection,
    entries: &[Entry],
) -> Result<(), sqlx::Error> {
    let rows: Vec<EntryRow<'_>> = entries.iter().map(EntryRow::of).collect();
    sqlx::query!(
        r#"insert into pipeline.opportunity
             (id, version, created_at, updated_at, display_name, account_id, owner_id, team_id, product,
              non_standard, amount, currency, expected_close_on, known_since_on, entry_buying_step, competitors,
              source_system, external_id, process, process_version, stage, stage_position, stage_entered_at,
              status, closed_at, completed_key_nodes, forced_key_nodes, stage_probability, lead_source,
              lead_source_detail, splits, collaborators, attributes, further_keys)
           select r.id, r.version, r.created_at, r.updated_at, r.display_name, r.account_id, r.owner_id,
                  r.team_id, r.product, r.non_standard, r.amount, r.currency, r.expected_close_on,
                  r.known_since_on, r.entry_buying_step, r.competitors, r.source_system, r.external_id,
                  r.process, r.process_version, r.stage, r.stage_position, r.stage_entered_at, r.status,
                  r.closed_at, '{}', '{}', r.stage_probability, r.lead_source, r.lead_source_detail, r.splits,
                  r.collaborators, r.attributes, r.further_keys
           from jsonb_to_recordset($1) as r (
             id uuid, version bigint, created_at timestamptz, updated_at timestamptz, display_name text,
             account_id uuid, owner_id uuid, team_id uuid, product text, non_standard boolean, amount numeric,
             currency text, expected_close_on date, known_since_on date, entry_buying_step int,
             competitors text[], source_system text, external_id text, process text, process_version int,
             stage text, stage_position int, stage_entered_at timestamptz, status text, closed_at timestamptz,
             stage_probability double precision, lead_source text, lead_source_detail text, splits jsonb,
             collaborators jsonb, attributes jsonb, further_keys jsonb)"#,
        Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The columns of a deal that a move writes.
#[derive(Serialize)]
struct MovedRow<'o> {
    id: Uuid,
    version: i64,
    updated_at: Timestamp,
    stage: &'o str,
    stage_position: i32,
    stage_entered_at: Timestamp,
    status: &'static str,
    closed_at: Option<Timestamp>,
    completed_key_nodes: Vec<i32>,
    forced_key_nodes: Vec<i32>,
    grade: Option<&'o str>,
    process: &'o str,
    process_version: i32,
    loss_reason: Option<&'o str>,
    loss_note: Option<&'o str>,
    loss_winner: Option<&'o str>,
    paused_at: Option<Timestamp>,
    pause_reason: Option<&'o str>,
    pause_actor: Option<&'o str>,
    resume_on: Option<jiff::civil::Date>,
    stage_probability: Option<f64>,
    /// As text: a JSON number could pass through a float.
    amount: Option<String>,
    currency: Option<&'o str>,
}

impl<'o> MovedRow<'o> {
    fn of(after: &'o Opportunity) -> Self {
        let (standing, loss, pause) = (&after.standing, after.loss.as_ref(), after.pause.as_ref());
        let amount = after.terms.amount.as_ref();
        Self {
            id: after.id.0,
            version: after.version,
            updated_at: after.updated,
            stage: &after.stage,
            stage_position: standing.position(),
            stage_entered_at: standing.entered(),
            status: status::name(after.status()),
            closed_at: standing.status().closed_at(),
            completed_key_nodes: standing.completed(),
            forced_key_nodes: standing.forced(),
            grade: after.grade.as_deref(),
            process: &after.process,
            process_version: after.process_version,
            loss_reason: loss.map(|loss| loss.reason.as_str()),
            loss_note: loss.map(|loss| loss.note.as_str()),
            loss_winner: loss.map(|loss| loss.winner.as_str()),
            paused_at: pause.map(|pause| pause.started),
            pause_reason: pause.map(|pause| pause.reason.as_str()),
            pause_actor: pause.map(|pause| pause.actor.as_str()),
            resume_on: pause.map(|pause| pause.resume),
            stage_probability: after.stage_probability,
            amount: amount.map(|amount| amount.value.to_string()),
            currency: amount.map(|amount| amount.currency.as_str()),
        }
    }
}

/// Writes what moves change, one move of each deal. The moves were written before, or
/// the database refuses this.
pub(super) async fn update_opportunities(
    connection: &mut PgConnection,
    after: &[&Opportunity],
) -> Result<(), sqlx::Error> {
    let rows: Vec<MovedRow<'_>> = after.iter().map(|after| MovedRow::of(after)).collect();
    sqlx::query!(
        r#"update pipeline.opportunity o
           set version = r.version, updated_at = r.updated_at, stage = r.stage, stage_position = r.stage_position,
               stage_entered_at = r.stage_entered_at, status = r.status, closed_at = r.closed_at,
               completed_key_nodes = r.completed_key_nodes, forced_key_nodes = r.forced_key_nodes,
               grade = r.grade, process = r.process, process_version = r.process_version,
               loss_reason = r.loss_reason, loss_note = r.loss_note, loss_winner = r.loss_winner,
               paused_at = r.paused_at, pause_reason = r.pause_reason, pause_actor = r.pause_actor,
               resume_on = r.resume_on, stage_probability = r.stage_probability, amount = r.amount,
               currency = r.currency
           from jsonb_to_recordset($1) as r (
             id uuid, version bigint, updated_at timestamptz, stage text, stage_position int,
             stage_entered_at timestamptz, status text, closed_at timestamptz, completed_key_nodes int[],
             forced_key_nodes int[], grade text, process text, process_version int, loss_reason text,
             loss_note text, loss_winner text, paused_at timestamptz, pause_reason text, pause_actor text,
             resume_on date, stage_probability double precision, amount numeric, currency text)
           where o.id = r.id"#,
        Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(Serialize)]
pub(super) struct NewRow<'m> {
    id: Uuid,
    opportunity_id: Uuid,
    opportunity_version: i64,
    from_stage: &'m str,
    to_stage: &'m str,
    from_status: Option<&'static str>,
    to_status: &'static str,
    forced: bool,
    imported: bool,
    reason: &'m str,
    unmet_criteria: &'m [String],
    actor: &'m str,
    moved_at: Timestamp,
    process: &'m str,
    process_version: i32,
    decision_map_version: i64,
    evaluation: &'m str,
    evaluation_model_version: i32,
    kind: i32,
    loss_reason: &'m str,
    loss_note: &'m str,
    loss_winner: &'m str,
    from_process: &'m str,
    from_process_version: i32,
    recorded_at: Timestamp,
    source_event: &'m str,
}

impl<'m> NewRow<'m> {
    /// The move of a deal as it is after it.
    pub(super) fn of(
        id: Uuid,
        after: &'m Opportunity,
        stage_move: &'m proto::StageMove,
    ) -> Result<Self, Error> {
        let basis = stage_move
            .basis
            .as_ref()
            .ok_or_else(|| Fault::internal("a move without its basis"))?;
        let loss = stage_move.loss.as_ref();
        Ok(Self {
            id,
            opportunity_id: after.id.0,
            opportunity_version: after.version,
            from_stage: &stage_move.from_stage,
            to_stage: &stage_move.to_stage,
            from_status: Some(stage_move.from_status())
                .filter(|kind| *kind != Default::default())
                .map(status::name),
            to_status: status::name(stage_move.to_status()),
            forced: stage_move.forced,
            imported: stage_move.imported,
            reason: &stage_move.reason,
            unmet_criteria: &stage_move.unmet_criteria,
            actor: &stage_move.actor,
            moved_at: moment(stage_move.move_time.as_ref()).unwrap_or(after.updated),
            process: &after.process,
            process_version: basis.process_version,
            decision_map_version: basis.decision_map_version,
            evaluation: &basis.evaluation,
            evaluation_model_version: basis.evaluation_model_version,
            kind: stage_move.kind,
            loss_reason: loss.map_or("", |loss| &loss.reason),
            loss_note: loss.map_or("", |loss| &loss.note),
            loss_winner: loss.map_or("", |loss| &loss.winner),
            from_process: process::id_of(&stage_move.from_process).unwrap_or_default(),
            from_process_version: stage_move.from_process_version,
            recorded_at: moment(stage_move.record_time.as_ref()).unwrap_or(after.updated),
            source_event: "",
        })
    }

    /// The same, as another system told it.
    pub(super) fn told_by(self, event: &'m str) -> Self {
        Self {
            source_event: event,
            ..self
        }
    }

    /// The same, of no version of its deal: it was told late.
    pub(super) fn late(self) -> Self {
        Self {
            opportunity_version: 0,
            ..self
        }
    }
}

fn moment(wire: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    wire::read_timestamp(wire?).ok()
}

pub(super) async fn insert_moves(
    connection: &mut PgConnection,
    rows: Vec<NewRow<'_>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"insert into pipeline.stage_move
             (id, opportunity_id, opportunity_version, from_stage, to_stage, from_status, to_status, forced,
              imported, reason, unmet_criteria, actor, moved_at, process, process_version, decision_map_version,
              evaluation, evaluation_model_version, kind, loss_reason, loss_note, loss_winner, from_process,
              from_process_version, recorded_at, source_event)
           select r.id, r.opportunity_id, r.opportunity_version, r.from_stage, r.to_stage, r.from_status,
                  r.to_status, r.forced, r.imported, r.reason, r.unmet_criteria, r.actor, r.moved_at, r.process,
                  r.process_version, r.decision_map_version, r.evaluation, r.evaluation_model_version, r.kind,
                  r.loss_reason, r.loss_note, r.loss_winner, r.from_process, r.from_process_version,
                  r.recorded_at, r.source_event
           from jsonb_to_recordset($1) as r (
             id uuid, opportunity_id uuid, opportunity_version bigint, from_stage text, to_stage text,
             from_status text, to_status text, forced boolean, imported boolean, reason text,
             unmet_criteria text[], actor text, moved_at timestamptz, process text, process_version int,
             decision_map_version bigint, evaluation text, evaluation_model_version int, kind smallint,
             loss_reason text, loss_note text, loss_winner text, from_process text, from_process_version int,
             recorded_at timestamptz, source_event text)"#,
        Json(rows) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
