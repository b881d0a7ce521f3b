//! What every test stands on.

#[path = "world/clients.rs"]
mod clients;
#[path = "world/log.rs"]
mod log;
#[path = "world/process_files.rs"]
mod process_files;

use std::time::Duration;

use keynode_kit::call::TenantId;
use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_kit::consumer;
use keynode_kit::db::{Db, PoolSettings};
use keynode_kit::migrate::{self, RolePassword};
use keynode_kit::server;
use keynode_kit::testing::{self, Caller, TestDatabase, TestServer};
use keynode_pipeline::{MIGRATOR, Pipeline};
use keynode_proto::common::v1::ExternalKey;
use keynode_proto::google::r#type::{Date, Money};
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::*;
use prost_types::FieldMask;
use tokio::sync::oneshot;
use tonic::Status;
use tonic_types::StatusExt as _;

pub use self::process_files::*;

pub type Opportunities = OpportunitiesServiceClient<Channel>;

pub const PASSWORD: &str = "of-a-test";

/// One service with a database of its own.
pub struct World {
    pub database: TestDatabase,
    pub tenant: TenantId,
    pub server: TestServer,
    pub service: Pipeline,
}

/// A world in which no other service runs.
pub async fn world() -> World {
    world_with(testing::unreachable_peer(), testing::unreachable_peer()).await
}

/// A world whose server has limits of its own.
pub async fn world_within(limits: server::Settings) -> World {
    let peers = (testing::unreachable_peer(), testing::unreachable_peer());
    world_of(peers, limits).await
}

pub async fn world_with(accounts: Channel, scoring: Channel) -> World {
    world_of((accounts, scoring), server::Settings::default()).await
}

async fn world_of((accounts, scoring): (Channel, Channel), limits: server::Settings) -> World {
    let database = testing::database("pipeline", async |url| {
        let passwords = migrate::SERVICES.map(|service| RolePassword {
            service,
            password: Some(PASSWORD.to_owned().into()),
        });
        migrate::run(&url.parse().unwrap(), &passwords, &[&MIGRATOR])
            .await
            .unwrap();
    })
    .await;
    let options = database
        .url_for("keynode_pipeline", PASSWORD)
        .parse()
        .unwrap();
    let pipeline = Pipeline::new(
        Db::new(options, &PoolSettings::default()),
        Clock::system(),
        accounts,
        scoring,
    );
    let server = TestServer::start_with(limits, |server| pipeline.add_to(server, 4 << 20)).await;
    World {
        database,
        tenant: testing::tenant(),
        server,
        service: pipeline,
    }
}

impl World {
    /// Who sees everything and may change it.
    pub fn boss(&self) -> Caller {
        Caller::person(self.tenant, "sales_manager")
    }

    /// The service follows the log, until what is answered is dropped.
    pub fn react(&self) -> oneshot::Sender<()> {
        let (stop, stopped) = oneshot::channel();
        let service = self.service.clone();
        let settings = consumer::Settings {
            poll: Duration::from_millis(20),
            ..consumer::Settings::default()
        };
        tokio::spawn(async move {
            let stopped = async {
                let _dropped = stopped.await;
            };
            service.react(settings, stopped).await;
        });
        stop
    }

    /// Past the service and past row-level security.
    pub async fn superuser(&self) -> sqlx::PgConnection {
        use sqlx::Connection as _;
        sqlx::PgConnection::connect(&self.database.superuser_url)
            .await
            .unwrap()
    }

    /// The address of the database as the service itself signs in.
    pub fn own_url(&self) -> String {
        self.database.url_for("keynode_pipeline", PASSWORD)
    }
}

/// The reason of a refusal.
pub fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.unwrap_err();
    let details = status.get_error_details();
    details
        .error_info()
        .unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"))
        .reason
        .clone()
}

/// The bad fields of a refusal.
pub fn fields<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<String> {
    let details = answer.unwrap_err().get_error_details();
    let bad = details.bad_request().expect("a refusal of fields");
    let fields = bad.field_violations.iter();
    let fields: Vec<String> = fields.map(|violation| violation.field.clone()).collect();
    let is_path = |field: &String| !field.starts_with('.') && !field.ends_with('.');
    assert!(fields.iter().all(is_path), "{fields:?}");
    fields
}

pub fn request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

