//! Keynode's one executable: the services, and the commands that talk to them.

mod connect;
mod demo;
mod diagnose;
mod feed;
mod health;
mod import;
mod inbox;
mod migrate;
mod out;
mod process;
mod serve;
mod settings;
mod tenant;
mod up;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use keynode_kit::telemetry;
use tokio_util::sync::CancellationToken;

use crate::serve::{Host, Service};
use crate::settings::Settings;

/// Selling to industrial key accounts: four gRPC services over one Postgres.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
struct Cli {
    /// A settings file over the built-in defaults.
    #[arg(long, global = true, env = "KEYNODE_CONFIG")]
    config: Option<PathBuf>,
    /// One setting, e.g. `--set server.listen=127.0.0.1:7500`; may be repeated.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    overrides: Vec<(String, String)>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything in this process, on a Postgres of its own.
    Up(up::UpArgs),
    /// Run these services in this process.
    Serve {
        #[arg(required = true)]
        services: Vec<Service>,
    },
    /// Bring the database to what this release needs.
    Migrate,
    /// Make tenants.
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Ask a server whether it serves.
    Health(health::HealthArgs),
    /// Take in another system's export.
    Import(import::ImportArgs),
    /// Say how CSV files are written and what is odd in them, before an import.
    Inspect(import::inspect::InspectArgs),
    /// Say where a deal stands, what is wrong and what to do first.
    Diagnose(diagnose::DiagnoseArgs),
    /// Read the change feed.
    #[command(subcommand)]
    Feed(feed::FeedCommand),
    /// Write sales processes.
    #[command(subcommand)]
    Process(process::ProcessCommand),
    /// List your notices.
    Inbox(inbox::InboxArgs),
    /// Look at the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// Make a tenant with an administrator, and print the administrator's key.
    Create(tenant::CreateArgs),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the settings in force, secrets redacted.
    Show,
    /// Print the commented defaults.
    Defaults,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(key, value)| (key.trim().to_owned(), value.to_owned()))
        .ok_or_else(|| format!("`{text}` is not KEY=VALUE"))
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            out::error(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let settings = || Settings::load(cli.config.as_deref(), cli.overrides.clone());
    match cli.command {
        Command::Up(args) => {
            let (settings, stop) = (settings()?, stop_on_signal()?);
            let telemetry = telemetry::start(&settings.telemetry)?;
            let result = up::run(args, settings, telemetry.clone(), stop).await;
            telemetry.shutdown().await;
            result?;
        }
        Command::Serve { services } => serve_these(services, settings()?).await?,
        Command::Migrate => {
            let settings = settings()?;
            telemetry::start(&settings.telemetry)?;
            migrate::run(&settings).await?;
            out::line("the database is what this release needs")?;
        }
        Command::Tenant(TenantCommand::Create(args)) => tenant::run(args, &settings()?).await?,
        Command::Health(args) => health::run(args).await?,
        Command::Import(args) => return import::run(args).await,
        Command::Inspect(args) => import::inspect::run(&args)?,
        Command::Diagnose(args) => diagnose::run(args).await?,
        Command::Feed(command) => feed::run(command, stop_on_signal()?).await?,
        Command::Process(command) => process::run(command).await?,
        Command::Inbox(args) => inbox::run(args).await?,
        Command::Config(ConfigCommand::Show) => {
            out::text(&keynode_kit::config::show(&settings()?)?)?
        }
        Command::Config(ConfigCommand::Defaults) => out::text(settings::DEFAULTS)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve_these(services: Vec<Service>, settings: Settings) -> anyhow::Result<()> {
    let stop = stop_on_signal()?;
    let telemetry = telemetry::start(&settings.telemetry)?;
    let host = Host::prepare(settings, services.into_iter().collect(), telemetry.clone()).await?;
    tracing::info!(grpc = ?host.grpc_address(), ops = ?host.ops_address(), "serving");
    let result = host.run(stop).await;
    telemetry.shutdown().await;
    result
}

/// Cancelled by Ctrl-C or SIGTERM; a second Ctrl-C ends the process at once.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stopping.cancel();
        interrupt.recv().await;
        std::process::exit(130);
    });
    Ok(stop)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_verb_can_be_read() {
        Cli::command().debug_assert();
    }
}
