//! The gRPC services: each RPC is taken apart here and told in a file of its own.

mod activities;
mod bids;
mod bulk;
mod customer_requests;
mod history;
mod implementation;
mod moves;
mod needs;
mod objections;
mod opportunities;
mod processes;
mod promises;
mod purchase_criteria;
mod work;
mod work_calendar;
