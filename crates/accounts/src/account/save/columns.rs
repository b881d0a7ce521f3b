//! Accounts turned on their side, as the database takes many at once.

use jiff_sqlx::Timestamp;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::account::Account;
use crate::account::profile::Profile;
use crate::attribute::values::Values;
use crate::error::Error;
use crate::indexing;

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
    kinds: Vec<i32>,
    legal_names: Vec<String>,
    regions: Vec<String>,
    segments: Vec<String>,
    levels: Vec<i32>,
    addresses: Vec<String>,
    phones: Vec<String>,
    websites: Vec<String>,
    attributes: Vec<Json<Values>>,
    profiles: Vec<Json<Profile>>,
    /// As documents: an array of arrays would lose where each ends.
    tags: Vec<Json<Vec<String>>>,
    winter_jasmines: Vec<i16>,
    merged_into: Vec<Option<Uuid>>,
}

impl Columns {
    fn of<'a>(accounts: impl Iterator<Item = &'a Account>) -> Self {
        let mut columns = Self::default();
        for account in accounts {
            columns.push(account.clone());
        }
        columns
    }

    fn push(&mut self, account: Account) {
        self.winter_jasmines.push(account.profile.winter_jasmine());
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
        self.kinds.push(account.kind);
        self.legal_names.push(account.legal_name);
        self.regions.push(account.region);
        self.segments.push(account.segment);
        self.levels.push(account.level);
        self.addresses.push(account.address);
        self.phones.push(account.phone);
        self.websites.push(account.website);
        self.attributes.push(account.attributes);
        self.profiles.push(account.profile);
        self.tags.push(Json(account.tags));
        self.merged_into.push(account.merged_into_id);
    }
}

/// A statement over the rows `n` of the columns: what stands before and behind them is
/// given. What is saved is indexed with it, hence the last number.
macro_rules! over_columns {
    ($columns:ident, $before:literal, $behind:literal) => {
        sqlx::query!(
            $before
                + "
 from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
             $8::uuid[], $9::uuid[], $10::uuid[], $11::numeric[], $12::text[], $13::bigint[], $14::integer[],
             $15::text[], $16::text[], $17::integer[], $18::text[], $19::text[], $20::text[], $21::integer[],
             $22::text[], $23::text[], $24::text[], $25::jsonb[], $26::jsonb[], $27::jsonb[], $28::smallint[],
             $29::uuid[])
   as n (id, version, created_at, updated_at, display_name, industry, location, parent_id, owner_id, team_id,
         revenue_amount, revenue_currency, employee_count, founded_year, source_system, external_id, kind,
         legal_name, region, segment, level, address, phone, website, attributes, profile, tags,
         winter_jasmine, merged_into_id)
"
                + $behind,
            &$columns.ids,
            &$columns.versions,
            &$columns.created as _,
            &$columns.updated as _,
            &$columns.display_names,
            &$columns.industries,
            &$columns.locations,
            &$columns.parents as _,
            &$columns.owners as _,
            &$columns.teams as _,
            &$columns.amounts as _,
            &$columns.currencies as _,
            &$columns.employees as _,
            &$columns.founded as _,
            &$columns.systems as _,
            &$columns.external_ids as _,
            &$columns.kinds,
            &$columns.legal_names,
            &$columns.regions,
            &$columns.segments,
            &$columns.levels,
            &$columns.addresses,
            &$columns.phones,
            &$columns.websites,
            &$columns.attributes as _,
            &$columns.profiles as _,
            &$columns.tags as _,
            &$columns.winter_jasmines,
            &$columns.merged_into as _,
            indexing::VERSION,
        )
    };
}

pub async fn insert(
    connection: &mut PgConnection,
    accounts: impl Iterator<Item = &Account>,
) -> Result<(), Error> {
    let columns = Columns::of(accounts);
    if columns.ids.is_empty() {
        return Ok(());
    }
    over_columns!(
        columns,
        "insert into accounts.account
           (tenant_id, id, version, created_at, updated_at, display_name, industry, location, parent_id, owner_id,
            team_id, revenue_amount, revenue_currency, employee_count, founded_year, source_system, external_id,
            kind, legal_name, region, segment, level, address, phone, website, attributes, profile, tags,
            winter_jasmine, merged_into_id, indexed_version, index_version)
         select events.tenant_id(), n.id, n.version, n.created_at, n.updated_at, n.display_name, n.industry,
                n.location, n.parent_id, n.owner_id, n.team_id, n.revenue_amount, n.revenue_currency,
                n.employee_count, n.founded_year, n.source_system, n.external_id, n.kind, n.legal_name, n.region,
                n.segment, n.level, n.address, n.phone, n.website, n.attributes, n.profile,
                array(select jsonb_array_elements_text(n.tags)), n.winter_jasmine, n.merged_into_id, n.version,
                $30::smallint",
        ""
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn update(
    connection: &mut PgConnection,
    accounts: impl Iterator<Item = &Account>,
) -> Result<(), Error> {
    let columns = Columns::of(accounts);
    if columns.ids.is_empty() {
        return Ok(());
    }
    over_columns!(
        columns,
        "update accounts.account a
         set version = n.version, updated_at = n.updated_at, display_name = n.display_name, industry = n.industry,
             location = n.location, parent_id = n.parent_id, owner_id = n.owner_id, team_id = n.team_id,
             revenue_amount = n.revenue_amount, revenue_currency = n.revenue_currency,
             employee_count = n.employee_count, founded_year = n.founded_year, source_system = n.source_system,
             external_id = n.external_id, kind = n.kind, legal_name = n.legal_name, region = n.region,
             segment = n.segment, level = n.level, address = n.address, phone = n.phone, website = n.website,
             attributes = n.attributes, profile = n.profile, tags = array(select jsonb_array_elements_text(n.tags)),
             winter_jasmine = n.winter_jasmine, merged_into_id = n.merged_into_id, indexed_version = n.version,
             index_version = $30::smallint",
        "where a.tenant_id = events.tenant_id() and a.id = n.id"
    )
    .execute(connection)
    .await?;
    Ok(())
}
