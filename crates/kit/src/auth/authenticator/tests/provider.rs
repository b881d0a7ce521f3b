//! The provider's keys: read, rotated, away and back.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_new_key_is_looked_for_at_once_but_not_more_often_than_every_ten_seconds() {
    let (old, new) = (Signer::ec("old"), Signer::ec("new"));
    let bench = Bench::with(&[&old]).await;
    tokio::time::advance(Duration::from_secs(11)).await;
    assert!(
        bench
            .says(&Signer::ec("forged").sign(&claims()))
            .await
            .is_err()
    );

    publish(bench.folder.path(), &[&new]);
    let token = new.sign(&claims());
    assert!(matches!(bench.says(&token).await, Err(Refusal::Invalid(_))));
    assert!(bench.says(&old.sign(&claims())).await.is_ok());

    tokio::time::advance(Duration::from_secs(10)).await;
    assert!(bench.says(&token).await.is_ok());
    assert!(matches!(
        bench.says(&old.sign(&claims())).await,
        Err(Refusal::Invalid(_))
    ));
}

#[tokio::test]
async fn a_withdrawn_key_is_dropped_by_the_regular_refresh() {
    let (old, new) = (Signer::ec("old"), Signer::ec("new"));
    let (url, published) = serve(&[&old]).await;
    let settings = Settings {
        jwks_url: url,
        refresh_interval: Duration::from_secs(1),
        ..provider()
    };
    let second = Arc::new(AtomicI64::new(NOW));
    let authenticator = started(&settings, &Directory::default(), clock(&second)).await;
    assert!(says(&authenticator, &old.sign(&claims())).await.is_ok());
    published.set(&[&new]);
    // Each token is another, so that no kept answer is seen.
    let mut n = 0;
    let refused = async {
        loop {
            n += 1;
            let token = old.sign(&with("jti", json!(n)));
            if says(&authenticator, &token).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), refused)
        .await
        .unwrap();
}

#[tokio::test]
async fn keys_are_read_by_url_and_a_provider_that_fails_later_is_survived() {
    let signer = Signer::rsa("a");
    let (url, published) = serve(&[&signer]).await;
    let settings = Settings {
        jwks_url: url,
        ..provider()
    };
    let clock = clock(&Arc::new(AtomicI64::new(NOW)));
    let authenticator = started(&settings, &Directory::default(), clock).await;
    assert!(says(&authenticator, &signer.sign(&claims())).await.is_ok());
    published.fail();
    assert!(
        says(&authenticator, &signer.sign(&with("jti", json!(2))))
            .await
            .is_ok()
    );
    assert_eq!(published.reads(), 1);
}

#[tokio::test]
async fn while_the_keys_were_never_read_the_answer_is_unavailable() {
    let signer = Signer::ec("a");
    let (url, published) = serve(&[&signer]).await;
    published.fail();
    let settings = Settings {
        jwks_url: url,
        ..provider()
    };
    let clock = clock(&Arc::new(AtomicI64::new(NOW)));
    let authenticator = started(&settings, &Directory::default(), clock).await;
    let refused = says(&authenticator, &signer.sign(&claims())).await;
    assert!(matches!(refused, Err(Refusal::Unavailable(_))));
    assert!(says(&authenticator, &api_key()).await.is_ok());
}

#[tokio::test]
async fn a_key_file_that_is_none_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let start = async |path: &Path| {
        let settings = Settings {
            jwks_file: path.to_owned(),
            ..provider()
        };
        let services = ServiceTokens::new(&settings.service_secret, Clock::system()).unwrap();
        let resolver = Directory::default().resolver();
        Authenticator::start(&settings, services, resolver, Clock::system())
            .await
            .err()
    };
    assert!(matches!(
        start(&path).await,
        Some(SettingsError::Unreadable { .. })
    ));
    std::fs::write(&path, "<html>").unwrap();
    assert!(matches!(
        start(&path).await,
        Some(SettingsError::NotKeys { .. })
    ));
}

#[tokio::test]
async fn one_strange_key_does_not_spoil_the_set() {
    let signer = Signer::ec("a");
    let strange = json!({ "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "s" });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let set = json!({ "keys": [strange, signer.public(), {}] });
    std::fs::write(&path, set.to_string()).unwrap();
    let settings = Settings {
        jwks_file: path,
        ..provider()
    };
    let clock = clock(&Arc::new(AtomicI64::new(NOW)));
    let authenticator = started(&settings, &Directory::default(), clock).await;
    assert!(says(&authenticator, &signer.sign(&claims())).await.is_ok());
    assert!(
        says(&authenticator, &signer.sign_without_key_id(&claims()))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn without_a_key_id_two_keys_are_ambiguous() {
    let (a, b) = (Signer::ec("a"), Signer::ec("b"));
    let bench = Bench::with(&[&a, &b]).await;
    let refused = bench.says(&a.sign_without_key_id(&claims())).await;
    assert!(matches!(refused, Err(Refusal::Invalid(_))));
}

/// What the provider answers; none = it fails.
#[derive(Clone, Default)]
struct Published {
    set: Arc<std::sync::Mutex<Option<String>>>,
    reads: Arc<AtomicUsize>,
}

impl Published {
    fn set(&self, signers: &[&Signer]) {
        let keys: Vec<Value> = signers.iter().map(|signer| signer.public()).collect();
        *self.set.lock().unwrap() = Some(json!({ "keys": keys }).to_string());
    }

    fn fail(&self) {
        *self.set.lock().unwrap() = None;
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    fn read(&self) -> Result<String, StatusCode> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.set
            .lock()
            .unwrap()
            .clone()
            .ok_or(StatusCode::SERVICE_UNAVAILABLE)
    }
}

/// A provider on a port of its own that publishes these keys.
async fn serve(signers: &[&Signer]) -> (String, Published) {
    let published = Published::default();
    published.set(signers);
    let router = Router::new()
        .route(
            "/keys",
            get(|State(published): State<Published>| async move { published.read() }),
        )
        .with_state(published.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, published)
}
