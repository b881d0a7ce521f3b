//! Writes the accounts of an import: one statement for the new, one for the changed.

use jiff_sqlx::Timestamp;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::Plan;
use crate::account::Account;
use crate::error::Error;

/// Stores what the plans that were not refused change.
pub async fn store(
    connection: &mut PgConnection,
    plans: &[Result<Plan, Error>],
) -> Result<(), Error> {
    let changes = || plans.iter().flatten().filter(|plan| plan.is_change());
    let (new, changed): (Vec<&Plan>, Vec<&Plan>) =
        changes().partition(|plan| plan.before.is_none());
    insert(connection, &Columns::of(&new)).await?;
    update(connection, &Columns::of(&changed)).await
}

/// Accounts turned on their side, as the database takes many at once.
#[derive(Debug, Default)]
struct Columns {
    ids: Vec<Uuid>,
    versions: Vec<i64>,
    created: Vec<Timestamp>,
    updated: Vec<Timestamp>,
    display_names: Vec<String>,
    industries: Vec<String>,
    locations: Vec<String>,
    parents: Vec<Option<Uuid>>,
    owners: Vec<Option<Uuid>>,
    teams: Vec<Option<Uuid>>,
    amounts: Vec<Option<Decimal>>,
    currencies: Vec<Option<String>>,
    employees: Vec<Option<i64>>,
    founded: Vec<Option<i32>>,
    systems: Vec<Option<String>>,
    external_ids: Vec<Option<String>>,
}

impl Columns {
    fn of(plans: &[&Plan]) -> Self {
        let mut columns = Self::default();
        for plan in plans {
            columns.push(plan.after.clone());
        }
        columns
    }

    fn push(&mut self, account: Account) {
        self.ids.push(account.id);
        self.versions.push(account.version);
        self.created.push(account.created_at);
        self.updated.push(account.updated_at);
        self.display_names.push(account.display_name);
        self.industries.push(account.industry);
        self.locations.push(account.location);
        self.parents.push(account.parent_id);
        self.owners.push(account.owner_id);
        self.teams.push(account.team_id);
        self.amounts.push(account.revenue_amount);
        self.currencies.push(account.revenue_currency);
        self.employees.push(account.employee_count);
        self.founded.push(account.founded_year);
        self.systems.push(account.source_system);
        self.external_ids.push(account.external_id);
    }
}

async fn insert(connection: &mut PgConnection, columns: &Columns) -> Result<(), Error> {
    if columns.ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into accounts.account
           (tenant_id, id, version, created_at, updated_at, display_name, industry, location, parent_id, owner_id,
            team_id, revenue_amount, revenue_currency, employee_count, founded_year, source_system, external_id)
         select events.tenant_id(), n.*
         from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[],
                     $7::text[], $8::uuid[], $9::uuid[], $10::uuid[], $11::numeric[], $12::text[], $13::bigint[],
                     $14::integer[], $15::text[], $16::text[]) as n",
        &columns.ids,
        &columns.versions,
        &columns.created as _,
        &columns.updated as _,
        &columns.display_names,
        &columns.industries,
        &columns.locations,
        &columns.parents as _,
        &columns.owners as _,
        &columns.teams as _,
        &columns.amounts as _,
        &columns.currencies as _,
        &columns.employees as _,
        &columns.founded as _,
        &columns.systems as _,
        &columns.external_ids as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The external key is what the account was found by; it does not change.
async fn update(connection: &mut PgConnection, columns: &Columns) -> Result<(), Error> {
    if columns.ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update accounts.account a
         set version = n.version, updated_at = n.updated_at, display_name = n.display_name, industry = n.industry,
             location = n.location, parent_id = n.parent_id, owner_id = n.owner_id, team_id = n.team_id,
             revenue_amount = n.revenue_amount, revenue_currency = n.revenue_currency,
             employee_count = n.employee_count, founded_year = n.founded_year
         from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::uuid[],
                     $8::uuid[], $9::uuid[], $10::numeric[], $11::text[], $12::bigint[], $13::integer[])
           as n (id, version, updated_at, display_name, industry, location, parent_id, owner_id, team_id,
                 revenue_amount, revenue_currency, employee_count, founded_year)
         where a.tenant_id = events.tenant_id() and a.id = n.id",
        &columns.ids,
        &columns.versions,
        &columns.updated as _,
        &columns.display_names,
        &columns.industries,
        &columns.locations,
        &columns.parents as _,
        &columns.owners as _,
        &columns.teams as _,
        &columns.amounts as _,
        &columns.currencies as _,
        &columns.employees as _,
        &columns.founded as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}
