//! A database, the service on a socket, a tenant with an administrator, and callers.

use keynode_accounts::Accounts;
use keynode_kit::call::TenantId;
use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_kit::db::{Db, PoolSettings};
use keynode_kit::migrate::{self, RolePassword};
use keynode_kit::testing::{self, Caller, TestDatabase, TestServer};
use keynode_proto::accounts::v1::account_attributes_service_client::AccountAttributesServiceClient;
use keynode_proto::accounts::v1::account_notes_service_client::AccountNotesServiceClient;
use keynode_proto::accounts::v1::accounts_service_client::AccountsServiceClient;
use keynode_proto::accounts::v1::concerns_service_client::ConcernsServiceClient;
use keynode_proto::accounts::v1::contacts_service_client::ContactsServiceClient;
use keynode_proto::accounts::v1::decision_maps_service_client::DecisionMapsServiceClient;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::matching_service_client::MatchingServiceClient;
use keynode_proto::accounts::v1::prospects_service_client::ProspectsServiceClient;
use keynode_proto::accounts::v1::search_service_client::SearchServiceClient;
use keynode_proto::accounts::v1::target_definitions_service_client::TargetDefinitionsServiceClient;
use keynode_proto::accounts::v1::*;
use prost::{Message, Name};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tonic::{Response, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use super::pipeline::Pipeline;

const PASSWORD: &str = "of-a-test";

pub type Directory = DirectoryServiceClient<Channel>;

pub struct World {
    pub server: TestServer,
    pub tenant: TenantId,
    pub admin: Caller,
    pub pipeline: Pipeline,
    pub service: Accounts,
    pub db: Db,
    // Dropped last: the database goes when nobody is connected to it any more.
    database: TestDatabase,
}

/// An event as it was written.
pub struct Recorded {
    pub sequence: i64,
    pub actor: String,
    r#type: String,
    data: Vec<u8>,
}

impl Recorded {
    pub fn message<M: Message + Name + Default>(&self) -> M {
        assert_eq!(self.r#type, M::full_name());
        M::decode(self.data.as_slice()).unwrap()
    }
}

impl World {
    pub async fn new() -> Self {
        let database = testing::database("accounts", migrated).await;
        let url = database.url_for("keynode_accounts", PASSWORD);
        let db = Db::new(url.parse().unwrap(), &PoolSettings::default());
        let pipeline = Pipeline::start().await;
        let accounts = Accounts::new(db.clone(), Clock::system(), pipeline.channel.clone());
        let server = TestServer::start(|server| accounts.add_to(server, 4 << 20)).await;
        let tenant = testing::tenant();
        let admin = Caller::person(tenant, "administrator");
        let mut world = Self {
            server,
            tenant,
            admin,
            pipeline,
            service: accounts,
            db,
            database,
        };
        world.admin = world.settle(tenant).await;
        world
    }

    /// Makes a tenant; answers its administrator, who has a row like everybody.
    pub async fn settle(&self, tenant: TenantId) -> Caller {
        let request = CreateTenantRequest {
            tenant_id: tenant.0.to_string(),
            display_name: "测试公司".to_owned(),
        };
        self.platform().create_tenant(request).await.unwrap();
        let founder = Caller::person(tenant, "administrator");
        let person = self.person(&founder, "管理员", "", "administrator").await;
        Caller {
            person: Some(id(&person.name)),
            ..founder
        }
    }

    pub fn platform(&self) -> Directory {
        DirectoryServiceClient::new(self.server.connect_platform())
    }

    pub fn directory(&self, caller: &Caller) -> Directory {
        DirectoryServiceClient::new(self.server.connect(caller))
    }

    pub fn accounts(&self, caller: &Caller) -> AccountsServiceClient<Channel> {
        AccountsServiceClient::new(self.server.connect(caller))
    }

    pub fn attributes(&self, caller: &Caller) -> AccountAttributesServiceClient<Channel> {
        AccountAttributesServiceClient::new(self.server.connect(caller))
    }

    pub fn notes(&self, caller: &Caller) -> AccountNotesServiceClient<Channel> {
        AccountNotesServiceClient::new(self.server.connect(caller))
    }

    pub fn contacts(&self, caller: &Caller) -> ContactsServiceClient<Channel> {
        ContactsServiceClient::new(self.server.connect(caller))
    }

    pub fn concerns(&self, caller: &Caller) -> ConcernsServiceClient<Channel> {
        ConcernsServiceClient::new(self.server.connect(caller))
    }

    pub fn maps(&self, caller: &Caller) -> DecisionMapsServiceClient<Channel> {
        DecisionMapsServiceClient::new(self.server.connect(caller))
    }

    pub fn prospects(&self, caller: &Caller) -> ProspectsServiceClient<Channel> {
        ProspectsServiceClient::new(self.server.connect(caller))
    }

    pub fn target_definitions(&self, caller: &Caller) -> TargetDefinitionsServiceClient<Channel> {
        TargetDefinitionsServiceClient::new(self.server.connect(caller))
    }

    pub fn matching(&self, caller: &Caller) -> MatchingServiceClient<Channel> {
        MatchingServiceClient::new(self.server.connect(caller))
    }

    pub fn search(&self, caller: &Caller) -> SearchServiceClient<Channel> {
        SearchServiceClient::new(self.server.connect(caller))
    }

    /// A connection of whoever may see everything.
    pub async fn superuser(&self) -> PgConnection {
        PgConnection::connect(&self.database.superuser_url)
            .await
            .unwrap()
    }

    /// Adds a person as `by`.
    pub async fn person(&self, by: &Caller, display_name: &str, team: &str, role: &str) -> Person {
        let person = Person {
            display_name: display_name.to_owned(),
            team: team.to_owned(),
            roles: vec![format!("roles/{role}")],
            ..Person::default()
        };
        let request = CreatePersonRequest {
            person: Some(person),
            ..Default::default()
        };
        take(self.directory(by).create_person(request).await)
            .person
            .unwrap()
    }

    /// Adds a seller, who sees what they own, as a caller.
    pub async fn seller(&self, team: &str) -> Caller {
        let person = self.person(&self.admin, "销售", team, "seller").await;
        Caller {
            person: Some(id(&person.name)),
            team: (!team.is_empty()).then(|| id(team)),
            ..Caller::seller(self.tenant)
        }
    }

    pub async fn team(&self, display_name: &str, parent: &str, lead: &str) -> Team {
        let team = Team {
            display_name: display_name.to_owned(),
            parent: parent.to_owned(),
            lead: lead.to_owned(),
            ..Team::default()
        };
        let request = CreateTeamRequest {
            team: Some(team),
            ..Default::default()
        };
        take(self.directory(&self.admin).create_team(request).await)
            .team
            .unwrap()
    }

    /// Adds an account that belongs to `by`.
    pub async fn account(&self, by: &Caller, display_name: &str) -> Account {
        let account = Account {
            display_name: display_name.to_owned(),
            ..Account::default()
        };
        let request = CreateAccountRequest {
            account: Some(account),
            ..Default::default()
        };
        take(self.accounts(by).create_account(request).await)
            .account
            .unwrap()
    }

    pub async fn contact(&self, by: &Caller, account: &str, display_name: &str) -> Contact {
        let contact = Contact {
            account: account.to_owned(),
            display_name: display_name.to_owned(),
            ..Contact::default()
        };
        let request = CreateContactRequest {
            contact: Some(contact),
            ..Default::default()
        };
        take(self.contacts(by).create_contact(request).await)
            .contact
            .unwrap()
    }

    /// The events of a subject: straight from the table, because readers of the log wait
    /// for transactions of other tests, which share the cluster.
    pub async fn events(&self, subject: &str) -> Vec<Recorded> {
        let mut connection = PgConnection::connect(&self.database.superuser_url)
            .await
            .unwrap();
        let sql = "select sequence, actor, type, data from events.log
             where tenant_id = $1 and subject = $2 order by sequence";
        let rows = sqlx::query_as(sql).bind(self.tenant.0).bind(subject);
        let rows: Vec<(i64, String, String, Vec<u8>)> =
            rows.fetch_all(&mut connection).await.unwrap();
        let recorded = |(sequence, actor, r#type, data)| Recorded {
            sequence,
            actor,
            r#type,
            data,
        };
        rows.into_iter().map(recorded).collect()
    }

    /// The versions of a subject in the order in which readers of the log get them.
    pub async fn feed(&self, subject: &str) -> Vec<i64> {
        let mut connection = PgConnection::connect(&self.database.superuser_url)
            .await
            .unwrap();
        let sql = "select sequence from events.log
             where tenant_id = $1 and subject = $2 order by transaction_id, position";
        let rows = sqlx::query_scalar(sql).bind(self.tenant.0).bind(subject);
        rows.fetch_all(&mut connection).await.unwrap()
    }

    /// Opens connections to the database, so that calls at once do meet there: a new
    /// connection takes longer than a call.
    pub async fn warm_up(&self) {
        let calls = (0..8).map(|_| {
            let mut directory = self.directory(&self.admin);
            tokio::spawn(async move { take(directory.list_roles(ListRolesRequest {}).await) })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
    }

    /// What the database answers to whoever may see everything.
    pub async fn count(&self, sql: &str) -> i64 {
        let mut connection = PgConnection::connect(&self.database.superuser_url)
            .await
            .unwrap();
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }

    /// How the database would answer the service in this tenant.
    pub async fn explained(&self, sql: &str) -> String {
        let url = self.database.url_for("keynode_accounts", PASSWORD);
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let tenant = format!("set keynode.tenant_id = '{}'", self.tenant);
        sqlx::raw_sql(AssertSqlSafe(tenant))
            .execute(&mut connection)
            .await
            .unwrap();
        let lines: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("explain {sql}")))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        lines.join("\n")
    }

    pub async fn execute(&self, sql: &str) {
        let mut connection = PgConnection::connect(&self.database.superuser_url)
            .await
            .unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut connection)
            .await
            .unwrap();
    }
}

async fn migrated(url: &str) {
    let passwords = [RolePassword {
        service: "accounts",
        password: Some(PASSWORD.to_owned().into()),
    }];
    let migrators = [&keynode_accounts::MIGRATOR];
    migrate::run(&url.parse().unwrap(), &passwords, &migrators)
        .await
        .unwrap();
}

/// The answer of a call that must succeed.
#[track_caller]
pub fn take<T>(answer: Result<Response<T>, Status>) -> T {
    match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => panic!(
            "{:?} {}: {}",
            status.code(),
            reason(&status),
            status.message()
        ),
    }
}

