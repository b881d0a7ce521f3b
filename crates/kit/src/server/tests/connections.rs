//! Peers that take a connection and bring no call do not use the process up.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

/// Far longer than anything here takes.
const HANG: Duration = Duration::from_secs(5);

async fn impatient() -> Running {
    Running::start(Settings {
        keepalive_timeout: Duration::from_millis(200),
        ..Settings::default()
    })
    .await
}

/// Waits until the server hangs up; returns how long that took.
async fn hung_up(stream: &mut TcpStream) -> Duration {
    let started = Instant::now();
    let mut said = Vec::new();
    let read = stream.read_to_end(&mut said);
    // A reset is as good as an end.
    let _ = tokio::time::timeout(HANG, read).await.expect("hung up");
    started.elapsed()
}

#[tokio::test]
async fn a_peer_that_stops_in_the_middle_of_its_greeting_is_let_go() {
    let server = impatient().await;
    for part in [
        "P",
        "PRI * HT",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
        "POST / HTTP/1.1\r\nhost:",
    ] {
        let mut half = TcpStream::connect(server.address).await.unwrap();
        half.write_all(part.as_bytes()).await.unwrap();
        let took = hung_up(&mut half).await;
        assert!(took >= Duration::from_millis(150), "{part:?}: {took:?}");
    }
}

#[tokio::test]
async fn a_greeting_that_trickles_in_gains_no_time() {
    let server = impatient().await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let trickle = tokio::spawn(async move {
        for byte in b"POST / HTTP/1.1\r\nhost: localhost\r\naccept: everything" {
            sleep(Duration::from_millis(100)).await;
            write.write_all(&[*byte]).await?;
        }
        io::Result::Ok(())
    });
    let mut said = Vec::new();
    let rest = read.read_to_end(&mut said);
    let _ = tokio::time::timeout(Duration::from_secs(2), rest)
        .await
        .expect("hung up");
    trickle.abort();
}

#[tokio::test]
async fn a_peer_that_greeted_may_wait_with_its_first_call() {
    let server = impatient().await;
    let channel = server.channel().await;
    sleep(Duration::from_millis(600)).await;
    get_person(channel, "people/1").await.unwrap();

    let stream = TcpStream::connect(server.address).await.unwrap();
    let (client, mut connection) = h2::client::handshake(stream).await.unwrap();
    let kept = tokio::time::timeout(Duration::from_millis(600), &mut connection).await;
    kept.expect_err("an idle connection is kept open");
    drop(client);
}

#[tokio::test]
async fn connections_beyond_the_maximum_are_closed_until_one_ends() {
    let server = Running::start(Settings {
        max_connections: 2,
        ..Settings::default()
    })
    .await;
    let first = TcpStream::connect(server.address).await.unwrap();
    let channel = server.channel().await;
    let mut excess = TcpStream::connect(server.address).await.unwrap();
    hung_up(&mut excess).await;
    get_person(channel, "people/1")
        .await
        .expect("served as before");

    drop(first);
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
    let freed = async {
        while get_person(endpoint.connect_lazy(), "people/1")
            .await
            .is_err()
        {
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(HANG, freed)
        .await
        .expect("the place is free again");
}

#[tokio::test]
async fn a_port_that_is_taken_names_the_cause_once() {
    let server = Running::start(Settings::default()).await;
    let error = bind(server.address).await.expect_err("taken");
    let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |e| e.source());
    let text = chain
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ");
    assert_eq!(text.matches("os error").count(), 1, "{text}");
    assert_eq!(
        text.to_lowercase()
            .matches("address already in use")
            .count(),
        1,
        "{text}"
    );
    assert!(text.contains("server.listen"), "{text}");
}
