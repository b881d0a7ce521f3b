//! The layer of `KEYNODE_…` variables.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::error::Problem;
use super::layers::{Layers, Place};

const PREFIX: &str = "KEYNODE_";

/// Variables with our prefix that are no settings; `*` at the end matches any rest.
pub const NOT_SETTINGS: &[&str] = &[
    "KEYNODE_CONFIG",
    "KEYNODE_ENDPOINT",
    "KEYNODE_PG_BIN",
    "KEYNODE_POSTGRES_IMAGE",
    "KEYNODE_TEST_*",
    "KEYNODE_TOKEN",
    "KEYNODE_TOKEN_FILE",
];

/// Adds what the environment sets; `X_FILE` sets `x` unless `x_file` is a key itself.
pub(super) fn add(
    layers: &mut Layers,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) {
    let mut setters: BTreeMap<String, String> = BTreeMap::new();
    for (variable, value) in environment {
        let Some(variable) = variable.to_str() else {
            continue;
        };
        let Some(key) = key_of(variable, &value) else {
            continue;
        };
        let origin = format!("environment variable {variable}");
        let Ok(value) = value.into_string() else {
            let reason = "not valid UTF-8".to_owned();
            layers.refuse(Problem::Value {
                key,
                origin,
                reason,
            });
            continue;
        };
        let (key, value) = match content_key(layers, &key) {
            Some(target) => match content(&value, &origin) {
                Ok(text) => (target, text),
                Err(problem) => {
                    layers.refuse(problem);
                    continue;
                }
            },
            None => (key, value),
        };
        if let Some(first) = setters.insert(key.clone(), origin.clone()) {
            layers.refuse(Problem::Twice {
                key,
                first,
                second: origin,
            });
            continue;
        }
        layers.add_text(&key, &value, &origin);
    }
}

fn key_of(variable: &str, value: &OsStr) -> Option<String> {
    let rest = variable.strip_prefix(PREFIX)?;
    let excluded = NOT_SETTINGS
        .iter()
        .any(|name| match name.strip_suffix('*') {
            Some(start) => variable.starts_with(start),
            None => variable == *name,
        });
    (!excluded && !is_service_link(rest, value)).then(|| rest.to_lowercase().replace("__", "."))
}

/// Kubernetes gives every pod such variables for a Service whose name starts with
/// `keynode` (`…_SERVICE_HOST`, `…_PORT=tcp://…`, `…_PORT_7000_TCP_ADDR`); refusing them
/// would keep us from starting there.
fn is_service_link(rest: &str, value: &OsStr) -> bool {
    let rest = format!("_{rest}_");
    let of_service = rest.contains("_SERVICE_HOST_") || rest.contains("_SERVICE_PORT_");
    let of_port = rest
        .split_once("_PORT_")
        .is_some_and(|(_, port)| match port.split_once('_') {
            Some((number, _)) => number.bytes().all(|byte| byte.is_ascii_digit()),
            None => value.to_string_lossy().contains("://"),
        });
    !rest.contains("__") && (of_service || of_port)
}

/// The key that a `…_file` key sets, when it is not a key of its own.
fn content_key(layers: &Layers, key: &str) -> Option<String> {
    let target = key.strip_suffix("_file")?;
    let own = matches!(layers.place(key), Place::Value(_) | Place::Open);
    (!own && matches!(layers.place(target), Place::Value(_))).then(|| target.to_owned())
}

fn content(path: &str, origin: &str) -> Result<String, Problem> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) => Err(Problem::File {
            path: Path::new(path).to_owned(),
            origin: origin.to_owned(),
            reason: error.to_string(),
        }),
    }
}
