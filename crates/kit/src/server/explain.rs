//! Every error that leaves says why: errors made by tonic itself are given a reason
//! and a way out, and all errors carry the id under which the logs know the call.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::BodyExt;
use keynode_proto::common::v1::ErrorReason;
use prost::Message;
use prost_types::Any;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::pb;

use super::method::Methods;
use super::observe::{TRACE_ID, TraceId};
use super::step::{Inner, Next, Step};
use crate::error::Fault;

const ERROR_INFO: &str = "google.rpc.ErrorInfo";
const REQUEST_INFO: &str = "google.rpc.RequestInfo";

/// The step that explains errors, whether they come in the headers or in the trailers.
#[derive(Clone)]
pub struct ExplainErrors {
    pub methods: Arc<Methods>,
}

impl Step for ExplainErrors {
    async fn around<S: Inner>(self, request: Request<Body>, next: Next<S>) -> Response<Body> {
        let call = Explainer {
            methods: self.methods,
            path: request.uri().path().to_owned(),
            trace_id: request.extensions().get().cloned().unwrap_or_default(),
        };
        let mut response = next.run(request).await;
        call.explain(response.headers_mut());
        response.map(|body| {
            Body::new(body.map_frame(move |frame| match frame.into_trailers() {
                Ok(mut trailers) => {
                    call.explain(&mut trailers);
                    http_body::Frame::trailers(trailers)
                }
                Err(data) => data,
            }))
        })
    }
}

/// What is known of the call when its error is met.
struct Explainer {
    methods: Arc<Methods>,
    path: String,
    trace_id: TraceId,
}

impl Explainer {
    fn explain(&self, headers: &mut HeaderMap) {
        let Some(status) = Status::from_header_map(headers) else {
            return;
        };
        if status.code() == Code::Ok {
            return;
        }
        let explained = self.complete(self.reasoned(status));
        headers.remove(Status::GRPC_MESSAGE);
        headers.remove(Status::GRPC_STATUS_DETAILS);
        // Text that cannot be a header would keep its code: better than no answer.
        let _ = explained.add_header(headers);
        if let Ok(id) = HeaderValue::from_str(&self.trace_id.0) {
            headers.insert(TRACE_ID, id);
        }
    }

    /// The status with an `ErrorInfo`: its own, or one found from what it is.
    fn reasoned(&self, status: Status) -> Status {
        let mut details = decode(&status);
        if details.details.iter().any(|detail| is(detail, ERROR_INFO)) {
            return status;
        }
        let reasoned = Status::from(self.fault(&status));
        let mut all = decode(&reasoned).details;
        all.append(&mut details.details);
        encode(&reasoned, all)
    }

    /// Adds the id of the call.
    fn complete(&self, status: Status) -> Status {
        let mut details = decode(&status).details;
        if self.trace_id.0.is_empty() || details.iter().any(|detail| is(detail, REQUEST_INFO)) {
            return status;
        }
        let info = pb::RequestInfo {
            request_id: self.trace_id.0.clone(),
            serving_data: String::new(),
        };
        details.push(Any {
            type_url: format!("type.googleapis.com/{REQUEST_INFO}"),
            value: info.encode_to_vec(),
        });
        encode(&status, details)
    }

    fn fault(&self, status: &Status) -> Fault {
        let text = status.message();
        match status.code() {
            Code::OutOfRange | Code::ResourceExhausted if is_oversize(text) => too_large(text),
            Code::Internal if is_unreadable(text) => unreadable(text),
            Code::Unimplemented if text.starts_with("Content is compressed") => Fault::new(
                Code::Unimplemented,
                ErrorReason::InvalidRequest.as_str_name(),
                "the request's compression is not supported; send gzip or identity",
            ),
            Code::Unimplemented => self.unknown_method(),
            Code::Internal | Code::Unknown | Code::DataLoss => Fault::internal(text),
            code => Fault::new(code, reason(code).as_str_name(), text),
        }
    }

    fn unknown_method(&self) -> Fault {
        let path = &self.path;
        let message = match self.methods.nearest(path) {
            Some(known) if known == path => format!("{path} is not served on this port"),
            Some(known) => format!("there is no method {path}; did you mean {known}?"),
            None => format!("there is no method {path}; reflection lists all methods"),
        };
        Fault::new(
            Code::Unimplemented,
            ErrorReason::MethodUnknown.as_str_name(),
            message,
        )
        .zh("没有此方法")
        .with("method", path)
    }
}

/// tonic's texts for messages over the limit, plain and while decompressing.
fn is_oversize(text: &str) -> bool {
    text.contains("message length too large") || text.starts_with("Error decompressing: size limit")
}

/// tonic's and prost's texts for requests that are not the message they should be.
fn is_unreadable(text: &str) -> bool {
    const BEGINNINGS: [&str; 5] = [
        "failed to decode Protobuf message",
        "protocol error: received message with",
        "Error decompressing",
        "Unexpected EOF decoding stream",
        "Missing request message",
    ];
    BEGINNINGS
        .iter()
        .any(|beginning| text.starts_with(beginning))
}

fn too_large(text: &str) -> Fault {
    let numbers: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|n| !n.is_empty())
        .collect();
    let limit = numbers.last().copied().unwrap_or("unknown");
    Fault::new(
        Code::ResourceExhausted,
        ErrorReason::MessageTooLarge.as_str_name(),
        format!(
            "the message is larger than the limit of {limit} bytes; send or ask for less at once"
        ),
    )
    .zh(format!("消息超过上限 {limit} 字节"))
    .with("limit_bytes", limit)
}

