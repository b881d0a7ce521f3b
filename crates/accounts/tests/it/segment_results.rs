use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;
use keynode_proto::google::r#type::Date;
use keynode_proto::pipeline::v1::{Opportunity, OpportunityStageMoved, OpportunityStatus};

use super::market::{ended, eventually, staff, yuan};
use super::world::{World, bad_fields, nobody, reason_of, take};

fn asking(segment: &str) -> GetSegmentResultsRequest {
    GetSegmentResultsRequest {
        segment: segment.to_owned(),
        ..Default::default()
    }
}

async fn results(world: &World, request: GetSegmentResultsRequest) -> ClosedDeals {
    let mut segments = world.segments(&world.admin);
    let answer = take(segments.get_segment_results(request).await);
    answer.deals.unwrap()
}

/// A member of a new segment: `(segment, account)`.
async fn member(world: &World) -> (String, String) {
    let account = world.account(&world.admin, "宁夏化工").await.name;
    let counted = Account {
        name: account.clone(),
        employee_count: Some(10),
        ..Account::default()
    };
    let request = UpdateAccountRequest {
        account: Some(counted),
        ..Default::default()
    };
    take(world.accounts(&world.admin).update_account(request).await);
    (world.segment(vec![staff(10)]).await.name, account)
}

#[tokio::test]
async fn deals_that_end_count_in_the_segments_of_the_customer() {
    let world = World::new().await;
    let (segment, account) = member(&world).await;
    let end = |status, units| ended(&world.admin, &account, status, units);
    let mut won = end(OpportunityStatus::Won, 100);
    world.deal(&won, 1).await;
    world.deal(&end(OpportunityStatus::Lost, 70), 1).await;
    let unpriced = Opportunity {
        amount: None,
        ..end(OpportunityStatus::Abandoned, 0)
    };
    world.deal(&unpriced, 1).await;
    world.deal(&end(OpportunityStatus::Open, 9), 1).await;
    let elsewhere = ended(&world.admin, &nobody("accounts"), OpportunityStatus::Won, 5);
    world.deal(&elsewhere, 1).await;
    // Delivered: the same deal, still won, and worth more.
    won.status = OpportunityStatus::Completed.into();
    won.amount = yuan(120);
    let delivered = OpportunityStageMoved {
        after: Some(won.clone()),
        ..OpportunityStageMoved::default()
    };
    world.publish(&won.name, 2, &delivered).await;
    world.react();
    let expected = ClosedDeals {
        won: 1,
        lost: 1,
        abandoned: 1,
        win_rate: Some(0.5),
        amounts: vec![ClosedAmount {
            currency_code: "CNY".to_owned(),
            won: yuan(120),
            lost: yuan(70),
            abandoned: None,
        }],
        without_amount: 1,
    };
    let ask = || results(&world, asking(&segment));
    eventually(ask, |found| *found == expected).await;

    let day = |day| {
        Some(Date {
            year: 2026,
            month: 3,
            day,
        })
    };
    let on_the_day = GetSegmentResultsRequest {
        start_date: day(1),
        end_date: day(1),
        ..asking(&segment)
    };
    assert_eq!(results(&world, on_the_day).await, expected);
    let after = GetSegmentResultsRequest {
        start_date: day(2),
        ..asking(&segment)
    };
    assert_eq!(results(&world, after).await, ClosedDeals::default());

    let reopened = Opportunity {
        status: OpportunityStatus::Open.into(),
        close_time: None,
        ..won.clone()
    };
    world.deal(&reopened, 3).await;
    let ask = || results(&world, asking(&segment));
    let left = eventually(ask, |found| found.won == 0).await;
    assert_eq!((left.lost, left.win_rate), (1, Some(0.0)));
}

#[tokio::test]
async fn only_deals_that_the_caller_sees_count() {
    let world = World::new().await;
    let (segment, account) = member(&world).await;
    let (owner, stranger) = (world.seller("").await, world.seller("").await);
    let won = ended(&owner, &account, OpportunityStatus::Won, 100);
    world.deal(&won, 1).await;
    world.react();
    eventually(|| results(&world, asking(&segment)), |found| found.won == 1).await;
    for (caller, expected) in [(&owner, 1), (&stranger, 0)] {
        let mut segments = world.segments(caller);
        let seen = take(segments.get_segment_results(asking(&segment)).await);
        assert_eq!(seen.deals.unwrap().won, expected);
    }
    let other = world.settle(tenant()).await;
    let foreign = world
        .segments(&other)
        .get_segment_results(asking(&segment))
        .await;
    assert_eq!(reason_of(foreign), "SEGMENT_NOT_FOUND");
}

#[tokio::test]
async fn a_period_does_not_end_before_it_begins() {
    let world = World::new().await;
    let date = |month| {
        Some(Date {
            year: 2026,
            month,
            day: 1,
        })
    };
    let bad = GetSegmentResultsRequest {
        segment: "x".to_owned(),
        start_date: date(2),
        end_date: date(1),
    };
    let mut segments = world.segments(&world.admin);
    let refused = segments.get_segment_results(bad).await;
    assert_eq!(bad_fields(refused), ["end_date", "segment"]);
    let bad = GetSegmentResultsRequest {
        start_date: date(13),
        ..asking(&nobody("segments"))
    };
    let refused = segments.get_segment_results(bad).await;
    assert_eq!(bad_fields(refused), ["start_date"]);
}
