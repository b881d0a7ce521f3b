//! Where a deal stands, and whether it may go on.
//!
//! [`stage`] and [`gate`] are the rules, pure; [`process`] is the data that they run on;
//! [`opportunity`], [`stage_move`] and [`activity`] are rows, [`dossier`] is what else belongs to a
//! deal, and [`item`] what the things in it have in common; each RPC is a file.

mod activities;
mod activity;
mod advance;
mod approval;
mod attribute;
mod batch_upsert;
mod bid;
mod board;
mod bulk;
mod calendar;
mod check_gate;
mod contract;
mod create;
mod customer;
mod customer_requests;
mod delivery;
mod dossier;
mod element;
mod error;
mod exchange;
mod fact;
mod facts;
mod file_reference;
mod follow;
mod gate;
mod get;
mod hearing;
mod history;
mod ids;
mod item;
mod list;
mod list_moves;
mod mask;
mod money;
mod moves;
mod names;
mod needs;
mod no_go;
mod number;
mod objections;
mod opportunity;
mod owner;
mod past;
mod peers;
mod pricing;
mod probability;
mod process;
mod processes;
mod promises;
mod purchase_criteria;
mod pursuit;
mod record_buying_step;
mod record_element;
mod record_evidence;
mod rpc;
mod stage;
mod stage_move;
mod stage_probability;
mod stall;
mod status;
mod terms;
mod text;
mod update;
mod work;

use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt as _;
use keynode_kit::call::Call;
use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_kit::consumer::{self, Consumer, Reaction};
use keynode_kit::db::Db;
use keynode_kit::mutation::Mutations;
use keynode_kit::server::Server;
use keynode_kit::statistics::Statistics;
use keynode_proto::pipeline::v1::activities_service_server::ActivitiesServiceServer;
use keynode_proto::pipeline::v1::approvals_service_server::ApprovalsServiceServer;
use keynode_proto::pipeline::v1::bids_service_server::BidsServiceServer;
use keynode_proto::pipeline::v1::bulk_service_server::BulkServiceServer;
use keynode_proto::pipeline::v1::contracts_service_server::ContractsServiceServer;
use keynode_proto::pipeline::v1::customer_requests_service_server::CustomerRequestsServiceServer;
use keynode_proto::pipeline::v1::exchange_rates_service_server::ExchangeRatesServiceServer;
use keynode_proto::pipeline::v1::history_service_server::HistoryServiceServer;
use keynode_proto::pipeline::v1::implementation_service_server::ImplementationServiceServer;
use keynode_proto::pipeline::v1::moves_service_server::MovesServiceServer;
use keynode_proto::pipeline::v1::needs_service_server::NeedsServiceServer;
use keynode_proto::pipeline::v1::objections_service_server::ObjectionsServiceServer;
use keynode_proto::pipeline::v1::opportunities_service_server::OpportunitiesServiceServer;
use keynode_proto::pipeline::v1::opportunity_attributes_service_server::OpportunityAttributesServiceServer;
use keynode_proto::pipeline::v1::pricing_service_server::PricingServiceServer;
use keynode_proto::pipeline::v1::processes_service_server::ProcessesServiceServer;
use keynode_proto::pipeline::v1::promises_service_server::PromisesServiceServer;
use keynode_proto::pipeline::v1::purchase_criteria_service_server::PurchaseCriteriaServiceServer;
use keynode_proto::pipeline::v1::pursuit_costs_service_server::PursuitCostsServiceServer;
use keynode_proto::pipeline::v1::work_calendar_service_server::WorkCalendarServiceServer;
use keynode_proto::pipeline::v1::work_service_server::WorkServiceServer;
use sqlx::PgConnection;
use tonic::codec::CompressionEncoding;

use self::opportunity::Opportunity;
use self::peers::Peers;
use self::process::Process;
use self::process::catalog::Catalog;

pub use self::error::Error;

/// The schema `pipeline`, brought to what this release needs.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// The service; cheap to clone.
#[derive(Clone, Debug)]
pub struct Pipeline {
    db: Db,
    clock: Clock,
    mutations: Mutations,
    processes: Catalog,
    peers: Peers,
    statistics: Arc<Statistics>,
}

