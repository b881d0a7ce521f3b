//! The notification service over the wire, on a real Postgres.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects"
)]

mod it {
    mod deputies;
    mod feed;
    mod inbox;
    pub mod world;
}
