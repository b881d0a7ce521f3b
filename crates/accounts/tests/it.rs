//! The service over the wire, on a real Postgres.

#![allow(clippy::panic, clippy::unwrap_used)]

mod it {
    mod account_sight;
    mod accounts;
    mod contacts;
    mod deal;
    mod decision_map_readers;
    mod decision_maps;
    mod feed_order;
    mod imports;
    mod keys;
    mod map_owners;
    mod people;
    mod people_rights;
    mod pipeline;
    mod principals;
    mod teams;
    mod tenants;
    mod world;
}
