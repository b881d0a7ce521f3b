//! A refusal in words: what, why, every single thing that is wrong, and what to do.

use std::fmt::Write as _;

use prost_reflect::prost::Message as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// The refusal for a person: message, reason, each violation, trace id, what to do.
pub fn explain(status: &Status) -> String {
    if is_no_grpc(status) {
        return format!(
            "this is no gRPC server: is it the operators' port? ({})",
            status.message()
        );
    }
    let mut text = status.message().to_owned();
    if text.is_empty() {
        text = status.code().description().to_owned();
    }
    let reason = reason(status);
    if !reason.is_empty() {
        add(&mut text, format_args!(" ({reason})"));
    }
    for violation in status
        .get_details_bad_request()
        .into_iter()
        .flat_map(|b| b.field_violations)
    {
        add(
            &mut text,
            format_args!("\n  - {}: {}", violation.field, violation.description),
        );
    }
    for violation in status
        .get_details_precondition_failure()
        .into_iter()
        .flat_map(|p| p.violations)
    {
        add(&mut text, format_args!("\n  - {}", violation.description));
    }
    let trace = status
        .get_details_request_info()
        .filter(|r| !r.request_id.is_empty());
    if let Some(trace) = &trace {
        add(&mut text, format_args!("\n  trace: {}", trace.request_id));
    }
    if let Some(way_out) = way_out(status.code(), &reason, trace.is_some()) {
        add(&mut text, format_args!("\n  what to do: {way_out}"));
    }
    text
}

/// Whether something answered that does not speak gRPC, so that it never will.
pub fn is_no_grpc(status: &Status) -> bool {
    let of_our_side = status.details().is_empty();
    of_our_side && status.message().contains("invalid compression flag")
}

/// The refusal of one row of a batch on one line: the reason and its explanation.
pub fn explain_row(error: &keynode_proto::google::rpc::Status) -> (String, String) {
    let code = Code::from_i32(error.code);
    let status = Status::with_details(code, error.message.clone(), error.encode_to_vec().into());
    let mut text = error.message.clone();
    for violation in status
        .get_details_bad_request()
        .into_iter()
        .flat_map(|b| b.field_violations)
    {
        add(
            &mut text,
            format_args!("; {}: {}", violation.field, violation.description),
        );
    }
    match reason(&status) {
        reason if reason.is_empty() => (format!("{code:?}"), text),
        reason => (reason, text),
    }
}

fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string grows");
}

/// Where the server cannot know the way out, because it is on the caller's side.
fn way_out(code: Code, reason: &str, has_trace: bool) -> Option<&'static str> {
    match (code, reason) {
        (Code::Unavailable, _) => {
            Some("start the server (`keynode up`) or name another with --endpoint, then retry")
        }
        (Code::DeadlineExceeded, _) if has_trace => {
            Some("retry; the server's log knows the call by its trace")
        }
        (Code::DeadlineExceeded, _) => Some("retry"),
        (Code::Unauthenticated, "CREDENTIAL_EXPIRED") => {
            Some("get a new token and give it with --token-file")
        }
        (Code::Unauthenticated, _) => Some("give a valid token with --token-file or --token"),
        (Code::PermissionDenied, _) => {
            Some("ask an administrator for a role that permits this, or use another token")
        }
        (Code::Aborted, _) => Some("run the command again"),
        (Code::ResourceExhausted, "OVERLOADED") => Some("wait a moment and run the command again"),
        (Code::Internal, _) if has_trace => Some("tell whoever runs the server the trace"),
        (Code::Unimplemented, _) => Some("check that --endpoint names a Keynode of this release"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use keynode_kit::error::Fault;

    use super::*;

    #[test]
    fn every_violation_reason_and_way_out_is_told() {
        let fault = Fault::new(
            Code::FailedPrecondition,
            "KEY_NODE_NOT_REACHED",
            "the key node is not reached",
        )
        .precondition("CRITERION", "opportunities/1", "need_known: record NEED")
        .precondition(
            "CRITERION",
            "opportunities/1",
            "coach_present: name a coach",
        );
        let text = explain(&fault.into());
        assert_eq!(
            text,
            "the key node is not reached (KEY_NODE_NOT_REACHED)\n  - need_known: record NEED\n  - coach_present: name a coach"
        );
        let fault = Fault::new(Code::InvalidArgument, "INVALID_REQUEST", "bad")
            .field("amount", "must not be negative");
        assert!(explain(&fault.into()).contains("\n  - amount: must not be negative"));
    }

    #[test]
    fn a_server_that_is_not_there_is_answered_with_what_to_do() {
        let text = explain(&Status::unavailable("http://127.0.0.1:1 cannot be reached"));
        assert!(text.contains("what to do: start the server"), "{text}");
    }

    #[test]
    fn what_is_no_grpc_server_is_told_so() {
        let status = Status::internal(
            "protocol error: received message with invalid compression flag: 123 (valid flags \
             are 0 and 1) while receiving response with status: 404 Not Found",
        );
        let text = explain(&status);
        assert!(
            text.starts_with("this is no gRPC server: is it the operators' port?"),
            "{text}"
        );
        assert!(!text.contains("trace"), "{text}");
    }

    #[test]
    fn the_trace_is_spoken_of_only_when_there_is_one() {
        let without = explain(&Status::internal("broken"));
        assert_eq!(without, "broken");
        let late = explain(&Status::deadline_exceeded("late"));
        assert_eq!(late, "late\n  what to do: retry");
        let details = tonic_types::ErrorDetails::with_request_info("abc123", "");
        let with = explain(&Status::with_error_details(
            Code::Internal,
            "broken",
            details,
        ));
        assert!(
            with.contains("trace: abc123") && with.contains("tell whoever runs the server"),
            "{with}"
        );
    }

    #[test]
    fn a_refused_row_fits_on_one_line() {
        let status: Status = Fault::new(Code::InvalidArgument, "INVALID_REQUEST", "bad fields")
            .field("amount", "no")
            .into();
        let row = keynode_proto::google::rpc::Status::decode(status.details()).unwrap();
        assert_eq!(
            explain_row(&row),
            (
                "INVALID_REQUEST".to_owned(),
                "bad fields; amount: no".to_owned()
            )
        );
    }
}
