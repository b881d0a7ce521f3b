//! One subscription: reads what is granted, tells where it stands, ends when nobody reads.

use std::time::Duration;

use keynode_kit::call::Call;
use keynode_kit::db::{Db, Tx};
use keynode_kit::error::Fault;
use keynode_kit::log::{self, Cursor, Entry};
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::common::v1::ErrorReason;
use keynode_proto::notification::v1::{FeedFilter, FeedStart, SubscribeRequest, SubscribeResponse};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, Streaming};

use super::{permit, place, read};
use crate::Notification;
use crate::error::Error;

const POLL: Duration = Duration::from_millis(200);
/// Half of what the contract promises.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A reader that takes nothing for so long is cut off; it resumes from its cursor.
const STALLED: Duration = Duration::from_secs(45);
const DEFAULT_GRANT: i64 = 1000;
const MAX_GRANT: i32 = 10_000;
/// Events per message at most.
const PIECE: i64 = 100;

type Answers = mpsc::Sender<Result<SubscribeResponse, Status>>;

/// Reads the first message and starts the stream.
pub async fn subscribe(
    service: &Notification,
    call: &Call,
    mut requests: Streaming<SubscribeRequest>,
) -> Result<ReceiverStream<Result<SubscribeResponse, Status>>, Status> {
    permit(call)?;
    let first = requests.message().await?.unwrap_or_default();
    let (cursor, granted) = start(&service.db, call, &first).await?;
    let (answers, stream) = mpsc::channel(4);
    let follower = Follower {
        db: service.db.clone(),
        clock: service.clock.clone(),
        call: call.clone(),
        filter: first.filter.unwrap_or_default(),
        cursor,
        granted,
        complete: false,
        told: Instant::now(),
        answers,
        stopping: service.stopping.clone(),
    };
    tokio::spawn(follower.run(requests));
    Ok(ReceiverStream::new(stream))
}

async fn start(db: &Db, call: &Call, first: &SubscribeRequest) -> Result<(Cursor, i64), Error> {
    let mut bad = Violations::default();
    let start: FeedStart = bad.optional_enum("start", first.start);
    if (start == FeedStart::Unspecified) == first.after_cursor.is_empty() {
        bad.add(
            "start",
            "name either a start or after_cursor in the first message",
        );
    }
    let granted = match first.grant {
        0 => DEFAULT_GRANT,
        grant => bad.range("grant", i64::from(grant), 1..=i64::from(MAX_GRANT)),
    };
    bad.finish()?;
    let cursor = match (place(&first.after_cursor)?, start) {
        (Some(cursor), _) => cursor,
        (None, FeedStart::Latest) => {
            db.transaction(call.tenant()?, async |tx: &mut Tx| log::horizon(tx).await)
                .await?
        }
        (None, _) => Cursor::default(),
    };
    Ok((cursor, granted))
}

fn going_away() -> Status {
    let reason = ErrorReason::Unavailable.as_str_name();
    let message = "this server is going away; subscribe again after the last cursor";
    Fault::new(Code::Unavailable, reason, message)
        .zh("服务器正在停止,请从最后的游标处重新订阅")
        .into()
}

struct Follower {
    db: Db,
    clock: keynode_kit::clock::Clock,
    call: Call,
    filter: FeedFilter,
    cursor: Cursor,
    granted: i64,
    /// The reader grants no more.
    complete: bool,
    told: Instant,
    answers: Answers,
    stopping: CancellationToken,
}

/// Why a subscription ended.
enum Ended {
    /// The reader left, or stopped taking what it had granted.
    Left,
    Failed(Status),
}

impl Follower {
    async fn run(mut self, mut requests: Streaming<SubscribeRequest>) {
        let Err(ended) = self.follow(&mut requests).await else {
            return;
        };
        if let Ended::Failed(status) = ended {
            // The reader may be gone; then nobody needs to know.
            let _ = self.answers.try_send(Err(status));
        }
    }

    async fn follow(&mut self, requests: &mut Streaming<SubscribeRequest>) -> Result<(), Ended> {
        // The reader learns at once where it stands, so that it can resume from there.
        self.tell(Vec::new()).await?;
        loop {
            if self.granted > 0 {
                while self.send_piece().await? {}
            }
            if self.told.elapsed() >= HEARTBEAT {
                self.tell(Vec::new()).await?;
            }
            if self.complete && self.granted == 0 {
                return Ok(());
            }
            tokio::select! {
                message = requests.message(), if !self.complete => self.grant(message.map_err(Ended::Failed)?)?,
                () = self.stopping.cancelled() => return Err(Ended::Failed(going_away())),
                () = self.answers.closed() => return Err(Ended::Left),
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Takes a further message. After the last one what was granted is still sent.
    fn grant(&mut self, message: Option<SubscribeRequest>) -> Result<(), Ended> {
        let Some(message) = message else {
            self.complete = true;
            return Ok(());
        };
        let mut bad = Violations::default();
        self.granted += bad.range("grant", i64::from(message.grant), 1..=i64::from(MAX_GRANT));
        bad.finish().map_err(|fault| Ended::Failed(fault.into()))
    }

    /// Sends what is there, as far as granted; whether to go on at once.
    async fn send_piece(&mut self) -> Result<bool, Ended> {
        let at_most = self.granted.min(PIECE);
        if at_most == 0 {
            return Ok(false);
        }
        let piece = read(&self.db, &self.call, self.cursor, &self.filter, at_most)
            .await
            .map_err(|error| Ended::Failed(error.into()))?;
        self.cursor = piece.cursor;
        if !piece.entries.is_empty() {
            self.granted -= piece.entries.len() as i64;
            self.tell(piece.entries).await?;
        }
        Ok(piece.full)
    }

    async fn tell(&mut self, entries: Vec<Entry>) -> Result<(), Ended> {
        let answer = SubscribeResponse {
            events: entries.iter().map(Entry::to_event).collect(),
            cursor: self.cursor.to_string(),
            time: Some(wire::timestamp(self.clock.now())),
        };
        let sent = tokio::time::timeout(STALLED, self.answers.send(Ok(answer))).await;
        self.told = Instant::now();
        match sent {
            Ok(Ok(())) => Ok(()),
            _ => Err(Ended::Left),
        }
    }
}
