//! Who the customer is, who decides there, and who sells to them.

mod absence;
mod account;
mod amount;
/// What a decision map means, as a function of its own: programs may ask without a database.
pub mod analysis;
mod api_key;
mod attribute;
mod bulk;
mod competitor;
mod concern;
mod contact;
mod customer_class;
mod day;
mod deal;
mod decision_map;
mod directory;
mod error;
mod external_key;
mod folded;
mod founded;
mod handover;
mod ids;
mod indexing;
mod language;
mod mask;
mod matching;
mod merge;
mod note;
mod opportunity;
mod person;
mod principal;
mod prospect;
mod reachable;
mod reaction;
mod role;
mod rpc;
mod search;
mod segment;
mod service_account;
mod settings;
mod strategy;
mod sync;
mod target_definition;
mod team;
mod tenant;
mod territory;
mod transfer;
mod versioned;

use std::future::Future;
use std::sync::Arc;

use keynode_kit::auth::PrincipalResolver;
use keynode_kit::call::Call;
use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_kit::consumer::{self, Consumer};
use keynode_kit::db::{Db, Tx};
use keynode_kit::mutation::Mutations;
use keynode_kit::server::Server;
use keynode_kit::statistics::Statistics;
use keynode_proto::accounts::v1::absences_service_server::AbsencesServiceServer;
use keynode_proto::accounts::v1::account_attributes_service_server::AccountAttributesServiceServer;
use keynode_proto::accounts::v1::account_notes_service_server::AccountNotesServiceServer;
use keynode_proto::accounts::v1::accounts_service_server::AccountsServiceServer;
use keynode_proto::accounts::v1::competitors_service_server::CompetitorsServiceServer;
use keynode_proto::accounts::v1::concerns_service_server::ConcernsServiceServer;
use keynode_proto::accounts::v1::contacts_service_server::ContactsServiceServer;
use keynode_proto::accounts::v1::decision_maps_service_server::DecisionMapsServiceServer;
use keynode_proto::accounts::v1::directory_service_server::DirectoryServiceServer;
use keynode_proto::accounts::v1::directory_sync_service_server::DirectorySyncServiceServer;
use keynode_proto::accounts::v1::imports_service_server::ImportsServiceServer;
use keynode_proto::accounts::v1::matching_service_server::MatchingServiceServer;
use keynode_proto::accounts::v1::merges_service_server::MergesServiceServer;
use keynode_proto::accounts::v1::prospects_service_server::ProspectsServiceServer;
use keynode_proto::accounts::v1::search_service_server::SearchServiceServer;
use keynode_proto::accounts::v1::segments_service_server::SegmentsServiceServer;
use keynode_proto::accounts::v1::target_definitions_service_server::TargetDefinitionsServiceServer;
use keynode_proto::accounts::v1::territories_service_server::TerritoriesServiceServer;
use keynode_proto::accounts::v1::transfers_service_server::TransfersServiceServer;
use tonic::codec::CompressionEncoding;

pub use error::Error;
pub use settings::Settings;

/// The schema `accounts`.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// The service; cheap to clone.
#[derive(Clone, Debug)]
pub struct Accounts {
    mutations: Mutations,
    pipeline: Channel,
    settings: Settings,
    samples: matching::sample::Samples,
    statistics: Arc<Statistics>,
}

impl Accounts {
    /// `pipeline` is asked, as the caller, whose opportunity a decision map is of.
    pub fn new(db: Db, clock: Clock, pipeline: Channel) -> Self {
        concern::catalogue::version(); // Data that is no good stops the start, not a call.
        Self {
            mutations: Mutations {
                db,
                service: "accounts",
                clock,
            },
            pipeline,
            settings: Settings::default(),
            samples: Default::default(),
            statistics: Arc::new(Statistics::of("accounts")),
        }
    }

    /// The same service as a deployment wants it.
    pub fn with_settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// Hosts every gRPC service of this crate; messages up to `max_message_bytes` are taken.
    pub fn add_to(&self, server: Server, max_message_bytes: usize) -> Server {
        macro_rules! limited {
            ($server:ident) => {
                $server::new(self.clone())
                    .max_decoding_message_size(max_message_bytes)
                    .accept_compressed(CompressionEncoding::Gzip)
            };
        }
        server
            .host(limited!(DirectoryServiceServer))
            .host(limited!(AbsencesServiceServer))
            .host(limited!(DirectorySyncServiceServer))
            .host(limited!(TerritoriesServiceServer))
            .host(limited!(TransfersServiceServer))
            .host(limited!(AccountsServiceServer))
            .host(limited!(AccountAttributesServiceServer))
            .host(limited!(AccountNotesServiceServer))
            .host(limited!(ContactsServiceServer))
            .host(limited!(ConcernsServiceServer))
            .host(limited!(DecisionMapsServiceServer))
            .host(limited!(SegmentsServiceServer))
            .host(limited!(CompetitorsServiceServer))
            .host(limited!(TargetDefinitionsServiceServer))
            .host(limited!(ProspectsServiceServer))
            .host(limited!(MatchingServiceServer))
            .host(limited!(ImportsServiceServer))
            .host(limited!(MergesServiceServer))
            .host(limited!(SearchServiceServer))
    }

    /// Follows the log, finds the members of segments and indexes what is not, until
    /// `shutdown` ends. Any number of replicas may do so at once.
    pub async fn react(&self, settings: consumer::Settings, shutdown: impl Future<Output = ()>) {
        let (db, clock) = (self.mutations.db.clone(), self.mutations.clock.clone());
        let poll = settings.poll;
        let follower = reaction::Follower;
        let consumer = Consumer::new(db, clock, settings, "accounts", "market", follower);
        tokio::select! {
            () = segment::computation::run(&self.mutations.db, poll) => {}
            () = indexing::run(&self.mutations.db, poll) => {}
            () = consumer.run(shutdown) => {}
        }
    }

    /// Resolves principals in this process, for the server that is the Directory itself.
    pub fn resolver(&self) -> PrincipalResolver {
        let service = self.clone();
        PrincipalResolver::from_fn(move |request| {
            let service = service.clone();
            async move {
                let now = service.mutations.clock.now();
                Ok(principal::resolve(&service, now, request).await?)
            }
        })
    }

    /// Reads in the caller's tenant.
    async fn read<T>(
        &self,
        call: &Call,
        work: impl AsyncFnOnce(&mut Tx) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.mutations.db.transaction(call.tenant()?, work).await
    }
}
