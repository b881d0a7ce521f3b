//! `GetActivity`.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{GetActivityRequest, GetActivityResponse};

use super::change::deal_of;
use crate::error::Error;
use crate::{Pipeline, activity, opportunity};

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    request: GetActivityRequest,
) -> Result<GetActivityResponse, Error> {
    let mut bad = Violations::default();
    let deal = deal_of(&mut bad, "name", &request.name);
    bad.finish()?;
    let work = async |tx: &mut Tx| {
        opportunity::read(tx, call, deal).await?;
        activity::find(tx, deal, &request.name).await
    };
    let found = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(GetActivityResponse {
        activity: Some(found.to_proto()),
    })
}
