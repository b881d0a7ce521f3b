//! Moves of deals, kept for ever. Nothing else writes a stage or a status, and the
//! database refuses one that is written without its move.

pub mod carry;
mod page;
mod row;

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::MoveKind;
use sqlx::PgConnection;

use crate::error::Error;
use crate::opportunity::{self, Change, Loss, Opportunity};
use crate::process::Process;
use crate::stage::Moved;
use crate::stage_probability;

pub use page::page;

/// Who moves a deal, when, why, and what that was decided by.
#[derive(Clone, Debug)]
pub struct Circumstances {
    pub actor: String,
    pub now: Timestamp,
    /// Empty where none is asked for.
    pub reason: String,
    /// Of a move that loses.
    pub loss: Option<Loss>,
    pub basis: proto::DecisionBasis,
}

/// The process that a deal follows before a move and after it.
#[derive(Clone, Copy, Debug)]
pub struct Tracks<'p> {
    pub from: &'p Process,
    pub to: &'p Process,
}

impl<'p> Tracks<'p> {
    /// Of a move within one process.
    pub fn along(process: &'p Process) -> Self {
        Self {
            from: process,
            to: process,
        }
    }
}

/// A deal that enters, and how it was decided where.
#[derive(Debug)]
pub struct Entry {
    pub opportunity: Opportunity,
    pub moved: Moved,
}

/// Stores deals that are new, each with its first move and its event.
///
/// # Errors
/// `EXTERNAL_KEY_TAKEN`.
pub async fn enter(w: &mut Writer<'_>, call: &Call, entries: &[Entry]) -> Result<(), Error> {
    let actor = &call.principal.subject;
    let moves: Vec<proto::StageMove> = entries
        .iter()
        .map(|entry| entry.first_move(actor))
        .collect();
    row::insert_opportunities(w, entries).await?;
    insert_moves(
        w,
        entries.iter().map(|entry| &entry.opportunity).zip(&moves),
    )
    .await?;
    let added: Vec<Change<'_>> = entries
        .iter()
        .map(|entry| Change {
            before: None,
            after: &entry.opportunity,
        })
        .collect();
    opportunity::index(w, call.tenant()?, &added).await?;
    for Entry { opportunity, .. } in entries {
        let opened = proto::OpportunityChanged {
            before: None,
            after: Some(opportunity.to_proto()),
            reason: String::new(),
        };
        w.record(opportunity.id.to_string(), opportunity.version, &opened);
    }
    Ok(())
}

/// Stores a move that was decided, with its event, and answers both.
///
/// # Errors
/// When the database does not answer.
pub async fn move_on(
    w: &mut Writer<'_>,
    before: &Opportunity,
    Tracks {
        from: from_process,
        to: process,
    }: Tracks<'_>,
    moved: &Moved,
    grade: Option<String>,
    circumstances: Circumstances,
) -> Result<(proto::Opportunity, proto::StageMove), Error> {
    let mut after = moved_on(before, process, moved, circumstances.now);
    after.grade = grade.or(after.grade);
    after.loss.clone_from(&circumstances.loss);
    let stage_move = stage_move(before, &after, moved, circumstances);
    insert_moves(w, [(&after, &stage_move)]).await?;
    row::update_opportunities(w, &[&after]).await?;
    let after_proto = after.to_proto();
    let event = proto::OpportunityStageMoved {
        r#move: Some(stage_move.clone()),
        before: Some(before.to_proto()),
        after: Some(after_proto.clone()),
        from_stage_name: from_process.stage_name(&stage_move.from_stage),
        to_stage_name: process.stage_name(&stage_move.to_stage),
    };
    w.record(after.id.to_string(), after.version, &event);
    Ok((after_proto, stage_move))
}

/// A deal after a move.
fn moved_on(before: &Opportunity, process: &Process, moved: &Moved, now: Timestamp) -> Opportunity {
    let mut after = before.clone();
    after.touch(now);
    after.standing = moved.to().clone();
    after.stage = process
        .stage_at(moved.to().position())
        .map_or_else(String::new, |stage| stage.id.clone());
    after.process.clone_from(&process.id);
    after.process_version = process.version;
    after.stage_probability = stage_probability::by_stage(process, &after.standing);
    // Whatever it waited for, it goes on.
    after.pause = None;
    after
}

fn stage_move(
    before: &Opportunity,
    after: &Opportunity,
    moved: &Moved,
    circumstances: Circumstances,
) -> proto::StageMove {
    let stays = match moved.kind() {
        MoveKind::Lose | MoveKind::Abandon => true,
        MoveKind::Advance => before.standing.position() == after.standing.position(),
        _ => false,
    };
    let has_changed_process =
        (&before.process, before.process_version) != (&after.process, after.process_version);
    proto::StageMove {
        opportunity: after.id.to_string(),
        from_stage: before.stage.clone(),
        to_stage: if stays {
            String::new()
        } else {
            after.stage.clone()
        },
        from_status: before.status().into(),
        to_status: after.status().into(),
        forced: moved.forced(),
        imported: moved.imported(),
        reason: circumstances.reason,
        unmet_criteria: moved.unmet().to_vec(),
        actor: circumstances.actor,
        move_time: Some(keynode_kit::wire::timestamp(circumstances.now)),
        record_time: Some(keynode_kit::wire::timestamp(after.updated)),
        basis: Some(circumstances.basis),
        kind: moved.kind().into(),
        loss: circumstances.loss.as_ref().map(Loss::to_proto),
        from_process: match has_changed_process {
            true => crate::process::name(&before.process),
            false => String::new(),
        },
        from_process_version: match has_changed_process {
            true => before.process_version,
            false => 0,
        },
    }
}

impl Entry {
    /// An imported deal says where it comes from.
    fn reason(&self) -> String {
        match &self.opportunity.terms.external_key {
            Some((system, _)) if self.moved.imported() => format!("imported from {system}"),
            _ => String::new(),
        }
    }

    /// What is over was entered before it ended, and what is won before it is delivered.
    fn entered(&self) -> Timestamp {
        let standing = &self.opportunity.standing;
        let closed = standing.status().closed_at();
        closed.map_or(standing.entered(), |closed| closed.min(standing.entered()))
    }

    fn first_move(&self, actor: &str) -> proto::StageMove {
        let opportunity = &self.opportunity;
        proto::StageMove {
            opportunity: opportunity.id.to_string(),
            from_stage: String::new(),
            to_stage: opportunity.stage.clone(),
            from_status: proto::OpportunityStatus::Unspecified.into(),
            to_status: opportunity.status().into(),
            forced: false,
            imported: self.moved.imported(),
            reason: self.reason(),
            unmet_criteria: Vec::new(),
            actor: actor.to_owned(),
            move_time: Some(keynode_kit::wire::timestamp(self.entered())),
            record_time: Some(keynode_kit::wire::timestamp(opportunity.created)),
            basis: Some(proto::DecisionBasis {
                process: crate::process::name(&opportunity.process),
                process_version: opportunity.process_version,
                ..proto::DecisionBasis::default()
            }),
            kind: self.moved.kind().into(),
            ..proto::StageMove::default()
        }
    }
}

async fn insert_moves<'m>(
    w: &mut Writer<'_>,
    moves: impl IntoIterator<Item = (&'m Opportunity, &'m proto::StageMove)>,
) -> Result<(), Error> {
    let rows: Result<Vec<row::NewRow<'_>>, Error> = moves
        .into_iter()
        .map(|(after, stage_move)| row::NewRow::of(w.id(), after, stage_move))
        .collect();
    let connection: &mut PgConnection = w;
    row::insert_moves(connection, rows?).await?;
    Ok(())
}
