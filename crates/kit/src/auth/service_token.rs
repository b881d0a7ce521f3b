//! How the services of an installation prove themselves to each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use tonic::metadata::{Ascii, MetadataValue};
use uuid::Uuid;

use super::credential::only;
use super::refusal::Refusal;
use super::settings::SettingsError;
use super::token::{self, Times};
use crate::call::{Principal, TenantId, Visibility};
use crate::clock::Clock;
use crate::config::Secret;

/// The `iss` of these tokens; no identity provider may use it.
pub(super) const ISSUER: &str = "keynode-services";
const AUDIENCE: &str = "keynode";
const LIFE_SECONDS: i64 = 60;
/// A kept token is replaced when less than this is left of it.
const SPARE_SECONDS: i64 = 20;
const MIN_SECRET_BYTES: usize = 32;

/// The metadata by which a service says in which tenant it acts, a UUID.
pub const TENANT_HEADER: &str = "x-keynode-tenant";

/// Makes and checks tokens of the installation's services; cheap to clone.
#[derive(Clone)]
pub struct ServiceTokens(Arc<Inner>);

struct Inner {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    clock: Clock,
    kept: Mutex<HashMap<(String, Role), Kept>>,
}

#[derive(Clone)]
struct Kept {
    value: MetadataValue<Ascii>,
    exp: i64,
}

/// What a token of ours may do; see the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Service,
    Platform,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    exp: i64,
    roles: Vec<Role>,
}

impl ServiceTokens {
    /// # Errors
    /// A secret under 32 bytes, which could be guessed from one token.
    pub fn new(secret: &Secret, clock: Clock) -> Result<Self, SettingsError> {
        let bytes = secret.expose().as_bytes();
        if bytes.len() < MIN_SECRET_BYTES {
            return Err(SettingsError::SecretTooShort(bytes.len()));
        }
        Ok(Self(Arc::new(Inner {
            encoding: EncodingKey::from_secret(bytes),
            decoding: DecodingKey::from_secret(bytes),
            validation: token::validation(Algorithm::HS256, ISSUER, AUDIENCE),
            clock,
            kept: Mutex::default(),
        })))
    }

    /// The `authorization` value of the service with this name, e.g. `pipeline`.
    pub fn mint(&self, service: &str) -> MetadataValue<Ascii> {
        self.kept(service, Role::Service)
    }

    /// The `authorization` value of a command that sets the installation up.
    pub fn mint_platform(&self, command: &str) -> MetadataValue<Ascii> {
        self.kept(command, Role::Platform)
    }

    fn kept(&self, name: &str, role: Role) -> MetadataValue<Ascii> {
        let now = self.0.clock.now().as_second();
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = kept
            .entry((name.to_owned(), role))
            .or_insert_with(|| self.made(name, role, now));
        // Also when the clock was set back: such a token would be from the future.
        if !(SPARE_SECONDS..=LIFE_SECONDS).contains(&(entry.exp - now)) {
            *entry = self.made(name, role, now);
        }
        entry.value.clone()
    }

    fn made(&self, name: &str, role: Role, now: i64) -> Kept {
        let exp = now + LIFE_SECONDS;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: format!("services/{name}"),
            iat: now,
            exp,
            roles: vec![role],
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.0.encoding)
            .expect("plain claims are signed with any secret");
        let mut value = MetadataValue::try_from(format!("Bearer {token}"))
            .expect("a token is base64url and dots");
        value.set_sensitive(true);
        Kept { value, exp }
    }

    /// The service behind a token, acting in the tenant that the headers name.
    pub(super) fn principal(
        &self,
        token: &str,
        headers: &HeaderMap,
        leeway: Duration,
    ) -> Result<Principal, Refusal> {
        let claims: Claims = token::decode(token, &self.0.decoding, &self.0.validation)?;
        let times = Times {
            exp: claims.exp,
            nbf: Some(claims.iat),
        };
        times.check(self.0.clock.now(), leeway)?;
        if claims.exp - claims.iat > LIFE_SECONDS {
            return Err(Refusal::Invalid(
                "it lives longer than a service's token may",
            ));
        }
        Ok(Principal {
            tenant: tenant(headers)?,
            subject: claims.sub,
            person: None,
            team: None,
            roles: claims
                .roles
                .iter()
                .map(|role| role.name().to_owned())
                .collect(),
            scopes: Vec::new(),
            visibility: Visibility::All,
        })
    }
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Platform => "platform",
        }
    }
}

