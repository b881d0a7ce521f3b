//! Changes what the mask names of the strategy of a segment.

use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    AttractivenessModel, SegmentStrategyChanged, UpdateSegmentStrategyRequest,
    UpdateSegmentStrategyResponse,
};

use super::{Strategy, StrategyId, document, find, model, store};
use crate::error::Error;
use crate::ids::SegmentId;
use crate::{Accounts, mask, segment};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateSegmentStrategyRequest,
) -> Result<UpdateSegmentStrategyResponse, Error> {
    let sent = request.strategy.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: StrategyId = bad.name("strategy.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            log::take_turn(w, &[id.to_string()]).await?;
            segment::find(w, SegmentId(id.0)).await?.in_use()?;
            let before = find(w, id.0).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            let model = model::in_force(w).await?;
            let after = change(call, &before, &request, &model)?;
            if after != before {
                store(w, &after).await?;
                record(w, &before, &after);
            }
            Ok(UpdateSegmentStrategyResponse {
                strategy: Some(after.to_proto()),
            })
        })
        .await
}

fn change(
    call: &Call,
    before: &Strategy,
    request: &UpdateSegmentStrategyRequest,
    model: &AttractivenessModel,
) -> Result<Strategy, Error> {
    let mut bad = Violations::default();
    let sent = request.strategy.clone().unwrap_or_default();
    let mask = request.update_mask.as_ref();
    let wanted = mask::merge(&before.document, &sent, mask, &mut bad);
    let document = document::read(&before.document, &wanted, model, call.today(), &mut bad);
    bad.finish()?;
    if document == before.document {
        return Ok(before.clone());
    }
    Ok(Strategy {
        segment_id: before.segment_id,
        version: before.version + 1,
        updated_at: Some(call.now.to_sqlx()),
        document,
    })
}

fn record(w: &mut Writer<'_>, before: &Strategy, after: &Strategy) {
    let change = SegmentStrategyChanged {
        before: (before.version > 0).then(|| before.to_proto()),
        after: Some(after.to_proto()),
    };
    w.record(after.name().to_string(), after.version, &change);
}
