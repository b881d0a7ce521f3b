//! One subscription, with the grants that keep the server sending.

use keynode_kit::client::Channel;
use keynode_proto::notification::v1::feed_service_client::FeedServiceClient;
use keynode_proto::notification::v1::{FeedFilter, FeedStart, SubscribeRequest, SubscribeResponse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::From;

/// Events under way at most; the server waits for a grant beyond.
const WINDOW: i32 = 1000;

/// A stream of pieces of the feed.
pub struct Subscription {
    grants: mpsc::Sender<SubscribeRequest>,
    pieces: Streaming<SubscribeResponse>,
    credit: Credit,
}

/// How much the server may still send, and when to grant more.
#[derive(Debug, Default, PartialEq)]
struct Credit {
    taken: i32,
}

impl Subscription {
    pub async fn open(channel: &Channel, from: &From, filter: &FeedFilter) -> Result<Self, Status> {
        let (grants, requests) = mpsc::channel(4);
        // Before the call: a server may wait for the first message before it answers.
        grants.try_send(first(from, filter)).map_err(|_| closed())?;
        let pieces = FeedServiceClient::new(channel.clone())
            .subscribe(ReceiverStream::new(requests))
            .await?
            .into_inner();
        Ok(Self {
            grants,
            pieces,
            credit: Credit::default(),
        })
    }

    /// The next piece.
    pub async fn next(&mut self) -> Result<SubscribeResponse, Status> {
        if let Some(grant) = self.credit.due() {
            let request = SubscribeRequest {
                grant,
                ..SubscribeRequest::default()
            };
            self.grants.send(request).await.map_err(|_| closed())?;
        }
        let piece = self.pieces.message().await?.ok_or_else(closed)?;
        self.credit.take(piece.events.len());
        Ok(piece)
    }
}

impl Credit {
    fn take(&mut self, events: usize) {
        self.taken = self
            .taken
            .saturating_add(i32::try_from(events).unwrap_or(i32::MAX));
    }

    /// What to grant anew, once half of the window is used up.
    fn due(&mut self) -> Option<i32> {
        (self.taken >= WINDOW / 2).then(|| std::mem::take(&mut self.taken).min(WINDOW))
    }
}

fn first(from: &From, filter: &FeedFilter) -> SubscribeRequest {
    let (start, after_cursor) = match from {
        From::Start(start) => (*start, String::new()),
        From::After(cursor) => (FeedStart::Unspecified, cursor.clone()),
    };
    SubscribeRequest {
        start: start.into(),
        after_cursor,
        filter: Some(filter.clone()),
        grant: WINDOW,
    }
}

fn closed() -> Status {
    Status::unavailable("the server ended the subscription")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_granted_as_was_taken() {
        let mut credit = Credit::default();
        credit.take(499);
        assert_eq!(credit.due(), None);
        credit.take(201);
        assert_eq!(credit.due(), Some(700));
        assert_eq!(credit, Credit::default());
    }

    #[test]
    fn a_lost_subscription_goes_on_after_its_cursor() {
        let request = first(&From::After("c9".into()), &FeedFilter::default());
        assert_eq!(
            (request.start(), &*request.after_cursor),
            (FeedStart::Unspecified, "c9")
        );
        assert_eq!(
            first(&From::Start(FeedStart::Latest), &FeedFilter::default()).start(),
            FeedStart::Latest
        );
    }
}
