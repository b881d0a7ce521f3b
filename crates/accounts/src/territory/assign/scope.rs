//! Which accounts an assignment is about.

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{AssignAccountsRequest, AssignmentFilter};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::directory::refusal::Refusal;
use crate::error::Error;
use crate::ids::{AccountId, PersonId, TeamId, TerritoryId};

const MAX_NAMED: usize = 1000;
const MAX_FILTERED: i64 = 5000;

/// The accounts that the caller names, or those that fit.
#[derive(Debug)]
pub enum Scope {
    /// Each once.
    Named(Vec<Uuid>),
    Fitting(Filter),
}

#[derive(Debug)]
pub struct Filter {
    owner: Option<PersonId>,
    team: Option<TeamId>,
    territory: Option<TerritoryId>,
    source_system: String,
    without_owner: bool,
}

impl Scope {
    pub fn read(request: &AssignAccountsRequest) -> Result<Self, Error> {
        let mut bad = Violations::default();
        if request.accounts.is_empty() == request.filter.is_none() {
            bad.add("accounts", "either `accounts` or `filter` must be set");
        }
        let scope = match &request.filter {
            Some(filter) => Self::Fitting(Filter::read(filter, &mut bad)),
            None => Self::Named(read_named(&request.accounts, &mut bad)),
        };
        bad.finish()?;
        Ok(scope)
    }

    /// The ids by age; those that are named whether the caller sees them or not.
    pub async fn select(
        &self,
        connection: &mut PgConnection,
        call: &Call,
    ) -> Result<Vec<Uuid>, Error> {
        match self {
            Self::Named(ids) => Ok(ids.clone()),
            Self::Fitting(filter) => filter.select(connection, call).await,
        }
    }
}

fn read_named(sent: &[String], bad: &mut Violations) -> Vec<Uuid> {
    if sent.len() > MAX_NAMED {
        bad.add("accounts", format!("must be at most {MAX_NAMED}"));
        return Vec::new();
    }
    let mut ids = Vec::with_capacity(sent.len());
    for (index, name) in sent.iter().enumerate() {
        let id: AccountId = bad.name(&format!("accounts[{index}]"), name);
        if !ids.contains(&id.0) {
            ids.push(id.0);
        }
    }
    ids
}

impl Filter {
    fn read(sent: &AssignmentFilter, bad: &mut Violations) -> Self {
        Self {
            owner: bad.optional_name("filter.owner", &sent.owner),
            team: bad.optional_name("filter.team", &sent.team),
            territory: bad.optional_name("filter.territory", &sent.territory),
            source_system: bad.text("filter.source_system", &sent.source_system, 64),
            without_owner: sent.without_owner,
        }
    }

    async fn select(&self, connection: &mut PgConnection, call: &Call) -> Result<Vec<Uuid>, Error> {
        let (all, me, teams) = call.visibility_parameters();
        let ids = sqlx::query_scalar!(
            "select a.id from accounts.account a
             where a.merged_into_id is null and ($1 or a.owner_id = $2 or a.team_id = any($3))
               and ($4::uuid is null or a.owner_id = $4)
               and ($5::uuid is null or a.team_id = $5)
               and ($6::uuid is null or exists (select from accounts.territory_account t
                                                where t.account_id = a.id and t.territory_id = $6))
               and ($7 = '' or a.source_system = $7)
               and (not $8 or a.owner_id is null)
             order by a.id",
            all,
            me,
            &teams,
            self.owner.map(|id| id.0),
            self.team.map(|id| id.0),
            self.territory.map(|id| id.0),
            self.source_system,
            self.without_owner,
        )
        .fetch_all(connection)
        .await?;
        let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        match count > MAX_FILTERED {
            true => Err(Refusal::TooManyAccounts {
                count,
                limit: MAX_FILTERED,
            }
            .into()),
            false => Ok(ids),
        }
    }
}
