//! What a person looks after.

use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use sqlx::PgConnection;
use uuid::Uuid;

use super::prospects;
use super::read::Order;
use crate::directory::refusal::Refusal;
use crate::error::Error;
use crate::handover;
use crate::ids::{PersonId, ProspectId, TeamId, TerritoryId};
use crate::person::Person;
use crate::team::{self, Team};
use crate::territory::{self, Territory};

/// Accounts and prospects of one call at most: what one transaction stores in a few seconds.
const MAX_ACCOUNTS: i64 = 20_000;

/// The ids of what a person looks after.
#[derive(Debug)]
pub struct Holdings {
    person: Uuid,
    /// Those that the caller sees.
    pub accounts: Vec<Uuid>,
    /// Those that the caller sees and that are open.
    pub prospects: Vec<Uuid>,
    territories: Vec<Uuid>,
    /// Those that the person leads or manages.
    pub teams: Vec<Uuid>,
}

impl Holdings {
    pub async fn of(
        connection: &mut PgConnection,
        call: &Call,
        order: &Order,
    ) -> Result<Self, Error> {
        let (all, me, teams) = call.visibility_parameters();
        let accounts = sqlx::query_scalar!(
            "select id from accounts.account
             where owner_id = $1 and merged_into_id is null and ($2 or owner_id = $3 or team_id = any($4)) order by id",
            order.from,
            all,
            me,
            &teams,
        )
        .fetch_all(&mut *connection)
        .await?;
        let prospects = prospects::of(&mut *connection, call, order.from).await?;
        let count = i64::try_from(accounts.len() + prospects.len()).unwrap_or(i64::MAX);
        if count > MAX_ACCOUNTS {
            let limit = MAX_ACCOUNTS;
            return Err(Refusal::TooManyAccounts { count, limit }.into());
        }
        let territories = sqlx::query_scalar!(
            "select id from accounts.territory where owner_id = $1 and archived_at is null",
            order.from,
        )
        .fetch_all(&mut *connection)
        .await?;
        let teams = sqlx::query_scalar!(
            "select id from accounts.team where lead_id = $1 or manager_ids @> array[$1::uuid] order by id",
            order.from,
        )
        .fetch_all(connection)
        .await?;
        Ok(Self {
            person: order.from,
            accounts,
            prospects,
            territories,
            teams,
        })
    }

    /// The names of all that may change, for their turns.
    pub fn subjects(&self) -> Vec<String> {
        let territories = self
            .territories
            .iter()
            .map(|id| TerritoryId(*id).to_string());
        let teams = self.teams.iter().map(|id| TeamId(*id).to_string());
        let prospects = self.prospects.iter().map(|id| ProspectId(*id).to_string());
        handover::subjects(&self.accounts)
            .chain(prospects)
            .chain(territories)
            .chain(teams)
            .chain([PersonId(self.person).to_string()])
            .collect()
    }

    /// Gives the territories to the heir, or to their teams alone; answers how many.
    pub async fn give_territories(
        &self,
        w: &mut Writer<'_>,
        call: &Call,
        heir: Option<&Person>,
    ) -> Result<usize, Error> {
        let owned = territory::read::by_ids(w, &self.territories).await?;
        for before in &owned {
            let after = Territory {
                owner_id: heir.map(|heir| heir.id),
                ..before.clone()
            };
            let after = after.changed(before, call.now);
            after.update(w).await?;
            territory::record(w, Some(before), &after);
        }
        Ok(owned.len())
    }

    /// Ends the person's leading and managing; answers of how many teams.
    pub async fn release_teams(
        &self,
        w: &mut Writer<'_>,
        call: &Call,
        person: Uuid,
    ) -> Result<usize, Error> {
        let teams = team::list::by_ids(w, &self.teams).await?;
        for before in &teams {
            let mut after = Team {
                lead_id: before.lead_id.filter(|lead| *lead != person),
                ..before.clone()
            };
            after.manager_ids.retain(|manager| *manager != person);
            let after = after.changed(before, call.now);
            after.update(w).await?;
            team::update::record(w, Some(before), &after);
        }
        Ok(teams.len())
    }
}

/// How many accounts the person owns, whoever sees them.
pub async fn owned(connection: &mut PgConnection, person: Uuid) -> Result<i32, Error> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from accounts.account where owner_id = $1 and merged_into_id is null"#,
        person,
    )
    .fetch_one(connection)
    .await?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

/// In how many absences of others, running or to come, the person is to stand in.
pub async fn stands_in(
    connection: &mut PgConnection,
    person: Uuid,
    today: Date,
) -> Result<i32, Error> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from accounts.absence
           where deputy_id = $1 and revoked_at is null and end_date >= $2"#,
        person,
        today.to_sqlx() as _,
    )
    .fetch_one(connection)
    .await?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

/// How many people who are not disabled report to the person.
pub async fn reports(connection: &mut PgConnection, person: Uuid) -> Result<i32, Error> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from accounts.person where manager_id = $1 and not disabled"#,
        person,
    )
    .fetch_one(connection)
    .await?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}
