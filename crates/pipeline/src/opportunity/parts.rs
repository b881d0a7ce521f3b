//! What belongs to deals in rows of its own, read.

use std::collections::BTreeMap;

use keynode_kit::error::Fault;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::QualificationElement;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Element, Evidence};
use crate::element;
use crate::error::Error;

type ById<K, V> = BTreeMap<Uuid, BTreeMap<K, V>>;

pub async fn elements(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<ById<QualificationElement, Element>, Error> {
    let rows = sqlx::query!(
        "select opportunity_id, element, knowledge, value, source, person_id, details, learned_on, recorder,
                recorded_at
         from pipeline.qualification_element where opportunity_id = any($1)",
        ids,
    )
    .fetch_all(connection)
    .await?;
    let mut found = ById::new();
    for row in rows {
        let element = element::parse(&row.element)
            .ok_or_else(|| Fault::internal(format!("{} is stored and no element", row.element)))?;
        let state = Element {
            knowledge: element::parse_knowledge(&row.knowledge),
            value: row.value,
            source: row.source,
            person: row.person_id,
            details: proto::ElementState::decode(row.details.as_slice())
                .map_err(Fault::internal)?
                .details,
            learned: row.learned_on.map(jiff_sqlx::Date::to_jiff),
            recorder: row.recorder,
            recorded: row.recorded_at.to_jiff(),
        };
        found
            .entry(row.opportunity_id)
            .or_default()
            .insert(element, state);
    }
    Ok(found)
}

pub async fn evidence(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<ById<String, Evidence>, Error> {
    let rows = sqlx::query!(
        "select opportunity_id, kind, happened_on, note, recorder, recorded_at
         from pipeline.evidence where opportunity_id = any($1)",
        ids,
    )
    .fetch_all(connection)
    .await?;
    let mut found = ById::new();
    for row in rows {
        let evidence = Evidence {
            date: row.happened_on.to_jiff(),
            note: row.note,
            recorder: row.recorder,
            recorded: row.recorded_at.to_jiff(),
        };
        found
            .entry(row.opportunity_id)
            .or_default()
            .insert(row.kind, evidence);
    }
    Ok(found)
}
