//! What a call to pipeline can be refused for.

mod commerce;

use std::time::Duration;

use jiff::civil::Date;
use keynode_kit::answers;
use keynode_kit::db::constraint;
use keynode_kit::error::{Explain, Fault};
use keynode_proto::common::v1::ErrorReason as CommonReason;
use keynode_proto::pipeline::v1::ErrorReason;
use tonic::Code;

use crate::gate::{PROMISES_KEPT, WORK_SHARE, WorkShare};
use crate::ids::{AccountId, OpportunityId};
use crate::process::{self, Text};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is not there")]
    OpportunityNotFound(OpportunityId),
    #[error("{0} is not there")]
    AccountNotFound(AccountId),
    #[error("process {process:?} is not there in version {version}")]
    ProcessNotFound { process: String, version: i32 },
    #[error("{process} has no stage {stage:?}")]
    StageNotFound { process: String, stage: String },
    #[error("the key node of {} is not reached", .0.stage)]
    KeyNodeNotReached(Box<NotReached>),
    #[error("the key node of {stage} is reached")]
    KeyNodeReached {
        opportunity: OpportunityId,
        stage: String,
    },
    #[error("{opportunity} is closed: {status}")]
    OpportunityClosed {
        opportunity: OpportunityId,
        status: &'static str,
    },
    #[error("{stage} cannot be forced")]
    StageNotForcible {
        opportunity: OpportunityId,
        stage: String,
    },
    #[error("the buying step goes from {from} to {to}")]
    BuyingStepSkipped {
        opportunity: OpportunityId,
        from: i32,
        to: i32,
    },
    #[error("another opportunity has this external key")]
    ExternalKeyTaken,
    #[error("{opportunity} is open")]
    OpportunityOpen { opportunity: OpportunityId },
    #[error("the stage asked for does not come before {stage}")]
    StageNotEarlier {
        opportunity: OpportunityId,
        stage: String,
    },
    #[error("{stage} is not the stage that wins")]
    StageDoesNotWin {
        opportunity: OpportunityId,
        stage: String,
    },
    #[error("the level of contact is not lower")]
    ContactLevelNotLower { opportunity: OpportunityId },
    #[error("the level of contact is not higher")]
    ContactLevelNotHigher { opportunity: OpportunityId },
    #[error(transparent)]
    ProcessFileInvalid(process::Error),
    #[error("{0} comes with the release")]
    ProcessShipped(String),
    #[error("{process} is not published in version {version}")]
    ProcessNotPublished { process: String, version: i32 },
    #[error("{0} is the default")]
    ProcessIsDefault(String),
    #[error("{process} has no work item {item:?}")]
    WorkItemNotFound { process: String, item: String },
    #[error("{process} has no criterion {criterion:?}")]
    CriterionNotFound { process: String, criterion: String },
    #[error("no opportunity has the key {id:?} of {system:?}")]
    ExternalKeyUnknown { system: String, id: String },
    #[error("promises of {opportunity} are open")]
    PromisesOpen {
        opportunity: OpportunityId,
        promises: Vec<String>,
    },
    #[error("{opportunity} was moved here")]
    OpportunityWorkedHere { opportunity: OpportunityId },
    #[error("there is no activity {0:?}")]
    ActivityNotFound(String),
    #[error("{activity} is {state}, not PLANNED")]
    ActivityNotPlanned {
        activity: String,
        state: &'static str,
    },
    #[error("{activity} is {state}, not DONE")]
    ActivityNotDone {
        activity: String,
        state: &'static str,
    },
    #[error("{0} was cancelled")]
    ActivityCancelled(String),
    #[error("{0} has no open next action")]
    NextActionNotOpen(String),
    #[error("there is no need {0:?}")]
    NeedNotFound(String),
    #[error("there is no objection {0:?}")]
    ObjectionNotFound(String),
    #[error("there is no request {0:?}")]
    CustomerRequestNotFound(String),
    #[error("there is no promise {0:?}")]
    PromiseNotFound(String),
    #[error("{item} is {state}")]
    ItemNotOpen { item: String, state: String },
    #[error("{need} is served by {request}")]
    NeedInUse { need: String, request: String },
    #[error("{criterion} may not be waived by the caller")]
    WaiverNotAllowed {
        criterion: String,
        roles: Vec<String>,
    },
    #[error("there is no purchase criterion {0:?}")]
    PurchaseCriterionNotFound(String),
    #[error("the purchase criteria of {0} are final")]
    PurchaseCriteriaFinal(OpportunityId),
    #[error("{0} has no purchase criteria")]
    PurchaseCriteriaEmpty(OpportunityId),
    #[error("there are no requirements {0:?}")]
    BidRequirementNotFound(Vec<String>),
    #[error("the bid for {opportunity} is not ready")]
    BidNotReady {
        opportunity: OpportunityId,
        missing: Vec<Missing>,
    },
    #[error("no bid for {0} was handed in")]
    BidNotSubmitted(OpportunityId),
    #[error("there is no milestone {0:?}")]
    MilestoneNotFound(String),
    #[error("there is no finding {0:?}")]
    FindingNotFound(String),
    #[error("{opportunity} was not won: {status}")]
    OpportunityNotWon {
        opportunity: OpportunityId,
        status: &'static str,
    },
    #[error("the project of {opportunity} is not ready to be closed")]
    ProjectNotReady {
        opportunity: OpportunityId,
        missing: Vec<Missing>,
    },
    #[error("{opportunity} follows {process} in that version already")]
    ProcessUnchanged {
        opportunity: OpportunityId,
        process: String,
    },
    #[error("there is no exchange rate of {from} to {to} on {day}")]
    ExchangeRateNotFound { from: String, to: String, day: Date },
    #[error("a sum is too large")]
    AmountTooLarge,
    #[error("there is no approval {0:?}")]
    ApprovalNotFound(String),
    #[error("{approval} is {state}")]
    ApprovalClosed {
        approval: String,
        state: &'static str,
    },
    #[error("{approval} is not the caller's to decide")]
    ApproverRequired { approval: String, why: NoApprover },
    #[error("there are no approval rules {0}")]
    ApprovalRulesNotFound(i64),
    #[error("there is no delegation {0:?}")]
    DelegationNotFound(String),
    #[error("{name} is {state}")]
    ContractStateUnfit { name: String, state: &'static str },
    #[error("there is no amendment {0:?}")]
    AmendmentNotFound(String),
    #[error("there is no pursuit cost {0:?}")]
    PursuitCostNotFound(String),
    #[error("there is no {0}")]
    AttributeNotFound(String),
    #[error("{0} exists already")]
    AttributeExists(String),
    #[error("there are {0} attributes already")]
    AttributeLimitReached(usize),
    #[error("the sum of {currency} in {stage} is too large")]
    BoardSumTooLarge { stage: String, currency: String },
    #[error("{0} changed meanwhile")]
    Conflict(String),
    #[error("the {0} service does not answer")]
    PeerUnavailable(&'static str),
    #[error(transparent)]
    Common(#[from] Fault),
}

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

/// A key node and what is missing for it.
#[derive(Debug)]
pub struct NotReached {
    pub opportunity: OpportunityId,
    pub stage: String,
    pub unmet: Vec<Unmet>,
}

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

/// One criterion that is not met.
#[derive(Debug)]
pub struct Unmet {
    pub criterion: String,
    pub explanation: Text,
    pub observed: String,
}

impl Unmet {
    /// Less of the work is done than is asked for.
    pub fn work(share: &WorkShare) -> Self {
        let (required, done, missing) = (share.required, share.done, share.missing.join(", "));
        Self {
            criterion: WORK_SHARE.to_owned(),
            explanation: Text {
                zh: format!("本阶段必做工作至少完成{required}%"),
                en: format!(
                    "{required} % of the stage's required work is done; complete work items"
                ),
            },
            observed: format!("{done} % is done, missing: {missing}"),
        }
    }

    /// Promises are open that are to be kept before the deal is completed (R36).
    pub fn promises(open: &[String]) -> Self {
        Self {
            criterion: PROMISES_KEPT.to_owned(),
            explanation: Text {
                zh: "销售过程中的承诺须全部兑现或经客户免除".to_owned(),
                en: "every promise is kept, broken or released; say what became of each".to_owned(),
            },
            observed: format!("open: {}", open.join(", ")),
        }
    }
}

answers!(Error);

impl Explain for Error {
    fn explain(&self) -> Fault {
        match self {
            Self::OpportunityNotFound(name) => fault(
                Code::NotFound,
                ErrorReason::OpportunityNotFound,
                format!("{name} is not there, or you do not see it"),
                "商机不存在或无权查看",
            )
            .with("opportunity", name.to_string()),
            Self::AccountNotFound(name) => fault(
                Code::NotFound,
                ErrorReason::AccountNotFound,
                format!("{name} is not there, or you do not see it; name another account"),
                "客户不存在或无权查看",
            )
            .with("account", name.to_string()),
            Self::ProcessNotFound { process, version } => fault(
                Code::NotFound,
                ErrorReason::ProcessNotFound,
                format!("there is no process {process:?} in this version; list the processes"),
                "销售流程或其版本不存在",
            )
            .with("process", process)
            .with("version", version.to_string()),
            Self::StageNotFound { process, stage } => fault(
                Code::NotFound,
                ErrorReason::StageNotFound,
                format!("{process} has no stage {stage:?}; read the process"),
                "销售流程中没有该阶段",
            )
            .with("process", process)
            .with("stage", stage),
            Self::KeyNodeNotReached(not_reached) => not_reached.explain(),
            Self::KeyNodeReached { opportunity, stage } => fault(
                Code::FailedPrecondition,
                ErrorReason::KeyNodeReached,
                format!("the key node of stage {stage} is reached; use AdvanceOpportunity"),
                "关键节点已到达,无需强行推进",
            )
            .with("opportunity", opportunity.to_string())
            .with("stage", stage),
            Self::OpportunityClosed { opportunity, status } => fault(
                Code::FailedPrecondition,
                ErrorReason::OpportunityClosed,
                format!("{opportunity} is {status} and does not move"),
                "商机已关闭,不能再推进",
            )
            .with("opportunity", opportunity.to_string())
            .with("status", *status),
            Self::StageNotForcible { opportunity, stage } => fault(
                Code::FailedPrecondition,
                ErrorReason::StageNotForcible,
                format!("stage {stage} ends by fact only; record the evidence and advance"),
                "该阶段只能凭事实结束,不能强行推进",
            )
            .with("opportunity", opportunity.to_string())
            .with("stage", stage),
            Self::BuyingStepSkipped { opportunity, from, to } => fault(
                Code::FailedPrecondition,
                ErrorReason::BuyingStepSkipped,
                format!("the customer goes from buying step {from} to {to}; give a reason for not taking the next one"),
                "客户采购步骤不是依次推进,请说明原因",
            )
            .with("opportunity", opportunity.to_string())
            .with("from", from.to_string())
            .with("to", to.to_string()),
            Self::ExternalKeyTaken => fault(
                Code::AlreadyExists,
                ErrorReason::ExternalKeyTaken,
                "another opportunity has this external key; change that one instead".to_owned(),
                "该外部编号已被另一商机使用",
            ),
            Self::OpportunityOpen { opportunity } => fault(
                Code::FailedPrecondition,
                ErrorReason::OpportunityOpen,
                format!("{opportunity} is open: there is nothing to reopen"),
                "商机未关闭,无需重新打开",
            )
            .with("opportunity", opportunity.to_string()),
            Self::StageNotEarlier { opportunity, stage } => fault(
                Code::FailedPrecondition,
                ErrorReason::StageNotEarlier,
                format!("{opportunity} is in stage {stage}; name a stage that it may go back to"),
                "目标阶段必须早于当前阶段",
            )
            .with("opportunity", opportunity.to_string())
            .with("stage", stage),
            Self::StageDoesNotWin { opportunity, stage } => fault(
                Code::FailedPrecondition,
                ErrorReason::StageDoesNotWin,
                format!("{opportunity} is in stage {stage}; only the stage that wins can be won"),
                "当前阶段不是赢单阶段",
            )
            .with("opportunity", opportunity.to_string())
            .with("stage", stage),
            Self::ContactLevelNotLower { opportunity } => fault(
                Code::FailedPrecondition,
                ErrorReason::ContactLevelNotLower,
                "the level is not lower than the one in force; use RaiseContactLevel".to_owned(),
                "接触级别没有降低",
            )
            .with("opportunity", opportunity.to_string()),
            Self::ContactLevelNotHigher { opportunity } => fault(
                Code::FailedPrecondition,
                ErrorReason::ContactLevelNotHigher,
                "the level is not higher than the one in force; use LowerContactLevel".to_owned(),
                "接触级别没有提高",
            )
            .with("opportunity", opportunity.to_string()),
            Self::WorkItemNotFound { process, item } => fault(
                Code::NotFound,
                ErrorReason::WorkItemNotFound,
                format!("{process} has no work item {item:?}; read the process"),
                "销售流程中没有该工作项",
            )
            .with("process", process)
            .with("work_item", item),
            Self::CriterionNotFound { process, criterion } => fault(
                Code::NotFound,
                ErrorReason::CriterionNotFound,
                format!("{process} has no criterion {criterion:?}; read the process"),
                "销售流程中没有该条件",
            )
            .with("process", process)
            .with("criterion", criterion),
            Self::ExternalKeyUnknown { system, id } => fault(
                Code::NotFound,
                ErrorReason::OpportunityNotFound,
                format!("no opportunity that you see has the key {id:?} of {system:?}; import it first"),
                "没有该外部编号的商机或无权查看",
            )
            .with("source_system", system)
            .with("external_id", id),
            Self::PromisesOpen {
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
            Self::OpportunityWorkedHere { opportunity } => fault(
                Code::FailedPrecondition,
                ErrorReason::OpportunityWorkedHere,
                format!("{opportunity} was moved here; what another system tells moves it no more"),
                "该商机已在本系统推进,外部系统的记录不再改变其阶段",
            )
            .with("opportunity", opportunity.to_string()),
            Self::ActivityNotFound(activity) => fault(
                Code::NotFound,
                ErrorReason::ActivityNotFound,
                format!("this opportunity has no activity {activity:?}"),
                "该商机没有此活动记录",
            )
            .with("activity", activity),
            Self::ActivityNotPlanned { activity, state } => fault(
                Code::FailedPrecondition,
                ErrorReason::ActivityNotPlanned,
                format!("{activity} is {state}; only what is planned is completed or cancelled"),
                "该活动不是计划状态",
            )
            .with("activity", activity)
            .with("state", *state),
            Self::ActivityNotDone { activity, state } => fault(
                Code::FailedPrecondition,
                ErrorReason::ActivityNotDone,
                format!("{activity} is {state}; complete it, then it shows that work is done"),
                "该活动尚未完成,不能作为工作证据",
            )
            .with("activity", activity)
            .with("state", *state),
            Self::ActivityCancelled(activity) => fault(
                Code::FailedPrecondition,
                ErrorReason::ActivityCancelled,
                format!("{activity} was cancelled and stays so; record another activity"),
                "该活动已取消,不能再修改",
            )
            .with("activity", activity),
            Self::NextActionNotOpen(activity) => fault(
                Code::FailedPrecondition,
                ErrorReason::NextActionNotOpen,
                format!("{activity} has no open next action; list the next actions"),
                "该活动没有未完成的下一步行动",
            )
            .with("activity", activity),
            Self::NeedNotFound(need) => fault(
                Code::NotFound,
                ErrorReason::NeedNotFound,
                format!("this opportunity has no need {need:?}"),
                "该商机没有此需求",
            )
            .with("need", need),
            Self::ObjectionNotFound(objection) => fault(
                Code::NotFound,
                ErrorReason::ObjectionNotFound,
                format!("this opportunity has no objection {objection:?}"),
                "该商机没有此异议",
            )
            .with("objection", objection),
            Self::CustomerRequestNotFound(request) => fault(
                Code::NotFound,
                ErrorReason::CustomerRequestNotFound,
                format!("this opportunity has no request of the customer {request:?}"),
                "该商机没有此客户要求",
            )
            .with("request", request),
            Self::PromiseNotFound(promise) => fault(
                Code::NotFound,
                ErrorReason::PromiseNotFound,
                format!("this opportunity has no promise {promise:?}"),
                "该商机没有此承诺",
            )
            .with("promise", promise),
            Self::ItemNotOpen { item, state } => fault(
                Code::FailedPrecondition,
                ErrorReason::ItemNotOpen,
                format!("{item} is {state} already; reopen it first if that is wrong"),
                "该记录已关闭",
            )
            .with("item", item)
            .with("state", state),
            Self::NeedInUse { need, request } => fault(
                Code::FailedPrecondition,
                ErrorReason::NeedInUse,
                format!("{request} serves {need}; name another need there first"),
                "仍有客户要求关联该需求",
            )
            .with("need", need)
            .with("request", request),
            Self::WaiverNotAllowed { criterion, roles } => fault(
                Code::PermissionDenied,
                ErrorReason::WaiverNotAllowed,
                match roles.is_empty() {
                    true => format!("the process lets nobody waive {criterion}"),
                    false => format!("{criterion} may be waived by {}", roles.join(", ")),
                },
                "流程不允许您豁免该条件",
            )
            .with("criterion", criterion)
            .with("roles", roles.join(",")),
            Self::PurchaseCriterionNotFound(name) => fault(
                Code::NotFound,
                ErrorReason::PurchaseCriterionNotFound,
                format!("this opportunity has no purchase criterion {name:?}"),
                "该商机没有此采购标准",
            )
            .with("purchase_criterion", name),
            Self::PurchaseCriteriaFinal(opportunity) => fault(
                Code::FailedPrecondition,
                ErrorReason::PurchaseCriteriaFinal,
                format!("the purchase criteria of {opportunity} are final; reopen them first"),
                "客户采购标准已确定,请先重新打开",
            )
            .with("opportunity", opportunity.to_string()),
            Self::PurchaseCriteriaEmpty(opportunity) => fault(
                Code::FailedPrecondition,
                ErrorReason::PurchaseCriteriaEmpty,
                format!("no purchase criterion of {opportunity} is recorded; record them first"),
                "尚未记录任何采购标准",
            )
            .with("opportunity", opportunity.to_string()),
            Self::BidRequirementNotFound(numbers) => fault(
                Code::NotFound,
                ErrorReason::BidRequirementNotFound,
                format!("the requirement matrix has no {}", numbers.join(", ")),
                "应答矩阵中没有这些条目",
            )
            .with("numbers", numbers.join(",")),
            Self::BidNotReady { opportunity, missing } => not_ready(
                ErrorReason::BidNotReady,
                format!("the bid for {opportunity} is not ready; see what is missing"),
                "投标尚未就绪,请查看缺少的内容",
                missing,
            )
            .with("opportunity", opportunity.to_string()),
            Self::BidNotSubmitted(opportunity) => fault(
                Code::FailedPrecondition,
                ErrorReason::BidNotSubmitted,
                format!("no bid for {opportunity} was handed in; record that first"),
                "尚未投标或议标,不能记录中标",
            )
            .with("opportunity", opportunity.to_string()),
            Self::MilestoneNotFound(name) => fault(
                Code::NotFound,
                ErrorReason::MilestoneNotFound,
                format!("this opportunity has no milestone {name:?}"),
                "该商机没有此里程碑",
            )
            .with("milestone", name),
            Self::FindingNotFound(name) => fault(
                Code::NotFound,
                ErrorReason::FindingNotFound,
                format!("this opportunity has no finding {name:?}"),
                "该商机没有此遗留问题",
            )
            .with("finding", name),
            Self::OpportunityNotWon { opportunity, status } => fault(
                Code::FailedPrecondition,
                ErrorReason::OpportunityNotWon,
                format!("{opportunity} is {status}; only what was won is accepted and closed"),
                "商机尚未赢单,不能验收或结束项目",
            )
            .with("opportunity", opportunity.to_string())
            .with("status", *status),
            Self::ProjectNotReady { opportunity, missing } => not_ready(
                ErrorReason::ProjectNotReady,
                format!("the project of {opportunity} cannot be closed; see what is missing"),
                "项目还不能结束,请查看缺少的内容",
                missing,
            )
            .with("opportunity", opportunity.to_string()),
            Self::ProcessFileInvalid(error) => file_invalid(error),
            Self::ProcessShipped(process) => fault(
                Code::FailedPrecondition,
                ErrorReason::ProcessShipped,
                format!("{process} comes with the release; copy its file under another id"),
                "内置流程不能修改,请复制后使用新的编号",
            )
            .with("process", process),
            Self::ProcessNotPublished { process, version } => fault(
                Code::FailedPrecondition,
                ErrorReason::ProcessNotPublished,
                format!("version {version} of {process} is not published"),
                "该流程版本未发布或已停用",
            )
            .with("process", process)
            .with("version", version.to_string()),
            Self::ProcessIsDefault(process) => fault(
                Code::FailedPrecondition,
                ErrorReason::ProcessIsDefault,
                format!("{process} is the default; make another one the default first"),
                "该流程为默认流程,请先设置其他默认流程",
            )
            .with("process", process),
            Self::ProcessUnchanged {
                opportunity,
                process,
            } => fault(
                Code::FailedPrecondition,
                ErrorReason::ProcessUnchanged,
                format!("{opportunity} follows {process} in that version already"),
                "商机已使用该流程版本",
            )
            .with("opportunity", opportunity.to_string())
            .with("process", process),
            Self::ExchangeRateNotFound { .. }
            | Self::AmountTooLarge
            | Self::ApprovalNotFound(_)
            | Self::ApprovalClosed { .. }
            | Self::ApproverRequired { .. }
            | Self::ApprovalRulesNotFound(_)
            | Self::DelegationNotFound(_)
            | Self::ContractStateUnfit { .. }
            | Self::AmendmentNotFound(_)
            | Self::PursuitCostNotFound(_) => commerce::explain(self),
            Self::AttributeNotFound(name) => fault(
                Code::NotFound,
                ErrorReason::AttributeNotFound,
                format!("there is no {name}; ListAttributes names those there are"),
                "自定义字段不存在",
            )
            .with("name", name),
            Self::AttributeExists(name) => fault(
                Code::AlreadyExists,
                ErrorReason::AttributeExists,
                format!("{name} exists already; update it or choose another id"),
                "自定义字段已存在",
            )
            .with("name", name),
            Self::AttributeLimitReached(limit) => fault(
                Code::FailedPrecondition,
                ErrorReason::AttributeLimitReached,
                format!("there are {limit} attributes already; archived ones count too"),
                "自定义字段已达上限",
            )
            .with("limit", limit.to_string()),
            Self::BoardSumTooLarge { stage, currency } => fault(
                Code::OutOfRange,
                ErrorReason::BoardSumTooLarge,
                format!("the sum of {currency} in stage {stage} is too large; filter the board"),
                "该阶段金额合计过大,请缩小筛选范围",
            )
            .with("stage", stage)
            .with("currency", currency),
            Self::Conflict(what) => Fault::new(
                Code::Aborted,
                CommonReason::Conflict.as_str_name(),
                format!("{what} changed meanwhile; retry"),
            )
            .zh("并发冲突,请重试")
            .retry_after(Duration::from_millis(50)),
            Self::PeerUnavailable(peer) => Fault::new(
                Code::Unavailable,
                CommonReason::Unavailable.as_str_name(),
                format!("the {peer} service does not answer and this call needs it; retry"),
            )
            .zh("所依赖的服务暂不可用,请稍后重试")
            .with("service", *peer)
            .retry_after(Duration::from_secs(1)),
            Self::Common(fault) => fault.clone(),
        }
    }
}

impl NotReached {
    fn explain(&self) -> Fault {
        let ids: Vec<&str> = self
            .unmet
            .iter()
            .map(|unmet| unmet.criterion.as_str())
            .collect();
        let zh: Vec<&str> = self
            .unmet
            .iter()
            .map(|unmet| unmet.explanation.zh.as_str())
            .collect();
        let fault = fault(
            Code::FailedPrecondition,
            ErrorReason::KeyNodeNotReached,
            format!(
                "the key node of stage {} is not reached; still missing: {}",
                self.stage,
                ids.join(", ")
            ),
            format!("关键节点尚未到达,还缺:{}", zh.join(";")),
        )
        .with("opportunity", self.opportunity.to_string())
        .with("stage", &self.stage);
        self.unmet.iter().fold(fault, |fault, unmet| {
            let subject = format!("{}/criteria/{}", self.opportunity, unmet.criterion);
            fault.precondition(
                "CRITERION",
                subject,
                format!("{}; seen: {}", unmet.explanation.en, unmet.observed),
            )
        })
    }
}

/// Everything that is missing, each as a condition.
fn not_ready(reason: ErrorReason, message: String, zh: &str, missing: &[Missing]) -> Fault {
    let fault = fault(Code::FailedPrecondition, reason, message, zh);
    missing.iter().fold(fault, |fault, it| {
        fault.precondition(it.kind, &it.subject, &it.description)
    })
}

/// Every place of a process file that is wrong, as a field.
fn file_invalid(error: &process::Error) -> Fault {
    let reason = ErrorReason::ProcessFileInvalid;
    let message = "the process file is not sound; see the fields".to_owned();
    let fault = fault(
        Code::InvalidArgument,
        reason,
        message,
        "流程文件有误,请查看各字段",
    );
    match error {
        process::Error::Syntax(error) => fault.field("file", error.to_string()),
        process::Error::Unsound(places) => places.iter().fold(fault, |fault, place| {
            let (place, why) = place.split_once(": ").unwrap_or(("file", place));
            fault.field(format!("file.{place}"), why)
        }),
    }
}

fn fault(code: Code, reason: ErrorReason, message: String, zh: impl Into<String>) -> Fault {
    Fault::new(code, reason.as_str_name(), message).zh(zh)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match constraint(&error) {
            Some("opportunity_external_key") => Self::ExternalKeyTaken,
            _ => Self::Common(Fault::from(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_met_another_writer_is_told_when_to_retry() {
        use tonic_types::StatusExt as _;
        let status = tonic::Status::from(Error::Conflict("a deal".to_owned()).explain());
        let retry = status.get_details_retry_info().unwrap();
        assert_eq!(retry.retry_delay, Some(Duration::from_millis(50)));
    }
}
