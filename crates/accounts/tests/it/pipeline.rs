//! The pipeline service as far as decision maps and conversions ask it, played on a socket of its own so
//! that a test can say which deals there are. The services themselves meet in the
//! end-to-end tests.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keynode_kit::client::{self, Channel, Credentials};
use keynode_kit::error::Fault;
use keynode_kit::ops::Readiness;
use keynode_kit::server::{self, Server};
use keynode_proto::pipeline::v1::opportunities_service_server::{
    OpportunitiesService, OpportunitiesServiceServer,
};
use keynode_proto::pipeline::v1::*;
use prost::Message as _;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::{Code, Request, Response, Status, async_trait};
use uuid::Uuid;

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
    mood: Mood,
    opened: Vec<Opportunity>,
    /// Request id → what was recorded with which deal.
    recorded: BTreeMap<String, (String, ElementState)>,
    /// Whether nobody may record anything.
    denies: bool,
    /// Caller and request id → the request and the deal it opened.
    answered: HashMap<(String, String), (Vec<u8>, Opportunity)>,
    hidden: bool,
}

/// How it takes being asked to open a deal.
#[derive(Clone, Debug, Default)]
pub enum Mood {
    #[default]
    Willing,
    /// Refuses, even when only asked whether it would.
    Refusing(Fault),
    /// Would open one, but then does not answer.
    Failing,
    /// Would open one, but then never ends.
    Hanging,
    /// Opens one, and the answer is lost.
    Mute,
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

    pub fn feel(&self, mood: Mood) {
        self.known.0.lock().unwrap().mood = mood;
    }

    /// From now on nobody sees in a list what others opened.
    pub fn hide_deals(&self) {
        self.known.0.lock().unwrap().hidden = true;
    }

    /// The deals that were opened.
    pub fn opened(&self) -> Vec<Opportunity> {
        self.known.0.lock().unwrap().opened.clone()
    }

    /// From now on nobody may record what is known of a deal.
    pub fn deny_elements(&self) {
        self.known.0.lock().unwrap().denies = true;
    }

    /// What was recorded with a deal, once per request id.
    pub fn recorded(&self, deal: &str) -> Vec<ElementState> {
        let deals = self.known.0.lock().unwrap();
        let of_deal = deals.recorded.values().filter(|(name, _)| name == deal);
        of_deal.map(|(_, state)| state.clone()).collect()
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

impl Deals {
    /// Opens a deal as the service does: once per caller and request id, and once per
    /// external key.
    fn open(
        &mut self,
        caller: String,
        request: CreateOpportunityRequest,
    ) -> Result<Opportunity, Status> {
        let asked = request.encode_to_vec();
        let id = (caller, request.request_id.clone());
        if let Some((earlier, deal)) = self.answered.get(&id) {
            return match *earlier == asked {
                true => Ok(deal.clone()),
                false => Err(Fault::request_id_reused(&request.request_id).into()),
            };
        }
        let deal = request.opportunity.unwrap_or_default();
        let is_taken = |other: &Opportunity| other.external_key == deal.external_key;
        if self.opened.iter().any(is_taken) {
            let reason = ErrorReason::ExternalKeyTaken.as_str_name();
            return Err(Fault::new(Code::AlreadyExists, reason, "it is taken").into());
        }
        if request.validate_only {
            return Ok(deal);
        }
        let name = format!("opportunities/{}", Uuid::now_v7());
        let deal = Opportunity { name, ..deal };
        self.opened.push(deal.clone());
        self.answered.insert(id, (asked, deal.clone()));
        Ok(deal)
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

    async fn create_opportunity(
        &self,
        request: Request<CreateOpportunityRequest>,
    ) -> Result<Response<CreateOpportunityResponse>, Status> {
        let caller = request.metadata().get("authorization");
        let caller = caller.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let request = request.into_inner();
        let mood = self.0.lock().unwrap().mood.clone();
        match (&mood, request.validate_only) {
            (Mood::Refusing(fault), _) => return Err(fault.clone().into()),
            (Mood::Failing, false) => return Err(Status::unavailable("down")),
            (Mood::Hanging, false) => std::future::pending::<()>().await,
            _ => {}
        }
        let is_lost = matches!(mood, Mood::Mute) && !request.validate_only;
        let opportunity = Some(self.0.lock().unwrap().open(caller, request)?);
        match is_lost {
            true => Err(Status::unavailable("the answer is lost")),
            false => Ok(Response::new(CreateOpportunityResponse { opportunity })),
        }
    }

    async fn record_qualification_element(
        &self,
        request: Request<RecordQualificationElementRequest>,
    ) -> Result<Response<RecordQualificationElementResponse>, Status> {
        let (mut deals, request) = (self.0.lock().unwrap(), request.into_inner());
        if deals.denies {
            return Err(Status::permission_denied("not you"));
        }
        let recorded = (request.name, request.state.unwrap_or_default());
        deals.recorded.insert(request.request_id, recorded);
        Ok(Response::new(RecordQualificationElementResponse::default()))
    }

    async fn list_opportunities(
        &self,
        request: Request<ListOpportunitiesRequest>,
    ) -> Result<Response<ListOpportunitiesResponse>, Status> {
        let (deals, request) = (self.0.lock().unwrap(), request.into_inner());
        let is_asked = |deal: &&Opportunity| {
            let key = deal.external_key.clone().unwrap_or_default();
            !deals.hidden
                && deal.account == request.account
                && key.source_system == request.source_system
        };
        Ok(Response::new(ListOpportunitiesResponse {
            opportunities: deals.opened.iter().filter(is_asked).cloned().collect(),
            next_page_token: String::new(),
        }))
    }
} not
    update_opportunity(UpdateOpportunityRequest) -> UpdateOpportunityResponse;
    batch_upsert_opportunities(BatchUpsertOpportunitiesRequest) -> BatchUpsertOpportunitiesResponse;
    record_buying_step(RecordBuyingStepRequest) -> RecordBuyingStepResponse;
    record_evidence(RecordEvidenceRequest) -> RecordEvidenceResponse;
    check_gate(CheckGateRequest) -> CheckGateResponse;
    advance_opportunity(AdvanceOpportunityRequest) -> AdvanceOpportunityResponse;
    force_advance_opportunity(ForceAdvanceOpportunityRequest) -> ForceAdvanceOpportunityResponse;
    list_stage_moves(ListStageMovesRequest) -> ListStageMovesResponse;
    get_opportunity_facts(GetOpportunityFactsRequest) -> GetOpportunityFactsResponse;
    batch_get_opportunity_facts(BatchGetOpportunityFactsRequest) -> BatchGetOpportunityFactsResponse;
    get_board(GetBoardRequest) -> GetBoardResponse;
    set_manual_probability(SetManualProbabilityRequest) -> SetManualProbabilityResponse;
    clear_manual_probability(ClearManualProbabilityRequest) -> ClearManualProbabilityResponse;
}
