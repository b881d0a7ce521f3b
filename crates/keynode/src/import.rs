//! `keynode import`: takes in another system's export. Everything is read and checked
//! before the first row is sent; running it again changes nothing.

mod cells;
mod export;
mod form;
pub mod inspect;
mod mapping;
mod report;
mod send;
mod summary;
mod table;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::connect::ConnectArgs;
use crate::out;
use export::Export;
use report::Report;
use summary::Summary;

/// What to take in, and how.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// How the export reads: `maven`, or a mapping file of your own.
    pub mapping: String,
    /// The folder of the export's files.
    #[arg(long = "from", value_name = "DIR")]
    pub from: PathBuf,
    /// Read and check only; send nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Have the server check accounts and contacts too, and store nothing.
    #[arg(long, conflicts_with = "dry_run")]
    pub rehearse: bool,
    /// What becomes of accounts that may be there under another key.
    #[arg(long, value_enum, default_value_t)]
    pub duplicates: send::Duplicates,
    /// Go on with an import of the same files that broke off: `imports/{id}`.
    #[arg(long, value_name = "IMPORT", conflicts_with = "dry_run")]
    pub resume: Option<String>,
    /// Send the good rows though others were rejected.
    #[arg(long)]
    pub skip_rejected: bool,
    /// Write what became of each row: one JSON object a line.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Print the summary as JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// So many bad rows are shown; the report has them all.
const SHOWN: usize = 20;

/// Reads, checks, sends and reports. Fails softly when rows were rejected or refused.
pub async fn run(args: ImportArgs) -> anyhow::Result<ExitCode> {
    let mapping = mapping::load(&args.mapping)?;
    let mut report = Report::default();
    let export = export::read(&args.from, &mapping, &mut report)?;
    export.check_references(&mut report);
    report.forms().for_each(out::remark);
    show_summary(&Summary::of(&export), args.json)?;
    let rejected = report.bad().len();
    let sends = !args.dry_run && (rejected == 0 || args.skip_rejected);
    let sent = match sends {
        true => send_all(&args, &export, &mut report).await,
        false => Ok(()),
    };
    // What was sent is reported even when the sending broke off.
    if let Some(file) = &args.report {
        report.write(file)?;
    }
    show_bad(&report, args.report.is_some());
    sent?;
    if !sends && !args.dry_run {
        out::remark(
            "nothing was sent: correct the rows above, or send the others with --skip-rejected",
        );
    }
    Ok(if report.bad().is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn send_all(args: &ImportArgs, export: &Export, report: &mut Report) -> anyhow::Result<()> {
    let connection = args.connect.connect()?;
    let options = send::Options {
        display_name: args.from.display().to_string(),
        duplicates: args.duplicates,
        resume: args.resume.clone(),
        rehearse: args.rehearse,
    };
    let result = send::all(&connection.channel, export, &options, report).await;
    for ((file, outcome), count) in report.counts() {
        out::remark(format_args!("{file}: {count} {outcome}"));
    }
    result
}

fn show_summary(summary: &Summary<'_>, json: bool) -> anyhow::Result<()> {
    if json {
        return out::line(serde_json::to_string(summary)?);
    }
    summary.lines().iter().try_for_each(out::line)
}

fn show_bad(report: &Report, written: bool) {
    let bad = report.bad();
    for row in bad.iter().take(SHOWN) {
        out::remark(row);
    }
    if bad.len() > SHOWN {
        let whole = if written {
            "the report has all"
        } else {
            "--report writes all"
        };
        out::remark(format_args!("… and {} more; {whole}", bad.len() - SHOWN));
    }
}

/// The public data that the importer is measured against; none where it is absent.
#[cfg(test)]
fn public_data() -> Option<PathBuf> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("KEYNODE_TEST_DATA").map_or_else(default, PathBuf::from);
    if folder.join("import").is_dir() {
        return Some(folder);
    }
    out::remark(format_args!(
        "skipped: no public data at {}; set KEYNODE_TEST_DATA",
        folder.display()
    ));
    None
}
