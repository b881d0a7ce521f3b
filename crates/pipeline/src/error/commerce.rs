//! What calls about prices, approvals, contracts and spend are refused for.

use keynode_kit::error::Fault;
use keynode_proto::pipeline::v1::ErrorReason;
use tonic::Code;

use super::{Error, fault};

/// Why somebody does not decide an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoApprover {
    Asked,
    Decided,
    NotAsked,
    NotRequester,
}

impl NoApprover {
    fn name(self) -> &'static str {
        match self {
            Self::Asked => "ASKED",
            Self::Decided => "DECIDED",
            Self::NotAsked => "NOT_ASKED",
            Self::NotRequester => "NOT_REQUESTER",
        }
    }

    fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Asked => (
                "who asked for an approval never decides it; ask another approver",
                "申请人不能审批自己的申请",
            ),
            Self::Decided => (
                "you decided in this approval already; another approver is asked",
                "您已审批过,须由其他审批人审批",
            ),
            Self::NotAsked => (
                "you are not asked in the current step, by role, name or delegation",
                "当前步骤的审批人不是您",
            ),
            Self::NotRequester => (
                "only who asked takes an approval back; return it instead",
                "只有申请人可以撤回申请",
            ),
        }
    }
}

/// The refusal for the wire.
pub fn explain(error: &Error) -> Fault {
    match error {
        Error::ExchangeRateNotFound { from, to, day } => fault(
            Code::FailedPrecondition,
            ErrorReason::ExchangeRateNotFound,
            format!("there is no rate of {from} to {to}, nor back, on {day}; put one"),
            "当日没有该币种的汇率,请先录入",
        )
        .with("from", from)
        .with("to", to)
        .with("date", day.to_string()),
        Error::AmountTooLarge => fault(
            Code::OutOfRange,
            ErrorReason::AmountTooLarge,
            "a sum is larger than money can be said; check amount and rate".to_owned(),
            "金额超出范围",
        ),
        Error::ApprovalNotFound(name) => not_found(
            ErrorReason::ApprovalNotFound,
            format!("this opportunity has no approval {name:?}; list its approvals"),
            "该商机没有此审批",
        )
        .with("approval", name),
        Error::ApprovalClosed { approval, state } => fault(
            Code::FailedPrecondition,
            ErrorReason::ApprovalClosed,
            format!("{approval} is {state} and waits for nobody"),
            "审批已结束",
        )
        .with("approval", approval)
        .with("state", *state),
        Error::ApprovalPending(approval) => fault(
            Code::FailedPrecondition,
            ErrorReason::ApprovalPending,
            format!("{approval} waits for a decision; have it decided or withdraw it first"),
            "已有审批待处理,请先等待审批或撤回",
        )
        .with("approval", approval),
        Error::ApprovalMustBeDecided { approval, limit } => fault(
            Code::FailedPrecondition,
            ErrorReason::ApprovalMustBeDecided,
            format!("the {limit} approvals before were withdrawn; have {approval} decided"),
            format!("已连续撤回{limit}次,此审批须由审批人处理"),
        )
        .with("approval", approval)
        .with("limit", limit.to_string()),
        Error::ApproverRequired { approval, why } => {
            let (en, zh) = why.text();
            let reason = ErrorReason::ApproverRequired;
            fault(Code::PermissionDenied, reason, en.to_owned(), zh)
                .with("approval", approval)
                .with("why", why.name())
        }
        Error::ApprovalRulesNotFound(version) => not_found(
            ErrorReason::ApprovalRulesNotFound,
            format!("there are no approval rules of version {version}; list them"),
            "审批规则没有该版本",
        )
        .with("version", version.to_string()),
        Error::DelegationNotFound(name) => not_found(
            ErrorReason::DelegationNotFound,
            format!("you made no delegation {name:?}; list your delegations"),
            "审批委托不存在",
        )
        .with("delegation", name),
        Error::ContractStateUnfit { name, state } => fault(
            Code::FailedPrecondition,
            ErrorReason::ContractStateUnfit,
            format!("the contract of {name} is {state}, which does not allow this; read it"),
            "合同当前状态不允许此操作",
        )
        .with("contract", name)
        .with("state", *state),
        Error::AmendmentNotFound(name) => not_found(
            ErrorReason::AmendmentNotFound,
            format!("the contract has no amendment {name:?}; read it"),
            "合同没有该补充协议",
        )
        .with("amendment", name),
        Error::PursuitCostNotFound(name) => not_found(
            ErrorReason::PursuitCostNotFound,
            format!("this opportunity has no entry {name:?}; list its pursuit costs"),
            "该商机没有此项费用",
        )
        .with("pursuit_cost", name),
        other => Fault::internal(other),
    }
}

fn not_found(reason: ErrorReason, message: String, zh: &str) -> Fault {
    fault(Code::NotFound, reason, message, zh)
}
