//! Whose affairs in the directory a caller may settle.

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use uuid::Uuid;

use crate::person::Person;
use crate::role;

/// Whether the caller records the absences of this person: the own, as a manager those of
/// people whose records the caller sees, as an administrator or a program everybody's.
pub fn keeps_absences_of(call: &Call, person: &Person) -> bool {
    let is_self = call.principal.person == Some(person.id);
    let is_above = role::has_any(call, &[role::SALES_MANAGER]) || role::keeps_people(call);
    is_self || (is_above && call.sees(Some(person.id), person.team_id))
}

/// Whether the caller may disable people, which transfers do on the way: the role and the
/// scopes of the credential must both allow what `UpdatePerson` does.
pub fn disables_people(call: &Call) -> bool {
    let scopes = &call.principal.scopes;
    let is_within = |scope: &String| {
        ["accounts", "accounts.people", "accounts.people.update"].contains(&scope.as_str())
    };
    role::keeps_people(call) && (scopes.is_empty() || scopes.iter().any(is_within))
}

/// Notes a person to or from whom the caller may give no records.
pub fn check_person(field: &str, call: &Call, person: &Person, bad: &mut Violations) {
    if !call.sees(Some(person.id), person.team_id) {
        bad.add(field, "must be someone whose records you see");
    }
}

/// Notes a team to which the caller may give no records.
pub fn check_team(field: &str, call: &Call, team: Uuid, bad: &mut Violations) {
    if !call.sees(None, Some(team)) {
        bad.add(field, "must be a team whose records you see");
    }
}
