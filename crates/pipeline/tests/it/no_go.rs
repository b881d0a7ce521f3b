//! What an evaluation leads to that is not passed.

use std::time::Duration;

use keynode_proto::pipeline::v1::*;
use keynode_proto::scoring::v1::{Evaluation, EvaluationResult, OpportunityEvaluated};
use prost::Message as _;
use sqlx::Connection as _;

use crate::world::*;

impl World {
    /// As the scoring service tells of an evaluation.
    async fn evaluated(&self, deal: &str, result: EvaluationResult) {
        let name = format!("{deal}/evaluations/{}", uuid::Uuid::now_v7());
        let event = OpportunityEvaluated {
            after: Some(Evaluation {
                name: name.clone(),
                result: result.into(),
                model_version: 1,
                ..Evaluation::default()
            }),
            ..OpportunityEvaluated::default()
        };
        let mut connection = sqlx::PgConnection::connect(&self.database.superuser_url)
            .await
            .unwrap();
        let sql = "insert into events.log
             (id, tenant_id, service, type, subject, sequence, actor, cause, trace_id, occurred_at, data)
             values ($1, $2, 'scoring', 'keynode.scoring.v1.OpportunityEvaluated', $3, 1, 'people/x', '', '',
                     now(), $4)";
        sqlx::query(sql)
            .bind(uuid::Uuid::now_v7())
            .bind(self.tenant.0)
            .bind(name)
            .bind(event.encode_to_vec())
            .execute(&mut connection)
            .await
            .unwrap();
    }

    async fn until(&self, name: &str, is_so: impl Fn(&Opportunity) -> bool) -> Opportunity {
        for _ in 0..600 {
            let deal = get(&mut self.manager(), name).await.unwrap();
            if is_so(&deal) {
                return deal;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it never came so");
    }

    async fn timed(&self, name: &str) -> Opportunity {
        let deal = Opportunity {
            process: format!("processes/{name}"),
            ..named("deal")
        };
        create(&mut self.manager(), deal).await
    }
}

#[tokio::test]
async fn the_level_of_contact_is_lowered_once_where_the_process_says_so() {
    let world = world().await;
    publish_file(&world, "timed", timed_file("timed")).await;
    let (failed, passed) = (world.timed("timed").await, world.timed("timed").await);
    let _replicas = (world.react(), world.react());
    world.evaluated(&passed.name, EvaluationResult::Go).await;
    world.evaluated(&failed.name, EvaluationResult::NoGo).await;
    let lowered = |deal: &Opportunity| deal.contact_level() == ContactLevel::Watch;
    let after = world.until(&failed.name, lowered).await;
    assert_eq!(
        (after.status(), after.etag.as_str()),
        (OpportunityStatus::Open, "2")
    );
    let (_, data) = world.last_event("OpportunityChanged").await;
    let event = OpportunityChanged::decode(data.as_slice()).unwrap();
    assert!(event.reason.ends_with("says NO_GO"), "{}", event.reason);

    // Told again, nothing changes; and what is lower stays.
    world.evaluated(&failed.name, EvaluationResult::NoGo).await;
    let lower = LowerContactLevelRequest {
        name: passed.name.clone(),
        level: ContactLevel::Last.into(),
        reason: "客户无意采购".to_owned(),
        ..Default::default()
    };
    world.moving().lower_contact_level(lower).await.unwrap();
    world.evaluated(&passed.name, EvaluationResult::NoGo).await;
    let third = world.timed("timed").await;
    world.evaluated(&third.name, EvaluationResult::NoGo).await;
    world.until(&third.name, lowered).await;
    let kept = get(&mut world.manager(), &passed.name).await.unwrap();
    assert_eq!(kept.contact_level(), ContactLevel::Last);
    assert_eq!(
        get(&mut world.manager(), &failed.name).await.unwrap(),
        after
    );
}

#[tokio::test]
async fn a_deal_is_given_up_where_the_process_says_so() {
    let world = world().await;
    let file = timed_file("strict").replace("no_go = \"watch\"", "no_go = \"give_up\"");
    publish_file(&world, "strict", file).await;
    let deal = world.timed("strict").await;
    let _replica = world.react();
    world.evaluated(&deal.name, EvaluationResult::NoGo).await;
    let given_up = |deal: &Opportunity| deal.status() == OpportunityStatus::Abandoned;
    let after = world.until(&deal.name, given_up).await;
    assert_eq!(after.stage_probability, Some(0.0));
    let moves = moves(&mut world.manager(), &deal.name).await;
    assert_eq!(
        (moves[1].kind(), moves[1].actor.as_str()),
        (MoveKind::Abandon, "services/pipeline")
    );
    let basis = moves[1].basis.clone().unwrap();
    assert!(basis.evaluation.starts_with(&deal.name));
}

#[tokio::test]
async fn by_itself_nothing_happens_where_the_process_says_nothing() {
    let world = world().await;
    publish_file(&world, "timed", timed_file("timed")).await;
    publish(&world, "short", "").await;
    let (silent, watched) = (world.timed("short").await, world.timed("timed").await);
    let _replica = world.react();
    world.evaluated(&silent.name, EvaluationResult::NoGo).await;
    world.evaluated(&watched.name, EvaluationResult::NoGo).await;
    let lowered = |deal: &Opportunity| deal.contact_level() == ContactLevel::Watch;
    world.until(&watched.name, lowered).await;
    let kept = get(&mut world.manager(), &silent.name).await.unwrap();
    assert_eq!(kept, silent);
}

#[tokio::test]
async fn experience_says_how_probable_it_is_to_win() {
    let world = world().await;
    publish_file(&world, "timed", timed_file("timed")).await;
    let deal = world.timed("timed").await;
    assert_eq!(deal.stage_probability, Some(0.2));
    let force = ForceAdvanceOpportunityRequest {
        name: deal.name.clone(),
        reason: "总经理要求".to_owned(),
        ..Default::default()
    };
    let mut client = world.manager();
    let forced = client
        .force_advance_opportunity(force)
        .await
        .unwrap()
        .into_inner();
    let forced = forced.opportunity.unwrap();
    assert_eq!(forced.forced_key_nodes, [1]);
    assert_eq!(forced.stage_probability, Some(0.1), "halved by force");
    let shipped = create(&mut client, named("deal")).await;
    assert_eq!(get(&mut client, &shipped.name).await.unwrap(), shipped);
}
