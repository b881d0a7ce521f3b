//! What is wrong with the configuration, all of it at once.

use std::fmt;
use std::path::PathBuf;

/// Everything that was refused; shown one line per problem.
#[derive(Debug, thiserror::Error)]
pub struct Error {
    pub problems: Vec<Problem>,
}

/// One thing that was refused. `origin` is the file, variable or command line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("unknown key `{key}` ({origin}); the nearest known key is `{nearest}`")]
    Unknown {
        key: String,
        origin: String,
        nearest: String,
    },
    #[error("bad value of `{key}` ({origin}): {reason}")]
    Value {
        key: String,
        origin: String,
        reason: String,
    },
    #[error("`{key}` ({origin}) is a section; set one of its keys: {keys}")]
    Section {
        key: String,
        origin: String,
        keys: String,
    },
    #[error("`{key}` is set by both {first} and {second}; keep one of them")]
    Twice {
        key: String,
        first: String,
        second: String,
    },
    #[error("cannot read {path:?}, named by {origin}: {reason}")]
    File {
        path: PathBuf,
        origin: String,
        reason: String,
    },
}

impl Problem {
    /// The dotted key, empty when the problem is a whole file.
    pub fn key(&self) -> &str {
        match self {
            Self::Unknown { key, .. }
            | Self::Value { key, .. }
            | Self::Section { key, .. }
            | Self::Twice { key, .. } => key,
            Self::File { .. } => "",
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "configuration: {problem}")?;
        }
        Ok(())
    }
}
