//! Files that lie elsewhere.

use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::FileReference;

const MAX_REFERENCE: usize = 2000;
const MAX_NAME: usize = 200;

/// Checks where a file lies and what is known of it.
pub fn check(bad: &mut Violations, field: &str, file: &FileReference) {
    let of = |name: &str| format!("{field}.{name}");
    bad.required_text(&of("reference"), &file.reference, MAX_REFERENCE);
    bad.text(&of("display_name"), &file.display_name, MAX_NAME);
    bad.range(&of("size_bytes"), file.size_bytes, 0..=i64::MAX);
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let is_hash = file.sha256.len() == 64 && file.sha256.chars().all(is_digit);
    if !file.sha256.is_empty() && !is_hash {
        bad.add(of("sha256"), "must be 64 lower-case hexadecimal digits");
    }
}

/// The same, where there need be none.
pub fn check_optional(bad: &mut Violations, field: &str, file: Option<&FileReference>) {
    if let Some(file) = file {
        check(bad, field, file);
    }
}
