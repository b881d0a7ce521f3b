//! Where a field's value comes from and how it is written there.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

/// A field: `"column"`, or a table with more to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub source: Source,
    /// Texts and what they become.
    pub values: Option<BTreeMap<String, String>>,
    pub multiply: Decimal,
    /// ISO 4217.
    pub currency: String,
    pub thousands: String,
    /// How dates are written (strftime).
    pub date: String,
    /// What stands between several values of one cell; empty = the cell is one value.
    pub split: String,
}

/// Where the text comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    Column(String),
    Template(Vec<Piece>),
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Text(String),
    Column(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    column: Option<String>,
    template: Option<String>,
    values: Option<BTreeMap<String, String>>,
    multiply: Option<String>,
    currency: Option<String>,
    thousands: Option<String>,
    date: Option<String>,
    split: Option<String>,
}

impl Field {
    /// The columns that it reads.
    pub fn columns(&self) -> Vec<&str> {
        match &self.source {
            Source::Column(name) => vec![name],
            Source::Template(pieces) => pieces.iter().filter_map(Piece::column).collect(),
        }
    }

    fn of(source: Source) -> Self {
        let (currency, thousands, date) = (String::new(), String::new(), "%Y-%m-%d".to_owned());
        Self {
            source,
            values: None,
            multiply: Decimal::ONE,
            currency,
            thousands,
            date,
            split: String::new(),
        }
    }

    fn read(written: Written) -> Result<Self, String> {
        let source = match (written.column, written.template) {
            (Some(column), None) => Source::Column(column),
            (None, Some(template)) => Source::Template(pieces(&template)?),
            _ => return Err("a field needs either `column` or `template`".to_owned()),
        };
        let plain = Self::of(source);
        let multiply = match written.multiply {
            Some(text) => Decimal::from_str_exact(&text)
                .map_err(|_| format!("multiply = \"{text}\" is no number"))?,
            None => plain.multiply,
        };
        Ok(Self {
            values: written.values,
            multiply,
            currency: written.currency.unwrap_or_default(),
            thousands: written.thousands.unwrap_or_default(),
            date: written.date.unwrap_or(plain.date),
            split: written.split.unwrap_or_default(),
            source: plain.source,
        })
    }
}

impl Piece {
    fn column(&self) -> Option<&str> {
        match self {
            Self::Column(name) => Some(name),
            Self::Text(_) => None,
        }
    }
}

/// Splits `{product} ({id})` into its parts.
fn pieces(template: &str) -> Result<Vec<Piece>, String> {
    let (mut pieces, mut rest) = (Vec::new(), template);
    while let Some((text, after)) = rest.split_once('{') {
        let (column, after) = after
            .split_once('}')
            .ok_or_else(|| format!("template \"{template}\" lacks a `}}`"))?;
        pieces.push(Piece::Text(text.to_owned()));
        pieces.push(Piece::Column(column.to_owned()));
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a column, or a table with `column` or `template`")
            }

            fn visit_str<E: serde::de::Error>(self, column: &str) -> Result<Field, E> {
                Ok(Field::of(Source::Column(column.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Field, A::Error> {
                Field::read(Written::deserialize(MapAccessDeserializer::new(map))?)
                    .map_err(A::Error::custom)
            }
        }

        from.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str) -> Result<Field, String> {
        #[derive(Deserialize)]
        struct Holder {
            f: Field,
        }
        toml::from_str::<Holder>(&format!("f = {text}"))
            .map(|h| h.f)
            .map_err(|e| e.to_string())
    }

    #[test]
    fn a_template_names_the_columns_that_it_reads() {
        let read = field(r#"{ template = "{product} ({id})" }"#).unwrap();
        assert_eq!(read.columns(), ["product", "id"]);
        assert!(
            field(r#"{ template = "{product" }"#)
                .unwrap_err()
                .contains("lacks a")
        );
    }

    #[test]
    fn a_field_reads_one_thing() {
        assert!(
            field(r#"{ column = "a", template = "b" }"#)
                .unwrap_err()
                .contains("either")
        );
        assert!(
            field(r#"{ column = "a", multiply = "many" }"#)
                .unwrap_err()
                .contains("no number")
        );
    }
}
