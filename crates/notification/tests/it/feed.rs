//! The change feed: ordered, resumable, without holes, and of one tenant.

use std::time::Duration;

use keynode_kit::error::Fault;
use keynode_kit::testing::{self, Caller};
use keynode_proto::events::v1::Event;
use keynode_proto::notification::v1::feed_service_client::FeedServiceClient;
use keynode_proto::notification::v1::*;
use keynode_proto::pipeline::v1::{Opportunity, OpportunityChanged, OpportunityStageMoved};
use prost::Name as _;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic_types::StatusExt as _;

use crate::it::world::World;

type Client = FeedServiceClient<keynode_kit::client::Channel>;

fn reader(world: &World) -> Client {
    FeedServiceClient::new(world.server.connect(&Caller::integrator(world.tenant)))
}

async fn write(world: &World, subjects: std::ops::Range<i64>) {
    for n in subjects {
        world
            .write(
                &format!("opportunities/{n}"),
                1,
                "people/test",
                &OpportunityChanged::default(),
            )
            .await;
    }
}

fn of_pipeline(events: Vec<Event>) -> Vec<String> {
    events
        .into_iter()
        .filter(|e| e.source == "//keynode/pipeline")
        .map(|e| e.subject)
        .collect()
}

fn only(r#type: &str) -> Option<FeedFilter> {
    Some(FeedFilter {
        types: vec![r#type.to_owned()],
        subjects: vec![],
    })
}

/// Waits until the events written so far are settled: other tests' transactions in the
/// same cluster hold the feed back, too.
async fn settled(world: &World, written: usize) {
    for _ in 0..1000 {
        let page = reader(world)
            .list_events(ListEventsRequest::default())
            .await
            .unwrap();
        if of_pipeline(page.into_inner().events).len() >= written {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{written} events did not settle");
}

/// Takes events until as many are there, and the cursor after them.
async fn take(
    stream: &mut tonic::Streaming<SubscribeResponse>,
    count: usize,
) -> (Vec<Event>, String) {
    let (mut events, mut cursor) = (Vec::new(), String::new());
    while events.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
        let answer = next
            .expect("events come within ten seconds")
            .unwrap()
            .unwrap();
        events.extend(answer.events);
        cursor = answer.cursor;
    }
    (events, cursor)
}

#[tokio::test]
async fn pages_give_every_event_once_and_the_envelope_is_whole() {
    let world = World::new().await;
    write(&world, 0..7).await;
    let (mut client, mut cursor, mut seen) = (reader(&world), String::new(), Vec::new());
    loop {
        let filter = only(&OpportunityChanged::full_name());
        let request = ListEventsRequest {
            page_size: 3,
            after_cursor: cursor,
            filter,
        };
        let page = client.list_events(request).await.unwrap().into_inner();
        cursor = page.cursor;
        seen.extend(page.events);
        if !page.more && seen.len() >= 7 {
            break;
        }
    }
    let subjects: Vec<_> = seen.iter().map(|e| e.subject.clone()).collect();
    assert_eq!(
        subjects,
        (0..7)
            .map(|n| format!("opportunities/{n}"))
            .collect::<Vec<_>>()
    );
    let event = &seen[0];
    assert_eq!((event.sequence, event.actor.as_str()), (1, "people/test"));
    assert_eq!(event.tenant, format!("tenants/{}", world.tenant));
    assert!(event.time.is_some() && event.record_time.is_some() && !event.id.is_empty());
    assert_eq!(
        event.data.as_ref().unwrap().type_url,
        format!("type.googleapis.com/{}", event.r#type)
    );
}

/// An event of so many bytes.
async fn write_large(world: &World, subject: &str, bytes: usize) {
    let opportunity = Opportunity {
        display_name: "宁".repeat(bytes / 3),
        ..Opportunity::default()
    };
    let event = OpportunityChanged {
        before: None,
        after: Some(opportunity),
        ..Default::default()
    };
    world.write(subject, 1, "people/test", &event).await;
}

#[tokio::test]
async fn large_events_come_in_messages_that_a_client_takes_by_default_and_none_is_lost() {
    let world = World::new().await;
    let sizes = [900_000, 900_000, 2_400_000, 30, 1_900_000, 900_000, 30];
    for (n, bytes) in sizes.into_iter().enumerate() {
        write_large(&world, &format!("opportunities/{n}"), bytes).await;
    }
    let (mut client, mut cursor, mut seen, mut pages) =
        (reader(&world), String::new(), Vec::new(), 0);
    while seen.len() < sizes.len() {
        let request = ListEventsRequest {
            page_size: 100,
            after_cursor: cursor,
            filter: only(&OpportunityChanged::full_name()),
        };
        let page = client.list_events(request).await.unwrap().into_inner();
        pages += usize::from(!page.events.is_empty());
        cursor = page.cursor;
        seen.extend(page.events.into_iter().map(|event| event.subject));
    }
    let expected: Vec<_> = (0..sizes.len())
        .map(|n| format!("opportunities/{n}"))
        .collect();
    assert_eq!(seen, expected);
    assert!(pages >= 4, "{pages} pages");
    let request = SubscribeRequest {
        start: FeedStart::Earliest.into(),
        filter: only(&OpportunityChanged::full_name()),
        ..Default::default()
    };
    let requests = tokio_stream::iter([request]).chain(tokio_stream::pending());
    let mut stream = client.subscribe(requests).await.unwrap().into_inner();
    let (events, _) = take(&mut stream, sizes.len()).await;
    let subjects: Vec<_> = events.into_iter().map(|event| event.subject).collect();
    assert_eq!(subjects, expected);
}

#[tokio::test]
async fn a_subscription_sends_no_more_than_granted_and_resumes_after_its_cursor() {
    let world = World::new().await;
    write(&world, 0..5).await;
    let filter = only(&OpportunityChanged::full_name());
    let first = SubscribeRequest {
        start: FeedStart::Earliest.into(),
        grant: 3,
        filter,
        ..Default::default()
    };
    let (requests, grants) = mpsc::channel(4);
    requests.send(first.clone()).await.unwrap();
    let mut stream = reader(&world)
        .subscribe(ReceiverStream::new(grants))
        .await
        .unwrap()
        .into_inner();
    let (events, _) = take(&mut stream, 3).await;
    assert_eq!(
        of_pipeline(events),
        ["opportunities/0", "opportunities/1", "opportunities/2"]
    );
    let silence = tokio::time::timeout(Duration::from_millis(600), stream.next()).await;
    assert!(silence.is_err(), "three were granted and three were sent");
    requests
        .send(SubscribeRequest {
            grant: 1,
            ..Default::default()
        })
        .await
        .unwrap();
    let (events, cursor) = take(&mut stream, 1).await;
    assert_eq!(of_pipeline(events), ["opportunities/3"]);
    drop(stream);

    let resumed = SubscribeRequest {
        start: 0,
        after_cursor: cursor,
        ..first
    };
    let mut stream = reader(&world)
        .subscribe(tokio_stream::iter([resumed]))
        .await
        .unwrap()
        .into_inner();
    let (events, _) = take(&mut stream, 1).await;
    assert_eq!(of_pipeline(events), ["opportunities/4"]);
}

#[tokio::test]
async fn latest_tells_what_happens_from_now_on_and_a_late_commit_too() {
    let world = World::new().await;
    write(&world, 0..2).await;
    settled(&world, 2).await;
    let late = world
        .begin(
            world.tenant,
            "opportunities/late",
            1,
            "people/l",
            &OpportunityChanged::default(),
        )
        .await;
    let first = SubscribeRequest {
        start: FeedStart::Latest.into(),
        ..Default::default()
    };
    let (requests, grants) = mpsc::channel(4);
    requests.send(first).await.unwrap();
    let mut stream = reader(&world)
        .subscribe(ReceiverStream::new(grants))
        .await
        .unwrap()
        .into_inner();
    let opened = stream.next().await.unwrap().unwrap();
    assert!(opened.events.is_empty() && !opened.cursor.is_empty());
    write(&world, 2..3).await;
    late.finish(Ok::<_, Fault>(())).await.unwrap();
    let (events, _) = take(&mut stream, 2).await;
    assert_eq!(
        of_pipeline(events),
        ["opportunities/late", "opportunities/2"]
    );
}

#[tokio::test]
async fn filters_choose_and_the_cursor_moves_past_what_they_leave_out() {
    let world = World::new().await;
    write(&world, 0..3).await;
    world
        .write(
            "opportunities/0",
            2,
            "people/x",
            &OpportunityStageMoved::default(),
        )
        .await;
    settled(&world, 4).await;
    let request = ListEventsRequest {
        filter: only(&OpportunityStageMoved::full_name()),
        ..Default::default()
    };
    let page = reader(&world)
        .list_events(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.events.len(), 1);
    let rest = ListEventsRequest {
        after_cursor: page.cursor,
        ..Default::default()
    };
    assert!(
        of_pipeline(
            reader(&world)
                .list_events(rest)
                .await
                .unwrap()
                .into_inner()
                .events
        )
        .is_empty()
    );
}

#[tokio::test]
async fn another_tenant_hears_nothing_and_who_sees_less_is_refused() {
    let world = World::new().await;
    world
        .write(
            "opportunities/mine",
            1,
            "people/x",
            &OpportunityChanged::default(),
        )
        .await;
    settled(&world, 1).await;
    let stranger = world.server.connect(&Caller::integrator(testing::tenant()));
    let page = FeedServiceClient::new(stranger)
        .list_events(ListEventsRequest::default())
        .await
        .unwrap();
    assert!(page.into_inner().events.is_empty());

    let seller = FeedServiceClient::new(world.server.connect(&Caller::seller(world.tenant)));
    let refused = seller
        .clone()
        .list_events(ListEventsRequest::default())
        .await
        .unwrap_err();
    assert_eq!(
        refused.get_error_details().error_info().unwrap().reason,
        "FEED_NOT_PERMITTED"
    );
}

#[tokio::test]
async fn bad_starts_grants_and_cursors_are_refused() {
    let world = World::new().await;
    let bad = [
        (SubscribeRequest::default(), "INVALID_REQUEST"),
        (
            SubscribeRequest {
                start: 1,
                grant: -1,
                ..Default::default()
            },
            "INVALID_REQUEST",
        ),
        (
            SubscribeRequest {
                start: 77,
                ..Default::default()
            },
            "INVALID_REQUEST",
        ),
        (
            SubscribeRequest {
                after_cursor: "nonsense".into(),
                ..Default::default()
            },
            "CURSOR_INVALID",
        ),
    ];
    for (request, reason) in bad {
        let refused = reader(&world)
            .subscribe(tokio_stream::iter([request.clone()]))
            .await
            .unwrap_err();
        assert_eq!(
            refused.get_error_details().error_info().unwrap().reason,
            reason,
            "{request:?}"
        );
    }
    let request = ListEventsRequest {
        page_size: -1,
        ..Default::default()
    };
    let refused = reader(&world).list_events(request).await.unwrap_err();
    assert_eq!(
        refused.get_error_details().error_info().unwrap().reason,
        "INVALID_REQUEST"
    );
}