pub fn date(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn named(display_name: &str) -> Opportunity {
    Opportunity {
        display_name: display_name.to_owned(),
        ..Opportunity::default()
    }
}

pub async fn create(client: &mut Opportunities, opportunity: Opportunity) -> Opportunity {
    let request = CreateOpportunityRequest {
        opportunity: Some(opportunity),
        ..Default::default()
    };
    client
        .create_opportunity(request)
        .await
        .unwrap()
        .into_inner()
        .opportunity
        .unwrap()
}

pub async fn get(client: &mut Opportunities, name: &str) -> Result<Opportunity, Status> {
    let answer = client
        .get_opportunity(GetOpportunityRequest {
            name: name.to_owned(),
        })
        .await?;
    Ok(answer.into_inner().opportunity.unwrap())
}

pub async fn moves(client: &mut Opportunities, name: &str) -> Vec<StageMove> {
    let request = ListStageMovesRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    client
        .list_stage_moves(request)
        .await
        .unwrap()
        .into_inner()
        .moves
}

pub fn key(id: &str) -> Option<ExternalKey> {
    Some(ExternalKey {
        source_system: "crm".to_owned(),
        external_id: id.to_owned(),
    })
}

/// A row of another system.
pub fn row(id: &str, stage: &str) -> OpportunityRow {
    let opportunity = Opportunity {
        external_key: key(id),
        ..named(&format!("deal {id}"))
    };
    OpportunityRow {
        opportunity: Some(opportunity),
        stage: stage.to_owned(),
        ..Default::default()
    }
}

pub async fn upsert(
    client: &mut Opportunities,
    rows: Vec<OpportunityRow>,
) -> Result<Vec<opportunity_row_result::Result>, Status> {
    let request = BatchUpsertOpportunitiesRequest {
        rows,
        ..Default::default()
    };
    let results = client
        .batch_upsert_opportunities(request)
        .await?
        .into_inner()
        .results;
    Ok(results
        .into_iter()
        .map(|result| result.result.unwrap())
        .collect())
}

/// A deal that was imported in a stage; its name.
pub async fn imported(world: &World, stage: &str) -> String {
    let mut row = row(stage, stage);
    if stage == "implementation" {
        row.status = OpportunityStatus::Won.into();
        row.close_time = Some(prost_types::Timestamp {
            seconds: 1_780_000_000,
            nanos: 0,
        });
    }
    let results = upsert(&mut world.importer(), vec![row]).await.unwrap();
    match results.into_iter().next().unwrap() {
        opportunity_row_result::Result::Created(name) => name,
        other => panic!("not created: {other:?}"),
    }
}

pub async fn evidence(client: &mut Opportunities, name: &str, kind: &str) -> Opportunity {
    let request = RecordEvidenceRequest {
        name: name.to_owned(),
        kind: kind.to_owned(),
        date: date(2026, 7, 1),
        note: "合同 12".to_owned(),
        ..Default::default()
    };
    client
        .record_evidence(request)
        .await
        .unwrap()
        .into_inner()
        .opportunity
        .unwrap()
}

pub async fn know(client: &mut Opportunities, name: &str, element: QualificationElement) {
    let state = ElementState {
        element: element.into(),
        knowledge: Knowledge::Known.into(),
        value: "五百万元".to_owned(),
        source: "the design institute".to_owned(),
        learned_date: date(2026, 7, 2),
        ..Default::default()
    };
    let request = RecordQualificationElementRequest {
        name: name.to_owned(),
        state: Some(state),
        ..Default::default()
    };
    client.record_qualification_element(request).await.unwrap();
}

pub async fn know_all(client: &mut Opportunities, name: &str) {
    for n in 1..=6 {
        know(client, name, QualificationElement::try_from(n).unwrap()).await;
    }
}

pub async fn advance(
    client: &mut Opportunities,
    name: &str,
) -> Result<AdvanceOpportunityResponse, Status> {
    let request = AdvanceOpportunityRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    Ok(client.advance_opportunity(request).await?.into_inner())
}

pub async fn force(
    client: &mut Opportunities,
    name: &str,
    reason: &str,
) -> Result<ForceAdvanceOpportunityResponse, Status> {
    let request = ForceAdvanceOpportunityRequest {
        name: name.to_owned(),
        reason: reason.to_owned(),
        ..Default::default()
    };
    Ok(client
        .force_advance_opportunity(request)
        .await?
        .into_inner())
}

pub async fn update(
    client: &mut Opportunities,
    opportunity: Opportunity,
    paths: &[&str],
) -> Result<Opportunity, Status> {
    let mask = FieldMask {
        paths: paths.iter().map(ToString::to_string).collect(),
    };
    let request = UpdateOpportunityRequest {
        opportunity: Some(opportunity),
        update_mask: Some(mask),
        ..Default::default()
    };
    Ok(client
        .update_opportunity(request)
        .await?
        .into_inner()
        .opportunity
        .unwrap())
}

pub fn money(units: i64, nanos: i32) -> Option<Money> {
    Some(Money {
        currency_code: "CNY".to_owned(),
        units,
        nanos,
    })
}

/// What a refusal says is missing, by type and subject.
pub fn missing<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<(String, String)> {
    let details = answer.unwrap_err().get_error_details();
    let missing = details
        .precondition_failure()
        .expect("a refusal of conditions");
    let violations = missing.violations.iter();
    violations
        .map(|it| (it.r#type.clone(), it.subject.clone()))
        .collect()
}

/// A deal of which everything is said but who the customer is.
pub fn full() -> Opportunity {
    Opportunity {
        product: "仪表".to_owned(),
        non_standard: Some(true),
        amount: money(1_200_000, 100_000_000),
        expected_close_date: date(2026, 11, 30),
        known_since_date: date(2026, 7, 1),
        entry_buying_step: 2,
        competitors: vec!["甲".to_owned(), "乙".to_owned()],
        external_key: key("7"),
        ..named("宁夏项目")
    }
}
