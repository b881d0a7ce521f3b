//! Credentials of every kind, good and forged, against a real key set.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use http::header::AUTHORIZATION;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use keynode_proto::accounts::v1::{ResolvedPrincipal, RoleVisibility};
use serde_json::{Value, json};
use tonic::Status;
use uuid::Uuid;

use super::*;
use crate::call::TenantId;
use keys::Signer;

mod keys;
mod provider;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const TTL: Duration = Duration::from_millis(500);

/// A Directory that knows everyone until told otherwise, and notes what it was asked.
#[derive(Clone, Default)]
struct Directory {
    asked: Arc<AtomicUsize>,
    answer: Arc<std::sync::Mutex<Option<Status>>>,
    last: Arc<std::sync::Mutex<Option<Resolvable>>>,
}

impl Directory {
    fn refuses(&self, status: Status) {
        *self.answer.lock().unwrap() = Some(status);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn resolver(&self) -> PrincipalResolver {
        let directory = self.clone();
        PrincipalResolver::from_fn(move |request| {
            let directory = directory.clone();
            async move {
                tokio::task::yield_now().await;
                directory.answer(request)
            }
        })
    }

    fn answer(&self, request: ResolvePrincipalRequest) -> Result<ResolvedPrincipal, Status> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let (tenant, scopes) = match &request.credential {
            Some(Resolvable::ApiKey(key)) => (
                format!("tenants/{}", ApiKey::parse(key).unwrap().tenant()),
                vec![],
            ),
            Some(Resolvable::Token(token)) => (token.tenant.clone(), token.scopes.clone()),
            None => return Err(Status::invalid_argument("nothing to resolve")),
        };
        *self.last.lock().unwrap() = request.credential;
        match &*self.answer.lock().unwrap() {
            Some(status) => Err(status.clone()),
            None => Ok(ResolvedPrincipal {
                tenant,
                scopes,
                subject: format!("people/{}", Uuid::nil()),
                roles: vec!["seller".to_owned()],
                visibility: RoleVisibility::Own.into(),
                ..ResolvedPrincipal::default()
            }),
        }
    }
}

/// An authenticator with a key file in a folder of its own, and a clock to turn.
struct Bench {
    authenticator: Authenticator,
    directory: Directory,
    second: Arc<AtomicI64>,
    folder: tempfile::TempDir,
}

fn clock(second: &Arc<AtomicI64>) -> Clock {
    let second = second.clone();
    Clock::from_fn(move || Timestamp::from_second(second.load(Ordering::SeqCst)).unwrap())
}

fn publish(folder: &Path, signers: &[&Signer]) {
    let keys: Vec<Value> = signers.iter().map(|signer| signer.public()).collect();
    std::fs::write(
        folder.join("jwks.json"),
        json!({ "keys": keys }).to_string(),
    )
    .unwrap();
}

fn provider() -> Settings {
    Settings {
        issuer: ISSUER.to_owned(),
        audience: "keynode".to_owned(),
        service_secret: SECRET.to_owned().into(),
        ..Settings::default()
    }
}

async fn started(settings: &Settings, directory: &Directory, clock: Clock) -> Authenticator {
    let services = ServiceTokens::new(&settings.service_secret, clock.clone()).unwrap();
    Authenticator::start(settings, services, directory.resolver(), clock)
        .await
        .unwrap()
}

impl Bench {
    async fn with(signers: &[&Signer]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        publish(folder.path(), signers);
        let (directory, second) = (Directory::default(), Arc::new(AtomicI64::new(NOW)));
        let settings = Settings {
            jwks_file: folder.path().join("jwks.json"),
            ..provider()
        };
        let authenticator = started(&settings, &directory, clock(&second)).await;
        Self {
            authenticator,
            directory,
            second,
            folder,
        }
    }

    async fn says(&self, credential: &str) -> Result<Principal, Refusal> {
        says(&self.authenticator, credential).await
    }
}

async fn says(authenticator: &Authenticator, credential: &str) -> Result<Principal, Refusal> {
    let mut headers = HeaderMap::new();
    headers.insert(
        AUTHORIZATION,
        format!("Bearer {credential}").parse().unwrap(),
    );
    authenticator.authenticate(&headers).await
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "keynode", "sub": "li.wei", "tenant": Uuid::max().to_string(),
        "exp": NOW + 300, "scope": "openid pipeline.read",
    })
}

