use serde_json::{Value, json};

use super::*;

fn told(bytes: &[u8]) -> Value {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    serde_json::to_value(inspect(file.path()).unwrap()).unwrap()
}

#[test]
fn what_is_odd_is_counted_and_ragged_rows_are_told_by_line() {
    let told = told(
        "\u{feff},名称,资产\r\n1,\"万  科Ａ\n二\",\"1,234,567\"\r\n2,Select,\r\n3,x\r\n2,Select,\r\n".as_bytes(),
    );
    let expected = json!({
        "encoding": "utf-8", "byte_order_mark": true, "delimiter": ",",
        "columns": ["#1", "名称", "资产"],
        "physical_lines": 6, "crlf_lines": 5, "every_field_quoted": false,
        "records": 4, "records_with_embedded_newline": 1, "exact_duplicate_records": 1,
        "ragged_records": 1, "ragged_lines": [5], "empty_cells": 2,
        "placeholders": { "Select": 2 },
        "cells_with_thousands_separators": 1, "cells_with_fullwidth_characters": 1,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&told[key], value, "{key}");
    }
}

#[test]
fn only_numbers_have_thousands_separators() {
    for number in ["1,234", "-12,345.6", "999,999,999"] {
        assert!(has_thousands_separators(number), "{number}");
    }
    for other in [
        "1234",
        "1,23",
        "1,2345",
        ",123",
        "a,bcd",
        "1234,567",
        "",
        "12,34,567",
    ] {
        assert!(!has_thousands_separators(other), "{other}");
    }
}

/// What the truth says of one file, and where the inspection says it.
#[test]
fn the_public_files_are_what_their_truth_says() {
    let Some(data) = crate::import::public_data() else {
        return;
    };
    let import = data.join("import");
    let truth: Value =
        serde_json::from_str(&std::fs::read_to_string(import.join("import_truth.json")).unwrap())
            .unwrap();
    let look = |file: &str| serde_json::to_value(inspect(&import.join(file)).unwrap()).unwrap();
    let salvirt = look("salvirt/Salvirt_B2B_ML_dataset.csv");
    let chicago = look("chicago/csv_example_input_with_true_ids.csv");
    let listed = look("zh_listed/stock_info_sz.csv");
    let leads = look("xeducation/Lead_Scoring.csv");
    let same = |found: &Value, key: &str, truth: &Value| assert_eq!(found, truth, "{key}");
    for (key, of) in [
        ("delimiter", "delimiter"),
        ("every_field_quoted", "every_field_quoted"),
        ("bom", "byte_order_mark"),
        ("rows", "records"),
        ("exact_duplicate_rows", "exact_duplicate_records"),
    ] {
        same(&salvirt[of], key, &truth["salvirt"][key]);
    }
    assert_eq!(salvirt["crlf_lines"], 0);
    for (key, of) in [
        ("physical_lines", "physical_lines"),
        ("records", "records"),
        (
            "records_with_embedded_newline",
            "records_with_embedded_newline",
        ),
    ] {
        same(&chicago[of], key, &truth["chicago"][key]);
    }
    assert_eq!(
        json!(chicago["columns"].as_array().unwrap().len()),
        truth["chicago"]["columns"]
    );
    let sz = &truth["zh_listed_sz"];
    same(&listed["records"], "rows", &sz["rows"]);
    same(&listed["byte_order_mark"], "bom", &sz["bom"]);
    same(
        &json!(listed["columns"][0] == "#1"),
        "first_header_empty",
        &sz["first_header_empty"],
    );
    for (key, of) in [
        ("thousands_separators", "cells_with_thousands_separators"),
        ("fullwidth_latin", "cells_with_fullwidth_characters"),
    ] {
        same(&json!(listed[of].as_u64().unwrap() > 0), key, &sz[key]);
    }
    let x = &truth["xeducation"];
    same(&leads["records"], "rows", &x["rows"]);
    same(
        &leads["placeholders"]["Select"],
        "cells_equal_Select",
        &x["cells_equal_Select"],
    );
    same(&leads["empty_cells"], "empty_cells", &x["empty_cells"]);
}
