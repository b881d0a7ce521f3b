//! Pipeline over the wire: a real server, a real Postgres, generated clients.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "it/activities.rs"]
mod activities;
#[path = "it/activity_facts.rs"]
mod activity_facts;
#[path = "it/activity_life.rs"]
mod activity_life;
#[path = "it/activity_refusals.rs"]
mod activity_refusals;
#[path = "it/approval_delegations.rs"]
mod approval_delegations;
#[path = "it/approval_rules.rs"]
mod approval_rules;
#[path = "it/approvals.rs"]
mod approvals;
#[path = "it/attributes.rs"]
mod attributes;
#[path = "it/batch.rs"]
mod batch;
#[path = "it/batch_facts.rs"]
mod batch_facts;
#[path = "it/batch_moves.rs"]
mod batch_moves;
#[path = "it/bid_matrix.rs"]
mod bid_matrix;
#[path = "it/bids.rs"]
mod bids;
#[path = "it/bids_refused.rs"]
mod bids_refused;
#[path = "it/board.rs"]
mod board;
#[path = "it/bulk.rs"]
mod bulk;
#[path = "it/commerce_facts.rs"]
mod commerce_facts;
#[path = "it/contract_margins.rs"]
mod contract_margins;
#[path = "it/contract_refusals.rs"]
mod contract_refusals;
#[path = "it/contracts.rs"]
mod contracts;
#[path = "it/customer_requests.rs"]
mod customer_requests;
#[path = "it/customers.rs"]
mod customers;
#[path = "it/days.rs"]
mod days;
#[path = "it/deliveries.rs"]
mod deliveries;
#[path = "it/deliveries_refused.rs"]
mod deliveries_refused;
#[path = "it/derived.rs"]
mod derived;
#[path = "it/elements.rs"]
mod elements;
#[path = "it/endings.rs"]
mod endings;
#[path = "it/every_writer.rs"]
mod every_writer;
#[path = "it/exchange_rates.rs"]
mod exchange_rates;
#[path = "it/external_keys.rs"]
mod external_keys;
#[path = "it/follow_merges.rs"]
mod follow_merges;
#[path = "it/follow_transfers.rs"]
mod follow_transfers;
#[path = "it/force.rs"]
mod force;
#[path = "it/funnel.rs"]
mod funnel;
#[path = "it/guard.rs"]
mod guard;
#[path = "it/history.rs"]
mod history;
#[path = "it/import_figures.rs"]
mod import_figures;
#[path = "it/list_attributes.rs"]
mod list_attributes;
#[path = "it/list_refusals.rs"]
mod list_refusals;
#[path = "it/list_sight.rs"]
mod list_sight;
#[path = "it/lists.rs"]
mod lists;
#[path = "it/market.rs"]
mod market;
#[path = "it/moves.rs"]
mod moves;
#[path = "it/needs.rs"]
mod needs;
#[path = "it/next_actions.rs"]
mod next_actions;
#[path = "it/no_go.rs"]
mod no_go;
#[path = "it/objections.rs"]
mod objections;
#[path = "it/opportunities.rs"]
mod opportunities;
#[path = "it/order.rs"]
mod order;
#[path = "it/owners.rs"]
mod owners;
#[path = "it/peers.rs"]
mod peers;
#[path = "it/pricing.rs"]
mod pricing;
#[path = "it/probabilities.rs"]
mod probabilities;
#[path = "it/process_change.rs"]
mod process_change;
#[path = "it/process_versions.rs"]
mod process_versions;
#[path = "it/processes.rs"]
mod processes;
#[path = "it/promises.rs"]
mod promises;
#[path = "it/purchase_criteria.rs"]
mod purchase_criteria;
#[path = "it/purchase_criteria_refused.rs"]
mod purchase_criteria_refused;
#[path = "it/pursuit_costs.rs"]
mod pursuit_costs;
#[path = "it/races.rs"]
mod races;
#[path = "it/records.rs"]
mod records;
#[path = "it/scale.rs"]
mod scale;
#[path = "it/secrecy.rs"]
mod secrecy;
#[path = "it/splits.rs"]
mod splits;
#[path = "it/stall.rs"]
mod stall;
#[path = "it/streams.rs"]
mod streams;
#[path = "it/subteams.rs"]
mod subteams;
#[path = "it/sums.rs"]
mod sums;
#[path = "it/told.rs"]
mod told;
#[path = "it/update.rs"]
mod update;
#[path = "it/visibility.rs"]
mod visibility;
#[path = "it/waiting.rs"]
mod waiting;
#[path = "it/work.rs"]
mod work;
#[path = "it/work_calendar.rs"]
mod work_calendar;
#[path = "it/world.rs"]
mod world;
