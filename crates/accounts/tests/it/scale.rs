//! Matching and search on many records: that indexes serve them, and how long they take.

#![allow(
    clippy::print_stdout,
    reason = "figures are for whoever asked for them"
)]

mod ask;
mod filters;
mod generated;
mod load;
mod maps;
mod plans;
mod reads;
mod traits;

use std::time::{Duration, Instant};

use keynode_proto::accounts::v1::*;
use sqlx::{AssertSqlSafe, PgConnection};

use self::generated::Generated;
use self::plans::Plans;
use self::reads::Read;
use super::world::World;

/// Enough that the planner would read a table from end to end only if it had to.
const SOME: u64 = 50_000;
const MANY: u64 = 1_000_000;
const CONTACTS_PER_ACCOUNT: u64 = 5;
const CALLS: u64 = 300;
const WARM: u64 = 10;
/// No read is measured longer.
const ENOUGH: Duration = Duration::from_secs(5);
/// Rows that a read of a page may look at in vain.
const IN_VAIN: u64 = 6000;

async fn explain(connection: &mut PgConnection, sql: &str) -> String {
    let sql = AssertSqlSafe(format!("explain {sql}"));
    let lines: Vec<String> = sqlx::query_scalar(sql).fetch_all(connection).await.unwrap();
    lines.join("\n")
}

/// The body of a function with values for its parameters.
async fn body(connection: &mut PgConnection, function: &str, values: &[(&str, String)]) -> String {
    let sql = "select prosrc from pg_proc where proname = $1";
    let body: String = sqlx::query_scalar(sql)
        .bind(function)
        .fetch_one(connection)
        .await
        .unwrap();
    let replace = |body: String, (name, value): &(&str, String)| {
        let mut text = String::new();
        let mut word = String::new();
        for c in body.chars().chain([' ']) {
            if c.is_alphanumeric() || c == '_' {
                word.push(c);
                continue;
            }
            text.push_str(if word == *name { value } else { &word });
            word.clear();
            text.push(c);
        }
        text
    };
    values.iter().fold(body, replace)
}

#[tokio::test]
async fn indexes_serve_matching_and_search() {
    let world = World::new().await;
    load::load(&world, SOME, 1).await;
    let mut connection = world.superuser().await;
    let tenant = format!("set keynode.tenant_id = '{}'", world.tenant);
    sqlx::raw_sql(AssertSqlSafe(tenant))
        .execute(&mut connection)
        .await
        .unwrap();
    let grams: Vec<i32> = sqlx::query_scalar("select grams from accounts.match_profile limit 1")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let array = |grams: &[i32]| format!("array{grams:?}::integer[]");
    let parameters = [
        ("rare", array(&grams[..2])),
        ("pair_left", array(&grams[2..3])),
        ("pair_right", array(&grams[3..4])),
        ("every", array(&grams)),
        ("most", "300".to_owned()),
    ];
    let candidates = body(&mut connection, "match_candidates", &parameters).await;
    let parameters = [
        ("pieces", array(&grams[..2])),
        ("needle", "'宏远'".to_owned()),
        ("most", "200".to_owned()),
        ("of_kind", "1".to_owned()),
    ];
    let containing = body(&mut connection, "search_containing", &parameters).await;
    let prefix = |column: &str| {
        format!(
            "select name from accounts.search_entry
             where tenant_id = events.tenant_id() and kind = 1 and {column} <> '' and {column} >= 'hy'
               and {column} < 'hy\u{10ffff}' order by {column} limit 200"
        )
    };
    for (sql, index) in [
        (candidates, "match_profile_grams_idx"),
        (containing, "search_entry_grams_idx"),
    ] {
        let plan = explain(&mut connection, &sql).await;
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{plan}");
    }
    // As the service itself, whom row-level security confines.
    sqlx::raw_sql("set role keynode_accounts")
        .execute(&mut connection)
        .await
        .unwrap();
    for column in ["name", "initials", "pinyin"] {
        let plan = explain(&mut connection, &prefix(column)).await;
        let index = format!("search_entry_{column}_idx");
        assert!(
            plan.contains(&index) && !plan.contains("Filter: (position"),
            "{plan}"
        );
    }
}

#[tokio::test]
async fn generated_accounts_are_indexed_as_imported_ones_are() {
    let world = World::new().await;
    load::load(&world, 50, 1).await;
    let stored = "select count(*) from (select grams from accounts.match_profile order by account_id limit 50) g";
    assert_eq!(world.count(stored).await, 50);
    for number in 0..50 {
        let text = Generated::account(number).text;
        let name = world.account(&world.admin, &text).await.name;
        let id = name.trim_start_matches("accounts/");
        let alike = format!(
            "select count(*) from accounts.match_profile a join accounts.match_profile b
               on b.account_id <> a.account_id and b.names = a.names
               and (select array_agg(g order by g) from unnest(b.grams) g)
                 = (select array_agg(g order by g) from unnest(a.grams) g)
             where a.account_id = '{id}'"
        );
        assert!(world.count(&alike).await >= 1, "{text}");
    }
}

