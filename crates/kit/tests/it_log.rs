//! The log, idempotency and tenancy on a real Postgres.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use keynode_kit::call::{Call, Principal, TenantId, Visibility};
use keynode_kit::clock::Clock;
use keynode_kit::consumer::{Consumer, Reaction, Settings};
use keynode_kit::db::{Db, PoolSettings, Tx};
use keynode_kit::error::Fault;
use keynode_kit::log::{self, Cursor, Entry, Origin};
use keynode_kit::migrate::{self, RolePassword};
use keynode_kit::mutation::{Mutations, Writer};
use keynode_kit::testing::{self, TestDatabase};
use keynode_proto::accounts::v1::{CreateTeamRequest, CreateTeamResponse, Team, TeamChanged};
use sqlx::Executor as _;
use uuid::Uuid;

const PASSWORD: &str = "of-a-test";

struct World {
    database: TestDatabase,
    db: Db,
    tenant: TenantId,
}

async fn world() -> World {
    let database = testing::database("log", async |url| {
        let passwords = migrate::SERVICES.map(|service| RolePassword {
            service,
            password: Some(PASSWORD.to_owned().into()),
        });
        migrate::run(&url.parse().unwrap(), &passwords, &[])
            .await
            .unwrap();
    })
    .await;
    let db = Db::new(
        database
            .url_for("keynode_notification", PASSWORD)
            .parse()
            .unwrap(),
        &PoolSettings::default(),
    );
    World {
        database,
        db,
        tenant: testing::tenant(),
    }
}

fn origin(tenant: TenantId) -> Origin {
    Origin {
        tenant,
        service: "notification",
        actor: "people/test".into(),
        cause: String::new(),
        trace_id: String::new(),
        occurred_at: Clock::system().now(),
    }
}

fn call(tenant: TenantId) -> Call {
    Call {
        principal: Principal {
            tenant: Some(tenant),
            subject: "people/test".into(),
            person: None,
            team: None,
            roles: vec![],
            scopes: vec![],
            visibility: Visibility::All,
        },
        method: "/test/CreateTeam".into(),
        now: Clock::system().now(),
        deadline: None,
        trace_id: String::new(),
        authorization: None,
    }
}

async fn append(tx: &mut Tx, tenant: TenantId, subject: &str) -> Result<(), sqlx::Error> {
    let mut writer = Writer::new(tx, Clock::system());
    writer.record(subject, 1, &TeamChanged::default());
    writer.append(&origin(tenant)).await
}

