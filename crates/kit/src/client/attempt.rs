//! One call as its attempts: send, judge, pause, send again elsewhere.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::time::Duration;

use http::{HeaderMap, Request, Response, StatusCode, request};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, ConnectError, Status, TimeoutExpired};
use tonic_types::StatusExt as _;
use tower::{Service as _, ServiceExt as _};

use super::Channel;
use super::body::{Answer, Payload};
use super::context::set_timeout;
use super::replica::Lease;
use super::{contract, fault};

/// How an attempt ended.
enum Outcome {
    /// A server answered: well, or with a status that repeating would not change.
    Answered(Response<Body>),
    /// A server answered `UNAVAILABLE`.
    Unavailable(Response<Body>),
    /// No server took the call.
    Unreached(String),
    /// The connection broke; a server may have done the work.
    Broken(String),
    Late,
}

/// Makes the call that `request` describes.
pub(super) async fn call(
    channel: Channel,
    request: Request<Body>,
) -> Result<Response<Body>, Status> {
    let shape = contract::shape(request.uri().path());
    let default = (!shape.streams).then_some(channel.shared.settings.timeout);
    let Some(deadline) = channel.context.deadline(request.headers(), default) else {
        return attempts(&channel, shape, None, request).await;
    };
    let late = || fault::late(&channel.shared.target).into();
    if deadline <= Instant::now() {
        return Err(late());
    }
    let answer = attempts(&channel, shape, Some(deadline), request);
    tokio::time::timeout_at(deadline, answer)
        .await
        .unwrap_or_else(|_| {
            count(&channel, "deadline");
            Err(late())
        })
}

async fn attempts(
    channel: &Channel,
    shape: contract::Shape,
    deadline: Option<Instant>,
    request: Request<Body>,
) -> Result<Response<Body>, Status> {
    let settings = &channel.shared.settings;
    let (mut head, body) = request.into_parts();
    channel
        .context
        .apply(&channel.shared.credentials, &mut head.headers);
    let payload = Payload::of(body, shape.keeps, settings.max_message_bytes).await?;
    let repeatable = payload.kept().is_some_and(|body| shape.repeatable(body));
    let (mut tried, mut attempt) = (Vec::new(), 1);
    loop {
        let outcome = attempt_once(channel, &head, &payload, deadline, &mut tried).await;
        count(channel, outcome.label());
        if attempt >= settings.attempts || !outcome.may_repeat(repeatable) {
            return outcome.into_result(&channel.shared.target);
        }
        let pause = settings.backoff.pause(attempt).max(outcome.pause_asked());
        if deadline.is_some_and(|at| at <= Instant::now() + pause) {
            return outcome.into_result(&channel.shared.target);
        }
        channel.shared.balance.suspect();
        tokio::time::sleep(pause).await;
        attempt += 1;
    }
}

async fn attempt_once(
    channel: &Channel,
    head: &request::Parts,
    payload: &Payload,
    deadline: Option<Instant>,
    tried: &mut Vec<SocketAddr>,
) -> Outcome {
    let mut lease = match channel.shared.balance.pick(tried, deadline).await {
        Ok(lease) => lease,
        Err(error) => return Outcome::Unreached(error.to_string()),
    };
    tried.push(lease.address());
    let mut request = Request::from_parts(head.clone(), payload.body());
    if let Some(deadline) = deadline {
        set_timeout(request.headers_mut(), deadline);
    }
    let outcome = send(&lease, request).await;
    settle(&mut lease, &outcome);
    outcome.map_answer(|body| {
        Body::new(Answer::new(
            body,
            lease,
            deadline,
            channel.shared.target.clone(),
        ))
    })
}

async fn send(lease: &Lease, request: Request<Body>) -> Outcome {
    let mut connection = lease.connection();
    let answer = match connection.ready().await {
        Ok(ready) => ready.call(request).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) if is_unavailable(&answer) => Outcome::Unavailable(answer),
        Ok(answer) => Outcome::Answered(answer),
        Err(error) => judge(&error),
    }
}

fn settle(lease: &mut Lease, outcome: &Outcome) {
    match outcome {
        Outcome::Answered(_) => lease.succeed(),
        Outcome::Unavailable(_) => lease.fail("it answered UNAVAILABLE"),
        Outcome::Unreached(cause) | Outcome::Broken(cause) => lease.fail(cause),
        Outcome::Late => lease.late(),
    }
}

/// `UNAVAILABLE` in the headers, or what a proxy without gRPC says instead.
fn is_unavailable(answer: &Response<Body>) -> bool {
    match answer.headers().get(Status::GRPC_STATUS) {
        Some(code) => Code::from_bytes(code.as_bytes()) == Code::Unavailable,
        None => matches!(
            answer.status(),
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
        ),
    }
}

fn judge(error: &(dyn StdError + 'static)) -> Outcome {
    let chain = || std::iter::successors(Some(error), |&e| e.source());
    let cause = || chain().last().unwrap_or(error).to_string();
    if chain().any(|e| e.is::<ConnectError>()) {
        Outcome::Unreached(cause())
    } else if chain().any(|e| e.is::<TimeoutExpired>()) {
        Outcome::Late
    } else {
        Outcome::Broken(cause())
    }
}

impl Outcome {
    fn may_repeat(&self, repeatable: bool) -> bool {
        match self {
            Self::Unreached(_) => true,
            Self::Unavailable(_) | Self::Broken(_) => repeatable,
            Self::Answered(_) | Self::Late => false,
        }
    }

    /// How long the server asks callers to stay away.
    fn pause_asked(&self) -> Duration {
        let Self::Unavailable(answer) = self else {
            return Duration::ZERO;
        };
        asked(answer.headers()).unwrap_or_default()
    }

    fn map_answer(self, f: impl FnOnce(Body) -> Body) -> Self {
        match self {
            Self::Answered(answer) => Self::Answered(answer.map(f)),
            other => other,
        }
    }

    fn into_result(self, target: &str) -> Result<Response<Body>, Status> {
        match self {
            Self::Answered(answer) | Self::Unavailable(answer) => Ok(answer),
            Self::Unreached(cause) => Err(fault::unreached(target, &cause).into()),
            Self::Broken(cause) => Err(fault::broken(target, &cause).into()),
            Self::Late => Err(fault::late(target).into()),
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Answered(answer) if refused(answer.headers()) => "refused",
            Self::Answered(_) => "ok",
            Self::Unavailable(_) => "unavailable",
            Self::Unreached(_) => "unreached",
            Self::Broken(_) => "broken",
            Self::Late => "deadline",
        }
    }
}

fn asked(headers: &HeaderMap) -> Option<Duration> {
    Status::from_header_map(headers)?
        .get_details_retry_info()?
        .retry_delay
}

fn refused(headers: &HeaderMap) -> bool {
    headers
        .get(Status::GRPC_STATUS)
        .is_some_and(|code| code != "0")
}

fn count(channel: &Channel, outcome: &'static str) {
    let target = channel.shared.target.to_string();
    metrics::counter!("keynode_client_attempts_total", "target" => target, "outcome" => outcome)
        .increment(1);
}