fn unreadable(text: &str) -> Fault {
    Fault::new(
        Code::InvalidArgument,
        ErrorReason::InvalidRequest.as_str_name(),
        format!("the request is not a message of this method: {text}"),
    )
    .zh("请求内容无法解析")
}

/// The reason of an error of which nothing but the code is known.
fn reason(code: Code) -> ErrorReason {
    match code {
        Code::Aborted => ErrorReason::Conflict,
        Code::Unauthenticated => ErrorReason::CredentialInvalid,
        Code::PermissionDenied => ErrorReason::PermissionDenied,
        Code::ResourceExhausted => ErrorReason::Overloaded,
        Code::DeadlineExceeded => ErrorReason::DeadlineExceeded,
        Code::Unavailable => ErrorReason::Unavailable,
        Code::Cancelled => ErrorReason::Cancelled,
        Code::Unimplemented => ErrorReason::MethodUnknown,
        Code::Internal | Code::Unknown | Code::DataLoss | Code::Ok => ErrorReason::Internal,
        Code::InvalidArgument
        | Code::OutOfRange
        | Code::FailedPrecondition
        | Code::NotFound
        | Code::AlreadyExists => ErrorReason::InvalidRequest,
    }
}

fn is(detail: &Any, name: &str) -> bool {
    detail.type_url.rsplit('/').next() == Some(name)
}

/// The details of a status; none when they are absent or unreadable.
fn decode(status: &Status) -> pb::Status {
    pb::Status::decode(status.details()).unwrap_or_default()
}

/// The same status with these details. Details that this process does not know are
/// kept, because they stay encoded.
fn encode(status: &Status, details: Vec<Any>) -> Status {
    let message = status.message().to_owned();
    let body = pb::Status {
        code: status.code().into(),
        message: message.clone(),
        details,
    };
    Status::with_details_and_metadata(
        status.code(),
        message,
        body.encode_to_vec().into(),
        status.metadata().clone(),
    )
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt;

    use super::*;

    fn explain(status: &Status) -> Status {
        let explainer = Explainer {
            methods: Arc::new(Methods::read(keynode_proto::DESCRIPTOR_SET).unwrap()),
            path: "/grpc.health.v1.Health/Chekc".to_owned(),
            trace_id: TraceId("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        };
        let mut headers = HeaderMap::new();
        status.add_header(&mut headers).unwrap();
        explainer.explain(&mut headers);
        Status::from_header_map(&headers).unwrap()
    }

    fn reason_of(status: &Status) -> String {
        status.get_details_error_info().unwrap().reason
    }

    #[test]
    fn a_fault_keeps_all_it_said_and_gains_the_trace_id() {
        let fault = Fault::new(
            Code::FailedPrecondition,
            "KEY_NODE_NOT_REACHED",
            "not reached",
        )
        .precondition("CRITERION", "opportunities/1", "name the coach")
        .with("stage", "S3");
        let status = explain(&fault.into());
        assert_eq!(status.code(), Code::FailedPrecondition);
        assert_eq!(reason_of(&status), "KEY_NODE_NOT_REACHED");
        assert_eq!(
            status
                .get_details_precondition_failure()
                .unwrap()
                .violations
                .len(),
            1
        );
        let id = status.get_details_request_info().unwrap().request_id;
        assert_eq!(id, "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn every_code_without_a_reason_is_given_one() {
        for code in (1..=16).map(Code::from_i32) {
            let status = explain(&Status::new(code, "because"));
            assert!(!reason_of(&status).is_empty(), "{code:?}");
            assert_eq!(status.get_details_error_info().unwrap().domain, "keynode");
        }
    }

    #[test]
    fn an_internal_cause_stays_inside() {
        for code in [Code::Internal, Code::Unknown, Code::DataLoss] {
            let status = explain(&Status::new(code, "password authentication failed"));
            assert_eq!(
                (status.code(), reason_of(&status)),
                (Code::Internal, "INTERNAL".to_owned())
            );
            assert!(!status.message().contains("password"));
        }
    }

    #[test]
    fn an_oversize_answer_names_the_limit() {
        let text = "Error, decoded message length too large: found 9 bytes, the limit is: 8 bytes";
        let status = explain(&Status::out_of_range(text));
        assert_eq!(status.code(), Code::ResourceExhausted);
        let info = status.get_details_error_info().unwrap();
        assert_eq!(info.reason, "MESSAGE_TOO_LARGE");
        assert_eq!(info.metadata["limit_bytes"], "8");
    }

    #[test]
    fn an_unreadable_request_is_the_callers_fault() {
        let text = "failed to decode Protobuf message: buffer underflow";
        let status = explain(&Status::internal(text));
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(reason_of(&status), "INVALID_REQUEST");
    }

    #[test]
    fn an_unknown_method_is_told_the_nearest() {
        let status = explain(&Status::unimplemented(""));
        assert_eq!(reason_of(&status), "METHOD_UNKNOWN");
        assert!(
            status.message().contains("/grpc.health.v1.Health/Check?"),
            "{status}"
        );
    }

    #[test]
    fn success_is_left_alone() {
        let mut headers = HeaderMap::new();
        headers.insert(Status::GRPC_STATUS, HeaderValue::from_static("0"));
        let explainer = Explainer {
            methods: Arc::new(Methods::read(&[]).unwrap()),
            path: String::new(),
            trace_id: TraceId::default(),
        };
        explainer.explain(&mut headers);
        assert_eq!(headers.len(), 1);
    }
}
