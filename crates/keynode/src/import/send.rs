//! Sends an export through the front door: people, then customers, then deals.

mod accounts;
mod opportunities;
mod organisation;

use std::collections::HashMap;

use anyhow::ensure;
use indicatif::{ProgressBar, ProgressStyle};
use keynode_kit::client::Channel;

use super::export::Export;
use super::report::{Outcome, Report};
use crate::connect;

/// Rows of one call; with the longest texts that are read they stay below the 4 MB of a
/// message.
const BATCH: usize = 400;
/// Calls under way at once.
const IN_FLIGHT: usize = 4;

/// The resource names of what is there already, by the export's keys.
#[derive(Debug, Default)]
struct Names {
    people: HashMap<String, Member>,
    accounts: HashMap<String, String>,
}

/// A seller and the team whose deals they work on.
#[derive(Clone, Debug, PartialEq)]
struct Member {
    person: String,
    team: String,
}

/// Sends everything; what became of each row goes to the report.
///
/// # Errors
/// When a whole call fails. Running the import again goes on where it broke off.
pub async fn all(channel: &Channel, export: &Export, report: &mut Report) -> anyhow::Result<()> {
    let mut names = Names {
        people: organisation::send(channel, export).await?,
        ..Names::default()
    };
    names.accounts = accounts::send(channel, export, report).await?;
    opportunities::send(channel, export, &names, report).await
}

/// A progress bar; invisible unless a person watches.
fn progress(what: &'static str, rows: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:14} {bar:40} {pos}/{len} {per_sec}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(rows as u64)
        .with_style(style)
        .with_message(what)
}

/// The answers of a batch are those of its rows, in order.
fn check_count(rows: usize, results: usize) -> anyhow::Result<()> {
    ensure!(
        rows == results,
        "the server answered {results} of {rows} rows; check that it is of this release"
    );
    Ok(())
}

fn refused(error: &keynode_proto::google::rpc::Status) -> Outcome {
    let (reason, text) = connect::explain_row(error);
    Outcome::Refused { reason, text }
}