/// The refusal of a call that must fail.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> Status {
    answer.unwrap_err()
}

/// The reason of a call that must fail.
#[track_caller]
pub fn reason_of<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> String {
    reason(&refused(answer))
}

pub fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

pub fn metadata(status: &Status, key: &str) -> Option<String> {
    status
        .get_details_error_info()
        .and_then(|mut info| info.metadata.remove(key))
}

/// The bad fields that a refusal names, in the order of the alphabet.
#[track_caller]
pub fn bad_fields<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> Vec<String> {
    let details = refused(answer).get_details_bad_request();
    let violations = details
        .into_iter()
        .flat_map(|details| details.field_violations);
    let mut fields: Vec<String> = violations.map(|violation| violation.field).collect();
    fields.sort();
    fields
}

/// The id in a resource name.
pub fn id(name: &str) -> Uuid {
    name.rsplit('/').next().unwrap().parse().unwrap()
}

/// A name of a collection that stands for nothing.
pub fn nobody(collection: &str) -> String {
    format!("{collection}/{}", Uuid::now_v7())
}

pub fn request_id() -> String {
    Uuid::now_v7().to_string()
}

pub fn mask(paths: &[&str]) -> Option<prost_types::FieldMask> {
    Some(prost_types::FieldMask {
        paths: paths.iter().map(|&path| path.to_owned()).collect(),
    })
}
