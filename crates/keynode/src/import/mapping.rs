//! What another system's export looks like and what its columns are here: data, so that
//! another CRM needs another file and no code. `mappings/maven.toml` explains every key.

mod field;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use encoding_rs::Encoding;
use jiff::tz::TimeZone;
use keynode_proto::pipeline::v1::OpportunityStatus;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

pub use self::field::{Field, Piece, Source};

const EMBEDDED: [(&str, &str); 1] = [("maven", include_str!("../../mappings/maven.toml"))];

/// How one system's export reads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The system of the external keys.
    pub source_system: String,
    /// Where a day begins.
    #[serde(default = "utc", deserialize_with = "time_zone")]
    pub time_zone: TimeZone,
    /// What each stage there is here.
    #[serde(default)]
    pub stages: BTreeMap<String, Stage>,
    pub files: Files,
}

/// The files of the export; each may be absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    pub products: Option<File<ProductField>>,
    pub people: Option<File<PersonField>>,
    pub accounts: Option<File<AccountField>>,
    pub contacts: Option<File<ContactField>>,
    pub opportunities: Option<File<OpportunityField>>,
}

/// One file, how it is written, and what its columns are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, bound = "K: Ord + Deserialize<'de>")]
pub struct File<K: Ord> {
    pub name: String,
    /// None = found out.
    #[serde(default, deserialize_with = "encoding")]
    pub encoding: Option<&'static Encoding>,
    /// None = found out.
    #[serde(default, deserialize_with = "delimiter")]
    pub delimiter: Option<u8>,
    /// Columns that are known and not taken; `*` = every other one.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Further texts that mean "nothing".
    #[serde(default)]
    pub empty: Vec<String>,
    pub fields: BTreeMap<K, Field>,
}

/// A stage of the process and a status.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    pub stage: String,
    #[serde(deserialize_with = "status")]
    pub status: OpportunityStatus,
}

/// What a column can be, for one kind of file.
pub trait FieldKey: Copy + Ord + std::fmt::Debug + 'static {
    const REQUIRED: &'static [Self];
}

macro_rules! field_keys {
    ($($(#[$doc:meta])* $name:ident { $($required:ident),*; $($optional:ident),* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($required,)* $($optional),* }

        impl FieldKey for $name {
            const REQUIRED: &'static [Self] = &[$(Self::$required),*];
        }
    )*};
}

field_keys! {
    /// What a column of the list of products can be.
    ProductField { Name; }
    /// What a column of the list of people can be.
    PersonField { Person; Manager, Office }
    /// What a column of the accounts can be.
    AccountField {
        ExternalId, DisplayName;
        Industry, Location, FoundedYear, AnnualRevenue, EmployeeCount, Parent, LegalName, ShortNames,
        FormerNames, Aliases, Region, Segment, Kind, Level, Tags, Address, Phone, Website, CreditRating,
        CreditLimit, CreditSource, CreditAsOf
    }
    /// What a column of the contacts can be.
    ContactField {
        ExternalId, DisplayName, Account;
        Title, Department, Function, Phone, Mobile, Email, Wechat, Manager, Language
    }
    /// What a column of the opportunities can be.
    OpportunityField {
        ExternalId, DisplayName, Stage;
        Owner, Product, Account, KnownSince, StageEntered, ExpectedClose, Closed, Amount
    }
}

/// Reads the embedded mapping of this name, or the file.
///
/// # Errors
/// When there is neither, or the mapping is not understood; the text says where.
pub fn load(name_or_file: &str) -> anyhow::Result<Mapping> {
    if let Some((_, text)) = EMBEDDED.iter().find(|(name, _)| *name == name_or_file) {
        return parse(text).with_context(|| format!("the embedded mapping {name_or_file}"));
    }
    let file = Path::new(name_or_file);
    if !file.exists() {
        let known = EMBEDDED.map(|(name, _)| name).join(", ");
        bail!("`{name_or_file}` is neither a mapping that comes with keynode ({known}) nor a file");
    }
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the mapping {name_or_file} cannot be read"))?;
    parse(&text).with_context(|| format!("the mapping {name_or_file}"))
}

fn parse(text: &str) -> anyhow::Result<Mapping> {
    let mapping: Mapping = toml::from_str(text)?;
    ensure!(
        !mapping.source_system.trim().is_empty(),
        "source_system is empty; name the system, e.g. \"maven\""
    );
    let files = &mapping.files;
    files
        .products
        .as_ref()
        .map_or(Ok(()), |f| f.check("products"))?;
    files
        .people
        .as_ref()
        .map_or(Ok(()), |f| f.check("people"))?;
    files
        .accounts
        .as_ref()
        .map_or(Ok(()), |f| f.check("accounts"))?;
    files
        .contacts
        .as_ref()
        .map_or(Ok(()), |f| f.check("contacts"))?;
    if let Some(file) = &files.opportunities {
        file.check("opportunities")?;
        ensure!(
            !mapping.stages.is_empty(),
            "[stages] is empty; say what each stage of the export is here"
        );
        needs(
            file,
            OpportunityField::Owner,
            "owner",
            files.people.is_some(),
            "people",
        )?;
        needs(
            file,
            OpportunityField::Account,
            "account",
            files.accounts.is_some(),
            "accounts",
        )?;
    }
    Ok(mapping)
}

fn needs(
    file: &File<OpportunityField>,
    key: OpportunityField,
    field: &str,
    there: bool,
    other: &str,
) -> anyhow::Result<()> {
    ensure!(
        there || !file.fields.contains_key(&key),
        "files.opportunities.fields.{field} needs [files.{other}]"
    );
    Ok(())
}

impl<K: FieldKey> File<K> {
    fn check(&self, kind: &str) -> anyhow::Result<()> {
        let missing: Vec<_> = K::REQUIRED
            .iter()
            .filter(|k| !self.fields.contains_key(k))
            .collect();
        ensure!(
            missing.is_empty(),
            "[files.{kind}.fields] must say what is {missing:?}"
        );
        Ok(())
    }
}

fn utc() -> TimeZone {
    TimeZone::UTC
}

fn time_zone<'de, D: Deserializer<'de>>(from: D) -> Result<TimeZone, D::Error> {
    let name = String::deserialize(from)?;
    TimeZone::get(&name)
        .map_err(|_| D::Error::custom(format!("`{name}` is no time zone, e.g. Asia/Shanghai")))
}

/// What says that encoding or delimiter shall be found out.
const AUTO: &str = "auto";

fn encoding<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'static Encoding>, D::Error> {
    let name = String::deserialize(from)?;
    if name == AUTO {
        return Ok(None);
    }
    let known = [
        encoding_rs::UTF_8,
        encoding_rs::GB18030,
        encoding_rs::GBK,
        encoding_rs::UTF_16LE,
        encoding_rs::WINDOWS_1252,
    ];
    let found = known
        .into_iter()
        .find(|e| e.name().eq_ignore_ascii_case(&name));
    match found {
        Some(encoding) => Ok(Some(encoding)),
        None => Err(D::Error::custom(format!(
            "encoding `{name}` is none of auto, utf-8, gb18030, gbk, utf-16le, windows-1252"
        ))),
    }
}