fn tenant(headers: &HeaderMap) -> Result<Option<TenantId>, Refusal> {
    let Some(value) = only(headers, TENANT_HEADER)? else {
        return Ok(None);
    };
    Uuid::try_parse_ascii(value.as_bytes())
        .map(|id| Some(TenantId(id)))
        .map_err(|_| Refusal::Invalid("x-keynode-tenant is not a UUID"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use http::HeaderValue;
    use jiff::Timestamp;

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const LEEWAY: Duration = Duration::from_secs(30);

    fn at(second: &Arc<AtomicI64>) -> Clock {
        let second = second.clone();
        Clock::from_fn(move || Timestamp::from_second(second.load(Ordering::SeqCst)).unwrap())
    }

    fn tokens(second: &Arc<AtomicI64>) -> ServiceTokens {
        ServiceTokens::new(&SECRET.to_owned().into(), at(second)).unwrap()
    }

    fn text(value: &MetadataValue<Ascii>) -> String {
        value
            .to_str()
            .unwrap()
            .strip_prefix("Bearer ")
            .unwrap()
            .to_owned()
    }

    #[test]
    fn a_short_secret_is_refused() {
        let refused = ServiceTokens::new(&"x".repeat(31).into(), Clock::system());
        assert!(matches!(refused, Err(SettingsError::SecretTooShort(31))));
    }

    #[test]
    fn a_service_acts_in_the_tenant_it_names() {
        let tokens = tokens(&Arc::new(AtomicI64::new(1_000)));
        let tenant = Uuid::now_v7();
        let mut headers = HeaderMap::new();
        headers.insert(TENANT_HEADER, tenant.to_string().parse().unwrap());
        let who = tokens
            .principal(&text(&tokens.mint("pipeline")), &headers, LEEWAY)
            .unwrap();
        assert_eq!(who.tenant, Some(TenantId(tenant)));
        assert_eq!(
            (who.subject.as_str(), who.roles),
            ("services/pipeline", vec!["service".into()])
        );
        assert_eq!(who.visibility, Visibility::All);
    }

    #[test]
    fn a_set_up_command_is_of_the_platform_and_of_no_tenant() {
        let tokens = tokens(&Arc::new(AtomicI64::new(1_000)));
        let token = text(&tokens.mint_platform("up"));
        let who = tokens.principal(&token, &HeaderMap::new(), LEEWAY).unwrap();
        assert_eq!((who.tenant, who.roles), (None, vec!["platform".to_owned()]));
    }

    #[test]
    fn a_tenant_that_is_no_uuid_is_refused() {
        let tokens = tokens(&Arc::new(AtomicI64::new(1_000)));
        let mut headers = HeaderMap::new();
        headers.insert(TENANT_HEADER, HeaderValue::from_static("acme"));
        let refused = tokens.principal(&text(&tokens.mint("pipeline")), &headers, LEEWAY);
        assert!(matches!(refused, Err(Refusal::Invalid(_))));
    }

    #[test]
    fn a_token_is_kept_until_near_its_end_and_is_marked_sensitive() {
        let second = Arc::new(AtomicI64::new(1_000));
        let tokens = tokens(&second);
        let first = tokens.mint("scoring");
        assert!(first.is_sensitive());
        second.store(1_040, Ordering::SeqCst);
        assert_eq!(tokens.mint("scoring"), first);
        second.store(1_041, Ordering::SeqCst);
        assert_ne!(tokens.mint("scoring"), first);
        assert_ne!(tokens.mint("pipeline"), tokens.mint_platform("pipeline"));
    }

    #[test]
    fn a_token_ends_after_a_minute_and_the_leeway() {
        let second = Arc::new(AtomicI64::new(1_000));
        let tokens = tokens(&second);
        let token = text(&tokens.mint("pipeline"));
        second.store(1_089, Ordering::SeqCst);
        assert!(tokens.principal(&token, &HeaderMap::new(), LEEWAY).is_ok());
        second.store(1_090, Ordering::SeqCst);
        let late = tokens.principal(&token, &HeaderMap::new(), LEEWAY);
        assert_eq!(late.unwrap_err(), Refusal::Expired);
    }

    #[test]
    fn another_secret_or_algorithm_is_refused() {
        let tokens = tokens(&Arc::new(AtomicI64::new(1_000)));
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: "services/x".into(),
            iat: 1_000,
            exp: 1_060,
            roles: vec![Role::Platform],
        };
        let signed = |algorithm, secret: &str| {
            let key = EncodingKey::from_secret(secret.as_bytes());
            jsonwebtoken::encode(&Header::new(algorithm), &claims, &key).unwrap()
        };
        let none = HeaderMap::new();
        assert!(
            tokens
                .principal(&signed(Algorithm::HS256, SECRET), &none, LEEWAY)
                .is_ok()
        );
        for bad in [
            signed(Algorithm::HS512, SECRET),
            signed(Algorithm::HS256, &"y".repeat(32)),
        ] {
            assert!(matches!(
                tokens.principal(&bad, &none, LEEWAY),
                Err(Refusal::Invalid(_))
            ));
        }
    }
}
