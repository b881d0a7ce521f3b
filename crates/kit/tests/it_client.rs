//! The client against real servers on real sockets.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "it_client/replica.rs"]
mod replica;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keynode_kit::auth::TENANT_HEADER;
use keynode_kit::call::{Call, Principal, TenantId, Visibility};
use keynode_kit::client::{Backoff, Channel, Credentials, Settings, Tls};
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::{CreateTenantRequest, ListRolesRequest};
use tokio::net::{TcpListener, TcpSocket};
use tonic::metadata::MetadataValue;
use tonic::transport::{Identity, ServerTlsConfig};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use self::replica::{Replica, Reply};

/// Far longer than anything here takes: only a hang reaches it.
const HANG: Duration = Duration::from_secs(20);

/// An address at which nobody listens, for as long as the socket is held.
fn nobody() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// As the defaults, but no test waits long for a retry and none meets an old replica
/// again by chance.
fn settings() -> Settings {
    let base = Duration::from_millis(1);
    Settings {
        timeout: HANG,
        backoff: Backoff {
            base,
            ..Backoff::default()
        },
        eject: Duration::from_secs(3600),
        ..Settings::default()
    }
}

fn channel(addresses: &[SocketAddr], settings: &Settings) -> Channel {
    let targets: Vec<_> = addresses.iter().map(|a| format!("http://{a}")).collect();
    Channel::new(&targets.join(","), settings, Credentials::None).unwrap()
}

async fn read(channel: &Channel) -> Result<(), Status> {
    DirectoryServiceClient::new(channel.clone())
        .list_roles(ListRolesRequest {})
        .await
        .map(drop)
}

async fn create(channel: &Channel) -> Result<(), Status> {
    let request = CreateTenantRequest {
        display_name: "A".into(),
        ..Default::default()
    };
    DirectoryServiceClient::new(channel.clone())
        .create_tenant(request)
        .await
        .map(drop)
}

fn call_of_somebody(deadline: Option<Instant>) -> Call {
    Call {
        principal: Principal {
            tenant: None,
            subject: "people/1".into(),
            person: None,
            team: None,
            roles: Vec::new(),
            scopes: Vec::new(),
            visibility: Visibility::All,
        },
        method: String::new(),
        now: jiff::Timestamp::UNIX_EPOCH,
        deadline,
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".into(),
        authorization: Some(MetadataValue::from_static("Bearer caller")),
        reveals: false,
        rights: Default::default(),
    }
}

fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .expect("every error has a reason")
        .reason
}

#[tokio::test]
async fn two_replicas_share_the_calls() {
    let (a, b) = (Replica::start([]), Replica::start([]));
    let channel = channel(&[a.address, b.address], &settings());
    for _ in 0..20 {
        read(&channel).await.unwrap();
    }
    assert_eq!((a.directory.calls(), b.directory.calls()), (10, 10));
}

#[tokio::test]
async fn a_killed_replica_costs_no_call_and_is_left_alone() {
    let (a, mut b) = (Replica::start([]), Replica::start([]));
    let channel = channel(&[a.address, b.address], &settings());
    for call in 0..100 {
        if call == 50 {
            b.kill();
        }
        read(&channel).await.unwrap();
    }
    assert!(b.directory.calls() > 0);
    let back = Replica::start_at(b.address, [], None);
    for _ in 0..20 {
        read(&channel).await.unwrap();
    }
    assert_eq!(back.directory.calls(), 0, "ejected for an hour");
}

#[tokio::test]
async fn a_replica_that_comes_back_gets_calls_again() {
    let (a, mut b) = (Replica::start([]), Replica::start([]));
    let settings = Settings {
        eject: Duration::from_millis(20),
        ..settings()
    };
    let channel = channel(&[a.address, b.address], &settings);
    b.kill();
    for _ in 0..10 {
        read(&channel).await.unwrap();
    }
    let back = Replica::start_at(b.address, [], None);
    let returned = async {
        while back.directory.calls() < 10 {
            read(&channel).await.unwrap();
        }
    };
    tokio::time::timeout(HANG, returned)
        .await
        .expect("probed and taken back");
}

#[tokio::test]
async fn a_read_in_flight_on_a_killed_replica_is_answered_by_another() {
    let (mut a, b) = (Replica::start([Reply::Silence]), Replica::start([]));
    let channel = channel(&[a.address, b.address], &settings());
    let call = tokio::spawn(async move { read(&channel).await });
    a.directory.arrived.notified().await;
    a.kill();
    call.await.unwrap().unwrap();
    assert_eq!(b.directory.calls(), 1);
}

#[tokio::test]
async fn a_mutation_without_request_id_is_never_done_twice() {
    let (mut a, b) = (Replica::start([Reply::Silence]), Replica::start([]));
    let channel = channel(&[a.address, b.address], &settings());
    let call = tokio::spawn(async move { create(&channel).await });
    a.directory.arrived.notified().await;
    a.kill();
    let status = call.await.unwrap().expect_err("its fate is unknown");
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unavailable, "UNAVAILABLE")
    );
    assert_eq!(b.directory.calls(), 0);
}

