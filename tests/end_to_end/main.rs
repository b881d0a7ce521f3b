//! The whole system through its front door: real processes, real sockets, real Postgres.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects"
)]

mod crash;
mod customers;
mod deal;
mod dossier;
mod keys;
mod no_bid;
mod six_stages;
mod stages;
mod standalone;
mod won;
mod zhang;
