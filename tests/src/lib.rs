//! What the end-to-end tests stand on: the real executable in processes of its own, each
//! service by itself, on a database of the test's own.

#![allow(clippy::panic, reason = "what these cannot do fails the test")]

mod deployment;
mod people;
mod process;

pub use deployment::Deployment;
pub use people::{Client, Organisation};
pub use process::{Keynode, binary, free_port};
