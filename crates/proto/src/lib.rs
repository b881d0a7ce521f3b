//! The contracts of Keynode, compiled; nothing else.

#![allow(clippy::all, missing_docs, unused_qualifications)]

/// One method of a contract and what its caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// The gRPC path, e.g. `/keynode.pipeline.v1.OpportunityService/GetOpportunity`.
    pub path: &'static str,
    /// The permission required, e.g. `pipeline.opportunities.get`.
    pub permission: &'static str,
    /// Whether the method only reads.
    pub reads: bool,
    /// A second permission, without which the answer is masked.
    pub reveals: Option<&'static str>,
}

/// Every method of every contract.
pub const METHODS: &[Method] = include!(concat!(env!("OUT_DIR"), "/methods.rs"));

/// All contracts and what they import, for reflection and JSON.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor_set.bin"));

/// A request that changes something.
pub trait Mutation {
    /// The caller's id of the request, a UUID; empty when it sent none.
    fn request_id(&self) -> &str;
    /// Whether the change is only to be checked.
    fn validate_only(&self) -> bool;
}

include!(concat!(env!("OUT_DIR"), "/mutations.rs"));

/// The policies that say which role may use which permission (Cedar).
pub const DEFAULT_POLICIES: &str = include_str!("../policies.cedar");

pub mod google {
    pub mod rpc {
        tonic::include_proto!("google.rpc");
    }

    pub mod r#type {
        tonic::include_proto!("google.r#type");
    }
}

macro_rules! packages {
    ($($name:ident: $package:literal),* $(,)?) => {$(
        pub mod $name {
            pub mod v1 {
                tonic::include_proto!($package);
            }
        }
    )*};
}

/// The packages under the path by which generated code refers to them.
pub mod keynode {
    packages! {
        accounts: "keynode.accounts.v1",
        common: "keynode.common.v1",
        events: "keynode.events.v1",
        notification: "keynode.notification.v1",
        pipeline: "keynode.pipeline.v1",
        scoring: "keynode.scoring.v1",
    }
}

pub use keynode::{accounts, common, events, notification, pipeline, scoring};
