//! The concerns that are shipped: data, read once when the service starts.

use std::collections::HashMap;
use std::sync::LazyLock;

use keynode_proto::accounts::v1::Function;
use serde::Deserialize;

use super::Concern;

const SOURCE: &str = include_str!("../../data/concerns.toml");

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::read(SOURCE)
        .expect("the concerns that are shipped are well-formed; a test reads them")
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: i32,
    functions: Vec<FileFunction>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileFunction {
    function: String,
    concerns: Vec<Concern>,
}

struct Catalogue {
    version: i32,
    by_function: HashMap<Function, Vec<Concern>>,
    by_id: HashMap<String, Concern>,
}

impl Catalogue {
    fn read(source: &str) -> Result<Self, toml::de::Error> {
        use serde::de::Error as _;
        let file: File = toml::from_str(source)?;
        let mut catalogue = Self {
            version: file.version,
            by_function: HashMap::new(),
            by_id: HashMap::new(),
        };
        for entry in file.functions {
            let function = function(&entry.function).ok_or_else(|| {
                toml::de::Error::custom(format!("no function {}", entry.function))
            })?;
            for concern in &entry.concerns {
                catalogue.by_id.insert(concern.id.clone(), concern.clone());
            }
            catalogue.by_function.insert(function, entry.concerns);
        }
        Ok(catalogue)
    }
}

/// The version of the shipped data; reads it, so that a start finds what is wrong with it.
pub fn version() -> i32 {
    CATALOGUE.version
}

/// What is usual for a function, as shipped.
pub fn usual(function: Function) -> &'static [Concern] {
    CATALOGUE
        .by_function
        .get(&function)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// A shipped concern with this id: its words hold for every function.
pub fn words(id: &str) -> Option<&'static Concern> {
    CATALOGUE.by_id.get(id)
}

/// Every function that a person can have.
pub fn functions() -> impl Iterator<Item = Function> {
    (1..)
        .map(Function::try_from)
        .take_while(Result::is_ok)
        .flatten()
}

/// The word for a function in names and data: `finance`.
pub fn word(function: Function) -> String {
    let name = function.as_str_name();
    name.strip_prefix("FUNCTION_")
        .unwrap_or(name)
        .to_ascii_lowercase()
}

fn function(word: &str) -> Option<Function> {
    Function::from_str_name(&format!("FUNCTION_{}", word.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(function: Function) -> Vec<&'static str> {
        let of_essay = usual(function).iter().filter(|c| c.rule == "R22");
        of_essay.map(|c| c.id.as_str()).collect()
    }

    #[test]
    fn the_essay_says_what_four_functions_look_at() {
        assert_eq!(ids(Function::Finance), ["price"]);
        assert_eq!(ids(Function::Technical), ["advance", "compatibility"]);
        assert_eq!(ids(Function::User), ["ease_of_use"]);
        assert_eq!(
            ids(Function::Operations),
            ["stability", "failure_rate", "after_sales"]
        );
        for others in [Function::Management, Function::Purchasing, Function::Design] {
            assert!(!usual(others).is_empty() && ids(others).is_empty());
        }
    }

    #[test]
    fn every_function_has_an_entry_and_every_concern_its_words() {
        assert_eq!(functions().count(), 8);
        for function in functions() {
            assert!(CATALOGUE.by_function.contains_key(&function));
            for concern in usual(function) {
                assert!(!concern.zh.is_empty() && !concern.en.is_empty());
                assert!(super::super::is_slug(&concern.id));
                let same = words(&concern.id).unwrap();
                assert_eq!((&same.zh, &same.en), (&concern.zh, &concern.en));
            }
        }
    }

    #[test]
    fn a_function_that_there_is_not_is_no_catalogue() {
        let source = "version = 1\n[[functions]]\nfunction = \"dancer\"\nconcerns = []";
        assert!(Catalogue::read(source).is_err());
    }
}
