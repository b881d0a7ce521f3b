//! What calls about the bid and the delivery are refused for.

use keynode_kit::error::Fault;
use keynode_proto::pipeline::v1::ErrorReason;
use tonic::Code;

use super::{Error, fault};

/// One thing without which something cannot be recorded.
#[derive(Debug)]
pub struct Missing {
    /// What sort of thing, for programs, e.g. `DECISION`.
    pub kind: &'static str,
    /// The resource it is about.
    pub subject: String,
    /// What would satisfy it.
    pub description: String,
}

/// The refusal for the wire.
pub fn explain(error: &Error) -> Fault {
    match error {
        Error::BidRequirementNotFound(numbers) => fault(
            Code::NotFound,
            ErrorReason::BidRequirementNotFound,
            format!("the requirement matrix has no {}", numbers.join(", ")),
            "应答矩阵中没有这些条目",
        )
        .with("numbers", numbers.join(",")),
        Error::BidNotReady {
            opportunity,
            missing,
        } => not_ready(
            ErrorReason::BidNotReady,
            format!("the bid for {opportunity} is not ready; see what is missing"),
            "投标尚未就绪,请查看缺少的内容",
            missing,
        )
        .with("opportunity", opportunity.to_string()),
        Error::BidNotSubmitted(opportunity) => fault(
            Code::FailedPrecondition,
            ErrorReason::BidNotSubmitted,
            format!("no bid for {opportunity} was handed in; record that first"),
            "尚未投标或议标,不能记录中标",
        )
        .with("opportunity", opportunity.to_string()),
        Error::MilestoneNotFound(name) => fault(
            Code::NotFound,
            ErrorReason::MilestoneNotFound,
            format!("this opportunity has no milestone {name:?}"),
            "该商机没有此里程碑",
        )
        .with("milestone", name),
        Error::FindingNotFound(name) => fault(
            Code::NotFound,
            ErrorReason::FindingNotFound,
            format!("this opportunity has no finding {name:?}"),
            "该商机没有此遗留问题",
        )
        .with("finding", name),
        Error::OpportunityNotWon {
            opportunity,
            status,
        } => fault(
            Code::FailedPrecondition,
            ErrorReason::OpportunityNotWon,
            format!("{opportunity} is {status}; only what was won is accepted and closed"),
            "商机尚未赢单,不能验收或结束项目",
        )
        .with("opportunity", opportunity.to_string())
        .with("status", *status),
        Error::ProjectNotReady {
            opportunity,
            missing,
        } => not_ready(
            ErrorReason::ProjectNotReady,
            format!("the project of {opportunity} cannot be closed; see what is missing"),
            "项目还不能结束,请查看缺少的内容",
            missing,
        )
        .with("opportunity", opportunity.to_string()),
        other => Fault::internal(other),
    }
}

/// Everything that is missing, each as a condition.
fn not_ready(reason: ErrorReason, message: String, zh: &str, missing: &[Missing]) -> Fault {
    let fault = fault(Code::FailedPrecondition, reason, message, zh);
    missing.iter().fold(fault, |fault, it| {
        fault.precondition(it.kind, &it.subject, &it.description)
    })
}
