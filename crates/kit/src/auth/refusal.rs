//! Why a caller is not let through, and what it is told.

use std::time::Duration;

use keynode_proto::common::v1::ErrorReason;
use tonic::Code;

use crate::error::{Explain, Fault};

/// Why a request is not let through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the call carries no credential; send `authorization: Bearer …`")]
    Missing,
    /// What is wrong, in words that fit after a colon and hold nothing secret.
    #[error("the credential is not valid: {0}")]
    Invalid(&'static str),
    #[error("the credential has expired; get a new one")]
    Expired,
    #[error("{subject} has no permission {permission}; ask an administrator for a role or scope")]
    Denied {
        subject: String,
        permission: &'static str,
        method: &'static str,
    },
    #[error("callers cannot be identified at the moment: {0}; retry with backoff")]
    Unavailable(&'static str),
}

impl Refusal {
    fn reason(&self) -> ErrorReason {
        match self {
            Self::Missing => ErrorReason::CredentialMissing,
            Self::Invalid(_) => ErrorReason::CredentialInvalid,
            Self::Expired => ErrorReason::CredentialExpired,
            Self::Denied { .. } => ErrorReason::PermissionDenied,
            Self::Unavailable(_) => ErrorReason::Unavailable,
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Missing | Self::Invalid(_) | Self::Expired => Code::Unauthenticated,
            Self::Denied { .. } => Code::PermissionDenied,
            Self::Unavailable(_) => Code::Unavailable,
        }
    }

    fn zh(&self) -> &'static str {
        match self {
            Self::Missing => "未提供凭证,请先登录或携带密钥",
            Self::Invalid(_) => "凭证无效",
            Self::Expired => "凭证已过期,请重新获取",
            Self::Denied { .. } => "没有执行此操作的权限,请联系管理员",
            Self::Unavailable(_) => "暂时无法确认身份,请稍后重试",
        }
    }
}

impl Explain for Refusal {
    fn explain(&self) -> Fault {
        let fault =
            Fault::new(self.code(), self.reason().as_str_name(), self.to_string()).zh(self.zh());
        match self {
            Self::Denied {
                permission, method, ..
            } => fault
                .with("permission", *permission)
                .with("method", *method),
            Self::Unavailable(_) => fault.retry_after(Duration::from_secs(1)),
            _ => fault,
        }
    }
}
