//! `SignContract` and `SignContractAmendment`: only what is approved.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ContractState;

use super::{AMENDMENTS, SIGNED, amended, check_state, event, signature};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::record_evidence::Shown;
use crate::{Pipeline, dossier, opportunity, record_evidence};

const SIGNABLE: &[ContractState] = &[ContractState::Approved];

pub async fn contract(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::SignContractRequest,
) -> Result<proto::SignContractResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let signature = signature(&mut bad, call, request.signature.as_ref());
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let day = signature.sign_date.as_ref();
        let day = day
            .and_then(|day| wire::read_date(day).ok())
            .unwrap_or_default();
        let set = |_: &_, part: &mut proto::Contract| {
            check_state(&id.to_string(), part.state(), SIGNABLE)?;
            part.set_state(ContractState::Signed);
            part.signature = Some(signature);
            Ok(())
        };
        let changed = dossier::change(w, call, deal, set, event).await?;
        let shown = Shown {
            kind: SIGNED,
            date: day,
            note: &changed.after.number,
        };
        let deal = record_evidence::accompany(pipeline, call, w, changed.deal, shown).await?;
        Ok(proto::SignContractResponse {
            contract: Some(changed.after),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn amendment(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::SignContractAmendmentRequest,
) -> Result<proto::SignContractAmendmentResponse, Error> {
    let mut bad = Violations::default();
    let id = dossier::deal_of(&mut bad, "name", &request.name, AMENDMENTS);
    let signature = signature(&mut bad, call, request.signature.as_ref());
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let set = |_: &_, part: &mut proto::Contract| {
            let mut amendments = part.amendments.iter_mut();
            let found = amendments.find(|it| it.name == request.name);
            let found = found.ok_or_else(|| Error::AmendmentNotFound(request.name.clone()))?;
            check_state(&request.name, found.state(), SIGNABLE)?;
            found.set_state(ContractState::Signed);
            found.signature = Some(signature);
            part.amended_amount = amended(part);
            Ok(())
        };
        let changed = dossier::change(w, call, deal, set, event).await?;
        let mut amendments = changed.after.amendments.into_iter();
        Ok(proto::SignContractAmendmentResponse {
            amendment: amendments.find(|it| it.name == request.name),
            opportunity: Some(changed.deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