fn with(key: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[key] = value;
    claims
}

fn api_key() -> String {
    ApiKey::generate(TenantId(Uuid::max()), Uuid::nil())
        .0
        .expose()
        .to_owned()
}

#[tokio::test]
async fn tokens_signed_by_any_accepted_algorithm_are_believed() {
    for signer in [Signer::rsa("a"), Signer::ec("b"), Signer::ed("c")] {
        let bench = Bench::with(&[&signer]).await;
        let who = bench.says(&signer.sign(&claims())).await.unwrap();
        assert_eq!(who.tenant, Some(TenantId(Uuid::max())));
        assert_eq!(who.scopes, ["pipeline.read"]);
        let asked = bench.directory.last.lock().unwrap().take();
        assert!(matches!(asked, Some(Resolvable::Token(token)) if token.login == "li.wei"));
    }
}

#[tokio::test]
async fn claims_that_do_not_fit_are_refused() {
    let signer = Signer::ec("a");
    let bench = Bench::with(&[&signer]).await;
    let bad = [
        with("aud", json!("other")),
        with("aud", json!(["other", "another"])),
        with("aud", Value::Null),
        with("iss", json!("https://evil.example")),
        with("iss", Value::Null),
        with("tenant", json!("acme")),
        with("tenant", Value::Null),
        with("sub", json!("")),
        with("sub", Value::Null),
        with("exp", Value::Null),
        with("exp", json!("tomorrow")),
        with("nbf", json!(NOW + 31)),
    ];
    for claims in bad {
        let refused = bench.says(&signer.sign(&claims)).await;
        assert!(
            matches!(refused, Err(Refusal::Invalid(_))),
            "{claims} {refused:?}"
        );
    }
    for claims in [
        with("aud", json!(["other", "keynode"])),
        with("nbf", json!(NOW + 30)),
    ] {
        assert!(bench.says(&signer.sign(&claims)).await.is_ok(), "{claims}");
    }
}

#[tokio::test]
async fn a_token_expires_also_while_its_answer_is_kept() {
    let signer = Signer::ec("a");
    let bench = Bench::with(&[&signer]).await;
    let token = signer.sign(&claims());
    bench.second.store(NOW + 329, Ordering::SeqCst);
    assert!(bench.says(&token).await.is_ok());
    bench.second.store(NOW + 330, Ordering::SeqCst);
    assert_eq!(bench.says(&token).await.unwrap_err(), Refusal::Expired);
    assert_eq!(bench.directory.asked(), 1);
}

/// The classic attack: the public key, which everyone has, taken for an HMAC secret.
#[tokio::test]
async fn the_algorithm_is_the_keys_and_never_the_tokens() {
    let signer = Signer::rsa("a");
    let bench = Bench::with(&[&signer]).await;
    let public = signer.public();
    for secret in [
        public["n"].as_str().unwrap(),
        &public.to_string(),
        "",
        SECRET,
    ] {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("a".to_owned());
        let key = EncodingKey::from_secret(secret.as_bytes());
        let forged = jsonwebtoken::encode(&header, &claims(), &key).unwrap();
        assert!(matches!(
            bench.says(&forged).await,
            Err(Refusal::Invalid(_))
        ));
    }
    let signed = signer.sign(&claims());
    let payload = signed.split('.').nth(1).unwrap();
    // {"alg":"none"}
    let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
    assert!(matches!(
        bench.says(&unsigned).await,
        Err(Refusal::Invalid(_))
    ));
    assert_eq!(bench.directory.asked(), 0);
}

#[tokio::test]
async fn a_symmetric_key_in_the_published_set_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let oct = json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256" }] });
    std::fs::write(folder.path().join("jwks.json"), oct.to_string()).unwrap();
    let settings = Settings {
        jwks_file: folder.path().join("jwks.json"),
        ..provider()
    };
    let clock = clock(&Arc::new(AtomicI64::new(NOW)));
    let authenticator = started(&settings, &Directory::default(), clock).await;
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("a".to_owned());
    let key = EncodingKey::from_secret(b"secret");
    let forged = jsonwebtoken::encode(&header, &claims(), &key).unwrap();
    assert!(matches!(
        says(&authenticator, &forged).await,
        Err(Refusal::Invalid(_))
    ));
}

