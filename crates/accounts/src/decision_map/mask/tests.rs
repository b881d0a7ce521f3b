use keynode_proto::accounts::v1::Attitude;
use prost::Message as _;

use super::*;

fn person(contact: &str, role: StakeholderRole) -> Stakeholder {
    Stakeholder {
        contact: format!("contacts/{contact}"),
        display_name: format!("name of {contact}"),
        department: format!("department of {contact}"),
        roles: vec![role.into()],
        weight: Some(20),
        attitude: Attitude::Supporter.into(),
        evidence: format!("evidence of {contact}"),
        judgements: vec![Judgement {
            aspect: 3,
            evidence: format!("judgement of {contact}"),
            evidence_date: None,
        }],
        ..Stakeholder::default()
    }
}

fn coach(contact: &str, number: i32) -> Stakeholder {
    Stakeholder {
        insider: insider::handle(number),
        ..person(contact, StakeholderRole::Coach)
    }
}

fn influence(from: &str, to: &str) -> Influence {
    Influence {
        from: format!("contacts/{from}"),
        to: format!("contacts/{to}"),
        strength: 40,
        evidence: format!("evidence of {from} and {to}"),
        ..Influence::default()
    }
}

fn drawn() -> DecisionMap {
    DecisionMap {
        name: "opportunities/1/decisionMap".to_owned(),
        stakeholders: vec![person("open", StakeholderRole::User), coach("secret", 3)],
        influences: vec![
            influence("secret", "open"),
            influence("open", "secret"),
            influence("open", "other"),
            Influence {
                criterion: "price".to_owned(),
                to: String::new(),
                ..influence("secret", "")
            },
        ],
        missing: vec![
            MapGap {
                contact: "contacts/secret".to_owned(),
                ..MapGap::default()
            },
            MapGap::default(),
        ],
        ..DecisionMap::default()
    }
}

fn mentions(map: &DecisionMap, word: &str) -> bool {
    map.encode_to_vec()
        .windows(word.len())
        .any(|bytes| bytes == word.as_bytes())
}

#[test]
fn nothing_of_an_insider_is_left_but_how_they_are_judged() {
    assert!(mentions(&drawn(), "secret"));
    let map = masked(drawn());
    assert!(!mentions(&map, "secret"));
    let insider = &map.stakeholders[1];
    assert_eq!(
        (insider.contact.as_str(), insider.masked, insider.weight),
        ("insiders/3", true, Some(20))
    );
    assert_eq!(insider.attitude(), Attitude::Supporter);
    assert_eq!(
        (
            insider.judgements[0].aspect,
            insider.judgements[0].evidence.as_str()
        ),
        (3, "")
    );
    let ways: Vec<_> = map
        .influences
        .iter()
        .map(|i| (i.from.as_str(), i.to.as_str(), i.strength))
        .collect();
    assert_eq!(
        ways,
        [
            ("insiders/3", "contacts/open", 40),
            ("contacts/open", "insiders/3", 40),
            ("contacts/open", "contacts/other", 40),
            ("insiders/3", "", 40),
        ]
    );
    assert_eq!(map.missing[0].contact, "insiders/3");
}

#[test]
fn everybody_else_is_shown_whole() {
    let (before, map) = (drawn(), masked(drawn()));
    assert_eq!(map.stakeholders[0], before.stakeholders[0]);
    assert_eq!(map.influences[2], before.influences[2]);
    assert_eq!(map.missing[1], before.missing[1]);
    assert_eq!(masked(map.clone()), map, "what is masked stays as it is");
}

#[test]
fn who_is_sensitive_in_one_version_is_masked_in_both() {
    let before = DecisionMap {
        stakeholders: vec![person("secret", StakeholderRole::User)],
        ..DecisionMap::default()
    };
    let after = drawn();
    let mask = Mask::of([&before, &after]);
    let before = mask.apply(before);
    assert!(!mentions(&before, "secret"));
    assert_eq!(before.stakeholders[0].contact, "insiders/3");
}

#[test]
fn who_is_told_to_be_sensitive_is_masked_and_so_is_one_without_a_handle() {
    let told = Stakeholder {
        sensitive: true,
        ..person("a", StakeholderRole::User)
    };
    let hidden = person("b", StakeholderRole::HiddenSupporter);
    let map = masked(DecisionMap {
        stakeholders: vec![told, coach("c", 1), hidden],
        ..DecisionMap::default()
    });
    let handles: Vec<_> = map
        .stakeholders
        .iter()
        .map(|p| p.contact.as_str())
        .collect();
    assert_eq!(handles, ["insiders/2", "insiders/1", "insiders/3"]);
}
