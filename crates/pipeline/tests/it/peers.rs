//! Gates that rest on accounts and scoring, which a test plays here so that it can say
//! what they know. The services themselves meet in the end-to-end tests.

use std::sync::{Arc, Mutex};

use keynode_kit::client::{Channel, Credentials, Settings};
use keynode_kit::ops::Readiness;
use keynode_kit::server::{self, Server};
use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1 as accounts;
use keynode_proto::accounts::v1::decision_maps_service_server::{
    DecisionMapsService, DecisionMapsServiceServer,
};
use keynode_proto::pipeline::v1::*;
use keynode_proto::scoring::v1 as scoring;
use keynode_proto::scoring::v1::evaluations_service_server::{
    EvaluationsService, EvaluationsServiceServer,
};
use tonic::metadata::MetadataValue;
use tonic::{Request, Response, Status, async_trait};

use crate::world::*;

/// What the other services know, and how often each was asked.
#[derive(Clone, Default)]
struct Peers(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    map: Option<accounts::DecisionMapAnalysis>,
    evaluation: Option<scoring::Evaluation>,
    asked: (u32, u32),
    /// `authorization` and `x-keynode-tenant` of the last question to each.
    asked_as: [(String, String); 2],
}

/// Implements a service of which only some methods are played.
macro_rules! plays {
    ($service:ident { $($played:tt)* } not $package:ident: $($method:ident($request:ident) -> $response:ident;)*) => {
        #[async_trait]
        impl $service for Peers {
            $($played)*
            $(
                async fn $method(
                    &self,
                    _: Request<$package::$request>,
                ) -> Result<Response<$package::$response>, Status> {
                    Err(Status::unimplemented("not played"))
                }
            )*
        }
    };
}

plays! { DecisionMapsService {
    async fn analyze_decision_map(
        &self,
        request: Request<accounts::AnalyzeDecisionMapRequest>,
    ) -> Result<Response<accounts::AnalyzeDecisionMapResponse>, Status> {
        let mut known = self.0.lock().unwrap();
        known.asked.0 += 1;
        known.asked_as[0] = identity(&request);
        let analysis = known.map.clone().ok_or_else(|| Status::not_found("no map that you see"))?;
        Ok(Response::new(accounts::AnalyzeDecisionMapResponse { analysis: Some(analysis) }))
    }

} not accounts:
        create_decision_map(CreateDecisionMapRequest) -> CreateDecisionMapResponse;
        get_decision_map(GetDecisionMapRequest) -> GetDecisionMapResponse;
        set_stakeholder(SetStakeholderRequest) -> SetStakeholderResponse;
        remove_stakeholder(RemoveStakeholderRequest) -> RemoveStakeholderResponse;
        set_influence(SetInfluenceRequest) -> SetInfluenceResponse;
        remove_influence(RemoveInfluenceRequest) -> RemoveInfluenceResponse;
        complete_decision_map(CompleteDecisionMapRequest) -> CompleteDecisionMapResponse;
        list_decision_maps(ListDecisionMapsRequest) -> ListDecisionMapsResponse;
        set_map_competitors(SetMapCompetitorsRequest) -> SetMapCompetitorsResponse;
        set_purchase_criterion(SetPurchaseCriterionRequest) -> SetPurchaseCriterionResponse;
        remove_purchase_criterion(RemovePurchaseCriterionRequest) -> RemovePurchaseCriterionResponse;
        list_judgement_changes(ListJudgementChangesRequest) -> ListJudgementChangesResponse;
        batch_analyze_decision_maps(BatchAnalyzeDecisionMapsRequest) -> BatchAnalyzeDecisionMapsResponse;
}

plays! { EvaluationsService {
    async fn get_latest_evaluation(
        &self,
        request: Request<scoring::GetLatestEvaluationRequest>,
    ) -> Result<Response<scoring::GetLatestEvaluationResponse>, Status> {
        let mut known = self.0.lock().unwrap();
        known.asked.1 += 1;
        known.asked_as[1] = identity(&request);
        let evaluation = known.evaluation.clone().ok_or_else(|| Status::not_found("never evaluated"))?;
        Ok(Response::new(scoring::GetLatestEvaluationResponse { evaluation: Some(evaluation) }))
    }

} not scoring:
        publish_evaluation_model(PublishEvaluationModelRequest) -> PublishEvaluationModelResponse;
        get_evaluation_model(GetEvaluationModelRequest) -> GetEvaluationModelResponse;
        list_evaluation_models(ListEvaluationModelsRequest) -> ListEvaluationModelsResponse;
        evaluate_opportunity(EvaluateOpportunityRequest) -> EvaluateOpportunityResponse;
}

