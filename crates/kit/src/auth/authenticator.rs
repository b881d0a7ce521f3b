//! From a request's headers to a principal.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use http::HeaderMap;
use keynode_proto::accounts::v1::ResolvePrincipalRequest;
use keynode_proto::accounts::v1::resolve_principal_request::Credential as Resolvable;
use sha2::{Digest as _, Sha256};

use super::api_key::ApiKey;
use super::cache::Cache;
use super::credential::Credential;
use super::jwks::Jwks;
use super::refusal::Refusal;
use super::resolver::{self, PrincipalResolver};
use super::service_token::{self, ServiceTokens};
use super::settings::{Settings, SettingsError};
use super::token::{self, Times, TokenVerifier};
use crate::call::Principal;
use crate::clock::Clock;

const MAX_CACHED: usize = 10_000;

/// Says who sends a request; cheap to clone.
#[derive(Clone)]
pub struct Authenticator(Arc<Inner>);

struct Inner {
    services: ServiceTokens,
    provider: Option<TokenVerifier>,
    resolver: PrincipalResolver,
    /// By SHA-256 of the credential, so that memory holds no secret for long.
    answers: Cache<[u8; 32], Answer>,
    leeway: Duration,
    clock: Clock,
}

type Answer = Result<Resolved, Refusal>;

#[derive(Clone)]
struct Resolved {
    principal: Arc<Principal>,
    /// A token's own limits, which count also while its answer is kept.
    times: Option<Times>,
}

impl Authenticator {
    /// Checks the settings and reads the identity provider's keys.
    ///
    /// # Errors
    /// Settings that contradict each other, a short secret, an unreadable key file.
    pub async fn start(
        settings: &Settings,
        services: ServiceTokens,
        resolver: PrincipalResolver,
        clock: Clock,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let provider = match settings.has_provider() {
            true => Some(TokenVerifier::new(settings, Jwks::start(settings).await?)),
            false => None,
        };
        Ok(Self(Arc::new(Inner {
            services,
            provider,
            resolver,
            answers: Cache::new(settings.principal_cache, MAX_CACHED),
            leeway: settings.leeway,
            clock,
        })))
    }

    /// The principal behind the credential in these headers.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Principal, Refusal> {
        match Credential::of(headers)? {
            Credential::ApiKey(key) => {
                let id = key.hash();
                self.kept(*id.as_bytes(), |inner| async move { inner.key(&key).await })
                    .await
            }
            Credential::Token(token) => self.token(token, headers).await,
        }
    }

    /// A token is checked by whom it says it is from, and by nobody else.
    async fn token(&self, token: &str, headers: &HeaderMap) -> Result<Principal, Refusal> {
        let issuer = token::claimed_issuer(token).ok_or(Refusal::Invalid(
            "it is neither an API key nor a token of an issuer",
        ))?;
        if issuer == service_token::ISSUER {
            return self.0.services.principal(token, headers, self.0.leeway);
        }
        let id = Sha256::digest(token).into();
        let token = token.to_owned();
        self.kept(id, |inner| async move { inner.provided(&token).await })
            .await
    }

    async fn kept<A>(
        &self,
        id: [u8; 32],
        ask: impl FnOnce(Arc<Inner>) -> A,
    ) -> Result<Principal, Refusal>
    where
        A: Future<Output = Answer> + Send + 'static,
    {
        let kept = self.0.answers.get(id, || ask(self.0.clone()).boxed());
        let answer = kept.clone().await;
        if let Err(Refusal::Unavailable(_)) = answer {
            self.0.answers.forget(&id, &kept);
        }
        let resolved = answer?;
        if let Some(times) = resolved.times {
            times.check(self.0.clock.now(), self.0.leeway)?;
        }
        Ok(Principal::clone(&resolved.principal))
    }
}

impl Inner {
    async fn key(&self, key: &ApiKey) -> Answer {
        let credential = Resolvable::ApiKey(key.expose().to_owned());
        let request = ResolvePrincipalRequest {
            credential: Some(credential),
        };
        let principal = self.resolver.resolve(request, key.tenant().0).await?;
        Ok(Resolved {
            principal: Arc::new(principal),
            times: None,
        })
    }

    async fn provided(&self, token: &str) -> Answer {
        let provider = self.provider.as_ref().ok_or(Refusal::Invalid(
            "no identity provider is configured; use an API key",
        ))?;
        let (subject, times) = provider.verify(token, self.clock.now()).await?;
        let tenant = resolver::id("tenants/", &subject.tenant)
            .expect("the verifier names a tenant by its id");
        let request = ResolvePrincipalRequest {
            credential: Some(Resolvable::Token(subject)),
        };
        let principal = self.resolver.resolve(request, tenant).await?;
        Ok(Resolved {
            principal: Arc::new(principal),
            times: Some(times),
        })
    }
}

#[cfg(test)]
mod tests;
