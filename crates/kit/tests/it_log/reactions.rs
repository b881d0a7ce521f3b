//! What the log leads to happens once.

use keynode_kit::clock::Clock;
use keynode_kit::consumer::Consumer;
use keynode_kit::consumer::Reaction;
use keynode_kit::consumer::Settings;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::log::Entry;
use sqlx::Executor as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::world::{append, world};

#[derive(Clone)]
struct Count(Arc<AtomicU32>);

impl Reaction for Count {
    type Effect = String;

    async fn decide(&self, entry: &Entry) -> Result<Vec<String>, Fault> {
        // Some are decided twice: the first time the peer is away.
        match self.0.fetch_add(1, Ordering::Relaxed) % 5 {
            3 => Err(Fault::internal("a peer is away")),
            _ => Ok(vec![entry.subject.clone()]),
        }
    }

    async fn apply(&self, tx: &mut Tx, _: &Entry, effect: String) -> Result<(), Fault> {
        sqlx::query("insert into test.effect values ($1)")
            .bind(effect)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

const TABLES: &str = "create schema test; create table test.effect (subject text primary key); \
     create table test.consumer (name text primary key, transaction_id bigint, position bigint, \
       holder uuid, held_until timestamptz); \
     grant all on schema test to keynode_notification; \
     grant all on all tables in schema test to keynode_notification";

/// Fails at one entry, in deciding or in applying.
#[derive(Clone)]
struct Stumble {
    at: &'static str,
    in_deciding: bool,
}

impl Reaction for Stumble {
    type Effect = String;

    async fn decide(&self, entry: &Entry) -> Result<Vec<String>, Fault> {
        match &entry.subject {
            subject if self.in_deciding && subject == self.at => Err(Fault::internal("no")),
            subject if subject.starts_with("quiet") => Ok(Vec::new()),
            subject => Ok(vec![subject.clone()]),
        }
    }

    async fn apply(&self, tx: &mut Tx, entry: &Entry, effect: String) -> Result<(), Fault> {
        let tenant: uuid::Uuid = sqlx::query_scalar("select events.tenant_id()")
            .fetch_one(&mut **tx)
            .await?;
        assert_eq!(tenant, entry.tenant.0, "in the tenant of the entry");
        if effect == self.at {
            return Err(Fault::internal("no"));
        }
        sqlx::query("insert into test.effect values ($1)")
            .bind(effect)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

#[tokio::test]
async fn what_comes_before_an_entry_that_fails_takes_effect_and_what_comes_after_waits() {
    for in_deciding in [true, false] {
        let w = world().await;
        let mut admin =
            <sqlx::PgConnection as sqlx::Connection>::connect(&w.database.superuser_url)
                .await
                .unwrap();
        admin.execute(TABLES).await.unwrap();
        let other = keynode_kit::testing::tenant();
        let entries = [
            (w.tenant, "quiet/1"),
            (w.tenant, "teams/1"),
            (other, "quiet/2"),
            (w.tenant, "teams/2"),
            (other, "teams/3"),
            (other, "teams/4"),
            (other, "teams/5"),
        ];
        for (tenant, subject) in entries {
            let mut tx = w.db.begin(tenant).await.unwrap();
            append(&mut tx, tenant, subject).await.unwrap();
            tx.finish(Ok::<_, Fault>(())).await.unwrap();
        }
        let consumer = |at| {
            let reaction = Stumble { at, in_deciding };
            let settings = Settings::default();
            Consumer::new(
                w.db.clone(),
                Clock::system(),
                settings,
                "test",
                at,
                reaction,
            )
        };
        let stumbling = consumer("teams/4");
        for _ in 0..2 {
            assert!(stumbling.step().await.is_err());
            let done: Vec<String> =
                sqlx::query_scalar("select subject from test.effect order by 1")
                    .fetch_all(&mut admin)
                    .await
                    .unwrap();
            assert_eq!(
                done,
                ["teams/1", "teams/2", "teams/3"],
                "in deciding: {in_deciding}"
            );
        }
        admin.execute("delete from test.effect").await.unwrap();
        assert_eq!(consumer("none").step().await.unwrap(), entries.len());
    }
}

#[tokio::test]
async fn every_event_takes_effect_once_with_two_replicas_and_failing_peers() {
    let w = world().await;
    let mut admin = <sqlx::PgConnection as sqlx::Connection>::connect(&w.database.superuser_url)
        .await
        .unwrap();
    admin.execute(TABLES).await.unwrap();
    for n in 0..30 {
        let mut tx = w.db.begin(w.tenant).await.unwrap();
        append(&mut tx, w.tenant, &format!("teams/{n}"))
            .await
            .unwrap();
        tx.finish(Ok::<_, Fault>(())).await.unwrap();
    }
    let settings = Settings {
        poll: Duration::from_millis(5),
        batch: 4,
        lease: Duration::from_millis(100),
    };
    let decided = Count(Arc::default());
    let replicas: Vec<_> = (0..2)
        .map(|_| {
            Consumer::new(
                w.db.clone(),
                Clock::system(),
                settings.clone(),
                "test",
                "count",
                decided.clone(),
            )
        })
        .collect();
    let mut effects: i64 = 0;
    for round in 0..500 {
        let _ = replicas[round % 2].step().await;
        effects = sqlx::query_scalar("select count(*) from test.effect")
            .fetch_one(&mut admin)
            .await
            .unwrap();
        if effects == 30 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(effects, 30);
    assert!(
        decided.0.load(Ordering::Relaxed) > 30,
        "the control: some were decided again"
    );
}