impl Pipeline {
    /// The service over its database, asking `accounts` which customers there are, and both
    /// what gates need.
    pub fn new(db: Db, clock: Clock, accounts: Channel, scoring: Channel) -> Self {
        Self {
            mutations: Mutations {
                db: db.clone(),
                service: "pipeline",
                clock: clock.clone(),
            },
            processes: Catalog::shipped()
                .expect("the processes of a release are sound: a test reads them"),
            peers: Peers { accounts, scoring },
            statistics: Arc::new(Statistics::of("pipeline")),
            db,
            clock,
        }
    }

    /// The version of a process that a deal follows.
    async fn process_of(
        &self,
        connection: &mut PgConnection,
        call: &Call,
        deal: &Opportunity,
    ) -> Result<Arc<Process>, Error> {
        let followed = (deal.process.as_str(), deal.process_version);
        self.processes
            .followed(connection, call.tenant()?, followed)
            .await
    }

    /// Puts the gRPC services on a server; messages up to `max_message_bytes` are taken.
    pub fn add_to(&self, server: Server, max_message_bytes: usize) -> Server {
        macro_rules! limited {
            ($server:ident) => {
                $server::new(self.clone())
                    .max_decoding_message_size(max_message_bytes)
                    .accept_compressed(CompressionEncoding::Gzip)
            };
        }
        server
            .host(limited!(OpportunitiesServiceServer))
            .host(limited!(MovesServiceServer))
            .host(limited!(ProcessesServiceServer))
            .host(limited!(WorkServiceServer))
            .host(limited!(HistoryServiceServer))
            .host(limited!(WorkCalendarServiceServer))
            .host(limited!(BulkServiceServer))
            .host(limited!(PurchaseCriteriaServiceServer))
            .host(limited!(BidsServiceServer))
            .host(limited!(ImplementationServiceServer))
            .host(limited!(ActivitiesServiceServer))
            .host(limited!(NeedsServiceServer))
            .host(limited!(ObjectionsServiceServer))
            .host(limited!(CustomerRequestsServiceServer))
            .host(limited!(PromisesServiceServer))
            .host(limited!(ExchangeRatesServiceServer))
            .host(limited!(PricingServiceServer))
            .host(limited!(ApprovalsServiceServer))
            .host(limited!(ContractsServiceServer))
            .host(limited!(PursuitCostsServiceServer))
            .host(limited!(OpportunityAttributesServiceServer))
    }

    /// Follows the log until `shutdown` ends: deals go with the records of a leaver and with
    /// accounts that are merged, a failed evaluation has the consequence that the process says,
    /// and deals to which nothing happens are told. Meanwhile keeps what lists and the board are
    /// read from. Any number of replicas may do so at once.
    pub async fn react(&self, settings: consumer::Settings, shutdown: impl Future<Output = ()>) {
        let shutdown = shutdown.shared();
        let (clock, until) = (self.clock.clone(), || shutdown.clone());
        let customers = follow::Follower { clock };
        let evaluations = no_go::Evaluations {
            pipeline: self.clone(),
        };
        let follow = async {
            tokio::join!(
                self.follow("customers", &settings, customers, until()),
                self.follow("evaluations", &settings, evaluations, until()),
                self.follow("timers", &settings, stall::follow::Timers, until()),
                stall::tell::run(self, until()),
            )
        };
        tokio::select! {
            _ = follow => {}
            () = self.keep() => {}
        }
    }

    async fn follow<R: Reaction>(
        &self,
        name: &'static str,
        settings: &consumer::Settings,
        reaction: R,
        shutdown: impl Future<Output = ()>,
    ) {
        let (db, clock, settings) = (self.db.clone(), self.clock.clone(), settings.clone());
        Consumer::new(db, clock, settings, "pipeline", name, reaction)
            .run(shutdown)
            .await;
    }

    /// Never ends.
    async fn keep(&self) {
        if let Err(error) = opportunity::catch_up(&self.db).await {
            tracing::warn!(%error, "deals of an earlier release are not all found by text");
        }
        board::fold_for_ever(&self.db).await;
    }
}
