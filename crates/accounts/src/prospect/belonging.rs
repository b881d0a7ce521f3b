//! Whom a prospect is given to: by the rules for accounts.

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::name::optional;
use keynode_kit::validate::Violations;
use uuid::Uuid;

use super::Prospect;
use crate::account::{Account, assignment};
use crate::ids::{PersonId, TeamId};

/// An account with the owner and the team of a prospect.
pub fn holder(prospect: &Prospect) -> Account {
    Account {
        owner_id: prospect.owner(),
        team_id: prospect.team(),
        ..Account::new(Uuid::nil(), Timestamp::UNIX_EPOCH)
    }
}

/// The prospect with the owner and the team that it gets when none are named.
pub fn with_defaults(
    mut prospect: Prospect,
    call: &Call,
    owners_team: impl Fn(Uuid) -> Option<Uuid>,
) -> Prospect {
    let holder = assignment::with_defaults(holder(&prospect), call, owners_team);
    prospect.record.owner = optional::<PersonId>(holder.owner_id);
    prospect.record.team = optional::<TeamId>(holder.team_id);
    prospect
}

/// Refuses a new owner or team that the caller may not give the prospect to.
pub fn check(
    call: &Call,
    before: Option<&Prospect>,
    after: &Prospect,
    owners_team: Option<Uuid>,
    bad: &mut Violations,
) {
    let mut found = Violations::default();
    let before = before.map(holder);
    assignment::check(
        call,
        before.as_ref(),
        &holder(after),
        owners_team,
        &mut found,
    );
    let Err(fault) = found.finish() else { return };
    for (field, why) in fault.fields() {
        bad.add(field.replacen("account.", "prospect.", 1), why);
    }
}
