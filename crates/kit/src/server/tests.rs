//! The whole stack over real sockets.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use keynode_proto::accounts::v1::{GetPersonRequest, GetPersonResponse};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::client::Grpc as Caller;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::{Channel, Endpoint};
use tonic::{Status, codec::CompressionEncoding};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;
use tower::Service;

use super::*;

mod answers;
mod connections;
mod drain;
mod h2c;
mod mtls;
mod standard;
mod web;

const GET_PERSON: &str = "/keynode.accounts.v1.DirectoryService/GetPerson";

/// One method of the directory, which does what the name in the request says.
#[derive(Clone)]
struct Directory {
    max_message_bytes: usize,
}

impl NamedService for Directory {
    const NAME: &'static str = "keynode.accounts.v1.DirectoryService";
}

impl Service<Request<Body>> for Directory {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.uri().path() != GET_PERSON {
            return Box::pin(ready(Ok(Status::unimplemented("").into_http())));
        }
        let codec = ProstCodec::<GetPersonResponse, GetPersonRequest>::default();
        let mut grpc = Grpc::new(codec)
            .max_decoding_message_size(self.max_message_bytes)
            .accept_compressed(CompressionEncoding::Gzip);
        Box::pin(async move { Ok(grpc.unary(GetPerson, request).await) })
    }
}

struct GetPerson;

impl UnaryService<GetPersonRequest> for GetPerson {
    type Response = GetPersonResponse;
    type Future =
        Pin<Box<dyn Future<Output = Result<tonic::Response<GetPersonResponse>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<GetPersonRequest>) -> Self::Future {
        let deadline = request.extensions().get::<Deadline>().copied();
        assert!(request.extensions().get::<TraceId>().is_some());
        Box::pin(async move {
            match request.get_ref().name.as_str() {
                "people/slow" => sleep(Duration::from_secs(20)).await,
                "people/panic" => panic!("a handler broke"),
                "people/bare" => return Err(Status::unknown("password of the database")),
                _ => {}
            }
            let mut response = tonic::Response::new(GetPersonResponse::default());
            let left = deadline.expect("unary calls have one").0 - std::time::Instant::now();
            let left = left.as_millis().to_string().parse().unwrap();
            response.metadata_mut().insert("left-ms", left);
            Ok(response)
        })
    }
}

/// A server under test.
struct Running {
    address: SocketAddr,
    readiness: Readiness,
    shutdown: CancellationToken,
    served: JoinHandle<Result<(), Error>>,
}

impl Running {
    async fn start(settings: Settings) -> Self {
        let readiness = Readiness::default();
        readiness.set("accounts", true, "");
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let directory = Directory {
            max_message_bytes: settings.max_message_bytes,
        };
        let server = Server::new(settings, readiness.clone()).host(directory);
        let served = tokio::spawn(server.serve(listener, shutdown.clone().cancelled_owned()));
        Self {
            address,
            readiness,
            shutdown,
            served,
        }
    }

    async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.connect().await.unwrap()
    }
}

async fn get_person(
    channel: Channel,
    name: &str,
) -> Result<tonic::Response<GetPersonResponse>, Status> {
    call(channel, GET_PERSON, name).await
}

async fn call(
    channel: Channel,
    path: &'static str,
    name: &str,
) -> Result<tonic::Response<GetPersonResponse>, Status> {
    let mut caller = Caller::new(channel);
    caller
        .ready()
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    let request = tonic::Request::new(GetPersonRequest {
        name: name.to_owned(),
    });
    let codec = ProstCodec::<GetPersonRequest, GetPersonResponse>::default();
    caller.unary(request, path.parse().unwrap(), codec).await
}

fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .expect("every error has a reason")
        .reason
}
