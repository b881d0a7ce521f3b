//! Attributes: what a tenant records of accounts besides what every tenant does.

pub mod create;
pub mod id;
mod options;
pub mod read;
pub mod reference;
pub mod refusal;
pub mod update;
pub mod value;
pub mod values;

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{AttributeReferenceKind, AttributeType};
use keynode_proto::common::v1::LocalizedText;
use sqlx::PgConnection;
use sqlx::types::Json;

use self::id::AttributeId;
use self::options::Choice;
use crate::error::Error;
use crate::mask::maskable;

/// Characters of a text at most, whatever the declaration says.
pub const MAX_TEXT: usize = 4000;

/// A row of `accounts.attribute`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub id: AttributeId,
    pub version: i64,
    pub created_at: jiff_sqlx::Timestamp,
    pub updated_at: jiff_sqlx::Timestamp,
    pub display_name_zh: String,
    pub display_name_en: String,
    pub description_zh: String,
    pub description_en: String,
    /// The number in [`AttributeType`].
    pub r#type: i32,
    /// The number in [`AttributeReferenceKind`].
    pub reference_kind: i32,
    pub options: Json<Vec<Choice>>,
    /// Of texts; 0 = [`MAX_TEXT`].
    pub max_length: i32,
    pub archived: bool,
}

/// Every attribute of a tenant, by id.
pub type Declarations = HashMap<AttributeId, Attribute>;

maskable!(proto::Attribute: display_name, description, options, max_length, archived);

impl Attribute {
    /// What a caller declares; `before` is what was declared so far.
    fn told(
        id: AttributeId,
        before: Option<&Self>,
        sent: &proto::Attribute,
        now: Timestamp,
        bad: &mut Violations,
    ) -> Self {
        let kind: AttributeType = bad.required_enum("attribute.type", sent.r#type);
        let reference: AttributeReferenceKind =
            bad.optional_enum("attribute.reference_kind", sent.reference_kind);
        let names = required_texts(
            "attribute.display_name",
            sent.display_name.as_ref(),
            100,
            bad,
        );
        let about = texts(
            "attribute.description",
            sent.description.as_ref(),
            1000,
            bad,
        );
        let options = options::read(&sent.options, before.map(|b| b.options.0.as_slice()), bad);
        check_kind(kind, reference, sent, bad);
        Self {
            id,
            version: before.map_or(1, |before| before.version),
            created_at: before.map_or_else(|| now.to_sqlx(), |before| before.created_at),
            updated_at: before.map_or_else(|| now.to_sqlx(), |before| before.updated_at),
            display_name_zh: names.0,
            display_name_en: names.1,
            description_zh: about.0,
            description_en: about.1,
            r#type: kind.into(),
            reference_kind: reference.into(),
            options: Json(options),
            max_length: sent.max_length,
            archived: sent.archived,
        }
    }

    pub fn to_proto(&self) -> proto::Attribute {
        proto::Attribute {
            name: self.id.to_string(),
            etag: self.version.to_string(),
            create_time: Some(wire::timestamp(self.created_at.to_jiff())),
            update_time: Some(wire::timestamp(self.updated_at.to_jiff())),
            display_name: Some(localized(&self.display_name_zh, &self.display_name_en)),
            description: Some(localized(&self.description_zh, &self.description_en))
                .filter(|text| *text != LocalizedText::default()),
            r#type: self.r#type,
            options: self.options.iter().map(Choice::to_proto).collect(),
            reference_kind: self.reference_kind,
            max_length: self.max_length,
            archived: self.archived,
        }
    }

    /// Characters of a value at most, if it is a text.
    pub fn longest_text(&self) -> usize {
        match usize::try_from(self.max_length) {
            Ok(length @ 1..) => length,
            _ => MAX_TEXT,
        }
    }
}

/// Each kind of attribute has settings of its own, and only those.
fn check_kind(
    kind: AttributeType,
    reference: AttributeReferenceKind,
    sent: &proto::Attribute,
    bad: &mut Violations,
) {
    let is_choice = kind == AttributeType::Choice;
    if is_choice == sent.options.is_empty() {
        let why = [
            "must be empty unless the type is CHOICE",
            "must not be empty",
        ];
        bad.add("attribute.options", why[usize::from(is_choice)]);
    }
    let is_reference = kind == AttributeType::Reference;
    if is_reference == (reference == AttributeReferenceKind::Unspecified) {
        let why = [
            "must be unspecified unless the type is REFERENCE",
            "must be specified",
        ];
        bad.add("attribute.reference_kind", why[usize::from(is_reference)]);
    }
    match kind {
        AttributeType::Text => {
            bad.range(
                "attribute.max_length",
                sent.max_length.into(),
                0..=MAX_TEXT as i64,
            );
        }
        _ if sent.max_length != 0 => {
            bad.add("attribute.max_length", "must be 0 unless the type is TEXT");
        }
        _ => {}
    }
}

/// Chinese and English, each of at most `max` characters.
fn texts(
    field: &str,
    sent: Option<&LocalizedText>,
    max: usize,
    bad: &mut Violations,
) -> (String, String) {
    let sent = sent.cloned().unwrap_or_default();
    let zh = bad.text(&format!("{field}.zh_cn"), &sent.zh_cn, max);
    (zh, bad.text(&format!("{field}.en"), &sent.en, max))
}

/// The same, both of them there.
fn required_texts(
    field: &str,
    sent: Option<&LocalizedText>,
    max: usize,
    bad: &mut Violations,
) -> (String, String) {
    let sent = sent.cloned().unwrap_or_default();
    let zh = bad.required_text(&format!("{field}.zh_cn"), &sent.zh_cn, max);
    (zh, bad.required_text(&format!("{field}.en"), &sent.en, max))
}

fn localized(zh_cn: &str, en: &str) -> LocalizedText {
    LocalizedText {
        zh_cn: zh_cn.to_owned(),
        en: en.to_owned(),
    }
}

/// Every attribute that the tenant declares, by id.
pub async fn all(connection: &mut PgConnection) -> Result<Vec<Attribute>, Error> {
    let rows = sqlx::query_as!(
        Attribute,
        r#"select id as "id: AttributeId", version, created_at, updated_at, display_name_zh, display_name_en,
                  description_zh, description_en, type, reference_kind,
                  options as "options: Json<Vec<Choice>>", max_length, archived
           from accounts.attribute order by id"#,
    );
    Ok(rows.fetch_all(connection).await?)
}

/// The same, as values are judged by them.
pub async fn declared(connection: &mut PgConnection) -> Result<Declarations, Error> {
    let all = all(connection).await?;
    Ok(all.into_iter().map(|a| (a.id.clone(), a)).collect())
}

/// Reads one declaration.
pub async fn find(connection: &mut PgConnection, id: AttributeId) -> Result<Attribute, Error> {
    let found = all(connection).await?.into_iter().find(|a| a.id == id);
    Ok(found.ok_or(refusal::Refusal::NotFound(id))?)
}
