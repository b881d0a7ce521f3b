//! Moves that another system tells of, many at once.

use std::sync::Arc;

use jiff::Timestamp;
use keynode_kit::mutation::Writer;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::MoveKind;
use sqlx::PgConnection;

use super::{moved_on, row, stage_move};
use crate::error::Error;
use crate::opportunity::Opportunity;
use crate::process::{self, Process};
use crate::stage::{Moved, Status};
use crate::stage_move::Circumstances;
use crate::status;
use crate::terms::Amount;

/// A deal that goes along, and how that was decided.
#[derive(Debug)]
pub struct Carried<'e> {
    pub before: Opportunity,
    pub process: Arc<Process>,
    pub moved: Moved,
    /// When it was so there.
    pub at: Timestamp,
    /// The id of what was told.
    pub event: &'e str,
    /// What the deal is worth.
    pub amount: Option<Amount>,
}

/// How a deal stood in its past, told late.
#[derive(Debug)]
pub struct Late<'e> {
    pub deal: &'e Opportunity,
    pub process: &'e Process,
    /// By its id.
    pub stage: &'e str,
    pub status: Status,
    /// When it was so there.
    pub at: Timestamp,
    /// The id of what was told.
    pub event: &'e str,
}

/// Stores one move of each of these deals, with its event; answers the deals after it.
///
/// # Errors
/// When the database does not answer.
pub async fn carry(
    w: &mut Writer<'_>,
    carried: Vec<Carried<'_>>,
    (actor, now): (&str, Timestamp),
) -> Result<Vec<Opportunity>, Error> {
    let made: Vec<(Opportunity, proto::StageMove, &Carried<'_>)> = carried
        .iter()
        .map(|it| {
            let (after, stage_move) = it.make(actor, now);
            (after, stage_move, it)
        })
        .collect();
    let rows: Result<Vec<row::NewRow<'_>>, Error> = made
        .iter()
        .map(|(after, moved, it)| Ok(row::NewRow::of(w.id(), after, moved)?.told_by(it.event)))
        .collect();
    row::insert_moves(w, rows?).await?;
    let after: Vec<&Opportunity> = made.iter().map(|(after, ..)| after).collect();
    row::update_opportunities(w, &after).await?;
    for (after, stage_move, it) in &made {
        let event = proto::OpportunityStageMoved {
            r#move: Some(stage_move.clone()),
            before: Some(it.before.to_proto()),
            after: Some(after.to_proto()),
            from_stage_name: it.process.stage_name(&stage_move.from_stage),
            to_stage_name: it.process.stage_name(&stage_move.to_stage),
        };
        w.record(after.id.to_string(), after.version, &event);
    }
    Ok(made.into_iter().map(|(after, ..)| after).collect())
}

/// Stores moves that were told late. The deals stay as they are; what each left says the move
/// before it, when moves are read.
///
/// # Errors
/// When the database does not answer.
pub async fn stand_in_past(
    w: &mut Writer<'_>,
    told: &[Late<'_>],
    (actor, now): (&str, Timestamp),
) -> Result<(), Error> {
    let moves: Vec<proto::StageMove> = told.iter().map(|it| it.stage_move(actor, now)).collect();
    let rows: Result<Vec<row::NewRow<'_>>, Error> = told
        .iter()
        .zip(&moves)
        .map(|(it, moved)| {
            let row = row::NewRow::of(w.id(), it.deal, moved)?;
            Ok(row.told_by(it.event).late())
        })
        .collect();
    let connection: &mut PgConnection = w;
    row::insert_moves(connection, rows?).await?;
    Ok(())
}

/// Why a deal moves that another system moves.
fn reason(deal: &Opportunity) -> String {
    let system = deal.terms.external_key.as_ref();
    system.map_or_else(String::new, |(system, _)| format!("told by {system}"))
}

impl Carried<'_> {
    fn make(&self, actor: &str, now: Timestamp) -> (Opportunity, proto::StageMove) {
        let mut after = moved_on(&self.before, &self.process, &self.moved, now);
        after.terms.amount.clone_from(&self.amount);
        let circumstances = Circumstances {
            actor: actor.to_owned(),
            now: self.at,
            reason: reason(&self.before),
            loss: None,
            basis: proto::DecisionBasis {
                process: process::name(&after.process),
                process_version: after.process_version,
                opportunity_version: self.before.version,
                ..proto::DecisionBasis::default()
            },
        };
        let stage_move = stage_move(&self.before, &after, &self.moved, circumstances);
        debug_assert_eq!(stage_move.move_time, Some(wire::timestamp(self.at)));
        (after, stage_move)
    }
}

impl Late<'_> {
    fn stage_move(&self, actor: &str, now: Timestamp) -> proto::StageMove {
        proto::StageMove {
            opportunity: self.deal.id.to_string(),
            to_stage: self.stage.to_owned(),
            to_status: status::kind(self.status).into(),
            imported: true,
            reason: reason(self.deal),
            actor: actor.to_owned(),
            move_time: Some(wire::timestamp(self.at)),
            record_time: Some(wire::timestamp(now)),
            basis: Some(proto::DecisionBasis {
                process: self.process.name(),
                process_version: self.process.version,
                ..proto::DecisionBasis::default()
            }),
            kind: MoveKind::Carry.into(),
            ..proto::StageMove::default()
        }
    }
}
