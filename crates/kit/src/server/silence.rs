//! The end of streams over which nothing goes: whoever forgot one gives its place back.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::BodyExt as _;
use keynode_proto::common::v1::ErrorReason;
use tokio::time::{Instant, Sleep, sleep};
use tonic::body::Body;
use tonic::{Code, Status};

use super::method::Methods;
use super::step::{Inner, Next, Step};
use crate::error::Fault;

/// The step that ends the stream of a caller who sends nothing while nothing is sent to them
/// either: the handler is told so where it waits for the next message.
#[derive(Clone)]
pub struct Silence {
    pub methods: Arc<Methods>,
    /// How long nothing may go over a stream.
    pub longest: Duration,
}

impl Step for Silence {
    async fn around<S: Inner>(self, request: Request<Body>, next: Next<S>) -> Response<Body> {
        let shape = self.methods.shape(request.uri().path());
        if !shape.is_some_and(|shape| shape.asks_stream) {
            return next.run(request).await;
        }
        let answered = Arc::new(Mutex::new(Instant::now()));
        let request = request.map(|body| {
            Body::new(Heard {
                body,
                longest: self.longest,
                silence: None,
                answered: Arc::clone(&answered),
            })
        });
        let response = next.run(request).await;
        response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                *answered.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
                frame
            }))
        })
    }
}

/// What a caller sends, for as long as there is something to hear.
struct Heard {
    body: Body,
    longest: Duration,
    /// Runs while the handler waits for the caller.
    silence: Option<Pin<Box<Sleep>>>,
    /// When something was last sent to the caller.
    answered: Arc<Mutex<Instant>>,
}

impl http_body::Body for Heard {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.silence = None;
            return Poll::Ready(frame);
        }
        let longest = this.longest;
        let silence = this.silence.get_or_insert_with(|| Box::pin(sleep(longest)));
        loop {
            ready!(silence.as_mut().poll(cx));
            let answered = *this.answered.lock().unwrap_or_else(PoisonError::into_inner);
            if answered.elapsed() >= longest {
                return Poll::Ready(Some(Err(silent(longest).into())));
            }
            silence.as_mut().reset(answered + longest);
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

fn silent(longest: Duration) -> Fault {
    Fault::new(
        Code::DeadlineExceeded,
        ErrorReason::DeadlineExceeded.as_str_name(),
        format!(
            "nothing came for {longest:?}; open a new stream and send on after the last answer"
        ),
    )
    .zh("数据流长时间无数据,已关闭;请重新建立并从最后的应答处继续")
    .with("limit", "server.stream_idle_timeout")
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream};
    use http_body_util::StreamBody;
    use tokio::time::timeout;

    use super::*;

    const LONGEST: Duration = Duration::from_secs(60);

    /// What is heard of a caller who says this and nothing more, without hanging up.
    fn heard(says: Vec<Bytes>) -> Heard {
        let said = stream::iter(says).map(|it| Ok::<_, Status>(Frame::data(it)));
        Heard {
            body: Body::new(StreamBody::new(said.chain(stream::pending()))),
            longest: LONGEST,
            silence: None,
            answered: Arc::new(Mutex::new(Instant::now())),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_falls_silent_is_told_after_a_time() {
        let began = Instant::now();
        let mut heard = heard(vec![Bytes::from_static(b"x")]);
        assert!(heard.frame().await.unwrap().is_ok());
        tokio::time::advance(LONGEST * 2).await;
        let waiting = timeout(LONGEST / 2, heard.frame()).await;
        assert!(waiting.is_err(), "the time of our own work does not count");
        let status = heard.frame().await.unwrap().unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded);
        assert_eq!(began.elapsed(), LONGEST * 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_is_sent_something_may_be_silent() {
        let mut heard = heard(Vec::new());
        let answered = Arc::clone(&heard.answered);
        for _ in 0..5 {
            let waiting = timeout(LONGEST / 2, heard.frame()).await;
            assert!(waiting.is_err());
            *answered.lock().unwrap() = Instant::now();
        }
        let last = *answered.lock().unwrap();
        assert!(heard.frame().await.unwrap().is_err());
        assert_eq!(last.elapsed(), LONGEST);
    }
}
