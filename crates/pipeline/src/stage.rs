//! How a deal moves: the one place in which a stage or status changes, for every writer.
//!
//! [`Standing`] and [`Moved`] can be made by [`decide`] only (and by reading what
//! [`decide`] once made); what stores a stage takes a [`Moved`].

mod decision;

use std::collections::BTreeSet;

use jiff::Timestamp;
use keynode_proto::pipeline::v1::MoveKind;

pub use self::decision::decide;

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
    /// A deal that came from another system stands there otherwise since a moment; again nothing
    /// is checked and no key node is claimed.
    CarryOn {
        from: &'a Standing,
        position: i32,
        status: Status,
        at: Timestamp,
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
    /// Back to an earlier stage.
    Retreat { from: &'a Standing, position: i32 },
    /// Somebody else got it, or nobody.
    Lose { from: &'a Standing },
    /// We give it up.
    Abandon { from: &'a Standing },
    /// On again after its end, from a stage at most the one in which it ended.
    Reopen { from: &'a Standing, position: i32 },
    /// To another process: `track` is the new one's. `reached` are its positions before the
    /// one entered whose key node the facts reach.
    ChangeProcess {
        from: &'a Standing,
        position: i32,
        reached: &'a [i32],
    },
}

/// A move that was decided and is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    to: Standing,
    kind: MoveKind,
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
    /// Only what ended is opened again.
    Open,
    /// The stage asked for does not come before the one it is in.
    NotEarlier,
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

    /// Without the key nodes of a stage and those after it: what was believed was not so.
    fn with_lost(&self, position: i32) -> Self {
        let mut left = self.clone();
        left.completed.retain(|reached| *reached < position);
        left.forced.retain(|forced| *forced < position);
        left
    }

    fn enter(&mut self, position: i32, now: Timestamp) {
        self.position = position;
        self.entered = now;
    }

    fn require_open(&self) -> Result<(), Blocked> {
        match self.status {
            Status::Open => Ok(()),
            closed => Err(Blocked::Closed(closed)),
        }
    }
}

impl Moved {
    fn of(kind: MoveKind, to: Standing) -> Self {
        Self {
            to,
            kind,
            imported: false,
            unmet: Vec::new(),
        }
    }

    pub fn kind(&self) -> MoveKind {
        self.kind
    }

    /// Where the deal stands after the move.
    pub fn to(&self) -> &Standing {
        &self.to
    }

    pub fn forced(&self) -> bool {
        self.kind == MoveKind::Force
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
