//! What decision maps refuse beyond what every part of the service does.

use keynode_kit::error::{Explain, Fault};
use keynode_proto::accounts::v1::ErrorReason;
use tonic::Code;

use super::insider;
use crate::ids::{CompetitorId, ContactId, MapId};

/// Why a call about a decision map is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no {0}")]
    CompetitorNotFound(CompetitorId),
    #[error("{} of {map} supports {competitor}; say otherwise with SetStakeholder first", names(.supporters))]
    CompetitorInUse {
        map: MapId,
        competitor: CompetitorId,
        supporters: Vec<ContactId>,
    },
    #[error("{map} has no purchase criterion {criterion:?}; SetPurchaseCriterion adds one")]
    CriterionNotFound { map: MapId, criterion: String },
    #[error("{map} has no influence of {from} on the purchase criterion {criterion:?}")]
    CriterionInfluenceNotFound {
        map: MapId,
        from: ContactId,
        criterion: String,
    },
    #[error(
        "{0} has insiders whom you may not know, so you may not change it; ask for the permission {permission}",
        permission = insider::PERMISSION
    )]
    InsidersMasked(MapId),
}

fn names(contacts: &[ContactId]) -> String {
    let names: Vec<String> = contacts.iter().map(ToString::to_string).collect();
    names.join(", ")
}

impl Refusal {
    fn code(&self) -> Code {
        match self {
            Self::CompetitorInUse { .. } => Code::FailedPrecondition,
            Self::InsidersMasked(_) => Code::PermissionDenied,
            _ => Code::NotFound,
        }
    }

    /// The reason for programs and the text for readers of Chinese.
    fn words(&self) -> (ErrorReason, &'static str) {
        match self {
            Self::CompetitorNotFound(_) => (ErrorReason::CompetitorNotFound, "竞争对手不存在"),
            Self::CompetitorInUse { .. } => (
                ErrorReason::CompetitorInUse,
                "决策地图中有人支持该竞争对手,请先修改其支持对象",
            ),
            Self::CriterionNotFound { .. } => (
                ErrorReason::PurchaseCriterionNotFound,
                "决策地图中没有这条采购标准",
            ),
            Self::CriterionInfluenceNotFound { .. } => {
                (ErrorReason::InfluenceNotFound, "决策地图中没有这条影响关系")
            }
            Self::InsidersMasked(_) => (
                ErrorReason::InsidersMasked,
                "该决策地图中有您无权知晓身份的内线,因此不能修改,请申请权限",
            ),
        }
    }
}

impl Explain for Refusal {
    fn explain(&self) -> Fault {
        let (reason, zh) = self.words();
        let fault = Fault::new(self.code(), reason.as_str_name(), self.to_string()).zh(zh);
        match self {
            Self::CompetitorNotFound(name) => fault.with("name", name.to_string()),
            Self::CompetitorInUse {
                map,
                competitor,
                supporters,
            } => fault
                .with("map", map.to_string())
                .with("competitor", competitor.to_string())
                .with("supporters", names(supporters)),
            Self::CriterionNotFound { map, criterion } => fault
                .with("map", map.to_string())
                .with("criterion", criterion),
            Self::CriterionInfluenceNotFound {
                map,
                from,
                criterion,
            } => fault
                .with("map", map.to_string())
                .with("from", from.to_string())
                .with("criterion", criterion),
            Self::InsidersMasked(map) => fault
                .with("map", map.to_string())
                .with("permission", insider::PERMISSION),
        }
    }
}
