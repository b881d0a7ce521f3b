//! What is wrong with a text of policies, and where.

use std::fmt;

use cedar_policy::ParseErrors;
use miette::Diagnostic as _;

/// Policies that do not parse: every fault found, by policy and position.
#[derive(Debug, PartialEq, Eq)]
pub struct PolicyError(Vec<Fault>);

#[derive(Debug, PartialEq, Eq)]
struct Fault {
    /// The how manieth policy of the text, from 1.
    policy: usize,
    line: usize,
    column: usize,
    message: String,
}

impl PolicyError {
    pub(super) fn of(text: &str, errors: &ParseErrors) -> Self {
        let faults = errors.iter().map(|error| {
            let offset = error
                .labels()
                .and_then(|mut labels| labels.next())
                .map_or(0, |l| l.offset());
            Fault::at(text, offset, error.to_string())
        });
        Self(faults.collect())
    }
}

impl Fault {
    fn at(text: &str, offset: usize, message: String) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |line| line.chars().count())
            + 1;
        let line = before.matches('\n').count() + 1;
        Self {
            policy: ended(before) + 1,
            line,
            column,
            message,
        }
    }
}

/// How many policies end in this text: semicolons outside of strings and comments.
fn ended(text: &str) -> usize {
    let (mut count, mut quoted, mut previous) = (0, false, ' ');
    for line in text.lines() {
        for c in line.chars() {
            match c {
                '"' if previous != '\\' => quoted = !quoted,
                '/' if !quoted && previous == '/' => break,
                ';' if !quoted => count += 1,
                _ => {}
            }
            previous = c;
        }
        previous = ' ';
    }
    count
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            let Fault {
                policy,
                line,
                column,
                message,
            } = fault;
            let separator = if n == 0 { "" } else { "; " };
            write!(
                f,
                "{separator}policy {policy}, line {line}, column {column}: {message}"
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyError {}

#[cfg(test)]
mod tests {
    use crate::auth::Policies;

    #[test]
    fn a_fault_is_found_by_policy_line_and_column() {
        let text = "// first; and good\npermit (principal, action, resource)\nwhen { context.a == \";\" };\n\n  allow (principal, action, resource);\n";
        let error = Policies::parse(text).err().unwrap().to_string();
        assert!(error.starts_with("policy 2, line 5, column 3: "), "{error}");
        assert!(error.contains("allow"), "{error}");
    }
}