#[tokio::test]
async fn a_mutation_that_reached_nobody_is_sent_elsewhere() {
    let b = Replica::start([]);
    let (_held, nobody) = nobody();
    let channel = channel(&[nobody, b.address], &settings());
    create(&channel).await.unwrap();
    assert_eq!(b.directory.calls(), 1);
}

#[tokio::test]
async fn a_foreign_call_that_reached_nobody_is_sent_elsewhere() {
    let b = Replica::start([]);
    let (_held, nobody) = nobody();
    let channel = channel(&[nobody, b.address], &settings());
    let check = HealthClient::new(channel)
        .check(HealthCheckRequest::default())
        .await;
    check.expect("the request was lent again");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_at_the_deadline() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = Settings {
        timeout: Duration::from_millis(50),
        ..settings()
    };
    let channel = channel(&[mute.local_addr().unwrap()], &settings);
    let late = tokio::time::timeout(HANG, read(&channel))
        .await
        .expect("given up in time");
    let late = late.expect_err("nobody answered");
    assert_eq!(
        (late.code(), reason(&late).as_str()),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED")
    );
}

/// Calls until one of the first `limit` was answered late; returns how many were.
async fn late_calls(channel: &Channel, limit: usize) -> usize {
    let mut late = 0;
    for _ in 0..limit {
        match read(channel).await {
            Ok(()) => {}
            Err(status) => {
                assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
                late += 1;
            }
        }
    }
    late
}

#[tokio::test]
async fn a_replica_that_hangs_is_left_alone_after_two_calls() {
    let hung = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let b = Replica::start([]);
    let settings = Settings {
        timeout: Duration::from_millis(300),
        ..settings()
    };
    let channel = channel(&[hung.local_addr().unwrap(), b.address], &settings);
    assert_eq!(late_calls(&channel, 20).await, 2);
    assert_eq!(b.directory.calls(), 18);
}

#[tokio::test]
async fn a_replica_that_was_slow_once_keeps_its_calls() {
    let (a, b) = (Replica::start([Reply::Silence]), Replica::start([]));
    let settings = Settings {
        timeout: Duration::from_millis(300),
        ..settings()
    };
    let channel = channel(&[a.address, b.address], &settings);
    assert_eq!(late_calls(&channel, 20).await, 1);
    assert_eq!((a.directory.calls(), b.directory.calls()), (10, 10));
}

#[tokio::test]
async fn callers_in_a_hurry_do_not_eject_a_replica() {
    let (a, b) = (Replica::start(vec![Reply::Silence; 4]), Replica::start([]));
    let channel = channel(&[a.address, b.address], &settings());
    for _ in 0..8 {
        let soon = call_of_somebody(Some(Instant::now() + Duration::from_millis(100)));
        let _ = read(&channel.for_call(&soon)).await;
    }
    for _ in 0..8 {
        read(&channel).await.unwrap();
    }
    assert_eq!((a.directory.calls(), b.directory.calls()), (8, 8));
}

#[tokio::test]
async fn an_answer_that_stops_after_its_headers_ends_at_the_deadline() {
    let a = Replica::start([Reply::HeadersOnly]);
    let settings = Settings {
        timeout: Duration::from_millis(200),
        ..settings()
    };
    let channel = channel(&[a.address], &settings);
    let late = tokio::time::timeout(HANG, read(&channel))
        .await
        .expect("given up in time");
    assert_eq!(
        late.expect_err("nothing came").code(),
        Code::DeadlineExceeded
    );
    assert_eq!(a.directory.calls(), 1);
}

#[tokio::test]
async fn unavailable_twice_and_then_well_is_well() {
    let unavailable = Reply::Bad(Status::unavailable("starting"));
    let a = Replica::start([unavailable.clone(), unavailable]);
    read(&channel(&[a.address], &settings())).await.unwrap();
    assert_eq!(a.directory.calls(), 3);
}

#[tokio::test]
async fn a_call_is_not_tried_more_often_than_set() {
    let unavailable = Reply::Bad(Status::unavailable("broken for long"));
    let a = Replica::start(vec![unavailable; 10]);
    let status = read(&channel(&[a.address], &settings()))
        .await
        .expect_err("three failures");
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unavailable, "broken for long")
    );
    assert_eq!(a.directory.calls(), 3);
}

#[tokio::test]
async fn other_failures_are_not_repeated() {
    for code in [
        Code::InvalidArgument,
        Code::Internal,
        Code::ResourceExhausted,
        Code::Aborted,
    ] {
        let a = Replica::start([Reply::Bad(Status::new(code, "no"))]);
        let status = read(&channel(&[a.address], &settings()))
            .await
            .expect_err("refused");
        assert_eq!((status.code(), a.directory.calls()), (code, 1));
    }
}

