//! The cells of a row as values, by the mapping; every bad cell of a row is noted at once.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use csv::StringRecord;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use keynode_proto::google::r#type::{Date as WireDate, Money};
use prost_types::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::mapping::{Field, FieldKey, File, Piece, Source};
use super::report::clipped;

/// Where each field of a file stands.
pub struct Columns<'m, K> {
    fields: BTreeMap<K, Bound<'m>>,
    empty: &'m [String],
}

struct Bound<'m> {
    field: &'m Field,
    parts: Vec<Part<'m>>,
}

enum Part<'m> {
    Text(&'m str),
    Cell(usize),
}

/// One row that is being read.
pub struct Cells<'r, K> {
    columns: &'r Columns<'r, K>,
    row: &'r StringRecord,
    bad: Vec<String>,
}

impl<'m, K: FieldKey> Columns<'m, K> {
    /// Looks the columns up in a header that has them all.
    pub fn of(file: &'m File<K>, header: &[String]) -> Self {
        let cell =
            |name: &str| Part::Cell(header.iter().position(|h| h == name).unwrap_or(usize::MAX));
        let parts = |field: &'m Field| match &field.source {
            Source::Column(name) => vec![cell(name)],
            Source::Template(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => Part::Text(text),
                    Piece::Column(name) => cell(name),
                })
                .collect(),
        };
        let fields = file
            .fields
            .iter()
            .map(|(key, field)| {
                (
                    *key,
                    Bound {
                        field,
                        parts: parts(field),
                    },
                )
            })
            .collect();
        Self {
            fields,
            empty: &file.empty,
        }
    }

    /// Begins a row.
    pub fn row<'r>(&'r self, row: &'r StringRecord) -> Cells<'r, K> {
        Cells {
            columns: self,
            row,
            bad: Vec::new(),
        }
    }
}

