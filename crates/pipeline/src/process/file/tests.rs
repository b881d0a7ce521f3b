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
        error.contains("stages[1].key_node.criteria[0].check"),
        "{error}"
    );
}

#[test]
fn an_id_may_not_be_taken_twice() {
    let error = wrong("id = \"budget_known\"", "id = \"need_known\"");
    assert!(
        error.contains("stages[0].key_node.criteria[2].id: is taken"),
        "{error}"
    );
    let error = wrong("id = \"entry\"", "id = \"development\"");
    assert!(error.contains("stages[1].id: is taken"), "{error}");
}

#[test]
fn an_unknown_element_is_refused() {
    let error = wrong("element = \"budget\"", "element = \"weather\"");
    assert!(
        error.contains("stages[0].key_node.criteria[2].element"),
        "{error}"
    );
}

#[test]
fn an_empty_text_is_refused() {
    let error = wrong("zh = \"开发阶段\"", "zh = \" \"");
    assert!(
        error.contains("stages[0].display_name.zh: must not be empty"),
        "{error}"
    );
}

#[test]
fn a_grade_outside_of_a_to_d_is_refused() {
    let error = wrong("grades = [\"A\"]", "grades = [\"A\", \"E\"]");
    assert!(
        error.contains("stages[0].key_node.criteria[6].grades"),
        "{error}"
    );
}

#[test]
fn a_key_of_another_check_is_refused() {
    let error = wrong("element = \"need\"", "element = \"need\"\ngrades = [\"A\"]");
    assert!(
        error.contains("criteria[0].grades: does not belong"),
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

#[test]
fn every_key_that_is_missing_is_named_at_once() {
    let text = "stages = [{ wins = true, guidance = [{ zh = \"做\" }], work_items = [{}], \
                key_node = { criteria = [{ explanation = {} }] } }, {}]";
    let Error::Unsound(places) = parse(text).unwrap_err() else {
        panic!("it is sound TOML")
    };
    let missing: Vec<&str> = places
        .iter()
        .filter_map(|place| place.strip_suffix(": must be given"))
        .collect();
    let expected = [
        "id",
        "version",
        "display_name",
        "stages[0].id",
        "stages[0].guidance[0].en",
        "stages[0].display_name",
        "stages[0].buying_step",
        "stages[0].purpose",
        "stages[0].work_items[0].id",
        "stages[0].work_items[0].display_name",
        "stages[0].key_node.display_name",
        "stages[0].key_node.criteria[0].check",
        "stages[0].key_node.criteria[0].id",
        "stages[0].key_node.criteria[0].explanation.zh",
        "stages[0].key_node.criteria[0].explanation.en",
        "stages[1].id",
        "stages[1].display_name",
        "stages[1].buying_step",
        "stages[1].purpose",
        "stages[1].key_node",
    ];
    assert_eq!(missing, expected);
    let other: Vec<&String> = places
        .iter()
        .filter(|place| !place.ends_with("must be given"))
        .collect();
    assert_eq!(other, ["stages[1].guidance: must not be empty"]);
}

/// The embedded file with a criterion that is written.
fn asking(expression: &str) -> String {
    let criterion = format!("\ncheck = \"expression\"\nexpression = \"{expression}\"");
    GOOD.replacen("\ncheck = \"coach_present\"", &criterion, 1)
}

#[test]
fn an_expression_reads_work_items_that_some_stage_has() {
    let work_items = "\n[[stages.work_items]]\nid = \"chart\"\n\
                      display_name = { zh = \"图\", en = \"chart\" }\n[stages.key_node]";
    let with_item = |file: String| file.replacen("\n[stages.key_node]", work_items, 1);
    for good in [
        "has(work.chart)",
        "'chart' in work",
        "work['chart'] < '2027'",
    ] {
        check(&with_item(asking(good))).unwrap();
    }
    for bad in [
        "has(work.no_such)",
        "'no_such' in work",
        "work['no_such'] < '2027'",
    ] {
        let file = with_item(asking(bad));
        parse(&file).expect("what was taken once is read");
        let error = check(&file).unwrap_err().to_string();
        let place = "stages[1].key_node.criteria[0].expression: reads work item `no_such`";
        assert!(error.contains(place), "{bad}: {error}");
    }
}
