//! TLS of the gRPC port: rustls with ring, certificates from PEM files.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};

use super::Error;
use super::settings::Tls;

/// Reads the files that the settings name; none when TLS is off.
pub fn acceptor(tls: &Tls) -> Result<Option<TlsAcceptor>, Error> {
    if !tls.is_on() {
        return Ok(None);
    }
    let provider = Arc::new(crypto::ring::default_provider());
    let chain = certificates("server.tls.cert_file", &tls.cert_file)?;
    let key = PrivateKeyDer::from_pem_file(&tls.key_file)
        .map_err(|why| error("server.tls.key_file", &tls.key_file, why))?;
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|why| error("server.tls", &tls.cert_file, why))?
        .with_client_cert_verifier(verifier(&tls.client_ca_file, provider)?)
        .with_single_cert(chain, key)
        .map_err(|why| error("server.tls.key_file", &tls.key_file, why))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

/// Who may connect: anyone, or holders of a certificate of the given authority.
fn verifier(
    file: &Path,
    provider: Arc<crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    const KEY: &str = "server.tls.client_ca_file";
    if file == Path::new("") {
        return Ok(WebPkiClientVerifier::no_client_auth());
    }
    let mut roots = RootCertStore::empty();
    for certificate in certificates(KEY, file)? {
        roots
            .add(certificate)
            .map_err(|why| error(KEY, file, why))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|why| error(KEY, file, why))
}

fn certificates(key: &'static str, file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|why| error(key, file, why))?;
    match found.is_empty() {
        true => Err(error(key, file, "it holds no certificate")),
        false => Ok(found),
    }
}

fn error(key: &'static str, file: &Path, why: impl Display) -> Error {
    Error::Tls {
        key,
        file: file.to_owned(),
        why: why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(tls: &Tls) -> String {
        acceptor(tls).err().expect("refused").to_string()
    }

    #[test]
    fn a_missing_or_empty_file_is_named_with_its_setting() {
        let folder = tempfile::tempdir().unwrap();
        let cert_file = folder.path().join("server.pem");
        let mut tls = Tls {
            cert_file: cert_file.clone(),
            ..Tls::default()
        };
        let missing = refusal(&tls);
        assert!(missing.contains("server.tls.cert_file") && missing.contains("server.pem"));

        std::fs::write(&cert_file, "not a certificate").unwrap();
        assert!(refusal(&tls).contains("no certificate"));

        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&cert_file, made.cert.pem()).unwrap();
        assert!(refusal(&tls).contains("server.tls.key_file"));

        let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        tls.key_file = folder.path().join("key.pem");
        std::fs::write(&tls.key_file, other.signing_key.serialize_pem()).unwrap();
        assert!(
            refusal(&tls).contains("key.pem"),
            "a key of another certificate"
        );
    }
}
