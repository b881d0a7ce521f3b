//! `DeleteNeed`: what was recorded by mistake.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use crate::error::Error;
use crate::item::MAX_TEXT;
use crate::{Pipeline, dossier, item, opportunity};

pub async fn delete(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::DeleteNeedRequest,
) -> Result<proto::DeleteNeedResponse, Error> {
    let mut bad = Violations::default();
    let id = item::read_name::<proto::Need>(&mut bad, &request.name);
    let reason = bad.required_text("reason", &request.reason, MAX_TEXT);
    bad.finish()?;
    let name = &request.name;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let served: proto::CustomerRequests = dossier::load(w, id).await?;
        if let Some(request) = served.requests.iter().find(|it| it.need == *name) {
            return Err(Error::NeedInUse {
                need: name.clone(),
                request: request.name.clone(),
            });
        }
        let deal = item::delete::<proto::Need>(w, call, deal, name, &reason).await?;
        Ok(proto::DeleteNeedResponse {
            opportunity: Some(deal),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
