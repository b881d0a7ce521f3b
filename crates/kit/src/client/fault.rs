//! What a caller is told when no server answered.

use keynode_proto::common::v1::ErrorReason;
use tonic::Code;

use crate::error::Fault;

/// The deadline passed before `target` answered.
pub(super) fn late(target: &str) -> Fault {
    Fault::new(
        Code::DeadlineExceeded,
        ErrorReason::DeadlineExceeded.as_str_name(),
        format!("{target} did not answer before the deadline; retry, or allow more time"),
    )
    .zh(format!("{target} 未在时限内应答,请重试或放宽时限"))
    .with("target", target)
}

/// No server of `target` took the call.
pub(super) fn unreached(target: &str, cause: &str) -> Fault {
    unavailable(
        format!(
            "{target} cannot be reached ({cause}); check that the service runs, that the \
             address is right and that the network lets this host through, then retry"
        ),
        format!("无法连接 {target},请检查该服务是否运行、地址是否正确、网络是否放行,然后重试"),
        target,
    )
}

/// The connection broke after the call was sent.
pub(super) fn broken(target: &str, cause: &str) -> Fault {
    unavailable(
        format!(
            "the connection to {target} broke before the answer ({cause}); check that the \
             service runs, then retry with the same request_id"
        ),
        format!("与 {target} 的连接在应答前中断,请检查该服务是否运行,然后以相同的 request_id 重试"),
        target,
    )
}

fn unavailable(message: String, zh: String, target: &str) -> Fault {
    Fault::new(
        Code::Unavailable,
        ErrorReason::Unavailable.as_str_name(),
        message,
    )
    .zh(zh)
    .with("target", target)
}
