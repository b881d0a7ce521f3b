//! The gRPC services: each RPC is taken apart here and told in a file of its own.

mod activities;
mod moves;
mod opportunities;
mod processes;
mod work;
