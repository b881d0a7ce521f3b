//! What the executable says to bad input, before anything is touched.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

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
