use proptest::prelude::*;

use super::*;

fn named(text: &str) -> Profile {
    Profile {
        names: vec![Name::read(text)],
        ..Profile::default()
    }
}

fn at(name: &str, address: &str, phone: &str) -> Profile {
    Profile {
        addresses: Address::read(address).into_iter().collect(),
        phones: phone::read(phone),
        ..named(name)
    }
}

fn score(a: &Profile, b: &Profile) -> f64 {
    compare(a, b, &Commonness::default()).map_or(0.0, |score| score.value)
}

#[test]
fn a_short_name_fits_the_legal_name_that_it_abbreviates() {
    for (short, legal, other) in [
        (
            "首创环保",
            "北京首创生态环保集团股份有限公司",
            "中国环境保护集团有限公司",
        ),
        (
            "上海机场",
            "上海国际机场股份有限公司",
            "上海国际港务(集团)股份有限公司",
        ),
        (
            "*ST鼎信",
            "青岛鼎信通讯股份有限公司",
            "青岛海信通讯股份有限公司",
        ),
        ("Ｓｉｅｍｅｎｓ", "Siemens AG", "Simmons Ltd"),
    ] {
        let fitting = score(&named(short), &named(legal));
        let wrong = score(&named(short), &named(other));
        assert!(fitting >= SETTINGS.same, "{short} {legal} {fitting}");
        assert!(wrong < fitting, "{short} {other} {wrong}");
    }
}

#[test]
fn legal_form_and_width_do_not_part_two_names() {
    let a = named("上海宏远（集团）有限公司");
    let b = named("上海宏远(集团)有限公司");
    assert_eq!(score(&a, &b), 1.0);
    assert!(
        score(
            &named("宏远重工股份有限公司"),
            &named("宏远重工有限责任公司")
        ) > 0.9
    );
}

#[test]
fn another_place_speaks_against_an_equal_name() {
    let here = at("Spago", "1114 Horn Ave.", "310-652-4025");
    let there = at("Spago", "3500 Las Vegas Blvd.", "702-369-6300");
    assert!(score(&here, &there) < SETTINGS.same);
    assert_eq!(score(&here, &here), 1.0);
}

#[test]
fn two_units_at_one_address_are_two() {
    let cafe = at("Ritz-Carlton Cafe", "181 Peachtree St.", "404-659-0400");
    let restaurant = at(
        "Ritz-Carlton Dining Room",
        "181 Peachtree St.",
        "404-659-0400",
    );
    assert!(score(&cafe, &restaurant) < SETTINGS.same);
}

#[test]
fn the_reasons_total_the_log_odds() {
    let a = at("宏远重工", "上海世纪大道100号", "02165051234");
    let b = at("上海宏远重型机械有限公司", "上海世纪大道100号", "65051234");
    let found = compare(&a, &b, &Commonness::default()).unwrap();
    let total: f64 = found.reasons.iter().map(|reason| reason.contribution).sum();
    assert!((total - (found.value / (1.0 - found.value)).ln()).abs() < 1e-9);
    assert!(
        found
            .reasons
            .iter()
            .any(|reason| reason.rule == Rule::PhoneSame)
    );
}

#[test]
fn a_former_name_fits_where_it_is_recorded() {
    let mut account = named("建元信托股份有限公司");
    assert!(score(&named("安信信托"), &account) < SETTINGS.same);
    account.names.push(Name::read("安信信托股份有限公司"));
    let found = compare(&named("安信信托"), &account, &Commonness::default()).unwrap();
    assert!(found.value >= SETTINGS.same);
    assert_eq!(found.names, (0, 1));
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[上海北京华宏远信科技股份有限公司集团甲乙丙]{0,12}",
        "[a-eA-E '&.,]{0,20}",
        "\\PC{0,20}",
        "[\u{300}-\u{330}\u{5d0}-\u{5ea}\u{627}-\u{64a}\u{1f600}-\u{1f640}中文Ａ-Ｚa-z]{0,16}",
    ]
}

fn profiles() -> impl Strategy<Value = Profile> {
    (texts(), texts(), "[0-9 +-]{0,12}")
        .prop_map(|(name, address, phone)| at(&name, &address, &phone))
}

proptest! {
    #[test]
    fn a_score_is_the_same_whichever_is_named_first(a in profiles(), b in profiles()) {
        let (forth, back) = (score(&a, &b), score(&b, &a));
        prop_assert!((0.0..=1.0).contains(&forth));
        prop_assert_eq!(forth, back);
    }

    #[test]
    fn equal_names_score_one(text in texts()) {
        let name = named(&text);
        let expected = if name.names[0].is_empty() { 0.0 } else { 1.0 };
        let found = score(&name, &name);
        prop_assert!(found == expected || (expected == 0.0 && found < SETTINGS.review));
    }

    #[test]
    fn the_order_of_accounts_does_not_matter(names in prop::collection::vec(texts(), 1..8)) {
        let count = |names: &[String]| {
            let mut common = Commonness::default();
            names.iter().for_each(|name| common.count(&Name::read(name)));
            common
        };
        let backwards: Vec<String> = names.iter().rev().cloned().collect();
        let (one, other) = (count(&names), count(&backwards));
        let (a, b) = (named(&names[0]), named(&backwards[0]));
        let value = |common| compare(&a, &b, common).map(|score| score.value);
        prop_assert_eq!(value(&one), value(&other));
    }
}
