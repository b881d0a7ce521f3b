//! One call as a handler sees it: who calls, in which tenant, when, and until when.

use std::fmt;
use std::time::Instant;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::auth::Rights;
use crate::error::Fault;

/// A tenant's id; everything stored belongs to exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(pub Uuid);

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whose records a principal may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Every record of the tenant.
    All,
    /// Records that the person owns and records of these teams (own team or subtree;
    /// empty = only the person's own).
    Teams(Vec<Uuid>),
}

/// Who calls: resolved once per request by the authentication layer.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The tenant; none only for platform work such as creating tenants.
    pub tenant: Option<TenantId>,
    /// `people/{id}`, `serviceAccounts/{id}` or `services/{name}`.
    pub subject: String,
    /// The person behind the subject, when there is one.
    pub person: Option<Uuid>,
    /// The team of the person, given to what the person creates.
    pub team: Option<Uuid>,
    /// Role ids, e.g. `seller`.
    pub roles: Vec<String>,
    /// Dotted permission prefixes the credential is restricted to; empty = unrestricted.
    pub scopes: Vec<String>,
    pub visibility: Visibility,
}

/// What a handler needs to know of the request it answers. The authentication layer
/// puts it into the request's extensions; [`Call::of`] takes it out.
#[derive(Clone, Debug)]
pub struct Call {
    pub principal: Principal,
    /// The gRPC path, e.g. `/keynode.pipeline.v1.OpportunityService/GetOpportunity`.
    pub method: String,
    pub now: Timestamp,
    pub deadline: Option<Instant>,
    /// W3C trace id, 32 hex digits; empty when there is none.
    pub trace_id: String,
    /// The caller's `authorization` value, passed on when a handler calls another
    /// service on the caller's behalf. Never logged.
    pub authorization: Option<tonic::metadata::MetadataValue<tonic::metadata::Ascii>>,
    /// Whether the caller has the permission that the contract names as `reveals`: without
    /// it, or where the contract names none, sensitive persons are masked.
    pub reveals: bool,
    /// What the caller's rights are, to be compared with those of a role that they give.
    pub rights: Rights,
}

impl Call {
    /// The day of the call in UTC.
    pub fn today(&self) -> Date {
        self.now.to_zoned(TimeZone::UTC).date()
    }

    /// The call behind a request.
    ///
    /// # Errors
    /// `INTERNAL` when the authentication layer did not run: a fault of the wiring.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, tonic::Status> {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Fault::internal("request reached a handler unauthenticated").into())
    }

    /// The tenant of the call.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when the credential names no tenant.
    pub fn tenant(&self) -> Result<TenantId, Fault> {
        self.principal.tenant.ok_or_else(Fault::tenant_required)
    }

    /// Whether the principal may see a record with this owner and team.
    pub fn sees(&self, owner: Option<Uuid>, team: Option<Uuid>) -> bool {
        match &self.principal.visibility {
            Visibility::All => true,
            Visibility::Teams(teams) => {
                (owner.is_some() && owner == self.principal.person)
                    || team.is_some_and(|team| teams.contains(&team))
            }
        }
    }

    /// The same as SQL parameters for
    /// `($all or owner_id = $person or team_id = any($teams))`.
    pub fn visibility_parameters(&self) -> (bool, Option<Uuid>, Vec<Uuid>) {
        match &self.principal.visibility {
            Visibility::All => (true, self.principal.person, Vec::new()),
            Visibility::Teams(teams) => (false, self.principal.person, teams.clone()),
        }
    }
}
