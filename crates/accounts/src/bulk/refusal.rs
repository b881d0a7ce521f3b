//! What is refused of imports.

use keynode_kit::error::{Explain, Fault};
use keynode_proto::accounts::v1::ErrorReason;
use tonic::Code;

use crate::ids::ImportId;

#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no {0} that you see")]
    NotFound(ImportId),
    #[error("{0} takes no more rows; begin another import")]
    Closed(ImportId),
    #[error("the account of the same row was refused; correct that one first")]
    AccountRefused,
}

impl Explain for Refusal {
    fn explain(&self) -> Fault {
        let fault = |code: Code, reason: ErrorReason, zh: &str| {
            Fault::new(code, reason.as_str_name(), self.to_string()).zh(zh)
        };
        match self {
            Self::NotFound(name) => fault(
                Code::NotFound,
                ErrorReason::ImportNotFound,
                "导入任务不存在或您无权查看",
            )
            .with("name", name.to_string()),
            Self::Closed(name) => fault(
                Code::FailedPrecondition,
                ErrorReason::ImportClosed,
                "导入任务已结束,请新建一个",
            )
            .with("name", name.to_string()),
            Self::AccountRefused => fault(
                Code::FailedPrecondition,
                ErrorReason::ImportAccountRefused,
                "同一行的客户未被接受",
            ),
        }
    }
}
