//! `keynode feed`: reads the change feed, one JSON object a line.

mod subscription;

use std::time::Duration;

use keynode_proto::events::v1::Event;
use keynode_proto::notification::v1::{FeedFilter, FeedStart, SubscribeResponse};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use crate::connect::{ConnectArgs, Connection, explain, is_no_grpc};
use crate::out::{self, Reader};
use subscription::Subscription;

/// What to do with the feed.
#[derive(Debug, clap::Subcommand)]
pub enum FeedCommand {
    /// Follow the feed until Ctrl-C.
    Tail(TailArgs),
}

/// What to follow.
#[derive(Debug, clap::Args)]
pub struct TailArgs {
    /// `latest`, `earliest`, or the cursor of the last event seen.
    #[arg(long, default_value = "latest")]
    pub from: String,
    /// Only this type of event, e.g. `keynode.pipeline.v1.OpportunityStageMoved`; may be repeated.
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Vec<String>,
    /// Only this subject, e.g. `opportunities/{id}`; may be repeated.
    #[arg(long = "subject", value_name = "NAME")]
    pub subjects: Vec<String>,
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// Where to go on.
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    Start(FeedStart),
    After(String),
}

/// How following ended.
enum End {
    /// The user or the reader of the output wants no more.
    Wanted,
    /// The server or the way to it went away.
    Lost(Status),
}

/// The server lets a sign of life pass at least every 30 seconds.
const SILENCE: Duration = Duration::from_secs(75);
const PAUSES: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
];

/// Follows until `stop`; a lost connection is taken up again where it broke off.
pub async fn run(command: FeedCommand, stop: CancellationToken) -> anyhow::Result<()> {
    let FeedCommand::Tail(args) = command;
    let connection = args.connect.connect()?;
    let mut tail = Tail {
        connection,
        from: From::read(&args.from),
        filter: FeedFilter {
            types: args.types,
            subjects: args.subjects,
        },
        answered: false,
    };
    let mut lost = 0;
    loop {
        tail.answered = false;
        match tail.follow(&stop).await? {
            End::Wanted => break,
            End::Lost(status) if is_final(status.code()) || is_no_grpc(&status) => {
                anyhow::bail!(explain(&status))
            }
            End::Lost(status) => {
                lost = if tail.answered { 0 } else { lost + 1 };
                let pause = PAUSES.get(lost).copied().unwrap_or(Duration::from_secs(10));
                out::remark(format_args!(
                    "the feed broke off ({}); going on in {pause:?}",
                    status.message()
                ));
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
    }
    if let From::After(cursor) = &tail.from {
        out::remark(format_args!("to go on: keynode feed tail --from {cursor}"));
    }
    Ok(())
}

struct Tail {
    connection: Connection,
    from: From,
    filter: FeedFilter,
    /// Whether the server said anything since the connection was made.
    answered: bool,
}

impl Tail {
    async fn follow(&mut self, stop: &CancellationToken) -> anyhow::Result<End> {
        let opened = tokio::select! {
            () = stop.cancelled() => return Ok(End::Wanted),
            opened = Subscription::open(&self.connection.channel, &self.from, &self.filter) => opened,
        };
        let mut subscription = match opened {
            Ok(subscription) => subscription,
            Err(status) => return Ok(End::Lost(status)),
        };
        loop {
            let next = tokio::select! {
                () = stop.cancelled() => return Ok(End::Wanted),
                next = tokio::time::timeout(SILENCE, subscription.next()) => next,
            };
            match next {
                Ok(Ok(piece)) => {
                    if self.print(piece)? == Reader::Gone {
                        return Ok(End::Wanted);
                    }
                }
                Ok(Err(status)) => return Ok(End::Lost(status)),
                Err(_) => return Ok(End::Lost(Status::unavailable("the server fell silent"))),
            }
        }
    }

    /// Prints the events and remembers the place, which moves past filtered events too.
    fn print(&mut self, piece: SubscribeResponse) -> anyhow::Result<Reader> {
        self.answered = true;
        for event in &piece.events {
            if out::feed_line(line(event)?)? == Reader::Gone {
                return Ok(Reader::Gone);
            }
            self.from = From::After(event.cursor.clone());
        }
        if !piece.cursor.is_empty() {
            self.from = From::After(piece.cursor);
        }
        Ok(Reader::Present)
    }
}

impl From {
    fn read(text: &str) -> Self {
        match text {
            "latest" => Self::Start(FeedStart::Latest),
            "earliest" => Self::Start(FeedStart::Earliest),
            cursor => Self::After(cursor.to_owned()),
        }
    }
}

fn line(event: &Event) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&out::json::of(event)?)?)
}

/// Whether asking again would be answered the same.
fn is_final(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument
            | Code::NotFound
            | Code::PermissionDenied
            | Code::Unauthenticated
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Unimplemented
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_a_word_or_a_cursor() {
        assert_eq!(From::read("earliest"), From::Start(FeedStart::Earliest));
        assert_eq!(From::read("AAEC"), From::After("AAEC".into()));
    }

    #[test]
    fn only_what_may_get_better_is_tried_again() {
        assert!(is_final(Code::OutOfRange) && is_final(Code::Unauthenticated));
        assert!(
            !is_final(Code::Unavailable)
                && !is_final(Code::Cancelled)
                && !is_final(Code::ResourceExhausted)
        );
    }

    #[test]
    fn an_event_is_one_line() {
        let event = Event {
            subject: "notices/1".into(),
            source: "line\nbreak".into(),
            ..Event::default()
        };
        assert!(!line(&event).unwrap().contains('\n'));
    }
}
