//! The gRPC services: each RPC is taken apart here and told in a file of its own.

mod activities;
mod bulk;
mod history;
mod moves;
mod opportunities;
mod processes;
mod work;
mod work_calendar;
