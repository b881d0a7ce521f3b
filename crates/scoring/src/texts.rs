//! What people read, in both languages, from a data file.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::LazyLock;

use keynode_proto::accounts::v1::Function;
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1::QualificationElement;
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Deserialize;

use crate::elements;

const SOURCE: &str = include_str!("../texts/diagnosis.toml");
/// What detectors say, by detector and part: `title`, `seen`, `advice`, `meaning`.
const DETECTORS: &[&str] = &[
    include_str!("../texts/detectors/process.toml"),
    include_str!("../texts/detectors/people.toml"),
];

/// A text in both languages; words in `{{ braces }}` are filled in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    zh_cn: String,
    en: String,
}

/// Texts by kind (`finding`, `advice`, …) and code.
type File = BTreeMap<String, BTreeMap<String, Entry>>;

static TEXTS: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let sources = std::iter::once(&SOURCE).chain(DETECTORS);
    let read =
        |source: &&str| -> File { toml::from_str(source).expect("the texts are read by a test") };
    let mut texts = Environment::new();
    for (kind, entries) in sources.flat_map(read) {
        for (code, entry) in entries {
            for (language, source) in [("zh-CN", entry.zh_cn), ("en", entry.en)] {
                texts
                    .add_template_owned(format!("{kind}.{code}.{language}"), source)
                    .expect("the texts are parsed by a test");
            }
        }
    }
    texts
});

/// What is filled into a text, in both languages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words(BTreeMap<&'static str, LocalizedText>);

impl Words {
    /// Something that reads alike in both languages.
    pub fn plain(self, key: &'static str, value: impl Display) -> Self {
        let text = value.to_string();
        self.text(
            key,
            LocalizedText {
                zh_cn: text.clone(),
                en: text,
            },
        )
    }

    pub fn text(mut self, key: &'static str, value: LocalizedText) -> Self {
        self.0.insert(key, value);
        self
    }

    /// What was filled in under this key; empty where nothing was.
    pub fn shown(&self, key: &str) -> LocalizedText {
        self.0.get(key).cloned().unwrap_or_default()
    }

    /// A list, joined as each language joins.
    pub fn list(self, key: &'static str, items: impl IntoIterator<Item = LocalizedText>) -> Self {
        let items: Vec<LocalizedText> = items.into_iter().collect();
        let zh_cn: Vec<&str> = items
            .iter()
            .map(|item| either(&item.zh_cn, &item.en))
            .collect();
        let en: Vec<&str> = items
            .iter()
            .map(|item| either(&item.en, &item.zh_cn))
            .collect();
        self.text(
            key,
            LocalizedText {
                zh_cn: zh_cn.join("、"),
                en: en.join(", "),
            },
        )
    }
}

/// The text of a code, e.g. `render("finding", "no_coach", Words::default())`.
pub(crate) fn render(kind: &str, code: &str, words: Words) -> LocalizedText {
    let zh_cn = words
        .0
        .iter()
        .map(|(key, text)| (*key, either(&text.zh_cn, &text.en)))
        .collect();
    let en = words
        .0
        .iter()
        .map(|(key, text)| (*key, either(&text.en, &text.zh_cn)))
        .collect();
    LocalizedText {
        zh_cn: render_in("zh-CN", kind, code, &zh_cn),
        en: render_in("en", kind, code, &en),
    }
}

/// What a detector says: its `title`, what is `seen`, its `advice`, or its `meaning`.
pub(crate) fn of_detector(id: &str, part: &str, words: &Words) -> LocalizedText {
    let text = render(id, part, words.clone());
    // A text that is missing is told by its code, and here that is the detector's.
    let or_id = |text: String| if text == part { id.to_owned() } else { text };
    LocalizedText {
        zh_cn: or_id(text.zh_cn),
        en: or_id(text.en),
    }
}

/// The detectors that have texts.
#[cfg(test)]
pub(crate) fn detectors() -> Vec<String> {
    let files = DETECTORS
        .iter()
        .map(|source| toml::from_str::<File>(source).unwrap());
    files.flat_map(File::into_keys).collect()
}

/// The name of an element for people.
pub(crate) fn element(element: QualificationElement) -> LocalizedText {
    render("element", elements::name(element), Words::default())
}

/// The name of a function of the buying organisation for people.
pub(crate) fn function(function: Function) -> LocalizedText {
    render("function", function_name(function), Words::default())
}

/// The short name for programs, e.g. `PURCHASING`.
pub(crate) fn function_name(function: Function) -> &'static str {
    let name = function.as_str_name();
    name.strip_prefix("FUNCTION_").unwrap_or(name)
}

/// A text that cannot be had is told by its code: no text is worth a failed diagnosis.
fn render_in(language: &str, kind: &str, code: &str, words: &BTreeMap<&str, &str>) -> String {
    let template = TEXTS.get_template(&format!("{kind}.{code}.{language}"));
    template
        .and_then(|template| template.render(Serde(words)))
        .unwrap_or_else(|_| code.to_owned())
}

fn either<'t>(first: &'t str, second: &'t str) -> &'t str {
    if first.is_empty() { second } else { first }
}

#[cfg(test)]
pub(crate) fn codes(kind: &str) -> Vec<String> {
    let mut file: File = toml::from_str(SOURCE).unwrap();
    file.remove(kind).unwrap_or_default().into_keys().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elements::ELEMENTS;

    fn is_chinese(text: &str) -> bool {
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    }

    #[test]
    fn every_text_is_there_in_both_languages() {
        let files = std::iter::once(&SOURCE).chain(DETECTORS);
        let files: Vec<File> = files
            .map(|source| toml::from_str(source).unwrap())
            .collect();
        let entries = files.iter().flat_map(|file| file.values().flatten());
        for (code, entry) in entries {
            assert!(is_chinese(&entry.zh_cn), "{code}: {}", entry.zh_cn);
            assert!(
                !is_chinese(&entry.en) && !entry.en.trim().is_empty(),
                "{code}: {}",
                entry.en
            );
        }
    }

    #[test]
    fn every_text_parses() {
        assert!(TEXTS.templates().count() > 0);
    }

    #[test]
    fn every_element_and_function_has_a_name() {
        for one in ELEMENTS {
            assert_ne!(element(one).en, elements::name(one));
        }
        for number in 0..=8 {
            let one = Function::try_from(number).unwrap();
            assert_ne!(function(one).en, function_name(one));
        }
    }

    #[test]
    fn a_list_reads_naturally_and_a_missing_language_falls_back() {
        let both = LocalizedText {
            zh_cn: "预算".to_owned(),
            en: "budget".to_owned(),
        };
        let one = LocalizedText {
            zh_cn: String::new(),
            en: "need".to_owned(),
        };
        let words = Words::default().list("items", [both, one]);
        let joined = LocalizedText {
            zh_cn: "预算、need".to_owned(),
            en: "budget, need".to_owned(),
        };
        assert_eq!(words.0["items"], joined);
    }
}
