//! What callers are told when all is well and when it is not.

use tonic::Code;

use super::*;

fn small() -> Settings {
    Settings {
        max_message_bytes: 1024,
        ..Settings::default()
    }
}

fn is_trace_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())
}

#[tokio::test]
async fn success_carries_the_trace_id_and_a_deadline() {
    let server = Running::start(Settings::default()).await;
    let answer = get_person(server.channel().await, "people/1")
        .await
        .unwrap();
    assert!(is_trace_id(
        answer.metadata().get("trace-id").unwrap().to_str().unwrap()
    ));
    let left: u64 = answer
        .metadata()
        .get("left-ms")
        .unwrap()
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        (20_000..=30_000).contains(&left),
        "{left} ms of the default of 30 s"
    );
}

#[tokio::test]
async fn an_error_carries_the_trace_id_twice_and_hides_its_cause() {
    let server = Running::start(Settings::default()).await;
    let status = get_person(server.channel().await, "people/bare")
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Internal, "INTERNAL")
    );
    assert!(!format!("{status:?}").contains("password"));
    let id = status.metadata().get("trace-id").unwrap().to_str().unwrap();
    assert!(is_trace_id(id));
    assert_eq!(status.get_details_request_info().unwrap().request_id, id);
}

#[tokio::test]
async fn a_panic_is_one_failed_call() {
    let server = Running::start(Settings::default()).await;
    let channel = server.channel().await;
    let status = get_person(channel.clone(), "people/panic")
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Internal, "INTERNAL")
    );
    get_person(channel, "people/1")
        .await
        .expect("the same connection still works");
}

#[tokio::test]
async fn a_message_over_the_limit_is_told_the_limit() {
    let server = Running::start(small()).await;
    let name = "x".repeat(2048);
    let status = get_person(server.channel().await, &name).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(reason(&status), "MESSAGE_TOO_LARGE");
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.metadata["limit_bytes"], "1024");
}

#[tokio::test]
async fn an_unknown_method_is_told_the_nearest_one() {
    let server = Running::start(Settings::default()).await;
    let path = "/keynode.accounts.v1.DirectoryService/GetPersn";
    let status = call(server.channel().await, path, "").await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(reason(&status), "METHOD_UNKNOWN");
    assert!(status.message().contains(GET_PERSON), "{status}");
}

#[tokio::test]
async fn what_cannot_be_worked_on_is_shed_with_the_time_to_come_back() {
    let server = Running::start(Settings {
        max_in_flight: 1,
        ..Settings::default()
    })
    .await;
    let channel = server.channel().await;
    let slow = tokio::spawn(get_person(channel.clone(), "people/slow"));
    let status = loop {
        if let Err(status) = get_person(channel.clone(), "people/1").await {
            break status;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(reason(&status), "OVERLOADED");
    let delay = status
        .get_details_retry_info()
        .unwrap()
        .retry_delay
        .unwrap();
    assert!(delay >= Duration::from_millis(500), "{delay:?}");

    let mut health = tonic_health::pb::health_client::HealthClient::new(channel.clone());
    health
        .check(tonic_health::pb::HealthCheckRequest::default())
        .await
        .expect("health answers");

    // A caller that goes away gives its place back.
    slow.abort();
    while get_person(channel.clone(), "people/1").await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_taken_port_is_named_with_the_way_out() {
    let taken = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = taken.local_addr().unwrap();
    let error = bind(address).await.unwrap_err().to_string();
    assert!(
        error.contains(&address.to_string()) && error.contains("server.listen"),
        "{error}"
    );
}

#[tokio::test]
async fn calls_are_counted_by_service_method_and_code() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let shown = recorder.handle();
    // This test's runtime has one thread, so the server records here too.
    let _guard = metrics::set_default_local_recorder(&recorder);
    let server = Running::start(Settings::default()).await;
    let channel = server.channel().await;
    get_person(channel.clone(), "people/1").await.unwrap();
    get_person(channel.clone(), "people/panic")
        .await
        .unwrap_err();
    call(channel, "/made.up/Path", "").await.unwrap_err();
    let labels = r#"service="accounts",method="DirectoryService/GetPerson""#;
    for line in [
        format!(r#"keynode_rpc_requests_total{{{labels},code="OK"}} 1"#),
        format!(r#"keynode_rpc_requests_total{{{labels},code="INTERNAL"}} 1"#),
        r#"service="unknown",method="unknown",code="UNIMPLEMENTED"} 1"#.to_owned(),
        r#"keynode_rpc_in_flight{service="accounts"} 0"#.to_owned(),
        format!("keynode_rpc_duration_seconds_count{{{labels}}} 2"),
    ] {
        let text = shown.render();
        assert!(text.contains(&line), "{line} is not in\n{text}");
    }
}
