//! `ListOpportunityChanges`: the log of a deal and of what belongs to it, field by field.

use std::sync::LazyLock;

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::page::Page;
use keynode_kit::wire;
use keynode_proto::DESCRIPTOR_SET;
use keynode_proto::pipeline::v1 as proto;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, SerializeOptions, Value};
use serde_json::{Map, Value as Json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::OpportunityId;
use crate::{Pipeline, opportunity};

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(DESCRIPTOR_SET).expect("the contracts of a release are sound")
});

/// What every change changes.
const UNTOLD: [&str; 2] = ["etag", "update_time"];

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListOpportunityChangesRequest,
) -> Result<proto::ListOpportunityChangesResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &[&call.method, &request.name],
    )?;
    let work = async |tx: &mut Tx| {
        opportunity::read(tx, call, id).await?;
        rows(tx, id, &page).await
    };
    let rows = pipeline.db.transaction(call.tenant()?, work).await?;
    let (rows, next_page_token) = page.close(rows, |row| row.id);
    let changes: Result<Vec<_>, Error> = rows.iter().map(Row::to_proto).collect();
    Ok(proto::ListOpportunityChangesResponse {
        changes: changes?,
        next_page_token,
    })
}

struct Row {
    id: Uuid,
    r#type: String,
    subject: String,
    sequence: i64,
    actor: String,
    cause: String,
    occurred_at: jiff_sqlx::Timestamp,
    recorded_at: jiff_sqlx::Timestamp,
    data: Vec<u8>,
}

/// The entries of the deal, of its timer and of its activities, newest first.
async fn rows(
    connection: &mut PgConnection,
    id: OpportunityId,
    page: &Page,
) -> Result<Vec<Row>, Error> {
    let deal = id.to_string();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, type, subject, sequence, actor, cause, occurred_at, recorded_at, data
           from events.log
           where subject in (
               select $1 union all select $1 || '/stall' union all
               select $1 || '/activities/' || a.id from pipeline.activity a where a.opportunity_id = $2)
             and ($3::uuid is null or id < $3)
           order by id desc
           limit $4"#,
        deal,
        id.0,
        page.after,
        page.fetch(),
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

impl Row {
    fn to_proto(&self) -> Result<proto::OpportunityChange, Error> {
        let event = Event::read(&self.r#type, &self.data)?;
        Ok(proto::OpportunityChange {
            event: self.id.to_string(),
            r#type: self.r#type.clone(),
            subject: self.subject.clone(),
            sequence: self.sequence,
            actor: self.actor.clone(),
            cause: self.cause.clone(),
            reason: event.reason(),
            occur_time: Some(wire::timestamp(self.occurred_at.to_jiff())),
            record_time: Some(wire::timestamp(self.recorded_at.to_jiff())),
            fields: event.fields()?,
        })
    }
}

/// An event of whichever kind, by its contract.
pub(super) struct Event(DynamicMessage);

impl Event {
    pub(super) fn read(r#type: &str, data: &[u8]) -> Result<Self, Error> {
        let descriptor = POOL
            .get_message_by_name(r#type)
            .ok_or_else(|| Fault::internal(format!("{} is in no contract", r#type)))?;
        Ok(Self(
            DynamicMessage::decode(descriptor, data).map_err(Fault::internal)?,
        ))
    }

    /// The deal after it, encoded.
    pub(super) fn opportunity(&self) -> Option<Vec<u8>> {
        let found = self.inner("opportunity").or_else(|| self.inner("after"))?;
        let is_deal = found.descriptor().full_name() == "keynode.pipeline.v1.Opportunity";
        is_deal.then(|| found.encode_to_vec())
    }

    /// Why, where it was said.
    fn reason(&self) -> String {
        let moved = self.inner("move");
        let said = |message: &DynamicMessage| match message.get_field_by_name("reason")?.as_ref() {
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            _ => None,
        };
        let of_move = moved.as_ref().and_then(said);
        of_move.or_else(|| said(&self.0)).unwrap_or_default()
    }

    fn inner(&self, field: &str) -> Option<DynamicMessage> {
        if !self.0.has_field_by_name(field) {
            return None;
        }
        match self.0.get_field_by_name(field)?.into_owned() {
            Value::Message(message) => Some(message),
            _ => None,
        }
    }

    fn fields(&self) -> Result<Vec<proto::FieldChange>, Error> {
        let (before, after) = (self.json("before")?, self.json("after")?);
        let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let differs = |name: &&&String| {
            before.get(**name) != after.get(**name) && !UNTOLD.contains(&name.as_str())
        };
        let told = |value: Option<&Json>| value.map(Json::to_string).unwrap_or_default();
        let fields = names.iter().filter(differs).map(|name| proto::FieldChange {
            field: (*name).clone(),
            from_json: told(before.get(*name)),
            to_json: told(after.get(*name)),
        });
        Ok(fields.collect())
    }

    fn json(&self, field: &str) -> Result<Map<String, Json>, Error> {
        let Some(message) = self.inner(field) else {
            return Ok(Map::new());
        };
        let options = SerializeOptions::new().use_proto_field_name(true);
        let json = message
            .serialize_with_options(serde_json::value::Serializer, &options)
            .map_err(Fault::internal)?;
        match json {
            Json::Object(fields) => Ok(fields),
            _ => Ok(Map::new()),
        }
    }
}
