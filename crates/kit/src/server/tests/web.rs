//! gRPC-Web over plain HTTP/1.1, as a browser or curl would send it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

async fn exchange(address: SocketAddr, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{head}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream
        .write_all(&[head.as_bytes(), body].concat())
        .await
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn head(path: &str, more: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc-web+proto\r\n{more}")
}

#[tokio::test]
async fn a_call_is_answered_with_its_status_in_the_body() {
    let server = Running::start(Settings::default()).await;
    let answer = exchange(server.address, &head(GET_PERSON, ""), &[0; 5]).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("trace-id: ") && answer.contains("grpc-status:0"),
        "{answer}"
    );
}

#[tokio::test]
async fn errors_are_explained_here_too() {
    let server = Running::start(Settings::default()).await;
    let answer = exchange(server.address, &head("/no.such/Method", ""), &[0; 5]).await;
    assert!(answer.contains("grpc-status: 12"), "{answer}");
    assert!(answer.contains("grpc-status-details-bin"), "{answer}");
    let answer = exchange(
        server.address,
        &head(GET_PERSON, "grpc-timeout: x\r\n"),
        &[0; 5],
    )
    .await;
    assert!(answer.contains("grpc-status: 3"), "{answer}");
}

#[tokio::test]
async fn plain_http_is_refused() {
    let server = Running::start(Settings::default()).await;
    let answer = exchange(server.address, "GET / HTTP/1.1\r\nhost: x\r\n", &[]).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}
