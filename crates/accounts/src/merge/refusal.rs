//! What is refused about merges.

use jiff::Timestamp;
use keynode_kit::error::{Explain, Fault};
use keynode_proto::accounts::v1::ErrorReason;
use keynode_proto::common::v1::ErrorReason as CommonReason;
use tonic::Code;

use crate::ids::{AccountId, DuplicateCandidateId, MergeId};

/// Why a call about merged accounts is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("{account} was merged into {survivor}; use that one")]
    AccountMerged {
        account: AccountId,
        survivor: AccountId,
    },
    #[error("{count} {what} are more than {limit}; {way_out}")]
    TooLarge {
        what: &'static str,
        count: usize,
        limit: usize,
        way_out: &'static str,
    },
    #[error("there is no {0} that you may read")]
    NotFound(MergeId),
    #[error("{merge} could be undone until {until} only")]
    UndoExpired { merge: MergeId, until: Timestamp },
    #[error("{0} is undone already")]
    AlreadyUndone(MergeId),
    #[error("the survivor of {merge} was merged into {survivor} since; undo that merge first")]
    Superseded { merge: MergeId, survivor: AccountId },
    #[error("there is no {0} of which you see both accounts")]
    CandidateNotFound(DuplicateCandidateId),
    #[error("{0} is settled by a merge; undo that instead")]
    CandidateMerged(DuplicateCandidateId),
}

/// Two writers met: somebody added something to an account that was being merged.
pub fn raced() -> Fault {
    Fault::new(
        Code::Aborted,
        CommonReason::Conflict.as_str_name(),
        "an account was merged at the same moment; retry",
    )
    .zh("客户正在被合并,请重试")
}

impl Refusal {
    fn words(&self) -> (Code, ErrorReason, &'static str) {
        use ErrorReason as R;
        let unmet = Code::FailedPrecondition;
        match self {
            Self::AccountMerged { .. } => (unmet, R::AccountMerged, "该客户已并入另一客户"),
            Self::TooLarge { .. } => (unmet, R::MergeTooLarge, "合并涉及的记录过多"),
            Self::NotFound(_) => (
                Code::NotFound,
                R::MergeNotFound,
                "合并记录不存在或您无权查看",
            ),
            Self::UndoExpired { .. } => (unmet, R::MergeUndoExpired, "已超过可撤销合并的期限"),
            Self::AlreadyUndone(_) => (unmet, R::MergeAlreadyUndone, "该合并已撤销"),
            Self::Superseded { .. } => (
                unmet,
                R::MergeSuperseded,
                "保留的客户此后又被合并,请先撤销那次合并",
            ),
            Self::CandidateNotFound(_) => (
                Code::NotFound,
                R::DuplicateCandidateNotFound,
                "疑似重复记录不存在或您无权查看",
            ),
            Self::CandidateMerged(_) => (unmet, R::DuplicateMerged, "该疑似重复记录已因合并而了结"),
        }
    }
}

impl Explain for Refusal {
    fn explain(&self) -> Fault {
        let (code, reason, zh) = self.words();
        let fault = Fault::new(code, reason.as_str_name(), self.to_string()).zh(zh);
        match self {
            Self::AccountMerged { account, survivor } => fault
                .with("name", account.to_string())
                .with("survivor", survivor.to_string()),
            Self::TooLarge {
                what, count, limit, ..
            } => fault
                .with("what", *what)
                .with("count", count.to_string())
                .with("limit", limit.to_string()),
            Self::UndoExpired { merge, until } => fault
                .with("name", merge.to_string())
                .with("undo_until", until.to_string()),
            Self::Superseded { merge, survivor } => fault
                .with("name", merge.to_string())
                .with("survivor", survivor.to_string()),
            Self::NotFound(name) | Self::AlreadyUndone(name) => {
                fault.with("name", name.to_string())
            }
            Self::CandidateNotFound(name) | Self::CandidateMerged(name) => {
                fault.with("name", name.to_string())
            }
        }
    }
}
