//! A panic in a handler or in its stream is one failed call, not a dead process.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use tonic::Status;
use tonic::body::Body;

use super::step::{Inner, Next, Step, refuse};
use crate::error::Fault;

/// The step that catches panics.
#[derive(Clone)]
pub struct CatchPanics;

impl Step for CatchPanics {
    async fn around<S: Inner>(self, request: Request<Body>, next: Next<S>) -> Response<Body> {
        match AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => response.map(|body| Body::new(Caught(Some(body)))),
            Err(panic) => refuse(fault(&*panic)),
        }
    }
}

fn fault(panic: &(dyn Any + Send)) -> Fault {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Fault::internal(format!("panic: {text}"))
}

/// A response body whose panic becomes its last frame.
struct Caught(Option<Body>);

impl http_body::Body for Caught {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(body) = &mut self.0 else {
            return Poll::Ready(None);
        };
        catch_unwind(AssertUnwindSafe(|| Pin::new(body).poll_frame(cx))).unwrap_or_else(|panic| {
            self.0 = None;
            let mut trailers = HeaderMap::new();
            // Writing texts of our own as headers does not fail.
            let _ = Status::from(fault(&*panic)).add_header(&mut trailers);
            Poll::Ready(Some(Ok(Frame::trailers(trailers))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(http_body::Body::is_end_stream)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};
    use http_body_util::{BodyExt, StreamBody};
    use tonic::Code;

    use super::*;

    #[tokio::test]
    async fn a_panic_in_a_stream_ends_it_with_internal() {
        let frames = stream::iter([1, 2]).map(|count| match count {
            1 => Ok::<_, Status>(Frame::data(Bytes::from_static(b"first"))),
            _ => panic!("the stream broke"),
        });
        let mut body = Caught(Some(Body::new(StreamBody::new(frames))));
        assert!(body.frame().await.unwrap().unwrap().is_data());
        let trailers = body
            .frame()
            .await
            .unwrap()
            .unwrap()
            .into_trailers()
            .unwrap();
        let status = Status::from_header_map(&trailers).unwrap();
        assert_eq!(status.code(), Code::Internal);
        assert!(body.frame().await.is_none());
    }
}
