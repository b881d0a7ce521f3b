//! The gRPC services: three lines per RPC.

mod diagnoses;
mod evaluations;
mod win_models;
