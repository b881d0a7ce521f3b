//! How to speak of somebody without saying who it is.

use keynode_proto::accounts::v1::{Function, Stakeholder, StakeholderRole};
use keynode_proto::common::v1::LocalizedText;

/// Who works where, Chinese and English: "运行部门的…", "… in operations". The functions
/// that tell nothing of the place are left out.
const PLACES: [(Function, &str, &str); 7] = [
    (Function::Management, "管理层的", " in management"),
    (
        Function::Technical,
        "技术部门的",
        " in the technical department",
    ),
    (Function::User, "使用部门的", " among the users"),
    (Function::Finance, "财务部门的", " in finance"),
    (Function::Operations, "运行部门的", " in operations"),
    (Function::Purchasing, "采购部门的", " in purchasing"),
    (Function::Design, "设计方的", " at the designers"),
];

/// "an insider in operations"; who is sensitive without being on our side in secret is
/// "a sensitive person in operations".
pub fn speak_of(person: &Stakeholder) -> LocalizedText {
    let (who_zh, who) = match person.roles().any(is_insider) {
        true => ("内线", "an insider"),
        false => ("敏感人士", "a sensitive person"),
    };
    let place = PLACES
        .iter()
        .find(|(function, _, _)| *function == person.function());
    let (place_zh, place) = place.map_or(("", ""), |(_, zh, en)| (*zh, *en));
    LocalizedText {
        zh_cn: format!("{place_zh}{who_zh}"),
        en: format!("{who}{place}"),
    }
}

fn is_insider(role: StakeholderRole) -> bool {
    matches!(
        role,
        StakeholderRole::Coach | StakeholderRole::HiddenSupporter
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(function: Function, role: StakeholderRole) -> (String, String) {
        let text = speak_of(&Stakeholder {
            function: function.into(),
            roles: vec![role.into()],
            ..Stakeholder::default()
        });
        (text.zh_cn, text.en)
    }

    #[test]
    fn an_insider_is_spoken_of_by_function() {
        let (zh, en) = said(Function::Operations, StakeholderRole::Coach);
        assert_eq!(
            (zh.as_str(), en.as_str()),
            ("运行部门的内线", "an insider in operations")
        );
        let (zh, en) = said(Function::Finance, StakeholderRole::HiddenSupporter);
        assert_eq!(
            (zh.as_str(), en.as_str()),
            ("财务部门的内线", "an insider in finance")
        );
    }

    #[test]
    fn who_is_no_insider_is_a_sensitive_person() {
        let (zh, en) = said(Function::Purchasing, StakeholderRole::User);
        assert_eq!(
            (zh.as_str(), en.as_str()),
            ("采购部门的敏感人士", "a sensitive person in purchasing")
        );
    }

    #[test]
    fn an_unknown_function_names_no_place() {
        for function in [Function::Unspecified, Function::Other] {
            let (zh, en) = said(function, StakeholderRole::Coach);
            assert_eq!((zh.as_str(), en.as_str()), ("内线", "an insider"));
        }
    }
}
