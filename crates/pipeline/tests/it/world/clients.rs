//! The services, each as a caller.

use keynode_kit::client::Channel;
use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::activities_service_client::ActivitiesServiceClient;
use keynode_proto::pipeline::v1::approvals_service_client::ApprovalsServiceClient;
use keynode_proto::pipeline::v1::bids_service_client::BidsServiceClient;
use keynode_proto::pipeline::v1::bulk_service_client::BulkServiceClient;
use keynode_proto::pipeline::v1::contracts_service_client::ContractsServiceClient;
use keynode_proto::pipeline::v1::customer_requests_service_client::CustomerRequestsServiceClient;
use keynode_proto::pipeline::v1::exchange_rates_service_client::ExchangeRatesServiceClient;
use keynode_proto::pipeline::v1::history_service_client::HistoryServiceClient;
use keynode_proto::pipeline::v1::implementation_service_client::ImplementationServiceClient;
use keynode_proto::pipeline::v1::moves_service_client::MovesServiceClient;
use keynode_proto::pipeline::v1::needs_service_client::NeedsServiceClient;
use keynode_proto::pipeline::v1::objections_service_client::ObjectionsServiceClient;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::opportunity_attributes_service_client::OpportunityAttributesServiceClient;
use keynode_proto::pipeline::v1::pricing_service_client::PricingServiceClient;
use keynode_proto::pipeline::v1::processes_service_client::ProcessesServiceClient;
use keynode_proto::pipeline::v1::promises_service_client::PromisesServiceClient;
use keynode_proto::pipeline::v1::purchase_criteria_service_client::PurchaseCriteriaServiceClient;
use keynode_proto::pipeline::v1::pursuit_costs_service_client::PursuitCostsServiceClient;
use keynode_proto::pipeline::v1::work_calendar_service_client::WorkCalendarServiceClient;
use keynode_proto::pipeline::v1::work_service_client::WorkServiceClient;

use super::{Opportunities, World};

impl World {
    /// A manager who sees everything and may force.
    pub fn manager(&self) -> Opportunities {
        self.opportunities(&Caller::person(self.tenant, "sales_manager"))
    }

    pub fn importer(&self) -> Opportunities {
        self.opportunities(&Caller::integrator(self.tenant))
    }

    pub fn opportunities(&self, caller: &Caller) -> Opportunities {
        OpportunitiesServiceClient::new(self.server.connect(caller))
    }

    pub fn activities(&self, caller: &Caller) -> ActivitiesServiceClient<Channel> {
        ActivitiesServiceClient::new(self.server.connect(caller))
    }

    pub fn needs(&self, caller: &Caller) -> NeedsServiceClient<Channel> {
        NeedsServiceClient::new(self.server.connect(caller))
    }

    pub fn objections(&self, caller: &Caller) -> ObjectionsServiceClient<Channel> {
        ObjectionsServiceClient::new(self.server.connect(caller))
    }

    pub fn requests(&self, caller: &Caller) -> CustomerRequestsServiceClient<Channel> {
        CustomerRequestsServiceClient::new(self.server.connect(caller))
    }

    pub fn promises(&self, caller: &Caller) -> PromisesServiceClient<Channel> {
        PromisesServiceClient::new(self.server.connect(caller))
    }

    pub fn processes(&self, caller: &Caller) -> ProcessesServiceClient<Channel> {
        ProcessesServiceClient::new(self.server.connect(caller))
    }

    pub fn moves(&self, caller: &Caller) -> MovesServiceClient<Channel> {
        MovesServiceClient::new(self.server.connect(caller))
    }

    /// A manager's way to end, pause and take back deals.
    pub fn moving(&self) -> MovesServiceClient<Channel> {
        self.moves(&Caller::person(self.tenant, "sales_manager"))
    }

    pub fn history(&self, caller: &Caller) -> HistoryServiceClient<Channel> {
        HistoryServiceClient::new(self.server.connect(caller))
    }

    pub fn bulk(&self, caller: &Caller) -> BulkServiceClient<Channel> {
        BulkServiceClient::new(self.server.connect(caller))
    }

    pub fn calendar(&self, caller: &Caller) -> WorkCalendarServiceClient<Channel> {
        WorkCalendarServiceClient::new(self.server.connect(caller))
    }

    pub fn attributes(&self, caller: &Caller) -> OpportunityAttributesServiceClient<Channel> {
        OpportunityAttributesServiceClient::new(self.server.connect(caller))
    }

    pub fn work(&self, caller: &Caller) -> WorkServiceClient<Channel> {
        WorkServiceClient::new(self.server.connect(caller))
    }

    pub fn purchase_criteria(&self, caller: &Caller) -> PurchaseCriteriaServiceClient<Channel> {
        PurchaseCriteriaServiceClient::new(self.server.connect(caller))
    }

    pub fn bids(&self, caller: &Caller) -> BidsServiceClient<Channel> {
        BidsServiceClient::new(self.server.connect(caller))
    }

    pub fn implementation(&self, caller: &Caller) -> ImplementationServiceClient<Channel> {
        ImplementationServiceClient::new(self.server.connect(caller))
    }

    pub fn rates(&self, caller: &Caller) -> ExchangeRatesServiceClient<Channel> {
        ExchangeRatesServiceClient::new(self.server.connect(caller))
    }

    pub fn pricing(&self, caller: &Caller) -> PricingServiceClient<Channel> {
        PricingServiceClient::new(self.server.connect(caller))
    }

    pub fn approvals(&self, caller: &Caller) -> ApprovalsServiceClient<Channel> {
        ApprovalsServiceClient::new(self.server.connect(caller))
    }

    pub fn contracts(&self, caller: &Caller) -> ContractsServiceClient<Channel> {
        ContractsServiceClient::new(self.server.connect(caller))
    }

    pub fn pursuit(&self, caller: &Caller) -> PursuitCostsServiceClient<Channel> {
        PursuitCostsServiceClient::new(self.server.connect(caller))
    }

    /// An administrator's way to keep processes.
    pub fn keeping(&self) -> ProcessesServiceClient<Channel> {
        self.processes(&Caller::person(self.tenant, "administrator"))
    }
}
