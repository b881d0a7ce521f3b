use proptest::prelude::*;

use super::*;

const TRACK: Track = Track { wins: 5, last: 6 };

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn opened() -> Standing {
    decide(TRACK, Move::Open, at(0)).unwrap().to
}

fn advanced(from: &Standing, now: i64) -> Result<Standing, Blocked> {
    decide(
        TRACK,
        Move::Advance {
            from,
            gates: &Gates::default(),
        },
        at(now),
    )
    .map(|moved| moved.to)
}

fn unmet() -> Gates {
    Gates {
        unmet: vec!["need_known".to_owned()],
        made_up: Vec::new(),
    }
}

fn forced(from: &Standing, now: i64) -> Result<Moved, Blocked> {
    decide(
        TRACK,
        Move::Force {
            from,
            gates: &unmet(),
        },
        at(now),
    )
}

#[test]
fn a_deal_goes_through_every_stage_and_is_won_by_the_contract() {
    let mut standing = opened();
    for position in 1..5 {
        assert_eq!(
            (standing.position, standing.status),
            (position, Status::Open)
        );
        standing = advanced(&standing, position.into()).unwrap();
    }
    let won = advanced(&standing, 50).unwrap();
    assert_eq!((won.position, won.status), (6, Status::Won { at: at(50) }));
    let delivered = advanced(&won, 60).unwrap();
    assert_eq!(delivered.position, 6, "it stays in the last stage");
    assert_eq!(
        delivered.status,
        Status::Completed { at: at(50) },
        "won when it was won"
    );
    assert_eq!(delivered.completed(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(delivered.effective_position(), 7);
}

#[test]
fn an_unmet_required_criterion_blocks() {
    let from = opened();
    let blocked = decide(
        TRACK,
        Move::Advance {
            from: &from,
            gates: &unmet(),
        },
        at(1),
    );
    assert_eq!(blocked, Err(Blocked::KeyNodeNotReached));
}

#[test]
fn a_forced_stage_stays_owed_until_it_is_made_up() {
    let moved = forced(&opened(), 1).unwrap();
    assert!(moved.forced());
    assert_eq!(moved.unmet(), ["need_known"]);
    let standing = moved.to;
    assert_eq!(
        (standing.position, standing.forced(), standing.completed()),
        (2, vec![1], vec![])
    );

    let gone_on = advanced(&standing, 2).unwrap();
    assert_eq!(
        (gone_on.forced(), gone_on.effective_position()),
        (vec![1], 1)
    );

    let gates = Gates {
        unmet: Vec::new(),
        made_up: vec![1],
    };
    let made_up = decide(
        TRACK,
        Move::Advance {
            from: &gone_on,
            gates: &gates,
        },
        at(3),
    )
    .unwrap()
    .to;
    assert_eq!(
        (made_up.forced(), made_up.completed()),
        (vec![], vec![1, 2, 3])
    );
}

#[test]
fn a_reached_key_node_needs_no_force() {
    let from = opened();
    let gates = Gates::default();
    assert_eq!(
        decide(
            TRACK,
            Move::Force {
                from: &from,
                gates: &gates
            },
            at(1)
        ),
        Err(Blocked::KeyNodeReached)
    );
}

#[test]
fn a_contract_is_signed_or_not() {
    for position in [5, 6] {
        let from = Standing::stored(position, at(0), Status::Open, [], []);
        assert_eq!(forced(&from, 1), Err(Blocked::NotForcible));
    }
}

#[test]
fn what_is_over_does_not_move() {
    for status in [
        Status::Lost { at: at(1) },
        Status::Abandoned { at: at(1) },
        Status::Completed { at: at(1) },
    ] {
        let from = Standing::stored(3, at(0), status, [], []);
        assert_eq!(advanced(&from, 2), Err(Blocked::Closed(status)));
        assert_eq!(forced(&from, 2), Err(Blocked::Closed(status)));
    }
    let won = Status::Won { at: at(1) };
    assert_eq!(
        forced(&Standing::stored(3, at(0), won, [], []), 2),
        Err(Blocked::Closed(won))
    );
}

#[test]
fn what_was_not_checked_here_is_not_claimed() {
    let status = Status::Won { at: at(7) };
    let carried = decide(
        TRACK,
        Move::Carry {
            position: 6,
            status,
            entered: at(8),
        },
        at(9),
    )
    .unwrap();
    assert!(carried.imported() && !carried.forced());
    let standing = carried.to;
    assert_eq!(
        (standing.position, standing.status, standing.entered),
        (6, status, at(8))
    );
    assert_eq!((standing.completed(), standing.forced()), (vec![], vec![]));
    assert_eq!(standing.owed().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

/// The Zhang case (R4): in stage 2 by his own claim, the customer in step 2, and the key
/// node of stage 1 missing.
#[test]
fn the_customer_is_ahead_of_the_missing_key_node() {
    let standing = Standing::stored(2, at(0), Status::Open, [], [1]);
    assert_eq!(
        (
            standing.effective_position(),
            standing.lag(2),
            standing.inflation(2)
        ),
        (1, 1, 0)
    );
}

fn standing() -> impl Strategy<Value = Standing> {
    let statuses = prop_oneof![
        Just(Status::Open),
        Just(Status::Won { at: at(1) }),
        Just(Status::Completed { at: at(1) }),
        Just(Status::Lost { at: at(1) }),
        Just(Status::Abandoned { at: at(1) }),
    ];
    let marks = prop::collection::vec(0..3_u8, 6);
    (1..=6, statuses, marks).prop_map(|(position, status, marks)| {
        let marked = |mark: u8| {
            let marks: Vec<_> = (1..position).zip(marks.clone()).collect();
            marks
                .into_iter()
                .filter(move |(_, m)| *m == mark)
                .map(|(position, _)| position)
        };
        Standing::stored(position, at(0), status, marked(1), marked(2))
    })
}

proptest! {
    #[test]
    fn a_move_goes_one_stage_at_most_and_never_back(
        from in standing(),
        reached in any::<bool>(),
        by_force in any::<bool>(),
        made_up in prop::collection::vec(1..9, 0..4),
    ) {
        let gates = Gates { unmet: if reached { vec![] } else { vec!["x".to_owned()] }, made_up };
        let step = if by_force {
            Move::Force { from: &from, gates: &gates }
        } else {
            Move::Advance { from: &from, gates: &gates }
        };
        let Ok(moved) = decide(TRACK, step, at(9)) else { return Ok(()) };
        let to = moved.to();
        let stages = to.position() - from.position();
        prop_assert!(stages == 1 || (stages == 0 && from.position() == TRACK.last));
        prop_assert_eq!(moved.forced(), !reached, "only force passes an unmet key node");
        prop_assert_eq!(to.completed.contains(&from.position()), reached, "a reached key node is completed");
        prop_assert!(from.completed.is_subset(&to.completed), "what was reached stays reached");
        prop_assert!(to.completed.is_disjoint(&to.forced));
        prop_assert!(to.completed.iter().all(|position| *position <= from.position()));
        prop_assert!(!by_force || to.status() == Status::Open);
    }

    #[test]
    fn only_the_key_node_of_the_winning_stage_wins(from in standing()) {
        let Ok(to) = advanced(&from, 9) else { return Ok(()) };
        let won_now = from.status() == Status::Open && matches!(to.status(), Status::Won { .. });
        prop_assert_eq!(won_now, from.status() == Status::Open && from.position() == TRACK.wins);
    }

    #[test]
    fn lag_and_inflation_are_never_negative_and_never_hide_each_other(from in standing(), step in 1..=6) {
        prop_assert!(from.lag(step) >= 0 && from.inflation(step) >= 0);
        prop_assert!(from.lag(step) < step, "the step that the customer is in does not count");
        prop_assert!(step == 6 || from.lag(step + 1) >= from.lag(step));
        prop_assert!(step == 6 || from.inflation(step + 1) <= from.inflation(step));
        prop_assert_eq!(from.inflation(from.position()), 0);
    }

    #[test]
    fn without_missing_key_nodes_there_is_no_lag(position in 1..=6_i32, step in 1..=6_i32) {
        let all_reached = Standing::stored(position, at(0), Status::Open, 1..position, []);
        prop_assert_eq!(all_reached.lag(position.min(step)), 0);
    }
}

#[test]
fn what_ended_is_opened_again_and_what_is_open_is_not() {
    let from = forced(&opened(), 1).unwrap().to;
    let reopen = |from: &Standing, position| decide(TRACK, Move::Reopen { from, position }, at(5));
    assert_eq!(reopen(&from, 1), Err(Blocked::Open));
    let lost = decide(TRACK, Move::Lose { from: &from }, at(3)).unwrap().to;
    assert_eq!(
        (lost.position, lost.status),
        (2, Status::Lost { at: at(3) })
    );
    assert_eq!(reopen(&lost, 3), Err(Blocked::NotEarlier));
    let again = reopen(&lost, 2).unwrap().to;
    assert_eq!(
        (again.status, again.entered, again.forced()),
        (Status::Open, at(5), vec![1])
    );
    assert_eq!(reopen(&lost, 1).unwrap().to.forced(), [0_i32; 0]);
}

proptest! {
    #[test]
    fn whatever_happens_a_standing_is_one_that_a_deal_can_have(
        from in standing(),
        position in -1..9,
        which in 0..5,
        reached in prop::collection::vec(1..9, 0..6),
    ) {
        let step = match which {
            0 => Move::Retreat { from: &from, position },
            1 => Move::Lose { from: &from },
            2 => Move::Abandon { from: &from },
            3 => Move::Reopen { from: &from, position },
            // The caller names a stage of the process that is not behind the one that wins.
            _ => Move::ChangeProcess { from: &from, position: position.clamp(1, TRACK.wins), reached: &reached },
        };
        let Ok(moved) = decide(TRACK, step, at(9)) else { return Ok(()) };
        let to = moved.to();
        prop_assert!((1..=TRACK.last).contains(&to.position()));
        prop_assert!(to.completed.is_disjoint(&to.forced));
        prop_assert!(which == 1 || which == 2 || to.completed.iter().all(|it| *it < to.position()), "nothing ahead is reached");
        prop_assert!(to.status() != Status::Open || to.position() <= TRACK.wins);
        prop_assert!(!moved.forced() && !moved.imported());
        if which == 0 {
            prop_assert!(to.position() < from.position());
        }
    }
}
