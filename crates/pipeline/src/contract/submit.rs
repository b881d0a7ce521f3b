//! `SubmitContractForApproval`: the tenant's rules say who is asked.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{ApprovalSubject, ContractState};

use super::{check_state, event};
use crate::approval::open::{self, Case};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::money::exact::Share;
use crate::pricing::figures;
use crate::terms::Amount;
use crate::{Pipeline, dossier, money, opportunity};

const MAX_NOTE: usize = 1000;
const SUBMITTABLE: &[ContractState] = &[ContractState::Draft, ContractState::Returned];

pub async fn submit(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::SubmitContractForApprovalRequest,
) -> Result<proto::SubmitContractForApprovalResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let note = bad.text("note", &request.note, MAX_NOTE);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let contract: proto::Contract = dossier::load(w, id).await?;
        check_state(&id.to_string(), contract.state(), SUBMITTABLE)?;
        let amount = whole(&contract)?;
        let case = Case {
            subject: ApprovalSubject::Contract,
            amendment: String::new(),
            discount: discount(&contract, &amount),
            amount,
            note,
            pricing: dossier::load(w, id).await?,
        };
        let (approval, deal) = open::open(w, call, deal, case).await?;
        let set = |_: &_, part: &mut proto::Contract| {
            part.set_state(ContractState::InApproval);
            part.approval = approval.name;
            Ok(())
        };
        let changed = dossier::change(w, call, deal, set, event).await?;
        Ok(proto::SubmitContractForApprovalResponse {
            contract: Some(changed.after),
            opportunity: Some(changed.deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

/// The discount that an amount is against the list price.
pub fn discount(contract: &proto::Contract, amount: &Amount) -> Option<Share> {
    let list = money::stored(contract.list_price.as_ref());
    figures::discount(Some(amount), list.as_ref())
}

/// What approvers must know.
fn whole(contract: &proto::Contract) -> Result<Amount, Error> {
    let mut bad = Violations::default();
    let amount = money::stored(contract.amount.as_ref());
    if amount.is_none() {
        bad.add("contract.amount", "must be recorded first");
    }
    if contract.parties.is_empty() {
        bad.add("contract.parties", "must be recorded first");
    }
    bad.finish()?;
    let nothing = || keynode_kit::error::Fault::internal("a contract without amount");
    Ok(amount.ok_or_else(nothing)?)
}
