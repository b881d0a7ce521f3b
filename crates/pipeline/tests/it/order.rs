//! Whoever follows the log sees the versions of a deal in their order, however its
//! writers met.

use keynode_proto::pipeline::v1::*;

use crate::world::*;

const WRITERS: usize = 24;

/// As many connections as the pool has, so that writers meet in the database and not in
/// line for a connection.
async fn warm_up(world: &World, name: &str) {
    let readers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (mut client, name) = (world.manager(), name.to_owned());
            tokio::spawn(async move { get(&mut client, &name).await })
        })
        .collect();
    for reader in readers {
        reader.await.unwrap().unwrap();
    }
}

async fn write(client: &mut Opportunities, name: &str, n: usize) {
    if n.is_multiple_of(2) {
        let news = Opportunity {
            name: name.to_owned(),
            product: format!("product {n}"),
            ..Opportunity::default()
        };
        update(client, news, &["product"]).await.unwrap();
    } else {
        let request = RecordBuyingStepRequest {
            name: name.to_owned(),
            step: 1,
            evidence: format!("evidence {n}"),
            ..Default::default()
        };
        client.record_buying_step(request).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_one_deal_leave_its_versions_in_order() {
    let world = world().await;
    let name = create(&mut world.manager(), named("x")).await.name;
    warm_up(&world, &name).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|n| {
            let (mut client, name) = (world.manager(), name.clone());
            tokio::spawn(async move { write(&mut client, &name, n).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let expected: Vec<i64> = (1..=WRITERS as i64 + 1).collect();
    assert_eq!(world.sequences(&name).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn batches_that_change_the_same_deals_leave_their_versions_in_order() {
    const BATCHES: usize = 8;
    let world = world().await;
    let mut names = Vec::new();
    for stage in ["development", "entry", "proposal", "bid"] {
        names.push(imported(&world, stage).await);
    }
    warm_up(&world, &names[0]).await;
    let writers: Vec<_> = (0..BATCHES)
        .map(|n| {
            let mut client = world.importer();
            let mut rows: Vec<_> = ["development", "entry", "proposal", "bid"]
                .map(|stage| row(stage, stage))
                .into();
            for row in &mut rows {
                row.opportunity.as_mut().unwrap().product = format!("product {n}");
            }
            rows.rotate_left(n % 4);
            tokio::spawn(async move { upsert(&mut client, rows).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let expected: Vec<i64> = (1..=BATCHES as i64 + 1).collect();
    for name in &names {
        assert_eq!(world.sequences(name).await, expected);
    }
}
