//! Deadlines and broken requests, seen by a client that adds nothing of its own:
//! tonic's client would act on `grpc-timeout` itself.

use bytes::Bytes;
use http::HeaderMap;
use tokio::net::TcpStream;
use tonic::Code;

use super::*;

/// One gRPC frame holding `GetPersonRequest { name }`.
fn frame(name: &str) -> Bytes {
    use prost::Message;
    let message = GetPersonRequest {
        name: name.to_owned(),
    }
    .encode_to_vec();
    framed(&message)
}

fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0][..], &length, message].concat().into()
}

/// Sends one request; returns what the answer's headers and trailers say.
async fn post(
    address: SocketAddr,
    path: &str,
    headers: &[(&'static str, &str)],
    body: Bytes,
) -> HeaderMap {
    let stream = TcpStream::connect(address).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut request = Request::post(format!("http://{address}{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut client = client.ready().await.unwrap();
    let (answer, mut sender) = client
        .send_request(request.body(()).unwrap(), false)
        .unwrap();
    sender.send_data(body, true).unwrap();
    let (parts, mut body) = answer.await.unwrap().into_parts();
    while let Some(data) = body.data().await {
        data.unwrap();
    }
    let mut all = parts.headers;
    all.extend(body.trailers().await.unwrap().unwrap_or_default());
    connection.abort();
    all
}

async fn status(
    server: &Running,
    path: &str,
    headers: &[(&'static str, &str)],
    body: Bytes,
) -> Status {
    let headers = post(server.address, path, headers, body).await;
    Status::from_header_map(&headers).expect("a status came")
}

#[tokio::test]
async fn an_expired_call_answers_deadline_exceeded() {
    let server = Running::start(Settings::default()).await;
    let timeout = [("grpc-timeout", "150m")];
    for _ in 0..3 {
        let status = status(&server, GET_PERSON, &timeout, frame("people/slow")).await;
        assert_eq!(status.code(), Code::DeadlineExceeded, "4, not CANCELLED");
        assert_eq!(reason(&status), "DEADLINE_EXCEEDED");
    }
}

#[tokio::test]
async fn the_servers_maximum_holds_when_the_caller_asks_for_none_or_more() {
    let settings = Settings {
        timeout: Duration::from_millis(100),
        ..Settings::default()
    };
    let server = Running::start(settings).await;
    for timeout in [&[][..], &[("grpc-timeout", "1H")]] {
        let status = status(&server, GET_PERSON, timeout, frame("people/slow")).await;
        assert_eq!(reason(&status), "DEADLINE_EXCEEDED");
    }
}

#[tokio::test]
async fn a_stream_ends_at_the_callers_deadline_and_not_at_the_servers() {
    let settings = Settings {
        timeout: Duration::from_millis(50),
        ..Settings::default()
    };
    let server = Running::start(settings).await;
    let watch = "/grpc.health.v1.Health/Watch";
    let started = std::time::Instant::now();
    let status = status(&server, watch, &[("grpc-timeout", "400m")], framed(&[])).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(started.elapsed() >= Duration::from_millis(400));
    assert!(
        status.get_details_request_info().is_some(),
        "trailers are explained too"
    );
}

#[tokio::test]
async fn a_malformed_timeout_is_refused() {
    let server = Running::start(Settings::default()).await;
    let timeout = [("grpc-timeout", "soon")];
    let status = status(&server, GET_PERSON, &timeout, frame("people/1")).await;
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::InvalidArgument, "INVALID_REQUEST")
    );
}

#[tokio::test]
async fn bytes_that_are_no_message_are_the_callers_fault() {
    let server = Running::start(Settings::default()).await;
    let half = Bytes::from_static(&[0, 0, 0, 0, 9, 1]);
    for body in [
        framed(&[0x0a, 0xff]),
        half,
        Bytes::new(),
        Bytes::from_static(&[7, 0, 0, 0, 0]),
    ] {
        let status = status(&server, GET_PERSON, &[], body).await;
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        assert_eq!(reason(&status), "INVALID_REQUEST");
    }
}

#[tokio::test]
async fn an_unsupported_compression_says_so() {
    let server = Running::start(Settings::default()).await;
    let encoding = [("grpc-encoding", "snappy")];
    let status = status(&server, GET_PERSON, &encoding, frame("people/1")).await;
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(reason(&status), "INVALID_REQUEST");
    assert!(status.message().contains("gzip"), "{status}");
}

#[tokio::test]
async fn the_callers_trace_is_continued() {
    let server = Running::start(Settings::default()).await;
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{id}-00f067aa0ba902b7-01");
    let headers = [("traceparent", parent.as_str())];
    let answer = post(server.address, GET_PERSON, &headers, frame("people/1")).await;
    assert_eq!(answer["trace-id"], id);
    assert_eq!(answer["grpc-status"], "0");
}
