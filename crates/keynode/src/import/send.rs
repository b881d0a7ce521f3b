//! Sends an export through the front door: people, then customers, then deals.

mod accounts;
mod opportunities;
mod organisation;
mod results;
mod rows;

use std::collections::HashMap;

use anyhow::ensure;
use indicatif::{ProgressBar, ProgressStyle};
use keynode_kit::client::Channel;
use keynode_proto::accounts::v1::ImportDuplicates;

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

/// How an import is to be done.
#[derive(Clone, Debug)]
pub struct Options {
    /// What people call it.
    pub display_name: String,
    pub duplicates: Duplicates,
    /// The import that broke off.
    pub resume: Option<String>,
    /// Send accounts and contacts, and let the server store nothing.
    pub rehearse: bool,
}

/// What becomes of rows whose account may be there under another key.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum Duplicates {
    /// Nobody looks; the rows are added.
    #[default]
    Create,
    /// The rows are added, and the pairs kept for review.
    Review,
    /// The account gets the row's key and is updated.
    Link,
    /// The rows are told and not stored.
    Skip,
}

impl From<Duplicates> for ImportDuplicates {
    fn from(told: Duplicates) -> Self {
        match told {
            Duplicates::Create => Self::Create,
            Duplicates::Review => Self::Review,
            Duplicates::Link => Self::Link,
            Duplicates::Skip => Self::Skip,
        }
    }
}

/// Sends everything; what became of each row goes to the report.
///
/// # Errors
/// When a whole call fails. Running the import again goes on where it broke off.
pub async fn all(
    channel: &Channel,
    export: &Export,
    options: &Options,
    report: &mut Report,
) -> anyhow::Result<()> {
    if options.rehearse {
        accounts::send(channel, export, options, report).await?;
        return Ok(());
    }
    let mut names = Names {
        people: organisation::send(channel, export).await?,
        ..Names::default()
    };
    names.accounts = accounts::send(channel, export, options, report).await?;
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
