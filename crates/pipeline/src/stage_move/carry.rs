//! Moves that another system tells of, many at once.

use std::sync::Arc;

use jiff::Timestamp;
use keynode_kit::mutation::Writer;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;

use super::{insert_moves, moved_on, row, stage_move};
use crate::error::Error;
use crate::opportunity::Opportunity;
use crate::process::Process;
use crate::stage::Moved;
use crate::stage_move::Circumstances;
use crate::terms::Amount;

/// A deal that goes along, and how that was decided.
#[derive(Debug)]
pub struct Carried {
    pub before: Opportunity,
    pub process: Arc<Process>,
    pub moved: Moved,
    /// When it was so there.
    pub at: Timestamp,
    /// What it was worth from then on; none = not said.
    pub amount: Option<Amount>,
}

/// Stores one move of each of these deals, with its event; answers the deals after it.
///
/// # Errors
/// When the database does not answer.
pub async fn carry(
    w: &mut Writer<'_>,
    carried: Vec<Carried>,
    (actor, now): (&str, Timestamp),
) -> Result<Vec<Opportunity>, Error> {
    let made: Vec<(Opportunity, proto::StageMove, &Carried)> = carried
        .iter()
        .map(|it| {
            let (after, stage_move) = it.make(actor, now);
            (after, stage_move, it)
        })
        .collect();
    insert_moves(w, made.iter().map(|(after, moved, _)| (after, moved))).await?;
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

impl Carried {
    fn make(&self, actor: &str, now: Timestamp) -> (Opportunity, proto::StageMove) {
        let mut after = moved_on(&self.before, &self.process, &self.moved, now);
        if self.amount.is_some() {
            after.terms.amount.clone_from(&self.amount);
        }
        let system = self.before.terms.external_key.as_ref();
        let circumstances = Circumstances {
            actor: actor.to_owned(),
            now: self.at,
            reason: system.map_or_else(String::new, |(system, _)| format!("told by {system}")),
            loss: None,
            basis: proto::DecisionBasis {
                process: crate::process::name(&after.process),
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
