//! What another system told of deals, in whichever order it was told.

use std::collections::BTreeMap;

use keynode_kit::clock::Clock;
use keynode_kit::testing::Caller;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::opportunity_event_result::Result as EventResult;
use keynode_proto::pipeline::v1::opportunity_row_result::Result as RowResult;
use keynode_proto::pipeline::v1::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::bulk::{at, carried, event, import, tell};
use crate::world::*;

const STAGES: [&str; 4] = ["development", "entry", "proposal", "bid"];

/// An event of the deal `7`, as numbers: when, which stage, whether lost, which amount if any.
type Told = (i64, usize, bool, Option<i64>);

fn told() -> impl Strategy<Value = Vec<Told>> {
    let one = (
        // Few moments: some are the same.
        -2_i64..4,
        0..STAGES.len(),
        prop::bool::weighted(0.2),
        prop::option::of(1_i64..9),
    );
    prop::collection::vec(one, 2..11)
}

fn events(deal: &str, told: &[Told]) -> Vec<OpportunityEvent> {
    let one = |(n, (moment, stage, is_lost, amount)): (usize, &Told)| OpportunityEvent {
        status: match is_lost {
            true => OpportunityStatus::Lost.into(),
            false => OpportunityStatus::Open.into(),
        },
        amount: amount.and_then(|units| money(units, 0)),
        ..event(deal, &format!("{deal}-{n}"), moment * 100, STAGES[*stage])
    };
    told.iter().enumerate().map(one).collect()
}

/// What is read of a deal that another system tells of, whatever was told when.
#[derive(Debug, PartialEq)]
struct Read {
    now: (String, OpportunityStatus, Option<Money>),
    then: Vec<Option<(String, OpportunityStatus, Option<Money>)>>,
    moves: Vec<(String, String, i32, i32, Option<prost_types::Timestamp>)>,
    stays: Vec<(
        String,
        Option<prost_types::Timestamp>,
        Option<prost_types::Timestamp>,
    )>,
}

fn short(deal: Opportunity) -> (String, OpportunityStatus, Option<Money>) {
    (deal.stage.clone(), deal.status(), deal.amount)
}

async fn as_of(
    world: &World,
    name: &str,
    moment: Option<prost_types::Timestamp>,
) -> Option<(String, OpportunityStatus, Option<Money>)> {
    let request = GetOpportunityAsOfRequest {
        name: name.to_owned(),
        as_of_time: moment,
        known_time: None,
    };
    let mut history = world.history(&world.boss());
    let answer = history.get_opportunity_as_of(request).await;
    answer.ok()?.into_inner().opportunity.map(short)
}

async fn read(world: &World, name: &str) -> Read {
    let mut manager = world.manager();
    let mut then = Vec::new();
    for seconds in (-300..500).step_by(50) {
        then.push(as_of(world, name, at(seconds)).await);
    }
    let now = short(get(&mut manager, name).await.unwrap());
    assert_eq!(as_of(world, name, present()).await.as_ref(), Some(&now));
    let request = GetStageTimesRequest {
        name: name.to_owned(),
    };
    let times = world.history(&world.boss()).get_stage_times(request).await;
    let stays = times.unwrap().into_inner().stays.into_iter();
    let moves = moves(&mut manager, name).await.into_iter();
    Read {
        now,
        then,
        moves: moves
            .map(|it| {
                let statuses = (it.from_status, it.to_status);
                (
                    it.from_stage,
                    it.to_stage,
                    statuses.0,
                    statuses.1,
                    it.move_time,
                )
            })
            .collect(),
        stays: stays
            .map(|it| (it.stage, it.enter_time, it.leave_time))
            .collect(),
    }
}

fn present() -> Option<prost_types::Timestamp> {
    Some(keynode_kit::wire::timestamp(Clock::system().now()))
}

/// Sums of open deals by stage: of the board, and of the board as it was.
async fn boards(world: &World) -> [BTreeMap<String, (i64, Vec<Money>)>; 2] {
    let now = world.manager().get_board(GetBoardRequest::default()).await;
    let stages = now.unwrap().into_inner().stages.into_iter();
    let now = stages
        .filter(|it| it.opportunity_count > 0)
        .map(|it| (it.stage, (it.opportunity_count, it.amounts)));
    let request = GetBoardAsOfRequest {
        as_of_time: present(),
        ..Default::default()
    };
    let then = world.history(&world.boss()).get_board_as_of(request).await;
    let counts = then.unwrap().into_inner().counts.into_iter();
    let then = counts
        .filter(|it| it.status() == OpportunityStatus::Open)
        .map(|it| (it.stage, (it.count, it.sums)));
    [now.collect(), then.collect()]
}

#[tokio::test]
async fn the_order_of_telling_decides_nothing() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let mut runner = TestRunner::deterministic();
    for case in 0..8 {
        let told = told().new_tree(&mut runner).unwrap().current();
        let mut first: Option<Read> = None;
        for order in 0..5 {
            // Ids are of one length, so that they are in one order.
            let deal = format!("{case}{order}");
            let name = carried(&world, &deal).await;
            let shuffled = Just(events(&deal, &told)).prop_shuffle();
            let shuffled = shuffled.new_tree(&mut runner).unwrap().current();
            let size = (1_usize..=5).new_tree(&mut runner).unwrap().current();
            let chunks = shuffled.chunks(size).map(<[_]>::to_vec).collect();
            let results = tell(&world, &importer, chunks).await.unwrap();
            let refused = |it: &&EventResult| matches!(it, EventResult::Error(_));
            assert_eq!(results.iter().find(refused), None);
            let read = read(&world, &name).await;
            match &first {
                Some(first) => assert_eq!(read, *first, "{told:?} told as {shuffled:?} by {size}"),
                None => first = Some(read),
            }
        }
    }
    let [now, then] = boards(&world).await;
    assert_eq!(now, then);
}