impl<K: FieldKey> Cells<'_, K> {
    /// Nothing, or everything that is wrong with the row.
    pub fn finish(self) -> Result<(), String> {
        if self.bad.is_empty() {
            Ok(())
        } else {
            Err(self.bad.join("; "))
        }
    }

    /// Notes that the row is bad.
    pub fn refuse(&mut self, why: String) {
        self.bad.push(why);
    }

    /// The text; empty when the cell or the column is.
    pub fn text(&mut self, key: K) -> String {
        let Some(bound) = self.columns.fields.get(&key) else {
            return String::new();
        };
        let text: String = bound.parts.iter().map(|part| self.part(part)).collect();
        match &bound.field.values {
            Some(values) if !text.is_empty() => values.get(&text).cloned().unwrap_or_else(|| {
                self.bad.push(format!(
                    "{key:?}: `{}` is not among the mapping's values",
                    clipped(&text)
                ));
                String::new()
            }),
            _ => text,
        }
    }

    /// The text, of at most `max` characters.
    pub fn text_within(&mut self, key: K, max: usize) -> String {
        let text = self.text(key);
        let length = text.chars().count();
        if length > max {
            self.bad
                .push(format!("{key:?}: has {length} characters, at most {max}"));
        }
        if text.contains('\0') {
            self.bad.push(format!("{key:?}: holds a NUL character"));
        }
        text
    }

    /// The text, which must be there, of at most `max` characters.
    pub fn required(&mut self, key: K, max: usize) -> String {
        let text = self.text_within(key, max);
        if text.is_empty() {
            self.bad.push(format!("{key:?}: is empty"));
        }
        text
    }

    /// The day; none when the cell is empty.
    pub fn date(&mut self, key: K) -> Option<Date> {
        let text = self.text(key);
        let written = self.field(key)?.date.clone();
        self.parsed(
            key,
            &text,
            |t| Date::strptime(&written, t).ok(),
            &format!("no date like {written}"),
        )
    }

    /// A whole number within bounds.
    pub fn integer(&mut self, key: K, bounds: RangeInclusive<i64>) -> Option<i64> {
        let number = self.decimal(key)?;
        let whole = number.is_integer().then(|| number.to_i64()).flatten();
        if whole.is_none() {
            self.bad
                .push(format!("{key:?}: {number} is no whole number"));
        }
        if whole.is_some_and(|whole| !bounds.contains(&whole)) {
            let (least, most) = bounds.into_inner();
            self.bad
                .push(format!("{key:?}: {number} is not {least} to {most}"));
        }
        whole
    }

    /// The values of a cell that may hold several, each of at most `max` characters.
    pub fn list(&mut self, key: K, max: usize) -> Vec<String> {
        let text = self.text(key);
        let split = self.field(key).map_or("", |field| &field.split).to_owned();
        let values: Vec<String> = match split.as_str() {
            "" => vec![text],
            split => text
                .split(split)
                .map(|value| value.trim().to_owned())
                .collect(),
        };
        let values: Vec<String> = values.into_iter().filter(|it| !it.is_empty()).collect();
        if values.iter().any(|value| value.chars().count() > max) {
            self.bad
                .push(format!("{key:?}: a value has more than {max} characters"));
        }
        values
    }

    /// One of the values that a contract knows, by its name there without prefix.
    pub fn choice<T: Default>(&mut self, key: K, known: impl Fn(&str) -> Option<T>) -> T {
        let text = self.text(key);
        let read = |text: &str| known(&text.to_ascii_uppercase());
        self.parsed(key, &text, read, "no value that keynode knows")
            .unwrap_or_default()
    }

    /// A number, exactly as it is written.
    pub fn decimal(&mut self, key: K) -> Option<Decimal> {
        let text = self.text(key);
        let field = self.field(key)?;
        let (thousands, factor) = (field.thousands.clone(), field.multiply);
        let plain = match thousands.as_str() {
            "" => text,
            separator => text
                .replace(separator, "")
                .replace(&full_width(separator), ""),
        };
        let read = |t: &str| {
            Decimal::from_str_exact(&half_width(t))
                .ok()?
                .checked_mul(factor)
        };
        self.parsed(key, &plain, read, "no number")
            .map(|d| d.normalize())
    }

    /// An amount, exactly, up to nine decimals, not negative.
    pub fn money(&mut self, key: K) -> Option<(Decimal, Money)> {
        let amount = self.decimal(key)?;
        let currency_code = self.field(key)?.currency.clone();
        if amount.is_sign_negative() && !amount.is_zero() {
            self.bad.push(format!("{key:?}: {amount} is negative"));
        }
        let money = money(amount, currency_code);
        if money.is_none() {
            self.bad.push(format!(
                "{key:?}: {amount} has more than nine decimals or is too large"
            ));
        }
        Some((amount, money?))
    }

    fn part<'p>(&'p self, part: &Part<'p>) -> &'p str {
        match part {
            Part::Text(text) => text,
            Part::Cell(index) => {
                let text = self.row.get(*index).unwrap_or_default().trim();
                if self.columns.empty.iter().any(|e| e == text) {
                    ""
                } else {
                    text
                }
            }
        }
    }

    fn field(&self, key: K) -> Option<&Field> {
        self.columns.fields.get(&key).map(|bound| bound.field)
    }

    fn parsed<T>(
        &mut self,
        key: K,
        text: &str,
        read: impl Fn(&str) -> Option<T>,
        what: &str,
    ) -> Option<T> {
        if text.is_empty() {
            return None;
        }
        let value = read(text);
        if value.is_none() {
            self.bad
                .push(format!("{key:?}: `{}` is {what}", clipped(text)));
        }
        value
    }
}

/// How far the full-width forms of ASCII stand behind it in Unicode.
const FULL_WIDTH: u32 = 0xfee0;

/// Digits and signs as an input method for Chinese writes them, as plain ones.
fn half_width(text: &str) -> String {
    let fold = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - FULL_WIDTH).unwrap_or(c),
        c => c,
    };
    text.chars().map(fold).collect()
}

fn full_width(text: &str) -> String {
    let fold = |c: char| match c {
        '!'..='~' => char::from_u32(u32::from(c) + FULL_WIDTH).unwrap_or(c),
        c => c,
    };
    text.chars().map(fold).collect()
}

/// The amount on the wire; none when nine decimals do not hold it.
pub fn money(amount: Decimal, currency_code: String) -> Option<Money> {
    let nanos = amount.fract().checked_mul(Decimal::from(1_000_000_000))?;
    if !nanos.is_integer() {
        return None;
    }
    Some(Money {
        currency_code,
        units: amount.trunc().to_i64()?,
        nanos: nanos.to_i32()?,
    })
}

