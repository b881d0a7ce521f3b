//! The rules that make up a score, for programs and in words.

use keynode_proto::accounts::v1::{MatchField, MatchReason};
use keynode_proto::common::v1::LocalizedText;

use super::score::Reason;

macro_rules! rules {
    ($($variant:ident = $id:literal, $field:ident, $zh:literal, $en:literal;)+) => {
        /// A step of a score.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Rule {
            $($variant),+
        }

        impl Rule {
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name for programs.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id),+
                }
            }

            /// The rule of this name.
            pub fn of_id(id: &str) -> Option<Self> {
                match id {
                    $($id => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn field(self) -> MatchField {
                match self {
                    $(Self::$variant => MatchField::$field),+
                }
            }

            fn text(self) -> LocalizedText {
                let (zh_cn, en) = match self {
                    $(Self::$variant => ($zh, $en)),+
                };
                LocalizedText {
                    zh_cn: zh_cn.to_owned(),
                    en: en.to_owned(),
                }
            }
        }
    };
}

rules! {
    Base = "name.base", Name,
        "任意两个名称", "any two names";
    Shared = "name.shared", Name,
        "共有的字少见", "they share characters that few names have";
    Run = "name.run", Name,
        "共有的字相连", "what they share stands together";
    Contained = "name.contained", Name,
        "短名的字依次都在长名中", "the longer has all of the shorter, in order";
    EqualCore = "name.equal_core", Name,
        "去掉组织形式后相同", "without the legal form they are equal";
    Missing = "name.missing", Name,
        "短名中有长名没有的字", "the shorter has what the longer lacks";
    Skipped = "name.skipped", Name,
        "跳过了长名的字号", "the longer begins with another brand";
    Gaps = "name.gaps", Name,
        "中间跳过了不常见的字", "the shorter leaves out uncommon characters in between";
    Rest = "name.rest", Name,
        "长名后面还有不常见的字", "the longer goes on with uncommon characters";
    FormShared = "name.form_shared", Name,
        "都是集团或控股公司", "both are a group or a holding";
    FormMissing = "name.form_missing", Name,
        "只有短名是集团或控股公司", "only the shorter is a group or a holding";
    Covered = "name.covered", Name,
        "一方的词另一方都有", "one has the words of the other";
    CoveredBoth = "name.covered_both", Name,
        "双方的词相同", "each has the words of the other";
    Conflict = "name.conflict", Name,
        "双方各有对方没有的词", "each has words that the other lacks";
    AddressSame = "address.same", Address,
        "地址相同", "the addresses are the same";
    AddressOtherNumber = "address.other_number", Address,
        "同一街道,门牌不同", "the street is the same, the number is not";
    AddressOther = "address.other", Address,
        "地址不同", "the addresses differ";
    PhoneSame = "phone.same", Phone,
        "电话相同", "the telephone numbers are the same";
    PhoneOther = "phone.other", Phone,
        "电话不同", "the telephone numbers differ";
}

impl Reason {
    pub fn to_proto(self) -> MatchReason {
        MatchReason {
            field: self.rule.field().into(),
            rule: self.rule.id().to_owned(),
            contribution: self.contribution,
            text: Some(self.rule.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found_by_its_name() {
        for rule in Rule::ALL {
            assert_eq!(Rule::of_id(rule.id()), Some(*rule));
        }
        assert_eq!(Rule::of_id("name.nonsense"), None);
    }
}
