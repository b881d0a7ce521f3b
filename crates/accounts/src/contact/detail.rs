//! How someone is reached. Personal data: what stands here goes into no log and no event.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::ContactDetailKind as Kind;
use serde::{Deserialize, Serialize};

use crate::reachable::{WRITTEN, is_email, is_number};

/// Details of one contact at most.
const MOST: usize = 20;

/// One number or address, as it was typed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// The number in [`Kind`].
    pub kind: i32,
    pub value: String,
    pub label: String,
    pub preferred: bool,
}

impl fmt::Debug for Detail {
    /// Without the value, so that it gets into no log by accident.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detail")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Detail {
    fn told(field: &str, sent: &proto::ContactDetail, bad: &mut Violations) -> Self {
        let kind: Kind = bad.required_enum(&format!("{field}.kind"), sent.kind);
        let place = format!("{field}.value");
        let longest = if kind == Kind::Email { 320 } else { 500 };
        let value = bad.required_text(&place, &sent.value, longest);
        match kind {
            _ if value.is_empty() => {}
            Kind::Email if !is_email(&value) => {
                bad.add(place, "must be an e-mail address, e.g. name@example.com");
            }
            Kind::Phone | Kind::Mobile | Kind::Fax if !is_number(&value, &WRITTEN) => bad.add(
                place,
                "must be a number: 3 to 30 digits, blanks and + - ( ) . / # * , ; : ext x 转 分机",
            ),
            _ => {}
        }
        Self {
            kind: kind.into(),
            value,
            label: bad.text(&format!("{field}.label"), &sent.label, 100),
            preferred: sent.preferred,
        }
    }

    pub fn to_proto(&self) -> proto::ContactDetail {
        proto::ContactDetail {
            kind: self.kind,
            value: self.value.clone(),
            label: self.label.clone(),
            preferred: self.preferred,
        }
    }

    /// That there is such a detail, without what it is.
    pub fn to_event(&self) -> proto::ContactDetail {
        proto::ContactDetail {
            value: String::new(),
            label: String::new(),
            ..self.to_proto()
        }
    }
}

/// The details that a caller sends, with every bad field noted.
pub fn read(field: &str, sent: &[proto::ContactDetail], bad: &mut Violations) -> Vec<Detail> {
    if sent.len() > MOST {
        bad.add(field, format!("must be at most {MOST}"));
        return Vec::new();
    }
    let mut preferred = HashSet::new();
    let mut seen = HashSet::new();
    let mut read = Vec::with_capacity(sent.len());
    for (index, detail) in sent.iter().enumerate() {
        let place = format!("{field}[{index}]");
        let detail = Detail::told(&place, detail, bad);
        if detail.preferred && !preferred.insert(detail.kind) {
            bad.add(
                format!("{place}.preferred"),
                "must be set for one detail of a kind only",
            );
        }
        if !detail.value.is_empty() && !seen.insert((detail.kind, detail.value.clone())) {
            bad.add(format!("{place}.value"), "must not be there twice");
        }
        read.push(detail);
    }
    read
}

/// A text of unknown form as a detail: of this kind if it has its shape, else of no special
/// kind under this label. None when it says nothing.
pub fn of_text(kind: Kind, label: &str, text: &str) -> Option<proto::ContactDetail> {
    let text = text.trim();
    let has_shape = match kind {
        Kind::Email => is_email(text),
        _ => is_number(text, &WRITTEN),
    };
    (!text.is_empty()).then(|| proto::ContactDetail {
        kind: if has_shape { kind } else { Kind::Other }.into(),
        value: text.to_owned(),
        label: if has_shape { "" } else { label }.to_owned(),
        preferred: false,
    })
}

/// The e-mail addresses among the details, as they are looked up.
pub fn emails(details: &[Detail]) -> BTreeSet<String> {
    let is_email = |detail: &&Detail| detail.kind == i32::from(Kind::Email);
    let addresses = details.iter().filter(is_email);
    addresses.map(|detail| folded(&detail.value)).collect()
}

/// An address in small letters.
pub fn folded(email: &str) -> String {
    email.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(kind: Kind, value: &str) -> proto::ContactDetail {
        proto::ContactDetail {
            kind: kind.into(),
            value: value.to_owned(),
            ..proto::ContactDetail::default()
        }
    }

    fn bad_fields(details: &[proto::ContactDetail]) -> Vec<String> {
        let mut bad = Violations::default();
        read("details", details, &mut bad);
        match bad.finish() {
            Ok(()) => Vec::new(),
            Err(fault) => fault.fields().map(|(field, _)| field.to_owned()).collect(),
        }
    }

    #[test]
    fn every_bad_detail_is_named() {
        let preferred = |detail: proto::ContactDetail| proto::ContactDetail {
            preferred: true,
            ..detail
        };
        let fields = bad_fields(&[
            preferred(sent(Kind::Email, "a@b.cn")),
            preferred(sent(Kind::Email, "nobody")),
            sent(Kind::Unspecified, "x"),
            sent(Kind::Phone, ""),
            sent(Kind::Email, "a@b.cn"),
        ]);
        let expected = [
            "details[1].value",
            "details[1].preferred",
            "details[2].kind",
            "details[3].value",
            "details[4].value",
        ];
        assert_eq!(fields, expected);
        assert_eq!(bad_fields(&vec![sent(Kind::Wechat, "x"); 21]), ["details"]);
    }

    #[test]
    fn what_is_printed_and_what_events_carry_has_no_value() {
        let mut bad = Violations::default();
        let detail = Detail::told("d", &sent(Kind::Mobile, "13800000000"), &mut bad);
        assert!(!format!("{detail:?}").contains("138"));
        assert_eq!(detail.to_event(), sent(Kind::Mobile, ""));
    }

    #[test]
    fn addresses_are_looked_up_in_small_letters() {
        let mut bad = Violations::default();
        let details = read(
            "d",
            &[
                sent(Kind::Email, " Zhang@B.CN "),
                sent(Kind::Wechat, "Z@b.cn"),
            ],
            &mut bad,
        );
        assert_eq!(details[0].value, "Zhang@B.CN", "what was typed is kept");
        assert_eq!(emails(&details), BTreeSet::from(["zhang@b.cn".to_owned()]));
    }
}