/// The day on the wire.
pub fn wire_date(date: Date) -> WireDate {
    WireDate {
        year: date.year().into(),
        month: date.month().into(),
        day: date.day().into(),
    }
}

/// The moment at which the day begins there.
pub fn begin_of(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    let moment = date.to_zoned(zone.clone()).ok()?.timestamp();
    Some(Timestamp {
        seconds: moment.as_second(),
        nanos: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::super::mapping::OpportunityField::{
        self, Amount, Closed, DisplayName, ExternalId, Stage,
    };
    use super::*;

    fn file(fields: &str) -> File<OpportunityField> {
        toml::from_str(&format!(
            "name = \"t.csv\"\nempty = [\"-\"]\n[fields]\n{fields}"
        ))
        .unwrap()
    }

    fn with<T>(
        fields: &str,
        cells: &[&str],
        read: impl Fn(&mut Cells<'_, OpportunityField>) -> T,
    ) -> (T, Result<(), String>) {
        let file = file(fields);
        let header: Vec<String> = ('a'..).take(cells.len()).map(String::from).collect();
        let columns = Columns::of(&file, &header);
        let row = cells.iter().collect();
        let mut cells = columns.row(&row);
        let value = read(&mut cells);
        (value, cells.finish())
    }

    #[test]
    fn amounts_are_exact() {
        let fields = "amount = { column = \"a\", multiply = \"1000000\", currency = \"USD\", thousands = \",\" }";
        let read = |text| {
            with(fields, &[text], |c| {
                c.money(Amount).map(|(_, m)| (m.units, m.nanos))
            })
        };
        assert_eq!(read("1100.04"), (Some((1_100_040_000, 0)), Ok(())));
        assert_eq!(read("1,234.0000001").0, Some((1_234_000_000, 100_000_000)));
        assert_eq!(read("-0.0000005").0, Some((0, -500_000_000)));
        assert_eq!(read("-"), (None, Ok(())));
        assert_eq!(read("12 k").1, Err("Amount: `12 k` is no number".into()));
        assert!(
            read("0.0000000000000001")
                .1
                .unwrap_err()
                .contains("nine decimals")
        );
    }

    #[test]
    fn numbers_as_an_input_method_writes_them_are_numbers() {
        let fields = "amount = { column = \"a\", currency = \"CNY\", thousands = \",\" }";
        let read = |text| {
            with(fields, &[text], |c| {
                c.money(Amount).map(|(_, m)| (m.units, m.nanos))
            })
        };
        assert_eq!(read("１，２３４．５"), (Some((1234, 500_000_000)), Ok(())));
        assert_eq!(read("１千").1, Err("Amount: `１千` is no number".into()));
    }

    #[test]
    fn a_cell_may_hold_several_values() {
        let fields = "display_name = { column = \"a\", split = \";\" }";
        let read = |text| with(fields, &[text], |c| c.list(DisplayName, 4));
        assert_eq!(
            read("泵; 阀 ;"),
            (vec!["泵".to_owned(), "阀".to_owned()], Ok(()))
        );
        assert_eq!(read("").0, Vec::<String>::new());
        assert!(read("a;abcde").1.is_err());
    }

    #[test]
    fn every_bad_cell_of_a_row_is_noted() {
        let fields = "external_id = \"a\"\nclosed = \"b\"\nstage = { column = \"c\", values = { W = \"won\" } }";
        let (_, refused) = with(fields, &["", "2017-02-30", "X"], |c| {
            (c.required(ExternalId, 9), c.date(Closed), c.text(Stage))
        });
        let expected = "ExternalId: is empty; Closed: `2017-02-30` is no date like %Y-%m-%d; Stage: `X` is not among the mapping's values";
        assert_eq!(refused.unwrap_err(), expected);
    }

    #[test]
    fn templates_and_other_dates_are_read() {
        let fields = "display_name = { template = \"{a} ({b})\" }\nclosed = { column = \"c\", date = \"%d.%m.%Y\" }";
        let (read, _) = with(fields, &["泵", "7", "03.11.2026"], |c| {
            (c.text(DisplayName), c.date(Closed))
        });
        assert_eq!(
            read,
            ("泵 (7)".into(), Some(jiff::civil::date(2026, 11, 3)))
        );
    }
}
