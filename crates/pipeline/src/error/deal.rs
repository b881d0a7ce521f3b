//! What calls about a deal, its fields and lists of deals are refused for.

use keynode_kit::error::Fault;
use keynode_proto::pipeline::v1::ErrorReason;
use tonic::Code;

use super::{Error, fault};

/// The refusal for the wire.
pub fn explain(error: &Error) -> Fault {
    match error {
        Error::OpportunityNotFound(name) => fault(
            Code::NotFound,
            ErrorReason::OpportunityNotFound,
            format!("{name} is not there, or you do not see it"),
            "商机不存在或无权查看",
        )
        .with("opportunity", name.to_string()),
        Error::AccountNotFound(name) => fault(
            Code::NotFound,
            ErrorReason::AccountNotFound,
            format!("{name} is not there, or you do not see it; name another account"),
            "客户不存在或无权查看",
        )
        .with("account", name.to_string()),
        Error::OwnerNotFound(name) => fault(
            Code::NotFound,
            ErrorReason::OwnerNotFound,
            format!("{name} is not there; name one of the tenant's people as owner"),
            "负责人不存在",
        )
        .with("owner", name.to_string()),
        Error::ExternalKeyTaken => fault(
            Code::AlreadyExists,
            ErrorReason::ExternalKeyTaken,
            "another opportunity has one of these external keys; change that one instead, \
             or take the key from it first"
                .to_owned(),
            "该外部编号已被另一商机使用,请修改该商机,或先取消其编号",
        ),
        Error::ExternalKeyUnknown { system, id } => fault(
            Code::NotFound,
            ErrorReason::OpportunityNotFound,
            format!("no opportunity that you see has the key {id:?} of {system:?}; import it first"),
            "没有该外部编号的商机或无权查看",
        )
        .with("source_system", system)
        .with("external_id", id),
        Error::OpportunityClosed { opportunity, status } => fault(
            Code::FailedPrecondition,
            ErrorReason::OpportunityClosed,
            format!("{opportunity} is {status} and does not move"),
            "商机已关闭,不能再推进",
        )
        .with("opportunity", opportunity.to_string())
        .with("status", *status),
        Error::OpportunityOpen { opportunity } => fault(
            Code::FailedPrecondition,
            ErrorReason::OpportunityOpen,
            format!("{opportunity} is open: there is nothing to reopen"),
            "商机未关闭,无需重新打开",
        )
        .with("opportunity", opportunity.to_string()),
        Error::OpportunityWorkedHere { opportunity } => fault(
            Code::FailedPrecondition,
            ErrorReason::OpportunityWorkedHere,
            format!("{opportunity} was moved here; what another system tells moves it no more"),
            "该商机已在本系统推进,外部系统的记录不再改变其阶段",
        )
        .with("opportunity", opportunity.to_string()),
        Error::BuyingStepSkipped { opportunity, from, to } => fault(
            Code::FailedPrecondition,
            ErrorReason::BuyingStepSkipped,
            format!("the customer goes from buying step {from} to {to}; give a reason for not taking the next one"),
            "客户采购步骤不是依次推进,请说明原因",
        )
        .with("opportunity", opportunity.to_string())
        .with("from", from.to_string())
        .with("to", to.to_string()),
        Error::ContactLevelNotLower { opportunity } => fault(
            Code::FailedPrecondition,
            ErrorReason::ContactLevelNotLower,
            "the level is not lower than the one in force; use RaiseContactLevel".to_owned(),
            "接触级别没有降低",
        )
        .with("opportunity", opportunity.to_string()),
        Error::ContactLevelNotHigher { opportunity } => fault(
            Code::FailedPrecondition,
            ErrorReason::ContactLevelNotHigher,
            "the level is not higher than the one in force; use LowerContactLevel".to_owned(),
            "接触级别没有提高",
        )
        .with("opportunity", opportunity.to_string()),
        Error::BoardSumTooLarge { stage, currency } => fault(
            Code::OutOfRange,
            ErrorReason::BoardSumTooLarge,
            format!("the sum of {currency} in {stage} is too large; filter what is counted"),
            "金额合计过大,请缩小筛选范围",
        )
        .with("stage", stage)
        .with("currency", currency),
        Error::AttributeNotFound(name) => fault(
            Code::NotFound,
            ErrorReason::AttributeNotFound,
            format!("there is no {name}; ListAttributes names those there are"),
            "自定义字段不存在",
        )
        .with("name", name),
        Error::AttributeExists(name) => fault(
            Code::AlreadyExists,
            ErrorReason::AttributeExists,
            format!("{name} exists already; update it or choose another id"),
            "自定义字段已存在",
        )
        .with("name", name),
        Error::AttributeLimitReached(limit) => fault(
            Code::FailedPrecondition,
            ErrorReason::AttributeLimitReached,
            format!("there are {limit} attributes already; archived ones count too"),
            "自定义字段已达上限",
        )
        .with("limit", limit.to_string()),
        other => Fault::internal(other),
    }
}
