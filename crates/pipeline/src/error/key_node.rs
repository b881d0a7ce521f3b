//! What moves are refused for: stages, their key nodes and the work in them.

use keynode_kit::error::Fault;
use keynode_proto::pipeline::v1::ErrorReason;
use tonic::Code;

use super::{Error, fault};
use crate::gate::{PROMISES_KEPT, WORK_SHARE, WorkShare};
use crate::ids::OpportunityId;
use crate::process::Text;

/// A key node and what is missing for it.
#[derive(Debug)]
pub struct NotReached {
    pub opportunity: OpportunityId,
    pub stage: String,
    pub unmet: Vec<Unmet>,
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

/// The refusal for the wire.
pub fn explain(error: &Error) -> Fault {
    match error {
        Error::KeyNodeNotReached(not_reached) => not_reached.explain(),
        Error::KeyNodeReached { opportunity, stage } => fault(
            Code::FailedPrecondition,
            ErrorReason::KeyNodeReached,
            format!("the key node of stage {stage} is reached; use AdvanceOpportunity"),
            "关键节点已到达,无需强行推进",
        )
        .with("opportunity", opportunity.to_string())
        .with("stage", stage),
        Error::StageNotFound { process, stage } => fault(
            Code::NotFound,
            ErrorReason::StageNotFound,
            format!("{process} has no stage {stage:?}; read the process"),
            "销售流程中没有该阶段",
        )
        .with("process", process)
        .with("stage", stage),
        Error::StageNotForcible { opportunity, stage } => fault(
            Code::FailedPrecondition,
            ErrorReason::StageNotForcible,
            format!("stage {stage} ends by fact only; record the evidence and advance"),
            "该阶段只能凭事实结束,不能强行推进",
        )
        .with("opportunity", opportunity.to_string())
        .with("stage", stage),
        Error::StageNotEarlier { opportunity, stage } => fault(
            Code::FailedPrecondition,
            ErrorReason::StageNotEarlier,
            format!("{opportunity} is in stage {stage}; name a stage that it may go back to"),
            "目标阶段必须早于当前阶段",
        )
        .with("opportunity", opportunity.to_string())
        .with("stage", stage),
        Error::StageDoesNotWin { opportunity, stage } => fault(
            Code::FailedPrecondition,
            ErrorReason::StageDoesNotWin,
            format!("{opportunity} is in stage {stage}; only the stage that wins can be won"),
            "当前阶段不是赢单阶段",
        )
        .with("opportunity", opportunity.to_string())
        .with("stage", stage),
        Error::WorkItemNotFound { process, item } => fault(
            Code::NotFound,
            ErrorReason::WorkItemNotFound,
            format!("{process} has no work item {item:?}; read the process"),
            "销售流程中没有该工作项",
        )
        .with("process", process)
        .with("work_item", item),
        Error::CriterionNotFound { process, criterion } => fault(
            Code::NotFound,
            ErrorReason::CriterionNotFound,
            format!("{process} has no criterion {criterion:?}; read the process"),
            "销售流程中没有该条件",
        )
        .with("process", process)
        .with("criterion", criterion),
        Error::WaiverNotAllowed { criterion, roles } => fault(
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
        other => Fault::internal(other),
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
