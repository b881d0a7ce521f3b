//! Health and reflection.

use futures_util::stream;
use prost::Message as _;
use prost_types::FileDescriptorProto;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::{v1, v1alpha};

use super::*;

#[tokio::test]
async fn health_follows_readiness_per_service_and_overall() {
    let server = Running::start(Settings::default()).await;
    let mut health = HealthClient::new(server.channel().await);
    for service in ["", Directory::NAME] {
        server.readiness.set("accounts", true, "");
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let mut watch = health.watch(request).await.unwrap().into_inner();
        while watch.message().await.unwrap().unwrap().status != 1 {}
        server
            .readiness
            .set("accounts", false, "the database is away");
        assert_eq!(
            watch.message().await.unwrap().unwrap().status,
            2,
            "NOT_SERVING"
        );
    }
}

#[tokio::test]
async fn an_unknown_service_is_not_found_with_a_reason() {
    let server = Running::start(Settings::default()).await;
    let mut health = HealthClient::new(server.channel().await);
    let request = HealthCheckRequest {
        service: "no.such.Service".to_owned(),
    };
    let status = health.check(request).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::NotFound);
    assert_eq!(reason(&status), "INVALID_REQUEST");
}

#[tokio::test]
async fn reflection_v1_lists_the_contracts() {
    use v1::server_reflection_request::MessageRequest;
    use v1::server_reflection_response::MessageResponse;
    let server = Running::start(Settings::default()).await;
    let mut client =
        v1::server_reflection_client::ServerReflectionClient::new(server.channel().await);
    let ask = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = client
        .server_reflection_info(stream::iter([ask]))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else {
        panic!("{answer:?}")
    };
    let names: Vec<_> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    assert!(
        names.iter().any(|name| name == Directory::NAME),
        "{names:?}"
    );
    assert!(
        names.iter().any(|name| name == "grpc.health.v1.Health"),
        "{names:?}"
    );
}

#[tokio::test]
async fn reflection_v1alpha_gives_the_file_of_a_symbol() {
    use v1alpha::server_reflection_request::MessageRequest;
    use v1alpha::server_reflection_response::MessageResponse;
    let server = Running::start(Settings::default()).await;
    let mut client =
        v1alpha::server_reflection_client::ServerReflectionClient::new(server.channel().await);
    let ask = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol(
            Directory::NAME.to_owned(),
        )),
    };
    let mut answers = client
        .server_reflection_info(stream::iter([ask]))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::FileDescriptorResponse(files)) = answer else {
        panic!("{answer:?}")
    };
    assert!(!files.file_descriptor_proto.is_empty());
}

/// The file that declares a symbol, and what comes with it.
async fn files_of(server: &Running, symbol: &str) -> Vec<FileDescriptorProto> {
    use v1::server_reflection_request::MessageRequest;
    use v1::server_reflection_response::MessageResponse;
    let mut client =
        v1::server_reflection_client::ServerReflectionClient::new(server.channel().await);
    let ask = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol(symbol.to_owned())),
    };
    let asked = client.server_reflection_info(stream::iter([ask])).await;
    let answer = asked.unwrap().into_inner().message().await.unwrap();
    match answer.unwrap().message_response {
        Some(MessageResponse::FileDescriptorResponse(files)) => files
            .file_descriptor_proto
            .iter()
            .map(|file| FileDescriptorProto::decode(file.as_slice()).unwrap())
            .collect(),
        other => panic!("{symbol}: {other:?}"),
    }
}

#[tokio::test]
async fn reflection_describes_the_details_of_a_real_error() {
    let server = Running::start(Settings::default()).await;
    let mut health = HealthClient::new(server.channel().await);
    let request = HealthCheckRequest {
        service: "no.such.Service".to_owned(),
    };
    let refused = health.check(request).await.unwrap_err();
    let status = tonic_types::pb::Status::decode(refused.details()).unwrap();
    assert!(!status.details.is_empty());
    let sent = status.details.iter().map(|detail| {
        let (_, name) = detail.type_url.rsplit_once('/').unwrap();
        name.to_owned()
    });
    let others = ["BadRequest", "PreconditionFailure", "RetryInfo", "Help"];
    let others = others.map(|name| format!("google.rpc.{name}"));
    for symbol in sent.chain(others) {
        let files = files_of(&server, &symbol).await;
        let short = symbol.rsplit('.').next().unwrap();
        let mut messages = files.iter().flat_map(|file| &file.message_type);
        assert!(messages.any(|message| message.name() == short), "{symbol}");
    }
    let status = files_of(&server, "google.rpc.Status").await;
    assert_eq!(status[0].name(), "google/rpc/status.proto", "declared once");
    let details = files_of(&server, "google.rpc.ErrorInfo").await;
    assert_eq!(details[0].name(), "google/rpc/error_details.proto");
}
