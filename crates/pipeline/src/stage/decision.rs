//! Whether a deal moves, and to where.

use std::collections::BTreeSet;

use jiff::Timestamp;
use keynode_proto::pipeline::v1::MoveKind;

use super::{Blocked, Gates, Move, Moved, Standing, Status, Track};

/// Decides a move.
///
/// # Errors
/// Why the deal stays where it is.
pub fn decide(track: Track, step: Move<'_>, now: Timestamp) -> Result<Moved, Blocked> {
    match step {
        Move::Open => Ok(enter(1, now, Status::Open, false)),
        Move::Carry {
            position,
            status,
            entered,
        } => Ok(enter(position, entered, status, true)),
        Move::CarryOn {
            from,
            position,
            status,
            at,
        } => Ok(carry_on(from, position, status, at)),
        Move::Advance { from, gates } => advance(track, from, gates, now),
        Move::Force { from, gates } => force(track, from, gates, now),
        Move::Retreat { from, position } => retreat(from, position, now),
        Move::Lose { from } => end(from, MoveKind::Lose, Status::Lost { at: now }),
        Move::Abandon { from } => end(from, MoveKind::Abandon, Status::Abandoned { at: now }),
        Move::Reopen { from, position } => reopen(track, from, position, now),
        Move::ChangeProcess {
            from,
            position,
            reached,
        } => change_process(from, position, reached, now),
    }
}

fn enter(position: i32, entered: Timestamp, status: Status, imported: bool) -> Moved {
    let to = Standing {
        position,
        entered,
        status,
        completed: BTreeSet::new(),
        forced: BTreeSet::new(),
    };
    Moved {
        imported,
        ..Moved::of(MoveKind::Enter, to)
    }
}

fn carry_on(from: &Standing, position: i32, status: Status, at: Timestamp) -> Moved {
    let mut to = from.with_lost(position);
    to.status = status;
    if position != from.position {
        to.enter(position, at);
    }
    Moved {
        imported: true,
        ..Moved::of(MoveKind::Carry, to)
    }
}

fn advance(track: Track, from: &Standing, gates: &Gates, now: Timestamp) -> Result<Moved, Blocked> {
    if from.status.is_over() {
        return Err(Blocked::Closed(from.status));
    }
    if !gates.unmet.is_empty() {
        return Err(Blocked::KeyNodeNotReached);
    }
    let mut to = from.with_made_up(&gates.made_up);
    to.completed.insert(from.position);
    if from.position == track.wins {
        to.status = to.status.won(now);
    }
    if from.position == track.last {
        to.status = to.status.completed(now);
    } else {
        to.enter(from.position + 1, now);
    }
    Ok(Moved::of(MoveKind::Advance, to))
}

fn force(track: Track, from: &Standing, gates: &Gates, now: Timestamp) -> Result<Moved, Blocked> {
    if from.status.is_over() {
        return Err(Blocked::Closed(from.status));
    }
    if from.position == track.wins || from.position == track.last {
        return Err(Blocked::NotForcible);
    }
    from.require_open()?;
    if gates.unmet.is_empty() {
        return Err(Blocked::KeyNodeReached);
    }
    let mut to = from.with_made_up(&gates.made_up);
    to.forced.insert(from.position);
    to.enter(from.position + 1, now);
    Ok(Moved {
        unmet: gates.unmet.clone(),
        ..Moved::of(MoveKind::Force, to)
    })
}

fn retreat(from: &Standing, position: i32, now: Timestamp) -> Result<Moved, Blocked> {
    from.require_open()?;
    if position < 1 || position >= from.position {
        return Err(Blocked::NotEarlier);
    }
    let mut to = from.with_lost(position);
    to.enter(position, now);
    Ok(Moved::of(MoveKind::Retreat, to))
}

fn end(from: &Standing, kind: MoveKind, status: Status) -> Result<Moved, Blocked> {
    from.require_open()?;
    let to = Standing {
        status,
        ..from.clone()
    };
    Ok(Moved::of(kind, to))
}

fn reopen(track: Track, from: &Standing, position: i32, now: Timestamp) -> Result<Moved, Blocked> {
    if from.status == Status::Open {
        return Err(Blocked::Open);
    }
    // An open deal stands before or in the stage that wins.
    if position < 1 || position > from.position.min(track.wins) {
        return Err(Blocked::NotEarlier);
    }
    let mut to = from.with_lost(position);
    to.status = Status::Open;
    to.enter(position, now);
    Ok(Moved::of(MoveKind::Reopen, to))
}

fn change_process(
    from: &Standing,
    position: i32,
    reached: &[i32],
    now: Timestamp,
) -> Result<Moved, Blocked> {
    from.require_open()?;
    let before = |places: &mut dyn Iterator<Item = i32>| -> BTreeSet<i32> {
        places.filter(|place| *place < position).collect()
    };
    let completed = before(&mut reached.iter().copied());
    let mut forced = before(&mut from.forced.iter().copied());
    forced.retain(|place| !completed.contains(place));
    let to = Standing {
        position,
        entered: now,
        status: Status::Open,
        completed,
        forced,
    };
    Ok(Moved::of(MoveKind::ChangeProcess, to))
}
