//! The opportunity of a converted prospect, which the pipeline service opens as the caller.
//!
//! It carries the prospect's id twice: as the id of the request, so that a repeat is
//! answered as the first was, and as its external key, so that there is one even if
//! somebody else repeats it, or with other words, or a year later.

use keynode_kit::call::Call;
use keynode_kit::error::{Fault, reason_name};
use keynode_kit::validate::Violations;
use keynode_proto::common::v1::{ErrorReason as CommonReason, ExternalKey};
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::{
    CreateOpportunityRequest, ErrorReason as PipelineReason, ListOpportunitiesRequest, Opportunity,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::wish::Wish;
use crate::Accounts;
use crate::error::Error;
use crate::ids::TeamId;
use crate::opportunity::unavailable;
use crate::prospect::Prospect;
use crate::prospect::refusal::Refusal;

/// The source system of deals that were prospects.
const SOURCE: &str = "keynode.prospects";

/// What pipeline says of a deal that is to be opened.
enum Answer {
    Opened(Box<Opportunity>),
    /// There is one of this prospect.
    Exists,
}

/// Refuses what pipeline would refuse; opens nothing.
pub async fn check(
    service: &Accounts,
    call: &Call,
    prospect: &Prospect,
    wish: &Wish,
) -> Result<(), Error> {
    let request = CreateOpportunityRequest {
        opportunity: Some(opportunity(call, prospect, wish)),
        validate_only: true,
        ..CreateOpportunityRequest::default()
    };
    ask(service, call, request).await.map(|_| ())
}

/// Opens the deal, or finds the one that there is.
pub async fn open(
    service: &Accounts,
    call: &Call,
    prospect: &Prospect,
    wish: &Wish,
) -> Result<Opportunity, Error> {
    let request = CreateOpportunityRequest {
        opportunity: Some(opportunity(call, prospect, wish)),
        request_id: prospect.id.to_string(),
        validate_only: false,
    };
    match ask(service, call, request).await? {
        Answer::Opened(deal) => Ok(*deal),
        Answer::Exists => find(service, call, prospect).await,
    }
}

fn opportunity(call: &Call, prospect: &Prospect, wish: &Wish) -> Opportunity {
    let told = &wish.opportunity;
    let conversion = prospect.record.conversion.as_ref();
    let display_name = match told.display_name.trim() {
        "" => prospect.record.display_name.clone(),
        name => name.to_owned(),
    };
    Opportunity {
        display_name,
        account: conversion.map_or_else(String::new, |conversion| conversion.account.clone()),
        owner: prospect.record.owner.clone(),
        team: team(call, prospect),
        product: told.product.clone(),
        non_standard: told.non_standard,
        amount: told.amount.clone(),
        // The day by which the prospect will buy, unless somebody expects another.
        expected_close_date: told.expected_close_date.or(prospect.record.timetable_date),
        known_since_date: prospect.record.found_date,
        process: told.process.clone(),
        external_key: Some(ExternalKey {
            source_system: SOURCE.to_owned(),
            external_id: prospect.id.to_string(),
        }),
        ..Opportunity::default()
    }
}

/// The prospect's team, unless the caller may not give a deal to it: then pipeline chooses.
fn team(call: &Call, prospect: &Prospect) -> String {
    let team = prospect.team();
    match team.is_some() && (team == call.principal.team || call.sees(None, team)) {
        true => keynode_kit::name::optional::<TeamId>(team),
        false => String::new(),
    }
}

async fn ask(
    service: &Accounts,
    call: &Call,
    request: CreateOpportunityRequest,
) -> Result<Answer, Error> {
    let mut client = OpportunitiesServiceClient::new(service.pipeline.for_call(call));
    match client.create_opportunity(request).await {
        Ok(answer) => {
            let opened = answer.into_inner().opportunity;
            let opened = opened.ok_or_else(|| Fault::internal("pipeline opened no deal"))?;
            Ok(Answer::Opened(Box::new(opened)))
        }
        Err(status) if says_it_exists(&status) => Ok(Answer::Exists),
        Err(status) => Err(refusal(&status).into()),
    }
}

/// The deal that has this prospect's key.
async fn find(service: &Accounts, call: &Call, prospect: &Prospect) -> Result<Opportunity, Error> {
    let conversion = prospect.record.conversion.clone().unwrap_or_default();
    let mut client = OpportunitiesServiceClient::new(service.pipeline.for_call(call));
    let mut request = ListOpportunitiesRequest {
        account: conversion.account,
        source_system: SOURCE.to_owned(),
        page_size: 1000,
        ..ListOpportunitiesRequest::default()
    };
    let external_id = prospect.id.to_string();
    let is_its = |deal: &&Opportunity| {
        let key = deal.external_key.as_ref();
        key.is_some_and(|key| key.external_id == external_id)
    };
    loop {
        let answer = client.list_opportunities(request.clone()).await;
        let page = answer.map_err(|status| refusal(&status))?.into_inner();
        if let Some(deal) = page.opportunities.iter().find(is_its) {
            return Ok(deal.clone());
        }
        if page.next_page_token.is_empty() {
            let (prospect, actor) = (prospect.name(), conversion.actor);
            return Err(Refusal::UnderWay { prospect, actor }.into());
        }
        request.page_token = page.next_page_token;
    }
}

/// Opened under this key by somebody else, or by the same caller with other words.
fn says_it_exists(status: &Status) -> bool {
    let known = [
        PipelineReason::ExternalKeyTaken.as_str_name(),
        CommonReason::RequestIdReused.as_str_name(),
    ];
    known.map(reason_name).contains(&reason(status).as_str())
}

fn account_not_found() -> &'static str {
    reason_name(PipelineReason::AccountNotFound.as_str_name())
}

