//! Who is told what: people by their inbox, programs by the change feed.

mod audience;
mod error;
mod feed;
mod inbox;
mod notice;
mod reaction;
mod rules;
mod texts;

use std::future::Future;

use keynode_kit::client::Channel;
use keynode_kit::clock::Clock;
use keynode_kit::consumer::{self, Consumer};
use keynode_kit::db::Db;
use keynode_kit::mutation::Mutations;
use keynode_kit::server::Server;
use keynode_proto::notification::v1::feed_service_server::FeedServiceServer;
use keynode_proto::notification::v1::inbox_service_server::InboxServiceServer;
use tokio_util::sync::CancellationToken;

/// The tables of this service, schema `notification`.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// The notification service; cheap to clone.
#[derive(Clone, Debug)]
pub struct Notification {
    db: Db,
    clock: Clock,
    mutations: Mutations,
    accounts: Channel,
    consumer: consumer::Settings,
    /// Cancelled when the server that hosts this begins to stop.
    stopping: CancellationToken,
}

impl Notification {
    /// `accounts` is where the Directory says who manages whom.
    pub fn new(db: Db, clock: Clock, accounts: Channel, consumer: consumer::Settings) -> Self {
        let mutations = Mutations {
            db: db.clone(),
            service: "notification",
            clock: clock.clone(),
        };
        Self {
            db,
            clock,
            mutations,
            accounts,
            consumer,
            stopping: CancellationToken::new(),
        }
    }

    /// Adds this service's RPCs to a server.
    pub fn add_to(&self, server: Server, max_message_bytes: usize) -> Server {
        let hosted = Self {
            stopping: server.stopping(),
            ..self.clone()
        };
        server
            .host(
                InboxServiceServer::new(hosted.clone())
                    .max_decoding_message_size(max_message_bytes),
            )
            .host(FeedServiceServer::new(hosted).max_decoding_message_size(max_message_bytes))
    }

    /// Reacts to the log until `shutdown` ends.
    pub async fn react(&self, shutdown: impl Future<Output = ()>) {
        let reaction = reaction::Inbox {
            clock: self.clock.clone(),
            accounts: self.accounts.clone(),
        };
        Consumer::new(
            self.db.clone(),
            self.clock.clone(),
            self.consumer.clone(),
            "notification",
            "inbox",
            reaction,
        )
        .run(shutdown)
        .await;
    }
}
