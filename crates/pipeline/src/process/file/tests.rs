use super::*;

const GOOD: &str = include_str!("../../../processes/industrial-key-account.toml");

/// What is wrong with the embedded file after a change to it.
fn wrong(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "the file has no {from}");
    parse(&GOOD.replacen(from, to, 1)).unwrap_err().to_string()
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let error = wrong("wins = true", "win = true");
    assert!(
        error.contains("line ") && error.contains("`win`"),
        "{error}"
    );
}

#[test]
fn an_unknown_check_is_refused_with_its_place() {
    let error = wrong(
        "id = \"coach_present\"\ncheck = \"coach_present\"",
        "id = \"coach_present\"\ncheck = \"coach_gone\"",
    );
    assert!(
        error.contains("stages[2].key_node.criteria[1].check"),
        "{error}"
    );
}

#[test]
fn an_id_may_not_be_taken_twice() {
    let error = wrong("id = \"budget_known\"", "id = \"need_known\"");
    assert!(
        error.contains("stages[1].key_node.criteria[3].id: is taken"),
        "{error}"
    );
    let error = wrong("id = \"entry\"", "id = \"development\"");
    assert!(error.contains("stages[2].id: is taken"), "{error}");
}

#[test]
fn an_unknown_element_is_refused() {
    let error = wrong("element = \"budget\"", "element = \"weather\"");
    assert!(
        error.contains("stages[1].key_node.criteria[3].element"),
        "{error}"
    );
}

#[test]
fn an_empty_text_is_refused() {
    let error = wrong("zh = \"开发阶段\"", "zh = \" \"");
    assert!(
        error.contains("stages[1].display_name.zh: must not be empty"),
        "{error}"
    );
}

#[test]
fn a_grade_outside_of_a_to_d_is_refused() {
    let error = wrong("grades = [\"A\"]", "grades = [\"A\", \"E\"]");
    assert!(
        error.contains("stages[1].key_node.criteria[7].grades"),
        "{error}"
    );
}

#[test]
fn a_key_of_another_check_is_refused() {
    let error = wrong("element = \"need\"", "element = \"need\"\ngrades = [\"A\"]");
    assert!(
        error.contains("criteria[1].grades: does not belong"),
        "{error}"
    );
}

#[test]
fn exactly_one_stage_wins() {
    let error = wrong("wins = true", "wins = false");
    assert!(error.contains("wins = true"), "{error}");
}

#[test]
fn every_wrong_place_is_named_at_once() {
    let text = GOOD
        .replace("version = 1", "version = 0")
        .replace("[\"acceptance\"]", "[]");
    let Error::Unsound(places) = parse(&text).unwrap_err() else {
        panic!("it is sound TOML")
    };
    assert_eq!(places.len(), 2, "{places:?}");
}
