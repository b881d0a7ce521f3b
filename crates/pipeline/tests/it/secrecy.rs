//! Who may not see costs and floor does not find them by trying.

use keynode_kit::testing::Caller;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::*;
use tonic_types::StatusExt as _;

use crate::pricing::proposing;
use crate::world::*;

pub fn costing(name: &str, cost: Option<Money>) -> PutCostSheetRequest {
    let line = CostLine {
        text: "成本".to_owned(),
        category: CostCategory::Other.into(),
        quantity: "1".to_owned(),
        unit_cost: cost,
        ..Default::default()
    };
    PutCostSheetRequest {
        name: name.to_owned(),
        cost_sheet: Some(CostSheet {
            lines: vec![line],
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn sum(currency: &str, units: i64, nanos: i32) -> Option<Money> {
    Some(Money {
        currency_code: currency.to_owned(),
        units,
        nanos,
    })
}

pub fn spending(name: &str, units: i64) -> CreatePursuitCostRequest {
    CreatePursuitCostRequest {
        parent: name.to_owned(),
        cost: Some(PursuitCost {
            date: date(2026, 7, 1),
            category: PursuitCategory::Travel.into(),
            amount: money(units, 0),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub fn withdrawing(approval: &str) -> WithdrawApprovalRequest {
    WithdrawApprovalRequest {
        name: approval.to_owned(),
        reason: "误报".to_owned(),
        ..Default::default()
    }
}

async fn floor(world: &World, name: &str, amount: Option<Money>) {
    let request = SetPriceFloorRequest {
        name: name.to_owned(),
        floor: Some(PriceFloor {
            amount,
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut client = world.pricing(&Caller::person(world.tenant, "sales_manager"));
    client.set_price_floor(request).await.unwrap();
}

async fn rate(world: &World, (from, to): (&str, &str), rate: &str) {
    let rate = ExchangeRate {
        from_currency: from.to_owned(),
        to_currency: to.to_owned(),
        valid_from_date: date(2026, 1, 1),
        rate: rate.to_owned(),
        ..Default::default()
    };
    let rates = PutExchangeRatesRequest {
        rates: vec![rate],
        ..Default::default()
    };
    let mut client = world.rates(&Caller::person(world.tenant, "sales_manager"));
    client.put_exchange_rates(rates).await.unwrap();
}

async fn propose(
    world: &World,
    caller: &Caller,
    name: &str,
    price: Option<Money>,
) -> Result<PriceProposal, tonic::Status> {
    let mut request = proposing(name, price);
    request.proposal.as_mut().unwrap().list_price = None;
    let answer = world.pricing(caller).propose_price(request).await?;
    Ok(answer.into_inner().proposal.unwrap())
}

#[tokio::test]
async fn neither_events_nor_versions_nor_key_nodes_tell_the_alarm() {
    let world = world().await;
    let deal = deal_that_asks(&world, "pursuit.alarm == 'NONE'").await;
    let name = deal.name;
    let manager = Caller::person(world.tenant, "sales_manager");
    let mut prices = world.pricing(&manager);
    prices
        .put_cost_sheet(costing(&name, money(900, 0)))
        .await
        .unwrap();
    propose(&world, &manager, &name, money(2000, 0))
        .await
        .unwrap();
    let mut costs = world.pursuit(&manager);
    let spent = costs.create_pursuit_cost(spending(&name, 50)).await;
    let spent = spent.unwrap().into_inner();
    let version = |deal: &Opportunity| deal.etag.parse::<i64>().unwrap();
    let before = version(&spent.opportunity.unwrap());
    // From none to an alarm: one change, and one event, of the price.
    let request = proposing(&name, money(1000, 0));
    let after = prices.propose_price(request).await.unwrap().into_inner();
    assert_eq!(version(&after.opportunity.unwrap()), before + 1);
    assert_eq!(world.events("PursuitCostsChanged").await, 1);
    let summary = GetPursuitSummaryRequest { name: name.clone() };
    let summary = costs.get_pursuit_summary(summary).await.unwrap();
    let summary = summary.into_inner().summary.unwrap();
    assert_eq!(summary.alarm(), PursuitAlarm::Alarm);
    let same = UpdatePursuitCostRequest {
        cost: spent.cost,
        ..Default::default()
    };
    let same = costs.update_pursuit_cost(same).await.unwrap().into_inner();
    assert_eq!(version(&same.opportunity.unwrap()), before + 1);
    let gate = CheckGateRequest { name: name.clone() };
    let gate = world.manager().check_gate(gate).await.unwrap();
    let criteria = gate.into_inner().gate.unwrap().criteria;
    let written = criteria.iter().find(|it| it.observed.contains("pursuit"));
    assert_eq!(
        written.unwrap().observed,
        "pursuit.alarm is not told here",
        "whatever it is"
    );
    let refused = advance(&mut world.manager(), &name).await.unwrap_err();
    let violations = refused.get_error_details();
    let violations = format!("{:?}", violations.precondition_failure().unwrap());
    assert!(violations.contains("not told") && !violations.contains("ALARM"));
}

#[tokio::test]
async fn what_cannot_be_held_against_the_floor_needs_approval_of_who_may_not_see_it() {
    let world = world().await;
    let seller = Caller::seller(world.tenant);
    let name = create(&mut world.opportunities(&seller), named("x"))
        .await
        .name;
    floor(&world, &name, sum("USD", 100, 0)).await;
    let manager = Caller::person(world.tenant, "sales_manager");
    let told = propose(&world, &manager, &name, money(9000, 0)).await;
    assert_eq!(reason(told), "EXCHANGE_RATE_NOT_FOUND");
    let check = ProposePriceRequest {
        validate_only: true,
        ..proposing(&name, money(9000, 0))
    };
    let check = world.pricing(&seller).propose_price(check).await.unwrap();
    let check = check.into_inner().proposal.unwrap();
    assert_eq!(
        (check.state(), check.approval.as_str()),
        (PriceState::Unspecified, "")
    );
    let proposed = propose(&world, &seller, &name, money(9000, 0)).await;
    assert_eq!(proposed.unwrap().state(), PriceState::PendingApproval);
}

#[tokio::test]
async fn a_price_is_held_against_the_floor_as_it_is_and_not_as_it_would_be_paid() {
    let world = world().await;
    let seller = Caller::seller(world.tenant);
    let mut deals = world.opportunities(&seller);
    rate(&world, ("CNY", "JPY"), "20.504").await;
    for (units, state) in [
        (2050, PriceState::PendingApproval),
        (2051, PriceState::Approved),
    ] {
        let name = create(&mut deals, named("x")).await.name;
        // 2050.4 JPY, and nobody pays less than one.
        floor(&world, &name, money(100, 0)).await;
        let proposed = propose(&world, &seller, &name, sum("JPY", units, 0)).await;
        assert_eq!(proposed.unwrap().state(), state, "{units}");
        let manager = Caller::person(world.tenant, "sales_manager");
        let request = GetPricingRequest {
            name,
            ..Default::default()
        };
        let read = world.pricing(&manager).get_pricing(request).await.unwrap();
        let figures = read.into_inner().figures.unwrap();
        assert_eq!(figures.below_floor, Some(state != PriceState::Approved));
    }
}

#[tokio::test]
async fn nobody_asks_and_takes_back_for_ever() {
    let world = world().await;
    let seller = Caller::seller(world.tenant);
    let name = create(&mut world.opportunities(&seller), named("x"))
        .await
        .name;
    floor(&world, &name, money(900, 0)).await;
    let mut approvals = world.approvals(&seller);
    let ask = async |units| {
        let proposed = propose(&world, &seller, &name, money(units, 0)).await;
        proposed.unwrap().approval
    };
    for units in [100, 500, 700] {
        let asked = ask(units).await;
        approvals
            .withdraw_approval(withdrawing(&asked))
            .await
            .unwrap();
        propose(&world, &seller, &name, money(1000, 0))
            .await
            .unwrap();
    }
    let last = ask(800).await;
    let refused = approvals.withdraw_approval(withdrawing(&last)).await;
    assert_eq!(reason(refused), "APPROVAL_MUST_BE_DECIDED");
    let manager = Caller::person(world.tenant, "sales_manager");
    crate::approvals::approve(&world, &manager, &last)
        .await
        .unwrap();
    let next = ask(850).await;
    approvals
        .withdraw_approval(withdrawing(&next))
        .await
        .unwrap();
}
