//! What tests rely on: isolation, and that nothing stays behind.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

const VICTIM: &str = "KEYNODE_TEST_VICTIM_CLUSTER";

async fn migrate(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let sql = "create table note (text text not null);
        do $$ begin create role reader login password 'p@ss:w/rd'; exception when duplicate_object then null; end $$;
        grant select on note to reader";
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    // The connection is left open: a pool that is merely dropped does so too.
    std::mem::forget(connection);
}

async fn count(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar("select count(*) from note")
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn tests_do_not_see_each_other() {
    let (one, two) = tokio::join!(database("isolated", migrate), database("isolated", migrate));
    assert_ne!(one.name, two.name);
    execute(
        &one.superuser_url,
        "insert into note values ('here')".into(),
    )
    .await
    .unwrap();
    assert_eq!(
        (
            count(&one.superuser_url).await,
            count(&two.superuser_url).await
        ),
        (1, 0)
    );
    assert_eq!(
        count(&database("isolated", migrate).await.superuser_url).await,
        0
    );
}

#[tokio::test]
async fn a_template_is_migrated_once() {
    let mut times = 0;
    for _ in 0..2 {
        database("counted", async |url: &str| {
            times += 1;
            migrate(url).await;
        })
        .await;
    }
    assert_eq!(times, 1);
}

#[tokio::test]
async fn a_role_has_its_own_rights() {
    let database = database("roles", migrate).await;
    let reader = database.url_for("reader", "p@ss:w/rd");
    assert_eq!(count(&reader).await, 0);
    let refused = execute(&reader, "insert into note values ('no')".into())
        .await
        .unwrap_err();
    assert_eq!(
        refused.as_database_error().unwrap().code().unwrap(),
        "42501"
    );
    let stranger = execute(&database.url_for("reader", "wrong"), "select 1".into())
        .await
        .unwrap_err();
    assert_eq!(
        stranger.as_database_error().unwrap().code().unwrap(),
        "28P01"
    );
}

#[test]
fn a_database_serves_runtimes_that_come_and_go() {
    let in_a_new_runtime = || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async { count(&database("runtimes", migrate).await.superuser_url).await })
    };
    assert_eq!((in_a_new_runtime(), in_a_new_runtime()), (0, 0));
}

#[tokio::test]
#[ignore = "part of another test: it waits to be killed"]
async fn the_one_that_is_killed() {
    if std::env::var_os(VICTIM).is_none() {
        return;
    }
    let cluster = cluster::shared().await;
    eprintln!("folder={}", cluster.folder.display());
    std::future::pending().await
}

#[test]
fn nothing_stays_behind_a_killed_test_process() {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "testing::tests::the_one_that_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(VICTIM, "yes")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let folder = BufReader::new(victim.stderr.take().unwrap())
        .lines()
        .find_map(|line| {
            line.unwrap()
                .split_once("folder=")
                .map(|(_, folder)| folder.to_owned())
        })
        .unwrap();
    assert!(
        std::path::Path::new(&folder)
            .join("data/PG_VERSION")
            .exists()
    );
    victim.kill().unwrap();
    victim.wait().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while std::path::Path::new(&folder).exists() {
        assert!(Instant::now() < until, "{folder} is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}
