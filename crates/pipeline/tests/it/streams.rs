//! Streams that are left open: they end, and never take what others need.

use std::time::Duration;

use keynode_kit::server::Settings;
use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::world::*;

/// An import, and what sends its chunks.
type Import = (
    mpsc::Sender<ImportOpportunitiesRequest>,
    Streaming<ImportOpportunitiesResponse>,
);

async fn begin(world: &World, caller: &Caller) -> Result<Import, Status> {
    let (chunks, sent) = mpsc::channel(1);
    let mut client = world.bulk(caller);
    let answers = client
        .import_opportunities(ReceiverStream::new(sent))
        .await?;
    Ok((chunks, answers.into_inner()))
}

#[tokio::test]
async fn an_import_over_which_nothing_comes_ends_and_keeps_what_was_answered() {
    let limits = Settings {
        stream_idle_timeout: Duration::from_millis(300),
        ..Settings::default()
    };
    let world = world_within(limits).await;
    let importer = Caller::integrator(world.tenant);
    let (chunks, mut answers) = begin(&world, &importer).await.unwrap();
    let rows = vec![row("7", "development")];
    chunks
        .send(ImportOpportunitiesRequest { rows })
        .await
        .unwrap();
    let answer = answers.message().await.unwrap().unwrap();
    let Some(opportunity_row_result::Result::Created(name)) = answer.results[0].result.clone()
    else {
        panic!("not created: {answer:?}")
    };
    let ended = answers.message().await;
    assert_eq!(
        ended.as_ref().unwrap_err().code(),
        tonic::Code::DeadlineExceeded
    );
    assert_eq!(reason(ended), "DEADLINE_EXCEEDED");
    assert!(get(&mut world.manager(), &name).await.is_ok());
}

#[tokio::test]
async fn nobody_takes_the_streams_of_others() {
    let limits = Settings {
        max_streams: 4,
        max_streams_per_principal: 2,
        ..Settings::default()
    };
    let world = world_within(limits).await;
    let [greedy, other] = [(); 2].map(|()| Caller::person(world.tenant, "integrator"));
    let _first = begin(&world, &greedy).await.unwrap();
    let second = begin(&world, &greedy).await.unwrap();
    // By another key, and by another kind of stream.
    assert_eq!(reason(begin(&world, &greedy).await), "OVERLOADED");
    let export = ExportOpportunitiesRequest::default();
    let export = world.bulk(&greedy).export_opportunities(export).await;
    assert_eq!(reason(export), "OVERLOADED");
    assert!(begin(&world, &other).await.is_ok());
    drop(second);
    let mut again = begin(&world, &greedy).await;
    while again.is_err() {
        tokio::task::yield_now().await;
        again = begin(&world, &greedy).await;
    }
}
