//! Rows of `accounts.match_profile`: what accounts are found by, and what is compared then.

use keynode_kit::call::TenantId;
use keynode_proto::accounts::v1::MatchedName;
use sqlx::PgConnection;
use uuid::Uuid;

use super::address::Address;
use super::fold::fold;
use super::name::Name;
use super::score::Profile;
use super::{Indexed, grams, phone};
use crate::error::Error;
use crate::search;

/// What an account is compared by.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub account_id: Uuid,
    pub names: Vec<String>,
    pub kinds: Vec<i16>,
    pub addresses: Vec<String>,
    pub phones: Vec<String>,
    pub place: String,
}

impl Candidate {
    /// Ready to be compared.
    pub fn profile(&self) -> Profile {
        read(
            self.names.iter(),
            &self.addresses,
            &self.phones,
            &self.place,
        )
    }

    /// A name as it was written, and which it is.
    pub fn name(&self, index: usize) -> (&str, MatchedName) {
        let text = self.names.get(index).map_or("", String::as_str);
        let kind = self.kinds.get(index).copied().unwrap_or_default();
        (
            text,
            MatchedName::try_from(i32::from(kind)).unwrap_or_default(),
        )
    }
}

/// What was said of an organisation, ready to be compared.
pub fn read<'a>(
    names: impl Iterator<Item = &'a String>,
    addresses: &[String],
    phones: &[String],
    place: &str,
) -> Profile {
    Profile {
        names: names.map(|name| Name::read(name)).collect(),
        addresses: addresses
            .iter()
            .filter_map(|text| Address::read(text))
            .collect(),
        phones: phones.iter().flat_map(|text| phone::read(text)).collect(),
        place: fold(place).split_whitespace().map(str::to_owned).collect(),
    }
}

/// Profiles turned on their side, as the database takes many at once. Arrays within go as
/// JSON: Postgres knows no arrays of arrays of different lengths.
#[derive(Debug, Default)]
struct Columns {
    ids: Vec<Uuid>,
    spreads: Vec<i32>,
    names: Vec<serde_json::Value>,
    kinds: Vec<serde_json::Value>,
    addresses: Vec<serde_json::Value>,
    phones: Vec<serde_json::Value>,
    places: Vec<String>,
    grams: Vec<serde_json::Value>,
}

impl Columns {
    fn push(&mut self, tenant: TenantId, account: &Indexed) {
        let names: Vec<&String> = account.names.iter().map(|(_, name)| name).collect();
        let kinds: Vec<i32> = account
            .names
            .iter()
            .map(|(kind, _)| (*kind).into())
            .collect();
        let profile = read(
            names.iter().copied(),
            &account.addresses,
            &account.phones,
            &account.place,
        );
        self.ids.push(account.account_id);
        self.spreads
            .push(grams::hash(tenant, &account.account_id.to_string()));
        self.names.push(serde_json::json!(names));
        self.kinds.push(serde_json::json!(kinds));
        self.addresses.push(serde_json::json!(account.addresses));
        self.phones.push(serde_json::json!(account.phones));
        self.places.push(account.place.clone());
        self.grams
            .push(serde_json::json!(grams::indexed(tenant, &profile)));
    }
}

/// Makes accounts found as they now are, by matching and by search. Whoever writes an
/// account's row, or one of its names, calls this in the same transaction.
pub async fn index(
    connection: &mut PgConnection,
    tenant: TenantId,
    accounts: &[Indexed],
) -> Result<(), Error> {
    if accounts.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::default();
    accounts
        .iter()
        .for_each(|account| columns.push(tenant, account));
    store(connection, &columns).await?;
    search::entry::index_accounts(connection, tenant, accounts).await
}

async fn store(connection: &mut PgConnection, columns: &Columns) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.match_profile as p
           (tenant_id, account_id, spread, names, kinds, addresses, phones, place, grams)
         select events.tenant_id(), n.account_id, n.spread,
                array(select jsonb_array_elements_text(n.names)),
                array(select jsonb_array_elements_text(n.kinds)::smallint),
                array(select jsonb_array_elements_text(n.addresses)),
                array(select jsonb_array_elements_text(n.phones)),
                n.place,
                array(select jsonb_array_elements_text(n.grams)::integer)
         from unnest($1::uuid[], $2::integer[], $3::jsonb[], $4::jsonb[], $5::jsonb[], $6::jsonb[], $7::text[],
                     $8::jsonb[])
           as n (account_id, spread, names, kinds, addresses, phones, place, grams)
         on conflict (tenant_id, account_id) do update
         set names = excluded.names, kinds = excluded.kinds, addresses = excluded.addresses,
             phones = excluded.phones, place = excluded.place, grams = excluded.grams
         where (p.names, p.kinds, p.addresses, p.phones, p.place, p.grams)
           is distinct from (excluded.names, excluded.kinds, excluded.addresses, excluded.phones, excluded.place,
                             excluded.grams)",
        &columns.ids,
        &columns.spreads,
        &columns.names,
        &columns.kinds,
        &columns.addresses,
        &columns.phones,
        &columns.places,
        &columns.grams,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes accounts found no longer: those that were merged away.
pub async fn forget(connection: &mut PgConnection, accounts: &[Uuid]) -> Result<(), Error> {
    sqlx::query!(
        "delete from accounts.match_profile where tenant_id = events.tenant_id() and account_id = any($1)",
        accounts,
    )
    .execute(&mut *connection)
    .await?;
    search::entry::forget_accounts(connection, accounts).await
}

/// The accounts most like a description: those that share its rare pieces, or a pair of
/// common ones, those that share most first.
pub async fn candidates(
    connection: &mut PgConnection,
    pieces: &super::sample::Pieces,
    most: i32,
) -> Result<Vec<Candidate>, Error> {
    let rows = sqlx::query_as!(
        Candidate,
        r#"select account_id as "account_id!", names as "names!", kinds as "kinds!", addresses as "addresses!",
                  phones as "phones!", place as "place!"
           from accounts.match_candidates($1, $2, $3, $4, $5)"#,
        &pieces.rare,
        &pieces.pair_left,
        &pieces.pair_right,
        &pieces.every,
        most,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// The next accounts of the tenant, in the order in which they were made.
pub async fn page(
    connection: &mut PgConnection,
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<Candidate>, Error> {
    let rows = sqlx::query_as!(
        Candidate,
        "select account_id, names, kinds, addresses, phones, place from accounts.match_profile
         where tenant_id = events.tenant_id() and account_id > $1 order by account_id limit $2",
        after.unwrap_or(Uuid::nil()),
        most,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// These accounts' profiles, in no order.
pub async fn load(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Candidate>, Error> {
    let rows = sqlx::query_as!(
        Candidate,
        "select account_id, names, kinds, addresses, phones, place from accounts.match_profile
         where tenant_id = events.tenant_id() and account_id = any($1)",
        ids,
    );
    Ok(rows.fetch_all(connection).await?)
}
