//! What every Keynode service needs and none owns: configuration, telemetry, the
//! server and client stacks, authentication, tenancy, the database, errors, pages,
//! idempotency, the event log and the clock. It holds no noun of the domain.

pub mod auth;
pub mod call;
pub mod client;
pub mod clock;
pub mod config;
pub mod consumer;
pub mod currency;
pub mod db;
pub mod denial;
pub mod embedded;
pub mod error;
pub mod etag;
pub mod log;
pub mod migrate;
pub mod mutation;
pub mod name;
pub mod ops;
pub mod page;
pub mod server;
pub mod statistics;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod validate;
mod visible;
pub mod wire;
