//! `keynode up`: everything in one process on a Postgres of its own.

mod bootstrap;
mod secrets;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use keynode_kit::client::{self, Channel, Credentials};
use keynode_kit::config::Secret;
use keynode_kit::embedded::{self, Embedded};
use keynode_kit::server;
use keynode_kit::telemetry::Telemetry;
use tokio_util::sync::CancellationToken;

use crate::out;
use crate::serve::{Host, Service};
use crate::settings::{Settings, default_data_folder};

/// How to run everything.
#[derive(Debug, clap::Args)]
pub struct UpArgs {
    /// Where data, secrets and tokens are kept.
    #[arg(long, default_value_os_t = default_data_folder())]
    pub data: PathBuf,
    /// A database to use instead of an own one, with a user who may create roles.
    #[arg(long)]
    pub database_url: Option<String>,
    /// Load the Zhang case and a sample of industrial deals, and diagnose the case.
    #[arg(long)]
    pub demo: bool,
    /// Stop once everything is up and shown; for trying and for tests.
    #[arg(long, hide = true)]
    pub once: bool,
}

const DATABASE: &str = "keynode";
const READY_WITHIN: Duration = Duration::from_secs(30);
/// Postgres comes up within this unless it recovers from a crash or is being downloaded.
const START_GRACE: Duration = Duration::from_secs(5);

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Everything was up before it was stopped.
    Served,
    BeforeUp,
}

/// Runs until `stop` is cancelled. Nothing acknowledged is lost, however it ends.
///
/// # Errors
/// When something does not come up or fails; not when it is stopped before.
pub async fn run(
    args: UpArgs,
    mut settings: Settings,
    telemetry: Telemetry,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    prepare_folder(&args.data, &settings).await?;
    let ending = match &args.database_url {
        Some(url) => {
            settings.database.admin_url = Secret::from(url.clone());
            serve(
                &args,
                settings,
                telemetry,
                "the one of --database-url",
                &stop,
            )
            .await
        }
        None => serve_on_own_postgres(&args, settings, telemetry, &stop).await,
    };
    if ending? == Ending::BeforeUp {
        out::remark("stopped before everything was up");
    }
    Ok(())
}

/// Makes the folder. For a new one the ports are tried first: where they are taken, no
/// folder is left behind.
async fn prepare_folder(data: &Path, settings: &Settings) -> anyhow::Result<()> {
    if !data.exists() {
        let ports = std::iter::once(settings.server.listen).chain(settings.ops.listen);
        for address in ports {
            server::bind(address).await?;
        }
    }
    std::fs::create_dir_all(data).with_context(|| {
        format!(
            "cannot create the data folder {}; name another with --data",
            data.display()
        )
    })
}

async fn serve_on_own_postgres(
    args: &UpArgs,
    mut settings: Settings,
    telemetry: Telemetry,
    stop: &CancellationToken,
) -> anyhow::Result<Ending> {
    let Some(embedded) = start_postgres(&args.data, stop).await? else {
        return Ok(Ending::BeforeUp);
    };
    let ending = match make_database(&embedded).await {
        Ok(url) => {
            settings.database.admin_url = url;
            serve(args, settings, telemetry, embedded.found(), stop).await
        }
        Err(error) => Err(error),
    };
    embedded.stop().await;
    ending
}

/// None when it was stopped meanwhile. Postgres is then given a moment to come up, to be
/// stopped in order: cut off, it would leave a half-made cluster or end unobserved.
async fn start_postgres(data: &Path, stop: &CancellationToken) -> anyhow::Result<Option<Embedded>> {
    let mut starting = std::pin::pin!(Embedded::start(data, embedded::Options::default()));
    tokio::select! {
        started = &mut starting => match started {
            // A Ctrl-C reaches the whole group of processes, and with us those that make
            // the cluster.
            Err(error) if stop.is_cancelled() => {
                tracing::debug!(%error, "the embedded Postgres was stopped while it started");
                Ok(None)
            }
            started => Ok(Some(started?)),
        },
        () = stop.cancelled() => {
            if let Ok(Ok(embedded)) = tokio::time::timeout(START_GRACE, starting).await {
                embedded.stop().await;
            }
            Ok(None)
        }
    }
}

/// Makes our database in it; answers the superuser's address of that database.
async fn make_database(embedded: &Embedded) -> anyhow::Result<Secret> {
    embedded::ensure_database(embedded.superuser_url(), DATABASE).await?;
    let server = embedded
        .superuser_url()
        .rsplit_once('/')
        .map_or("", |(server, _)| server);
    Ok(Secret::from(format!("{server}/{DATABASE}")))
}

