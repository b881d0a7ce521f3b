//! Where each account goes: the rule's answer, and what becomes of owner and team.

use std::collections::HashMap;

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::name::optional;
use keynode_proto::accounts::v1::{AccountMove, AssignmentReason, TerritoryAssignment};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::account::Account;
use crate::error::Error;
use crate::handover::{self, Handover};
use crate::ids::{AccountId, PersonId, TeamId, TerritoryId};
use crate::territory::atlas;
use crate::territory::rule::{self, Atlas, Facts, Outcome, Reason};

/// What becomes of one account.
#[derive(Clone, Debug)]
pub struct Plan {
    pub handover: Handover,
    outcome: Outcome,
    /// Where it was, if the caller sees that.
    from: Option<Uuid>,
    /// The territory that was full, if the caller sees it.
    overflow_of: Option<Uuid>,
    is_out_of_sight: bool,
}

/// What the rule says of locked accounts. `leaving` keeps nothing, also where a territory
/// would leave the owner alone. The lock of the territories is held.
pub async fn plan(
    connection: &mut PgConnection,
    call: &Call,
    accounts: Vec<Account>,
    leaving: Option<Uuid>,
) -> Result<Vec<Plan>, Error> {
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.id).collect();
    let atlas = atlas::load(connection).await?;
    let loads = atlas::loads(connection).await?;
    let current = atlas::current(connection, &ids).await?;
    let mut teams = teams_of_owners(connection, &accounts).await?;
    if let Some(leaving) = leaving {
        teams.remove(&leaving);
    }
    let facts: Vec<Facts> = accounts
        .iter()
        .map(|account| facts(account, &current))
        .collect();
    let outcomes = rule::assign_all(&facts, &atlas, &loads);
    Ok(accounts
        .into_iter()
        .zip(outcomes)
        .map(|(account, outcome)| {
            let from = current.get(&account.id).copied();
            Plan::new(call, account, outcome, from, &atlas, &teams)
        })
        .collect())
}

/// What the rule needs to know of an account.
pub fn facts(account: &Account, current: &HashMap<Uuid, Uuid>) -> Facts {
    Facts {
        account: account.id,
        location: account.location.clone(),
        industry: account.industry.clone(),
        current: current.get(&account.id).copied(),
    }
}

impl Plan {
    fn new(
        call: &Call,
        account: Account,
        outcome: Outcome,
        from: Option<Uuid>,
        atlas: &Atlas,
        teams: &HashMap<Uuid, Uuid>,
    ) -> Self {
        let target = outcome
            .territory()
            .and_then(|id| atlas.territories.get(&id));
        let stays_in = |team: Uuid| account.owner_id.filter(|id| teams.get(id) == Some(&team));
        let hands = target.map(|territory| {
            let owner = territory.owner.or_else(|| stays_in(territory.team));
            (owner, Some(territory.team))
        });
        let is_out_of_sight = hands.is_some_and(|(owner, team)| !call.sees(owner, team));
        let (owner, team) = hands
            .filter(|_| !is_out_of_sight)
            .unwrap_or((account.owner_id, account.team_id));
        Self {
            handover: Handover::to(call, account, owner, team),
            outcome,
            from: from.filter(|id| atlas.sees(call, *id)),
            overflow_of: reason(outcome).1.filter(|id| atlas.sees(call, *id)),
            is_out_of_sight,
        }
    }

    pub fn account(&self) -> Uuid {
        self.handover.before.id
    }

    /// The territory that the account goes to; none when it stays where it is.
    pub fn target(&self) -> Option<Uuid> {
        self.outcome.territory().filter(|_| !self.is_out_of_sight)
    }

    pub fn to_proto(&self) -> AccountMove {
        let Handover { before, after } = &self.handover;
        let (reason, overflow_of) = match self.is_out_of_sight {
            true => (AssignmentReason::OutOfSight, None),
            false => (reason(self.outcome).0, self.overflow_of),
        };
        AccountMove {
            assignment: Some(TerritoryAssignment {
                account: AccountId(after.id).to_string(),
                territory: optional::<TerritoryId>(self.target()),
                owner: optional::<PersonId>(after.owner_id),
                team: optional::<TeamId>(after.team_id),
                reason: reason.into(),
                overflow_of: optional::<TerritoryId>(overflow_of),
            }),
            from_owner: optional::<PersonId>(before.owner_id),
            from_team: optional::<TeamId>(before.team_id),
            from_territory: optional::<TerritoryId>(self.from),
            moved: self.handover.is_move(),
        }
    }
}

/// The reason on the wire, and the territory that was full.
pub fn reason(outcome: Outcome) -> (AssignmentReason, Option<Uuid>) {
    match outcome {
        Outcome::NoTerritory => (AssignmentReason::NoTerritory, None),
        Outcome::AllFull => (AssignmentReason::AllFull, None),
        Outcome::Assigned { reason, .. } => match reason {
            Reason::Named => (AssignmentReason::Named, None),
            Reason::RegionAndIndustry => (AssignmentReason::RegionAndIndustry, None),
            Reason::Region => (AssignmentReason::Region, None),
            Reason::Industry => (AssignmentReason::Industry, None),
            Reason::Overflow { of } => (AssignmentReason::Overflow, Some(of)),
        },
    }
}

/// Stores who has the accounts now and which territory they were given to.
pub async fn store(w: &mut Writer<'_>, call: &Call, plans: &[Plan]) -> Result<(), Error> {
    let handovers: Vec<Handover> = plans.iter().map(|plan| plan.handover.clone()).collect();
    handover::store(w, &handovers).await?;
    let (accounts, territories): (Vec<Uuid>, Vec<Uuid>) = plans
        .iter()
        .filter_map(|plan| Some((plan.account(), plan.target()?)))
        .unzip();
    sqlx::query!(
        "insert into accounts.territory_account as t (tenant_id, account_id, territory_id, assigned_at)
         select events.tenant_id(), n.account_id, n.territory_id, $3
         from unnest($1::uuid[], $2::uuid[]) as n (account_id, territory_id)
         on conflict on constraint territory_account_pkey
         do update set territory_id = excluded.territory_id, assigned_at = excluded.assigned_at
         where t.territory_id <> excluded.territory_id",
        &accounts,
        &territories,
        call.now.to_sqlx() as _,
    )
    .execute(&mut **w)
    .await?;
    Ok(())
}

async fn teams_of_owners(
    connection: &mut PgConnection,
    accounts: &[Account],
) -> Result<HashMap<Uuid, Uuid>, Error> {
    let mut owners: Vec<Uuid> = accounts.iter().filter_map(|a| a.owner_id).collect();
    owners.sort_unstable();
    owners.dedup();
    let rows = sqlx::query!(
        r#"select id, team_id as "team_id!" from accounts.person where id = any($1) and team_id is not null"#,
        &owners,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.team_id)).collect())
}
