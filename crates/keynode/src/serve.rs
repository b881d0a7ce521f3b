//! Runs any set of the services in this process, on one gRPC port.

mod denials;
mod readiness;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use keynode_accounts::Accounts;
use keynode_kit::auth::{AuthLayer, Authenticator, PrincipalResolver, ServiceTokens};
use keynode_kit::client::{Channel, Credentials};
use keynode_kit::clock::Clock;
use keynode_kit::db::Db;
use keynode_kit::ops::{self, Ops, Readiness, Version};
use keynode_kit::server::{self, Server};
use keynode_kit::telemetry::Telemetry;
use keynode_notification::Notification;
use keynode_pipeline::Pipeline;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_scoring::Scoring;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::settings::{Peers, Settings};

/// How long work in the background may take to end once all calls have.
const END_WITHIN: Duration = Duration::from_secs(3);

/// What a process can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Service {
    Accounts,
    Pipeline,
    Scoring,
    Notification,
    Gateway,
}

impl Service {
    /// The services that answer gRPC.
    pub const ALL: [Self; 4] = [
        Self::Accounts,
        Self::Pipeline,
        Self::Scoring,
        Self::Notification,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Pipeline => "pipeline",
            Self::Scoring => "scoring",
            Self::Notification => "notification",
            Self::Gateway => "gateway",
        }
    }
}

/// A process with its ports bound and its parts put together, about to serve.
pub struct Host {
    settings: Settings,
    clock: Clock,
    tokens: ServiceTokens,
    telemetry: Telemetry,
    readiness: Readiness,
    grpc: Option<TcpListener>,
    ops: Option<TcpListener>,
    gateway: Option<TcpListener>,
    services: BTreeSet<Service>,
}

