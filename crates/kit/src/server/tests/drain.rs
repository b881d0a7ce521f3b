//! Shutdown ends in time whatever the peers do.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::*;

fn quick() -> Settings {
    Settings {
        drain: Duration::from_millis(500),
        ..Settings::default()
    }
}

/// Shuts the server down; returns how long that took.
async fn stop(server: Running) -> Duration {
    let started = Instant::now();
    server.shutdown.cancel();
    let served = tokio::time::timeout(Duration::from_secs(5), server.served).await;
    served.expect("serve returned").unwrap().unwrap();
    started.elapsed()
}

#[tokio::test]
async fn silent_and_half_open_peers_are_cut_after_the_drain() {
    let server = Running::start(quick()).await;
    let _silent = TcpStream::connect(server.address).await.unwrap();
    let mut half = TcpStream::connect(server.address).await.unwrap();
    // The preface and empty settings, then never a word: pings and GOAWAY go unanswered.
    half.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    half.readable().await.unwrap();
    let took = stop(server).await;
    assert!(
        took >= Duration::from_millis(450),
        "the half-open peer was given its time: {took:?}"
    );
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn a_peer_that_never_spoke_delays_nothing() {
    let server = Running::start(Settings::default()).await;
    let _silent = TcpStream::connect(server.address).await.unwrap();
    get_person(server.channel().await, "people/1")
        .await
        .unwrap();
    assert!(stop(server).await < Duration::from_secs(2));
}

#[tokio::test]
async fn a_peer_that_never_speaks_is_let_go() {
    let settings = Settings {
        keepalive_timeout: Duration::from_millis(100),
        ..Settings::default()
    };
    let server = Running::start(settings).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let read = silent.read_u8();
    let closed = tokio::time::timeout(Duration::from_secs(3), read).await;
    closed.expect("the server hung up").unwrap_err();
}

#[tokio::test]
async fn a_call_longer_than_the_drain_is_cut() {
    let server = Running::start(quick()).await;
    let slow = tokio::spawn(get_person(server.channel().await, "people/slow"));
    let channel = server.channel().await;
    get_person(channel, "people/1").await.unwrap();
    sleep(Duration::from_millis(50)).await;
    assert!(stop(server).await < Duration::from_secs(3));
    slow.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn watchers_of_health_hear_not_serving_and_do_not_hold_up_the_drain() {
    let server = Running::start(Settings::default()).await;
    let mut health = HealthClient::new(server.channel().await);
    let request = HealthCheckRequest {
        service: Directory::NAME.to_owned(),
    };
    let mut watch = health.watch(request).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status, 1, "SERVING");
    drop(health);
    assert!(
        stop(server).await < Duration::from_secs(2),
        "long before the drain of 10 s"
    );
    assert_eq!(
        watch.message().await.unwrap().unwrap().status,
        2,
        "NOT_SERVING"
    );
    assert!(watch.message().await.unwrap().is_none(), "the stream ended");
}

#[tokio::test]
async fn an_old_connection_is_told_to_go() {
    let settings = Settings {
        max_connection_age: Duration::from_millis(100),
        ..Settings::default()
    };
    let server = Running::start(settings).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (_client, connection) = h2::client::handshake(stream).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(3), connection).await;
    ended.expect("GOAWAY came by itself").unwrap();
}