#[tokio::test]
async fn no_read_goes_through_a_table() {
    let world = World::new().await;
    load::load(&world, SOME, CONTACTS_PER_ACCOUNT).await;
    let reads = reads::all(&world, SOME).await;
    let mut plans = Plans::follow(&world).await;
    settle(&world).await;
    let mut wrong = Vec::new();
    for read in reads {
        let number = SOME / 3;
        let (plan, found) = plans.of(read.asker.ask(&read.ask, number)).await;
        assert!(found > 0 || !read.finds, "{} found nothing", read.name);
        let (mut through, removed) = (plan.gone_through(), plan.rows_removed());
        // Of so few accounts there are so few maps that reading all of them may be best.
        through.retain(|table| !read.is_wide && *table != "decision_map");
        assert!(!plan.reads().is_empty(), "{} left no plan", read.name);
        if !through.is_empty() || (!read.is_wide && removed > IN_VAIN) {
            wrong.push(format!(
                "{}: through {through:?}, {removed} in vain: {:?}",
                read.name,
                plan.reads()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Calls until the service has connections again.
async fn settle(world: &World) {
    for _ in 0..50 {
        let _ = world
            .directory(&world.admin)
            .list_roles(ListRolesRequest {})
            .await;
    }
}

#[tokio::test]
#[ignore = "takes minutes and gigabytes; tests/scale.sh runs it"]
async fn a_million_accounts_are_read_in_time() {
    let accounts =
        std::env::var("KEYNODE_SCALE_ACCOUNTS").map_or(MANY, |count| count.parse().unwrap());
    let world = World::new().await;
    let begun = Instant::now();
    load::load(&world, accounts, CONTACTS_PER_ACCOUNT).await;
    println!(
        "scale: {accounts} accounts and {CONTACTS_PER_ACCOUNT} contacts each loaded in {:.0?}",
        begun.elapsed()
    );
    sizes(&world).await;
    let mut figures = Vec::new();
    for read in reads::all(&world, accounts).await {
        let times = time(&read, accounts).await;
        println!(
            "scale: {:<40} p50 {:>8.1?} p99 {:>8.1?}",
            read.name,
            at(&times, 0.5),
            at(&times, 0.99)
        );
        figures.push((read, at(&times, 0.5), at(&times, 0.99)));
    }
    println!("| read | p50 ms | p99 ms | rows looked at in vain | reads |");
    println!("|---|---|---|---|---|");
    let mut plans = Plans::follow(&world).await;
    settle(&world).await;
    let mut wrong = Vec::new();
    for (read, p50, p99) in figures {
        let (plan, _) = plans.of(read.asker.ask(&read.ask, accounts / 3)).await;
        let (name, through) = (&read.name, plan.gone_through());
        println!(
            "| {name} | {:.1} | {:.1} | {} | {} |",
            p50.as_secs_f64() * 1e3,
            p99.as_secs_f64() * 1e3,
            plan.rows_removed(),
            plan.reads().into_iter().collect::<Vec<_>>().join(", ")
        );
        if !through.is_empty() || (!read.is_wide && p99 > read.within) {
            wrong.push(format!("{name}: p99 {p99:?}, through {through:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn sizes(world: &World) {
    for table in ["match_profile", "search_entry", "account", "contact"] {
        let sql = |what: &str| format!("select {what}('accounts.{table}') / 1000000");
        let (rows, indexes) = (
            world.count(&sql("pg_table_size")).await,
            world.count(&sql("pg_indexes_size")).await,
        );
        println!("scale: accounts.{table} {rows} MB, its indexes {indexes} MB");
    }
}

/// How long many calls take, each about another record, shortest first.
async fn time(read: &Read, accounts: u64) -> Vec<Duration> {
    let (mut times, begun) = (Vec::new(), Instant::now());
    for index in 0..CALLS + WARM {
        let number = index * 7919 % accounts;
        let asked = Instant::now();
        let found = read.asker.ask(&read.ask, number).await;
        assert!(found > 0 || !read.finds, "{} found nothing", read.name);
        // The first calls find cold caches and connections.
        if index >= WARM {
            times.push(asked.elapsed());
        }
        if begun.elapsed() > ENOUGH && times.len() > 10 {
            break;
        }
    }
    times.sort();
    times
}

fn at(times: &[Duration], share: f64) -> Duration {
    times[((times.len() - 1) as f64 * share) as usize]
}
