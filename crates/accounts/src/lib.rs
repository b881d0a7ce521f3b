//! Who the customer is, who decides there, and who sells to them.

mod account;
mod analysis;
mod api_key;
mod contact;
mod decision_map;
mod error;
mod external_key;
mod ids;
mod mask;
mod opportunity;
mod person;
mod principal;
mod role;
mod rpc;
mod service_account;
mod team;
mod tenant;

use keynode_kit::auth::PrincipalResolver;
use keynode_kit::call::Call;
use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_kit::db::{Db, Tx};
use keynode_kit::mutation::Mutations;
use keynode_kit::server::Server;
use keynode_proto::accounts::v1::accounts_service_server::AccountsServiceServer;
use keynode_proto::accounts::v1::contacts_service_server::ContactsServiceServer;
use keynode_proto::accounts::v1::decision_maps_service_server::DecisionMapsServiceServer;
use keynode_proto::accounts::v1::directory_service_server::DirectoryServiceServer;
use tonic::codec::CompressionEncoding;

pub use error::Error;

/// The schema `accounts`.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// The service; cheap to clone.
#[derive(Clone, Debug)]
pub struct Accounts {
    mutations: Mutations,
    pipeline: Channel,
}

impl Accounts {
    /// `pipeline` is asked, as the caller, whose opportunity a decision map is of.
    pub fn new(db: Db, clock: Clock, pipeline: Channel) -> Self {
        Self {
            mutations: Mutations {
                db,
                service: "accounts",
                clock,
            },
            pipeline,
        }
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
            .host(limited!(AccountsServiceServer))
            .host(limited!(ContactsServiceServer))
            .host(limited!(DecisionMapsServiceServer))
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
