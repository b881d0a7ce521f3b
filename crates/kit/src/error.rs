//! Errors as integrators see them: `google.rpc.Status` with details (AIP-193).
//!
//! A service has one error enum. It implements [`Explain`]; [`Fault`] turns the
//! explanation into a [`Status`] whose details name a reason, the unmet conditions
//! and every bad field at once.

mod bounds;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use keynode_proto::common::v1::ErrorReason;
use tonic::{Code, Status};
use tonic_types::{
    ErrorDetail, ErrorInfo, FieldViolation, LocalizedMessage, PreconditionViolation,
};

/// The `domain` of every [`ErrorInfo`] of this system.
pub const DOMAIN: &str = "keynode";

/// An error with everything a caller is told; build one with [`Fault::new`].
#[derive(Clone, Debug)]
pub struct Fault(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    code: Code,
    reason: String,
    message: String,
    message_zh: Option<String>,
    metadata: BTreeMap<String, String>,
    preconditions: Vec<PreconditionViolation>,
    fields: Vec<FieldViolation>,
    retry_after: Option<Duration>,
}

/// An error enum that can say what a caller is told.
pub trait Explain {
    fn explain(&self) -> Fault;
}

/// The reason as it stands in `ErrorInfo`: the enum value without its prefix.
pub fn reason_name(enum_value: &str) -> &str {
    enum_value
        .strip_prefix("ERROR_REASON_")
        .unwrap_or(enum_value)
}

impl Fault {
    /// `reason` is the `as_str_name()` of a value of an `ErrorReason` enum. The message
    /// is lower case, names the thing and the way out.
    pub fn new(code: Code, reason: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            reason: reason_name(reason).to_owned(),
            message: message.into(),
            message_zh: None,
            metadata: BTreeMap::new(),
            preconditions: Vec::new(),
            fields: Vec::new(),
            retry_after: None,
        }))
    }

    /// The message for people who read Chinese.
    pub fn zh(mut self, message: impl Into<String>) -> Self {
        self.0.message_zh = Some(message.into());
        self
    }

    /// One fact for programs, e.g. `("opportunity", "opportunities/…")`.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.metadata.insert(key.into(), value.into());
        self
    }

    /// One unmet condition: its type, the thing it is about, what would satisfy it.
    pub fn precondition(
        mut self,
        kind: impl Into<String>,
        subject: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        self.0.preconditions.push(PreconditionViolation {
            r#type: kind.into(),
            subject: subject.into(),
            description: description.into(),
        });
        self
    }

    /// One bad field of the request.
    pub fn field(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.0.fields.push(FieldViolation {
            field: field.into(),
            description: description.into(),
            ..FieldViolation::default()
        });
        self
    }

    /// When the caller may try again.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    pub fn code(&self) -> Code {
        self.0.code
    }

    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .fields
            .iter()
            .map(|f| (f.field.as_str(), f.description.as_str()))
    }

    /// An error whose cause stays inside: logged once here, told to nobody.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(
            Code::Internal,
            ErrorReason::Internal.as_str_name(),
            "internal error; report the trace id to the operator",
        )
        .zh("内部错误,请将跟踪号告知管理员")
    }

    pub fn tenant_required() -> Self {
        Self::new(
            Code::InvalidArgument,
            ErrorReason::TenantRequired.as_str_name(),
            "the credential names no tenant; use one issued for a tenant",
        )
        .zh("凭证未指明租户")
    }

    /// The stored resource is newer than the `etag` sent.
    pub fn etag_mismatch(resource: &str) -> Self {
        Self::new(
            Code::Aborted,
            ErrorReason::EtagMismatch.as_str_name(),
            format!("{resource} changed since it was read; read it again and retry"),
        )
        .zh("数据已被他人修改,请重新读取后再试")
        .with("resource", resource)
    }

    /// The same `request_id` was used before with other parameters.
    pub fn request_id_reused(request_id: &str) -> Self {
        Self::new(
            Code::InvalidArgument,
            ErrorReason::RequestIdReused.as_str_name(),
            "request_id was used before with other parameters; make a new one",
        )
        .zh("request_id 已用于另一请求")
        .with("request_id", request_id)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.reason, self.0.message)
    }
}

impl std::error::Error for Fault {}

/// Makes a service's error enum an answer: `impl Explain` it, then `answers!(Error)`.
#[macro_export]
macro_rules! answers {
    ($error:ty) => {
        impl From<$error> for $crate::error::Fault {
            fn from(error: $error) -> Self {
                $crate::error::Explain::explain(&error)
            }
        }

        impl From<$error> for tonic::Status {
            fn from(error: $error) -> Self {
                $crate::error::Explain::explain(&error).into()
            }
        }
    };
}

impl From<Fault> for Status {
    /// Within what a client at its defaults takes; see [`bounds`].
    fn from(fault: Fault) -> Self {
        use tonic_types::StatusExt;
        let inner = *fault.0;
        let metadata = bounds::metadata(inner.metadata).collect::<HashMap<_, _>>();
        let mut details: Vec<ErrorDetail> =
            vec![ErrorInfo::new(inner.reason, DOMAIN, metadata).into()];
        if !inner.preconditions.is_empty() {
            let unmet = bounds::preconditions(inner.preconditions);
            details.push(tonic_types::PreconditionFailure::new(unmet).into());
        }
        if !inner.fields.is_empty() {
            details.push(tonic_types::BadRequest::new(bounds::fields(inner.fields)).into());
        }
        if let Some(delay) = inner.retry_after {
            details.push(tonic_types::RetryInfo::new(Some(delay)).into());
        }
        if let Some(zh) = inner.message_zh {
            details.push(LocalizedMessage::new("zh-CN", bounds::message(zh)).into());
        }
        Self::with_error_details_vec(inner.code, bounds::message(inner.message), details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_error_fits_the_headers_of_a_client_at_its_defaults() {
        let long = "很长".repeat(5_000);
        let mut fault = Fault::new(Code::InvalidArgument, "ERROR_REASON_X", &long).zh(&long);
        for n in 0..1000 {
            fault = fault
                .field(format!("rows[{n}]"), &long)
                .with(format!("key{n}"), &long);
        }
        let status = Status::from(fault);
        // Base64 in the header, and the message percent-encoded.
        let header = status.details().len() * 4 / 3 + status.message().len() * 3;
        assert!(header < 16 * 1024, "{header} bytes");
        assert!(
            status.details().len() < 6 * 1024,
            "{} bytes",
            status.details().len()
        );
    }
}
