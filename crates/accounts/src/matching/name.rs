//! A name taken apart: its core, its place, its legal form.

use super::fold::{fold, is_han};
use super::words::{LEGAL_FORMS, REGIONS};

/// Longer cores are cut: nobody abbreviates them, and comparing costs the product.
const LONGEST_CORE: usize = 80;
/// A core is never cut below this many characters.
const SHORTEST_CORE: usize = 2;

/// A name ready to be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// Folded, with blanks between words.
    pub folded: String,
    /// Folded without blanks, marks and legal form. Empty when there is no Chinese in it.
    pub core: Vec<char>,
    /// How many characters of the core name a place.
    pub region: usize,
    /// How many of these are the place's own, without 省 or 市.
    pub region_name: usize,
    /// Telling legal forms that it carries.
    pub forms: Vec<&'static str>,
    /// Words in Western letters without the legal form.
    pub tokens: Vec<String>,
}

impl Name {
    pub fn read(text: &str) -> Self {
        let folded = fold(text);
        let joined = folded.replace(' ', "");
        let has_han = joined.chars().any(is_han);
        let (core, region_name, region) = match has_han {
            true => core(&joined),
            false => Default::default(),
        };
        let tokens = tokens(&folded);
        Self {
            core,
            region,
            region_name,
            forms: LEGAL_FORMS
                .telling
                .iter()
                .map(String::as_str)
                .filter(|form| joined.contains(form))
                .collect(),
            tokens,
            folded,
        }
    }

    pub fn is_han(&self) -> bool {
        !self.core.is_empty()
    }

    /// Whether nothing is left to compare.
    pub fn is_empty(&self) -> bool {
        self.core.is_empty() && self.tokens.is_empty()
    }
}

fn core(joined: &str) -> (Vec<char>, usize, usize) {
    let bare = without_marks(joined);
    let bare = without_forms(bare);
    let (name, whole) = region(bare);
    let core: Vec<char> = bare.chars().take(LONGEST_CORE).collect();
    (core, name, whole)
}

/// Without what an exchange adds to a short name: `*ST`, `XD`, a final `B`.
fn without_marks(joined: &str) -> &str {
    let starts_han = |rest: &&str| rest.chars().next().is_some_and(is_han);
    let ends_han = |rest: &&str| rest.chars().next_back().is_some_and(is_han);
    let marks = &LEGAL_FORMS;
    let joined = marks
        .marks_before
        .iter()
        .find_map(|mark| joined.strip_prefix(mark.as_str()).filter(starts_han))
        .unwrap_or(joined);
    marks
        .marks_behind
        .iter()
        .find_map(|mark| joined.strip_suffix(mark.as_str()).filter(ends_han))
        .unwrap_or(joined)
}

fn without_forms(mut name: &str) -> &str {
    while let Some(rest) = LEGAL_FORMS
        .han
        .iter()
        .filter_map(|form| name.strip_suffix(form.as_str()))
        .find(|rest| rest.chars().count() >= SHORTEST_CORE)
    {
        name = rest;
    }
    name
}

/// How many characters at the beginning name a place: without and with 省 or 市.
fn region(name: &str) -> (usize, usize) {
    let Some(found) = REGIONS
        .names
        .iter()
        .find(|region| name.starts_with(region.as_str()))
    else {
        return (0, 0);
    };
    let count = found.chars().count();
    let rest = name.strip_prefix(found.as_str()).unwrap_or_default();
    let follower = REGIONS
        .followers
        .iter()
        .find(|follower| rest.starts_with(follower.as_str()))
        .map_or(0, |follower| follower.chars().count());
    (count, count + follower)
}

fn tokens(folded: &str) -> Vec<String> {
    let mut words: Vec<&str> = folded
        .split(|c: char| c == ' ' || is_han(c))
        .filter(|word| !word.is_empty())
        .take(LONGEST_CORE)
        .collect();
    while let Some(count) = form_at_end(&words) {
        words.truncate(words.len() - count);
    }
    words.into_iter().map(str::to_owned).collect()
}

/// How many words at the end are a legal form, if others remain.
fn form_at_end(words: &[&str]) -> Option<usize> {
    LEGAL_FORMS.western.iter().find_map(|form| {
        let form: Vec<&str> = form.split(' ').collect();
        (words.len() > form.len() && words.ends_with(&form)).then_some(form.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core_of(text: &str) -> String {
        Name::read(text).core.into_iter().collect()
    }

    #[test]
    fn legal_forms_marks_and_width_are_passed_over() {
        assert_eq!(core_of("上海国际港务（集团）股份有限公司"), "上海国际港务");
        assert_eq!(core_of("*ST 云维"), "云维");
        assert_eq!(core_of("伊泰Ｂ股"), "伊泰");
        assert_eq!(core_of("股份有限公司"), "股份");
        assert_eq!(
            Name::read("Acme Trading Co., Ltd.").tokens,
            ["acme", "trading"]
        );
        assert_eq!(Name::read("Müller GmbH & Co. KG").tokens, ["muller"]);
        assert_eq!(Name::read("Inc.").tokens, ["inc"]);
    }

    #[test]
    fn a_place_at_the_beginning_is_known_with_and_without_its_kind() {
        let name = Name::read("安徽省天然气开发股份有限公司");
        assert_eq!((name.region_name, name.region), (2, 3));
        assert_eq!(Name::read("内蒙古伊泰").region, 3);
        assert_eq!(Name::read("华能国际").region, 0);
    }

    #[test]
    fn telling_forms_are_kept() {
        assert_eq!(Name::read("海航控股集团").forms, ["集团", "控股"]);
    }
}
