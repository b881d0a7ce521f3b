//! Where calls go: a list of hosts, each with the way to connect to it.

use std::path::Path;

use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use super::{Error, Settings};
use crate::client::settings::Tls;

/// One host of the target; DNS may name many replicas behind it.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    /// Carries the host's name, so that TLS checks the name and not the address.
    pub(super) endpoint: Endpoint,
}

/// Reads `http://host:port`, `https://…`, `dns:///host:port` or `host:port`, several
/// of them separated by commas.
pub(super) fn parse(targets: &str, settings: &Settings) -> Result<Vec<Target>, Error> {
    let certificates = Certificates::read(&settings.tls)?;
    targets
        .split(',')
        .map(|one| Target::parse(one.trim(), settings, &certificates))
        .collect()
}

impl Target {
    fn parse(text: &str, settings: &Settings, certificates: &Certificates) -> Result<Self, Error> {
        let bad = |why: &'static str| Error::Target {
            target: text.to_owned(),
            why,
        };
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let tls = match scheme {
            "https" => true,
            // Certificates that are configured are meant: never plaintext beside them.
            "http" | "dns" | "" => settings.tls.is_set(),
            _ => return Err(bad("the scheme is none of http, https, dns")),
        };
        let authority: http::uri::Authority = rest
            .trim_matches('/')
            .parse()
            .map_err(|_| bad("host and port cannot be read"))?;
        let port = authority
            .port_u16()
            .ok_or_else(|| bad("the port is missing"))?;
        let host = authority.host();
        let endpoint = endpoint(&format!("{host}:{port}"), tls, settings, certificates)?;
        let host = host.trim_matches(['[', ']']).to_owned();
        Ok(Self {
            host,
            port,
            endpoint,
        })
    }
}

fn endpoint(
    authority: &str,
    tls: bool,
    settings: &Settings,
    certificates: &Certificates,
) -> Result<Endpoint, Error> {
    let scheme = if tls { "https" } else { "http" };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{authority}"))?
        .user_agent(concat!("keynode/", env!("CARGO_PKG_VERSION")))?
        .tcp_nodelay(true)
        .http2_keep_alive_interval(settings.keepalive.interval)
        .keep_alive_timeout(settings.keepalive.timeout)
        .keep_alive_while_idle(true);
    if tls {
        Ok(endpoint.tls_config(certificates.config().timeout(settings.connect_timeout))?)
    } else {
        Ok(endpoint)
    }
}

/// The content of the files of [`Tls`].
struct Certificates {
    authorities: Option<Certificate>,
    identity: Option<Identity>,
}

impl Certificates {
    fn read(tls: &Tls) -> Result<Self, Error> {
        let authorities = read(&tls.ca_file)?.map(Certificate::from_pem);
        let identity = match (read(&tls.cert_file)?, read(&tls.key_file)?) {
            (Some(certificate), Some(key)) => Some(Identity::from_pem(certificate, key)),
            (None, None) => None,
            _ => return Err(Error::HalfIdentity),
        };
        Ok(Self {
            authorities,
            identity,
        })
    }

    fn config(&self) -> ClientTlsConfig {
        let config = match &self.authorities {
            Some(authorities) => ClientTlsConfig::new().ca_certificate(authorities.clone()),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        match &self.identity {
            Some(identity) => config.identity(identity.clone()),
            None => config,
        }
    }
}

fn read(file: &Path) -> Result<Option<Vec<u8>>, Error> {
    if file.as_os_str().is_empty() {
        return Ok(None);
    }
    let content = std::fs::read(file).map_err(|source| Error::File {
        file: file.display().to_string(),
        source,
    })?;
    Ok(Some(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(targets: &str) -> Result<Vec<(String, u16, String)>, Error> {
        let targets = parse(targets, &Settings::default())?;
        Ok(targets
            .into_iter()
            .map(|t| (t.host, t.port, t.endpoint.uri().to_string()))
            .collect())
    }

    #[test]
    fn a_list_of_every_form_is_read() {
        let read = read_all("http://a:1, dns:///b.c:2,https://d:3,[::1]:4").expect("valid");
        let expected = [
            ("a", 1, "http://a:1/"),
            ("b.c", 2, "http://b.c:2/"),
            ("d", 3, "https://d:3/"),
            ("::1", 4, "http://[::1]:4/"),
        ];
        assert_eq!(
            read,
            expected.map(|(h, p, u)| (h.to_owned(), p, u.to_owned()))
        );
    }

    #[test]
    fn a_target_without_port_or_with_a_strange_scheme_is_refused() {
        for bad in [
            "http://a",
            "",
            "ftp://a:1",
            "http://a:1,,http://b:2",
            "http://a b:1",
        ] {
            assert!(
                matches!(read_all(bad), Err(Error::Target { .. })),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn half_a_client_certificate_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        let tls = Tls {
            cert_file: file.path().to_owned(),
            ..Tls::default()
        };
        let settings = Settings {
            tls,
            ..Settings::default()
        };
        assert!(matches!(
            parse("http://a:1", &settings),
            Err(Error::HalfIdentity)
        ));
    }
}
