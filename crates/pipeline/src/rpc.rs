//! The gRPC services: each RPC is taken apart here and told in a file of its own.

mod activities;
mod approvals;
mod attributes;
mod bids;
mod bulk;
mod contracts;
mod customer_requests;
mod exchange_rates;
mod history;
mod implementation;
mod moves;
mod needs;
mod objections;
mod opportunities;
mod pricing;
mod processes;
mod promises;
mod purchase_criteria;
mod pursuit_costs;
mod work;
mod work_calendar;
