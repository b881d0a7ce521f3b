use keynode_kit::error::{Explain, Fault};
use keynode_proto::notification::v1::ErrorReason;
use tonic::Code;

/// What can go wrong in this service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is not in your inbox")]
    NoticeNotFound(String),
    #[error("the cursor was not issued by this feed")]
    CursorInvalid,
    #[error("the feed carries the whole tenant and you see less")]
    FeedNotPermitted,
    #[error(transparent)]
    Common(#[from] Fault),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Common(error.into())
    }
}

impl Explain for Error {
    fn explain(&self) -> Fault {
        match self {
            Self::NoticeNotFound(name) => Fault::new(
                Code::NotFound,
                ErrorReason::NoticeNotFound.as_str_name(),
                format!("{name} is not in your inbox; `ListNotices` shows what is"),
            )
            .zh("收件箱中没有这条通知")
            .with("notice", name),
            Self::CursorInvalid => Fault::new(
                Code::InvalidArgument,
                ErrorReason::CursorInvalid.as_str_name(),
                "the cursor was not issued by this feed; start with EARLIEST or after the cursor of an event",
            )
            .zh("游标无效")
            .field("after_cursor", "is not a cursor of this feed"),
            Self::FeedNotPermitted => Fault::new(
                Code::PermissionDenied,
                ErrorReason::FeedNotPermitted.as_str_name(),
                "the feed carries the whole tenant; use a principal whose role sees all of it, e.g. an integrator",
            )
            .zh("变更流包含整个租户的数据,当前身份的可见范围不足"),
            Self::Common(fault) => fault.clone(),
        }
    }
}

keynode_kit::answers!(Error);
