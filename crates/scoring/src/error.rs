//! Every way in which this service refuses.

mod win;

use keynode_kit::error::{Explain, Fault};
use keynode_proto::common::v1::ErrorReason as CommonReason;
use keynode_proto::scoring::v1::ErrorReason;
use tonic::Code;

use crate::evaluation::OpportunityId;
use crate::evaluation_model::ModelId;
use crate::learn;

/// Why an answer is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{model} is not there in version {version}")]
    EvaluationModelNotFound {
        model: ModelId,
        /// 0 = in any version.
        version: i32,
    },
    #[error("no evaluation model is published")]
    EvaluationModelNotPublished,
    #[error("{0} was never evaluated")]
    EvaluationNotFound(OpportunityId),
    #[error("{0} is not there")]
    OpportunityNotFound(OpportunityId),
    #[error("{0} is not there")]
    WinModelNotFound(String),
    #[error("no win model is in production")]
    WinModelNotInProduction,
    #[error("{0} is not better than the base rate")]
    WinModelWithoutSkill(String),
    #[error(transparent)]
    TrainingDataInsufficient(learn::Refusal),
    #[error(transparent)]
    Common(#[from] Fault),
}

keynode_kit::answers!(Error);

impl Explain for Error {
    fn explain(&self) -> Fault {
        match self {
            Self::EvaluationModelNotFound { model, version } => model_not_found(model, *version),
            Self::EvaluationModelNotPublished => model_not_published(),
            Self::EvaluationNotFound(opportunity) => evaluation_not_found(*opportunity),
            Self::OpportunityNotFound(opportunity) => opportunity_not_found(*opportunity),
            Self::WinModelNotFound(name) => win::model_not_found(name),
            Self::WinModelNotInProduction => win::not_in_production(),
            Self::WinModelWithoutSkill(name) => win::without_skill(name),
            Self::TrainingDataInsufficient(refusal) => win::insufficient(refusal),
            Self::Common(fault) => fault.clone(),
        }
    }
}

fn model_not_found(model: &ModelId, version: i32) -> Fault {
    let which = match version {
        0 => model.to_string(),
        version => format!("{model} version {version}"),
    };
    Fault::new(
        Code::NotFound,
        ErrorReason::EvaluationModelNotFound.as_str_name(),
        format!("there is no {which}; list the evaluation models to see which there are"),
    )
    .zh(format!("评估模型 {which} 不存在,请先列出已有的评估模型"))
    .with("model", model.to_string())
    .with("version", version.to_string())
}

fn model_not_published() -> Fault {
    Fault::new(
        Code::FailedPrecondition,
        ErrorReason::EvaluationModelNotPublished.as_str_name(),
        "no evaluation model is published; publish one before evaluating",
    )
    .zh("尚未发布评估模型,请先建立并发布评估模型再进行评估")
    .precondition(
        "EVALUATION_MODEL_PUBLISHED",
        "evaluationModels",
        "publish an evaluation model",
    )
}

fn evaluation_not_found(opportunity: OpportunityId) -> Fault {
    Fault::new(
        Code::NotFound,
        ErrorReason::EvaluationNotFound.as_str_name(),
        format!("{opportunity} has no evaluation that you see; evaluate it first"),
    )
    .zh("该商机尚未评估,或您无权查看")
    .with("opportunity", opportunity.to_string())
}

fn opportunity_not_found(opportunity: OpportunityId) -> Fault {
    Fault::new(
        Code::NotFound,
        ErrorReason::OpportunityNotFound.as_str_name(),
        format!("there is no {opportunity} that you see; check the name"),
    )
    .zh("商机不存在,或您无权查看")
    .with("opportunity", opportunity.to_string())
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match keynode_kit::db::constraint(&error) {
            Some("evaluation_model_version_key") => Self::Common(published_meanwhile()),
            _ => Self::Common(Fault::from(error)),
        }
    }
}

/// Publishing waits for its turn; this is for a writer that did not.
fn published_meanwhile() -> Fault {
    Fault::new(
        Code::Aborted,
        CommonReason::Conflict.as_str_name(),
        "this version of the evaluation model was published by somebody else meanwhile; retry",
    )
    .zh("该评估模型的新版本刚被他人发布,请重试")
    .retry_after(std::time::Duration::from_millis(50))
}
