//! The service together with the accounts service, both real and on one socket, so that
//! either takes the other's callers.

use std::sync::Arc;
use std::time::Duration;

use keynode_accounts::Accounts;
use keynode_kit::auth::ServiceTokens;
use keynode_kit::client::{self, Channel, Credentials};
use keynode_kit::clock::Clock;
use keynode_kit::config::Secret;
use keynode_kit::consumer;
use keynode_kit::db::{Db, PoolSettings};
use keynode_kit::migrate::{self, RolePassword};
use keynode_kit::testing::{self, Caller, TestServer};
use keynode_pipeline::Pipeline;
use keynode_proto::accounts::v1::accounts_service_client::AccountsServiceClient;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::merges_service_client::MergesServiceClient;
use keynode_proto::accounts::v1::transfers_service_client::TransfersServiceClient;
use keynode_proto::accounts::v1::*;
use keynode_proto::pipeline::v1::{Opportunity, OpportunityChanged};
use prost::Message as _;
use sqlx::{Connection as _, PgConnection};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::world::{PASSWORD, World, get};

const LIMIT: usize = 4 << 20;

/// A world in which customers are kept.
pub struct Market {
    pub world: World,
    pub admin: Caller,
    service: Pipeline,
}

/// An event of a deal, as it was written.
pub struct Told {
    pub actor: String,
    pub cause: String,
    pub change: OpportunityChanged,
}

impl Market {
    pub async fn new() -> Self {
        let database = testing::database("market", migrated).await;
        let door = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let target = format!("http://{}", door.local_addr().unwrap());
        let db = |service: &str| {
            let url = database.url_for(&migrate::role(service), PASSWORD);
            Db::new(url.parse().unwrap(), &PoolSettings::default())
        };
        let peer = peer_of(&target, "accounts");
        let accounts = Accounts::new(db("accounts"), Clock::system(), peer);
        let (peer, silent) = (peer_of(&target, "pipeline"), testing::unreachable_peer());
        let service = Pipeline::new(db("pipeline"), Clock::system(), peer, silent);
        let server =
            TestServer::start(|server| accounts.add_to(service.add_to(server, LIMIT), LIMIT)).await;
        let address = server.address;
        tokio::spawn(async move {
            while let Ok((mut inward, _)) = door.accept().await {
                tokio::spawn(async move {
                    let mut outward = TcpStream::connect(address).await.unwrap();
                    let _ended = copy_bidirectional(&mut inward, &mut outward).await;
                });
            }
        });
        let tenant = testing::tenant();
        let world = World {
            database,
            tenant,
            server,
            service: service.clone(),
        };
        let admin = Caller::person(tenant, "administrator");
        let mut market = Self {
            world,
            admin,
            service,
        };
        market.admin = market.settle(market.admin.clone()).await;
        market
    }

    /// Makes the tenant of an administrator; answers them as a person who is there.
    pub async fn settle(&self, admin: Caller) -> Caller {
        let request = CreateTenantRequest {
            tenant_id: admin.tenant.0.to_string(),
            display_name: "测试公司".to_owned(),
        };
        let platform = self.world.server.connect_platform();
        let mut directory = DirectoryServiceClient::new(platform);
        directory.create_tenant(request).await.unwrap();
        self.person(&admin, "", admin.clone()).await
    }

    /// Adds the person behind a caller.
    async fn person(&self, by: &Caller, team: &str, caller: Caller) -> Caller {
        let person = Person {
            display_name: "某人".to_owned(),
            team: team.to_owned(),
            roles: vec![format!("roles/{}", caller.roles[0])],
            ..Person::default()
        };
        let request = CreatePersonRequest {
            person: Some(person),
            ..Default::default()
        };
        let answer = self.directory(by).create_person(request).await.unwrap();
        Caller {
            person: Some(id(&answer.into_inner().person.unwrap().name)),
            team: (!team.is_empty()).then(|| id(team)),
            ..caller
        }
    }

    /// The person behind a caller is there from now on.
    pub async fn joined(&self, caller: Caller) -> Caller {
        self.person(&self.admin, "", caller).await
    }

    /// Gives somebody other roles, or has them sign in no more.
    pub async fn change(&self, caller: &Caller, role: &str, disabled: bool) {
        let person = Person {
            name: caller.person_name(),
            roles: vec![format!("roles/{role}")],
            disabled,
            ..Person::default()
        };
        let mask = ["roles", "disabled"].map(ToString::to_string).to_vec();
        let request = UpdatePersonRequest {
            person: Some(person),
            update_mask: Some(prost_types::FieldMask { paths: mask }),
            ..Default::default()
        };
        let mut directory = self.directory(&self.admin);
        directory.update_person(request).await.unwrap();
    }

    /// A seller, who sees what they own.
    pub async fn seller(&self, team: &str) -> Caller {
        let seller = Caller::seller(self.world.tenant);
        self.person(&self.admin, team, seller).await
    }

    pub async fn team(&self) -> String {
        self.team_below("").await
    }

    pub async fn team_below(&self, parent: &str) -> String {
        let team = Team {
            display_name: "西北".to_owned(),
            parent: parent.to_owned(),
            ..Team::default()
        };
        let request = CreateTeamRequest {
            team: Some(team),
            ..Default::default()
        };
        let answer = self.directory(&self.admin).create_team(request).await;
        answer.unwrap().into_inner().team.unwrap().name
    }

