//! Lists and boards of many deals: that indexes serve them, and how long they take.

#![allow(
    clippy::print_stdout,
    reason = "figures are for whoever asked for them"
)]

#[path = "scale/load.rs"]
mod load;
#[path = "scale/plans.rs"]
mod plans;
#[path = "scale/reads.rs"]
mod reads;

use std::time::{Duration, Instant};

use self::plans::Plans;
use self::reads::Read;
use crate::world::{World, world};

/// Enough that the planner would read a table from end to end only if it had to.
const SOME: u64 = 50_000;
const MANY: u64 = 1_000_000;
const CALLS: usize = 300;
const WARM: usize = 10;
/// No read is measured longer.
const ENOUGH: Duration = Duration::from_secs(5);

#[tokio::test]
async fn no_read_goes_through_a_table() {
    let world = world().await;
    load::load(&world, SOME).await;
    let mut plans = Plans::follow(&world).await;
    settle(&world).await;
    let mut wrong = Vec::new();
    for mut read in reads::all(&world) {
        let (plan, found) = plans.of(read.ask()).await;
        let (name, through) = (&read.name, plan.gone_through());
        assert!(found > 0 || !read.finds, "{name} found nothing");
        assert!(!plan.reads().is_empty(), "{name} left no plan");
        if !through.is_empty() {
            wrong.push(format!("{name}: through {through:?}: {:?}", plan.reads()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Calls until the service has connections again.
async fn settle(world: &World) {
    let mut reads = reads::all(world);
    for _ in 0..50 {
        let _ = reads[0].try_ask().await;
    }
}

#[tokio::test]
#[ignore = "takes minutes and gigabytes; tests/scale_pipeline.sh runs it"]
async fn a_million_deals_are_read_in_time() {
    let deals = std::env::var("KEYNODE_SCALE_DEALS").map_or(MANY, |count| count.parse().unwrap());
    let world = world().await;
    let begun = Instant::now();
    load::load(&world, deals).await;
    println!("scale: {deals} deals loaded in {:.0?}", begun.elapsed());
    sizes(&world).await;
    let mut figures = Vec::new();
    for mut read in reads::all(&world) {
        let times = time(&mut read).await;
        figures.push((read, at(&times, 0.5), at(&times, 0.99)));
    }
    println!("| read | p50 ms | p99 ms | rows looked at in vain | reads |");
    println!("|---|---|---|---|---|");
    let mut plans = Plans::follow(&world).await;
    settle(&world).await;
    let mut wrong = Vec::new();
    for (mut read, p50, p99) in figures {
        let (plan, _) = plans.of(read.ask()).await;
        let (name, through) = (&read.name, plan.gone_through());
        println!(
            "| {name} | {:.1} | {:.1} | {} | {} |",
            p50.as_secs_f64() * 1e3,
            p99.as_secs_f64() * 1e3,
            plan.rows_removed(),
            plan.reads().into_iter().collect::<Vec<_>>().join(", ")
        );
        if !through.is_empty() || p99 > read.within {
            wrong.push(format!("{name}: p99 {p99:?}, through {through:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn sizes(world: &World) {
    let mut connection = world.superuser().await;
    for table in [
        "opportunity",
        "opportunity_text",
        "opportunity_attribute",
        "board_cell",
    ] {
        let sql = format!(
            "select (pg_table_size('pipeline.{table}') / 1000000)::bigint,
                    (pg_indexes_size('pipeline.{table}') / 1000000)::bigint, count(*) from pipeline.{table}"
        );
        let (rows, indexes, count): (i64, i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await
            .unwrap();
        println!("scale: pipeline.{table}: {count} rows in {rows} MB, its indexes {indexes} MB");
    }
}

/// How long many calls take, shortest first.
async fn time(read: &mut Read) -> Vec<Duration> {
    let (mut times, begun) = (Vec::new(), Instant::now());
    for index in 0..CALLS + WARM {
        let asked = Instant::now();
        let found = read.ask().await;
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
