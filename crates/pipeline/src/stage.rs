//! How a deal moves: the one place in which a stage or status changes, for every writer.
//!
//! [`Standing`] and [`Moved`] can be made by [`decide`] only (and by reading what
//! [`decide`] once made); what stores a stage takes a [`Moved`].

use std::collections::BTreeSet;

use jiff::Timestamp;

/// How a deal stands as a whole, with when it was won, lost or given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Open,
    Won {
        at: Timestamp,
    },
    /// Delivered; `at` is still when it was won.
    Completed {
        at: Timestamp,
    },
    Lost {
        at: Timestamp,
    },
    Abandoned {
        at: Timestamp,
    },
}

/// Where a process wins and where it ends, as positions from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Track {
    pub wins: i32,
    pub last: i32,
}

/// Where a deal stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    position: i32,
    entered: Timestamp,
    status: Status,
    completed: BTreeSet<i32>,
    forced: BTreeSet<i32>,
}

/// What the key nodes say at the moment of a move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gates {
    /// Required criteria of the current stage that are not met; none = it is reached.
    pub unmet: Vec<String>,
    /// Positions of earlier stages whose owed key node is reached by now.
    pub made_up: Vec<i32>,
}

/// What is to happen to a deal.
#[derive(Clone, Copy, Debug)]
pub enum Move<'a> {
    /// A new deal enters the first stage.
    Open,
    /// A deal comes from another system and enters where that says; nothing is checked
    /// and so no key node is claimed.
    Carry {
        position: i32,
        status: Status,
        entered: Timestamp,
    },
    /// Through the key node of the current stage (R1).
    Advance {
        from: &'a Standing,
        gates: &'a Gates,
    },
    /// Without it (R2).
    Force {
        from: &'a Standing,
        gates: &'a Gates,
    },
}

/// A move that was decided and is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    to: Standing,
    forced: bool,
    imported: bool,
    unmet: Vec<String>,
}

/// Why a deal does not move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Completed, lost or given up; or won, when force is asked for.
    Closed(Status),
    KeyNodeNotReached,
    /// Nothing needs force.
    KeyNodeReached,
    /// The stage that wins and the last one end by fact only.
    NotForcible,
}

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
        Move::Advance { from, gates } => advance(track, from, gates, now),
        Move::Force { from, gates } => force(track, from, gates, now),
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
        to,
        forced: false,
        imported,
        unmet: Vec::new(),
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
        to.enter_next(now);
    }
    Ok(Moved {
        to,
        forced: false,
        imported: false,
        unmet: Vec::new(),
    })
}

fn force(track: Track, from: &Standing, gates: &Gates, now: Timestamp) -> Result<Moved, Blocked> {
    if from.status.is_over() {
        return Err(Blocked::Closed(from.status));
    }
    if from.position == track.wins || from.position == track.last {
        return Err(Blocked::NotForcible);
    }
    if from.status != Status::Open {
        return Err(Blocked::Closed(from.status));
    }
    if gates.unmet.is_empty() {
        return Err(Blocked::KeyNodeReached);
    }
    let mut to = from.with_made_up(&gates.made_up);
    to.forced.insert(from.position);
    to.enter_next(now);
    Ok(Moved {
        to,
        forced: true,
        imported: false,
        unmet: gates.unmet.clone(),
    })
}

impl Status {
    /// Nothing moves it any more.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Completed { .. } | Self::Lost { .. } | Self::Abandoned { .. }
        )
    }

    /// When it was won, lost or given up.
    pub fn closed_at(self) -> Option<Timestamp> {
        match self {
            Self::Open => None,
            Self::Won { at }
            | Self::Completed { at }
            | Self::Lost { at }
            | Self::Abandoned { at } => Some(at),
        }
    }

    fn won(self, now: Timestamp) -> Self {
        Self::Won {
            at: self.closed_at().unwrap_or(now),
        }
    }

    fn completed(self, now: Timestamp) -> Self {
        Self::Completed {
            at: self.closed_at().unwrap_or(now),
        }
    }
}

impl Standing {
    /// A standing as it was stored.
    pub fn stored(
        position: i32,
        entered: Timestamp,
        status: Status,
        completed: impl IntoIterator<Item = i32>,
        forced: impl IntoIterator<Item = i32>,
    ) -> Self {
        Self {
            position,
            entered,
            status,
            completed: completed.into_iter().collect(),
            forced: forced.into_iter().collect(),
        }
    }

    pub fn position(&self) -> i32 {
        self.position
    }

    /// When the stage was entered.
    pub fn entered(&self) -> Timestamp {
        self.entered
    }

    pub fn status(&self) -> Status {
        self.status
    }

    /// Positions whose key node is reached, ascending.
    pub fn completed(&self) -> Vec<i32> {
        self.completed.iter().copied().collect()
    }

    /// Positions left by force whose key node is still owed, ascending.
    pub fn forced(&self) -> Vec<i32> {
        self.forced.iter().copied().collect()
    }

    /// The first position whose key node is missing: where the work really is (R4).
    pub fn effective_position(&self) -> i32 {
        (1..)
            .find(|position| !self.completed.contains(position))
            .unwrap_or(i32::MAX)
    }

    /// Positions already left whose key node is owed: by force, or because the deal was
    /// imported past them.
    pub fn owed(&self) -> impl Iterator<Item = i32> {
        (1..self.position).filter(|position| !self.completed.contains(position))
    }

    /// How many steps the customer is ahead of our consecutive reached key nodes, not
    /// counting the step it is in (R4).
    pub fn lag(&self, buying_step: i32) -> i32 {
        (buying_step - self.effective_position()).max(0)
    }

    /// How many stages we claim beyond the customer's step (R4).
    pub fn inflation(&self, buying_step: i32) -> i32 {
        (self.position - buying_step).max(0)
    }

    fn with_made_up(&self, positions: &[i32]) -> Self {
        let mut made_up = self.clone();
        for position in positions
            .iter()
            .filter(|position| **position < self.position)
        {
            made_up.forced.remove(position);
            made_up.completed.insert(*position);
        }
        made_up
    }

    fn enter_next(&mut self, now: Timestamp) {
        self.position += 1;
        self.entered = now;
    }
}

impl Moved {
    /// Where the deal stands after the move.
    pub fn to(&self) -> &Standing {
        &self.to
    }

    pub fn forced(&self) -> bool {
        self.forced
    }

    pub fn imported(&self) -> bool {
        self.imported
    }

    /// Criteria that were not met at the moment of a forced move.
    pub fn unmet(&self) -> &[String] {
        &self.unmet
    }
}

#[cfg(test)]
mod tests;
