//! Accounts that turned out to be one: made one, led to by their old names, and taken apart
//! again.

mod apart;
mod below;
mod carry;
mod combine;
mod fields;
mod ledger;
mod lock;
mod made;
mod order;
mod place;
pub mod read;
pub mod redirect;
pub mod refusal;
mod revert;
mod row;
mod same_name;
mod sight;
mod territories;
pub mod undo;

pub use made::merge;
