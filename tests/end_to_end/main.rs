//! The whole system through its front door: real processes, real sockets, real Postgres.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects"
)]

mod crash;
mod customers;
mod deal;
mod keys;
mod six_stages;
mod standalone;
mod zhang;
