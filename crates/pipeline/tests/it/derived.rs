//! What the database derives for lists and the board is what the rules say.

use std::collections::BTreeSet;

use keynode_proto::pipeline::v1::*;
use sqlx::PgConnection;

use crate::world::*;

/// The columns of a deal that lists read.
async fn stored(connection: &mut PgConnection, name: &str) -> (i32, Option<i32>, bool, bool) {
    let id = name.trim_start_matches("opportunities/");
    let sql = "select effective_position, lag, is_forced, is_paused from pipeline.opportunity
               where id = $1::text::uuid";
    sqlx::query_as(sql)
        .bind(id)
        .fetch_one(connection)
        .await
        .unwrap()
}

fn said(deal: &Opportunity) -> (i32, Option<i32>, bool, bool) {
    let is_forced = !deal.forced_key_nodes.is_empty();
    (
        deal.effective_stage_position,
        deal.lag,
        is_forced,
        deal.pause.is_some(),
    )
}

async fn step(client: &mut Opportunities, name: &str, step: i32) -> Opportunity {
    let request = RecordBuyingStepRequest {
        name: name.to_owned(),
        step,
        evidence: "招标公告".to_owned(),
        reason: "客户跳过一步".to_owned(),
        ..Default::default()
    };
    let answer = client.record_buying_step(request).await.unwrap();
    answer.into_inner().opportunity.unwrap()
}

#[tokio::test]
async fn the_first_missing_key_node_is_the_same_for_every_set_of_reached_ones() {
    let world = world().await;
    let mut connection = world.superuser().await;
    for bits in 0_u32..1 << 8 {
        let reached: BTreeSet<i32> = (1..=8)
            .filter(|place| bits & (1 << (place - 1)) != 0)
            .collect();
        let rule = (1..).find(|place| !reached.contains(place)).unwrap();
        // In no order, as a set may come.
        let array: Vec<i32> = reached.iter().rev().copied().collect();
        let derived: i32 = sqlx::query_scalar("select pipeline.effective_position($1)")
            .bind(&array)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(derived, rule, "{array:?}");
    }
}

#[tokio::test]
async fn what_is_stored_is_what_is_answered_along_the_life_of_deals() {
    let world = world().await;
    publish(&world, "short", "").await;
    let mut client = world.manager();
    let mut connection = world.superuser().await;
    for start in 1..=2 {
        let deal = Opportunity {
            process: "processes/short".to_owned(),
            ..named("x")
        };
        let mut deal = create(&mut client, deal).await;
        let name = deal.name.clone();
        assert_eq!(stored(&mut connection, &name).await, said(&deal));
        deal = step(&mut client, &name, start).await;
        assert_eq!(stored(&mut connection, &name).await, said(&deal));
        deal = match start {
            1 => {
                evidence(&mut client, &name, "meet_ready").await;
                advance(&mut client, &name)
                    .await
                    .unwrap()
                    .opportunity
                    .unwrap()
            }
            _ => force(&mut client, &name, "赶进度")
                .await
                .unwrap()
                .opportunity
                .unwrap(),
        };
        assert_eq!(stored(&mut connection, &name).await, said(&deal));
        deal = step(&mut client, &name, 2).await;
        assert_eq!(stored(&mut connection, &name).await, said(&deal));
        let pause = PauseOpportunityRequest {
            name: name.clone(),
            reason: "等待批复".to_owned(),
            resume_date: date(2026 + 2, 12, 31),
            ..Default::default()
        };
        let paused = world.moving().pause_opportunity(pause).await.unwrap();
        deal = paused.into_inner().opportunity.unwrap();
        assert_eq!(stored(&mut connection, &name).await, said(&deal));
        assert_eq!(
            said(&deal).2,
            start == 2,
            "only what was forced owes its key node"
        );
    }
}