    /// Adds an account that belongs to `by`; its name.
    pub async fn account(&self, by: &Caller) -> String {
        let account = Account {
            display_name: "宁夏化工".to_owned(),
            ..Account::default()
        };
        let request = CreateAccountRequest {
            account: Some(account),
            ..Default::default()
        };
        let mut accounts = AccountsServiceClient::new(self.world.server.connect(by));
        let answer = accounts.create_account(request).await.unwrap();
        answer.into_inner().account.unwrap().name
    }

    pub async fn merge(&self, survivor: &str, loser: &str) -> Merge {
        let loser = MergeLoser {
            account: loser.to_owned(),
            ..Default::default()
        };
        let request = MergeAccountsRequest {
            survivor: survivor.to_owned(),
            losers: vec![loser],
            ..Default::default()
        };
        let answer = self.merges().merge_accounts(request).await.unwrap();
        answer.into_inner().merge.unwrap()
    }

    pub async fn undo(&self, merge: &Merge) {
        let request = UndoMergeRequest {
            name: merge.name.clone(),
            ..Default::default()
        };
        self.merges().undo_merge(request).await.unwrap();
    }

    pub async fn transfer(&self, by: &Caller, from: &Caller, to: &str) {
        let request = TransferRecordsRequest {
            from: from.person_name(),
            to: to.to_owned(),
            by_territory: to.is_empty(),
            ..Default::default()
        };
        let mut transfers = TransfersServiceClient::new(self.world.server.connect(by));
        transfers.transfer_records(request).await.unwrap();
    }

    fn merges(&self) -> MergesServiceClient<Channel> {
        MergesServiceClient::new(self.world.server.connect(&self.admin))
    }

    fn directory(&self, by: &Caller) -> DirectoryServiceClient<Channel> {
        DirectoryServiceClient::new(self.world.server.connect(by))
    }

    /// Starts a replica that follows the log until what is answered is dropped.
    pub fn react(&self) -> oneshot::Sender<()> {
        let (stop, stopped) = oneshot::channel();
        let service = self.service.clone();
        let settings = consumer::Settings {
            poll: Duration::from_millis(20),
            lease: Duration::from_secs(2),
            ..Default::default()
        };
        tokio::spawn(async move { service.react(settings, async { drop(stopped.await) }).await });
        stop
    }

    pub async fn read(&self, name: &str) -> Opportunity {
        get(&mut self.world.manager(), name).await.unwrap()
    }

    /// The deal as soon as it is so.
    pub async fn until(&self, name: &str, is_so: impl Fn(&Opportunity) -> bool) -> Opportunity {
        // Readers of the log wait for transactions of other tests, which share the cluster.
        for _ in 0..1200 {
            let deal = self.read(name).await;
            if is_so(&deal) {
                return deal;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("still {:?}", self.read(name).await)
    }

    /// Waits until everything that is in the log by now has taken effect.
    pub async fn caught_up(&self) {
        let mut connection = self.superuser().await;
        let last = "select transaction_id, position from events.log
                    order by transaction_id desc, position desc limit 1";
        let last: (i64, i64) = sqlx::query_as(last)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        for _ in 0..1200 {
            let place = "select transaction_id, position from pipeline.consumer";
            let place: Option<(i64, i64)> = sqlx::query_as(place)
                .fetch_optional(&mut connection)
                .await
                .unwrap();
            if place.is_some_and(|place| place >= last) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the log is not followed to {last:?}")
    }

    /// The events of a deal, the oldest first.
    pub async fn told(&self, name: &str) -> Vec<Told> {
        let sql = "select actor, cause, data from events.log
                   where subject = $1 order by transaction_id, position";
        let rows: Vec<(String, String, Vec<u8>)> = sqlx::query_as(sql)
            .bind(name)
            .fetch_all(&mut self.superuser().await)
            .await
            .unwrap();
        let told = |(actor, cause, data): (String, String, Vec<u8>)| Told {
            actor,
            cause,
            change: OpportunityChanged::decode(data.as_slice()).unwrap(),
        };
        rows.into_iter().map(told).collect()
    }

    /// `events/{id}` of the newest event of a type.
    pub async fn newest(&self, r#type: &str) -> String {
        let sql = "select id from events.log where type = $1 order by transaction_id desc limit 1";
        let id: Uuid = sqlx::query_scalar(sql)
            .bind(format!("keynode.accounts.v1.{type}"))
            .fetch_one(&mut self.superuser().await)
            .await
            .unwrap();
        format!("events/{id}")
    }

    async fn superuser(&self) -> PgConnection {
        let url = &self.world.database.superuser_url;
        PgConnection::connect(url).await.unwrap()
    }
}

/// A deal of a customer.
pub fn with(account: &str) -> Opportunity {
    Opportunity {
        display_name: "宁夏项目".to_owned(),
        account: account.to_owned(),
        ..Opportunity::default()
    }
}

pub fn id(name: &str) -> Uuid {
    name.rsplit('/').next().unwrap().parse().unwrap()
}

/// What `service` asks the others through.
fn peer_of(target: &str, service: &'static str) -> Channel {
    // The secret that the test server takes.
    let secret = Secret::from("a secret for tests, long enough to be taken".to_owned());
    let tokens = ServiceTokens::new(&secret, Clock::system()).unwrap();
    let own = Credentials::Service(Arc::new(move || tokens.mint(service)));
    Channel::new(target, &client::Settings::default(), own).unwrap()
}

async fn migrated(url: &str) {
    let passwords = migrate::SERVICES.map(|service| RolePassword {
        service,
        password: Some(PASSWORD.to_owned().into()),
    });
    let migrators = [&keynode_accounts::MIGRATOR, &keynode_pipeline::MIGRATOR];
    migrate::run(&url.parse().unwrap(), &passwords, &migrators)
        .await
        .unwrap();
}
