//! The gRPC services: each RPC is taken apart here and told in a file of its own.

mod activities;
mod bulk;
mod customer_requests;
mod history;
mod moves;
mod needs;
mod objections;
mod opportunities;
mod processes;
mod promises;
mod work;
mod work_calendar;
