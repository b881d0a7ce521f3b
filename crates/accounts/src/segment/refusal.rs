//! What is refused about segments, their strategies and competitors.

use keynode_kit::error::{Explain, Fault};
use keynode_proto::accounts::v1::ErrorReason;
use tonic::Code;

use crate::ids::{CompetitorId, SegmentId};
use crate::strategy::model::ModelId;

/// Why a call about the market is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no {0}")]
    SegmentNotFound(SegmentId),
    #[error("the segment would be a part of itself: {}; choose another parent", chain(.0))]
    SegmentCycle(Vec<SegmentId>),
    #[error("segments in use are parts of {0}; archive or move them first")]
    SegmentHasParts(SegmentId),
    #[error("{0} is archived; choose another")]
    SegmentArchived(SegmentId),
    #[error("there are {0} segments in use already; archive some")]
    SegmentsTooMany(i64),
    #[error("there is no {0}; ListAttractivenessModels names those there are")]
    ModelNotFound(ModelId),
    #[error("there is no {0}")]
    CompetitorNotFound(CompetitorId),
    #[error("{holder} is known as {name:?}; change that one, or give this one another name")]
    CompetitorNameTaken { name: String, holder: CompetitorId },
}

fn chain(names: &[SegmentId]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(" > ")
}

impl Refusal {
    fn words(&self) -> (Code, ErrorReason, &'static str) {
        use ErrorReason as R;
        match self {
            Self::SegmentNotFound(_) => (Code::NotFound, R::SegmentNotFound, "细分市场不存在"),
            Self::SegmentCycle(_) => (
                Code::FailedPrecondition,
                R::SegmentCycle,
                "细分市场的上级关系形成了环",
            ),
            Self::SegmentHasParts(_) => (
                Code::FailedPrecondition,
                R::SegmentHasParts,
                "该细分市场下还有在用的细分市场",
            ),
            Self::SegmentArchived(_) => (
                Code::FailedPrecondition,
                R::SegmentArchived,
                "该细分市场已归档",
            ),
            Self::SegmentsTooMany(_) => (
                Code::ResourceExhausted,
                R::SegmentsTooMany,
                "在用的细分市场已达上限",
            ),
            Self::ModelNotFound(_) => (
                Code::NotFound,
                R::AttractivenessModelNotFound,
                "吸引力模型不存在",
            ),
            Self::CompetitorNotFound(_) => {
                (Code::NotFound, R::CompetitorNotFound, "竞争对手不存在")
            }
            Self::CompetitorNameTaken { .. } => (
                Code::AlreadyExists,
                R::CompetitorNameTaken,
                "该名称已属于另一竞争对手",
            ),
        }
    }
}

impl Explain for Refusal {
    fn explain(&self) -> Fault {
        let (code, reason, zh) = self.words();
        let fault = Fault::new(code, reason.as_str_name(), self.to_string()).zh(zh);
        match self {
            Self::SegmentNotFound(name)
            | Self::SegmentHasParts(name)
            | Self::SegmentArchived(name) => fault.with("name", name.to_string()),
            Self::SegmentCycle(way) => fault.with("loop", chain(way)),
            Self::SegmentsTooMany(limit) => fault.with("limit", limit.to_string()),
            Self::ModelNotFound(name) => fault.with("name", name.to_string()),
            Self::CompetitorNotFound(name) => fault.with("name", name.to_string()),
            Self::CompetitorNameTaken { holder, name } => fault
                .with("name", holder.to_string())
                .with("known_as", name),
        }
    }
}
