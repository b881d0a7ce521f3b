use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;
use keynode_proto::google::r#type::Date;

use super::market::{staff, yuan};
use super::world::{World, bad_fields, mask, nobody, reason_of, request_id, take};

fn updating(strategy: SegmentStrategy, paths: &[&str]) -> UpdateSegmentStrategyRequest {
    UpdateSegmentStrategyRequest {
        strategy: Some(strategy),
        update_mask: mask(paths),
        ..Default::default()
    }
}

fn of(segment: &Segment) -> SegmentStrategy {
    SegmentStrategy {
        name: format!("{}/strategy", segment.name),
        ..SegmentStrategy::default()
    }
}

fn reading(name: &str) -> GetSegmentStrategyRequest {
    GetSegmentStrategyRequest {
        name: name.to_owned(),
    }
}

#[tokio::test]
async fn a_strategy_is_there_from_the_start_and_grows() {
    let world = World::new().await;
    let segment = world.segment(vec![staff(1)]).await;
    let mut segments = world.segments(&world.admin);
    let empty = SegmentStrategy {
        etag: "0".to_owned(),
        ..of(&segment)
    };
    let read = take(segments.get_segment_strategy(reading(&empty.name)).await);
    assert_eq!(read.strategy.as_ref(), Some(&empty));

    let assessment = SegmentAssessment {
        text: "新政策".to_owned(),
        evidence: "通知".to_owned(),
        date: Some(Date {
            year: 2026,
            month: 1,
            day: 31,
        }),
    };
    let told = SegmentStrategy {
        environment: "烤烟型为主".to_owned(),
        opportunities: vec![assessment],
        selling_cost: Some(SegmentEstimate {
            amount_per_year: yuan(100),
            source: "财务".to_owned(),
            ..SegmentEstimate::default()
        }),
        ratings: vec![SegmentRating {
            factor: "growth".to_owned(),
            rating: Some(0),
            ..SegmentRating::default()
        }],
        entry_mode: EntryMode::Steps.into(),
        is_new: Some(false),
        ..empty.clone()
    };
    let mut request = UpdateSegmentStrategyRequest {
        request_id: request_id(),
        ..updating(told.clone(), &[])
    };
    let first = take(segments.update_segment_strategy(request.clone()).await);
    let again = take(segments.update_segment_strategy(request.clone()).await);
    assert_eq!(again, first);
    request.strategy.as_mut().unwrap().environment = "x".to_owned();
    let reused = segments.update_segment_strategy(request).await;
    assert_eq!(reason_of(reused), "REQUEST_ID_REUSED");
    let stored = first.strategy.unwrap();
    let expected = SegmentStrategy {
        etag: "1".to_owned(),
        update_time: stored.update_time,
        ..told.clone()
    };
    assert_eq!(stored, expected);

    let stale = segments
        .update_segment_strategy(updating(told, &["mix"]))
        .await;
    assert_eq!(reason_of(stale), "ETAG_MISMATCH");
    let without = SegmentStrategy {
        ratings: vec![],
        ..stored.clone()
    };
    let changed = take(
        segments
            .update_segment_strategy(updating(without, &["ratings"]))
            .await,
    );
    let changed = changed.strategy.unwrap();
    assert_eq!(
        (changed.ratings.len(), changed.environment.as_str()),
        (0, "烤烟型为主")
    );
    let events = world.events(&changed.name).await;
    let begun: SegmentStrategyChanged = events[0].message();
    let went_on: SegmentStrategyChanged = events[1].message();
    assert_eq!(
        (events.len(), begun.before, begun.after),
        (2, None, Some(stored))
    );
    assert_eq!(went_on.after, Some(changed));
}

#[tokio::test]
async fn every_bad_field_of_a_strategy_is_named() {
    let world = World::new().await;
    let segment = world.segment(vec![staff(1)]).await;
    let mut segments = world.segments(&world.admin);
    let bad = SegmentStrategy {
        obstacles: vec![SegmentAssessment::default()],
        sales_prediction: Some(SegmentEstimate {
            amount_per_year: yuan(-1),
            ..SegmentEstimate::default()
        }),
        ratings: vec![SegmentRating {
            factor: "weather".to_owned(),
            rating: Some(101),
            ..SegmentRating::default()
        }],
        importance: 9,
        allocated: Some(SegmentResources {
            people: Some(-1),
            budget: yuan(-1),
        }),
        entry_mode: 9,
        market_position: Some(MarketPosition {
            position: 9,
            ..MarketPosition::default()
        }),
        overall_strategy: 9,
        mix: Some(MarketingMix {
            price: "长".repeat(4001),
            ..MarketingMix::default()
        }),
        ..of(&segment)
    };
    let expected = [
        "allocated.budget",
        "allocated.people",
        "entry_mode",
        "importance",
        "market_position.position",
        "mix.price",
        "obstacles[0].text",
        "overall_strategy",
        "ratings[0].factor",
        "ratings[0].rating",
        "sales_prediction.amount_per_year",
    ]
    .map(|field| format!("strategy.{field}"));
    let refused = segments.update_segment_strategy(updating(bad, &[])).await;
    assert_eq!(bad_fields(refused), expected);
    let output_only = updating(of(&segment), &["etag"]);
    let refused = segments.update_segment_strategy(output_only).await;
    assert_eq!(bad_fields(refused), ["update_mask"]);
    let nameless = updating(SegmentStrategy::default(), &[]);
    let refused = segments.update_segment_strategy(nameless).await;
    assert_eq!(bad_fields(refused), ["strategy.name"]);
    let refused = segments.get_segment_strategy(reading("x")).await;
    assert_eq!(bad_fields(refused), ["name"]);
}

#[tokio::test]
async fn there_is_no_strategy_without_a_segment_in_use() {
    let world = World::new().await;
    let segment = world.segment(vec![staff(1)]).await;
    let mut segments = world.segments(&world.admin);
    let lost = format!("{}/strategy", nobody("segments"));
    let read = segments.get_segment_strategy(reading(&lost)).await;
    assert_eq!(reason_of(read), "SEGMENT_NOT_FOUND");
    let told = |name: &str| {
        let strategy = SegmentStrategy {
            name: name.to_owned(),
            environment: "x".to_owned(),
            ..SegmentStrategy::default()
        };
        updating(strategy, &[])
    };
    let refused = segments.update_segment_strategy(told(&lost)).await;
    assert_eq!(reason_of(refused), "SEGMENT_NOT_FOUND");
    let name = of(&segment).name;
    let other = world.settle(tenant()).await;
    let foreign = world
        .segments(&other)
        .update_segment_strategy(told(&name))
        .await;
    assert_eq!(reason_of(foreign), "SEGMENT_NOT_FOUND");
    let check = UpdateSegmentStrategyRequest {
        validate_only: true,
        ..told(&name)
    };
    take(segments.update_segment_strategy(check).await);
    assert!(world.events(&name).await.is_empty());
    let seller = world.seller("").await;
    let written = world
        .segments(&seller)
        .update_segment_strategy(told(&name))
        .await;
    assert_eq!(reason_of(written), "PERMISSION_DENIED");
    let delete = DeleteSegmentRequest {
        name: segment.name,
        ..Default::default()
    };
    take(segments.delete_segment(delete).await);
    let refused = segments.update_segment_strategy(told(&name)).await;
    assert_eq!(reason_of(refused), "SEGMENT_ARCHIVED");
}
