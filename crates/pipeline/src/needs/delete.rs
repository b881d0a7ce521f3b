//! `DeleteNeed`: what was recorded by mistake.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use crate::error::Error;
use crate::item::{Item as _, MAX_TEXT};
use crate::opportunity::Opportunity;
use crate::{Pipeline, dossier, item, opportunity};

pub async fn delete(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::DeleteNeedRequest,
) -> Result<proto::DeleteNeedResponse, Error> {
    let mut bad = Violations::default();
    let id = dossier::deal_of(&mut bad, "name", &request.name, proto::Need::COLLECTION);
    let reason = bad.required_text("reason", &request.reason, MAX_TEXT);
    bad.finish()?;
    let name = &request.name;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let need: proto::Need = item::find(w, id, name).await?;
        let served: proto::CustomerRequests = dossier::load(w, id).await?;
        if let Some(request) = served.requests.iter().find(|it| it.need == *name) {
            return Err(Error::NeedInUse {
                need: name.clone(),
                request: request.name.clone(),
            });
        }
        let remove = |_: &Opportunity, needs: &mut proto::Needs| {
            needs.needs.retain(|need| need.name != *name);
            Ok(())
        };
        let event = |_: &_, _: &_, opportunity| proto::NeedChanged {
            before: Some(need),
            after: None,
            opportunity: Some(opportunity),
            reason,
        };
        let changed = dossier::change(w, call, deal, remove, event).await?;
        Ok(proto::DeleteNeedResponse {
            opportunity: Some(changed.deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
