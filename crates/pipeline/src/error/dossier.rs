//! What calls about activities and the customer's needs, objections, requests and criteria, and
//! about promises to it, are refused for.

use keynode_kit::error::Fault;
use keynode_proto::pipeline::v1::ErrorReason;
use tonic::Code;

use super::{Error, fault};

/// The refusal for the wire.
pub fn explain(error: &Error) -> Fault {
    match error {
        Error::ActivityNotFound(activity) => fault(
            Code::NotFound,
            ErrorReason::ActivityNotFound,
            format!("this opportunity has no activity {activity:?}"),
            "该商机没有此活动记录",
        )
        .with("activity", activity),
        Error::ActivityNotPlanned { activity, state } => fault(
            Code::FailedPrecondition,
            ErrorReason::ActivityNotPlanned,
            format!("{activity} is {state}; only what is planned is completed or cancelled"),
            "该活动不是计划状态",
        )
        .with("activity", activity)
        .with("state", *state),
        Error::ActivityNotDone { activity, state } => fault(
            Code::FailedPrecondition,
            ErrorReason::ActivityNotDone,
            format!("{activity} is {state}; complete it, then it shows that work is done"),
            "该活动尚未完成,不能作为工作证据",
        )
        .with("activity", activity)
        .with("state", *state),
        Error::ActivityCancelled(activity) => fault(
            Code::FailedPrecondition,
            ErrorReason::ActivityCancelled,
            format!("{activity} was cancelled and stays so; record another activity"),
            "该活动已取消,不能再修改",
        )
        .with("activity", activity),
        Error::NextActionNotOpen(activity) => fault(
            Code::FailedPrecondition,
            ErrorReason::NextActionNotOpen,
            format!("{activity} has no open next action; list the next actions"),
            "该活动没有未完成的下一步行动",
        )
        .with("activity", activity),
        Error::NeedNotFound(need) => fault(
            Code::NotFound,
            ErrorReason::NeedNotFound,
            format!("this opportunity has no need {need:?}"),
            "该商机没有此需求",
        )
        .with("need", need),
        Error::NeedInUse { need, request } => fault(
            Code::FailedPrecondition,
            ErrorReason::NeedInUse,
            format!("{request} serves {need}; name another need there first"),
            "仍有客户要求关联该需求",
        )
        .with("need", need)
        .with("request", request),
        Error::ObjectionNotFound(objection) => fault(
            Code::NotFound,
            ErrorReason::ObjectionNotFound,
            format!("this opportunity has no objection {objection:?}"),
            "该商机没有此异议",
        )
        .with("objection", objection),
        Error::CustomerRequestNotFound(request) => fault(
            Code::NotFound,
            ErrorReason::CustomerRequestNotFound,
            format!("this opportunity has no request of the customer {request:?}"),
            "该商机没有此客户要求",
        )
        .with("request", request),
        Error::PromiseNotFound(promise) => fault(
            Code::NotFound,
            ErrorReason::PromiseNotFound,
            format!("this opportunity has no promise {promise:?}"),
            "该商机没有此承诺",
        )
        .with("promise", promise),
        Error::PromisesOpen {
            opportunity,
            promises,
        } => promises.iter().fold(
            fault(
                Code::FailedPrecondition,
                ErrorReason::PromisesOpen,
                "promises to the customer are open; keep them, or be released from them".to_owned(),
                "对客户的承诺尚未兑现",
            )
            .with("opportunity", opportunity.to_string()),
            |fault, promise| fault.precondition("PROMISE", promise.clone(), "it is open"),
        ),
        Error::ItemNotOpen { item, state } => fault(
            Code::FailedPrecondition,
            ErrorReason::ItemNotOpen,
            format!("{item} is {state} already; reopen it first if that is wrong"),
            "该记录已关闭",
        )
        .with("item", item)
        .with("state", state),
        Error::PurchaseCriterionNotFound(name) => fault(
            Code::NotFound,
            ErrorReason::PurchaseCriterionNotFound,
            format!("this opportunity has no purchase criterion {name:?}"),
            "该商机没有此采购标准",
        )
        .with("purchase_criterion", name),
        Error::PurchaseCriteriaFinal(opportunity) => fault(
            Code::FailedPrecondition,
            ErrorReason::PurchaseCriteriaFinal,
            format!("the purchase criteria of {opportunity} are final; reopen them first"),
            "客户采购标准已确定,请先重新打开",
        )
        .with("opportunity", opportunity.to_string()),
        Error::PurchaseCriteriaEmpty(opportunity) => fault(
            Code::FailedPrecondition,
            ErrorReason::PurchaseCriteriaEmpty,
            format!("no purchase criterion of {opportunity} is recorded; record them first"),
            "尚未记录任何采购标准",
        )
        .with("opportunity", opportunity.to_string()),
        other => Fault::internal(other),
    }
}
