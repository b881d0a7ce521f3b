//! By which rule contracts and their amendments are approved, exactly, and who learns of it.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;

use crate::approvals::approve;
use crate::contracts::{amending, deal, signing, submitting, terms, updating};
use crate::secrecy::{costing, withdrawing};
use crate::world::*;

/// The contract of a deal that costs us so much, for so much.
async fn written(world: &World, (cost, amount): (i64, i64)) -> (String, Caller) {
    let (name, seller) = deal(world).await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let mut prices = world.pricing(&manager);
    prices
        .put_cost_sheet(costing(&name, money(cost, 0)))
        .await
        .unwrap();
    let contract = Contract {
        amount: money(amount, 0),
        list_price: None,
        ..terms(&name)
    };
    let mut client = world.contracts(&seller);
    client.update_contract(updating(contract)).await.unwrap();
    (name, seller)
}

async fn submit(world: &World, seller: &Caller, name: &str) -> String {
    let mut client = world.contracts(seller);
    let sent = client.submit_contract_for_approval(submitting(name)).await;
    sent.unwrap().into_inner().contract.unwrap().approval
}

/// The rule that an approval of a deal follows, and how many steps it has.
async fn rule(world: &World, name: &str, approval: &str) -> (String, usize) {
    let manager = Caller::person(world.tenant, "sales_manager");
    let list = ListApprovalsRequest {
        parent: name.to_owned(),
    };
    let list = world.approvals(&manager).list_approvals(list).await;
    let all = list.unwrap().into_inner().approvals;
    let found = all.into_iter().find(|it| it.name == approval).unwrap();
    (found.rule, found.steps.len())
}

#[tokio::test]
async fn a_margin_that_is_shown_as_the_threshold_may_be_below_it() {
    let world = world().await;
    for (cost, shown, expected) in [
        (900_040, "10.00", ("thin_margin", 2)),
        (899_999, "10.00", ("contract", 1)),
    ] {
        let (name, seller) = written(&world, (cost, 999_999)).await;
        let price = crate::pricing::proposing(&name, money(999_999, 0));
        let manager = Caller::person(world.tenant, "sales_manager");
        let mut prices = world.pricing(&manager);
        prices.propose_price(price).await.unwrap();
        let read = GetPricingRequest {
            name: name.clone(),
            ..Default::default()
        };
        let figures = prices.get_pricing(read).await.unwrap().into_inner().figures;
        assert_eq!(figures.unwrap().margin_percent, shown);
        let approval = submit(&world, &seller, &name).await;
        let (id, steps) = rule(&world, &name, &approval).await;
        assert_eq!((id.as_str(), steps), expected, "{cost}");
    }
}

#[tokio::test]
async fn a_check_tells_nothing_of_the_margin() {
    let world = world().await;
    let mut told = Vec::new();
    for cost in [1, 799_999] {
        let (name, seller) = written(&world, (cost, 800_000)).await;
        let check = SubmitContractForApprovalRequest {
            validate_only: true,
            ..submitting(&name)
        };
        let mut client = world.contracts(&seller);
        let sent = client.submit_contract_for_approval(check).await.unwrap();
        let sent = sent.into_inner();
        let contract = Contract {
            name: String::new(),
            approval: String::new(),
            ..sent.contract.unwrap()
        };
        told.push((contract, sent.opportunity.unwrap().etag));
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn a_contract_is_not_sent_and_taken_back_for_ever() {
    let world = world().await;
    let (name, seller) = written(&world, (700_000, 800_000)).await;
    let mut approvals = world.approvals(&seller);
    for _ in 0..3 {
        let sent = submit(&world, &seller, &name).await;
        approvals
            .withdraw_approval(withdrawing(&sent))
            .await
            .unwrap();
    }
    let last = submit(&world, &seller, &name).await;
    let refused = approvals.withdraw_approval(withdrawing(&last)).await;
    assert_eq!(reason(refused), "APPROVAL_MUST_BE_DECIDED");
}

#[tokio::test]
async fn amendments_that_are_small_one_by_one_are_judged_together() {
    let world = world().await;
    let (name, seller) = written(&world, (100_000, 800_000)).await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let approval = submit(&world, &seller, &name).await;
    approve(&world, &manager, &approval).await.unwrap();
    let mut client = world.contracts(&seller);
    client.sign_contract(signing(&name)).await.unwrap();
    let first = client
        .create_contract_amendment(amending(&name, money(150_000, 0)))
        .await;
    let first = first.unwrap().into_inner().amendment.unwrap().approval;
    assert_eq!(
        rule(&world, &name, &first).await,
        ("contract".to_owned(), 1)
    );
    let beside = client
        .create_contract_amendment(amending(&name, money(150_000, 0)))
        .await;
    assert_eq!(reason(beside), "APPROVAL_PENDING");
    let decided = approve(&world, &manager, &first).await.unwrap();
    assert_eq!(decided.state(), ApprovalState::Approved);
    // Approved and not signed: it counts.
    let second = client
        .create_contract_amendment(amending(&name, money(150_000, 0)))
        .await;
    let second = second.unwrap().into_inner().amendment.unwrap().approval;
    let expected = ("large_contract".to_owned(), 2);
    assert_eq!(rule(&world, &name, &second).await, expected);
    let half = approve(&world, &manager, &second).await.unwrap();
    assert_eq!(
        (half.state(), half.amount),
        (ApprovalState::Pending, money(1_100_000, 0))
    );
}
