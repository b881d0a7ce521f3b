//! A database, the service on a socket, and callers.

use jiff::Timestamp;
use keynode_kit::call::TenantId;
use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_kit::db::{Db, PoolSettings, Tx};
use keynode_kit::log::Origin;
use keynode_kit::migrate::{self, RolePassword};
use keynode_kit::mutation::Writer;
use keynode_kit::testing::{self, Caller, TestDatabase, TestServer};
use keynode_proto::pipeline::v1::{Opportunity, OpportunityChanged};
use keynode_proto::scoring::v1::diagnoses_service_client::DiagnosesServiceClient;
use keynode_proto::scoring::v1::evaluations_service_client::EvaluationsServiceClient;
use keynode_proto::scoring::v1::{
    Evaluation, EvaluationModel, EvaluationResult, PublishEvaluationModelRequest,
};
use keynode_scoring::error::Error;
use keynode_scoring::evaluation::{self, Belonging, NewEvaluation, OpportunityId};
use keynode_scoring::{Scoring, example_model};
use sqlx::AssertSqlSafe;
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

pub const PASSWORD: &str = "of-a-test";

pub type Evaluations = EvaluationsServiceClient<Channel>;

pub struct World {
    pub server: TestServer,
    pub tenant: TenantId,
    /// The service's own way to its rows.
    pub db: Db,
    pub scoring: Scoring,
    // Dropped last: the database goes when nobody is connected to it any more.
    _database: TestDatabase,
}

impl World {
    /// The service alone: its peers cannot be reached.
    pub async fn new() -> Self {
        let database = testing::database("scoring", migrated).await;
        let url = database.url_for("keynode_scoring", PASSWORD);
        let db = Db::new(url.parse().unwrap(), &PoolSettings::default());
        let (accounts, pipeline) = (testing::unreachable_peer(), testing::unreachable_peer());
        let scoring = Scoring::new(db.clone(), Clock::system(), accounts, pipeline);
        let server = TestServer::start(|server| scoring.add_to(server, 4 << 20)).await;
        Self {
            server,
            tenant: testing::tenant(),
            db,
            scoring,
            _database: database,
        }
    }

    pub fn evaluations(&self, caller: &Caller) -> Evaluations {
        EvaluationsServiceClient::new(self.server.connect(caller))
    }

    pub fn diagnoses(&self, caller: &Caller) -> DiagnosesServiceClient<Channel> {
        DiagnosesServiceClient::new(self.server.connect(caller))
    }

    /// Somebody who may publish models and sees everything.
    pub fn manager(&self) -> Caller {
        Caller::person(self.tenant, "sales_manager")
    }

    pub async fn publish(&self, id: &str) -> EvaluationModel {
        let mut client = self.evaluations(&self.manager());
        let answer = client
            .publish_evaluation_model(publishing(id))
            .await
            .unwrap();
        answer.into_inner().model.unwrap()
    }

    /// How many events the subject left.
    pub async fn events_of(&self, subject: &str) -> i64 {
        count(&self.db, self.tenant, "subject", subject).await
    }

    /// Writes what the pipeline writes when a deal is given to somebody else, with the
    /// version that the deal has after it.
    pub async fn give(&self, deal: OpportunityId, version: i64, from: &Caller, to: &Caller) {
        let owned_by = |caller: &Caller| Opportunity {
            name: deal.to_string(),
            owner: caller.person_name(),
            ..Opportunity::default()
        };
        let change = OpportunityChanged {
            before: Some(owned_by(from)),
            after: Some(owned_by(to)),
            ..Default::default()
        };
        let origin = Origin {
            tenant: self.tenant,
            service: "pipeline",
            actor: from.person_name(),
            cause: String::new(),
            trace_id: String::new(),
            occurred_at: Clock::system().now(),
        };
        let write = async |tx: &mut Tx| -> Result<(), Error> {
            let mut writer = Writer::new(tx, Clock::system());
            writer.record(deal.to_string(), version, &change);
            Ok(writer.append(&origin).await?)
        };
        self.db.transaction(self.tenant, write).await.unwrap();
    }

    /// Stores a judgement of a deal in its version 5, as evaluating it does.
    pub async fn judge(
        &self,
        opportunity: OpportunityId,
        belonging: Belonging,
        created_at: Timestamp,
        grade: &str,
    ) -> Evaluation {
        let id = Uuid::now_v7();
        let evaluation = Evaluation {
            name: format!("{opportunity}/evaluations/{id}"),
            model: "evaluationModels/example".to_owned(),
            model_version: 1,
            opportunity_etag: "5".to_owned(),
            result: EvaluationResult::Go.into(),
            grade: grade.to_owned(),
            ..Evaluation::default()
        };
        let model = evaluation.model.parse().unwrap();
        let new = NewEvaluation {
            id,
            opportunity,
            belonging,
            model: &model,
            days_to_close: None,
            created_at,
            evaluation: &evaluation,
        };
        let insert = async |tx: &mut Tx| -> Result<(), Error> { evaluation::insert(tx, new).await };
        self.db.transaction(self.tenant, insert).await.unwrap();
        evaluation
    }
}

/// Counts rows of the log. Not as consumers read it: they wait for the transactions of
/// every test in this cluster.
pub async fn count(db: &Db, tenant: TenantId, column: &str, value: &str) -> i64 {
    let sql = format!("select count(*) from events.log where {column} = $1");
    let read = async |tx: &mut Tx| -> Result<i64, Error> {
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(value);
        Ok(query.fetch_one(&mut **tx).await?)
    };
    db.transaction(tenant, read).await.unwrap()
}

pub fn publishing(id: &str) -> PublishEvaluationModelRequest {
    let name = format!("evaluationModels/{id}");
    let model = EvaluationModel {
        name,
        ..example_model()
    };
    PublishEvaluationModelRequest {
        model: Some(model),
        ..Default::default()
    }
}

pub fn an_opportunity() -> OpportunityId {
    OpportunityId(Uuid::now_v7())
}

pub fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

/// The bad fields that a refusal names.
pub fn bad_fields(status: &Status) -> Vec<String> {
    let details = status.get_details_bad_request();
    let violations = details
        .into_iter()
        .flat_map(|details| details.field_violations);
    violations.map(|violation| violation.field).collect()
}

async fn migrated(url: &str) {
    let password = Some(PASSWORD.to_owned().into());
    let passwords = [RolePassword {
        service: "scoring",
        password,
    }];
    let migrators = [&keynode_scoring::MIGRATOR];
    migrate::run(&url.parse().unwrap(), &passwords, &migrators)
        .await
        .unwrap();
}
