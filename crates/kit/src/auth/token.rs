//! Tokens of the identity provider: signature, issuer, audience and times.

use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use keynode_proto::accounts::v1::TokenSubject;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::jwks::Jwks;
use super::refusal::Refusal;
use super::settings::Settings;

/// Scopes of OpenID Connect that every sign-in asks for; they say nothing about
/// Keynode, so they do not restrict.
const OPENID_SCOPES: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
];

/// Checks tokens of the configured issuer.
pub(super) struct TokenVerifier {
    keys: Jwks,
    issuer: String,
    audience: String,
    tenant_claim: String,
    leeway: Duration,
}

/// When a token holds, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) exp: i64,
    pub(super) nbf: Option<i64>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: Seconds,
    nbf: Option<Seconds>,
    #[serde(default)]
    scope: String,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// A NumericDate, of which RFC 7519 allows fractions.
#[derive(Clone, Copy, Deserialize)]
#[serde(from = "f64")]
struct Seconds(i64);

impl From<f64> for Seconds {
    fn from(seconds: f64) -> Self {
        Self(seconds as i64)
    }
}

impl TokenVerifier {
    pub(super) fn new(settings: &Settings, keys: Jwks) -> Self {
        Self {
            keys,
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
            tenant_claim: settings.tenant_claim.clone(),
            leeway: settings.leeway,
        }
    }

    /// Who a token names, and while when.
    pub(super) async fn verify(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<(TokenSubject, Times), Refusal> {
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| Refusal::Invalid("it is neither an API key nor a token"))?;
        if header.crit.is_some() {
            return Err(Refusal::Invalid(
                "its header demands extensions that are not understood",
            ));
        }
        let key = self.keys.find(header.kid.as_deref()).await?;
        let validation = validation(key.algorithm, &self.issuer, &self.audience);
        let claims: Claims = decode(token, &key.decoding, &validation)?;
        let times = Times {
            exp: claims.exp.0,
            nbf: claims.nbf.map(|nbf| nbf.0),
        };
        times.check(now, self.leeway)?;
        Ok((self.subject(claims)?, times))
    }

    fn subject(&self, claims: Claims) -> Result<TokenSubject, Refusal> {
        let tenant = claims
            .others
            .get(&self.tenant_claim)
            .and_then(Value::as_str)
            .and_then(|text| Uuid::try_parse(text.strip_prefix("tenants/").unwrap_or(text)).ok())
            .ok_or(Refusal::Invalid("its tenant claim holds no tenant's id"))?;
        if claims.sub.is_empty() {
            return Err(Refusal::Invalid("its subject is empty"));
        }
        let scopes = claims.scope.split_ascii_whitespace();
        Ok(TokenSubject {
            tenant: format!("tenants/{tenant}"),
            login: claims.sub,
            scopes: scopes
                .filter(|s| !OPENID_SCOPES.contains(s))
                .map(str::to_owned)
                .collect(),
        })
    }
}

impl Times {
    /// Whether the token holds now, give or take the leeway.
    pub(super) fn check(self, now: Timestamp, leeway: Duration) -> Result<(), Refusal> {
        let now = now.as_second();
        let leeway = i64::try_from(leeway.as_secs()).unwrap_or(i64::MAX);
        if now >= self.exp.saturating_add(leeway) {
            return Err(Refusal::Expired);
        }
        if self.nbf.is_some_and(|nbf| now < nbf.saturating_sub(leeway)) {
            return Err(Refusal::Invalid("it is not valid yet; check the clocks"));
        }
        Ok(())
    }
}

/// What is checked besides the times, which are checked against our own clock.
/// The algorithm is the key's: what the token says of it is only compared.
pub(super) fn validation(algorithm: Algorithm, issuer: &str, audience: &str) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

/// Checks a token and reads its claims; the cause of a refusal holds none of it.
pub(super) fn decode<T: DeserializeOwned>(
    token: &str,
    key: &DecodingKey,
    validation: &Validation,
) -> Result<T, Refusal> {
    jsonwebtoken::decode(token, key, validation)
        .map(|data| data.claims)
        .map_err(|error| Refusal::Invalid(why(error.kind())))
}

fn why(kind: &jsonwebtoken::errors::ErrorKind) -> &'static str {
    use jsonwebtoken::errors::ErrorKind;
    match kind {
        ErrorKind::InvalidSignature => "its signature does not match",
        ErrorKind::InvalidIssuer => "it is of another issuer",
        ErrorKind::InvalidAudience => "it is for another audience",
        ErrorKind::InvalidAlgorithm => "its algorithm is not the key's",
        ErrorKind::MissingRequiredClaim(_) => "it lacks one of the claims exp, iss, aud, sub",
        _ => "it is not a well-formed token",
    }
}

/// The issuer a token claims, before anything is checked: it only chooses who checks.
pub(super) fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Issued {
        iss: String,
    }
    let claims: Issued = jsonwebtoken::dangerous::insecure_decode_claims(token).ok()?;
    Some(claims.iss)
}
