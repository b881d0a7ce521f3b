//! A real server on a real socket for tests of one service, with callers made up freely:
//! the test plays the Directory, everything else is what production runs.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use keynode_proto::accounts::v1::resolve_principal_request::Credential;
use keynode_proto::accounts::v1::{ResolvePrincipalRequest, ResolvedPrincipal, RoleVisibility};
use secrecy::SecretString;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::Status;
use uuid::Uuid;

use crate::auth::{
    self, ApiKey, AuthLayer, Authenticator, Policies, PrincipalResolver, ServiceTokens,
};
use crate::call::TenantId;
use crate::client::{self, Channel, Credentials};
use crate::clock::Clock;
use crate::config::Secret;
use crate::ops::Readiness;
use crate::server::{self, Server};

type Known = Arc<Mutex<HashMap<String, ResolvedPrincipal>>>;

/// A server that ends with the test.
pub struct TestServer {
    pub address: SocketAddr,
    known: Known,
    tokens: ServiceTokens,
    _stop: DropGuard,
}

/// Somebody who calls in a test.
#[derive(Clone, Debug)]
pub struct Caller {
    pub tenant: TenantId,
    /// None for a program.
    pub person: Option<Uuid>,
    pub team: Option<Uuid>,
    pub roles: Vec<&'static str>,
    pub visibility: RoleVisibility,
    pub visible_teams: Vec<Uuid>,
    pub scopes: Vec<&'static str>,
}

impl Caller {
    /// A person with one role who sees everything of the tenant.
    pub fn person(tenant: TenantId, role: &'static str) -> Self {
        Self {
            tenant,
            person: Some(Uuid::now_v7()),
            team: None,
            roles: vec![role],
            visibility: RoleVisibility::All,
            visible_teams: Vec::new(),
            scopes: Vec::new(),
        }
    }

    /// A person who sees only what they own.
    pub fn seller(tenant: TenantId) -> Self {
        Self {
            visibility: RoleVisibility::Own,
            ..Self::person(tenant, "seller")
        }
    }

    /// A program that sees everything of the tenant.
    pub fn integrator(tenant: TenantId) -> Self {
        Self {
            person: None,
            ..Self::person(tenant, "integrator")
        }
    }

    /// The same in a team, seeing this team's records.
    pub fn in_team(self, team: Uuid) -> Self {
        Self {
            team: Some(team),
            visibility: RoleVisibility::Team,
            visible_teams: vec![team],
            ..self
        }
    }

    /// `people/{id}`, or empty for a program.
    pub fn person_name(&self) -> String {
        self.person
            .map(|id| format!("people/{id}"))
            .unwrap_or_default()
    }

    fn resolved(&self) -> ResolvedPrincipal {
        let subject = match self.person {
            Some(id) => format!("people/{id}"),
            None => format!("serviceAccounts/{}", Uuid::now_v7()),
        };
        ResolvedPrincipal {
            tenant: format!("tenants/{}", self.tenant),
            subject,
            person: self.person_name(),
            team: self
                .team
                .map(|id| format!("teams/{id}"))
                .unwrap_or_default(),
            roles: self.roles.iter().map(ToString::to_string).collect(),
            scopes: self.scopes.iter().map(ToString::to_string).collect(),
            visibility: self.visibility.into(),
            visible_teams: self
                .visible_teams
                .iter()
                .map(|id| format!("teams/{id}"))
                .collect(),
        }
    }
}

/// A tenant of its own for a test.
pub fn tenant() -> TenantId {
    TenantId(Uuid::now_v7())
}

impl TestServer {
    /// Serves what `add` puts on the server: `TestServer::start(|s| accounts.add_to(s, 4 << 20))`.
    ///
    /// # Panics
    /// If the server cannot start: a test cannot go on without.
    pub async fn start(add: impl FnOnce(Server) -> Server) -> Self {
        Self::start_with(server::Settings::default(), add).await
    }

    /// The same with other limits.
    ///
    /// # Panics
    /// If the server cannot start: a test cannot go on without.
    pub async fn start_with(limits: server::Settings, add: impl FnOnce(Server) -> Server) -> Self {
        let known = Known::default();
        let clock = Clock::system();
        let settings = auth::Settings::default();
        let secret = Secret::from("a secret for tests, long enough to be taken".to_owned());
        let tokens = ServiceTokens::new(&secret, clock.clone()).expect("the secret is long enough");
        let authenticator = Authenticator::start(
            &settings,
            tokens.clone(),
            directory(known.clone()),
            clock.clone(),
        )
        .await
        .expect("default settings start");
        let policies =
            Policies::parse(keynode_proto::DEFAULT_POLICIES).expect("the shipped policies parse");
        let layer = AuthLayer::new(authenticator, policies, clock);
        let listener = server::bind(([127, 0, 0, 1], 0).into())
            .await
            .expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let stop = CancellationToken::new();
        let settings = server::Settings {
            drain: std::time::Duration::from_millis(200),
            ..limits
        };
        let server = add(Server::new(settings, Readiness::default())).authenticate(layer);
        let ended = stop.clone();
        tokio::spawn(async move {
            server
                .serve(listener, async move { ended.cancelled().await })
                .await
        });
        Self {
            address,
            known,
            tokens,
            _stop: stop.drop_guard(),
        }
    }

    /// A channel on which everything is called as `caller`.
    ///
    /// # Panics
    /// Never: the address is one of this server.
    pub fn connect(&self, caller: &Caller) -> Channel {
        let (key, _) = ApiKey::generate(caller.tenant, Uuid::now_v7());
        self.known
            .lock()
            .expect("no test panics while it holds this lock")
            .insert(key.expose().to_owned(), caller.resolved());
        self.channel(Credentials::Bearer(SecretString::from(
            key.expose().to_owned(),
        )))
    }

    /// A channel as one of the services.
    pub fn connect_service(&self, service: &'static str) -> Channel {
        let tokens = self.tokens.clone();
        self.channel(Credentials::Service(Arc::new(move || tokens.mint(service))))
    }

    /// A channel as whoever sets the installation up.
    pub fn connect_platform(&self) -> Channel {
        let tokens = self.tokens.clone();
        self.channel(Credentials::Service(Arc::new(move || {
            tokens.mint_platform("test")
        })))
    }

    /// A channel as nobody.
    pub fn connect_anonymous(&self) -> Channel {
        self.channel(Credentials::None)
    }

    fn channel(&self, credentials: Credentials) -> Channel {
        let settings = client::Settings {
            timeout: std::time::Duration::from_secs(20),
            ..Default::default()
        };
        Channel::new(&format!("http://{}", self.address), &settings, credentials)
            .expect("the target is well-formed")
    }
}

/// A channel to a port at which nobody listens.
///
/// # Panics
/// Never: the target is well-formed.
pub fn unreachable_peer() -> Channel {
    let settings = client::Settings {
        timeout: std::time::Duration::from_secs(1),
        ..Default::default()
    };
    Channel::new("http://127.0.0.1:1", &settings, Credentials::None)
        .expect("the target is well-formed")
}

fn directory(known: Known) -> PrincipalResolver {
    PrincipalResolver::from_fn(move |request: ResolvePrincipalRequest| {
        let found = match &request.credential {
            Some(Credential::ApiKey(key)) => known
                .lock()
                .expect("no test panics while it holds this lock")
                .get(key)
                .cloned(),
            _ => None,
        };
        async move { found.ok_or_else(|| Status::unauthenticated("unknown to this test")) }
    })
}
