//! The whole system through its front door: real processes, real sockets, real Postgres.

mod crash;
mod deal;
mod six_stages;
mod standalone;
mod zhang;