impl Host {
    /// Binds the ports, so that one that is taken is reported before anything starts.
    pub async fn prepare(
        settings: Settings,
        services: BTreeSet<Service>,
        telemetry: Telemetry,
    ) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let tokens = ServiceTokens::new(&settings.auth.service_secret, clock.clone())?;
        let answers_grpc = services.iter().any(|service| *service != Service::Gateway);
        let grpc = if answers_grpc {
            Some(server::bind(settings.server.listen).await?)
        } else {
            None
        };
        let gateway = match services.contains(&Service::Gateway) {
            true => Some(
                server::bind(settings.gateway.listen)
                    .await
                    .context("gateway.listen")?,
            ),
            false => None,
        };
        let ops = match settings.ops.listen {
            Some(address) => Some(server::bind(address).await?),
            None => None,
        };
        let readiness = Readiness::default();
        Ok(Self {
            settings,
            clock,
            tokens,
            telemetry,
            readiness,
            grpc,
            ops,
            gateway,
            services,
        })
    }

    /// Where gRPC is answered; none for a gateway alone.
    pub fn grpc_address(&self) -> Option<SocketAddr> {
        self.grpc
            .as_ref()
            .and_then(|listener| listener.local_addr().ok())
    }

    /// The same with every service called at one address: this process's own.
    pub fn with_peers(mut self, endpoint: &str) -> Self {
        let endpoint = endpoint.to_owned();
        self.settings.peers = Peers {
            accounts: endpoint.clone(),
            pipeline: endpoint.clone(),
            scoring: endpoint.clone(),
            notification: endpoint,
        };
        self
    }

    /// Where operators look; none when that is off.
    pub fn ops_address(&self) -> Option<SocketAddr> {
        self.ops
            .as_ref()
            .and_then(|listener| listener.local_addr().ok())
    }

    /// Serves until `stop` is cancelled, then drains.
    pub async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let background = TaskTracker::new();
        if let Some(listener) = self.ops.take() {
            let (ops, stopped) = (self.ops_state(), stop.clone());
            background.spawn(async move {
                if let Err(error) = ops::serve(listener, ops, stopped.cancelled()).await {
                    tracing::error!(%error, "the operators' port failed");
                }
            });
        }
        if let Some(listener) = self.gateway.take() {
            self.spawn_gateway(listener, &background, &stop)?;
        }
        if let Some(listener) = self.grpc.take() {
            self.serve_grpc(listener, &background, stop.clone()).await?;
        } else {
            stop.cancelled().await;
        }
        stop.cancel();
        background.close();
        if tokio::time::timeout(END_WITHIN, background.wait())
            .await
            .is_err()
        {
            tracing::warn!("work in the background does not end and is left behind");
        }
        Ok(())
    }

    fn ops_state(&self) -> Ops {
        let version = Version {
            program: "keynode",
            version: env!("CARGO_PKG_VERSION"),
            revision: None,
        };
        Ops {
            telemetry: self.telemetry.clone(),
            readiness: self.readiness.clone(),
            version,
        }
    }

    async fn serve_grpc(
        &self,
        listener: TcpListener,
        background: &TaskTracker,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let mut server = Server::new(self.settings.server.clone(), self.readiness.clone());
        let mut databases = Vec::new();
        for service in self
            .services
            .iter()
            .copied()
            .filter(|s| *s != Service::Gateway)
        {
            let db = Db::new(
                self.settings.database.options(service.name())?,
                &self.settings.database.pool,
            );
            self.readiness.set(service.name(), false, "starting");
            background.spawn(readiness::watch(
                db.clone(),
                service.name(),
                self.readiness.clone(),
                stop.clone(),
            ));
            server = self.add(server, service, db.clone(), background, &stop)?;
            databases.push(db);
        }
        let layer = self.auth_layer(&databases, background, &stop).await?;
        server
            .authenticate(layer)
            .serve(listener, stop.cancelled())
            .await
            .context("the gRPC server")?;
        futures_util::future::join_all(databases.iter().map(Db::close)).await;
        Ok(())
    }

    fn add(
        &self,
        server: Server,
        service: Service,
        db: Db,
        background: &TaskTracker,
        stop: &CancellationToken,
    ) -> anyhow::Result<Server> {
        let (clock, limit) = (self.clock.clone(), self.settings.server.max_message_bytes);
        let peers = &self.settings.peers;
        Ok(match service {
            Service::Accounts => {
                let pipeline = self.peer(service, &peers.pipeline)?;
                let accounts = Accounts::new(db, clock, pipeline)
                    .with_settings(self.settings.accounts.clone());
                let (reacting, stopped) = (accounts.clone(), stop.clone());
                let settings = self.settings.consumer.clone();
                background
                    .spawn(async move { reacting.react(settings, stopped.cancelled()).await });
                accounts.add_to(server, limit)
            }
            Service::Pipeline => {
                let (accounts, scoring) = (
                    self.peer(service, &peers.accounts)?,
                    self.peer(service, &peers.scoring)?,
                );
                let pipeline = Pipeline::new(db, clock, accounts, scoring);
                let (reacting, stopped) = (pipeline.clone(), stop.clone());
                let settings = self.settings.consumer.clone();
                background
                    .spawn(async move { reacting.react(settings, stopped.cancelled()).await });
                pipeline.add_to(server, limit)
            }
            Service::Scoring => {
                let (accounts, pipeline) = (
                    self.peer(service, &peers.accounts)?,
                    self.peer(service, &peers.pipeline)?,
                );
                let scoring = Scoring::new(db, clock, accounts, pipeline);
                let (reacting, stopped) = (scoring.clone(), stop.clone());
                let settings = self.settings.consumer.clone();
                background
                    .spawn(async move { reacting.react(settings, stopped.cancelled()).await });
                scoring.add_to(server, limit)
            }
            Service::Notification => {
                let accounts = self.peer(service, &peers.accounts)?;
                let notification =
                    Notification::new(db, clock, accounts, self.settings.consumer.clone());
                let (reacting, stopped) = (notification.clone(), stop.clone());
                background.spawn(async move { reacting.react(stopped.cancelled()).await });
                notification.add_to(server, limit)
            }
            Service::Gateway => server,
        })
    }

    /// A channel on which `caller` calls `target` with its own credential if on nobody's behalf.
    fn peer(&self, caller: Service, target: &str) -> anyhow::Result<Channel> {
        let tokens = self.tokens.clone();
        let credentials =
            Credentials::Service(std::sync::Arc::new(move || tokens.mint(caller.name())));
        Ok(Channel::new(target, &self.settings.client, credentials)?)
    }

    async fn auth_layer(
        &self,
        databases: &[Db],
        background: &TaskTracker,
        stop: &CancellationToken,
    ) -> anyhow::Result<AuthLayer> {
        let name = self
            .services
            .first()
            .map_or("keynode", |service| service.name());
        let accounts = Channel::new(
            &self.settings.peers.accounts,
            &self.settings.client,
            Credentials::None,
        )?;
        let resolver = PrincipalResolver::remote(
            DirectoryServiceClient::new(accounts),
            self.tokens.clone(),
            name,
        );
        let authenticator = Authenticator::start(
            &self.settings.auth,
            self.tokens.clone(),
            resolver,
            self.clock.clone(),
        )
        .await?;
        let layer = AuthLayer::new(
            authenticator,
            self.settings.auth.policies()?,
            self.clock.clone(),
        );
        Ok(match databases.first() {
            Some(db) => layer.on_denied(denials::log_to(db.clone(), background, stop.clone())),
            None => layer,
        })
    }

    fn spawn_gateway(
        &self,
        listener: TcpListener,
        background: &TaskTracker,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        let peers = &self.settings.peers;
        let targets = [
            ("accounts", &peers.accounts),
            ("pipeline", &peers.pipeline),
            ("scoring", &peers.scoring),
            ("notification", &peers.notification),
        ];
        let mut channels = Vec::new();
        for (name, target) in targets {
            channels.push((
                name,
                Channel::new(target, &self.settings.client, Credentials::None)?,
            ));
        }
        self.readiness.set(Service::Gateway.name(), true, "");
        let stopped = stop.clone();
        background.spawn(async move {
            if let Err(error) =
                keynode_gateway::serve(listener, channels, stopped.cancelled_owned()).await
            {
                tracing::error!(%error, "the gateway failed");
            }
        });
        Ok(())
    }
}
