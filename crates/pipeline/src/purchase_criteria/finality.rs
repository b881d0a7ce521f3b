//! `FinalizePurchaseCriteria` and `ReopenPurchaseCriteria`: whether the customer has set them.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{
    PurchaseCriteria, PurchaseCriteriaFinality, PurchaseCriteriaFinalityChanged,
};

use crate::dossier::{self, Changed};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Opportunity};
use crate::record_evidence::{Shown, accompany};
use crate::{Pipeline, past};

const MAX_TEXT: usize = 2000;

/// The evidence that they are set.
const KIND: &str = "purchase_criteria_set";

pub async fn finalize(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::FinalizePurchaseCriteriaRequest,
) -> Result<proto::FinalizePurchaseCriteriaResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let date = past::required_day(&mut bad, "final_date", request.final_date, call.now);
    let evidence = bad.required_text("evidence", &request.evidence, MAX_TEXT);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let finality = PurchaseCriteriaFinality {
            final_date: Some(wire::date(date)),
            evidence: evidence.clone(),
            actor: call.principal.subject.clone(),
            record_time: Some(wire::timestamp(call.now)),
        };
        let changed = set(w, call, deal, Some(finality), "").await?;
        let shown = Shown {
            kind: KIND,
            date,
            note: &evidence,
        };
        let deal = accompany(pipeline, call, w, changed.deal, shown).await?;
        Ok(proto::FinalizePurchaseCriteriaResponse {
            purchase_criteria: Some(changed.after),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn reopen(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ReopenPurchaseCriteriaRequest,
) -> Result<proto::ReopenPurchaseCriteriaResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let reason = bad.required_text("reason", &request.reason, MAX_TEXT);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let changed = set(w, call, deal, None, &reason).await?;
        Ok(proto::ReopenPurchaseCriteriaResponse {
            purchase_criteria: Some(changed.after),
            opportunity: Some(changed.deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

async fn set(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    finality: Option<PurchaseCriteriaFinality>,
    reason: &str,
) -> Result<Changed<PurchaseCriteria>, Error> {
    let work = |deal: &Opportunity, part: &mut PurchaseCriteria| {
        if finality.is_some() && part.finality.is_some() {
            return Err(Error::PurchaseCriteriaFinal(deal.id));
        }
        if finality.is_some() && part.criteria.is_empty() {
            return Err(Error::PurchaseCriteriaEmpty(deal.id));
        }
        part.finality = finality;
        Ok(())
    };
    let told = |before: &PurchaseCriteria, after: &PurchaseCriteria, deal| {
        PurchaseCriteriaFinalityChanged {
            before: before.finality.clone(),
            after: after.finality.clone(),
            opportunity: Some(deal),
            reason: reason.to_owned(),
        }
    };
    dossier::change(w, call, deal, work, told).await
}