/// What this installation's services prove themselves with, in these tests.
const OWN: &str = "Bearer of-the-service-itself";

fn identity<T>(request: &Request<T>) -> (String, String) {
    let value = |key: &str| {
        let value = request.metadata().get(key);
        value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    };
    (value("authorization"), value("x-keynode-tenant"))
}

impl Peers {
    /// A world whose other services are these, on a socket of their own.
    async fn world(&self) -> World {
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let target = format!("http://{}", listener.local_addr().unwrap());
        let server = Server::new(server::Settings::default(), Readiness::default())
            .host(DecisionMapsServiceServer::new(self.clone()))
            .host(EvaluationsServiceServer::new(self.clone()));
        tokio::spawn(server.serve(listener, std::future::pending()));
        let channel = Channel::new(&target, &Settings::default(), own()).unwrap();
        world_with(channel.clone(), channel).await
    }

    fn judge(&self, result: scoring::EvaluationResult, grade: &str) {
        self.0.lock().unwrap().evaluation = Some(scoring::Evaluation {
            name: "opportunities/x/evaluations/y".to_owned(),
            model_version: 4,
            result: result.into(),
            grade: grade.to_owned(),
            ..Default::default()
        });
    }

    fn map(&self, has_coach: bool, path: Option<accounts::InfluencePath>) {
        self.0.lock().unwrap().map = Some(accounts::DecisionMapAnalysis {
            map_version: 7,
            has_coach,
            decision_maker_known: true,
            decision_makers: vec![accounts::DecisionMakerReach {
                display_name: "王总".to_owned(),
                path,
                ..Default::default()
            }],
            ..Default::default()
        });
    }

    fn asked(&self) -> (u32, u32) {
        self.0.lock().unwrap().asked
    }
}

fn own() -> Credentials {
    Credentials::Service(Arc::new(|| MetadataValue::from_static(OWN)))
}

