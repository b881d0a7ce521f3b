//! How much an error may say. Details travel in headers, and a client that is left at its
//! defaults drops an answer with more than 8 KiB of them: it would see "metadata too large"
//! in place of the reason.

use tonic_types::{FieldViolation, PreconditionViolation};

/// Bytes of all bad fields.
const FIELDS: usize = 2_000;
/// Bytes of all unmet conditions: a key node with twenty criteria is told whole.
const PRECONDITIONS: usize = 3_800;
const TEXT: usize = 300;
const NAME: usize = 160;
/// Bytes of all facts for programs.
const FACTS: usize = 1_600;

/// The text, cut between characters to at most `most` bytes.
fn cut(text: &mut String, most: usize) {
    if text.len() <= most {
        return;
    }
    let keep = most - '…'.len_utf8();
    let end = (0..=keep).rev().find(|i| text.is_char_boundary(*i));
    text.truncate(end.unwrap_or(0));
    text.push('…');
}

pub(super) fn message(mut text: String) -> String {
    cut(&mut text, TEXT);
    text
}

/// Facts for programs, as many as fit; the last is cut.
pub(super) fn metadata(
    facts: impl IntoIterator<Item = (String, String)>,
) -> impl Iterator<Item = (String, String)> {
    let mut room = FACTS;
    facts.into_iter().map_while(move |(key, mut value)| {
        let left = room
            .checked_sub(key.len())
            .filter(|left| *left > '…'.len_utf8())?;
        cut(&mut value, left);
        room = left - value.len();
        Some((key, value))
    })
}

pub(super) fn fields(all: Vec<FieldViolation>) -> Vec<FieldViolation> {
    let size = |v: &FieldViolation| v.field.len() + v.description.len();
    let trim = |v: &mut FieldViolation| {
        cut(&mut v.field, NAME);
        cut(&mut v.description, TEXT);
    };
    first(all, FIELDS, trim, size, |rest| FieldViolation {
        description: format!("and {rest} more fields"),
        ..FieldViolation::default()
    })
}

pub(super) fn preconditions(all: Vec<PreconditionViolation>) -> Vec<PreconditionViolation> {
    let size = |v: &PreconditionViolation| v.r#type.len() + v.subject.len() + v.description.len();
    let trim = |v: &mut PreconditionViolation| {
        cut(&mut v.subject, NAME);
        cut(&mut v.description, TEXT);
    };
    first(all, PRECONDITIONS, trim, size, |rest| {
        PreconditionViolation {
            r#type: "MORE".to_owned(),
            subject: String::new(),
            description: format!("and {rest} more conditions"),
        }
    })
}

/// As many of the first as fit, each trimmed, and one that counts the others.
fn first<T>(
    all: Vec<T>,
    mut room: usize,
    trim: impl Fn(&mut T),
    size: impl Fn(&T) -> usize,
    more: impl Fn(usize) -> T,
) -> Vec<T> {
    let (total, mut kept) = (all.len(), Vec::new());
    for mut violation in all {
        trim(&mut violation);
        let Some(left) = room.checked_sub(size(&violation)) else {
            break;
        };
        room = left;
        kept.push(violation);
    }
    if kept.len() < total {
        kept.push(more(total - kept.len()));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for most in 10..20 {
            let mut text = "关键节点".repeat(9);
            cut(&mut text, most);
            assert!(text.len() <= most && text.ends_with('…'), "{text}");
        }
        let mut short = "short".to_owned();
        cut(&mut short, 10);
        assert_eq!(short, "short");
    }

    #[test]
    fn a_thousand_violations_fit_and_the_others_are_counted() {
        let all: Vec<_> = (0..1000)
            .map(|n| FieldViolation {
                field: format!("rows[{n}].opportunity.external_key"),
                description: "x".repeat(9_000),
                ..FieldViolation::default()
            })
            .collect();
        let kept = fields(all);
        assert!(kept.len() < 10);
        let told = kept.len() - 1;
        assert_eq!(
            kept[told].description,
            format!("and {} more fields", 1000 - told)
        );
    }

    #[test]
    fn few_violations_are_told_whole() {
        let one = PreconditionViolation {
            r#type: "CRITERION".into(),
            subject: format!("opportunities/{}/criteria/need_known", uuid::Uuid::nil()),
            description:
                "the customer's need is known; record the element NEED as known: it is unknown"
                    .into(),
        };
        assert_eq!(preconditions(vec![one.clone(); 20]).len(), 20);
        assert_eq!(
            preconditions(vec![one.clone()])[0].description,
            one.description
        );
    }
}
