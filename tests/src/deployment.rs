//! One process per service, two of pipeline, as `deploy/compose.yaml` does.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use keynode_kit::auth::ServiceTokens;
use keynode_kit::call::TenantId;
use keynode_kit::client::{Channel, Credentials, Settings};
use keynode_kit::clock::Clock;
use keynode_kit::config::Secret;
use keynode_kit::testing::{self, TestDatabase};
use secrecy::SecretString;
use tempfile::TempDir;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::process::{Keynode, binary, free_port};

const SECRET: &str = "shared by the services of one end-to-end test";
const SERVICES: [&str; 5] = [
    "accounts",
    "pipeline",
    "pipeline",
    "scoring",
    "notification",
];

/// A running composition with an empty, migrated database.
pub struct Deployment {
    processes: Vec<Keynode>,
    ports: Vec<u16>,
    settings: Vec<(String, String)>,
    folder: TempDir,
    /// Last: dropped after the processes that use it.
    _database: TestDatabase,
}

impl Deployment {
    /// Migrates with the executable, starts every process and waits until all serve.
    ///
    /// # Panics
    /// If anything does not come up; the logs are in the message.
    pub async fn start() -> Self {
        let database = testing::database("end_to_end", async |_| {}).await;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let ports: Vec<u16> = SERVICES.iter().map(|_| free_port()).collect();
        let settings = settings(&database, &ports);
        let migrated = Command::new(binary())
            .arg("migrate")
            .envs(settings.clone())
            .output()
            .expect("it runs");
        assert!(
            migrated.status.success(),
            "{}",
            String::from_utf8_lossy(&migrated.stderr)
        );
        let mut deployment = Self {
            processes: Vec::new(),
            ports,
            settings,
            folder,
            _database: database,
        };
        for index in 0..SERVICES.len() {
            let process = deployment.launch(index);
            deployment.processes.push(process);
        }
        for index in 0..SERVICES.len() {
            deployment.await_serving(index).await;
        }
        deployment
    }

    fn launch(&self, index: usize) -> Keynode {
        let mut settings = self.settings.clone();
        let port = self.ports[index];
        settings.push(("KEYNODE_SERVER__LISTEN".into(), format!("127.0.0.1:{port}")));
        Keynode::start(&["serve", SERVICES[index]], &settings, &self.log(index))
    }

    fn log(&self, index: usize) -> PathBuf {
        self.folder
            .path()
            .join(format!("{}-{index}.log", SERVICES[index]))
    }

    async fn await_serving(&self, index: usize) {
        let channel = self.channel_to(&[self.ports[index]], Credentials::None);
        for _ in 0..1500 {
            let answer = HealthClient::new(channel.clone())
                .check(HealthCheckRequest::default())
                .await;
            if answer.is_ok_and(|a| a.get_ref().status() == ServingStatus::Serving) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!(
            "{} does not serve:\n{}",
            SERVICES[index],
            self.processes[index].log()
        );
    }

    /// The places of a service's processes, to kill or to look at.
    pub fn replicas(&self, service: &str) -> Vec<usize> {
        (0..SERVICES.len())
            .filter(|i| SERVICES[*i] == service)
            .collect()
    }

    /// Kills a process as the machine would.
    pub fn kill(&mut self, index: usize) {
        self.processes[index].kill();
    }

    /// Starts a killed process again at its port and waits until it serves.
    pub async fn restart(&mut self, index: usize) {
        self.processes[index] = self.launch(index);
        self.await_serving(index).await;
    }

    /// Stops all processes; whether each ended cleanly.
    pub fn stop(mut self) -> bool {
        self.processes.iter_mut().all(Keynode::stop)
    }

    /// A channel to a service, over its replicas, with a token.
    pub fn connect(&self, service: &str, token: &SecretString) -> Channel {
        self.channel_to(&self.ports_of(service), Credentials::Bearer(token.clone()))
    }

    /// The Directory as whoever sets the installation up, in a tenant.
    ///
    /// # Panics
    /// Never: the secret is long enough.
    pub fn platform(&self, tenant: Option<TenantId>) -> Channel {
        let tokens = ServiceTokens::new(&Secret::from(SECRET.to_owned()), Clock::system())
            .expect("long enough");
        let mint = std::sync::Arc::new(move || tokens.mint_platform("test"));
        self.channel_to(&self.ports_of("accounts"), Credentials::Service(mint))
            .as_service(tenant)
    }

    fn ports_of(&self, service: &str) -> Vec<u16> {
        self.replicas(service)
            .into_iter()
            .map(|i| self.ports[i])
            .collect()
    }

    fn channel_to(&self, ports: &[u16], credentials: Credentials) -> Channel {
        let settings = Settings {
            timeout: Duration::from_secs(20),
            ..Settings::default()
        };
        Channel::new(&target(ports), &settings, credentials).expect("the target is well-formed")
    }
}

fn target(ports: &[u16]) -> String {
    ports
        .iter()
        .map(|port| format!("http://127.0.0.1:{port}"))
        .collect::<Vec<_>>()
        .join(",")
}

fn settings(database: &TestDatabase, ports: &[u16]) -> Vec<(String, String)> {
    let (_, server) = database
        .superuser_url
        .split_once('@')
        .expect("the address names a user");
    let mut settings = vec![
        (
            "KEYNODE_DATABASE__URL".to_owned(),
            format!("postgres://{server}"),
        ),
        (
            "KEYNODE_DATABASE__ADMIN_URL".to_owned(),
            database.superuser_url.clone(),
        ),
        ("KEYNODE_AUTH__SERVICE_SECRET".to_owned(), SECRET.to_owned()),
        ("KEYNODE_OPS__LISTEN".to_owned(), String::new()),
        ("KEYNODE_SERVER__DRAIN".to_owned(), "2s".to_owned()),
        ("KEYNODE_CONSUMER__LEASE".to_owned(), "1s".to_owned()),
        ("KEYNODE_CLIENT__EJECT".to_owned(), "200ms".to_owned()),
    ];
    for service in ["accounts", "pipeline", "scoring", "notification"] {
        let name = service.to_uppercase();
        let of: Vec<u16> = (0..SERVICES.len())
            .filter(|i| SERVICES[*i] == service)
            .map(|i| ports[i])
            .collect();
        settings.push((format!("KEYNODE_PEERS__{name}"), target(&of)));
        settings.push((
            format!("KEYNODE_DATABASE__PASSWORDS__{name}"),
            "of-a-test".to_owned(),
        ));
    }
    settings
}
