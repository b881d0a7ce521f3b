//! The deadline of a call: the caller's `grpc-timeout`, cut to the server's maximum
//! for unary calls. Expiry answers `DEADLINE_EXCEEDED` and drops the handler's work.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use keynode_proto::common::v1::ErrorReason;
use tokio::time::{Sleep, sleep_until, timeout_at};
use tonic::body::Body;
use tonic::{Code, Status};

use super::method::{Methods, Shape};
use super::step::{Inner, Next, Step, refuse};
use crate::error::Fault;

const HEADER: &str = "grpc-timeout";

/// Longer timeouts are as good as none, and would overflow the clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// When the caller stops waiting; in the request's extensions, so that a handler
/// passes what is left on to the services it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(pub Instant);

/// The step that keeps deadlines.
#[derive(Clone)]
pub struct Deadlines {
    pub methods: Arc<Methods>,
    /// The longest a unary call may take.
    pub maximum: Duration,
}

impl Deadlines {
    fn limit(&self, shape: Option<Shape>, asked: Option<Duration>) -> Option<Duration> {
        match shape.is_none_or(Shape::is_unary) {
            true => Some(asked.unwrap_or(self.maximum).min(self.maximum)),
            false => asked,
        }
    }
}

impl Step for Deadlines {
    async fn around<S: Inner>(self, mut request: Request<Body>, next: Next<S>) -> Response<Body> {
        let arrived = Instant::now();
        let asked = match request
            .headers_mut()
            .remove(HEADER)
            .map(|value| parse(&value))
        {
            Some(None) => return refuse(malformed()),
            Some(asked) => asked,
            None => None,
        };
        let shape = self.methods.shape(request.uri().path());
        let Some(limit) = self.limit(shape, asked) else {
            return next.run(request).await;
        };
        let deadline = arrived + limit.min(LONGEST);
        request.extensions_mut().insert(Deadline(deadline));
        match timeout_at(deadline.into(), next.run(request)).await {
            Ok(response) => response.map(|body| Body::new(Until::new(body, deadline))),
            Err(_) => refuse(expired()),
        }
    }
}

/// The wire form: at most eight digits and a unit.
/// Source: "Timeout" in the gRPC over HTTP/2 protocol.
fn parse(value: &HeaderValue) -> Option<Duration> {
    let (digits, unit) = value
        .to_str()
        .ok()?
        .split_at_checked(value.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

fn malformed() -> Fault {
    Fault::new(
        Code::InvalidArgument,
        ErrorReason::InvalidRequest.as_str_name(),
        "grpc-timeout is malformed; send at most eight digits and one of H M S m u n",
    )
    .zh("grpc-timeout 格式有误")
}

fn expired() -> Fault {
    Fault::new(
        Code::DeadlineExceeded,
        ErrorReason::DeadlineExceeded.as_str_name(),
        "the deadline passed before the answer; allow more time or ask for less",
    )
    .zh("处理超时,请稍后重试或缩小请求范围")
}

/// A response body that ends with `DEADLINE_EXCEEDED` when the deadline passes.
struct Until {
    /// None once the body has ended or was cut.
    body: Option<Body>,
    expiry: Pin<Box<Sleep>>,
}

impl Until {
    fn new(body: Body, deadline: Instant) -> Self {
        Self {
            body: Some(body),
            expiry: Box::pin(sleep_until(deadline.into())),
        }
    }

    fn cut(&mut self) -> Frame<Bytes> {
        self.body = None;
        let mut trailers = HeaderMap::new();
        // Writing ASCII texts of our own as headers does not fail.
        let _ = Status::from(expired()).add_header(&mut trailers);
        Frame::trailers(trailers)
    }
}

impl http_body::Body for Until {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        match self.expiry.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Some(Ok(self.cut()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body
            .as_ref()
            .is_none_or(http_body::Body::is_end_stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_of_a_timeout_is_read() {
        let parse = |text: &str| parse(&HeaderValue::from_str(text).unwrap());
        assert_eq!(parse("1S"), Some(Duration::from_secs(1)));
        assert_eq!(parse("250m"), Some(Duration::from_millis(250)));
        assert_eq!(
            parse("99999999H"),
            Some(Duration::from_secs(99_999_999 * 3600))
        );
        for bad in [
            "",
            "S",
            "1",
            "-1S",
            "1.5S",
            "123456789S",
            "1s",
            "+1S",
            "1 S",
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
        let umlaut = HeaderValue::from_bytes("1ü".as_bytes()).unwrap();
        assert_eq!(super::parse(&umlaut), None);
    }

    #[test]
    fn only_unary_calls_have_a_maximum() {
        let methods = Arc::new(Methods::read(&[]).unwrap());
        let deadlines = Deadlines {
            methods,
            maximum: Duration::from_secs(30),
        };
        let hour = Some(Duration::from_secs(3600));
        let stream = Some(Shape {
            asks_stream: false,
            answers_stream: true,
        });
        assert_eq!(deadlines.limit(None, None), Some(Duration::from_secs(30)));
        assert_eq!(deadlines.limit(None, hour), Some(Duration::from_secs(30)));
        assert_eq!(deadlines.limit(stream, None), None);
        assert_eq!(deadlines.limit(stream, hour), hour);
    }
}
