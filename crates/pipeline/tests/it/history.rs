//! What was, and since when.

use keynode_kit::clock::Clock;
use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;
use tonic::Status;

use crate::bulk::{at, carried, event, tell};
use crate::world::*;

async fn as_of(
    world: &World,
    name: &str,
    (then, known): (i64, Option<prost_types::Timestamp>),
) -> Result<Opportunity, Status> {
    let manager = Caller::person(world.tenant, "sales_manager");
    let request = GetOpportunityAsOfRequest {
        name: name.to_owned(),
        as_of_time: at(then),
        known_time: known,
    };
    let answer = world
        .history(&manager)
        .get_opportunity_as_of(request)
        .await?;
    Ok(answer.into_inner().opportunity.unwrap())
}

fn now() -> Option<prost_types::Timestamp> {
    let now = Clock::system().now();
    Some(prost_types::Timestamp {
        seconds: now.as_second(),
        nanos: now.subsec_nanosecond(),
    })
}

async fn board(world: &World, request: GetBoardAsOfRequest) -> Vec<(String, i64, Vec<i64>)> {
    let manager = Caller::person(world.tenant, "sales_manager");
    let answer = world.history(&manager).get_board_as_of(request).await;
    let counts = answer.unwrap().into_inner().counts;
    let short = |it: &StageCount| {
        let place = format!(
            "{}/{}",
            it.stage,
            it.status()
                .as_str_name()
                .trim_start_matches("OPPORTUNITY_STATUS_")
        );
        (
            place,
            it.count,
            it.sums.iter().map(|sum| sum.units).collect(),
        )
    };
    counts.iter().map(short).collect()
}

/// Two deals whose past another system told: one lost after 300 seconds, one won after 400.
async fn past(world: &World) -> (String, String) {
    let importer = Caller::integrator(world.tenant);
    let (one, other) = (carried(world, "1").await, carried(world, "2").await);
    let worth = |units: i64, event: OpportunityEvent| OpportunityEvent {
        amount: money(units, 0),
        ..event
    };
    let lost = OpportunityEvent {
        status: OpportunityStatus::Lost.into(),
        ..event("1", "a3", 300, "entry")
    };
    let won = OpportunityEvent {
        status: OpportunityStatus::Won.into(),
        ..event("2", "b3", 400, "implementation")
    };
    let told = vec![
        worth(10, event("1", "a2", 100, "entry")),
        lost,
        worth(20, event("2", "b1", 150, "entry")),
        worth(30, event("2", "b2", 200, "bid")),
        won,
    ];
    tell(world, &importer, vec![told]).await.unwrap();
    (one, other)
}

#[tokio::test]
async fn a_deal_is_read_as_it_stood_then() {
    let world = world().await;
    let (one, other) = past(&world).await;
    let then = as_of(&world, &one, (150, None)).await.unwrap();
    assert_eq!(
        (then.stage.as_str(), then.status()),
        ("entry", OpportunityStatus::Open)
    );
    assert_eq!((then.amount, then.close_time), (money(10, 0), None));
    let then = as_of(&world, &other, (250, None)).await.unwrap();
    assert_eq!((then.stage.as_str(), then.stage_position), ("bid", 4));
    assert_eq!(then.amount, money(30, 0));
    assert_eq!(then.stage_enter_time, at(200));
    assert_eq!(
        reason(as_of(&world, &one, (-1, None)).await),
        "OPPORTUNITY_NOT_FOUND"
    );
}

#[tokio::test]
async fn what_was_not_known_then_is_not_said_to_have_been_known() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let name = carried(&world, "1").await;
    let before = now();
    let told = vec![event("1", "late", 100, "bid")];
    tell(&world, &importer, vec![told]).await.unwrap();
    assert_eq!(
        as_of(&world, &name, (200, None)).await.unwrap().stage,
        "bid"
    );
    let known = as_of(&world, &name, (200, before)).await.unwrap();
    assert_eq!(known.stage, "development");
    let none = as_of(&world, &name, (200, at(0))).await;
    assert_eq!(
        reason(none),
        "OPPORTUNITY_NOT_FOUND",
        "nothing was recorded then"
    );
}