#[tokio::test]
async fn an_amount_told_late_is_the_amount_if_none_was_said_for_later() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let name = carried(&world, "7").await;
    let worth = |units: i64, event: OpportunityEvent| OpportunityEvent {
        amount: money(units, 0),
        ..event
    };
    let mut manager = world.manager();
    let mut amount = async || get(&mut manager, &name).await.unwrap().amount;
    for (events, expected) in [
        (vec![event("7", "e3", 300, "bid")], None),
        (
            vec![worth(10, event("7", "e1", 100, "entry"))],
            money(10, 0),
        ),
        (
            vec![worth(20, event("7", "e2", 200, "entry"))],
            money(20, 0),
        ),
        (vec![worth(5, event("7", "e0", 50, "entry"))], money(20, 0)),
        (
            vec![worth(40, event("7", "e10", 200, "entry"))],
            money(40, 0),
        ),
        (
            vec![worth(30, event("7", "e9", 200, "entry"))],
            money(40, 0),
        ),
    ] {
        tell(&world, &importer, vec![events]).await.unwrap();
        assert_eq!(amount().await, expected);
    }
    let told = world.events("OpportunityChanged").await;
    assert_eq!(told, 4, "entered, and three times worth something else");

    // What is said here is said now, later than all that happened there.
    let deal = get(&mut world.manager(), &name).await.unwrap();
    let said = Opportunity {
        amount: money(99, 0),
        ..deal
    };
    update(&mut world.manager(), said, &["amount"])
        .await
        .unwrap();
    let late = worth(60, event("7", "e4", 400, "bid"));
    let results = tell(&world, &importer, vec![vec![late]]).await.unwrap();
    assert_eq!(results, [EventResult::Moved(name.clone())]);
    assert_eq!(amount().await, money(99, 0));
    let then = as_of(&world, &name, at(450)).await.unwrap();
    assert_eq!(then.2, money(60, 0));
    let now = as_of(&world, &name, present()).await.unwrap();
    assert_eq!((now.0.as_str(), now.2), ("bid", money(99, 0)));
    let [now, then] = boards(&world).await;
    assert_eq!(now, then);
}

#[tokio::test]
async fn every_stage_that_was_told_stands_in_the_moves_when_it_was() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let name = carried(&world, "7").await;
    for (id, seconds, stage) in [
        ("e3", 300, "bid"),
        ("e1", 100, "entry"),
        ("e2", 200, "proposal"),
    ] {
        let told = vec![vec![event("7", id, seconds, stage)]];
        tell(&world, &importer, told).await.unwrap();
    }
    let mut manager = world.manager();
    let whole = moves(&mut manager, &name).await;
    let shown: Vec<(&str, &str, Option<prost_types::Timestamp>)> = whole
        .iter()
        .map(|it| (it.from_stage.as_str(), it.to_stage.as_str(), it.move_time))
        .collect();
    let expected = [
        ("", "development", at(0)),
        ("development", "entry", at(100)),
        ("entry", "proposal", at(200)),
        ("proposal", "bid", at(300)),
    ];
    assert_eq!(shown, expected);
    assert!(
        whole
            .iter()
            .all(|it| it.imported && it.record_time.is_some())
    );
    let recorded = |n: usize| {
        let time = whole[n].record_time.unwrap();
        (time.seconds, time.nanos)
    };
    assert!(
        recorded(3) < recorded(1) && recorded(1) < recorded(2),
        "as it was told"
    );
    let versions: Vec<i64> = whole
        .iter()
        .map(|it| it.basis.as_ref().unwrap().opportunity_version)
        .collect();
    assert_eq!(versions, [0, 0, 0, 1], "what is told late is of no version");
    assert_eq!(get(&mut manager, &name).await.unwrap().etag, "2");

    // By pages of one, the same.
    let (mut paged, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListStageMovesRequest {
            name: name.clone(),
            page_size: 1,
            page_token: token,
        };
        let page = manager
            .list_stage_moves(request)
            .await
            .unwrap()
            .into_inner();
        paged.extend(page.moves);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, whole);
    let request = GetStageTimesRequest { name };
    let times = world.history(&world.boss()).get_stage_times(request).await;
    let stays = times.unwrap().into_inner().stays;
    let entered: Vec<_> = stays
        .iter()
        .map(|it| (it.stage.as_str(), it.enter_time))
        .collect();
    let moved: Vec<_> = whole
        .iter()
        .map(|it| (it.to_stage.as_str(), it.move_time))
        .collect();
    assert_eq!(entered, moved);
}

#[tokio::test]
async fn a_deal_that_was_won_elsewhere_entered_before_it_was_brought_in() {
    let world = world().await;
    let won = OpportunityRow {
        status: OpportunityStatus::Won.into(),
        close_time: at(500),
        ..row("7", "implementation")
    };
    let results = import(&world, &Caller::integrator(world.tenant), vec![vec![won]])
        .await
        .unwrap();
    let RowResult::Created(name) = &results[0] else {
        panic!("not created: {results:?}")
    };
    let moves = moves(&mut world.manager(), name).await;
    assert_eq!((moves.len(), moves[0].move_time), (1, at(500)));
    assert!(moves[0].record_time.unwrap().seconds > at(500).unwrap().seconds);
}
