//! Delegation of approvals: for whom, from when until when.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;

use crate::approvals::{approve, pending_of, person, put, waiting, why};
use crate::market::Market;
use crate::world::*;

fn delegating(
    to: &Caller,
    from: (i32, i32, i32),
    until: (i32, i32, i32),
) -> DelegateApprovalRequest {
    DelegateApprovalRequest {
        delegation: Some(ApprovalDelegation {
            delegate: to.person_name(),
            from_date: date(from.0, from.1, from.2),
            until_date: date(until.0, until.1, until.2),
            reason: "出差".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// From today, for two days.
fn now() -> ((i32, i32, i32), (i32, i32, i32)) {
    let today = keynode_kit::clock::Clock::system()
        .now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let day = |day: jiff::civil::Date| (day.year().into(), day.month().into(), day.day().into());
    (day(today), day(today.tomorrow().unwrap()))
}

#[tokio::test]
async fn a_delegate_decides_on_behalf_of_who_delegated_for_as_long() {
    let market = Market::new().await;
    let world = &market.world;
    let manager = market.joined(world.boss()).await;
    let delegate = Caller::person(world.tenant, "seller");
    let delegate = market.joined(delegate).await;
    let seller = market.seller("").await;
    let (_, approval) = pending_of(world, &seller).await;
    let (from, until) = now();
    assert_eq!(why(approve(world, &delegate, &approval).await), "NOT_ASKED");
    let mut client = world.approvals(&manager);
    // Who asked is a delegate too and still does not decide.
    client
        .delegate_approval(delegating(&seller, from, until))
        .await
        .unwrap();
    assert_eq!(why(approve(world, &seller, &approval).await), "ASKED");
    let request = DelegateApprovalRequest {
        request_id: request_id(),
        ..delegating(&delegate, from, until)
    };
    let once = client
        .delegate_approval(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        client
            .delegate_approval(request)
            .await
            .unwrap()
            .into_inner(),
        once
    );
    let made = once.delegation.unwrap();
    assert_eq!(
        (made.delegator.clone(), made.roles.as_slice()),
        (
            manager.person_name(),
            ["sales_manager".to_owned()].as_slice()
        )
    );
    assert_eq!(waiting(world, &delegate).await, [approval.as_str()]);
    let revoke = RevokeApprovalDelegationRequest {
        name: made.name.clone(),
        ..Default::default()
    };
    let mut theirs = world.approvals(&delegate);
    let foreign = theirs.revoke_approval_delegation(revoke.clone()).await;
    assert_eq!(reason(foreign), "DELEGATION_NOT_FOUND");
    let ended = client
        .revoke_approval_delegation(revoke.clone())
        .await
        .unwrap()
        .into_inner();
    assert!(ended.delegation.as_ref().unwrap().revoke_time.is_some());
    let again = client
        .revoke_approval_delegation(revoke)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, ended);
    assert_eq!(world.sequences(&made.name).await, [1, 2]);
    assert!(waiting(world, &delegate).await.is_empty());
    assert_eq!(why(approve(world, &delegate, &approval).await), "NOT_ASKED");
    let mut only = delegating(&delegate, from, until);
    only.delegation.as_mut().unwrap().approval = approval.clone();
    client.delegate_approval(only).await.unwrap();
    let decided = approve(world, &delegate, &approval).await.unwrap();
    let decision = &decided.decisions[0];
    assert_eq!(
        (decision.actor.clone(), decision.on_behalf_of.clone()),
        (delegate.person_name(), manager.person_name())
    );
    let page = |token: String| ListApprovalDelegationsRequest {
        page_size: 1,
        page_token: token,
    };
    let first = theirs
        .list_approval_delegations(page(String::new()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.delegations[0].name, made.name);
    let rest = theirs
        .list_approval_delegations(page(first.next_page_token))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (
            rest.delegations[0].approval.as_str(),
            rest.next_page_token.as_str()
        ),
        (approval.as_str(), "")
    );
}

#[tokio::test]
async fn who_delegates_what_is_checked() {
    let market = Market::new().await;
    let world = &market.world;
    let manager = market.joined(world.boss()).await;
    let seller = market.seller("").await;
    let (deal, _) = pending_of(world, &seller).await;
    let mut client = world.approvals(&manager);
    let none = client
        .delegate_approval(DelegateApprovalRequest::default())
        .await;
    let expected = [
        "delegation.delegate",
        "delegation.from_date",
        "delegation.until_date",
        "delegation.until_date",
    ];
    assert_eq!(fields(none), expected);
    let own = delegating(&manager, (2099, 1, 1), (2098, 1, 1));
    let own = client.delegate_approval(own).await;
    assert_eq!(
        fields(own),
        ["delegation.delegate", "delegation.until_date"]
    );
    let long = client
        .delegate_approval(delegating(&seller, (2099, 1, 1), (2100, 1, 3)))
        .await;
    assert_eq!(fields(long), ["delegation.until_date"]);
    let mut unknown = delegating(&seller, (2099, 1, 1), (2099, 1, 2));
    unknown.delegation.as_mut().unwrap().approval = format!("{deal}/approvals/{}", request_id());
    let unknown = client.delegate_approval(unknown).await;
    assert_eq!(reason(unknown), "APPROVAL_NOT_FOUND");
    let stranger = delegating(&world.boss(), (2099, 1, 1), (2099, 1, 2));
    let stranger = client.delegate_approval(stranger).await;
    assert_eq!(fields(stranger), ["delegation.delegate"]);
    market.change(&seller, "seller", true).await;
    let gone = delegating(&seller, (2099, 1, 1), (2099, 1, 2));
    let gone = client.delegate_approval(gone).await;
    assert_eq!(fields(gone), ["delegation.delegate"]);
    let viewer = Caller::person(world.tenant, "viewer");
    let denied = delegating(&seller, (2099, 1, 1), (2099, 1, 2));
    let denied = world.approvals(&viewer).delegate_approval(denied).await;
    assert_eq!(reason(denied), "PERMISSION_DENIED");
    assert_eq!(world.events("ApprovalDelegationChanged").await, 0);
}

#[tokio::test]
async fn who_may_no_longer_decide_has_nobody_decide_for_them() {
    let market = Market::new().await;
    let world = &market.world;
    let manager = market.joined(world.boss()).await;
    let delegate = Caller::person(world.tenant, "seller");
    let delegate = market.joined(delegate).await;
    let seller = market.seller("").await;
    let (_, by_role) = pending_of(world, &seller).await;
    put(world, vec![vec![person(&manager)]]).await;
    let (_, by_name) = pending_of(world, &seller).await;
    let both = [by_role.as_str(), by_name.as_str()];
    let (from, until) = now();
    let mut client = world.approvals(&manager);
    let delegation = delegating(&delegate, from, until);
    client.delegate_approval(delegation).await.unwrap();
    assert_eq!(waiting(world, &delegate).await, both);
    for (role, disabled) in [("viewer", false), ("sales_manager", true)] {
        market.change(&manager, role, disabled).await;
        assert!(waiting(world, &delegate).await.is_empty());
        for approval in both {
            let refused = approve(world, &delegate, approval).await;
            assert_eq!(why(refused), "NOT_ASKED", "{role}");
        }
    }
    // Another role is enough for who is named, and not for who was a manager.
    market.change(&manager, "seller", false).await;
    assert_eq!(waiting(world, &delegate).await, [by_name.as_str()]);
    assert_eq!(why(approve(world, &delegate, &by_role).await), "NOT_ASKED");
    approve(world, &delegate, &by_name).await.unwrap();
    market.change(&manager, "sales_manager", false).await;
    let decided = approve(world, &delegate, &by_role).await.unwrap();
    assert_eq!(decided.decisions[0].on_behalf_of, manager.person_name());
}