fn reason(status: &Status) -> String {
    let info = status.get_details_error_info();
    info.map(|info| info.reason).unwrap_or_default()
}

/// What the caller is told of pipeline's refusal. Its bad fields are those of the request
/// here, which has them under the same names.
pub fn refusal(status: &Status) -> Fault {
    match status.code() {
        Code::InvalidArgument => bad_fields(status),
        // Whose account it is changed meanwhile; whoever sees it goes on.
        Code::NotFound if reason(status) == account_not_found() => {
            let mut bad = Violations::default();
            bad.add(
                "account",
                "must be one that you see; ask its owner to convert",
            );
            bad.finish().expect_err("a field is bad")
        }
        Code::NotFound => {
            let mut bad = Violations::default();
            bad.add("opportunity.process", "must be a process that there is");
            bad.finish().expect_err("a field is bad")
        }
        Code::PermissionDenied => denied(),
        Code::Unavailable
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Cancelled
        | Code::Aborted => unavailable(),
        code => Fault::internal(format!("pipeline answered {code:?}: {}", status.message())),
    }
}

fn bad_fields(status: &Status) -> Fault {
    let mut bad = Violations::default();
    let details = status.get_details_bad_request();
    for violation in details
        .into_iter()
        .flat_map(|details| details.field_violations)
    {
        bad.add(violation.field, violation.description);
    }
    if bad.is_empty() {
        bad.add("opportunity", status.message());
    }
    bad.finish().expect_err("a field is bad")
}

fn denied() -> Fault {
    Fault::new(
        Code::PermissionDenied,
        CommonReason::PermissionDenied.as_str_name(),
        "a conversion opens an opportunity and pipeline refuses you that; ask for the permission",
    )
    .zh("无权创建商机,请申请权限")
    .with("service", "pipeline")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pipeline_refuses_is_told_on_purpose() {
        for (code, expected) in [
            (Code::InvalidArgument, Code::InvalidArgument),
            (Code::NotFound, Code::InvalidArgument),
            (Code::PermissionDenied, Code::PermissionDenied),
            (Code::DeadlineExceeded, Code::Unavailable),
            (Code::Aborted, Code::Unavailable),
            (Code::Unauthenticated, Code::Internal),
        ] {
            assert_eq!(
                refusal(&Status::new(code, "x")).code(),
                expected,
                "{code:?}"
            );
        }
    }

    #[test]
    fn a_key_that_is_taken_is_the_deal_that_there_is() {
        let fault = |reason: &str| Status::from(Fault::new(Code::AlreadyExists, reason, "x"));
        assert!(says_it_exists(&fault("ERROR_REASON_EXTERNAL_KEY_TAKEN")));
        assert!(says_it_exists(&fault("ERROR_REASON_REQUEST_ID_REUSED")));
        assert!(!says_it_exists(&fault("ERROR_REASON_PROCESS_NOT_FOUND")));
    }
}
