//! What calls about processes are refused for.

use keynode_kit::error::Fault;
use keynode_proto::pipeline::v1::ErrorReason;
use tonic::Code;

use super::{Error, fault};
use crate::process;

/// The refusal for the wire.
pub fn explain(error: &Error) -> Fault {
    match error {
        Error::ProcessNotFound { process, version } => fault(
            Code::NotFound,
            ErrorReason::ProcessNotFound,
            format!("there is no process {process:?} in this version; list the processes"),
            "销售流程或其版本不存在",
        )
        .with("process", process)
        .with("version", version.to_string()),
        Error::ProcessFileInvalid(error) => file_invalid(error),
        Error::ProcessShipped(process) => fault(
            Code::FailedPrecondition,
            ErrorReason::ProcessShipped,
            format!("{process} comes with the release; copy its file under another id"),
            "内置流程不能修改,请复制后使用新的编号",
        )
        .with("process", process),
        Error::ProcessNotPublished { process, version } => fault(
            Code::FailedPrecondition,
            ErrorReason::ProcessNotPublished,
            format!("version {version} of {process} is not published"),
            "该流程版本未发布或已停用",
        )
        .with("process", process)
        .with("version", version.to_string()),
        Error::ProcessIsDefault(process) => fault(
            Code::FailedPrecondition,
            ErrorReason::ProcessIsDefault,
            format!("{process} is the default; make another one the default first"),
            "该流程为默认流程,请先设置其他默认流程",
        )
        .with("process", process),
        Error::ProcessUnchanged {
            opportunity,
            process,
        } => fault(
            Code::FailedPrecondition,
            ErrorReason::ProcessUnchanged,
            format!("{opportunity} follows {process} in that version already"),
            "商机已使用该流程版本",
        )
        .with("opportunity", opportunity.to_string())
        .with("process", process),
        other => Fault::internal(other),
    }
}

/// Every place of a process file that is wrong, as a field.
fn file_invalid(error: &process::Error) -> Fault {
    let reason = ErrorReason::ProcessFileInvalid;
    let message = "the process file is not sound; see the fields".to_owned();
    let fault = fault(
        Code::InvalidArgument,
        reason,
        message,
        "流程文件有误,请查看各字段",
    );
    match error {
        process::Error::Syntax(error) => fault.field("file", error.to_string()),
        process::Error::Unsound(places) => places.iter().fold(fault, |fault, place| {
            let (place, why) = place.split_once(": ").unwrap_or(("file", place));
            fault.field(format!("file.{place}"), why)
        }),
    }
}
