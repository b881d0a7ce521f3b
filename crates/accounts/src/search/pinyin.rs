//! The Pinyin of names: whole, and its initials, in every reading that is likely.

use std::collections::HashMap;
use std::sync::LazyLock;

use pinyin::ToPinyin as _;
use serde::Deserialize;

use crate::matching::fold::is_han;
use crate::matching::words;

/// A name is found by so many readings at most.
const MOST: usize = 8;

/// One way to read a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Empty where an earlier reading of the name has the same.
    pub initials: String,
    /// Empty when there is no Chinese in the name.
    pub whole: String,
}

/// What is read otherwise than the commonest way.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Readings {
    words: HashMap<String, String>,
    characters: HashMap<char, Vec<String>>,
}

static READINGS: LazyLock<Readings> =
    LazyLock::new(|| words::read(include_str!("../../data/readings.toml")));

/// Characters of the longest word with a reading of its own.
static LONGEST: LazyLock<usize> = LazyLock::new(|| {
    let lengths = READINGS.words.keys().map(|word| word.chars().count());
    lengths.max().unwrap_or_default()
});

/// The readings of a folded name, the likeliest first; a single empty one when there is no
/// Chinese in it. Other letters stand for themselves.
pub fn read(folded: &str) -> Vec<Reading> {
    if !folded.chars().any(is_han) {
        return vec![Reading::default()];
    }
    let mut all = vec![Reading::default()];
    for syllables in spelled(folded) {
        let syllables = match all.len() * syllables.len() <= MOST {
            true => syllables.as_slice(),
            false => syllables.get(..1).unwrap_or_default(),
        };
        all = continued(&all, syllables);
    }
    without_repeats(all)
}

fn continued(all: &[Reading], syllables: &[String]) -> Vec<Reading> {
    let with = |reading: &Reading, syllable: &String| Reading {
        initials: reading
            .initials
            .chars()
            .chain(syllable.chars().next())
            .collect(),
        whole: format!("{}{syllable}", reading.whole),
    };
    all.iter()
        .flat_map(|reading| {
            syllables
                .iter()
                .map(move |syllable| with(reading, syllable))
        })
        .collect()
}

/// The syllables that each character may stand for.
fn spelled(folded: &str) -> Vec<Vec<String>> {
    let characters: Vec<char> = folded.chars().collect();
    let mut spelled = Vec::with_capacity(characters.len());
    while let Some(rest) = characters
        .get(spelled.len()..)
        .filter(|rest| !rest.is_empty())
    {
        match word(rest) {
            Some(reading) => spelled.extend(reading.split(' ').map(typed)),
            None => spelled.extend(rest.first().map(|first| of_character(*first))),
        }
    }
    spelled
}

/// The reading of the longest word with which a text begins.
fn word(text: &[char]) -> Option<&'static str> {
    (2..=*LONGEST).rev().find_map(|length| {
        let word: String = text.get(..length)?.iter().collect();
        READINGS.words.get(&word).map(String::as_str)
    })
}

fn of_character(character: char) -> Vec<String> {
    match (READINGS.characters.get(&character), character.to_pinyin()) {
        (Some(readings), _) => readings.iter().flat_map(|reading| typed(reading)).collect(),
        (None, Some(reading)) => typed(reading.plain()),
        (None, None) => vec![character.to_string()],
    }
}

/// How a syllable is typed: keyboards have no ü, so people type v or u.
fn typed(syllable: &str) -> Vec<String> {
    match syllable.contains('ü') {
        true => vec![syllable.replace('ü', "v"), syllable.replace('ü', "u")],
        false => vec![syllable.to_owned()],
    }
}

fn without_repeats(all: Vec<Reading>) -> Vec<Reading> {
    let mut kept: Vec<Reading> = Vec::with_capacity(all.len());
    for mut reading in all {
        if kept.iter().any(|other| other.whole == reading.whole) {
            continue;
        }
        if kept.iter().any(|other| other.initials == reading.initials) {
            reading.initials.clear();
        }
        kept.push(reading);
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(name: &str) -> Vec<String> {
        read(name)
            .into_iter()
            .map(|reading| reading.whole)
            .collect()
    }

    fn initials(name: &str) -> Vec<String> {
        let all = read(name).into_iter().map(|reading| reading.initials);
        all.filter(|initials| !initials.is_empty()).collect()
    }

    #[test]
    fn chinese_is_read_and_other_letters_stay() {
        assert_eq!(whole("上海abc机场"), ["shanghaiabcjichang"]);
        assert_eq!(initials("上海abc机场"), ["shabcjc"]);
        assert_eq!(read("siemens"), [Reading::default()]);
    }

    #[test]
    fn words_are_read_as_they_are_said() {
        for (name, reading, first) in [
            ("重庆", "chongqing", "cq"),
            ("长安", "changan", "ca"),
            ("银行", "yinhang", "yh"),
            ("重工", "zhonggong", "zg"),
            ("厦门", "xiamen", "xm"),
            ("朝阳", "chaoyang", "cy"),
        ] {
            assert_eq!(whole(name), [reading], "{name}");
            assert_eq!(initials(name), [first], "{name}");
        }
    }

    #[test]
    fn a_character_that_stands_alone_has_all_its_readings() {
        assert_eq!(whole("单伟"), ["danwei", "shanwei"]);
        assert_eq!(initials("单伟"), ["dw", "sw"]);
        assert_eq!(whole("长信"), ["changxin", "zhangxin"]);
        assert_eq!(whole("中铝"), ["zhonglv", "zhonglu"]);
        assert_eq!(initials("中铝"), ["zl"]);
    }

    #[test]
    fn every_shipped_reading_is_well_formed() {
        for (word, reading) in &READINGS.words {
            assert_eq!(word.chars().count(), reading.split(' ').count(), "{word}");
        }
        for (character, readings) in &READINGS.characters {
            assert!(is_han(*character) && !readings.is_empty(), "{character}");
        }
    }

    proptest! {
        #[test]
        fn readings_are_few_and_differ(name in "[重长行乐朝单铝上海a-c1]{0,20}") {
            let all = whole(&name);
            prop_assert!((1..=MOST).contains(&all.len()));
            let distinct: std::collections::HashSet<&String> = all.iter().collect();
            prop_assert_eq!(distinct.len(), all.len());
        }
    }
}
