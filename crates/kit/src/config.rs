//! Settings from four layers: the embedded defaults, a file, the environment, the
//! command line. Later layers win.
//!
//! The defaults are the list of what may be set: every key stands in that commented
//! TOML file, an optional one as an empty string or array. A table that is empty there
//! takes any keys. A variable `KEYNODE_SERVER__LISTEN` sets `server.listen`;
//! `KEYNODE_SERVER__LISTEN_FILE` sets it to the content of a file, for secrets.
//! Durations are written as `5s` (`#[serde(with = "humantime_serde")]`), values that
//! may be absent with `#[serde(with = "keynode_kit::config::optional")]`.

mod environment;
mod error;
mod layers;
pub mod optional;
mod secret;

use std::ffi::OsString;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::environment::NOT_SETTINGS;
pub use self::error::{Error, Problem};
use self::layers::Layers;
pub use self::secret::Secret;

/// The settings of this process; `overrides` are dotted keys from the command line.
///
/// # Errors
/// Every unknown key and bad value at once, each with the place it came from.
pub fn load<T: DeserializeOwned>(
    defaults: &str,
    file: Option<&Path>,
    overrides: impl IntoIterator<Item = (String, String)>,
) -> Result<T, Error> {
    load_from(defaults, file, std::env::vars_os(), overrides)
}

/// [`load`] with the environment as a parameter.
///
/// # Errors
/// As [`load`].
pub fn load_from<T: DeserializeOwned>(
    defaults: &str,
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    overrides: impl IntoIterator<Item = (String, String)>,
) -> Result<T, Error> {
    let mut layers = Layers::over(defaults)?;
    if let Some(path) = file {
        layers.add_file(path);
    }
    environment::add(&mut layers, environment);
    for (key, text) in overrides {
        layers.add_text(&key, &text, "command line");
    }
    layers.finish()
}

