//! One function decides about moves, whoever asks and however many at once.

use std::time::Instant;

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::batch_move::Move;
use keynode_proto::pipeline::v1::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tonic::Status;

use crate::world::*;

const CASES: usize = 40;

/// A way to move, without the deal.
#[derive(Clone, Copy, Debug)]
enum Way {
    Advance,
    Force,
    Retreat,
    Win,
    Lose,
    Abandon,
    Reopen,
}

fn ways() -> impl Strategy<Value = Way> {
    prop_oneof![
        4 => Just(Way::Advance),
        3 => Just(Way::Force),
        2 => Just(Way::Retreat),
        4 => Just(Way::Win),
        1 => Just(Way::Lose),
        1 => Just(Way::Abandon),
        3 => Just(Way::Reopen),
    ]
}

impl Way {
    fn of(self, name: &str, validate_only: bool) -> Move {
        let name = name.to_owned();
        let reason = "按计划".to_owned();
        match self {
            Self::Advance => Move::Advance(AdvanceOpportunityRequest {
                name,
                validate_only,
                ..Default::default()
            }),
            Self::Force => Move::ForceAdvance(ForceAdvanceOpportunityRequest {
                name,
                reason,
                validate_only,
                ..Default::default()
            }),
            Self::Retreat => Move::Retreat(RetreatOpportunityRequest {
                name,
                reason,
                stage: "meet".to_owned(),
                validate_only,
                ..Default::default()
            }),
            Self::Win => Move::Win(WinOpportunityRequest {
                name,
                validate_only,
                ..Default::default()
            }),
            Self::Lose => Move::Lose(LoseOpportunityRequest {
                name,
                loss: Some(Loss {
                    reason: "other".to_owned(),
                    note: reason,
                    ..Default::default()
                }),
                validate_only,
                ..Default::default()
            }),
            Self::Abandon => Move::Abandon(AbandonOpportunityRequest {
                name,
                reason,
                validate_only,
                ..Default::default()
            }),
            Self::Reopen => Move::Reopen(ReopenOpportunityRequest {
                name,
                reason,
                stage: "meet".to_owned(),
                validate_only,
                ..Default::default()
            }),
        }
    }
}

/// How a deal stands, without what differs between two deals.
type Stands = (String, i32, Vec<i32>, Vec<i32>, i32, Option<String>);

fn stands(deal: &Opportunity) -> Stands {
    (
        deal.stage.clone(),
        deal.status,
        deal.completed_key_nodes.clone(),
        deal.forced_key_nodes.clone(),
        deal.effective_stage_position,
        deal.stage_probability.map(|it| it.to_string()),
    )
}

async fn alone(world: &World, step: Move) -> Result<Opportunity, Status> {
    let mut deals = world.manager();
    let mut moves = world.moving();
    macro_rules! deal {
        ($answer:expr) => {
            $answer.await?.into_inner().opportunity
        };
    }
    let after = match step {
        Move::Advance(request) => deal!(deals.advance_opportunity(request)),
        Move::ForceAdvance(request) => deal!(deals.force_advance_opportunity(request)),
        Move::Retreat(request) => deal!(moves.retreat_opportunity(request)),
        Move::Win(request) => deal!(moves.win_opportunity(request)),
        Move::Lose(request) => deal!(moves.lose_opportunity(request)),
        Move::Abandon(request) => deal!(moves.abandon_opportunity(request)),
        Move::Reopen(request) => deal!(moves.reopen_opportunity(request)),
        Move::Reassign(_) | Move::ChangeProcess(_) => unreachable!("not among the ways"),
    };
    Ok(after.unwrap())
}

fn outcome(answer: Result<Opportunity, Status>) -> Result<Stands, String> {
    match answer {
        Ok(deal) => Ok(stands(&deal)),
        refused => Err(reason(refused)),
    }
}

