//! `GetPricing`: costs and prices, masked for who may not see costs.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::assess;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::{Pipeline, dossier, opportunity};

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetPricingRequest,
) -> Result<proto::GetPricingResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let day = bad.date("rate_date", request.rate_date);
    bad.finish()?;
    let work = async |tx: &mut Tx| {
        let deal = opportunity::read(tx, call, id).await?;
        let pricing: proto::Pricing = dossier::load(tx, id).await?;
        // The day of the costs is known to who sees them only.
        let seen = match call.reveals {
            true => pricing,
            false => masked(pricing),
        };
        let figures = assess(tx, &deal, &seen, day, call.today()).await?;
        Ok::<_, Error>((deal, seen, figures))
    };
    let (deal, pricing, figures) = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(proto::GetPricingResponse {
        pricing: Some(pricing),
        figures: Some(figures.to_proto(call.reveals)),
        masked: !call.reveals,
        etag: deal.etag(),
    })
}

fn masked(pricing: proto::Pricing) -> proto::Pricing {
    proto::Pricing {
        cost_sheet: None,
        floor: None,
        ..pricing
    }
}
