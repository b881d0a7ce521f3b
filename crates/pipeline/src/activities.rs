//! The stories of activities.

pub mod change;
pub mod create;
pub mod list;
pub mod next_actions;
pub mod read;
pub mod settle;
mod taking_up;
