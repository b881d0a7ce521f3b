//! The log, idempotency and tenancy on a real Postgres.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

#[path = "it_log/holes.rs"]
mod holes;
#[path = "it_log/migrations.rs"]
mod migrations;
#[path = "it_log/reactions.rs"]
mod reactions;
#[path = "it_log/requests.rs"]
mod requests;
#[path = "it_log/statistics.rs"]
mod statistics;
#[path = "it_log/tenancy.rs"]
mod tenancy;
#[path = "it_log/turns.rs"]
mod turns;
#[path = "it_log/world.rs"]
mod world;