/// The criteria that a refusal names, without the deal's name.
fn missing<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<String> {
    use tonic_types::StatusExt as _;
    let details = answer.unwrap_err().get_error_details();
    let violations = details
        .precondition_failure()
        .expect("unmet criteria")
        .violations
        .clone();
    violations
        .iter()
        .map(|v| v.subject.rsplit('/').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_first_key_node_is_reached_by_what_is_known_and_judged() {
    let peers = Peers::default();
    let world = peers.world().await;
    let mut client = world.manager();
    let name = create(&mut client, named("x")).await.name;
    assert_eq!(
        missing(advance(&mut client, &name).await).len(),
        7,
        "never evaluated and nothing known"
    );
    know_all(&mut client, &name).await;
    assert_eq!(
        missing(advance(&mut client, &name).await),
        ["evaluation_passed"]
    );
    peers.judge(scoring::EvaluationResult::Go, "B");
    assert_eq!(
        missing(advance(&mut client, &name).await),
        ["evaluation_passed"],
        "only A enters (R14)"
    );
    peers.judge(scoring::EvaluationResult::Go, "A");
    let moved = advance(&mut client, &name).await.unwrap();
    let (deal, stage_move) = (moved.opportunity.unwrap(), moved.r#move.unwrap());
    assert_eq!(
        (
            deal.stage.as_str(),
            deal.grade.as_str(),
            deal.completed_key_nodes.as_slice()
        ),
        ("entry", "A", [1].as_slice())
    );
    let basis = stage_move.basis.unwrap();
    assert_eq!(
        (basis.evaluation.as_str(), basis.evaluation_model_version),
        ("opportunities/x/evaluations/y", 4)
    );
    assert_eq!(
        peers.asked().0,
        0,
        "no criterion of stage 1 names the decision map"
    );
}

#[tokio::test]
async fn the_second_key_node_is_coach_and_key_persons() {
    let peers = Peers::default();
    let world = peers.world().await;
    let mut client = world.manager();
    let name = imported(&world, "entry").await;
    evidence(&mut client, &name, "selected_as_candidate").await;
    let people = ["coach_present", "decision_makers_reached"];
    assert_eq!(
        missing(advance(&mut client, &name).await),
        people,
        "there is no map"
    );
    peers.map(false, None);
    assert_eq!(missing(advance(&mut client, &name).await), people);
    peers.map(true, None);
    assert_eq!(
        missing(advance(&mut client, &name).await),
        ["decision_makers_reached"]
    );
    peers.map(true, Some(accounts::InfluencePath::default()));
    let moved = advance(&mut client, &name).await.unwrap();
    assert_eq!(moved.opportunity.unwrap().stage, "proposal");
    assert_eq!(moved.r#move.unwrap().basis.unwrap().decision_map_version, 7);
    assert_eq!(
        peers.asked().1,
        0,
        "unknown elements rule the owed first key node out already"
    );
}

#[tokio::test]
async fn an_owed_key_node_is_completed_with_the_next_move() {
    let peers = Peers::default();
    let world = peers.world().await;
    let mut client = world.manager();
    let name = create(&mut client, named("x")).await.name;
    let forced = force(&mut client, &name, "the director insists")
        .await
        .unwrap();
    assert_eq!(forced.r#move.unwrap().unmet_criteria.len(), 7);
    know_all(&mut client, &name).await;
    peers.judge(scoring::EvaluationResult::Go, "A");
    peers.map(true, Some(accounts::InfluencePath::default()));
    evidence(&mut client, &name, "selected_as_candidate").await;
    let deal = advance(&mut client, &name)
        .await
        .unwrap()
        .opportunity
        .unwrap();
    assert_eq!(
        (
            deal.completed_key_nodes.as_slice(),
            deal.forced_key_nodes.len()
        ),
        ([1, 2].as_slice(), 0)
    );
    assert_eq!(
        (deal.effective_stage_position, deal.grade.as_str()),
        (3, "A")
    );
}

#[tokio::test]
async fn a_gate_is_checked_with_what_the_others_know() {
    let peers = Peers::default();
    let world = peers.world().await;
    let mut client = world.manager();
    let name = imported(&world, "entry").await;
    peers.map(true, None);
    let gate = client
        .check_gate(CheckGateRequest { name })
        .await
        .unwrap()
        .into_inner()
        .gate
        .unwrap();
    let seen: Vec<_> = gate
        .criteria
        .iter()
        .map(|c| (c.verdict(), c.observed.as_str()))
        .collect();
    assert_eq!(
        seen[0],
        (CriterionVerdict::Met, "the decision map names a coach")
    );
    assert_eq!(
        seen[1],
        (CriterionVerdict::Unmet, "no path of influence to 王总")
    );
    assert_eq!(gate.basis.unwrap().decision_map_version, 7);
}

/// One judgement for everybody who sees the deal: a map or an evaluation that the caller
/// may not read would count as none otherwise.
#[tokio::test]
async fn the_others_are_asked_as_the_service_in_the_tenant_of_the_caller() {
    let peers = Peers::default();
    let world = peers.world().await;
    let seller = Caller {
        scopes: vec!["pipeline.opportunities"],
        ..Caller::seller(world.tenant)
    };
    let mut client = world.opportunities(&seller);
    let name = create(&mut client, named("x")).await.name;
    know_all(&mut client, &name).await;
    peers.judge(scoring::EvaluationResult::Go, "A");
    peers.map(true, Some(accounts::InfluencePath::default()));
    let request = CheckGateRequest { name: name.clone() };
    let checked = client.check_gate(request).await.unwrap().into_inner();
    assert!(checked.gate.unwrap().reached);
    advance(&mut client, &name).await.unwrap();
    client.check_gate(CheckGateRequest { name }).await.unwrap();
    let own = (OWN.to_owned(), world.tenant.to_string());
    assert_eq!(peers.0.lock().unwrap().asked_as, [own.clone(), own]);
}