fn come_back_after(delay: Duration) -> Reply {
    let details = tonic_types::ErrorDetails::with_retry_info(Some(delay));
    Reply::Bad(Status::with_error_details(
        Code::Unavailable,
        "later",
        details,
    ))
}

#[tokio::test]
async fn the_pause_that_a_server_asks_for_is_kept() {
    let asked = Duration::from_millis(80);
    let a = Replica::start([come_back_after(asked)]);
    read(&channel(&[a.address], &settings())).await.unwrap();
    let seen = a.directory.seen.lock().unwrap();
    assert!(seen[1].0 - seen[0].0 >= asked);
}

#[tokio::test]
async fn a_pause_beyond_the_deadline_is_not_waited_for() {
    let a = Replica::start([come_back_after(HANG * 2)]);
    let answer = tokio::time::timeout(HANG / 2, read(&channel(&[a.address], &settings()))).await;
    assert_eq!(
        answer.expect("answered at once").unwrap_err().code(),
        Code::Unavailable
    );
}

#[tokio::test]
async fn a_call_on_behalf_carries_credential_deadline_and_trace() {
    let a = Replica::start([]);
    let left = Duration::from_secs(10);
    let call = call_of_somebody(Some(Instant::now() + left));
    read(&channel(&[a.address], &settings()).for_call(&call))
        .await
        .unwrap();
    let timeout = a.directory.header("grpc-timeout").expect("passed on");
    let micros: u128 = timeout
        .to_str()
        .unwrap()
        .trim_end_matches('u')
        .parse()
        .unwrap();
    assert!(micros > 0 && micros < left.as_micros(), "{timeout:?}");
    assert_eq!(
        a.directory.header("authorization").unwrap(),
        "Bearer caller"
    );
    let trace = a.directory.header("traceparent").expect("passed on");
    assert!(trace.to_str().unwrap().contains(&call.trace_id));
}

#[tokio::test]
async fn a_service_says_in_which_tenant_it_acts() {
    let a = Replica::start([]);
    let credentials = Credentials::Service(Arc::new(|| MetadataValue::from_static("Bearer me")));
    let target = format!("http://{}", a.address);
    let channel = Channel::new(&target, &settings(), credentials).unwrap();
    let tenant = TenantId(uuid::Uuid::now_v7());
    read(
        &channel
            .for_call(&call_of_somebody(None))
            .as_service(Some(tenant)),
    )
    .await
    .unwrap();
    assert_eq!(a.directory.header("authorization").unwrap(), "Bearer me");
    assert_eq!(
        a.directory.header(TENANT_HEADER).unwrap(),
        tenant.to_string()
    );
}

#[tokio::test]
async fn a_call_whose_time_is_over_is_not_sent() {
    let a = Replica::start([]);
    let channel = channel(&[a.address], &settings());
    let over = call_of_somebody(Some(Instant::now()));
    let late = read(&channel.for_call(&over)).await.expect_err("too late");
    assert_eq!(
        (late.code(), a.directory.calls()),
        (Code::DeadlineExceeded, 0)
    );
}

#[tokio::test]
async fn a_peer_may_start_after_the_channel_was_made() {
    let (held, address) = nobody();
    let channel = channel(&[address], &settings());
    let early = read(&channel).await.expect_err("nobody there yet");
    assert_eq!(
        (early.code(), reason(&early).as_str()),
        (Code::Unavailable, "UNAVAILABLE")
    );
    assert!(
        early.message().contains(&address.to_string()),
        "{}",
        early.message()
    );
    drop(held);
    let _peer = Replica::start_at(address, [], None);
    read(&channel).await.unwrap();
}

#[tokio::test]
async fn a_host_name_is_resolved_and_a_wrong_one_is_named() {
    let a = Replica::start([]);
    let to = |host: &str| {
        let target = format!("dns:///{host}:{}", a.address.port());
        Channel::new(&target, &settings(), Credentials::None).unwrap()
    };
    read(&to("localhost")).await.unwrap();
    let status = read(&to("no-such-host.invalid"))
        .await
        .expect_err("no such host");
    assert_eq!(status.code(), Code::Unavailable);
    assert!(
        status.message().contains("no-such-host.invalid"),
        "{}",
        status.message()
    );
}

#[tokio::test]
async fn tls_trusts_the_named_authority_for_the_host_name_only() {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let identity = Identity::from_pem(cert.pem(), signing_key.serialize_pem());
    let server = ServerTlsConfig::new().identity(identity);
    let a = Replica::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), [], Some(server));
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, cert.pem()).unwrap();
    let tls = Tls {
        ca_file,
        ..Tls::default()
    };
    let settings = Settings { tls, ..settings() };
    let to = |host: &str| {
        let target = format!("https://{host}:{}", a.address.port());
        Channel::new(&target, &settings, Credentials::None).unwrap()
    };
    read(&to("localhost")).await.unwrap();
    let status = read(&to("127.0.0.1"))
        .await
        .expect_err("the certificate names localhost");
    assert_eq!((status.code(), a.directory.calls()), (Code::Unavailable, 1));
}
