//! The service with the real services that it asks, all on one socket.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::civil::Date;
use keynode_accounts::Accounts;
use keynode_kit::auth::ServiceTokens;
use keynode_kit::call::TenantId;
use keynode_kit::client::{self, Channel, Credentials};
use keynode_kit::clock::Clock;
use keynode_kit::config::Secret;
use keynode_kit::db::{Db, PoolSettings};
use keynode_kit::migrate::{self, RolePassword};
use keynode_kit::testing::{self, Caller, TestDatabase, TestServer};
use keynode_kit::wire;
use keynode_pipeline::Pipeline;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::{
    CreateOpportunityRequest, ElementState, Knowledge, Opportunity, QualificationElement,
    RecordBuyingStepRequest, RecordQualificationElementRequest,
};
use keynode_proto::scoring::v1::PublishEvaluationModelRequest;
use keynode_proto::scoring::v1::diagnoses_service_client::DiagnosesServiceClient;
use keynode_proto::scoring::v1::evaluations_service_client::EvaluationsServiceClient;
use keynode_scoring::{Scoring, example_model};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{Evaluations, PASSWORD, count};

const SERVICES: [&str; 3] = ["accounts", "pipeline", "scoring"];
const LIMIT: usize = 4 << 20;

pub struct Neighbours {
    pub server: TestServer,
    pub tenant: TenantId,
    db: Db,
    _database: TestDatabase,
}

impl Neighbours {
    /// Three services that call each other over a socket, and a published model.
    pub async fn new() -> Self {
        let database = testing::database("neighbours", migrated).await;
        let (door, target) = door().await;
        let db = |service: &str| {
            let url = database.url_for(&migrate::role(service), PASSWORD);
            Db::new(url.parse().unwrap(), &PoolSettings::default())
        };
        let clock = Clock::system();
        let peer = peer_of(&target, "accounts");
        let accounts = Accounts::new(db("accounts"), clock.clone(), peer);
        let peer = peer_of(&target, "pipeline");
        let pipeline = Pipeline::new(db("pipeline"), clock.clone(), peer.clone(), peer);
        let peer = peer_of(&target, "scoring");
        let scoring = Scoring::new(db("scoring"), clock, peer.clone(), peer);
        let server = TestServer::start(|server| {
            let server = accounts.add_to(server, LIMIT);
            scoring.add_to(pipeline.add_to(server, LIMIT), LIMIT)
        })
        .await;
        tokio::spawn(forward(door, server.address));
        let db = db("scoring");
        let world = Self {
            server,
            tenant: testing::tenant(),
            db,
            _database: database,
        };
        world.publish().await;
        world
    }

    async fn publish(&self) {
        let mut client = self.evaluations(&Caller::person(self.tenant, "sales_manager"));
        let model = Some(example_model());
        let request = PublishEvaluationModelRequest {
            model,
            ..Default::default()
        };
        client.publish_evaluation_model(request).await.unwrap();
    }

    pub fn evaluations(&self, caller: &Caller) -> Evaluations {
        EvaluationsServiceClient::new(self.server.connect(caller))
    }

    pub fn diagnoses(&self, caller: &Caller) -> DiagnosesServiceClient<Channel> {
        DiagnosesServiceClient::new(self.server.connect(caller))
    }

    /// Opens a deal that belongs to the caller.
    pub async fn open(&self, caller: &Caller) -> Opportunity {
        self.open_closing(caller, None).await
    }

    /// The same, expected to close on a day.
    pub async fn open_closing(&self, caller: &Caller, day: Option<Date>) -> Opportunity {
        let opportunity = Opportunity {
            display_name: "宁夏仪表项目".to_owned(),
            expected_close_date: day.map(wire::date),
            ..Opportunity::default()
        };
        let request = CreateOpportunityRequest {
            opportunity: Some(opportunity),
            ..Default::default()
        };
        let answer = self
            .deals(caller)
            .create_opportunity(request)
            .await
            .unwrap();
        answer.into_inner().opportunity.unwrap()
    }

    /// Records that everything to know before judging is known.
    pub async fn know_everything(&self, caller: &Caller, deal: &str) {
        for number in 1..=6 {
            let element = QualificationElement::try_from(number).unwrap();
            let state = ElementState {
                element: element.into(),
                knowledge: Knowledge::Known.into(),
                value: "已明确".to_owned(),
                source: "拜访".to_owned(),
                ..ElementState::default()
            };
            let request = RecordQualificationElementRequest {
                name: deal.to_owned(),
                state: Some(state),
                ..Default::default()
            };
            self.deals(caller)
                .record_qualification_element(request)
                .await
                .unwrap();
        }
    }

    pub async fn record_buying_step(&self, caller: &Caller, deal: &str, step: i32) {
        let request = RecordBuyingStepRequest {
            name: deal.to_owned(),
            step,
            evidence: "三家公司已报到".to_owned(),
            reason: "得知时已经立项".to_owned(),
            ..Default::default()
        };
        self.deals(caller)
            .record_buying_step(request)
            .await
            .unwrap();
    }

    /// How many events of a type are in the log.
    pub async fn events(&self, r#type: &str) -> i64 {
        count(&self.db, self.tenant, "type", r#type).await
    }

    fn deals(&self, caller: &Caller) -> OpportunitiesServiceClient<Channel> {
        OpportunitiesServiceClient::new(self.server.connect(caller))
    }
}

/// An address that services can be given before the server that hosts them has one.
async fn door() -> (TcpListener, String) {
    let door = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let target = format!("http://{}", door.local_addr().unwrap());
    (door, target)
}

/// What `service` asks the others through.
fn peer_of(target: &str, service: &'static str) -> Channel {
    // The secret that the test server takes.
    let secret = Secret::from("a secret for tests, long enough to be taken".to_owned());
    let tokens = ServiceTokens::new(&secret, Clock::system()).unwrap();
    let own = Credentials::Service(Arc::new(move || tokens.mint(service)));
    Channel::new(target, &client::Settings::default(), own).unwrap()
}

async fn forward(door: TcpListener, to: SocketAddr) {
    while let Ok((mut inward, _)) = door.accept().await {
        tokio::spawn(async move {
            let mut outward = TcpStream::connect(to).await.unwrap();
            let _ended = tokio::io::copy_bidirectional(&mut inward, &mut outward).await;
        });
    }
}

async fn migrated(url: &str) {
    let password = || Some(PASSWORD.to_owned().into());
    let passwords = SERVICES.map(|service| RolePassword {
        service,
        password: password(),
    });
    let migrators = [
        &keynode_accounts::MIGRATOR,
        &keynode_pipeline::MIGRATOR,
        &keynode_scoring::MIGRATOR,
    ];
    migrate::run(&url.parse().unwrap(), &passwords, &migrators)
        .await
        .unwrap();
}
