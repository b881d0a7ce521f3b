//! What the executable says to bad input, before anything is touched, and how it ends.

use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn keynode(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keynode"))
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(settings.iter().copied())
        .output()
        .expect("the executable starts")
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const SECRET: (&str, &str) = (
    "KEYNODE_AUTH__SERVICE_SECRET",
    "a secret for tests, long enough to be taken",
);

#[test]
fn unknown_settings_are_refused_by_name_all_at_once_with_where_they_came_from() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("keynode.toml");
    std::fs::write(&file, "[server]\nlisen = \"127.0.0.1:1\"\n").expect("written");
    let config = file.to_str().expect("utf-8");
    let said = refused(&keynode(
        &["--config", config, "config", "show"],
        &[("KEYNODE_SERVER__TIME_OUT", "1s")],
    ));
    for part in [
        "server.lisen",
        "server.listen",
        "keynode.toml",
        "KEYNODE_SERVER__TIME_OUT",
        "server.timeout",
    ] {
        assert!(said.contains(part), "{part} is missing in: {said}");
    }
}

#[test]
fn bad_values_are_refused_by_name() {
    let said = refused(&keynode(
        &["--set", "server.timeout=soon", "config", "show"],
        &[],
    ));
    assert!(
        said.contains("server.timeout") && said.contains("soon"),
        "{said}"
    );
    let said = refused(&keynode(&["--set", "server", "config", "show"], &[]));
    assert!(said.contains("KEY=VALUE"), "{said}");
}

#[test]
fn the_settings_in_force_are_shown_without_secrets() {
    let output = keynode(
        &["config", "show"],
        &[SECRET, ("KEYNODE_SERVER__LISTEN", "127.0.0.1:7999")],
    );
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && shown.contains("127.0.0.1:7999"),
        "{shown}"
    );
    assert!(
        !shown.contains(SECRET.1) && shown.contains("redacted"),
        "{shown}"
    );
}

#[test]
fn a_missing_or_short_secret_says_what_to_set() {
    for secret in ["", "short"] {
        let said = refused(&keynode(
            &["serve", "accounts"],
            &[("KEYNODE_AUTH__SERVICE_SECRET", secret)],
        ));
        assert!(
            said.contains("auth.service_secret") && said.contains("32"),
            "{said}"
        );
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = taken.local_addr().expect("its address").to_string();
    let said = refused(&keynode(
        &["serve", "accounts"],
        &[SECRET, ("KEYNODE_SERVER__LISTEN", &address)],
    ));
    assert!(said.contains(&address), "{said}");
}

#[test]
fn migrate_without_an_administrator_says_what_to_set() {
    let said = refused(&keynode(&["migrate"], &[]));
    assert!(said.contains("database.admin_url"), "{said}");
    let nobody = (
        "KEYNODE_DATABASE__ADMIN_URL",
        "postgres://nobody@127.0.0.1:1/none",
    );
    let said = refused(&keynode(&["migrate"], &[nobody]));
    assert!(said.contains("cannot connect"), "{said}");
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let said = refused(&keynode(
        &["health", "--endpoint", "http://127.0.0.1:1"],
        &[],
    ));
    assert!(said.contains("127.0.0.1:1"), "{said}");
    let said = refused(&keynode(&["health", "--endpoint", "nonsense"], &[]));
    assert!(said.contains("nonsense"), "{said}");
}

#[test]
fn without_any_postgres_up_says_where_it_looked_and_what_helps() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let data = data.to_str().expect("utf-8");
    let said = refused(&keynode(
        &["up", "--data", data],
        &[("KEYNODE_PG_BIN", "/nonexistent")],
    ));
    assert!(said.contains("/nonexistent"), "{said}");
    assert!(
        !Path::new(data).join("secrets.toml").exists(),
        "nothing half-done remains"
    );
}

#[test]
fn values_with_which_nothing_works_are_refused_all_at_once() {
    let said = refused(&keynode(
        &["--set", "server.max_in_flight=0", "config", "show"],
        &[
            ("KEYNODE_CONSUMER__POLL", "0s"),
            (
                "KEYNODE_DATABASE__URL",
                "postgres://somebody:hunter2@127.0.0.1/keynode",
            ),
        ],
    ));
    for part in ["server.max_in_flight", "consumer.poll", "database.url"] {
        assert!(said.contains(part), "{part} is missing in: {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn where_a_port_is_taken_up_leaves_no_folder_behind() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = taken.local_addr().expect("its address").to_string();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let said = refused(&keynode(
        &["up", "--data", data.to_str().expect("utf-8")],
        &[("KEYNODE_SERVER__LISTEN", &address)],
    ));
    assert!(said.contains(&address) && !data.exists(), "{said}");
}

/// A folder that the account which runs Postgres can reach.
fn reachable_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).expect("our own folder");
    folder
}

#[test]
fn up_is_stopped_at_once_while_it_starts_and_leaves_no_postgres() {
    let folder = reachable_folder();
    let data = folder.path().join("data");
    for wait in [100, 400, 900].map(Duration::from_millis) {
        let mut up = Command::new(env!("CARGO_BIN_EXE_keynode"))
            .args(["up", "--demo", "--data", data.to_str().expect("utf-8")])
            .env("KEYNODE_SERVER__LISTEN", "127.0.0.1:0")
            .env("KEYNODE_OPS__LISTEN", "")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the executable starts");
        std::thread::sleep(wait);
        let told = Command::new("kill").arg(up.id().to_string()).status();
        assert!(told.is_ok_and(|status| status.success()));
        let begun = Instant::now();
        let mut said = String::new();
        let mut stderr = up.stderr.take().expect("it is piped");
        stderr.read_to_string(&mut said).expect("utf-8");
        let status = up.wait().expect("a child of ours");
        let took = begun.elapsed();
        assert!(
            status.success() && took < Duration::from_secs(15),
            "{status} after {took:?}: {said}"
        );
        assert!(said.contains("stopped before everything was up"), "{said}");
        assert!(!data.join("postgres/data/postmaster.pid").exists());
    }
}
