//! The identity provider's keys, kept fresh.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::refusal::Refusal;
use super::settings::{Settings, SettingsError};
use source::{Source, SourceError};

mod source;

/// An unknown key makes us ask the provider again, but not more often than this, or
/// forged tokens would become requests to the provider.
const REFETCH_AT_MOST_EVERY: Duration = Duration::from_secs(10);

/// RSA keys under 2048 bits can be broken (NIST SP 800-131A); in base64url digits.
const MIN_MODULUS_DIGITS: usize = 342;

/// The keys of a provider; cheap to clone.
#[derive(Clone)]
pub(super) struct Jwks(Arc<Inner>);

struct Inner {
    source: Source,
    /// None until they could be read once.
    keys: ArcSwapOption<Keys>,
    /// When they were last asked for, successfully or not.
    asked: Mutex<Option<Instant>>,
}

/// A key that signatures are checked with, and the one algorithm it is for.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) decoding: DecodingKey,
    pub(super) algorithm: Algorithm,
}

/// The keys of one reading, by their id.
#[derive(Default)]
pub(super) struct Keys(HashMap<String, Arc<Key>>);

impl Jwks {
    /// Reads the keys and goes on reading them in the background while it is in use.
    /// A provider that is away is waited for; a bad file is an error at once.
    pub(super) async fn start(settings: &Settings) -> Result<Self, SettingsError> {
        let jwks = Self(Arc::new(Inner {
            source: Source::of(settings)?,
            keys: ArcSwapOption::empty(),
            asked: Mutex::default(),
        }));
        let read = jwks.0.refetch(&mut *jwks.0.asked.lock().await).await;
        match read {
            Err(SourceError::Settings(error)) => return Err(error),
            read => log(read),
        }
        jwks.refresh_every(settings.refresh_interval);
        Ok(jwks)
    }

    fn refresh_every(&self, interval: Duration) {
        let weak = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(interval).await;
                let Some(inner) = weak.upgrade() else { return };
                log(inner.refetch(&mut *inner.asked.lock().await).await);
            }
        });
    }

    /// The key with this id; without an id, the only key there is.
    pub(super) async fn find(&self, id: Option<&str>) -> Result<Arc<Key>, Refusal> {
        if let Some(key) = self.0.known(id) {
            return Ok(key);
        }
        self.0.refetch_if_due().await;
        match self.0.keys.load().is_some() {
            true => self
                .0
                .known(id)
                .ok_or(Refusal::Invalid("its key is not one of the issuer's")),
            false => Err(Refusal::Unavailable("the issuer's keys could not be read")),
        }
    }
}

impl Inner {
    fn known(&self, id: Option<&str>) -> Option<Arc<Key>> {
        self.keys.load().as_ref()?.find(id).cloned()
    }

    /// Callers with the same unknown key wait here for one reading.
    async fn refetch_if_due(&self) {
        let mut asked = self.asked.lock().await;
        if asked.is_none_or(|at| at.elapsed() >= REFETCH_AT_MOST_EVERY) {
            log(self.refetch(&mut asked).await);
        }
    }

    async fn refetch(&self, asked: &mut Option<Instant>) -> Result<(), SourceError> {
        *asked = Some(Instant::now());
        let keys = self.source.read().await?;
        self.keys.store(Some(Arc::new(keys)));
        Ok(())
    }
}

fn log(read: Result<(), SourceError>) {
    if let Err(error) = read {
        tracing::warn!(%error, "keys of the identity provider not read; using those known");
    }
}

impl Keys {
    /// The usable keys of a JWK set; others, e.g. for encryption, are left out.
    pub(super) fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set = serde_json::from_slice(json)?;
        let keys = set
            .keys
            .into_iter()
            .filter_map(|key| usable(serde_json::from_value(key).ok()?));
        Ok(Self(keys.collect()))
    }

    fn find(&self, id: Option<&str>) -> Option<&Arc<Key>> {
        match id {
            Some(id) => self.0.get(id),
            None if self.0.len() == 1 => self.0.values().next(),
            None => None,
        }
    }
}

fn usable(jwk: Jwk) -> Option<(String, Arc<Key>)> {
    let for_signatures = matches!(
        jwk.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let algorithm = algorithm(&jwk).filter(|_| for_signatures)?;
    let decoding = DecodingKey::from_jwk(&jwk).ok()?;
    Some((
        jwk.common.key_id.unwrap_or_default(),
        Arc::new(Key {
            decoding,
            algorithm,
        }),
    ))
}

/// The algorithm follows from the key. Symmetric keys have no place in a public set.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let (algorithm, name) = match &jwk.algorithm {
        AlgorithmParameters::RSA(key) if key.n.len() >= MIN_MODULUS_DIGITS => {
            (Algorithm::RS256, KeyAlgorithm::RS256)
        }
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    jwk.common
        .key_algorithm
        .is_none_or(|named| named == name)
        .then_some(algorithm)
}