async fn in_a_batch(world: &World, steps: Vec<Move>) -> Vec<Result<Stands, String>> {
    let manager = Caller::person(world.tenant, "sales_manager");
    let request = BatchMoveOpportunitiesRequest {
        moves: steps
            .into_iter()
            .map(|step| BatchMove { r#move: Some(step) })
            .collect(),
        ..Default::default()
    };
    let answer = world.bulk(&manager).batch_move_opportunities(request).await;
    let read = |it: BatchMoveResult| match it.result.unwrap() {
        batch_move_result::Result::Opportunity(deal) => Ok(stands(&deal)),
        batch_move_result::Result::Error(status) => Err(crate::bulk::reason_of(&status)),
    };
    let results = answer.unwrap().into_inner().results;
    results.into_iter().map(read).collect()
}

async fn deal(world: &World, evidence_of: (bool, bool)) -> String {
    let mut client = world.manager();
    let opened = Opportunity {
        process: "processes/timed".to_owned(),
        ..named("deal")
    };
    let name = create(&mut client, opened).await.name;
    for (there, kind) in [(evidence_of.0, "meet_ready"), (evidence_of.1, "sign_ready")] {
        if there {
            evidence(&mut client, &name, kind).await;
        }
    }
    name
}

#[tokio::test]
async fn a_batch_moves_as_single_requests_do_and_a_check_says_what_will_be() {
    let world = world().await;
    publish_file(&world, "timed", timed_file("timed")).await;
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), seed);
    let cases = (any::<(bool, bool)>(), prop::collection::vec(ways(), 1..12));
    let mut made = std::collections::BTreeSet::new();
    for _ in 0..CASES {
        let (facts, ways) = cases.new_tree(&mut runner).unwrap().current();
        let (one, other) = (deal(&world, facts).await, deal(&world, facts).await);
        let mut singly = Vec::new();
        for way in &ways {
            let said = outcome(alone(&world, way.of(&one, true)).await);
            let done = outcome(alone(&world, way.of(&one, false)).await);
            assert_eq!(said, done, "{way:?} of {ways:?} with {facts:?}");
            made.insert(match &done {
                Ok(_) => format!("{way:?}"),
                Err(reason) => reason.clone(),
            });
            singly.push(done);
        }
        let steps = ways.iter().map(|way| way.of(&other, false)).collect();
        let together = in_a_batch(&world, steps).await;
        assert_eq!(together, singly, "{ways:?} with {facts:?}");
    }
    for seen in [
        "Advance", "Force", "Retreat", "Win", "Lose", "Abandon", "Reopen",
    ] {
        assert!(made.contains(seen), "{seen} was never made: {made:?}");
    }
    assert!(made.contains("KEY_NODE_NOT_REACHED") && made.contains("OPPORTUNITY_CLOSED"));
}

/// A move that was made, and while it was asked for.
struct Made {
    asked: Instant,
    answered: Instant,
    version: i64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn moves_asked_for_at_once_happen_one_after_the_other() {
    const MOVERS: u8 = 8;
    const STEPS: usize = 15;
    let world = world().await;
    publish_file(&world, "timed", timed_file("timed")).await;
    let name = deal(&world, (true, false)).await;
    let movers = (0..MOVERS).map(|n| {
        let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[n + 1; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), seed);
        let steps = prop::collection::vec(ways(), STEPS);
        let steps = steps.new_tree(&mut runner).unwrap().current();
        mover(&world, &name, steps)
    });
    let made: Vec<Made> = futures_util::future::join_all(movers)
        .await
        .into_iter()
        .flatten()
        .collect();
    let mut versions: Vec<i64> = made.iter().map(|it| it.version).collect();
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), made.len(), "no two moves made one version");
    assert!(made.len() > MOVERS.into(), "{} moves were made", made.len());
    for one in &made {
        let later = made.iter().filter(|other| other.asked > one.answered);
        assert!(later.map(|it| it.version).all(|later| later > one.version));
    }
    chain(&world, &name, &versions).await;
}

async fn mover(world: &World, name: &str, steps: Vec<Way>) -> Vec<Made> {
    let mut made = Vec::new();
    for way in steps {
        let asked = Instant::now();
        if let Ok(deal) = alone(world, way.of(name, false)).await {
            made.push(Made {
                asked,
                answered: Instant::now(),
                version: deal.etag.parse().unwrap(),
            });
        }
    }
    made
}

/// Every move begins where the one before it ended, and the log has each once.
async fn chain(world: &World, name: &str, versions: &[i64]) {
    let request = ListStageMovesRequest {
        name: name.to_owned(),
        page_size: 1000,
        ..Default::default()
    };
    let answer = world.manager().list_stage_moves(request).await.unwrap();
    let mut moves = answer.into_inner().moves;
    moves.sort_by_key(|it| it.basis.as_ref().unwrap().opportunity_version);
    let told: Vec<i64> = moves[1..]
        .iter()
        .map(|it| it.basis.as_ref().unwrap().opportunity_version + 1)
        .collect();
    assert_eq!(told, versions, "what was answered is what was stored");
    let mut stage = moves[0].to_stage.clone();
    for (before, after) in moves.iter().zip(&moves[1..]) {
        assert_eq!(after.from_status, before.to_status);
        assert_eq!(after.from_stage, stage);
        if !after.to_stage.is_empty() {
            stage.clone_from(&after.to_stage);
        }
    }
    let last = moves.last().unwrap();
    let deal = get(&mut world.manager(), name).await.unwrap();
    assert_eq!((deal.stage, deal.status), (stage, last.to_status));
    let sequences = world.sequences(name).await;
    let expected: Vec<i64> = (1..=sequences.len() as i64).collect();
    assert_eq!(sequences, expected);
}
