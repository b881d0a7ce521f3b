//! What any call may be refused for that succeeds when it is tried again.

use std::time::Duration;

use keynode_kit::error::Fault;
use keynode_proto::common::v1::ErrorReason as CommonReason;
use tonic::Code;

use super::Error;

/// The refusal for the wire.
pub fn explain(error: &Error) -> Fault {
    match error {
        Error::Conflict(what) => Fault::new(
            Code::Aborted,
            CommonReason::Conflict.as_str_name(),
            format!("{what} changed meanwhile; retry"),
        )
        .zh("并发冲突,请重试")
        .retry_after(Duration::from_millis(50)),
        Error::PeerUnavailable(peer) => Fault::new(
            Code::Unavailable,
            CommonReason::Unavailable.as_str_name(),
            format!("the {peer} service does not answer and this call needs it; retry"),
        )
        .zh("所依赖的服务暂不可用,请稍后重试")
        .with("service", *peer)
        .retry_after(Duration::from_secs(1)),
        other => Fault::internal(other),
    }
}

#[cfg(test)]
mod tests {
    use keynode_kit::error::Explain as _;

    use super::*;

    #[test]
    fn whoever_met_another_writer_is_told_when_to_retry() {
        use tonic_types::StatusExt as _;
        let status = tonic::Status::from(Error::Conflict("a deal".to_owned()).explain());
        let retry = status.get_details_retry_info().unwrap();
        assert_eq!(retry.retry_delay, Some(Duration::from_millis(50)));
    }
}
