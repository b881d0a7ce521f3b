//! Health and reflection.

use futures_util::stream;
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
