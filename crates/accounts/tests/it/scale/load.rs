//! Puts many made-up accounts and contacts into the tables at once, past the service.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::super::world::World;
use super::generated::Generated;
use super::{maps, traits};

const ROWS_AT_ONCE: u64 = 20_000;
pub const ACCOUNTS: u128 = 0x0190_0000_0000_7000_8000_0000_0000_0000;
pub const CONTACTS: u128 = 0x0191_0000_0000_7000_8000_0000_0000_0000;

/// Indexes are made after the rows are there: that is many times faster. Those that keep
/// what is there once stay.
const INDEXES: &str = "
  select i.indexname::text, i.indexdef from pg_indexes i
  join pg_class c on c.relname = i.indexname and c.relnamespace = 'accounts'::regnamespace
  join pg_index x on x.indexrelid = c.oid
  where i.schemaname = 'accounts' and not x.indisunique
    and i.tablename in ('account', 'account_term', 'contact', 'contact_email', 'match_profile', 'search_entry')";

/// `accounts` accounts with so many contacts each.
pub async fn load(world: &World, accounts: u64, contacts_each: u64) {
    let mut connection = world.superuser().await;
    execute(&mut connection, "set session_replication_role = replica").await;
    let indexes: Vec<(String, String)> = sqlx::query_as(INDEXES)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    for (name, _) in &indexes {
        execute(&mut connection, &format!("drop index accounts.{name}")).await;
    }
    for first in (0..accounts).step_by(ROWS_AT_ONCE as usize) {
        let numbers = first..accounts.min(first + ROWS_AT_ONCE);
        copy_accounts(&mut connection, world, numbers.clone(), accounts).await;
        copy_contacts(
            &mut connection,
            world,
            numbers.start * contacts_each..numbers.end * contacts_each,
            contacts_each,
        )
        .await;
    }
    execute(&mut connection, "set maintenance_work_mem = '512MB'").await;
    for (_, definition) in &indexes {
        execute(&mut connection, definition).await;
    }
    maps::load(&mut connection, world, accounts, contacts_each).await;
    execute(&mut connection, "vacuum analyze").await;
}

pub async fn execute(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap();
}

async fn copy(connection: &mut PgConnection, into: &str, rows: String) {
    let mut copying = connection
        .copy_in_raw(&format!("copy accounts.{into} from stdin"))
        .await
        .unwrap();
    copying.send(rows.into_bytes()).await.unwrap();
    copying.finish().await.unwrap();
}

fn array<T: std::fmt::Display>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    format!("{{{}}}", items.join(","))
}

async fn copy_accounts(
    connection: &mut PgConnection,
    world: &World,
    numbers: std::ops::Range<u64>,
    of: u64,
) {
    let (mut accounts, mut profiles, mut entries) = (String::new(), String::new(), String::new());
    let (mut terms, mut keys) = (String::new(), String::new());
    let tenant = world.tenant;
    for number in numbers {
        let account = Generated::account(number);
        let id = account_id(number);
        let text = &account.text;
        let traits = traits::of(number, of);
        writeln!(
            accounts,
            "{tenant}\t{id}\t1\t{text}\t\t{}",
            traits.columns()
        )
        .unwrap();
        for term in &traits.terms {
            writeln!(terms, "{tenant}\t{term}\t{id}").unwrap();
        }
        if let Some(system) = traits.system {
            writeln!(keys, "{tenant}\t{system}\t{number}\t{id}").unwrap();
        }
        let spread = (number as u32).wrapping_mul(0x9e37_79b1).cast_signed();
        let grams = array(&account.grams(tenant));
        writeln!(
            profiles,
            "{tenant}\t{id}\t{spread}\t{{\"{text}\"}}\t{{1}}\t{{}}\t{{}}\t\t{grams}"
        )
        .unwrap();
        entry(&mut entries, world, 1, id, id, &account);
    }
    let columns =
        "account (tenant_id, id, version, display_name, location, created_at, updated_at, industry,
                   region, kind, level, owner_id, team_id, parent_id, source_system, external_id)";
    copy(connection, columns, accounts).await;
    copy(connection, "account_term", terms).await;
    copy(connection, "account_key", keys).await;
    copy(connection, "match_profile", profiles).await;
    copy(connection, "search_entry", entries).await;
}

pub fn account_id(number: u64) -> Uuid {
    Uuid::from_u128(ACCOUNTS + u128::from(number))
}

pub fn contact_id(number: u64) -> Uuid {
    Uuid::from_u128(CONTACTS + u128::from(number))
}

async fn copy_contacts(
    connection: &mut PgConnection,
    world: &World,
    numbers: std::ops::Range<u64>,
    each: u64,
) {
    let (mut contacts, mut entries, mut emails) = (String::new(), String::new(), String::new());
    let tenant = world.tenant;
    for number in numbers {
        let contact = Generated::contact(number);
        let account = account_id(number / each);
        let id = contact_id(number);
        let time = traits::time(number / each);
        // The first of an account is the manager of the others.
        let manager = match number % each {
            0 => "\\N".to_owned(),
            place => contact_id(number - place).to_string(),
        };
        writeln!(
            contacts,
            "{tenant}\t{id}\t1\t{time}\t{time}\t{account}\t{}\t\tdepartment {}\t{}\t{manager}",
            contact.text,
            number % 2000,
            number % 9,
        )
        .unwrap();
        if number.is_multiple_of(5) {
            writeln!(emails, "{tenant}\t{id}\t{}", email(number)).unwrap();
        }
        entry(&mut entries, world, 2, account, id, &contact);
    }
    let columns =
        "contact (tenant_id, id, version, created_at, updated_at, account_id, display_name, title,
                   department, function, manager_id)";
    copy(connection, columns, contacts).await;
    copy(connection, "contact_email", emails).await;
    copy(connection, "search_entry", entries).await;
}

pub fn email(number: u64) -> String {
    format!("p{number}@example.com")
}

fn entry(
    rows: &mut String,
    world: &World,
    kind: i16,
    account: Uuid,
    subject: Uuid,
    record: &Generated,
) {
    let tenant = world.tenant;
    let (initials, pinyin) = record.readings();
    let grams = array(&record.search_grams(tenant, kind));
    let name = record.folded();
    writeln!(
        rows,
        "{tenant}\t{kind}\t{account}\t{subject}\t0\t{name}\t{initials}\t{pinyin}\t{grams}"
    )
    .unwrap();
}
