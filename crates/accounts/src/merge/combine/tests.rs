use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn account(n: u128, display_name: &str) -> Account {
    Account {
        display_name: display_name.to_owned(),
        ..Account::new(Uuid::from_u128(n), Timestamp::UNIX_EPOCH)
    }
}

fn key(id: &str) -> Key {
    Key::from(("sap".to_owned(), id.to_owned()))
}

fn by_rule(survivor: &Account, losers: &[Account]) -> Combined {
    combine(survivor, losers, &Choices::new())
}

#[test]
fn the_survivors_value_stays_and_what_it_lacks_is_the_first_losers() {
    let survivor = Account {
        industry: "steel".to_owned(),
        ..account(1, "A")
    };
    let losers = [
        Account {
            industry: "iron".to_owned(),
            ..account(2, "B")
        },
        Account {
            location: "Ningxia".to_owned(),
            employee_count: Some(0),
            ..account(3, "C")
        },
        Account {
            location: "Gansu".to_owned(),
            ..account(4, "D")
        },
    ];
    let combined = by_rule(&survivor, &losers);
    let after = &combined.account;
    assert_eq!(
        (after.industry.as_str(), after.location.as_str()),
        ("steel", "Ningxia")
    );
    assert_eq!(
        after.employee_count,
        Some(0),
        "none is a number, not unknown"
    );
    let told: Vec<(&str, usize, &str)> = combined
        .conflicts
        .iter()
        .map(|c| (c.field.as_str(), c.values.len(), c.taken.as_str()))
        .collect();
    let name = |n: u128| crate::ids::AccountId(Uuid::from_u128(n)).to_string();
    assert_eq!(
        told,
        [
            ("display_name", 4, name(1).as_str()),
            ("industry", 2, name(1).as_str()),
            ("location", 2, name(3).as_str()),
        ]
    );
}

#[test]
fn a_choice_takes_even_what_is_unknown() {
    let survivor = Account {
        industry: "steel".to_owned(),
        tags: vec!["a".to_owned()],
        ..account(1, "A")
    };
    let loser = Account {
        tags: vec!["b".to_owned()],
        ..account(2, "B")
    };
    let choices = Choices::from([
        ("industry", loser.id),
        ("display_name", loser.id),
        ("tags", loser.id),
    ]);
    let after = combine(&survivor, &[loser], &choices).account;
    assert_eq!(
        (after.industry.as_str(), after.display_name.as_str()),
        ("", "B")
    );
    assert_eq!(after.tags, ["b"]);
    let names: Vec<&str> = after
        .profile
        .names
        .iter()
        .map(|n| n.text.as_str())
        .collect();
    assert_eq!(names, ["A"], "what it was called before still finds it");
}

#[test]
fn names_that_differ_in_form_only_are_one() {
    let loser = Account {
        legal_name: "ＡＢＢ China".to_owned(),
        ..account(2, "abb (北京)")
    };
    let after = by_rule(&account(1, "ABB China"), &[loser]).account;
    let names: Vec<&str> = after
        .profile
        .names
        .iter()
        .map(|n| n.text.as_str())
        .collect();
    assert_eq!(names, ["abb (北京)"]);
}

#[test]
fn every_key_is_kept_and_the_survivors_first_stays_first() {
    let with = |n: u128, first: Option<&str>, further: &[&str]| Account {
        source_system: first.map(|_| "sap".to_owned()),
        external_id: first.map(str::to_owned),
        further_keys: Json(further.iter().map(|id| key(id)).collect()),
        ..account(n, "A")
    };
    let losers = [with(2, Some("2"), &["4"]), with(3, Some("3"), &[])];
    let after = by_rule(&with(1, Some("1"), &["5"]), &losers).account;
    let keys: Vec<Key> = after.keys().collect();
    assert_eq!(keys, ["1", "2", "3", "4", "5"].map(key));
    let adopted = by_rule(&with(1, None, &["5"]), &losers).account;
    assert_eq!(adopted.external_id.as_deref(), Some("2"));
    assert_eq!(adopted.keys().count(), 4);
}

#[test]
fn more_than_an_account_may_have_is_refused_by_name() {
    let tagged = |n: u128, from: usize| Account {
        tags: (from..from + 40).map(|tag| tag.to_string()).collect(),
        ..account(n, "A")
    };
    let combined = by_rule(&tagged(1, 0), &[tagged(2, 30)]);
    let refused = check_size(&combined.account);
    assert!(matches!(
        refused,
        Err(Refusal::TooLarge {
            what: "tags",
            count: 70,
            limit: 50,
            ..
        })
    ));
    assert!(check_size(&by_rule(&tagged(1, 0), &[tagged(2, 5)]).account).is_ok());
}

fn any_account(n: u128) -> impl Strategy<Value = Account> {
    let tags = proptest::collection::vec("[a-d]", 0..4);
    let ids = proptest::collection::btree_set("[0-9]", 0..3);
    ("[A-C]{1,2}", "(|x|y)", tags, ids).prop_map(move |(display_name, industry, tags, ids)| {
        Account {
            industry,
            tags,
            further_keys: Json(ids.iter().map(|id| key(&format!("{n}-{id}"))).collect()),
            ..account(n, &display_name)
        }
    })
}

proptest! {
    #[test]
    fn nothing_that_a_loser_was_found_by_is_lost(
        survivor in any_account(1), first in any_account(2), second in any_account(3)
    ) {
        let losers = [first, second];
        let after = by_rule(&survivor, &losers).account;
        let names = after.profile.names.iter().map(|n| folded(&n.text));
        let names: HashSet<String> = names.chain([folded(&after.display_name)]).collect();
        let keys: HashSet<Key> = after.keys().collect();
        for account in losers.iter().chain([&survivor]) {
            prop_assert!(names.contains(&folded(&account.display_name)));
            prop_assert!(account.keys().all(|key| keys.contains(&key)));
            prop_assert!(account.tags.iter().all(|tag| after.tags.contains(tag)));
        }
        let unique: HashSet<&String> = after.tags.iter().collect();
        prop_assert_eq!(unique.len(), after.tags.len());
    }

    #[test]
    fn undoing_at_once_is_as_if_nothing_had_been(
        survivor in any_account(1), first in any_account(2), second in any_account(3)
    ) {
        let losers = [first, second];
        let unique: HashSet<&String> = survivor.tags.iter().collect();
        prop_assume!(unique.len() == survivor.tags.len());
        let after = by_rule(&survivor, &losers).account;
        let (mut reverted, kept) = super::super::revert::revert(&after, &survivor, &after);
        let lost = losers.iter().flat_map(|loser| loser.keys()).collect();
        super::super::revert::drop_keys(&mut reverted, &survivor, &lost);
        prop_assert_eq!((reverted, kept), (survivor, vec![]));
    }
}
