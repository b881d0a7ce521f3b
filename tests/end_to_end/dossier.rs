//! What is recorded of a deal besides its stages: steps that the walks of whole deals share.

use keynode_kit::client::Channel;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::activities_service_client::ActivitiesServiceClient;
use keynode_proto::pipeline::v1::bids_service_client::BidsServiceClient;
use keynode_proto::pipeline::v1::purchase_criteria_service_client::PurchaseCriteriaServiceClient;
use keynode_proto::pipeline::v1::*;
use tonic::{Response, Status};
use tonic_types::StatusExt as _;

use crate::deal::{id, in_days};

/// The answer of a call that is made.
pub fn done<T>(answer: Result<Response<T>, Status>) -> T {
    answer.unwrap().into_inner()
}

/// The reason of a call that is refused.
pub fn reason<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> String {
    let details = answer.unwrap_err().get_error_details();
    details.error_info().unwrap().reason.clone()
}

pub fn yuan(units: i64) -> Option<Money> {
    Some(Money {
        currency_code: "CNY".into(),
        units,
        nanos: 0,
    })
}

/// Something that took place yesterday.
pub async fn contact(pipeline: &Channel, deal: &str, activity: Activity) -> Activity {
    let request = CreateActivityRequest {
        parent: deal.into(),
        activity: Some(Activity {
            occur_time: Some(yesterday()),
            ..activity
        }),
        request_id: id(),
        ..Default::default()
    };
    let mut client = ActivitiesServiceClient::new(pipeline.clone());
    done(client.create_activity(request).await)
        .activity
        .unwrap()
}

pub fn yesterday() -> prost_types::Timestamp {
    let now = keynode_kit::clock::Clock::system().now();
    prost_types::Timestamp {
        seconds: now.as_second() - 86_400,
        nanos: 0,
    }
}

/// The forms of persuasion of the third stage.
pub async fn persuade(pipeline: &Channel, deal: &str) {
    for kind in [
        ActivityKind::Demonstration,
        ActivityKind::CompanyVisit,
        ActivityKind::ReferenceVisit,
        ActivityKind::Proposal,
    ] {
        let activity = Activity {
            kind: kind.into(),
            purpose: "让客户了解方案".into(),
            ..Activity::default()
        };
        contact(pipeline, deal, activity).await;
    }
}

/// The customer's criteria: by whom each was written, and how we and a competitor fit it.
pub async fn criteria(
    pipeline: &Channel,
    deal: &str,
    written: &[(CriterionOrigin, i32, i32)],
) -> GetPurchaseCriteriaResponse {
    let mut client = PurchaseCriteriaServiceClient::new(pipeline.clone());
    for (n, (origin, ours, theirs)) in written.iter().enumerate() {
        let criterion = PurchaseCriterion {
            text: format!("指标 {n}"),
            weight_percent: Some(100 / i32::try_from(written.len()).unwrap()),
            origin: (*origin).into(),
            our_fit: Some(*ours),
            competitor_fits: vec![CompetitorFit {
                competitor: "甲公司".into(),
                fit: Some(*theirs),
            }],
            ..PurchaseCriterion::default()
        };
        let request = CreatePurchaseCriterionRequest {
            parent: deal.into(),
            purchase_criterion: Some(criterion),
            request_id: id(),
            ..Default::default()
        };
        done(client.create_purchase_criterion(request).await);
    }
    let request = FinalizePurchaseCriteriaRequest {
        name: deal.into(),
        final_date: Some(in_days(-1)),
        evidence: "招标文件第三章".into(),
        request_id: id(),
        ..Default::default()
    };
    done(client.finalize_purchase_criteria(request).await);
    let request = GetPurchaseCriteriaRequest { name: deal.into() };
    done(client.get_purchase_criteria(request).await)
}

/// What the tender asks for, all of it met.
pub async fn requirements(pipeline: &Channel, deal: &str) -> Bid {
    let mut client = BidsServiceClient::new(pipeline.clone());
    let requirement = |number: &str, mandatory: bool| BidRequirement {
        number: number.into(),
        text: "测量精度 0.5 级".into(),
        mandatory,
        compliance: Compliance::Compliant.into(),
        ..BidRequirement::default()
    };
    let request = BatchUpsertBidRequirementsRequest {
        parent: deal.into(),
        requirements: vec![requirement("1.1", true), requirement("1.2", false)],
        request_id: id(),
        ..Default::default()
    };
    done(client.batch_upsert_bid_requirements(request).await)
        .bid
        .unwrap()
}

pub async fn decide(pipeline: &Channel, deal: &str, decision: BidDecision) -> Bid {
    let request = DecideBidRequest {
        name: deal.into(),
        decision: decision.into(),
        reason: "按成本和对手分析".into(),
        follow_up_date: (decision == BidDecision::AttendForRelation).then(|| in_days(90)),
        request_id: id(),
        ..Default::default()
    };
    let mut client = BidsServiceClient::new(pipeline.clone());
    done(client.decide_bid(request).await).bid.unwrap()
}

pub fn submitting(deal: &str) -> SubmitBidRequest {
    SubmitBidRequest {
        name: deal.into(),
        submission: Some(BidSubmission {
            submit_date: Some(in_days(-1)),
            price: yuan(1_400_000),
            ..BidSubmission::default()
        }),
        request_id: id(),
        ..Default::default()
    }
}
