//! `SetPriceFloor` and `GetPriceFloor`: below it a price needs approval.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;

use super::event;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::money::{self, SUM};
use crate::{Pipeline, dossier, opportunity};

const MAX_NOTE: usize = 2000;

pub async fn set(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::SetPriceFloorRequest,
) -> Result<proto::SetPriceFloorResponse, Error> {
    let (id, floor) = read(call, &request)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let set = |_: &_, part: &mut proto::Pricing| {
            let said = |it: &proto::PriceFloor| (it.amount.clone(), it.note.clone());
            if part.floor.as_ref().map(said) != floor.as_ref().map(said) {
                part.floor = floor;
            }
            Ok(())
        };
        let changed = dossier::change(w, call, deal, set, event).await?;
        Ok(proto::SetPriceFloorResponse {
            floor: changed.after.floor,
            opportunity: Some(changed.deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(
    call: &Call,
    request: &proto::SetPriceFloorRequest,
) -> Result<(OpportunityId, Option<proto::PriceFloor>), Error> {
    let mut bad = Violations::default();
    let id = bad.name("name", &request.name);
    let floor = request.floor.as_ref().map(|floor| {
        money::required_amount(&mut bad, "floor.amount", floor.amount.as_ref(), SUM);
        proto::PriceFloor {
            amount: floor.amount.clone(),
            note: bad.text("floor.note", &floor.note, MAX_NOTE),
            setter: call.principal.subject.clone(),
            set_time: Some(wire::timestamp(call.now)),
        }
    });
    bad.finish()?;
    Ok((id, floor))
}

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetPriceFloorRequest,
) -> Result<proto::GetPriceFloorResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let work = async |tx: &mut Tx| {
        opportunity::read(tx, call, id).await?;
        dossier::load::<proto::Pricing>(tx, id).await
    };
    let pricing = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(proto::GetPriceFloorResponse {
        floor: pricing.floor,
    })
}
