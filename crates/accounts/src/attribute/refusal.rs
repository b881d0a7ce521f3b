//! What is refused about attributes.

use keynode_kit::error::{Explain, Fault};
use keynode_proto::accounts::v1::ErrorReason;
use tonic::Code;

use super::id::AttributeId;

/// Why a call about attributes is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no {0}; ListAttributes names those there are")]
    NotFound(AttributeId),
    #[error("{0} exists already; update it or choose another id")]
    Exists(AttributeId),
    #[error("there are {0} attributes already; archived ones count too")]
    LimitReached(usize),
}

impl Explain for Refusal {
    fn explain(&self) -> Fault {
        let (code, reason, zh) = match self {
            Self::NotFound(_) => (
                Code::NotFound,
                ErrorReason::AttributeNotFound,
                "自定义字段不存在",
            ),
            Self::Exists(_) => (
                Code::AlreadyExists,
                ErrorReason::AttributeExists,
                "自定义字段已存在",
            ),
            Self::LimitReached(_) => (
                Code::FailedPrecondition,
                ErrorReason::AttributeLimitReached,
                "自定义字段已达上限",
            ),
        };
        let fault = Fault::new(code, reason.as_str_name(), self.to_string()).zh(zh);
        match self {
            Self::NotFound(id) | Self::Exists(id) => fault.with("name", id.to_string()),
            Self::LimitReached(limit) => fault.with("limit", limit.to_string()),
        }
    }
}
