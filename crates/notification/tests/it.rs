//! The notification service over the wire, on a real Postgres.

mod it {
    mod feed;
    mod inbox;
    pub mod world;
}
