//! What operators choose about telemetry.

use std::io::IsTerminal;

use serde::{Deserialize, Serialize};

/// The section `telemetry` of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What is logged, e.g. `info,keynode_kit=debug`.
    pub log: String,
    pub format: Format,
    /// The OTLP/gRPC collector, e.g. `http://localhost:4317`; empty = off.
    pub otlp_endpoint: String,
    /// The name of this process in traces.
    pub service_name: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            log: "info".to_owned(),
            format: Format::Auto,
            otlp_endpoint: String::new(),
            service_name: "keynode".to_owned(),
        }
    }
}

/// How a log line looks; `Auto` is pretty on a terminal and JSON otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Format {
    Auto,
    Pretty,
    Json,
}

impl Format {
    pub(super) fn is_pretty(self) -> bool {
        match self {
            Self::Auto => std::io::stderr().is_terminal(),
            Self::Pretty => true,
            Self::Json => false,
        }
    }
}

impl TryFrom<String> for Format {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "auto" => Ok(Self::Auto),
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            other => Err(format!("`{other}` is none of auto, pretty, json")),
        }
    }
}

impl From<Format> for String {
    fn from(format: Format) -> Self {
        match format {
            Format::Auto => "auto",
            Format::Pretty => "pretty",
            Format::Json => "json",
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_named_when_refused() {
        let refused = serde_json::from_str::<Format>("\"fancy\"")
            .unwrap_err()
            .to_string();
        assert!(refused.contains("auto, pretty, json"), "{refused}");
    }
}
