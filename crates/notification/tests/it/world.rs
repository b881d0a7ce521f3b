//! A database, the service on a socket beside the real Directory, and a way to write
//! events as other services do.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use keynode_accounts::Accounts;
use keynode_kit::call::TenantId;
use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_kit::consumer;
use keynode_kit::db::{Db, PoolSettings, Tx};
use keynode_kit::error::Fault;
use keynode_kit::log::Origin;
use keynode_kit::migrate::{self, RolePassword};
use keynode_kit::mutation::Writer;
use keynode_kit::testing::{self, Caller, TestDatabase, TestServer};
use keynode_kit::wire;
use keynode_notification::Notification;
use keynode_proto::accounts::v1::absences_service_client::AbsencesServiceClient;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::{
    Absence, CreateAbsenceRequest, CreatePersonRequest, CreateTeamRequest, CreateTenantRequest,
    Person, Team,
};
use prost::{Message, Name};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

const PASSWORD: &str = "of-a-test";

pub struct World {
    pub server: TestServer,
    pub tenant: TenantId,
    directory: TestServer,
    pipeline: Db,
    clock: Clock,
    _stop: DropGuard,
    /// Last: dropped after everything that uses it.
    _database: TestDatabase,
}

impl World {
    /// With the reaction running twice, as with two replicas.
    pub async fn new() -> Self {
        let database = testing::database("notification", migrated).await;
        let clock = Clock::system();
        let accounts = Accounts::new(
            db(&database, "accounts"),
            clock.clone(),
            testing::unreachable_peer(),
        );
        let directory = TestServer::start(|server| accounts.add_to(server, 4 << 20)).await;
        let tenant = testing::tenant();
        create_tenant(&directory, tenant).await;
        let notification = Notification::new(
            db(&database, "notification"),
            clock.clone(),
            directory.connect_service("notification"),
            consumer::Settings {
                poll: Duration::from_millis(20),
                ..Default::default()
            },
        );
        let server = TestServer::start(|server| notification.add_to(server, 4 << 20)).await;
        let stop = CancellationToken::new();
        for _replica in 0..2 {
            let (notification, stopped) = (notification.clone(), stop.clone());
            tokio::spawn(async move { notification.react(stopped.cancelled()).await });
        }
        let pipeline = db(&database, "pipeline");
        Self {
            server,
            tenant,
            directory,
            pipeline,
            clock,
            _stop: stop.drop_guard(),
            _database: database,
        }
    }

    /// A seller in a team that a manager leads: `(seller, manager)`.
    pub async fn seller_and_manager(&self) -> (Caller, Caller) {
        let mut directory = self.people();
        let manager = create_person(&mut directory, "总监", "").await;
        let team = Team {
            display_name: "华北".into(),
            lead: manager.clone(),
            ..Team::default()
        };
        let request = CreateTeamRequest {
            team: Some(team),
            ..CreateTeamRequest::default()
        };
        let team = directory
            .create_team(request)
            .await
            .unwrap()
            .into_inner()
            .team
            .unwrap();
        let seller = create_person(&mut directory, "小张", &team.name).await;
        (
            self.caller(&seller, "seller"),
            self.caller(&manager, "sales_manager"),
        )
    }

    /// Somebody more of the sales organisation.
    pub async fn colleague(&self, display_name: &str) -> Caller {
        let person = create_person(&mut self.people(), display_name, "").await;
        self.caller(&person, "seller")
    }

    /// Records that somebody is away from `first` to `last` and who stands in.
    pub async fn away(&self, person: &Caller, deputy: &Caller, [first, last]: [Date; 2]) {
        let request = CreateAbsenceRequest {
            absence: Some(Absence {
                person: person.person_name(),
                deputy: deputy.person_name(),
                start_date: Some(wire::date(first)),
                end_date: Some(wire::date(last)),
                ..Absence::default()
            }),
            ..CreateAbsenceRequest::default()
        };
        let administrator = Caller::person(self.tenant, "administrator");
        AbsencesServiceClient::new(self.directory.connect(&administrator))
            .create_absence(request)
            .await
            .unwrap();
    }

