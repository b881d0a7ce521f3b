//! How good a deal is, and what is wrong with it: evaluation by models that are set up in
//! advance (R10-R14), and the diagnosis of a deal from its recorded facts (R4, R6).

pub mod case;
pub mod detector;
mod diagnose_opportunity;
pub mod diagnosis;
mod elements;
pub mod error;
pub mod evaluate;
mod evaluate_opportunity;
pub mod evaluation;
pub mod evaluation_model;
mod gates;
mod get_model;
mod latest_evaluation;
pub mod learn;
mod list_models;
mod ownership;
pub mod peers;
mod publish_model;
mod rpc;
mod slug;
pub mod texts;
pub mod win;

use std::future::Future;

use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_kit::consumer::{self, Consumer};
use keynode_kit::db::Db;
use keynode_kit::mutation::Mutations;
use keynode_kit::server::Server;
use keynode_proto::scoring::v1::diagnoses_service_server::DiagnosesServiceServer;
use keynode_proto::scoring::v1::evaluations_service_server::EvaluationsServiceServer;
use keynode_proto::scoring::v1::win_models_service_server::WinModelsServiceServer;

pub use crate::evaluation_model::example::example_model;

/// The tables of this service.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// The scoring service; cheap to clone.
#[derive(Clone, Debug)]
pub struct Scoring {
    mutations: Mutations,
    accounts: Channel,
    pipeline: Channel,
    trainings: win::Trainings,
}

impl Scoring {
    /// The service over its own database role and its two peers.
    pub fn new(db: Db, clock: Clock, accounts: Channel, pipeline: Channel) -> Self {
        let mutations = Mutations {
            db,
            service: "scoring",
            clock,
        };
        Self {
            mutations,
            accounts,
            pipeline,
            trainings: win::Trainings::default(),
        }
    }

    /// Adds every gRPC service to a server.
    pub fn add_to(&self, server: Server, max_message_bytes: usize) -> Server {
        let evaluations = EvaluationsServiceServer::new(self.clone());
        let diagnoses = DiagnosesServiceServer::new(self.clone());
        let win_models = WinModelsServiceServer::new(self.clone());
        server
            .host(evaluations.max_decoding_message_size(max_message_bytes))
            .host(diagnoses.max_decoding_message_size(max_message_bytes))
            .host(win_models.max_decoding_message_size(max_message_bytes))
    }
    /// Follows the log until `shutdown` ends: judgements go with a deal to its new owner.
    pub async fn react(&self, settings: consumer::Settings, shutdown: impl Future<Output = ()>) {
        let (db, clock) = (self.mutations.db.clone(), self.mutations.clock.clone());
        Consumer::new(
            db,
            clock,
            settings,
            "scoring",
            "ownership",
            ownership::Ownership,
        )
        .run(shutdown)
        .await;
    }
}
