//! Requests through the layer, in front of a handler that notes the calls it gets.

use std::convert::Infallible;
use std::sync::Mutex;
use std::time::Instant;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use keynode_proto::DEFAULT_POLICIES;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::{
    ResolvePrincipalResponse, ResolvedPrincipal, RoleVisibility, resolve_principal_request,
};
use tonic::Code;
use tonic_types::StatusExt as _;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::*;
use crate::auth::{ApiKey, PrincipalResolver, ServiceTokens, Settings, TENANT_HEADER};

const CREATE_PERSON: &str = "/keynode.accounts.v1.DirectoryService/CreatePerson";
const GET_PERSON: &str = "/keynode.accounts.v1.DirectoryService/GetPerson";
const RESOLVE: &str = "/keynode.accounts.v1.DirectoryService/ResolvePrincipal";
const GET_MAP: &str = "/keynode.accounts.v1.DecisionMapsService/GetDecisionMap";
const TENANT: TenantId = TenantId(Uuid::max());

/// Notes whether it was called, with what; answers as a Directory would.
#[derive(Clone, Default)]
struct Handler(Arc<Mutex<Vec<Option<Call>>>>);

impl Service<Request<Body>> for Handler {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.0
            .lock()
            .unwrap()
            .push(request.extensions().get::<Call>().cloned());
        async {
            Ok(answer(&ResolvePrincipalResponse {
                principal: Some(viewer()),
            }))
        }
        .boxed()
    }
}

