//! The pipeline service as far as decision maps ask it, played on a socket of its own so
//! that a test can say which deals there are. The services themselves meet in the
//! end-to-end tests.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keynode_kit::client::{self, Channel, Credentials};
use keynode_kit::ops::Readiness;
use keynode_kit::server::{self, Server};
use keynode_proto::pipeline::v1::opportunities_service_server::{
    OpportunitiesService, OpportunitiesServiceServer,
};
use keynode_proto::pipeline::v1::*;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::{Request, Response, Status, async_trait};

/// Knows every opportunity by default, of no customer.
pub struct Pipeline {
    known: Known,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
    pub channel: Channel,
}

#[derive(Clone, Default)]
struct Known(Arc<Mutex<Deals>>);

#[derive(Default)]
struct Deals {
    missing: HashSet<String>,
    customers: HashMap<String, String>,
    authorized: bool,
}

impl Pipeline {
    pub async fn start() -> Self {
        let known = Known::default();
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let target = format!("http://{}", listener.local_addr().unwrap());
        let settings = server::Settings {
            drain: Duration::from_millis(50),
            ..Default::default()
        };
        let server = Server::new(settings, Readiness::default())
            .host(OpportunitiesServiceServer::new(known.clone()));
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            server.serve(listener, stopped).await.unwrap();
        });
        let patience = client::Settings {
            timeout: Duration::from_secs(1),
            ..Default::default()
        };
        Self {
            known,
            stop: Some(stop),
            served,
            channel: Channel::new(&target, &patience, Credentials::None).unwrap(),
        }
    }

    /// From now on there is no such opportunity, or none that anybody sees.
    pub fn forget(&self, opportunity: &str) {
        let mut deals = self.known.0.lock().unwrap();
        deals.missing.insert(opportunity.to_owned());
    }

    /// Names the customer of an opportunity.
    pub fn sell(&self, opportunity: &str, account: &str) {
        let mut deals = self.known.0.lock().unwrap();
        deals
            .customers
            .insert(opportunity.to_owned(), account.to_owned());
    }

    /// Whether it was last asked on somebody's behalf.
    pub fn was_asked_on_behalf(&self) -> bool {
        self.known.0.lock().unwrap().authorized
    }

    /// Goes away for good; nobody listens any more when this returns.
    pub async fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        (&mut self.served).await.unwrap();
    }
}

/// Implements the service of which only some methods are played.
macro_rules! plays {
    ({ $($played:tt)* } not $($method:ident($request:ident) -> $response:ident;)*) => {
        #[async_trait]
        impl OpportunitiesService for Known {
            $($played)*
            $(
                async fn $method(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                    Err(Status::unimplemented("not played"))
                }
            )*
        }
    };
}

plays! { {
    async fn get_opportunity(
        &self,
        request: Request<GetOpportunityRequest>,
    ) -> Result<Response<GetOpportunityResponse>, Status> {
        let mut deals = self.0.lock().unwrap();
        deals.authorized = request.metadata().contains_key("authorization");
        let name = request.into_inner().name;
        if deals.missing.contains(&name) {
            return Err(Status::not_found("there is no such deal that you see"));
        }
        let account = deals.customers.get(&name).cloned().unwrap_or_default();
        let opportunity = Some(Opportunity { name, account, ..Opportunity::default() });
        Ok(Response::new(GetOpportunityResponse { opportunity }))
    }
} not
    list_opportunities(ListOpportunitiesRequest) -> ListOpportunitiesResponse;
    create_opportunity(CreateOpportunityRequest) -> CreateOpportunityResponse;
    update_opportunity(UpdateOpportunityRequest) -> UpdateOpportunityResponse;
    batch_upsert_opportunities(BatchUpsertOpportunitiesRequest) -> BatchUpsertOpportunitiesResponse;
    record_qualification_element(RecordQualificationElementRequest) -> RecordQualificationElementResponse;
    record_buying_step(RecordBuyingStepRequest) -> RecordBuyingStepResponse;
    record_evidence(RecordEvidenceRequest) -> RecordEvidenceResponse;
    check_gate(CheckGateRequest) -> CheckGateResponse;
    advance_opportunity(AdvanceOpportunityRequest) -> AdvanceOpportunityResponse;
    force_advance_opportunity(ForceAdvanceOpportunityRequest) -> ForceAdvanceOpportunityResponse;
    list_stage_moves(ListStageMovesRequest) -> ListStageMovesResponse;
    get_opportunity_facts(GetOpportunityFactsRequest) -> GetOpportunityFactsResponse;
}
