//! Reads the strategy of a segment.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{GetSegmentStrategyRequest, GetSegmentStrategyResponse};

use super::{StrategyId, find};
use crate::error::Error;
use crate::ids::SegmentId;
use crate::{Accounts, segment};

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetSegmentStrategyRequest,
) -> Result<GetSegmentStrategyResponse, Error> {
    let mut bad = Violations::default();
    let id: StrategyId = bad.name("name", &request.name);
    bad.finish()?;
    let strategy = service
        .read(call, async |tx: &mut Tx| {
            segment::find(tx, SegmentId(id.0)).await?;
            find(tx, id.0).await
        })
        .await?;
    Ok(GetSegmentStrategyResponse {
        strategy: Some(strategy.to_proto()),
    })
}
