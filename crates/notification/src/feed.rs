//! The change feed: pages for programs that pull, a stream for those that follow.

mod follow;

use keynode_kit::call::{Call, Visibility};
use keynode_kit::db::{Db, Tx};
use keynode_kit::log::{self, Cursor, Entry};
use keynode_kit::validate::Violations;
use keynode_proto::notification::v1::feed_service_server::FeedService;
use keynode_proto::notification::v1::{
    FeedFilter, ListEventsRequest, ListEventsResponse, SubscribeRequest, SubscribeResponse,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::Notification;
use crate::error::Error;

const DEFAULT_PAGE: i32 = 100;
const MAX_PAGE: i32 = 1000;
/// Bytes of events per message at most, unless one alone has more: clients take 4 MB by
/// default, and an envelope adds to each event.
const MAX_BYTES: i64 = 2 << 20;

#[tonic::async_trait]
impl FeedService for Notification {
    type SubscribeStream = ReceiverStream<Result<SubscribeResponse, Status>>;

    async fn subscribe(
        &self,
        request: Request<Streaming<SubscribeRequest>>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            follow::subscribe(self, &call, request.into_inner()).await?,
        ))
    }

    async fn list_events(
        &self,
        request: Request<ListEventsRequest>,
    ) -> Result<Response<ListEventsResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            list(self, &call, request.into_inner()).await?,
        ))
    }
}

async fn list(
    service: &Notification,
    call: &Call,
    request: ListEventsRequest,
) -> Result<ListEventsResponse, Error> {
    permit(call)?;
    let mut bad = Violations::default();
    let size = match request.page_size {
        0 => DEFAULT_PAGE,
        size => size.min(MAX_PAGE),
    };
    if size < 0 {
        bad.add("page_size", "must not be negative; 0 means the default");
    }
    bad.finish()?;
    let after = place(&request.after_cursor)?.unwrap_or_default();
    let piece = read(
        &service.db,
        call,
        after,
        &request.filter.unwrap_or_default(),
        i64::from(size),
    )
    .await?;
    Ok(ListEventsResponse {
        events: piece.entries.iter().map(Entry::to_event).collect(),
        cursor: if piece.cursor == after {
            request.after_cursor
        } else {
            piece.cursor.to_string()
        },
        more: piece.full,
    })
}

/// The feed is of the whole tenant.
fn permit(call: &Call) -> Result<(), Error> {
    match call.principal.visibility {
        Visibility::All => Ok(()),
        Visibility::Teams(_) => Err(Error::FeedNotPermitted),
    }
}

fn place(cursor: &str) -> Result<Option<Cursor>, Error> {
    if cursor.is_empty() {
        return Ok(None);
    }
    cursor.parse().map(Some).map_err(|_| Error::CursorInvalid)
}

/// A piece of the feed and the place after it.
struct Piece {
    entries: Vec<Entry>,
    cursor: Cursor,
    /// As many as asked for, or as fit into a message: there may be more.
    full: bool,
}

async fn read(
    db: &Db,
    call: &Call,
    after: Cursor,
    filter: &FeedFilter,
    at_most: i64,
) -> Result<Piece, Error> {
    db.transaction(call.tenant()?, async |tx: &mut Tx| {
        // Taken first: everything up to here is settled when the rows are read.
        let settled = log::horizon(tx).await?;
        let (types, subjects) = (&filter.types, &filter.subjects);
        let (entries, full) =
            log::read_tenant(tx, after, types, subjects, at_most, MAX_BYTES).await?;
        let last = entries.last().map_or(after, |entry| entry.cursor);
        // A full piece ends at its last entry; otherwise nothing settled is left behind.
        let cursor = if full { last } else { last.max(settled) };
        Ok(Piece {
            entries,
            cursor,
            full,
        })
    })
    .await
}
