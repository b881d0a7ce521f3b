//! Moves read, in the order in which they happened.

use keynode_kit::page::Page;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::OpportunityId;
use crate::{process, status};

struct Row {
    id: Uuid,
    opportunity_version: i64,
    from_stage: String,
    to_stage: String,
    from_status: Option<String>,
    to_status: String,
    forced: bool,
    imported: bool,
    reason: String,
    unmet_criteria: Vec<String>,
    actor: String,
    moved_at: jiff_sqlx::Timestamp,
    recorded_at: Option<jiff_sqlx::Timestamp>,
    process: String,
    process_version: i32,
    decision_map_version: i64,
    evaluation: String,
    evaluation_model_version: i32,
    kind: i16,
    loss_reason: String,
    loss_note: String,
    loss_winner: String,
    from_process: String,
    from_process_version: i32,
}

/// A page of the moves of a deal, the first that happened first, each with its id. Of moves made
/// here the order is that of the deal's versions. What another system tells (`MOVE_KIND_CARRY`)
/// leaves the stage that the move before it entered, whenever that was told.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    connection: &mut PgConnection,
    opportunity: OpportunityId,
    page: &Page,
) -> Result<Vec<(Uuid, proto::StageMove)>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"with happened as (
             select m.*,
                    case when m.opportunity_version > 0
                      then max(m.moved_at) filter (where m.opportunity_version > 0)
                             over (order by m.opportunity_version)
                      else m.moved_at end as happened_at
             from pipeline.stage_move m where m.opportunity_id = $1
           ), placed as (
             select h.*, row_number() over in_order as place,
                    lag(coalesce(nullif(h.to_stage, ''), h.from_stage)) over in_order as left_stage,
                    lag(h.to_status) over in_order as left_status
             from happened h
             window in_order as (
               order by h.happened_at, length(h.source_event), h.source_event, h.opportunity_version, h.id)
           )
           select id as "id!", opportunity_version as "opportunity_version!",
                  case when kind = 9 then coalesce(left_stage, from_stage) else from_stage end as "from_stage!",
                  to_stage as "to_stage!",
                  case when kind = 9 then coalesce(left_status, from_status) else from_status end as from_status,
                  to_status as "to_status!", forced as "forced!", imported as "imported!", reason as "reason!",
                  unmet_criteria as "unmet_criteria!", actor as "actor!",
                  moved_at as "moved_at!: jiff_sqlx::Timestamp",
                  recorded_at as "recorded_at?: jiff_sqlx::Timestamp", process as "process!",
                  process_version as "process_version!", decision_map_version as "decision_map_version!",
                  evaluation as "evaluation!", evaluation_model_version as "evaluation_model_version!",
                  kind as "kind!", loss_reason as "loss_reason!", loss_note as "loss_note!",
                  loss_winner as "loss_winner!", from_process as "from_process!",
                  from_process_version as "from_process_version!"
           from placed
           where $2::uuid is null or place > (select p.place from placed p where p.id = $2)
           order by place
           limit $3"#,
        opportunity.0,
        page.after,
        page.fetch(),
    )
    .fetch_all(connection)
    .await?;
    let moves = rows.into_iter();
    Ok(moves
        .map(|row| (row.id, row.into_proto(opportunity)))
        .collect())
}

impl Row {
    fn into_proto(self, opportunity: OpportunityId) -> proto::StageMove {
        let kind = |name: &str| i32::from(status::parse(name));
        proto::StageMove {
            opportunity: opportunity.to_string(),
            from_status: self.from_status.as_deref().map(kind).unwrap_or_default(),
            to_status: kind(&self.to_status),
            basis: Some(self.basis()),
            loss: self.loss(),
            from_process: match self.from_process.as_str() {
                "" => String::new(),
                id => process::name(id),
            },
            from_stage: self.from_stage,
            to_stage: self.to_stage,
            forced: self.forced,
            imported: self.imported,
            reason: self.reason,
            unmet_criteria: self.unmet_criteria,
            actor: self.actor,
            move_time: Some(wire::timestamp(self.moved_at.to_jiff())),
            record_time: self.recorded_at.map(|at| wire::timestamp(at.to_jiff())),
            kind: self.kind.into(),
            from_process_version: self.from_process_version,
        }
    }

    fn basis(&self) -> proto::DecisionBasis {
        proto::DecisionBasis {
            process: process::name(&self.process),
            process_version: self.process_version,
            opportunity_version: (self.opportunity_version - 1).max(0),
            decision_map_version: self.decision_map_version,
            evaluation: self.evaluation.clone(),
            evaluation_model_version: self.evaluation_model_version,
        }
    }

    fn loss(&self) -> Option<proto::Loss> {
        let loss = proto::Loss {
            reason: self.loss_reason.clone(),
            note: self.loss_note.clone(),
            winner: self.loss_winner.clone(),
        };
        Some(loss).filter(|loss| !loss.reason.is_empty())
    }
}
