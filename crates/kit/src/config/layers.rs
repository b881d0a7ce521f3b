//! The layers over the embedded defaults, checked key by key against them.

use std::collections::BTreeMap;
use std::path::Path;

use ::config::{Config, ConfigError, File, FileFormat, Map, Value, ValueKind};
use serde::de::DeserializeOwned;

use super::error::{Error, Problem};

type Table = Map<String, Value>;

/// What the layers set so far, and what was refused.
#[derive(Debug)]
pub(super) struct Layers {
    defaults: Table,
    set: BTreeMap<String, Set>,
    problems: Vec<Problem>,
}

#[derive(Debug)]
struct Set {
    value: Value,
    origin: String,
}

/// What the defaults have at a key.
#[derive(Debug)]
pub(super) enum Place<'a> {
    Value(&'a ValueKind),
    /// Inside a table that takes any keys.
    Open,
    Section(&'a Table),
    Unknown,
}

impl Layers {
    pub(super) fn over(defaults: &str) -> Result<Self, Error> {
        let defaults = parse(defaults).map_err(|reason| Problem::File {
            path: "defaults.toml".into(),
            origin: "the program itself".to_owned(),
            reason,
        })?;
        Ok(Self {
            defaults,
            set: BTreeMap::new(),
            problems: Vec::new(),
        })
    }

    pub(super) fn refuse(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    pub(super) fn place(&self, key: &str) -> Place<'_> {
        let mut table = &self.defaults;
        let mut parts = key.split('.');
        while let Some(part) = parts.next() {
            match table.get(part).map(|value| &value.kind) {
                Some(ValueKind::Table(inner)) if inner.is_empty() => return Place::Open,
                Some(ValueKind::Table(inner)) => table = inner,
                Some(kind) if parts.next().is_none() => return Place::Value(kind),
                _ => return Place::Unknown,
            }
        }
        Place::Section(table)
    }

    pub(super) fn add_file(&mut self, path: &Path) {
        let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
        match read.and_then(|text| parse(&text)) {
            Ok(table) => self.add_table("", table, &format!("file {}", path.display())),
            Err(reason) => self.refuse(Problem::File {
                path: path.to_owned(),
                origin: "the command line or KEYNODE_CONFIG".to_owned(),
                reason,
            }),
        }
    }

    fn add_table(&mut self, prefix: &str, table: Table, origin: &str) {
        let mut entries: Vec<(String, Value)> = table.into_iter().collect();
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (name, value) in entries {
            let key = if prefix.is_empty() {
                name
            } else {
                format!("{prefix}.{name}")
            };
            match (self.place(&key), value.kind) {
                (Place::Section(_), ValueKind::Table(inner)) => self.add_table(&key, inner, origin),
                (_, kind) => self.add(&key, kind, origin),
            }
        }
    }

    /// Adds a value that came as text: lists are `a, b` or TOML.
    pub(super) fn add_text(&mut self, key: &str, text: &str, origin: &str) {
        let kind = match self.place(key) {
            Place::Value(ValueKind::Array(_)) => list(text),
            _ => Ok(ValueKind::from(text)),
        };
        match kind {
            Ok(kind) => self.add(key, kind, origin),
            Err(reason) => self.refuse(Problem::Value {
                key: key.to_owned(),
                origin: origin.to_owned(),
                reason,
            }),
        }
    }

    fn add(&mut self, key: &str, kind: ValueKind, origin: &str) {
        let (key, origin) = (key.to_owned(), origin.to_owned());
        let problem = match self.place(&key) {
            Place::Value(_) | Place::Open => {
                let value = Value::new(Some(&origin), kind);
                self.set.insert(key, Set { value, origin });
                return;
            }
            Place::Section(table) => Problem::Section {
                keys: names(table),
                key,
                origin,
            },
            Place::Unknown => {
                let nearest = nearest(&keys(&self.defaults), &key);
                Problem::Unknown {
                    key,
                    origin,
                    nearest,
                }
            }
        };
        self.refuse(problem);
    }

    /// The typed settings. A bad value is put aside and the rest tried again, so that
    /// all bad values are told at once.
    pub(super) fn finish<T: DeserializeOwned>(mut self) -> Result<T, Error> {
        loop {
            let error = match self.merged().and_then(Config::try_deserialize) {
                Ok(settings) if self.problems.is_empty() => return Ok(settings),
                Ok(_) => break,
                Err(error) => error,
            };
            let (path, reason) = explain(&error);
            let Some((key, set)) = self.take(&path) else {
                let origin = "defaults".to_owned();
                self.refuse(Problem::Value {
                    key: path,
                    origin,
                    reason,
                });
                break;
            };
            self.refuse(Problem::Value {
                key,
                origin: set.origin,
                reason,
            });
        }
        Err(Error {
            problems: self.problems,
        })
    }

    fn merged(&self) -> Result<Config, ConfigError> {
        let mut defaults = Config::default();
        defaults.cache = Value::new(None, self.defaults.clone());
        let mut builder = Config::builder().add_source(defaults);
        for (key, set) in &self.set {
            builder = builder.set_override(key, set.value.clone())?;
        }
        builder.build()
    }

    /// Takes away what was set at, below or above `path`.
    fn take(&mut self, path: &str) -> Option<(String, Set)> {
        let within = |inner: &str, outer: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let key = self
            .set
            .keys()
            .find(|key| within(path, key) || within(key, path))?
            .clone();
        self.set.remove_entry(&key)
    }
}

fn parse(text: &str) -> Result<Table, String> {
    Config::builder()
        .add_source(File::from_str(text, FileFormat::Toml))
        .build()
        .and_then(|config| config.cache.into_table())
        .map_err(|error| error.to_string())
}

fn list(text: &str) -> Result<ValueKind, String> {
    if text.trim_start().starts_with('[') {
        let mut table = parse(&format!("list = {text}"))?;
        return table
            .remove("list")
            .map(|value| value.kind)
            .ok_or_else(|| "no list".to_owned());
    }
    let items = text
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty());
    Ok(ValueKind::Array(
        items.map(|item| Value::new(None, item)).collect(),
    ))
}

/// The path of the value that was refused, and why, without repeating where.
fn explain(error: &ConfigError) -> (String, String) {
    match error {
        ConfigError::Type {
            unexpected,
            expected,
            key,
            ..
        } => (
            key.clone().unwrap_or_default(),
            format!("expected {expected}, found {unexpected}"),
        ),
        ConfigError::At { error, key, .. } => (key.clone().unwrap_or_default(), explain(error).1),
        ConfigError::NotFound(key) => (key.clone(), "missing".to_owned()),
        other => (String::new(), other.to_string()),
    }
}

/// All keys that can be set, dotted.
fn keys(table: &Table) -> Vec<String> {
    let mut all = Vec::new();
    for (name, value) in table {
        match &value.kind {
            ValueKind::Table(inner) if !inner.is_empty() => {
                all.extend(keys(inner).into_iter().map(|key| format!("{name}.{key}")));
            }
            _ => all.push(name.clone()),
        }
    }
    all.sort_unstable();
    all
}

fn names(table: &Table) -> String {
    let mut names: Vec<&str> = table.keys().map(String::as_str).collect();
    names.sort_unstable();
    names.join(", ")
}

fn nearest(known: &[String], key: &str) -> String {
    let closeness = |candidate: &String| strsim::jaro_winkler(candidate, key);
    known
        .iter()
        .max_by(|a, b| closeness(a).total_cmp(&closeness(b)))
        .cloned()
        .unwrap_or_default()
}