/// The settings in force as TOML, secrets redacted by their type.
///
/// # Errors
/// When the settings hold a value that TOML cannot express.
pub fn show<T: Serialize>(settings: &T) -> Result<String, toml::ser::Error> {
    toml::to_string(settings)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::SocketAddr;
    use std::time::Duration;

    use serde::Deserialize;

    use super::*;

    const DEFAULTS: &str = r#"
        # How people reach us.
        [server]
        listen = "127.0.0.1:7000"
        admin = ""              # empty = off
        timeout = "5s"
        workers = 2
        hosts = []
        [server.tls]
        cert_file = ""
        [database]
        password = ""
        [labels]
    "#;

    #[derive(Debug, Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        server: Server,
        database: Database,
        labels: std::collections::BTreeMap<String, String>,
    }

    #[derive(Debug, Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Server {
        listen: SocketAddr,
        #[serde(with = "optional")]
        admin: Option<SocketAddr>,
        #[serde(with = "humantime_serde")]
        timeout: Duration,
        workers: u16,
        hosts: Vec<String>,
        tls: Tls,
    }

    #[derive(Debug, Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Tls {
        cert_file: String,
    }

    #[derive(Debug, Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Database {
        password: Secret,
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn with(
        file: Option<&Path>,
        environment: &[(&str, &str)],
        overrides: &[(&str, &str)],
    ) -> Result<Settings, Error> {
        let environment = environment
            .iter()
            .map(|(k, v)| (OsString::from(k), OsString::from(v)));
        let overrides = overrides
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        load_from(DEFAULTS, file, environment, overrides)
    }

    fn problems(result: Result<Settings, Error>) -> Vec<Problem> {
        result.unwrap_err().problems
    }

    #[test]
    fn the_defaults_alone_are_a_whole_configuration() {
        let settings = with(None, &[], &[]).unwrap();
        assert_eq!(settings.server.timeout, Duration::from_secs(5));
        assert_eq!(settings.server.admin, None);
        assert!(!settings.database.password.is_set());
    }

    #[test]
    fn each_layer_wins_over_the_one_before() {
        let file = file("[server]\nworkers = 3\ntimeout = \"7s\"\nlisten = \"127.0.0.1:1\"");
        let settings = with(
            Some(file.path()),
            &[
                ("KEYNODE_SERVER__WORKERS", "4"),
                ("KEYNODE_SERVER__TIMEOUT", "8s"),
            ],
            &[("server.workers", "5")],
        )
        .unwrap();
        assert_eq!(settings.server.listen.port(), 1);
        assert_eq!(settings.server.timeout, Duration::from_secs(8));
        assert_eq!(settings.server.workers, 5);
    }

    #[test]
    fn unknown_keys_of_every_layer_are_refused_at_once_by_name() {
        let file = file("[server]\nlisen = 1\n[server.tls]\nkey = 2\n[serving]\nx = 1");
        let found = problems(with(
            Some(file.path()),
            &[("KEYNODE_SERVER_LISTEN", "x"), ("KEYNODE_LOGG", "x")],
            &[("server.workrs", "1")],
        ));
        let unknown: Vec<(&str, &str)> = found
            .iter()
            .map(|problem| match problem {
                Problem::Unknown { key, nearest, .. } => (key.as_str(), nearest.as_str()),
                other => panic!("{other}"),
            })
            .collect();
        for expected in [
            ("server.lisen", "server.listen"),
            ("server_listen", "server.listen"),
            ("server.workrs", "server.workers"),
        ] {
            assert!(
                unknown.contains(&expected),
                "{unknown:?} lacks {expected:?}"
            );
        }
        assert_eq!(unknown.len(), 6, "{unknown:?}");
        let text = Error { problems: found }.to_string();
        assert!(
            text.contains("environment variable KEYNODE_SERVER_LISTEN"),
            "{text}"
        );
        assert!(
            text.contains(&format!("file {}", file.path().display())),
            "{text}"
        );
        assert!(text.contains("command line"), "{text}");
    }

    #[test]
    fn bad_values_are_refused_at_once_with_their_place() {
        let file = file("[server]\nlisten = \"nowhere\"\nhosts = 5\n[database]\npassword = [1]");
        let found = problems(with(
            Some(file.path()),
            &[
                ("KEYNODE_SERVER__WORKERS", "many"),
                ("KEYNODE_SERVER__TIMEOUT", "5 moons"),
            ],
            &[("server.admin", "port")],
        ));
        let mut bad: Vec<(&str, &str)> = found
            .iter()
            .map(|problem| match problem {
                Problem::Value { key, origin, .. } => {
                    (key.as_str(), origin.split(' ').next().unwrap())
                }
                other => panic!("{other}"),
            })
            .collect();
        bad.sort_unstable();
        assert_eq!(
            bad,
            [
                ("database.password", "file"),
                ("server.admin", "command"),
                ("server.hosts", "file"),
                ("server.listen", "file"),
                ("server.timeout", "environment"),
                ("server.workers", "environment"),
            ]
        );
    }

    #[test]
    fn a_section_is_no_value_and_a_value_no_section() {
        let file = file("server = 5\n[database.password]\nx = 1");
        let found = problems(with(Some(file.path()), &[("KEYNODE_SERVER", "x")], &[]));
        let keys: Vec<&str> = found.iter().map(Problem::key).collect();
        assert_eq!(keys, ["server", "server", "database.password"], "{found:?}");
    }

    #[test]
    fn a_file_variable_sets_the_trimmed_content() {
        let secret = file("s3cret\n");
        let path = secret.path().to_str().unwrap();
        let environment = [
            ("KEYNODE_DATABASE__PASSWORD_FILE", path),
            ("KEYNODE_SERVER__TLS__CERT_FILE", path),
        ];
        let settings = with(None, &environment, &[]).unwrap();
        assert_eq!(settings.database.password.expose(), "s3cret");
        assert_eq!(
            settings.server.tls.cert_file, path,
            "cert_file is a key of its own"
        );
    }

    #[test]
    fn a_file_variable_that_cannot_be_read_or_is_given_twice_is_refused() {
        let missing = [("KEYNODE_DATABASE__PASSWORD_FILE", "/nonexistent/x")];
        assert!(matches!(
            problems(with(None, &missing, &[]))[..],
            [Problem::File { .. }]
        ));
        let secret = file("x");
        let twice = [
            ("KEYNODE_DATABASE__PASSWORD", "y"),
            (
                "KEYNODE_DATABASE__PASSWORD_FILE",
                secret.path().to_str().unwrap(),
            ),
        ];
        assert!(matches!(
            problems(with(None, &twice, &[]))[..],
            [Problem::Twice { .. }]
        ));
    }

    #[test]
    fn lists_and_open_tables_can_be_set_from_text() {
        let environment = [
            ("KEYNODE_SERVER__HOSTS", "a, b"),
            ("KEYNODE_LABELS__TEAM", "north"),
        ];
        let settings = with(None, &environment, &[("labels.site", "cn")]).unwrap();
        assert_eq!(settings.server.hosts, ["a", "b"]);
        assert_eq!(settings.labels["team"], "north");
        assert_eq!(settings.labels["site"], "cn");
        let settings = with(None, &[], &[("server.hosts", r#"["a,b", "c"]"#)]).unwrap();
        assert_eq!(settings.server.hosts, ["a,b", "c"]);
    }

    #[test]
    fn variables_with_another_purpose_are_left_alone() {
        let environment = [
            ("KEYNODE_PG_BIN", "/x"),
            ("KEYNODE_TOKEN_FILE", "/x"),
            ("KEYNODE_TEST_DATABASE_URL", "x"),
            ("KEYNODE_SERVICE_HOST", "10.0.0.1"),
            ("KEYNODE_PORT", "tcp://10.0.0.1:7000"),
            ("KEYNODE_GATEWAY_PORT_7000_TCP_ADDR", "10.0.0.1"),
            ("KEYNODE_GATEWAY_SERVICE_PORT_HTTP", "80"),
            ("KEYNODELESS", "x"),
            ("PATH", "/bin"),
        ];
        with(None, &environment, &[]).unwrap();
        let misspelt = [("KEYNODE_SERVER_PORT", "7000")];
        assert_eq!(problems(with(None, &misspelt, &[])).len(), 1);
    }

    #[test]
    fn a_file_that_is_missing_or_no_toml_is_refused_by_its_path() {
        let broken = file("[server\n");
        for path in [broken.path(), Path::new("/nonexistent/keynode.toml")] {
            match &problems(with(Some(path), &[], &[]))[..] {
                [Problem::File { path: named, .. }] => assert_eq!(named, path),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_is_shown_hides_secrets_and_loads_again() {
        let settings = with(None, &[("KEYNODE_DATABASE__PASSWORD", "hunter2")], &[]).unwrap();
        let shown = show(&settings).unwrap();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("<redacted>"), "{shown}");
        assert!(shown.contains("timeout = \"5s\""), "{shown}");
        assert!(!format!("{settings:?}").contains("hunter2"));
        with(Some(file(&shown).path()), &[], &[]).unwrap();
    }
}