fn delimiter<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    let text = String::deserialize(from)?;
    match text.as_bytes() {
        _ if text == AUTO => Ok(None),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(Some(*byte)),
        _ => Err(D::Error::custom(format!(
            "delimiter {text:?} is neither \"auto\" nor one ASCII character, e.g. \",\" or \"\\t\""
        ))),
    }
}

fn status<'de, D: Deserializer<'de>>(from: D) -> Result<OpportunityStatus, D::Error> {
    let name = String::deserialize(from)?;
    OpportunityStatus::from_str_name(&format!("OPPORTUNITY_STATUS_{name}"))
        .filter(|s| *s != OpportunityStatus::Unspecified)
        .ok_or_else(|| {
            D::Error::custom(format!(
                "status `{name}` is none of OPEN, WON, COMPLETED, LOST, ABANDONED"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maven() -> String {
        EMBEDDED[0].1.to_owned()
    }

    fn refused(text: &str) -> String {
        format!("{:#}", parse(text).expect_err("a bad mapping"))
    }

    #[test]
    fn every_embedded_mapping_is_understood() {
        for (name, _) in EMBEDDED {
            load(name).unwrap();
        }
        let won = Stage {
            stage: "implementation".into(),
            status: OpportunityStatus::Won,
        };
        assert_eq!(load("maven").unwrap().stages["Won"], won);
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line() {
        let text = refused(&maven().replace("industry = ", "industri = "));
        assert!(
            text.contains("industri") && text.contains("line "),
            "{text}"
        );
        assert!(refused(&maven().replace("ignore = ", "ingore = ")).contains("ingore"));
        assert!(refused(&maven().replace("currency = ", "curency = ")).contains("curency"));
    }

    #[test]
    fn a_bad_value_is_answered_with_the_good_ones() {
        assert!(refused(&maven().replace("\"WON\"", "\"WINNING\"")).contains("none of OPEN"));
        let other = maven().replace(
            "name = \"accounts.csv\"",
            "name = \"accounts.csv\"\nencoding = \"ebcdic\"",
        );
        assert!(refused(&other).contains("gb18030"));
    }

    #[test]
    fn a_required_field_may_not_be_missing() {
        let text = refused(&maven().replace("stage = \"deal_stage\"", ""));
        assert!(text.contains("Stage"), "{text}");
    }

    #[test]
    fn an_unknown_mapping_is_answered_with_the_known_ones() {
        assert!(load("mavne").unwrap_err().to_string().contains("maven"));
    }
}
