use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn role(role: &str) -> proto::Approver {
    proto::Approver {
        approver: Some(Who::Role(role.to_owned())),
    }
}

fn named(n: u128) -> proto::Approver {
    proto::Approver {
        approver: Some(Who::Person(PersonId(id(n)).to_string())),
    }
}

fn step(approvers: Vec<proto::Approver>, quorum: i32) -> proto::ApprovalStep {
    proto::ApprovalStep { approvers, quorum }
}

/// Person 1 asks.
fn pending(steps: Vec<proto::ApprovalStep>) -> proto::Approval {
    proto::Approval {
        state: ApprovalState::Pending.into(),
        current_step: 1,
        requester: PersonId(id(1)).to_string(),
        steps,
        ..Default::default()
    }
}

fn take_as(
    approval: &proto::Approval,
    n: u128,
    roles: &[&str],
    delegators: &[Delegator],
) -> Result<Seat, Barred> {
    let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
    let decider = Decider {
        person: id(n),
        roles: &roles,
        delegators,
    };
    take(approval, &decider)
}

fn approve(approval: &proto::Approval, n: u128, roles: &[&str]) -> proto::Approval {
    let seat = take_as(approval, n, roles, &[]).unwrap();
    decide(approval, id(n), seat, (ApprovalVerdict::Approve, ""), NOW)
}

#[test]
fn steps_follow_one_another_and_all_of_a_step_must_approve() {
    let steps = vec![
        step(vec![role("manager"), named(7)], 0),
        step(vec![role("director")], 0),
    ];
    let start = pending(steps);
    assert_eq!(
        take_as(&start, 9, &["director"], &[]),
        Err(Barred::NotAsked)
    );
    let one = approve(&start, 7, &["manager"]);
    assert_eq!(one.decisions[0].approver, Some(named(7)), "as who is named");
    assert_eq!((one.current_step, one.state()), (1, ApprovalState::Pending));
    assert_eq!(open(&one), [(0, &role("manager"))]);
    let two = approve(&one, 8, &["manager"]);
    assert_eq!(two.current_step, 2);
    let done = approve(&two, 9, &["director"]);
    assert_eq!(done.state(), ApprovalState::Approved);
    assert!(done.close_time.is_some() && open(&done).is_empty());
}

#[test]
fn a_quorum_of_a_step_is_enough() {
    let start = pending(vec![step(vec![named(5), named(6), named(7)], 2)]);
    let one = approve(&start, 6, &[]);
    assert_eq!(one.state(), ApprovalState::Pending);
    assert_eq!(approve(&one, 5, &[]).state(), ApprovalState::Approved);
}

#[test]
fn who_asked_never_decides_and_nobody_twice() {
    let steps = vec![
        step(vec![role("manager")], 0),
        step(vec![role("manager")], 0),
    ];
    let start = pending(steps);
    assert_eq!(take_as(&start, 1, &["manager"], &[]), Err(Barred::Asked));
    let one = approve(&start, 2, &["manager"]);
    assert_eq!(take_as(&one, 2, &["manager"], &[]), Err(Barred::Decided));
    assert_eq!(
        approve(&one, 3, &["manager"]).state(),
        ApprovalState::Approved
    );
}

#[test]
fn a_delegate_decides_for_who_may_but_not_for_who_asked_or_decided() {
    let start = pending(vec![step(vec![role("manager"), role("finance")], 0)]);
    let for_two = Delegator {
        delegation: id(7),
        only: None,
        person: id(2),
        roles: vec!["manager".to_owned()],
    };
    let seat = take_as(&start, 9, &[], std::slice::from_ref(&for_two)).unwrap();
    assert_eq!(seat.on_behalf_of, Some(id(2)));
    let after = decide(&start, id(9), seat, (ApprovalVerdict::Approve, ""), NOW);
    let again = take_as(&after, 2, &["manager", "finance"], &[]);
    assert_eq!(again, Err(Barred::Decided), "it was decided for them");
    let for_asker = Delegator {
        person: id(1),
        ..for_two
    };
    let refused = take_as(&start, 9, &[], &[for_asker]);
    assert_eq!(refused, Err(Barred::NotAsked));
}

#[test]
fn one_who_returns_it_ends_it() {
    let start = pending(vec![step(vec![named(5), named(6)], 1)]);
    let seat = take_as(&start, 6, &[], &[]).unwrap();
    let after = decide(&start, id(6), seat, (ApprovalVerdict::Return, "太低"), NOW);
    assert_eq!(
        (after.state(), after.decisions[0].comment.as_str()),
        (ApprovalState::Returned, "太低")
    );
    assert_eq!(take_as(&after, 5, &[], &[]), Err(Barred::NotAsked));
}

proptest! {
    /// Whoever comes in whatever order: it is approved only by as many different people as were
    /// asked, none of them who asked.
    #[test]
    fn no_order_of_people_approves_with_fewer_eyes(
        sizes in proptest::collection::vec(1_usize..4, 1..4),
        comers in proptest::collection::vec(1_u128..9, 0..30),
    ) {
        let asked: usize = sizes.iter().sum();
        let steps = sizes.iter().map(|size| {
            step((0..*size).map(|n| role(&format!("r{n}"))).collect(), 0)
        });
        let mut approval = pending(steps.collect());
        for comer in comers {
            if let Ok(seat) = take_as(&approval, comer, &["r0", "r1", "r2", "r3"], &[]) {
                approval = decide(&approval, id(comer), seat, (ApprovalVerdict::Approve, ""), NOW);
            }
        }
        let mut actors: Vec<&str> = approval.decisions.iter().map(|it| it.actor.as_str()).collect();
        actors.sort_unstable();
        actors.dedup();
        prop_assert_eq!(actors.len(), approval.decisions.len());
        prop_assert!(!actors.contains(&approval.requester.as_str()));
        let is_approved = approval.state() == ApprovalState::Approved;
        prop_assert_eq!(is_approved, approval.decisions.len() == asked);
    }
}
