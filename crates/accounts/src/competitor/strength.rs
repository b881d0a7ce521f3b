//! How good a competitor is on the factors of the evaluation, held against us (R10).

use std::collections::HashSet;

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::CompetitorStrength;
use prost::Message as _;

use crate::day;

const MOST: usize = 50;

/// Reads what a caller sent on the day `today` (UTC), noting everything that is wrong with it.
pub fn read(sent: &[CompetitorStrength], today: Date, bad: &mut Violations) -> Vec<u8> {
    if sent.len() > MOST {
        bad.add(
            "competitor.strengths",
            format!("must be at most {MOST} factors"),
        );
    }
    let mut seen = HashSet::new();
    let mut read = Vec::with_capacity(sent.len());
    for (n, strength) in sent.iter().enumerate() {
        let field = format!("competitor.strengths[{n}]");
        if !seen.insert(strength.factor.as_str()) {
            bad.add(format!("{field}.factor"), "must be named once");
        }
        read.push(one(&field, strength, today, bad));
    }
    encode(read)
}

/// The strengths out of the bytes of [`read`].
pub fn decode(bytes: &[u8]) -> Vec<CompetitorStrength> {
    proto::Competitor::decode(bytes)
        .map(|carrier| carrier.strengths)
        .unwrap_or_default()
}

/// Whether a text can be the id of a factor.
pub fn is_factor(id: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    id.len() <= 63 && id.starts_with(|c: char| c.is_ascii_lowercase()) && id.bytes().all(is_plain)
}

/// What [`is_factor`] asks for, in words.
pub const FACTOR_FORM: &str =
    "must be lower-case letters, digits and underscores, a letter first, at most 63";

fn one(
    field: &str,
    sent: &CompetitorStrength,
    today: Date,
    bad: &mut Violations,
) -> CompetitorStrength {
    if !is_factor(&sent.factor) {
        bad.add(format!("{field}.factor"), FACTOR_FORM);
    }
    if let Some(rating) = sent.against_us {
        bad.range(&format!("{field}.against_us"), rating.into(), -2..=2);
    }
    day::past(&format!("{field}.date"), sent.date, today, bad);
    CompetitorStrength {
        evidence: bad.text(&format!("{field}.evidence"), &sent.evidence, 2000),
        ..sent.clone()
    }
}

/// The bytes of strengths for the database.
pub fn encode(strengths: Vec<CompetitorStrength>) -> Vec<u8> {
    let carrier = proto::Competitor {
        strengths,
        ..Default::default()
    };
    carrier.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_a_word_for_programs() {
        assert!(is_factor("after_sales") && is_factor("price2"));
        for id in ["", "2x", "Price", "售后", &"a".repeat(64)] {
            assert!(!is_factor(id), "{id}");
        }
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let sent = vec![CompetitorStrength {
            factor: "price".to_owned(),
            against_us: Some(0),
            evidence: "报价".to_owned(),
            date: None,
        }];
        let mut bad = Violations::default();
        assert_eq!(decode(&read(&sent, Date::MAX, &mut bad)), sent);
        assert!(bad.is_empty());
    }
}
