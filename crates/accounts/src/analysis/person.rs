//! Who takes part in the decision, and what it would take to have them on our side.

use keynode_proto::accounts::v1::next_win::Change;
use keynode_proto::accounts::v1::{Attitude, Coverage, Function, StakeholderRole};

/// A stakeholder as far as the analysis goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// `contacts/{id}`.
    pub contact: String,
    pub display_name: String,
    pub function: Function,
    /// In the customer's words; empty = unknown.
    pub department: String,
    /// Whether the person works at the customer, and not at a third party.
    pub is_at_customer: bool,
    pub roles: Vec<StakeholderRole>,
    /// Per cent; none = unknown.
    pub weight: Option<i32>,
    pub attitude: Attitude,
    pub coverage: Coverage,
    /// `competitors/{id}`.
    pub supported_competitors: Vec<String>,
}

impl Person {
    fn has(&self, role: StakeholderRole) -> bool {
        self.roles.contains(&role)
    }

    pub(super) fn decides(&self) -> bool {
        self.has(StakeholderRole::DecisionMaker)
    }

    pub(super) fn is_opponent(&self) -> bool {
        self.attitude == Attitude::Opponent
    }

    pub(super) fn is_supporter(&self) -> bool {
        matches!(self.attitude, Attitude::Favourable | Attitude::Supporter)
    }

    /// A coach for us: whoever turned against us, or whom nobody has reached, tells us
    /// nothing (R20).
    pub(super) fn is_coach(&self) -> bool {
        self.would_coach() && self.coverage != Coverage::NoContact
    }

    fn would_coach(&self) -> bool {
        self.has(StakeholderRole::Coach) && !self.is_opponent()
    }

    /// Whether a way to the decision makers may begin here (R23).
    pub(super) fn is_on_our_side(&self) -> bool {
        let helps = self.is_coach() || self.has(StakeholderRole::HiddenSupporter);
        (helps || self.is_supporter()) && !self.is_opponent()
    }

    /// Weight in the decision (R21), or the last word.
    pub(super) fn is_key(&self) -> bool {
        self.decides() || self.weight.is_some_and(|weight| weight > 0)
    }

    pub(super) fn is_met(&self) -> bool {
        matches!(
            self.coverage,
            Coverage::Met | Coverage::Regular | Coverage::InDepth
        )
    }

    /// What would bring the person to our side; none when there already.
    pub(super) fn change_to_our_side(&self) -> Option<Change> {
        match (self.is_on_our_side(), self.would_coach()) {
            (true, _) => None,
            (false, true) => Some(Change::Access),
            (false, false) => Some(Change::Attitude),
        }
    }

    /// Steps of attitude until the person is on our side. Whoever only has to be met needs
    /// none; who is unknown is taken for neutral.
    pub(super) fn steps_to_our_side(&self) -> i32 {
        match (self.change_to_our_side(), self.attitude) {
            (None | Some(Change::Access), _) => 0,
            (_, Attitude::Opponent) => 3,
            (_, Attitude::Sceptic) => 2,
            _ => 1,
        }
    }
}
