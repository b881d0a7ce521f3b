//! Publishes the next version of the attractiveness model.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    AttractivenessModel, AttractivenessModelPublished, PublishAttractivenessModelRequest,
    PublishAttractivenessModelResponse,
};
use prost::Message as _;

use super::{ModelId, check, in_force};
use crate::Accounts;
use crate::error::Error;

/// The subject of the events: the tenant has one model, in versions.
const SUBJECT: &str = "attractivenessModel";

pub async fn publish(
    service: &Accounts,
    call: &Call,
    request: PublishAttractivenessModelRequest,
) -> Result<PublishAttractivenessModelResponse, Error> {
    let mut bad = Violations::default();
    let sent = request.model.clone().unwrap_or_default();
    check::check(&sent, &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            log::take_turn(w, &[SUBJECT.to_owned()]).await?;
            let before = in_force(w).await?;
            let version = before.version + 1;
            let model = AttractivenessModel {
                name: ModelId(version).to_string(),
                version,
                publish_time: Some(wire::timestamp(call.now)),
                ..sent
            };
            insert(w, call.now, &model).await?;
            let change = AttractivenessModelPublished {
                before: Some(before),
                after: Some(model.clone()),
            };
            w.record(SUBJECT, version.into(), &change);
            Ok(PublishAttractivenessModelResponse { model: Some(model) })
        })
        .await
}

async fn insert(
    w: &mut Writer<'_>,
    now: Timestamp,
    model: &AttractivenessModel,
) -> Result<(), Error> {
    let key = w.id();
    sqlx::query!(
        "insert into accounts.attractiveness_model (tenant_id, version, key, published_at, definition)
         values (events.tenant_id(), $1, $2, $3, $4)",
        model.version,
        key,
        now.to_sqlx() as _,
        model.encode_to_vec(),
    )
    .execute(&mut **w)
    .await?;
    Ok(())
}