#[tokio::test]
async fn answers_about_then_stay_when_more_happens_later() {
    let world = world().await;
    past(&world).await;
    let asked = |seconds| GetBoardAsOfRequest {
        as_of_time: at(seconds),
        ..Default::default()
    };
    let expected = vec![
        ("entry/OPEN".to_owned(), 1, vec![10]),
        ("bid/OPEN".to_owned(), 1, vec![30]),
    ];
    assert_eq!(board(&world, asked(250)).await, expected);
    let importer = Caller::integrator(world.tenant);
    carried(&world, "3").await;
    let told = vec![
        event("3", "c1", 260, "entry"),
        event("2", "b4", 500, "implementation"),
    ];
    tell(&world, &importer, vec![told]).await.unwrap();
    let mut with_third = expected.clone();
    with_third.insert(0, ("development/OPEN".to_owned(), 1, vec![]));
    assert_eq!(
        board(&world, asked(250)).await,
        with_third,
        "the third was there then"
    );
    let ended = board(&world, asked(450)).await;
    assert!(
        ended.contains(&("entry/LOST".to_owned(), 1, vec![10])),
        "{ended:?}"
    );
    assert!(
        ended.contains(&("implementation/WON".to_owned(), 1, vec![30])),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_funnel_counts_how_far_deals_came() {
    let world = world().await;
    past(&world).await;
    carried(&world, "3").await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let ask = |request: GetFunnelRequest| {
        let mut history = world.history(&manager);
        async move { history.get_funnel(request).await.unwrap().into_inner() }
    };
    let funnel = ask(GetFunnelRequest::default()).await;
    assert_eq!(funnel.total, 3);
    let reached: Vec<(i64, i64, i64)> = funnel
        .stages
        .iter()
        .map(|it| (it.reached, it.closed, it.won))
        .collect();
    let expected = [
        (3, 2, 1),
        (2, 2, 1),
        (0, 0, 0),
        (1, 1, 1),
        (0, 0, 0),
        (1, 1, 1),
    ];
    assert_eq!(reached, expected);
    assert_eq!(funnel.won_sums[0].units, 30);
    let then = ask(GetFunnelRequest {
        as_of_time: at(120),
        ..Default::default()
    })
    .await;
    assert_eq!(then.stages[1].reached, 1, "as of then");
    let none = ask(GetFunnelRequest {
        from_time: at(1),
        ..Default::default()
    })
    .await;
    assert_eq!(none.total, 0);
    let other = ask(GetFunnelRequest {
        source_system: "other".to_owned(),
        ..Default::default()
    })
    .await;
    assert_eq!(other.total, 0);
}

#[tokio::test]
async fn only_what_the_caller_sees_is_counted() {
    let world = world().await;
    past(&world).await;
    let seller = Caller::seller(world.tenant);
    let mut history = world.history(&seller);
    let funnel = history.get_funnel(GetFunnelRequest::default()).await;
    assert_eq!(funnel.unwrap().into_inner().total, 0);
    let asked = GetBoardAsOfRequest {
        as_of_time: at(250),
        ..Default::default()
    };
    let counts = history
        .get_board_as_of(asked)
        .await
        .unwrap()
        .into_inner()
        .counts;
    assert!(counts.is_empty());
}

#[tokio::test]
async fn every_change_is_told_with_who_when_why_and_what() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("deal")).await;
    let update = UpdateOpportunityRequest {
        opportunity: Some(Opportunity {
            name: deal.name.clone(),
            product: "仪表".to_owned(),
            amount: money(70, 0),
            ..Default::default()
        }),
        ..Default::default()
    };
    client.update_opportunity(update).await.unwrap();
    let forced = ForceAdvanceOpportunityRequest {
        name: deal.name.clone(),
        reason: "总经理要求".to_owned(),
        ..Default::default()
    };
    // A gate that rests on services which do not answer is never passed.
    let refused = client.force_advance_opportunity(forced).await;
    assert_eq!(reason(refused), "UNAVAILABLE");
    let manager = Caller::person(world.tenant, "sales_manager");
    let mut history = world.history(&manager);
    let request = ListOpportunityChangesRequest {
        name: deal.name.clone(),
        page_size: 1,
        ..Default::default()
    };
    let first = history
        .list_opportunity_changes(request.clone())
        .await
        .unwrap()
        .into_inner();
    let change = &first.changes[0];
    assert_eq!(
        (change.sequence, change.subject.as_str()),
        (2, deal.name.as_str())
    );
    assert!(change.actor.starts_with("people/") && change.record_time.is_some());
    let fields: Vec<(&str, &str, &str)> = change
        .fields
        .iter()
        .map(|it| {
            (
                it.field.as_str(),
                it.from_json.as_str(),
                it.to_json.as_str(),
            )
        })
        .collect();
    assert_eq!(fields[1], ("product", "", "\"仪表\""));
    assert_eq!((fields.len(), fields[0].0), (2, "amount"));
    let second = ListOpportunityChangesRequest {
        page_token: first.next_page_token,
        ..request.clone()
    };
    let second = history
        .list_opportunity_changes(second)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (second.changes[0].sequence, second.next_page_token.as_str()),
        (1, "")
    );
    let hidden = world
        .history(&Caller::seller(world.tenant))
        .list_opportunity_changes(request)
        .await;
    assert_eq!(reason(hidden), "OPPORTUNITY_NOT_FOUND");
}

#[tokio::test]
async fn the_time_in_each_stage_is_counted_in_working_days_too() {
    let world = world().await;
    let (one, _) = past(&world).await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let request = GetStageTimesRequest { name: one };
    let times = world
        .history(&manager)
        .get_stage_times(request)
        .await
        .unwrap()
        .into_inner();
    let stays: Vec<(&str, i64)> = times
        .stays
        .iter()
        .map(|it| (it.stage.as_str(), it.duration.unwrap().seconds))
        .collect();
    assert_eq!(stays, [("development", 100), ("entry", 200)]);
    assert_eq!(times.stays[1].leave_time, at(300));
    assert!(times.stall.is_none(), "what is over does not stall");
}

#[tokio::test]
async fn a_moment_must_be_given_and_not_to_come() {
    let world = world().await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let mut history = world.history(&manager);
    let none = history
        .get_board_as_of(GetBoardAsOfRequest::default())
        .await;
    assert_eq!(fields(none), ["as_of_time"]);
    let ahead = GetOpportunityAsOfRequest {
        name: "7".to_owned(),
        as_of_time: at(40_000_000_000),
        known_time: at(40_000_000_000),
    };
    let refused = fields(history.get_opportunity_as_of(ahead).await);
    assert_eq!(refused, ["name", "as_of_time", "known_time"]);
    let unknown = GetFunnelRequest {
        process: "processes/none".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason(history.get_funnel(unknown).await),
        "PROCESS_NOT_FOUND"
    );
}
