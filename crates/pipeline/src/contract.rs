//! The contract of a deal (stage 5): written, approved by rules, signed, amended.

pub mod amend;
pub mod read;
pub mod settle;
pub mod sign;
pub mod submit;
pub mod update;

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ContractState;
use serde_json::{Value as Json, json};

use crate::dossier::{Dossier, Part};
use crate::error::Error;
use crate::file_reference;
use crate::{money, past};

/// What counts for key nodes, as the shipped process names it.
const APPROVED: &str = "contract_approved";
const SIGNED: &str = "contract_signed";
/// The collection of amendments in names.
const AMENDMENTS: &str = "contractAmendments";
const MAX_SIGNATORY: usize = 200;

impl Part for proto::Contract {
    const NAME: &'static str = "contract";
}

/// What criteria may read; unknown before anything is recorded.
pub fn fact(dossier: &Dossier) -> Json {
    let contract: proto::Contract = dossier.part().unwrap_or_default();
    let (state, signed) = (contract.state(), contract.state() == ContractState::Signed);
    match state {
        ContractState::Unspecified => Json::Null,
        state => json!({
            "state": state_name(state),
            "approved": signed || state == ContractState::Approved,
            "signed": signed,
        }),
    }
}

/// The same of a deal of which everything is known.
pub fn sample() -> Json {
    json!({ "state": "SIGNED", "approved": true, "signed": true })
}

fn state_name(state: ContractState) -> &'static str {
    state.as_str_name().trim_start_matches("CONTRACT_STATE_")
}

/// The event of a change.
fn event(
    before: &proto::Contract,
    after: &proto::Contract,
    opportunity: proto::Opportunity,
) -> proto::ContractChanged {
    proto::ContractChanged {
        before: Some(before.clone()).filter(|it| it.state() != ContractState::Unspecified),
        after: Some(after.clone()),
        opportunity: Some(opportunity),
    }
}

/// Refuses what the state of a contract or amendment does not allow.
fn check_state(name: &str, state: ContractState, allowed: &[ContractState]) -> Result<(), Error> {
    match allowed.contains(&state) {
        true => Ok(()),
        false => Err(Error::ContractStateUnfit {
            name: name.to_owned(),
            state: match state {
                ContractState::Unspecified => "NOT_RECORDED",
                state => state_name(state),
            },
        }),
    }
}

/// The amount with all amendments that are signed.
fn amended(contract: &proto::Contract) -> Option<Money> {
    let amount = money::stored(contract.amount.as_ref())?;
    let signed = contract
        .amendments
        .iter()
        .filter(|it| it.state() == ContractState::Signed);
    let changes = signed.filter_map(|it| money::stored(it.amount_change.as_ref()));
    let sum = changes.fold(amount.value, |sum, change| sum + change.value);
    money::shown(&amount.currency, sum)
}

/// Reads who signed when.
fn signature(
    bad: &mut Violations,
    call: &Call,
    value: Option<&proto::ContractSignature>,
) -> proto::ContractSignature {
    let news = value.cloned().unwrap_or_default();
    if news.sign_date.is_none() {
        bad.add("signature.sign_date", "must be given");
    }
    let day = bad.date("signature.sign_date", news.sign_date);
    past::day(bad, "signature.sign_date", day, call.now);
    if let Some(document) = &news.document {
        file_reference::check(bad, "signature.document", document);
    }
    let mut line = |field: &str, text: &str| bad.name_text(field, text, MAX_SIGNATORY);
    proto::ContractSignature {
        our_signatory: line("signature.our_signatory", &news.our_signatory),
        customer_signatory: line("signature.customer_signatory", &news.customer_signatory),
        recorder: call.principal.subject.clone(),
        record_time: Some(wire::timestamp(call.now)),
        ..news
    }
}
