//! What may be chosen. Options come and are archived, but never go.

use std::collections::HashSet;

use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::AttributeOption;
use serde::{Deserialize, Serialize};

use super::id::{SLUG, is_slug};
use super::{localized, required_texts};

const MAX_OPTIONS: usize = 200;

/// One thing that may be chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub id: String,
    pub zh: String,
    pub en: String,
    pub archived: bool,
}

impl Choice {
    pub fn to_proto(&self) -> AttributeOption {
        AttributeOption {
            id: self.id.clone(),
            display_name: Some(localized(&self.zh, &self.en)),
            archived: self.archived,
        }
    }
}

/// Reads the options; every one that was there `before` must still be.
pub fn read(
    sent: &[AttributeOption],
    before: Option<&[Choice]>,
    bad: &mut Violations,
) -> Vec<Choice> {
    if sent.len() > MAX_OPTIONS {
        bad.add(
            "attribute.options",
            format!("must be at most {MAX_OPTIONS}"),
        );
    }
    let mut seen = HashSet::new();
    let mut choices = Vec::new();
    for (index, option) in sent.iter().take(MAX_OPTIONS).enumerate() {
        let field = format!("attribute.options[{index}]");
        if !is_slug(&option.id) {
            bad.add(format!("{field}.id"), SLUG);
        } else if !seen.insert(option.id.as_str()) {
            bad.add(format!("{field}.id"), "must not be there twice");
        }
        choices.push(read_one(&field, option, bad));
    }
    for gone in before
        .unwrap_or_default()
        .iter()
        .filter(|b| !seen.contains(b.id.as_str()))
    {
        let why = format!("must still have `{}`; archive it instead", gone.id);
        bad.add("attribute.options", why);
    }
    choices
}

fn read_one(field: &str, sent: &AttributeOption, bad: &mut Violations) -> Choice {
    let (zh, en) = required_texts(
        &format!("{field}.display_name"),
        sent.display_name.as_ref(),
        100,
        bad,
    );
    Choice {
        id: sent.id.clone(),
        zh,
        en,
        archived: sent.archived,
    }
}