    fn people(&self) -> DirectoryServiceClient<Channel> {
        let administrator = Caller::person(self.tenant, "administrator");
        DirectoryServiceClient::new(self.directory.connect(&administrator))
    }

    fn caller(&self, person: &str, role: &'static str) -> Caller {
        let id = Uuid::try_parse(person.trim_start_matches("people/")).unwrap();
        Caller {
            person: Some(id),
            ..Caller::person(self.tenant, role)
        }
    }

    /// Writes one event as the pipeline does.
    pub async fn write<M: Message + Name>(
        &self,
        subject: &str,
        sequence: i64,
        actor: &str,
        change: &M,
    ) {
        self.write_in(self.tenant, subject, sequence, actor, change)
            .await;
    }

    pub async fn write_in<M: Message + Name>(
        &self,
        tenant: TenantId,
        subject: &str,
        sequence: i64,
        actor: &str,
        change: &M,
    ) {
        let mut tx = self.begin(tenant, subject, sequence, actor, change).await;
        tx.enter_tenant(tenant).await.unwrap();
        tx.finish(Ok::<_, Fault>(())).await.unwrap();
    }

    /// The same, in a transaction that the test holds open.
    pub async fn begin<M: Message + Name>(
        &self,
        tenant: TenantId,
        subject: &str,
        sequence: i64,
        actor: &str,
        change: &M,
    ) -> Tx {
        let now = self.clock.now();
        self.begin_at(now, tenant, subject, sequence, actor, change)
            .await
    }

    /// Writes one event that occurred at a moment.
    pub async fn write_at<M: Message + Name>(
        &self,
        at: Timestamp,
        subject: &str,
        actor: &str,
        change: &M,
    ) {
        let mut tx = self
            .begin_at(at, self.tenant, subject, 1, actor, change)
            .await;
        tx.enter_tenant(self.tenant).await.unwrap();
        tx.finish(Ok::<_, Fault>(())).await.unwrap();
    }

    async fn begin_at<M: Message + Name>(
        &self,
        at: Timestamp,
        tenant: TenantId,
        subject: &str,
        sequence: i64,
        actor: &str,
        change: &M,
    ) -> Tx {
        let origin = Origin {
            tenant,
            service: "pipeline",
            actor: actor.to_owned(),
            cause: String::new(),
            trace_id: String::new(),
            occurred_at: at,
        };
        let mut tx = self.pipeline.begin(tenant).await.unwrap();
        let mut writer = Writer::new(&mut tx, self.clock.clone());
        writer.record(subject, sequence, change);
        writer.append(&origin).await.unwrap();
        tx
    }
}

fn db(database: &TestDatabase, service: &str) -> Db {
    let url = database.url_for(&migrate::role(service), PASSWORD);
    Db::new(url.parse().unwrap(), &PoolSettings::default())
}

async fn migrated(url: &str) {
    let passwords = migrate::SERVICES.map(|service| RolePassword {
        service,
        password: Some(PASSWORD.to_owned().into()),
    });
    let migrators = [&keynode_accounts::MIGRATOR, &keynode_notification::MIGRATOR];
    migrate::run(&url.parse().unwrap(), &passwords, &migrators)
        .await
        .unwrap();
}

async fn create_tenant(directory: &TestServer, tenant: TenantId) {
    let request = CreateTenantRequest {
        tenant_id: tenant.0.to_string(),
        display_name: "测试公司".into(),
    };
    DirectoryServiceClient::new(directory.connect_platform())
        .create_tenant(request)
        .await
        .unwrap();
}

async fn create_person(
    directory: &mut DirectoryServiceClient<Channel>,
    display_name: &str,
    team: &str,
) -> String {
    let person = Person {
        display_name: display_name.into(),
        team: team.into(),
        ..Person::default()
    };
    let request = CreatePersonRequest {
        person: Some(person),
        ..CreatePersonRequest::default()
    };
    directory
        .create_person(request)
        .await
        .unwrap()
        .into_inner()
        .person
        .unwrap()
        .name
}