/// The two kinds of token never vouch for each other.
#[tokio::test]
async fn the_provider_cannot_speak_for_services_nor_the_secret_for_the_provider() {
    let signer = Signer::ec("a");
    let bench = Bench::with(&[&signer]).await;
    let mut service = with("iss", json!(service_token::ISSUER));
    service["iat"] = json!(NOW);
    service["exp"] = json!(NOW + 60);
    service["roles"] = json!(["platform"]);
    assert!(matches!(
        bench.says(&signer.sign(&service)).await,
        Err(Refusal::Invalid(_))
    ));

    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let header = Header::new(Algorithm::HS256);
    let person = jsonwebtoken::encode(&header, &claims(), &key).unwrap();
    assert!(matches!(
        bench.says(&person).await,
        Err(Refusal::Invalid(_))
    ));
    let genuine = jsonwebtoken::encode(&header, &service, &key).unwrap();
    assert_eq!(bench.says(&genuine).await.unwrap().roles, ["platform"]);
}

#[tokio::test]
async fn a_changed_token_is_refused() {
    let signer = Signer::ed("a");
    let bench = Bench::with(&[&signer]).await;
    let (mine, theirs) = (
        signer.sign(&claims()),
        signer.sign(&with("sub", json!("boss"))),
    );
    let part = |token: &str, n: usize| token.split('.').nth(n).unwrap().to_owned();
    let mixed = format!("{}.{}.{}", part(&mine, 0), part(&theirs, 1), part(&mine, 2));
    assert!(matches!(bench.says(&mixed).await, Err(Refusal::Invalid(_))));
    for nonsense in ["x", "a.b.c", "..", "销售"] {
        let mut headers = HeaderMap::new();
        let value = http::HeaderValue::from_bytes(format!("Bearer {nonsense}").as_bytes());
        headers.insert(AUTHORIZATION, value.unwrap());
        let refused = bench.authenticator.authenticate(&headers).await;
        assert!(matches!(refused, Err(Refusal::Invalid(_))), "{nonsense}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_is_refused_once_the_kept_answer_is_stale() {
    let bench = Bench::with(&[]).await;
    let key = api_key();
    assert!(bench.says(&key).await.is_ok());
    bench.directory.refuses(Status::unauthenticated("revoked"));
    tokio::time::advance(TTL - Duration::from_millis(1)).await;
    assert!(bench.says(&key).await.is_ok());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(matches!(bench.says(&key).await, Err(Refusal::Invalid(_))));
}

#[tokio::test(start_paused = true)]
async fn a_no_is_kept_as_long_as_a_yes() {
    let bench = Bench::with(&[]).await;
    bench.directory.refuses(Status::unauthenticated("unknown"));
    let key = api_key();
    for _ in 0..5 {
        assert!(matches!(bench.says(&key).await, Err(Refusal::Invalid(_))));
    }
    assert_eq!(bench.directory.asked(), 1);
}

#[tokio::test]
async fn callers_with_one_key_at_once_ask_once() {
    let bench = Bench::with(&[]).await;
    let key = api_key();
    let all = futures_util::future::join_all((0..50).map(|_| bench.says(&key))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(bench.directory.asked(), 1);
    assert!(bench.says(&api_key()).await.is_ok());
    assert_eq!(bench.directory.asked(), 2);
}

#[tokio::test]
async fn nobody_is_let_through_while_the_directory_is_away_and_all_right_after() {
    let bench = Bench::with(&[]).await;
    let key = api_key();
    bench.directory.refuses(Status::unavailable("restarting"));
    assert!(matches!(
        bench.says(&key).await,
        Err(Refusal::Unavailable(_))
    ));
    *bench.directory.answer.lock().unwrap() = None;
    assert!(bench.says(&key).await.is_ok());
}

#[tokio::test]
async fn without_a_provider_its_tokens_are_refused() {
    let settings = Settings {
        service_secret: SECRET.to_owned().into(),
        ..Settings::default()
    };
    let authenticator = started(&settings, &Directory::default(), Clock::system()).await;
    let refused = says(&authenticator, &Signer::ec("a").sign(&claims())).await;
    assert!(matches!(refused, Err(Refusal::Invalid(_))));
}
