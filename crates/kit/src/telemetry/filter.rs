//! What is logged: the directives of `tracing_subscriber::EnvFilter`, read strictly.

use tracing_subscriber::EnvFilter;

use super::Error;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Reads a filter such as `info,keynode_kit=debug`.
pub(super) fn parse(text: &str) -> Result<EnvFilter, Error> {
    let refused = |reason: String| Error::Filter {
        filter: text.to_owned(),
        reason,
    };
    if let Some(word) = bare_word(text) {
        return Err(refused(format!(
            "`{word}` is no level ({}); for one module write `module=level`",
            LEVELS.join(", ")
        )));
    }
    let directives: Vec<&str> = text.split(',').map(str::trim).collect();
    EnvFilter::builder()
        .parse(directives.join(","))
        .map_err(|error| refused(error.to_string()))
}

/// A directive that is neither a level nor `module=level`. `EnvFilter` would take the
/// typing error `debgu` for a module and turn everything else off.
fn bare_word(text: &str) -> Option<&str> {
    if text.trim().is_empty() {
        return Some("");
    }
    if text.contains('[') {
        return None;
    }
    text.split(',').map(str::trim).find(|directive| {
        !directive.contains('=') && !LEVELS.contains(&directive.to_lowercase().as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_modules_and_spans_are_filters() {
        for text in [
            "info",
            "WARN",
            "info,keynode_kit::db=debug",
            "info, h2=off",
            "[rpc{x=1}]=trace",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn typing_errors_are_refused() {
        for text in [
            "",
            "debgu",
            "info,keynode_kit",
            "info,keynode=loud",
            "info,,warn",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