async fn serve(
    args: &UpArgs,
    mut settings: Settings,
    telemetry: Telemetry,
    found: &str,
    stop: &CancellationToken,
) -> anyhow::Result<Ending> {
    secrets::fill(&args.data, &mut settings)?;
    settings.database.url = without_user(settings.database.admin_url.expose());
    // Bound first: a port that is taken is reported before anything is migrated.
    let host = Host::prepare(settings.clone(), Service::ALL.into(), telemetry).await?;
    let address = host.grpc_address().context("the gRPC port is bound")?;
    let ops = host.ops_address();
    let endpoint = format!("http://{address}");
    let migrated = stop.run_until_cancelled(crate::migrate::run(&settings));
    if migrated.await.transpose()?.is_none() {
        return Ok(Ending::BeforeUp);
    }
    let mut serving = tokio::spawn(host.with_peers(&endpoint).run(stop.clone()));
    let shown = tokio::select! {
        shown = stop.run_until_cancelled(show(args, &settings, &endpoint, ops, found)) => shown,
        ended = &mut serving => {
            ended.context("the server stopped unexpectedly")??;
            return Ok(Ending::BeforeUp);
        }
    };
    if args.once || matches!(shown, Some(Err(_))) {
        stop.cancel();
    }
    serving.await.context("the server stopped unexpectedly")??;
    Ok(match shown.transpose()? {
        Some(()) => Ending::Served,
        None => Ending::BeforeUp,
    })
}

/// Waits until all serves, makes the first tenant, and tells how to go on.
async fn show(
    args: &UpArgs,
    settings: &Settings,
    endpoint: &str,
    ops: Option<std::net::SocketAddr>,
    found: &str,
) -> anyhow::Result<()> {
    wait_until_serving(endpoint).await?;
    let token = bootstrap::administrator(&args.data, settings, endpoint).await?;
    out::line(format!(
        "Keynode is up. gRPC {endpoint} · Postgres: {found}"
    ))?;
    if let Some(ops) = ops {
        out::line(format!("Operators: http://{ops}/metrics /readyz /log"))?;
    }
    if token.replaces_another {
        out::line("The token kept before is not valid in this database; a new one was made.")?;
    }
    out::line(format!("Development token: {}", token.file.display()))?;
    let channel = Channel::new(
        endpoint,
        &settings.client,
        Credentials::Bearer(token.secret),
    )?;
    if args.demo {
        show_demo(args, &channel).await?;
    }
    next_commands(endpoint, &token.file, args.demo)
}

async fn show_demo(args: &UpArgs, channel: &Channel) -> anyhow::Result<()> {
    let demo = crate::demo::load(channel).await?;
    bootstrap::keep_token(&args.data, "seller", demo.seller_token)?;
    bootstrap::keep_token(&args.data, "manager", demo.manager_token)?;
    crate::diagnose::show(
        channel,
        &demo.zhang_opportunity,
        crate::diagnose::Language::both(),
    )
    .await
}

fn next_commands(endpoint: &str, token: &Path, demo: bool) -> anyhow::Result<()> {
    let how = format!("--endpoint {endpoint} --token-file {}", token.display());
    let manager = token.with_file_name("manager");
    let third = match demo {
        true => format!(
            "keynode inbox --endpoint {endpoint} --token-file {}",
            manager.display()
        ),
        false => "keynode up --demo".to_owned(),
    };
    out::line("Try next:")?;
    out::line(format!("  keynode diagnose 宁夏 --lang zh {how}"))?;
    out::line(format!("  keynode feed tail --from earliest {how}"))?;
    out::line(format!("  {third}"))
}

async fn wait_until_serving(endpoint: &str) -> anyhow::Result<()> {
    let settings = client::Settings {
        timeout: Duration::from_secs(1),
        ..client::Settings::default()
    };
    let channel = Channel::new(endpoint, &settings, Credentials::None)?;
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel);
    let asked = async {
        loop {
            let answer = health
                .check(tonic_health::pb::HealthCheckRequest::default())
                .await;
            let serving = tonic_health::pb::health_check_response::ServingStatus::Serving;
            if answer.is_ok_and(|a| a.get_ref().status() == serving) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(READY_WITHIN, asked)
        .await
        .context("the services did not come up; the log above says why")
}

/// The address without its user, with which each service signs in as itself.
fn without_user(url: &str) -> String {
    match url
        .split_once("://")
        .and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1)))
    {
        Some((scheme, rest)) => format!("{scheme}://{rest}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_taken_out_of_an_address() {
        assert_eq!(
            without_user("postgres://u:p%40x@h:1/db"),
            "postgres://h:1/db"
        );
        assert_eq!(without_user("postgres://h:1/db"), "postgres://h:1/db");
    }
}
