//! Bodies: requests that can be sent again, answers that end with the deadline.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt as _, BodyStream, Full, StreamBody};
use tokio::time::{Instant, Sleep};
use tonic::Status;
use tonic::body::Body;

use super::fault;
use super::replica::Lease;

/// The body of a request.
#[derive(Clone)]
pub(super) enum Payload {
    /// Kept: can be sent any number of times.
    Kept(Bytes),
    /// Passed through: can be lent again as long as no server took any of it.
    Passing(Arc<Mutex<Body>>),
}

impl Payload {
    /// Keeps the body if it may be kept and ends within `limit` bytes.
    pub(super) async fn of(mut body: Body, keep: bool, limit: usize) -> Result<Self, Status> {
        let mut read = BytesMut::new();
        while keep && read.len() <= limit {
            match body.frame().await.transpose()? {
                None => return Ok(Self::Kept(read.freeze())),
                Some(frame) => read.extend_from_slice(frame.data_ref().unwrap_or(&Bytes::new())),
            }
        }
        let body = if read.is_empty() {
            body
        } else {
            prefixed(read.freeze(), body)
        };
        Ok(Self::Passing(Arc::new(Mutex::new(body))))
    }

    pub(super) fn kept(&self) -> Option<&[u8]> {
        match self {
            Self::Kept(bytes) => Some(bytes),
            Self::Passing(_) => None,
        }
    }

    pub(super) fn body(&self) -> Body {
        match self {
            Self::Kept(bytes) => Body::new(Full::new(bytes.clone())),
            Self::Passing(body) => Body::new(Lent(body.clone())),
        }
    }
}

fn prefixed(read: Bytes, rest: Body) -> Body {
    let first = stream::iter([Ok(Frame::data(read))]);
    Body::new(StreamBody::new(first.chain(BodyStream::new(rest))))
}

/// A body that its owner can lend again when the one it was lent to never read it.
struct Lent(Arc<Mutex<Body>>);

impl http_body::Body for Lent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .size_hint()
    }
}

/// The body of an answer: holds the replica's place until its end, and ends with
/// `DEADLINE_EXCEEDED` when the deadline passes in the middle.
pub(super) struct Answer {
    body: Body,
    _lease: Lease,
    deadline: Option<Pin<Box<Sleep>>>,
    target: Arc<str>,
    ended: bool,
}

impl Answer {
    pub(super) fn new(
        body: Body,
        lease: Lease,
        deadline: Option<Instant>,
        target: Arc<str>,
    ) -> Self {
        let deadline = deadline.map(|at| Box::pin(tokio::time::sleep_until(at)));
        Self {
            body,
            _lease: lease,
            deadline,
            target,
            ended: false,
        }
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let ready @ Poll::Ready(_) = Pin::new(&mut self.body).poll_frame(cx) {
            return ready;
        }
        let Some(deadline) = self.deadline.as_mut() else {
            return Poll::Pending;
        };
        ready!(deadline.as_mut().poll(cx));
        self.ended = true;
        Poll::Ready(Some(Err(fault::late(&self.target).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_frames() -> Body {
        let frames = ["abc", "def"].map(|data| Ok::<_, Status>(Frame::data(Bytes::from(data))));
        Body::new(StreamBody::new(stream::iter(frames)))
    }

    async fn content(body: Body) -> Bytes {
        body.collect().await.expect("readable").to_bytes()
    }

    #[tokio::test]
    async fn a_small_body_is_kept_and_sent_twice() {
        let payload = Payload::of(two_frames(), true, 6).await.expect("readable");
        assert_eq!(payload.kept(), Some(&b"abcdef"[..]));
        assert_eq!(content(payload.body()).await, content(payload.body()).await);
    }

    #[tokio::test]
    async fn a_large_body_passes_through_whole() {
        let payload = Payload::of(two_frames(), true, 2).await.expect("readable");
        assert_eq!(payload.kept(), None);
        assert_eq!(content(payload.body()).await, "abcdef");
    }

    #[tokio::test]
    async fn a_stream_never_read_can_be_lent_again() {
        let payload = Payload::of(two_frames(), false, 100)
            .await
            .expect("readable");
        drop(payload.body());
        assert_eq!(content(payload.body()).await, "abcdef");
    }
}
