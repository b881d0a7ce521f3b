//! Labels of the sales organisation.

use std::collections::HashSet;

use keynode_kit::validate::Violations;

const MAX_TAGS: usize = 50;
const MAX_CHARACTERS: usize = 64;

/// The tags without the blanks around them, each once.
pub fn read(sent: &[String], bad: &mut Violations) -> Vec<String> {
    if sent.len() > MAX_TAGS {
        bad.add("account.tags", format!("must be at most {MAX_TAGS}"));
    }
    let mut seen = HashSet::new();
    let mut tags = Vec::new();
    for (index, tag) in sent.iter().take(MAX_TAGS).enumerate() {
        let field = format!("account.tags[{index}]");
        let tag = bad.name_text(&field, tag, MAX_CHARACTERS);
        if !seen.insert(tag.clone()) {
            bad.add(field, "must not be there twice");
        }
        tags.push(tag);
    }
    tags
}
