//! The rules of approvals: version by version, and sound.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;

use crate::approvals::{person, put, putting, role, rule};
use crate::market::Market;
use crate::world::*;

#[tokio::test]
async fn rules_are_versions_and_every_place_that_is_wrong_is_named() {
    let market = Market::new().await;
    let world = &market.world;
    let administrator = Caller::person(world.tenant, "administrator");
    let mut client = world.approvals(&administrator);
    let shipped = client
        .get_approval_rules(GetApprovalRulesRequest::default())
        .await;
    let shipped = shipped.unwrap().into_inner().rules.unwrap();
    assert_eq!((shipped.version, shipped.rules.len()), (0, 4));
    let bad = vec![
        ApprovalRule::default(),
        ApprovalRule {
            margin_below_percent: "x".to_owned(),
            min_discount_percent: "1".to_owned(),
            ..rule(
                "A",
                ApprovalSubject::Contract,
                vec![Vec::new(), vec![role(""), role("a"), role("a")]],
            )
        },
    ];
    let request = PutApprovalRulesRequest {
        rules: Some(ApprovalRules {
            rules: bad,
            ..Default::default()
        }),
        ..Default::default()
    };
    let expected = [
        "rules.rules[0].id",
        "rules.rules[0].subject",
        "rules.rules[0].steps",
        "rules.rules[1].id",
        "rules.rules[1].margin_below_percent",
        "rules.rules[1].steps[0].approvers",
        "rules.rules[1].steps[1].approvers[0].role",
        "rules.rules[1].steps[1].approvers[2]",
        "rules.rules",
        "rules.rules",
    ];
    assert_eq!(fields(client.put_approval_rules(request).await), expected);
    let check = PutApprovalRulesRequest {
        validate_only: true,
        ..putting(vec![vec![role("seller")]])
    };
    client.put_approval_rules(check).await.unwrap();
    put(world, vec![vec![role("seller")]]).await;
    let stale = PutApprovalRulesRequest {
        etag: "0".to_owned(),
        ..putting(vec![vec![role("viewer")]])
    };
    assert_eq!(
        reason(client.put_approval_rules(stale).await),
        "ETAG_MISMATCH"
    );
    assert_eq!(
        put(world, vec![vec![role("seller")]]).await.version,
        1,
        "the same"
    );
    assert_eq!(put(world, vec![vec![role("viewer")]]).await.version, 2);
    let one = ListApprovalRulesRequest {
        page_size: 1,
        ..Default::default()
    };
    let first = client
        .list_approval_rules(one.clone())
        .await
        .unwrap()
        .into_inner();
    let next = ListApprovalRulesRequest {
        page_token: first.next_page_token,
        ..one
    };
    let second = client.list_approval_rules(next).await.unwrap().into_inner();
    assert_eq!((first.rules[0].version, second.rules[0].version), (1, 2));
    assert_eq!(second.next_page_token, "");
    let read = |version| GetApprovalRulesRequest { version };
    let again = client.get_approval_rules(read(Some(0))).await.unwrap();
    assert_eq!(again.into_inner().rules.unwrap(), shipped);
    let kept = client.get_approval_rules(read(Some(1))).await.unwrap();
    assert_eq!(kept.into_inner().rules.unwrap(), first.rules[0]);
    let missing = client.get_approval_rules(read(Some(9))).await;
    assert_eq!(reason(missing), "APPROVAL_RULES_NOT_FOUND");
    assert_eq!(world.sequences("approvalRules/-").await, [1, 2]);
    for role in ["sales_manager", "integrator"] {
        let other = Caller::person(world.tenant, role);
        let denied = world
            .approvals(&other)
            .put_approval_rules(putting(Vec::new()))
            .await;
        assert_eq!(reason(denied), "PERMISSION_DENIED", "{role}");
    }
    let elsewhere = Caller::person(keynode_kit::testing::tenant(), "viewer");
    let theirs = world
        .approvals(&elsewhere)
        .get_approval_rules(read(None))
        .await;
    assert_eq!(theirs.unwrap().into_inner().rules.unwrap().version, 0);
}

#[tokio::test]
async fn rules_ask_only_who_is_there() {
    let market = Market::new().await;
    let world = &market.world;
    let stranger = Caller::person(world.tenant, "sales_manager");
    let gone = market.joined(stranger.clone()).await;
    market.change(&gone, "sales_manager", true).await;
    let there = market.joined(stranger.clone()).await;
    let elsewhere = Caller::person(keynode_kit::testing::tenant(), "administrator");
    let elsewhere = market.settle(elsewhere).await;
    let steps = vec![
        vec![role("seller"), role("cfo"), person(&there)],
        vec![person(&stranger), person(&gone), person(&elsewhere)],
    ];
    let mut client = world.approvals(&market.admin);
    let refused = client.put_approval_rules(putting(steps)).await;
    let expected = [
        "rules.rules[0].steps[0].approvers[1].role",
        "rules.rules[0].steps[1].approvers[0].person",
        "rules.rules[0].steps[1].approvers[1].person",
        "rules.rules[0].steps[1].approvers[2].person",
    ];
    assert_eq!(fields(refused), expected);
    assert_eq!(world.events("ApprovalRulesChanged").await, 0);
    // Nobody has the role today; somebody may tomorrow.
    let nobodys = vec![vec![role("viewer"), person(&there)]];
    assert_eq!(put(world, nobodys).await.version, 1);
}

#[tokio::test]
async fn rules_wait_until_it_can_be_said_who_is_there() {
    let world = world().await;
    let administrator = Caller::person(world.tenant, "administrator");
    let mut client = world.approvals(&administrator);
    let putting = putting(vec![vec![role("seller")]]);
    let refused = client.put_approval_rules(putting).await;
    assert_eq!(reason(refused), "UNAVAILABLE");
}
