//! Approvals: by whom, in which order, for whom, and never by who asked.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::approver::Approver as Who;
use keynode_proto::pipeline::v1::*;

use crate::market::Market;
use crate::world::*;

pub fn role(role: &str) -> Approver {
    Approver {
        approver: Some(Who::Role(role.to_owned())),
    }
}

pub fn person(caller: &Caller) -> Approver {
    Approver {
        approver: Some(Who::Person(caller.person_name())),
    }
}

pub fn rule(id: &str, subject: ApprovalSubject, steps: Vec<Vec<Approver>>) -> ApprovalRule {
    let steps = steps.into_iter().map(|approvers| ApprovalStep {
        approvers,
        quorum: 0,
    });
    ApprovalRule {
        id: id.to_owned(),
        subject: subject.into(),
        steps: steps.collect(),
        ..Default::default()
    }
}

/// Prices follow these steps.
pub fn putting(steps: Vec<Vec<Approver>>) -> PutApprovalRulesRequest {
    let rules = vec![
        rule("price", ApprovalSubject::Price, steps),
        rule(
            "contract",
            ApprovalSubject::Contract,
            vec![vec![role("sales_manager")]],
        ),
    ];
    PutApprovalRulesRequest {
        rules: Some(ApprovalRules {
            rules,
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub async fn put(world: &World, steps: Vec<Vec<Approver>>) -> ApprovalRules {
    let administrator = Caller::person(world.tenant, "administrator");
    let mut client = world.approvals(&administrator);
    let answer = client.put_approval_rules(putting(steps)).await.unwrap();
    answer.into_inner().rules.unwrap()
}

/// A deal of a seller's whose price waits for approval, with the name of that.
pub async fn pending(world: &World) -> (String, String, Caller) {
    let seller = Caller::seller(world.tenant);
    let (deal, approval) = pending_of(world, &seller).await;
    (deal, approval, seller)
}

/// The same of this seller's.
pub async fn pending_of(world: &World, seller: &Caller) -> (String, String) {
    let deal = create(&mut world.opportunities(seller), named("宁夏项目"))
        .await
        .name;
    let floor = SetPriceFloorRequest {
        name: deal.clone(),
        floor: Some(PriceFloor {
            amount: money(900, 0),
            ..Default::default()
        }),
        ..Default::default()
    };
    let manager = Caller::person(world.tenant, "sales_manager");
    world
        .pricing(&manager)
        .set_price_floor(floor)
        .await
        .unwrap();
    let request = crate::pricing::proposing(&deal, money(800, 0));
    let proposed = world.pricing(seller).propose_price(request).await.unwrap();
    let approval = proposed.into_inner().proposal.unwrap().approval;
    (deal, approval)
}

fn deciding(name: &str, verdict: ApprovalVerdict, comment: &str) -> DecideApprovalRequest {
    DecideApprovalRequest {
        name: name.to_owned(),
        verdict: verdict.into(),
        comment: comment.to_owned(),
        ..Default::default()
    }
}

fn approving(name: &str) -> DecideApprovalRequest {
    deciding(name, ApprovalVerdict::Approve, "")
}

pub async fn approve(
    world: &World,
    caller: &Caller,
    name: &str,
) -> Result<Approval, tonic::Status> {
    let answer = world
        .approvals(caller)
        .decide_approval(approving(name))
        .await?;
    Ok(answer.into_inner().approval.unwrap())
}

pub async fn waiting(world: &World, caller: &Caller) -> Vec<String> {
    let request = ListPendingApprovalsRequest::default();
    let answer = world
        .approvals(caller)
        .list_pending_approvals(request)
        .await;
    let approvals = answer.unwrap().into_inner().approvals;
    approvals.into_iter().map(|it| it.name).collect()
}

/// Why somebody does not decide.
pub fn why<T: std::fmt::Debug>(answer: Result<T, tonic::Status>) -> String {
    use tonic_types::StatusExt as _;
    let details = answer.unwrap_err().get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.reason, "APPROVER_REQUIRED");
    info.metadata["why"].clone()
}

async fn price(world: &World, caller: &Caller, deal: &str) -> PriceState {
    let request = GetPricingRequest {
        name: deal.to_owned(),
        ..Default::default()
    };
    let answer = world
        .pricing(caller)
        .get_pricing(request)
        .await
        .unwrap()
        .into_inner();
    answer.pricing.unwrap().proposal.unwrap().state()
}

#[tokio::test]
async fn a_price_below_the_floor_is_approved_by_somebody_else() {
    let world = world().await;
    let (deal, approval, seller) = pending(&world).await;
    assert_eq!(why(approve(&world, &seller, &approval).await), "ASKED");
    let other = Caller::seller(world.tenant);
    assert_eq!(
        reason(approve(&world, &other, &approval).await),
        "OPPORTUNITY_NOT_FOUND"
    );
    let administrator = Caller::person(world.tenant, "administrator");
    assert_eq!(
        why(approve(&world, &administrator, &approval).await),
        "NOT_ASKED"
    );
    let viewer = Caller::person(world.tenant, "viewer");
    for caller in [&viewer, &Caller::integrator(world.tenant)] {
        assert_eq!(
            reason(approve(&world, caller, &approval).await),
            "PERMISSION_DENIED"
        );
    }
    let manager = Caller::person(world.tenant, "sales_manager");
    assert_eq!(waiting(&world, &manager).await, [approval.as_str()]);
    assert!(waiting(&world, &seller).await.is_empty());
    let check = DecideApprovalRequest {
        validate_only: true,
        ..approving(&approval)
    };
    let mut client = world.approvals(&manager);
    client.decide_approval(check).await.unwrap();
    assert_eq!(
        price(&world, &manager, &deal).await,
        PriceState::PendingApproval
    );
    let request = DecideApprovalRequest {
        request_id: request_id(),
        ..approving(&approval)
    };
    let once = client
        .decide_approval(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        client.decide_approval(request).await.unwrap().into_inner(),
        once
    );
    let decided = once.approval.unwrap();
    assert_eq!(decided.state(), ApprovalState::Approved);
    assert_eq!(
        (decided.rules_version, decided.rule.as_str()),
        (0, "price_below_floor")
    );
    assert_eq!(decided.decisions[0].actor, manager.person_name());
    assert_eq!(price(&world, &seller, &deal).await, PriceState::Approved);
    assert!(waiting(&world, &manager).await.is_empty());
    assert_eq!(world.events("ApprovalChanged").await, 2);
    assert_eq!(
        reason(approve(&world, &manager, &approval).await),
        "APPROVAL_CLOSED"
    );
    let list = ListApprovalsRequest { parent: deal };
    let seen = world
        .approvals(&seller)
        .list_approvals(list)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(seen.approvals[0].rule, "", "it tells of the margin");
}

#[tokio::test]
async fn one_who_returns_it_says_why() {
    let world = world().await;
    let (deal, approval, seller) = pending(&world).await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let mut client = world.approvals(&manager);
    let bare = deciding(&approval, ApprovalVerdict::Return, "");
    assert_eq!(fields(client.decide_approval(bare).await), ["comment"]);
    let none = client
        .decide_approval(DecideApprovalRequest::default())
        .await;
    assert_eq!(fields(none), ["name", "verdict"]);
    let stale = DecideApprovalRequest {
        etag: "1".to_owned(),
        ..approving(&approval)
    };
    assert_eq!(reason(client.decide_approval(stale).await), "ETAG_MISMATCH");
    let unknown = format!("{deal}/approvals/{}", request_id());
    assert_eq!(
        reason(approve(&world, &manager, &unknown).await),
        "APPROVAL_NOT_FOUND"
    );
    let back = deciding(&approval, ApprovalVerdict::Return, "价格过低");
    let back = client
        .decide_approval(back)
        .await
        .unwrap()
        .into_inner()
        .approval
        .unwrap();
    assert_eq!(back.state(), ApprovalState::Returned);
    assert_eq!(price(&world, &seller, &deal).await, PriceState::Returned);
    let (_, event) = world.last_event("ApprovalChanged").await;
    let event: ApprovalChanged = prost::Message::decode(event.as_slice()).unwrap();
    assert_eq!(
        (event.reason.as_str(), event.before.unwrap().state()),
        ("价格过低", ApprovalState::Pending)
    );
}

#[tokio::test]
async fn only_who_asked_takes_it_back() {
    let world = world().await;
    let (deal, approval, seller) = pending(&world).await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let request = WithdrawApprovalRequest {
        name: approval.clone(),
        reason: "客户提高了预算".to_owned(),
        ..Default::default()
    };
    let other = world
        .approvals(&manager)
        .withdraw_approval(request.clone())
        .await;
    assert_eq!(why(other), "NOT_REQUESTER");
    let mut client = world.approvals(&seller);
    let bare = client
        .withdraw_approval(WithdrawApprovalRequest::default())
        .await;
    assert_eq!(fields(bare), ["name", "reason"]);
    let back = client
        .withdraw_approval(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(back.approval.unwrap().state(), ApprovalState::Withdrawn);
    assert_eq!(price(&world, &seller, &deal).await, PriceState::Returned);
    assert_eq!(
        reason(client.withdraw_approval(request).await),
        "APPROVAL_CLOSED"
    );
    assert!(waiting(&world, &manager).await.is_empty());
}

#[tokio::test]
async fn steps_are_asked_one_after_the_other_by_the_rules_it_was_opened_with() {
    let market = Market::new().await;
    let world = &market.world;
    let [finance, one, two, chief] = ["seller", "sales_manager", "sales_manager", "administrator"]
        .map(|it| Caller::person(world.tenant, it));
    let finance = market.joined(finance).await;
    let both = vec![role("sales_manager"), person(&finance)];
    assert_eq!(
        put(world, vec![both, vec![role("administrator")]])
            .await
            .version,
        1
    );
    let (deal, approval, seller) = pending(world).await;
    put(world, vec![vec![role("viewer")]]).await;
    assert_eq!(waiting(world, &finance).await, [approval.as_str()]);
    assert!(
        waiting(world, &chief).await.is_empty(),
        "it is not their turn"
    );
    assert_eq!(why(approve(world, &chief, &approval).await), "NOT_ASKED");
    let first = approve(world, &one, &approval).await.unwrap();
    assert_eq!(
        (first.state(), first.current_step),
        (ApprovalState::Pending, 1)
    );
    assert_eq!(why(approve(world, &one, &approval).await), "DECIDED");
    assert_eq!(
        why(approve(world, &two, &approval).await),
        "NOT_ASKED",
        "one manager is enough"
    );
    assert!(waiting(world, &two).await.is_empty());
    approve(world, &finance, &approval).await.unwrap();
    assert_eq!(waiting(world, &chief).await, [approval.as_str()]);
    let done = approve(world, &chief, &approval).await.unwrap();
    assert_eq!(
        (done.state(), done.rules_version),
        (ApprovalState::Approved, 1)
    );
    assert_eq!(done.decisions.len(), 3);
    assert_eq!(price(world, &seller, &deal).await, PriceState::Approved);
}

#[tokio::test]
async fn of_many_who_decide_at_once_each_counts_once() {
    let world = world().await;
    let (_, approval, _) = pending(&world).await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let mut client = world.approvals(&Caller::person(world.tenant, "sales_manager"));
        let request = approving(&approval);
        all.spawn(async move { client.decide_approval(request).await.map(|_| ()) });
    }
    let done = all.join_all().await;
    assert_eq!(done.iter().filter(|it| it.is_ok()).count(), 1);
    let refused = done.into_iter().filter(Result::is_err).map(reason);
    assert!(refused.into_iter().all(|it| it == "APPROVAL_CLOSED"));
    assert_eq!(world.events("ApprovalChanged").await, 2);
}

#[tokio::test]
async fn nothing_waits_for_who_does_not_see_the_deal() {
    let world = world().await;
    let (deal, approval, _) = pending(&world).await;
    let mine_only = Caller {
        visibility: keynode_proto::accounts::v1::RoleVisibility::Own,
        ..Caller::person(world.tenant, "sales_manager")
    };
    let elsewhere = Caller::person(keynode_kit::testing::tenant(), "sales_manager");
    for caller in [mine_only, elsewhere] {
        assert!(waiting(&world, &caller).await.is_empty());
        assert_eq!(
            reason(approve(&world, &caller, &approval).await),
            "OPPORTUNITY_NOT_FOUND"
        );
        let list = ListApprovalsRequest {
            parent: deal.clone(),
        };
        let list = world.approvals(&caller).list_approvals(list).await;
        assert_eq!(reason(list), "OPPORTUNITY_NOT_FOUND");
        let withdraw = WithdrawApprovalRequest {
            name: approval.clone(),
            reason: "x".to_owned(),
            ..Default::default()
        };
        let withdraw = world.approvals(&caller).withdraw_approval(withdraw).await;
        assert_eq!(reason(withdraw), "OPPORTUNITY_NOT_FOUND");
    }
    let (_, second, _) = pending(&world).await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let page = |token: String| ListPendingApprovalsRequest {
        page_size: 1,
        page_token: token,
    };
    let mut client = world.approvals(&manager);
    let first = client
        .list_pending_approvals(page(String::new()))
        .await
        .unwrap()
        .into_inner();
    let rest = client
        .list_pending_approvals(page(first.next_page_token))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (&first.approvals[0].name, &rest.approvals[0].name),
        (&approval, &second)
    );
    assert_eq!(rest.next_page_token, "");
}