/// A gRPC answer of one message.
fn answer(message: &impl prost::Message) -> Response<Body> {
    let bytes = message.encode_to_vec();
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(bytes.len().try_into().unwrap());
    frame.put_slice(&bytes);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::<Bytes>::new(frame.freeze()).with_trailers(std::future::ready(Some(Ok::<
        _,
        Infallible,
    >(
        trailers,
    ))));
    let mut response = Response::new(Body::new(body));
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

fn viewer() -> ResolvedPrincipal {
    ResolvedPrincipal {
        tenant: format!("tenants/{TENANT}"),
        subject: "serviceAccounts/0".to_owned(),
        roles: vec!["viewer".to_owned()],
        visibility: RoleVisibility::All.into(),
        ..ResolvedPrincipal::default()
    }
}

struct Bench {
    handler: Handler,
    service: AuthService<Handler>,
    tokens: ServiceTokens,
    denials: Arc<Mutex<Vec<Denial>>>,
}

async fn bench(resolver: PrincipalResolver) -> Bench {
    let clock = Clock::system();
    let secret = "0123456789abcdef0123456789abcdef".to_owned().into();
    let settings = Settings {
        service_secret: secret,
        ..Settings::default()
    };
    let tokens = ServiceTokens::new(&settings.service_secret, clock.clone()).unwrap();
    let authenticator = Authenticator::start(&settings, tokens.clone(), resolver, clock.clone())
        .await
        .unwrap();
    let denials = Arc::new(Mutex::new(Vec::new()));
    let hook = {
        let denials = denials.clone();
        Arc::new(move |denial| denials.lock().unwrap().push(denial))
    };
    let policies = Policies::parse(DEFAULT_POLICIES).unwrap();
    let layer = AuthLayer::new(authenticator, policies, clock).on_denied(hook);
    let handler = Handler::default();
    Bench {
        service: layer.layer(handler.clone()),
        handler,
        tokens,
        denials,
    }
}

async fn knowing_viewers() -> Bench {
    bench(PrincipalResolver::from_fn(|_| async { Ok(viewer()) })).await
}

fn request(path: &str, credential: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().uri(path).body(Body::empty()).unwrap();
    if let Some(credential) = credential {
        let value = format!("Bearer {credential}").parse().unwrap();
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    request
}

fn api_key() -> String {
    ApiKey::generate(TENANT, Uuid::nil()).0.expose().to_owned()
}

impl Bench {
    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.service.clone().oneshot(request).await.unwrap()
    }

    /// The code and reason of a refusal, having checked that nobody was bothered.
    async fn refused(&self, request: Request<Body>) -> (Code, String) {
        let status = Status::from_header_map(self.send(request).await.headers()).unwrap();
        assert!(self.handler.0.lock().unwrap().is_empty());
        (
            status.code(),
            status.get_details_error_info().unwrap().reason,
        )
    }

    fn call(&self) -> Option<Call> {
        self.handler
            .0
            .lock()
            .unwrap()
            .pop()
            .expect("the handler was called")
    }
}

#[tokio::test]
async fn a_permitted_caller_reaches_the_handler_with_a_call() {
    let bench = knowing_viewers().await;
    let key = api_key();
    let mut request = request(GET_PERSON, Some(&key));
    let deadline = Instant::now();
    request.extensions_mut().insert(Deadline(deadline));
    request.extensions_mut().insert(TraceId("abc".to_owned()));
    bench.send(request).await;
    let call = bench.call().unwrap();
    assert_eq!(call.principal.tenant, Some(TENANT));
    assert_eq!(
        (call.method.as_str(), call.trace_id.as_str()),
        (GET_PERSON, "abc")
    );
    assert_eq!(call.deadline, Some(deadline));
    assert!(
        !format!("{call:?}").contains(&key),
        "the key must not be printed"
    );
    assert_eq!(
        call.authorization.unwrap().to_str().unwrap(),
        format!("Bearer {key}")
    );
}

/// Whether the handler of a method is told that this caller may see who is masked.
async fn revealed(role: &'static str, scopes: &'static [&'static str], path: &str) -> bool {
    let principal = move || ResolvedPrincipal {
        roles: vec![role.to_owned()],
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        ..viewer()
    };
    let bench = bench(PrincipalResolver::from_fn(move |_| async move {
        Ok(principal())
    }))
    .await;
    bench.send(request(path, Some(&api_key()))).await;
    bench.call().unwrap().reveals
}

#[tokio::test]
async fn the_handler_is_told_whom_it_may_show_to_the_caller() {
    assert!(revealed("seller", &[], GET_MAP).await);
    assert!(revealed("seller", &["read", "accounts.insiders"], GET_MAP).await);
    assert!(!revealed("seller", &["read"], GET_MAP).await);
    assert!(!revealed("viewer", &[], GET_MAP).await);
    assert!(!revealed("integrator", &[], GET_MAP).await);
    assert!(
        !revealed("administrator", &[], GET_PERSON).await,
        "the contract of this method names nothing to reveal"
    );
}

#[tokio::test]
async fn a_service_is_shown_nobody() {
    let bench = knowing_viewers().await;
    let mut request = request(GET_MAP, None);
    let token = bench.tokens.mint("scoring");
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, token.to_str().unwrap().parse().unwrap());
    headers.insert(TENANT_HEADER, TENANT.to_string().parse().unwrap());
    bench.send(request).await;
    assert!(!bench.call().unwrap().reveals);
}

#[tokio::test]
async fn no_or_bad_credentials_are_unauthenticated() {
    let bench = knowing_viewers().await;
    let none = bench.refused(request(GET_PERSON, None)).await;
    assert_eq!(
        none,
        (Code::Unauthenticated, "CREDENTIAL_MISSING".to_owned())
    );
    for bad in ["knk_x", "a.b.c"] {
        let refused = bench.refused(request(GET_PERSON, Some(bad))).await;
        assert_eq!(
            refused,
            (Code::Unauthenticated, "CREDENTIAL_INVALID".to_owned()),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn an_expired_key_is_told_so() {
    let expired =
        || async { Err(Fault::new(Code::Unauthenticated, "CREDENTIAL_EXPIRED", "expired").into()) };
    let bench = bench(PrincipalResolver::from_fn(move |_| expired())).await;
    let refused = bench.refused(request(GET_PERSON, Some(&api_key()))).await;
    assert_eq!(
        refused,
        (Code::Unauthenticated, "CREDENTIAL_EXPIRED".to_owned())
    );
}

#[tokio::test]
async fn without_permission_the_handler_is_not_asked_and_the_denial_is_noted() {
    let bench = knowing_viewers().await;
    let mut request = request(CREATE_PERSON, Some(&api_key()));
    request.extensions_mut().insert(TraceId("abc".to_owned()));
    let response = bench.send(request).await;
    let status = Status::from_header_map(response.headers()).unwrap();
    let info = status.get_details_error_info().unwrap();
    assert_eq!(
        (status.code(), info.reason.as_str()),
        (Code::PermissionDenied, "PERMISSION_DENIED")
    );
    assert_eq!(info.metadata["permission"], "accounts.people.create");
    assert_eq!(info.metadata["method"], CREATE_PERSON);
    assert!(bench.handler.0.lock().unwrap().is_empty());

    let noted = bench.denials.lock().unwrap().pop().unwrap();
    assert_eq!(
        (noted.tenant, noted.subject.as_str()),
        (Some(TENANT), "serviceAccounts/0")
    );
    assert_eq!(
        (noted.reason.as_str(), noted.trace_id.as_str()),
        ("PERMISSION_DENIED", "abc")
    );
}

#[tokio::test]
async fn a_directory_that_is_away_makes_calls_unavailable() {
    let away = PrincipalResolver::from_fn(|_| async { Err(Status::unavailable("gone")) });
    let bench = bench(away).await;
    let refused = bench.refused(request(GET_PERSON, Some(&api_key()))).await;
    assert_eq!(refused, (Code::Unavailable, "UNAVAILABLE".to_owned()));
    assert!(bench.denials.lock().unwrap().is_empty());
}

#[tokio::test]
async fn health_reflection_and_unknown_paths_pass_without_a_call() {
    let bench = knowing_viewers().await;
    let open = [
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/keynode.accounts.v1.DirectoryService/NoSuchMethod",
        &format!("{GET_PERSON}/"),
    ];
    for path in open {
        bench.send(request(path, Some("nonsense"))).await;
        assert!(bench.call().is_none(), "{path}");
    }
}

#[tokio::test]
async fn a_service_acts_in_the_tenant_it_names_and_only_reads() {
    let bench = knowing_viewers().await;
    let with_tenant = |path| {
        let mut request = request(path, None);
        let token = bench.tokens.mint("scoring");
        request
            .headers_mut()
            .insert(AUTHORIZATION, token.to_str().unwrap().parse().unwrap());
        request
            .headers_mut()
            .insert(TENANT_HEADER, TENANT.to_string().parse().unwrap());
        request
    };
    bench.send(with_tenant(GET_PERSON)).await;
    let call = bench.call().unwrap();
    assert_eq!(call.principal.subject, "services/scoring");
    assert_eq!(call.principal.tenant, Some(TENANT));
    let refused = bench.refused(with_tenant(CREATE_PERSON)).await;
    assert_eq!(refused.0, Code::PermissionDenied);
}

/// A key names its tenant; a header does not move it into another.
#[tokio::test]
async fn a_person_cannot_choose_a_tenant() {
    let bench = knowing_viewers().await;
    let mut request = request(GET_PERSON, Some(&api_key()));
    request
        .headers_mut()
        .insert(TENANT_HEADER, Uuid::nil().to_string().parse().unwrap());
    bench.send(request).await;
    assert_eq!(bench.call().unwrap().principal.tenant, Some(TENANT));
}

/// One service asks another, which is the Directory: both behind a layer of their own.
#[tokio::test]
async fn the_remote_resolver_is_itself_let_through_as_a_service() {
    let directory = knowing_viewers().await;
    let client = DirectoryServiceClient::new(directory.service.clone());
    let remote = PrincipalResolver::remote(client, directory.tokens.clone(), "pipeline");
    let pipeline = bench(remote).await;
    pipeline.send(request(GET_PERSON, Some(&api_key()))).await;
    assert_eq!(pipeline.call().unwrap().principal.roles, ["viewer"]);
    let asked = directory.call().unwrap();
    assert_eq!(
        (asked.method.as_str(), asked.principal.subject.as_str()),
        (RESOLVE, "services/pipeline")
    );
}

#[tokio::test]
async fn a_key_is_resolved_as_it_was_sent() {
    let seen = Arc::new(Mutex::new(None));
    let resolver = {
        let seen = seen.clone();
        PrincipalResolver::from_fn(move |request| {
            *seen.lock().unwrap() = request.credential;
            async { Ok(viewer()) }
        })
    };
    let key = api_key();
    bench(resolver)
        .await
        .send(request(GET_PERSON, Some(&key)))
        .await;
    let sent = seen.lock().unwrap().take();
    assert_eq!(
        sent,
        Some(resolve_principal_request::Credential::ApiKey(key))
    );
}
