//! Who calls, and whether they may: credentials become a principal, policies say what
//! the principal is permitted.
//!
//! A request passes [`AuthLayer`]: the [`Authenticator`] turns its credential into a
//! [`Principal`](crate::call::Principal), [`Policies`] decide on the method, and the
//! handler finds a [`Call`](crate::call::Call). Whoever cannot be known is refused:
//! when the Directory is away the answer is `UNAVAILABLE`, never a guess.

mod api_key;
mod authenticator;
mod cache;
mod credential;
mod jwks;
mod layer;
mod policies;
mod refusal;
mod resolver;
mod rights;
mod service_token;
mod settings;
mod token;

pub use api_key::{ApiKey, ApiKeyHash};
pub use authenticator::Authenticator;
pub use layer::{AuthLayer, AuthService, Denial};
pub use policies::{Policies, PolicyError};
pub use refusal::Refusal;
pub use resolver::PrincipalResolver;
pub use rights::Rights;
pub use service_token::{ServiceTokens, TENANT_HEADER};
pub use settings::{Settings, SettingsError};
