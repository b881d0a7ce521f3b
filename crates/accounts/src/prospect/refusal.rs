//! What prospecting refuses, and what the caller is told.

use keynode_kit::error::{Explain, Fault};
use keynode_proto::accounts::v1::{
    CriterionScreening, ErrorReason, ProspectState, ScreeningVerdict, TargetDefinitionState,
};
use tonic::Code;

use crate::ids::{AccountId, ProspectId, TargetDefinitionId};
use crate::target_definition::complete::Missing;

/// Why a call about prospects or target definitions is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no {0}")]
    DefinitionNotFound(TargetDefinitionId),
    #[error("{0} is no draft any more; revise it and change the copy")]
    DefinitionNotDraft(TargetDefinitionId),
    #[error("{definition} is {}; use one that is published", .state.as_str_name())]
    DefinitionNotPublished {
        definition: TargetDefinitionId,
        state: TargetDefinitionState,
    },
    #[error("{definition} can screen nobody yet; put right what is missing and publish again")]
    DefinitionIncomplete {
        definition: TargetDefinitionId,
        missing: Vec<Missing>,
    },
    #[error("there is no {0} that you see")]
    NotFound(ProspectId),
    #[error("no prospect that you see has the external id {0:?}")]
    KeyNotFound(String),
    #[error("{prospect} is not qualified; screen it, or ask a manager to force the conversion")]
    NotQualified {
        prospect: ProspectId,
        /// Criteria of the last screening that keep it from being qualified.
        open: Vec<CriterionScreening>,
    },
    #[error("{prospect} is {} and changes no more; list the organisation anew", .state.as_str_name())]
    Closed {
        prospect: ProspectId,
        state: ProspectState,
    },
    #[error("{prospect} became {account}; name that account or none")]
    OtherAccount {
        prospect: ProspectId,
        account: String,
    },
    #[error("{0} is qualified and needs no force; convert it")]
    Qualified(ProspectId),
    #[error(
        "{actor} opened the opportunity of {prospect} and you do not see it; ask them to repeat the conversion"
    )]
    UnderWay { prospect: ProspectId, actor: String },
    #[error("{} accounts are named {name:?}; name the one that is meant", .accounts.len())]
    AccountAmbiguous {
        name: String,
        accounts: Vec<AccountId>,
    },
}

impl Refusal {
    fn code(&self) -> Code {
        match self {
            Self::DefinitionNotFound(_) | Self::NotFound(_) | Self::KeyNotFound(_) => {
                Code::NotFound
            }
            _ => Code::FailedPrecondition,
        }
    }

    /// The reason for programs and the text for readers of Chinese.
    fn words(&self) -> (ErrorReason, &'static str) {
        match self {
            Self::DefinitionNotFound(_) => {
                (ErrorReason::TargetDefinitionNotFound, "目标客户定义不存在")
            }
            Self::DefinitionNotDraft(_) => (
                ErrorReason::TargetDefinitionNotDraft,
                "目标客户定义已不是草稿,请修订出新版本",
            ),
            Self::DefinitionNotPublished { .. } => (
                ErrorReason::TargetDefinitionNotPublished,
                "目标客户定义尚未发布或已停用",
            ),
            Self::DefinitionIncomplete { .. } => (
                ErrorReason::TargetDefinitionIncomplete,
                "目标客户定义不完整,不能发布",
            ),
            Self::NotFound(_) | Self::KeyNotFound(_) => {
                (ErrorReason::ProspectNotFound, "潜在客户不存在或您无权查看")
            }
            Self::NotQualified { .. } => (
                ErrorReason::ProspectNotQualified,
                "潜在客户未通过筛选,不能转化",
            ),
            Self::Closed { .. } | Self::OtherAccount { .. } => (
                ErrorReason::ProspectClosed,
                "潜在客户已转化、正在转化或已放弃",
            ),
            Self::Qualified(_) => (
                ErrorReason::ProspectQualified,
                "潜在客户已通过筛选,无须强制转化",
            ),
            Self::UnderWay { .. } => (
                ErrorReason::ConversionUnderWay,
                "转化由他人发起,请其重试完成",
            ),
            Self::AccountAmbiguous { .. } => {
                (ErrorReason::AccountAmbiguous, "有多个同名客户,请指明其一")
            }
        }
    }
}

impl Explain for Refusal {
    fn explain(&self) -> Fault {
        let (reason, zh) = self.words();
        let fault = Fault::new(self.code(), reason.as_str_name(), self.to_string()).zh(zh);
        match self {
            Self::DefinitionNotFound(name) | Self::DefinitionNotDraft(name) => {
                fault.with("name", name.to_string())
            }
            Self::DefinitionNotPublished { definition, state } => fault
                .with("name", definition.to_string())
                .with("state", state.as_str_name()),
            Self::DefinitionIncomplete {
                definition,
                missing,
            } => missing
                .iter()
                .fold(fault.with("name", definition.to_string()), |fault, m| {
                    fault.precondition(m.kind, definition.to_string(), &m.text)
                }),
            Self::NotFound(name) | Self::Qualified(name) => fault.with("name", name.to_string()),
            Self::KeyNotFound(external_id) => fault.with("external_id", external_id),
            Self::NotQualified { prospect, open } => not_qualified(fault, *prospect, open),
            Self::Closed { prospect, state } => fault
                .with("name", prospect.to_string())
                .with("state", state.as_str_name()),
            Self::OtherAccount { prospect, account } => fault
                .with("name", prospect.to_string())
                .with("account", account),
            Self::UnderWay { prospect, actor } => fault
                .with("name", prospect.to_string())
                .with("actor", actor),
            Self::AccountAmbiguous { accounts, .. } => {
                let names: Vec<_> = accounts.iter().map(ToString::to_string).collect();
                fault.with("accounts", names.join(" "))
            }
        }
    }
}

/// One violation for each criterion that fails or is unknown, or one for want of a screening.
fn not_qualified(fault: Fault, prospect: ProspectId, open: &[CriterionScreening]) -> Fault {
    let fault = fault.with("name", prospect.to_string());
    if open.is_empty() {
        return fault.precondition(
            "SCREENING",
            prospect.to_string(),
            "screen the prospect with a published target definition",
        );
    }
    open.iter().fold(fault, |fault, criterion| {
        let kind = match criterion.verdict() {
            ScreeningVerdict::Failed => "CRITERION_FAILED",
            _ => "CRITERION_UNKNOWN",
        };
        let reason = criterion.reason.clone().unwrap_or_default();
        let subject = format!("{prospect}/criteria/{}", criterion.criterion);
        fault.precondition(kind, subject, reason.en)
    })
}