/// Reads on until `expected` events came or ten seconds passed: other tests' transactions
/// in the same cluster hold what is settled back, too.
async fn read_settled(w: &World, expected: usize) -> Vec<Entry> {
    let (mut seen, mut cursor) = (Vec::new(), Cursor::default());
    for _ in 0..1000 {
        let mut tx = w.db.begin(w.tenant).await.unwrap();
        let entries = log::read_tenant(&mut tx, cursor, &[], &[], 7)
            .await
            .unwrap();
        tx.finish(Ok::<_, Fault>(())).await.unwrap();
        if let Some(last) = entries.last() {
            cursor = last.cursor;
        } else {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        seen.extend(entries);
        if seen.len() >= expected {
            break;
        }
    }
    seen
}

/// What a reader by position alone would do: the negative control.
async fn read_by_position(db: &Db, tenant: TenantId, after: i64) -> Vec<(i64, String)> {
    let mut tx = db.begin(tenant).await.unwrap();
    sqlx::query_as("select position, subject from events.log where position > $1 order by position")
        .bind(after)
        .fetch_all(&mut *tx)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_late_commit_is_not_skipped_though_reading_by_position_skips_it() {
    let w = world().await;
    let mut late = w.db.begin(w.tenant).await.unwrap();
    append(&mut late, w.tenant, "teams/late").await.unwrap();
    let mut early = w.db.begin(w.tenant).await.unwrap();
    append(&mut early, w.tenant, "teams/early").await.unwrap();
    early.finish(Ok::<_, Fault>(())).await.unwrap();

    let naive = read_by_position(&w.db, w.tenant, 0).await;
    assert_eq!(
        naive.iter().map(|(_, s)| s.as_str()).collect::<Vec<_>>(),
        ["teams/early"]
    );
    let mut reader = w.db.begin(w.tenant).await.unwrap();
    let safe = log::read_tenant(&mut reader, Cursor::default(), &[], &[], 10)
        .await
        .unwrap();
    reader.finish(Ok::<_, Fault>(())).await.unwrap();
    assert!(
        safe.is_empty(),
        "nothing is told while an earlier transaction is still running"
    );

    late.finish(Ok::<_, Fault>(())).await.unwrap();
    let safe = read_settled(&w, 2).await;
    let after_naive = read_by_position(&w.db, w.tenant, naive[0].0).await;
    assert!(
        after_naive.is_empty(),
        "the negative control loses the late event for ever"
    );
    assert_eq!(
        safe.iter().map(|e| e.subject.as_str()).collect::<Vec<_>>(),
        ["teams/late", "teams/early"]
    );
}

#[tokio::test]
async fn concurrent_writers_leave_no_hole_for_a_reader_that_follows() {
    let w = world().await;
    let writers: Vec<_> = (0..6)
        .map(|n| {
            let (db, tenant) = (w.db.clone(), w.tenant);
            tokio::spawn(async move {
                for i in 0..40 {
                    let mut tx = db.begin(tenant).await.unwrap();
                    append(&mut tx, tenant, &format!("teams/{n}-{i}"))
                        .await
                        .unwrap();
                    if (n + i) % 3 == 0 {
                        tokio::task::yield_now().await;
                    }
                    let result = if i % 10 == 9 {
                        Err(Fault::tenant_required())
                    } else {
                        Ok(())
                    };
                    let _ = tx.finish(result).await;
                }
            })
        })
        .collect();
    // Reads while they write.
    let all = futures_util::future::join_all(writers);
    let (seen, written) = tokio::join!(read_settled(&w, 6 * 36), all);
    written.into_iter().for_each(|writer| writer.unwrap());
    assert_eq!(count(&w.db, w.tenant).await, 6 * 36);
    let seen: Vec<String> = seen.into_iter().map(|e| e.subject).collect();
    let unique: std::collections::HashSet<_> = seen.iter().collect();
    assert_eq!(
        (seen.len(), unique.len()),
        (6 * 36, 6 * 36),
        "each committed event once, no rolled back one"
    );
}

#[tokio::test]
async fn another_tenant_sees_and_writes_nothing() {
    let w = world().await;
    let other = testing::tenant();
    let mut tx = w.db.begin(w.tenant).await.unwrap();
    append(&mut tx, w.tenant, "teams/mine").await.unwrap();
    tx.finish(Ok::<_, Fault>(())).await.unwrap();

    let mut tx = w.db.begin(other).await.unwrap();
    assert!(
        log::read_tenant(&mut tx, Cursor::default(), &[], &[], 10)
            .await
            .unwrap()
            .is_empty()
    );
    let forged = append(&mut tx, w.tenant, "teams/forged").await.unwrap_err();
    assert_eq!(
        forged.as_database_error().unwrap().code().as_deref(),
        Some("42501")
    );
    drop(tx);
    let mut nobody = w.db.begin_without_tenant().await.unwrap();
    let count: i64 = sqlx::query_scalar("select count(*) from events.log")
        .fetch_one(&mut *nobody)
        .await
        .unwrap();
    assert_eq!(count, 0, "no tenant sees nothing");
}

#[tokio::test]
async fn a_service_reaches_no_other_schema_and_changes_no_history() {
    let w = world().await;
    for sql in [
        "update events.log set actor = 'people/other'",
        "delete from events.log",
        "truncate events.log",
        "alter table events.log disable row level security",
        "create table events.mine (id int)",
    ] {
        let mut tx = w.db.begin(w.tenant).await.unwrap();
        let refused = tx.execute(sql).await.unwrap_err();
        assert_eq!(
            refused.as_database_error().unwrap().code().as_deref(),
            Some("42501"),
            "{sql}"
        );
    }
    let accounts = Db::new(
        w.database
            .url_for("keynode_accounts", PASSWORD)
            .parse()
            .unwrap(),
        &PoolSettings::default(),
    );
    let mut tx = accounts.begin(w.tenant).await.unwrap();
    let refused = log::read_all(&mut tx, Cursor::default(), 10)
        .await
        .unwrap_err();
    assert_eq!(
        refused.reason(),
        "INTERNAL",
        "reading every tenant's log is granted to consumers only"
    );
}

fn mutations(db: &Db) -> Mutations {
    Mutations {
        db: db.clone(),
        service: "notification",
        clock: Clock::system(),
    }
}

async fn create(
    mutations: &Mutations,
    call: &Call,
    request: &CreateTeamRequest,
) -> Result<CreateTeamResponse, Fault> {
    mutations
        .run(call, request, async |writer: &mut Writer<'_>| {
            let name = format!("teams/{}", writer.id());
            let team = Team {
                name: name.clone(),
                ..Team::default()
            };
            writer.record(
                name,
                1,
                &TeamChanged {
                    before: None,
                    after: Some(team.clone()),
                },
            );
            Ok(CreateTeamResponse { team: Some(team) })
        })
        .await
}

async fn count(db: &Db, tenant: TenantId) -> i64 {
    let mut tx = db.begin(tenant).await.unwrap();
    sqlx::query_scalar("select count(*) from events.log")
        .fetch_one(&mut *tx)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_and_other_parameters_are_refused() {
    let w = world().await;
    let (mutations, call) = (mutations(&w.db), call(w.tenant));
    let mut request = CreateTeamRequest {
        request_id: Uuid::now_v7().to_string(),
        ..Default::default()
    };
    let first = create(&mutations, &call, &request).await.unwrap();
    assert_eq!(create(&mutations, &call, &request).await.unwrap(), first);
    assert_eq!(count(&w.db, w.tenant).await, 1);
    request.team = Some(Team {
        display_name: "other".into(),
        ..Team::default()
    });
    assert_eq!(
        create(&mutations, &call, &request)
            .await
            .unwrap_err()
            .reason(),
        "REQUEST_ID_REUSED"
    );
    request.request_id = "no uuid".into();
    assert_eq!(
        create(&mutations, &call, &request)
            .await
            .unwrap_err()
            .reason(),
        "INVALID_REQUEST"
    );
}

#[tokio::test]
async fn of_many_at_once_with_one_request_id_one_takes_effect_and_all_hear_the_same() {
    let w = world().await;
    let request = CreateTeamRequest {
        request_id: Uuid::now_v7().to_string(),
        ..Default::default()
    };
    let (mutations, call) = (mutations(&w.db), call(w.tenant));
    let answers =
        futures_util::future::join_all((0..8).map(|_| create(&mutations, &call, &request))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|a| a == &answers[0]));
    assert_eq!(count(&w.db, w.tenant).await, 1);
}

#[tokio::test]
async fn checking_only_stores_nothing() {
    let w = world().await;
    let request = CreateTeamRequest {
        request_id: Uuid::now_v7().to_string(),
        validate_only: true,
        ..Default::default()
    };
    create(&mutations(&w.db), &call(w.tenant), &request)
        .await
        .unwrap();
    assert_eq!(count(&w.db, w.tenant).await, 0);
}

#[tokio::test]
async fn a_transaction_whose_caller_went_away_does_not_harm_the_pool() {
    let w = world().await;
    let settings = PoolSettings {
        max_connections: 1,
        ..PoolSettings::default()
    };
    let db = Db::new(
        w.database
            .url_for("keynode_notification", PASSWORD)
            .parse()
            .unwrap(),
        &settings,
    );
    for _ in 0..6 {
        let stuck = db.transaction(w.tenant, async |tx: &mut Tx| {
            tx.execute("select pg_sleep(60)").await?;
            Ok::<_, Fault>(())
        });
        assert!(
            tokio::time::timeout(Duration::from_millis(50), stuck)
                .await
                .is_err()
        );
    }
    assert_eq!(
        count(&db, w.tenant).await,
        0,
        "the one connection of the pool serves again"
    );
}

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

#[tokio::test]
async fn every_event_takes_effect_once_with_two_replicas_and_failing_peers() {
    let w = world().await;
    let mut admin = <sqlx::PgConnection as sqlx::Connection>::connect(&w.database.superuser_url)
        .await
        .unwrap();
    admin
        .execute(
            "create schema test; create table test.effect (subject text primary key); \
             create table test.consumer (name text primary key, transaction_id bigint, position bigint, \
               holder uuid, held_until timestamptz); \
             grant all on schema test to keynode_notification; \
             grant all on all tables in schema test to keynode_notification",
        )
        .await
        .unwrap();
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

#[tokio::test]
async fn a_denial_is_logged_for_its_tenant_only() {
    let w = world().await;
    let denial = |tenant| keynode_kit::auth::Denial {
        tenant,
        subject: "people/test".into(),
        method: "/test/CreateTeam",
        permission: "test.teams.create",
        reason: "PERMISSION_DENIED".into(),
        trace_id: String::new(),
        at: Clock::system().now(),
    };
    keynode_kit::denial::write(&w.db, &denial(Some(w.tenant)))
        .await
        .unwrap();
    keynode_kit::denial::write(&w.db, &denial(None))
        .await
        .unwrap();
    for (tenant, expected) in [(w.tenant, 1_i64), (testing::tenant(), 0)] {
        let mut tx = w.db.begin(tenant).await.unwrap();
        let logged: i64 = sqlx::query_scalar("select count(*) from events.denial")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(logged, expected);
    }
}

#[tokio::test]
async fn databases_of_one_cluster_are_migrated_at_the_same_time() {
    let databases =
        futures_util::future::join_all((0..6).map(|_| testing::database("empty", async |_| {})))
            .await;
    let migrations = databases.iter().map(async |database| {
        let passwords = migrate::SERVICES.map(|service| RolePassword {
            service,
            password: Some(PASSWORD.to_owned().into()),
        });
        migrate::run(&database.superuser_url.parse().unwrap(), &passwords, &[]).await
    });
    for migrated in futures_util::future::join_all(migrations).await {
        migrated.unwrap();
    }
}

/// Versions of one subject, written by many at once; in the order in which the log is read.
async fn versions_in_log_order(w: &World, take_turns: bool) -> Vec<i64> {
    const WRITERS: usize = 12;
    let settings = PoolSettings {
        max_connections: 12,
        ..PoolSettings::default()
    };
    let url = w.database.url_for("keynode_notification", PASSWORD);
    let db = Db::new(url.parse().unwrap(), &settings);
    let start = Arc::new(tokio::sync::Barrier::new(WRITERS));
    let writers = (0..WRITERS).map(|_| {
        let (db, tenant, start) = (db.clone(), w.tenant, start.clone());
        tokio::spawn(async move {
            let warm = db.begin(tenant).await.unwrap();
            warm.finish(Ok::<_, Fault>(())).await.unwrap();
            start.wait().await;
            for _ in 0..10 {
                change(&db, tenant, take_turns).await;
            }
        })
    });
    for writer in futures_util::future::join_all(writers).await {
        writer.unwrap();
    }
    let mut tx = db.begin(w.tenant).await.unwrap();
    sqlx::query_scalar(
        "select sequence from events.log where subject = 'teams/hot' order by transaction_id, position",
    )
    .fetch_all(&mut *tx)
    .await
    .unwrap()
}

/// One change of a versioned row, as services make it.
async fn change(db: &Db, tenant: TenantId, take_turn: bool) {
    let subject = "teams/hot".to_owned();
    let changed: Result<(), Fault> = db
        .transaction(tenant, async |tx: &mut Tx| {
            if take_turn {
                log::take_turn(tx, std::slice::from_ref(&subject)).await?;
            }
            let version: i64 = sqlx::query_scalar("select version from test.hot for update")
                .fetch_one(&mut **tx)
                .await?;
            sqlx::query("update test.hot set version = version + 1")
                .execute(&mut **tx)
                .await?;
            let mut writer = Writer::new(tx, Clock::system());
            writer.record(subject.clone(), version + 1, &TeamChanged::default());
            Ok(writer.append(&origin(tenant)).await?)
        })
        .await;
    changed.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_of_a_subject_are_logged_in_order_because_writers_take_turns() {
    let w = world().await;
    let mut admin = <sqlx::PgConnection as sqlx::Connection>::connect(&w.database.superuser_url)
        .await
        .unwrap();
    admin
        .execute(
            "create schema test; create table test.hot (version bigint); insert into test.hot values (0); \
             grant all on schema test to keynode_notification; \
             grant all on test.hot to keynode_notification",
        )
        .await
        .unwrap();
    let in_order: Vec<i64> = (1..=120).collect();
    assert_eq!(versions_in_log_order(&w, true).await, in_order);

    // The negative control: with the row's lock alone, ids do not follow versions.
    admin
        .execute("update test.hot set version = 0")
        .await
        .unwrap();
    let other = World {
        tenant: testing::tenant(),
        ..w
    };
    assert_ne!(versions_in_log_order(&other, false).await, in_order);
}
