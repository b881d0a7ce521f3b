use super::super::mapping::ProductField;
use super::*;

/// Reads a file of these bytes; every column is welcome.
fn read(bytes: &[u8], delimiter: u8) -> anyhow::Result<(Vec<String>, Vec<Row>)> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("t.csv"), bytes)?;
    read_file(folder.path(), "t.csv", delimiter)
}

fn read_file(folder: &Path, name: &str, delimiter: u8) -> anyhow::Result<(Vec<String>, Vec<Row>)> {
    let mut table = Table::open(folder, &format(name, delimiter, &["*"]))?;
    let mut rows = Vec::new();
    while let Some(row) = table.next()? {
        rows.push(row);
    }
    Ok((table.header, rows))
}

fn format(name: &str, delimiter: u8, ignore: &[&str]) -> File<ProductField> {
    File {
        name: name.to_owned(),
        encoding: Some(encoding_rs::UTF_8),
        delimiter: Some(delimiter),
        ignore: ignore.iter().map(ToString::to_string).collect(),
        empty: Vec::new(),
        fields: Default::default(),
    }
}

fn good(line: u64, cells: &[&str]) -> Row {
    Row::Good {
        line,
        cells: cells.iter().collect(),
    }
}

fn why(bytes: &[u8]) -> String {
    format!("{:#}", read(bytes, b',').expect_err("a bad file"))
}

#[test]
fn lines_are_those_of_the_file_whatever_ends_them() {
    for end in ["\n", "\r\n"] {
        let text = ["a,b", "1,\"two", "lines\"", "", "\"3\",\"4\"", "5,6"].join(end);
        let broken = format!("two{end}lines");
        let expected = [
            good(2, &["1", &broken]),
            good(5, &["3", "4"]),
            good(6, &["5", "6"]),
        ];
        assert_eq!(read(text.as_bytes(), b',').unwrap().1, expected, "{end:?}");
        assert_eq!(
            read(format!("{text}{end}").as_bytes(), b',').unwrap().1,
            expected,
            "{end:?}"
        );
    }
}

#[test]
fn a_row_with_another_number_of_fields_is_told_by_its_line() {
    let rows = read("a,b\n1,2\n\"x\ny\",2,3\n4\n".as_bytes(), b',')
        .unwrap()
        .1;
    assert_eq!(
        rows,
        [
            good(2, &["1", "2"]),
            Row::Ragged { line: 3, fields: 3 },
            Row::Ragged { line: 5, fields: 1 }
        ]
    );
}

#[test]
fn a_quote_that_never_ends_is_refused_with_the_line_where_it_begins() {
    assert!(why(b"a,b\n1,2\n3,\"4\n5,6\n7,8\n").contains("line 3: a quoted field"));
    assert!(why(b"a,b\n1,2\n3,\"4").contains("line 3: a quoted field"));
}

#[test]
fn an_empty_file_and_a_double_column_are_refused() {
    assert!(why(b"").contains("is empty"));
    assert!(why(b"a,b,a\n").contains("`a` is there twice"));
}

#[test]
fn a_column_without_a_name_is_called_by_its_position() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), ",name\n1,x\n").unwrap();
    let refused = Table::open(folder.path(), &format("t.csv", b',', &["name"]))
        .err()
        .unwrap()
        .to_string();
    assert!(
        refused.contains("\"#1\"") && refused.contains("n-th column"),
        "{refused}"
    );
    assert!(Table::open(folder.path(), &format("t.csv", b',', &["name", "#1"])).is_ok());
}

#[test]
fn bytes_of_another_encoding_name_the_file_and_the_line() {
    assert!(
        why(b"a,b\n1,\xc4\xfe\n").contains("t.csv: line 2: the bytes at offset 6"),
        "{}",
        why(b"a,b\n1,\xc4\xfe\n")
    );
}

#[test]
fn the_public_files_are_read_to_their_last_row() {
    let Some(data) = super::super::public_data() else {
        return;
    };
    let import = data.join("import");
    let (header, rows) = read_file(
        &import.join("chicago"),
        "csv_example_input_with_true_ids.csv",
        b',',
    )
    .unwrap();
    let broken = |row: &Row| matches!(row, Row::Good { cells, .. } if cells.iter().any(|c| c.contains('\n')));
    assert_eq!(
        (
            header.len(),
            rows.len(),
            rows.iter().filter(|r| broken(r)).count()
        ),
        (33, 3337, 129)
    );

    let (_, rows) = read_file(&import.join("salvirt"), "Salvirt_B2B_ML_dataset.csv", b';').unwrap();
    let distinct: BTreeSet<Vec<&str>> = rows.iter().filter_map(cells).collect();
    assert_eq!((rows.len(), rows.len() - distinct.len()), (448, 83));

    let (_, rows) = read_file(&import.join("xeducation"), "Lead_Scoring.csv", b',').unwrap();
    let count = |text: &str| {
        rows.iter()
            .filter_map(cells)
            .flatten()
            .filter(|c| *c == text)
            .count()
    };
    assert_eq!(
        (rows.len(), count("Select"), count("")),
        (9240, 13380, 41039)
    );
}

fn cells(row: &Row) -> Option<Vec<&str>> {
    match row {
        Row::Good { cells, .. } => Some(cells.iter().collect()),
        Row::Ragged { .. } => None,
    }
}

#[test]
fn the_csv_spectrum_is_read_as_its_json_says() {
    let Some(data) = super::super::public_data() else {
        return;
    };
    let folder = data.join("import/csv_spectrum");
    let mut checked = 0;
    for entry in fs::read_dir(folder.join("csvs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let json =
            fs::read_to_string(folder.join("json").join(name.replace(".csv", ".json"))).unwrap();
        let expected: Vec<serde_json::Map<String, serde_json::Value>> =
            serde_json::from_str(&json).unwrap();
        let bytes = fs::read(folder.join("csvs").join(&name)).unwrap();
        let (header, rows) = read(&with_its_line_ends(&name, bytes), b',').unwrap();
        let read: Vec<serde_json::Map<_, _>> = rows
            .iter()
            .map(|row| {
                header
                    .iter()
                    .cloned()
                    .zip(cells(row).unwrap().iter().map(|c| (*c).into()))
                    .collect()
            })
            .collect();
        assert_eq!(read, expected, "{name}");
        checked += 1;
    }
    assert_eq!(checked, 11);
}

/// The public copy lost the carriage returns that its JSON still tells of; the files that
/// are named for them get them back.
fn with_its_line_ends(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    if !name.contains("crlf") || bytes.contains(&b'\r') {
        return bytes;
    }
    bytes
        .into_iter()
        .flat_map(|b| {
            if b == b'\n' {
                vec![b'\r', b'\n']
            } else {
                vec![b]
            }
        })
        .collect()
}
