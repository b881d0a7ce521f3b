//! Texts for people in Chinese and English, filled from facts.

use std::collections::HashMap;
use std::sync::LazyLock;

use keynode_kit::error::Fault;
use keynode_proto::common::v1::LocalizedText;
use minijinja::Environment;
use serde::{Deserialize, Serialize};

const SOURCE: &str = include_str!("../texts/notices.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    title: Localized,
    body: Localized,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Localized {
    zh: String,
    en: String,
}

static TEXTS: LazyLock<HashMap<String, Text>> = LazyLock::new(|| {
    toml::from_str(SOURCE)
        .expect("the texts that the program ships are well-formed; a test reads them")
});

/// Title and body of a kind of notice.
///
/// # Errors
/// `INTERNAL` when there is no text of that kind or it does not fit the facts.
pub fn render(kind: &str, facts: &impl Serialize) -> Result<(LocalizedText, LocalizedText), Fault> {
    let text = TEXTS
        .get(kind)
        .ok_or_else(|| Fault::internal(format!("no text for notices of kind {kind}")))?;
    Ok((
        localized(&text.title, facts)?,
        localized(&text.body, facts)?,
    ))
}

fn localized(template: &Localized, facts: &impl Serialize) -> Result<LocalizedText, Fault> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    let fill = |source: &str| {
        environment
            .render_str(source, minijinja::value::Serde(facts))
            .map_err(Fault::internal)
    };
    Ok(LocalizedText {
        zh_cn: fill(&template.zh)?,
        en: fill(&template.en)?,
    })
}
