//! Reads a map.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{GetDecisionMapRequest, GetDecisionMapResponse};

use super::{load, shown};
use crate::Accounts;
use crate::error::Error;
use crate::ids::MapId;

pub async fn get(
    service: &Accounts,
    call: &Call,
    request: GetDecisionMapRequest,
) -> Result<GetDecisionMapResponse, Error> {
    let mut bad = Violations::default();
    let id: MapId = bad.name("name", &request.name);
    bad.finish()?;
    let map = service
        .read(call, async |tx: &mut Tx| {
            load::take_snapshot(tx).await?;
            load::find_visible(tx, call, id).await
        })
        .await?;
    Ok(GetDecisionMapResponse {
        decision_map: Some(shown(call, map.shown_to(call))),
    })
}
