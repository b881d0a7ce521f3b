//! Concerns: what someone looks at when choosing a supplier (R22).

pub mod catalogue;
pub mod defaults;
pub mod list;
pub mod reset;
pub mod set;

use std::collections::HashSet;

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::ConcernSource;
use keynode_proto::common::v1::LocalizedText;
use serde::{Deserialize, Serialize};

use crate::day;

/// Concerns of one person or function at most.
const MOST: usize = 30;

/// One concern, as it is shipped and as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Concern {
    pub id: String,
    /// Empty, like the English, where the words are those of a default with the same id.
    pub zh: String,
    pub en: String,
    /// Per cent.
    #[serde(default)]
    pub weight: Option<i32>,
    #[serde(default)]
    pub evidence: String,
    #[serde(default)]
    pub evidence_date: Option<Date>,
    /// The rule of the essays from which a shipped default comes.
    #[serde(default, skip_serializing)]
    pub rule: String,
}

impl Concern {
    fn told(field: &str, sent: &proto::Concern, today: Date, bad: &mut Violations) -> Self {
        let text = sent.text.clone().unwrap_or_default();
        let evidence_date = format!("{field}.evidence_date");
        let concern = Self {
            id: sent.id.trim().to_owned(),
            zh: bad.text(&format!("{field}.text.zh_cn"), &text.zh_cn, 200),
            en: bad.text(&format!("{field}.text.en"), &text.en, 200),
            weight: sent.weight,
            evidence: bad.text(&format!("{field}.evidence"), &sent.evidence, 2000),
            evidence_date: day::past(&evidence_date, sent.evidence_date, today, bad),
            rule: String::new(),
        };
        if !is_slug(&concern.id) {
            bad.add(
                format!("{field}.id"),
                "must be 1 to 64 small letters, digits, `_` and `-`, a letter or digit first",
            );
        }
        if concern.has_no_words() && catalogue::words(&concern.id).is_none() {
            bad.add(
                format!("{field}.text"),
                "must be set in a language; only ids that are shipped have words already",
            );
        }
        if let Some(weight) = sent.weight {
            bad.range(&format!("{field}.weight"), weight.into(), 0..=100);
        }
        concern
    }

    fn has_no_words(&self) -> bool {
        self.zh.is_empty() && self.en.is_empty()
    }

    pub fn to_proto(&self) -> proto::Concern {
        proto::Concern {
            id: self.id.clone(),
            text: (!self.has_no_words()).then(|| LocalizedText {
                zh_cn: self.zh.clone(),
                en: self.en.clone(),
            }),
            weight: self.weight,
            evidence: self.evidence.clone(),
            evidence_date: self.evidence_date.map(wire::date),
            rule: self.rule.clone(),
        }
    }

    /// The same with the words of `usual`, or those shipped, where it has none of its own.
    fn in_words(&self, usual: Option<&Self>) -> Self {
        let usual = usual.filter(|usual| !usual.has_no_words());
        match usual.or_else(|| catalogue::words(&self.id)) {
            Some(words) if self.has_no_words() => Self {
                zh: words.zh.clone(),
                en: words.en.clone(),
                ..self.clone()
            },
            _ => self.clone(),
        }
    }
}

/// The concerns that a caller sends on the day `today` (UTC), with every bad field noted.
pub fn read(
    field: &str,
    sent: &[proto::Concern],
    today: Date,
    bad: &mut Violations,
) -> Vec<Concern> {
    if sent.len() > MOST {
        bad.add(field, format!("must be at most {MOST}"));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut read = Vec::with_capacity(sent.len());
    for (index, concern) in sent.iter().enumerate() {
        let place = format!("{field}[{index}]");
        let concern = Concern::told(&place, concern, today, bad);
        if !seen.insert(concern.id.clone()) {
            bad.add(format!("{place}.id"), "must not be there twice");
        }
        read.push(concern);
    }
    let total: i64 = read.iter().filter_map(|c| c.weight).map(i64::from).sum();
    if total > 100 {
        bad.add(
            field,
            format!("have weights that total {total}; at most 100"),
        );
    }
    read
}

/// What counts for a person: the usual concerns, each replaced by the person's own of the
/// same id, then the person's others (R22: two people of one role differ too).
pub fn effective(
    own: &[Concern],
    usual: &[Concern],
    source: ConcernSource,
) -> Vec<proto::EffectiveConcern> {
    let tell = |concern: &Concern, source: ConcernSource| proto::EffectiveConcern {
        concern: Some(concern.to_proto()),
        source: source.into(),
    };
    let own_of = |id: &str| own.iter().find(|concern| concern.id == id);
    let usual_of = |id: &str| usual.iter().find(|concern| concern.id == id);
    let defaults = usual.iter().map(|default| match own_of(&default.id) {
        Some(concern) => tell(&concern.in_words(Some(default)), ConcernSource::Own),
        None => tell(&default.in_words(None), source),
    });
    let others = own
        .iter()
        .filter(|concern| usual_of(&concern.id).is_none())
        .map(|concern| tell(&concern.in_words(None), ConcernSource::Own));
    defaults.chain(others).collect()
}

fn is_slug(id: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=64).contains(&id.len())
        && id.bytes().next().is_some_and(is_plain)
        && id.bytes().all(|b| is_plain(b) || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests;
