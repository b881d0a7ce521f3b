//! Whom an account is given to. Nobody gives a record to where it leaves their own sight,
//! except to people and teams whose records they see.

use keynode_kit::call::{Call, Visibility};
use keynode_kit::validate::Violations;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Account;
use crate::error::Error;
use crate::ids::{PersonId, TeamId};
use crate::{person, team};

/// The account with the owner and the team that it gets when none are named: the caller,
/// and the caller's team if it is the owner's too.
pub fn with_defaults(
    account: Account,
    call: &Call,
    owners_team: impl Fn(Uuid) -> Option<Uuid>,
) -> Account {
    let owner_id = account.owner_id.or(call.principal.person);
    let default_team = match owner_id {
        Some(owner) => owners_team(owner).filter(|team| Some(*team) == call.principal.team),
        None => call.principal.team,
    };
    Account {
        owner_id,
        team_id: account.team_id.or(default_team),
        ..account
    }
}

/// Refuses a new owner or team that the caller may not give the account to. `owners_team`
/// is the team that the owner belongs to.
pub fn check(
    call: &Call,
    before: Option<&Account>,
    after: &Account,
    owners_team: Option<Uuid>,
    bad: &mut Violations,
) {
    let Visibility::Teams(seen) = &call.principal.visibility else {
        return;
    };
    let is_seen = |team: Option<Uuid>| team.is_some_and(|team| seen.contains(&team));
    if before.is_none_or(|before| before.owner_id != after.owner_id)
        && after.owner_id.is_some()
        && after.owner_id != call.principal.person
        && !is_seen(owners_team)
    {
        bad.add("account.owner", "must be someone whose records you see");
    }
    if before.is_none_or(|before| before.team_id != after.team_id)
        && after.team_id.is_some()
        && after.team_id != call.principal.team
        && !is_seen(after.team_id)
    {
        bad.add("account.team", "must be a team whose records you see");
    }
}

/// Refuses an owner or a team that the tenant does not have; answers the owner's team.
pub async fn require(
    connection: &mut PgConnection,
    account: &Account,
) -> Result<Option<Uuid>, Error> {
    if let Some(id) = account.team_id {
        team::require(connection, TeamId(id)).await?;
    }
    match account.owner_id {
        Some(id) => Ok(person::find(connection, PersonId(id)).await?.team_id),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use keynode_kit::call::Principal;

    const ME: Uuid = Uuid::from_u128(1);
    const COLLEAGUE: Uuid = Uuid::from_u128(2);
    const STRANGER: Uuid = Uuid::from_u128(3);
    const MY_TEAM: Uuid = Uuid::from_u128(10);
    const OTHER_TEAM: Uuid = Uuid::from_u128(11);

    fn call(visibility: Visibility) -> Call {
        Call {
            principal: Principal {
                tenant: None,
                subject: String::new(),
                person: Some(ME),
                team: Some(MY_TEAM),
                roles: Vec::new(),
                scopes: Vec::new(),
                visibility,
            },
            method: String::new(),
            now: Timestamp::UNIX_EPOCH,
            deadline: None,
            trace_id: String::new(),
            authorization: None,
            reveals: false,
            rights: Default::default(),
        }
    }

    fn account(owner_id: Option<Uuid>, team_id: Option<Uuid>) -> Account {
        Account {
            owner_id,
            team_id,
            ..Account::new(Uuid::nil(), Timestamp::UNIX_EPOCH)
        }
    }

    fn team_of(person: Uuid) -> Option<Uuid> {
        Some(if person == STRANGER {
            OTHER_TEAM
        } else {
            MY_TEAM
        })
    }

    fn bad_fields(
        visibility: Visibility,
        before: Option<&Account>,
        after: &Account,
    ) -> Vec<String> {
        let mut bad = Violations::default();
        check(
            &call(visibility),
            before,
            after,
            after.owner_id.and_then(team_of),
            &mut bad,
        );
        match bad.finish() {
            Ok(()) => Vec::new(),
            Err(fault) => fault.fields().map(|(field, _)| field.to_owned()).collect(),
        }
    }

    #[test]
    fn what_nobody_is_named_for_is_the_callers() {
        let given = |owner, team| {
            let account = with_defaults(account(owner, team), &call(Visibility::All), team_of);
            (account.owner_id, account.team_id)
        };
        assert_eq!(given(None, None), (Some(ME), Some(MY_TEAM)));
        assert_eq!(
            given(Some(COLLEAGUE), None),
            (Some(COLLEAGUE), Some(MY_TEAM))
        );
        assert_eq!(given(Some(STRANGER), None), (Some(STRANGER), None));
        assert_eq!(given(None, Some(OTHER_TEAM)), (Some(ME), Some(OTHER_TEAM)));
    }

    #[test]
    fn a_seller_keeps_what_is_made() {
        let own = || Visibility::Teams(Vec::new());
        assert!(bad_fields(own(), None, &account(Some(ME), Some(MY_TEAM))).is_empty());
        let given_away = account(Some(COLLEAGUE), Some(OTHER_TEAM));
        assert_eq!(
            bad_fields(own(), None, &given_away),
            ["account.owner", "account.team"]
        );
        assert!(
            bad_fields(own(), Some(&given_away), &given_away).is_empty(),
            "nothing is given anew"
        );
    }

    #[test]
    fn a_manager_gives_to_the_teams_seen() {
        let team = || Visibility::Teams(vec![MY_TEAM]);
        assert!(bad_fields(team(), None, &account(Some(COLLEAGUE), Some(MY_TEAM))).is_empty());
        assert_eq!(
            bad_fields(team(), None, &account(Some(STRANGER), None)),
            ["account.owner"]
        );
        assert!(
            bad_fields(
                Visibility::All,
                None,
                &account(Some(STRANGER), Some(OTHER_TEAM))
            )
            .is_empty()
        );
    }
}
