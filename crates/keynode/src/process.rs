//! `keynode process`: sales processes as files.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use keynode_kit::client::Channel;
use keynode_proto::pipeline::v1::processes_service_client::ProcessesServiceClient;
use keynode_proto::pipeline::v1::{
    GetProcessFileRequest, ListProcessVersionsRequest, ListProcessesRequest, Process, ProcessState,
    PublishProcessRequest, PutProcessDraftRequest,
};

use crate::connect::{ConnectArgs, answer};
use crate::out;

/// What to do with processes.
#[derive(Debug, Subcommand)]
pub enum ProcessCommand {
    /// List the processes that new deals may follow, or every version of one.
    List {
        id: Option<String>,
        #[command(flatten)]
        connect: ConnectArgs,
    },
    /// Print a process as the file that it was written as.
    Get {
        id: String,
        /// Which version; default: the newest that is published.
        #[arg(long, default_value_t = 0)]
        number: i32,
        #[command(flatten)]
        connect: ConnectArgs,
    },
    /// Say everything that is wrong with a file; store nothing.
    Check {
        file: PathBuf,
        #[command(flatten)]
        connect: ConnectArgs,
    },
    /// Put a file into the draft of its process.
    Put {
        file: PathBuf,
        #[command(flatten)]
        connect: ConnectArgs,
    },
    /// Have new deals follow the draft; it never changes afterwards.
    Publish {
        id: String,
        #[command(flatten)]
        connect: ConnectArgs,
    },
}

pub async fn run(command: ProcessCommand) -> anyhow::Result<()> {
    match command {
        ProcessCommand::List { id, connect } => list(&mut client(&connect)?, id).await,
        ProcessCommand::Get {
            id,
            number,
            connect,
        } => get(&mut client(&connect)?, &id, number).await,
        ProcessCommand::Check { file, connect } => put(&mut client(&connect)?, &file, true).await,
        ProcessCommand::Put { file, connect } => put(&mut client(&connect)?, &file, false).await,
        ProcessCommand::Publish { id, connect } => publish(&mut client(&connect)?, &id).await,
    }
}

type Client = ProcessesServiceClient<Channel>;

fn client(connect: &ConnectArgs) -> anyhow::Result<Client> {
    Ok(Client::new(connect.connect()?.channel))
}

/// `processes/{id}`, whether it was given so or as the id alone.
fn name(id: &str) -> String {
    match id.starts_with("processes/") {
        true => id.to_owned(),
        false => format!("processes/{id}"),
    }
}

async fn list(client: &mut Client, id: Option<String>) -> anyhow::Result<()> {
    let processes = match id {
        Some(id) => {
            let request = ListProcessVersionsRequest { name: name(&id) };
            answer(client.list_process_versions(request).await)?.processes
        }
        None => {
            let request = ListProcessesRequest {};
            answer(client.list_processes(request).await)?.processes
        }
    };
    processes
        .iter()
        .try_for_each(|process| out::line(shown(process)))
}

fn shown(process: &Process) -> String {
    let state = match process.state() {
        ProcessState::Draft => "draft",
        ProcessState::Retired => "retired",
        ProcessState::Published | ProcessState::Unspecified => "published",
    };
    let marks = [
        (process.shipped, ", shipped"),
        (process.default, ", default"),
    ];
    let marks: String = marks
        .into_iter()
        .filter_map(|(is, mark)| is.then_some(mark))
        .collect();
    let (name, version, stages) = (&process.name, process.version, process.stages.len());
    format!("{name} version {version}: {state}{marks}, {stages} stages")
}

async fn get(client: &mut Client, id: &str, version: i32) -> anyhow::Result<()> {
    let request = GetProcessFileRequest {
        name: name(id),
        version,
    };
    out::text(&answer(client.get_process_file(request).await)?.file)
}

async fn put(client: &mut Client, file: &Path, validate_only: bool) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    let request = PutProcessDraftRequest {
        file: text,
        validate_only,
        ..PutProcessDraftRequest::default()
    };
    let draft = answer(client.put_process_draft(request).await)?
        .process
        .unwrap_or_default();
    match validate_only {
        true => out::line(format_args!("{} is sound", file.display())),
        false => out::line(shown(&draft)),
    }
}

async fn publish(client: &mut Client, id: &str) -> anyhow::Result<()> {
    let request = PublishProcessRequest {
        name: name(id),
        ..PublishProcessRequest::default()
    };
    let published = answer(client.publish_process(request).await)?;
    out::line(shown(&published.process.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_shown_in_a_line() {
        let process = Process {
            name: name("ours"),
            version: 2,
            state: ProcessState::Published.into(),
            default: true,
            ..Process::default()
        };
        assert_eq!(
            shown(&process),
            "processes/ours version 2: published, default, 0 stages"
        );
        assert_eq!(name("processes/ours"), process.name);
    }
}
