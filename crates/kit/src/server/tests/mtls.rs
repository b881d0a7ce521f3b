//! TLS with certificates made for the test.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use super::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Certificate and key in PEM.
fn issue(authority: &Authority) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    (
        params.signed_by(&key, authority).unwrap().pem(),
        key.serialize_pem(),
    )
}

fn settings(folder: &Path, authority: &Authority) -> Settings {
    let (cert, key) = issue(authority);
    let write = |name: &str, text: String| {
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let tls = Tls {
        cert_file: write("cert.pem", cert),
        key_file: write("key.pem", key),
        client_ca_file: write("ca.pem", authority.pem()),
    };
    Settings {
        tls,
        ..Settings::default()
    }
}

/// Whether a call succeeds with this identity.
async fn serves(server: &Running, authority: &Authority, identity: Option<&Authority>) -> bool {
    let mut tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(authority.pem()))
        .domain_name("localhost");
    if let Some(issuer) = identity {
        let (cert, key) = issue(issuer);
        tls = tls.identity(Identity::from_pem(cert, key));
    }
    let endpoint = Endpoint::from_shared(format!("https://{}", server.address)).unwrap();
    let Ok(channel) = endpoint.tls_config(tls).unwrap().connect().await else {
        return false;
    };
    get_person(channel, "people/1").await.is_ok()
}

#[tokio::test]
async fn only_clients_with_a_certificate_of_the_authority_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (authority(), authority());
    let server = Running::start(settings(folder.path(), &ours)).await;
    assert!(!serves(&server, &ours, None).await, "no certificate");
    assert!(
        !serves(&server, &ours, Some(&theirs)).await,
        "another authority's"
    );
    assert!(serves(&server, &ours, Some(&ours)).await, "ours");
}

#[tokio::test]
async fn bad_tls_files_stop_the_start() {
    let tls = Tls {
        cert_file: "/nonexistent/cert.pem".into(),
        ..Tls::default()
    };
    let settings = Settings {
        tls,
        ..Settings::default()
    };
    let server = Running::start(settings).await;
    let error = server.served.await.unwrap().unwrap_err().to_string();
    assert!(error.contains("/nonexistent/cert.pem"), "{error}");
}
