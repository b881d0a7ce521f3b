//! Costs, price floor and price: who sees what, and what needs approval.

use keynode_kit::client::Channel;
use keynode_kit::testing::Caller;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::pricing_service_client::PricingServiceClient;
use keynode_proto::pipeline::v1::*;
use prost::Message as _;

use crate::world::*;

type Pricings = PricingServiceClient<Channel>;

fn usd(units: i64) -> Option<Money> {
    Some(Money {
        currency_code: "USD".to_owned(),
        units,
        nanos: 0,
    })
}

fn line(text: &str, quantity: &str, unit_cost: Option<Money>) -> CostLine {
    CostLine {
        text: text.to_owned(),
        category: CostCategory::Material.into(),
        quantity: quantity.to_owned(),
        unit_cost,
        ..Default::default()
    }
}

fn costing(name: &str, lines: Vec<CostLine>) -> PutCostSheetRequest {
    PutCostSheetRequest {
        name: name.to_owned(),
        cost_sheet: Some(CostSheet {
            lines,
            wished_margin_percent: "20".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn flooring(name: &str, amount: Option<Money>) -> SetPriceFloorRequest {
    SetPriceFloorRequest {
        name: name.to_owned(),
        floor: amount.map(|amount| PriceFloor {
            amount: Some(amount),
            note: "不低于成本".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub fn proposing(name: &str, price: Option<Money>) -> ProposePriceRequest {
    ProposePriceRequest {
        name: name.to_owned(),
        proposal: Some(PriceProposal {
            price,
            list_price: money(1250, 0),
            rank: PriceRank::BelowAverage.into(),
            reasoning: "第二名报价1100".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

async fn pricing(client: &mut Pricings, name: &str) -> GetPricingResponse {
    let request = GetPricingRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    client.get_pricing(request).await.unwrap().into_inner()
}

/// A deal of a seller's worth 1000 CNY, with the seller and a manager.
async fn deal(world: &World) -> (String, Caller, Caller) {
    let seller = Caller::seller(world.tenant);
    let worth = Opportunity {
        amount: money(1000, 0),
        ..named("宁夏项目")
    };
    let deal = create(&mut world.opportunities(&seller), worth).await;
    (
        deal.name,
        seller,
        Caller::person(world.tenant, "sales_manager"),
    )
}

#[tokio::test]
async fn figures_follow_from_costs_and_price_to_the_cent() {
    let world = world().await;
    let (name, seller, manager) = deal(&world).await;
    let mut client = world.pricing(&manager);
    let lines = vec![
        line("变送器", "3", money(166, 670_000_000)),
        line("安装", "0.5", money(600, 0)),
    ];
    let put = client
        .put_cost_sheet(costing(&name, lines))
        .await
        .unwrap()
        .into_inner();
    let sheet = put.cost_sheet.unwrap();
    assert_eq!(sheet.lines[0].total, money(500, 10_000_000));
    assert!(!sheet.recorder.is_empty());
    client
        .set_price_floor(flooring(&name, money(900, 0)))
        .await
        .unwrap();
    let mut own = world.pricing(&seller);
    let proposed = own.propose_price(proposing(&name, money(1000, 0))).await;
    let proposed = proposed.unwrap().into_inner().proposal.unwrap();
    assert_eq!(
        (proposed.state(), proposed.approval.as_str()),
        (PriceState::Approved, "")
    );
    let read = pricing(&mut client, &name).await;
    let figures = read.figures.unwrap();
    assert_eq!(figures.cost_total, money(800, 10_000_000));
    assert_eq!(figures.margin, money(199, 990_000_000));
    assert_eq!(figures.margin_percent, "20.00");
    assert_eq!(figures.discount_percent, "20.00");
    assert_eq!(figures.wished_price, money(1000, 20_000_000));
    assert_eq!((figures.below_floor, read.masked), (Some(false), false));
    let unknown = vec![line("进口阀门", "1", usd(10))];
    client
        .put_cost_sheet(costing(&name, unknown))
        .await
        .unwrap();
    let figures = pricing(&mut client, &name).await.figures.unwrap();
    assert_eq!(
        (figures.cost_total, figures.margin),
        (None, None),
        "never a rate of 1"
    );
    assert_eq!(figures.missing_rates, ["USD/CNY"]);
    let rate = ExchangeRate {
        from_currency: "USD".to_owned(),
        to_currency: "CNY".to_owned(),
        valid_from_date: date(2026, 1, 1),
        rate: "7".to_owned(),
        ..Default::default()
    };
    let rates = PutExchangeRatesRequest {
        rates: vec![rate],
        ..Default::default()
    };
    world
        .rates(&manager)
        .put_exchange_rates(rates)
        .await
        .unwrap();
    let figures = pricing(&mut client, &name).await.figures.unwrap();
    assert_eq!(figures.cost_total, money(70, 0));
    let early = GetPricingRequest {
        name: name.clone(),
        rate_date: date(2025, 12, 31),
    };
    let early = client.get_pricing(early).await.unwrap().into_inner();
    assert_eq!(early.figures.unwrap().missing_rates, ["USD/CNY"]);
}

#[tokio::test]
async fn costs_margin_and_floor_are_masked_and_stand_in_no_event() {
    let world = world().await;
    let (name, seller, manager) = deal(&world).await;
    let mut client = world.pricing(&manager);
    let lines = vec![line("机密成本", "1", money(777_777, 0))];
    client.put_cost_sheet(costing(&name, lines)).await.unwrap();
    client
        .set_price_floor(flooring(&name, money(888_888, 0)))
        .await
        .unwrap();
    let below = proposing(&name, money(1000, 0));
    let mut own = world.pricing(&seller);
    let proposed = own.propose_price(below).await.unwrap().into_inner();
    assert_eq!(
        proposed.proposal.unwrap().state(),
        PriceState::PendingApproval
    );
    let viewer = Caller::person(world.tenant, "viewer");
    for caller in [&seller, &viewer, &Caller::integrator(world.tenant)] {
        let mut client = world.pricing(caller);
        let read = pricing(&mut client, &name).await;
        assert!(read.masked);
        let (part, figures) = (read.pricing.unwrap(), read.figures.unwrap());
        assert_eq!((part.cost_sheet, part.floor), (None, None));
        assert!(part.proposal.is_some() && figures.price.is_some());
        assert_eq!(
            (figures.cost_total, figures.margin, figures.below_floor),
            (None, None, None)
        );
        assert!(figures.cost_totals.is_empty() && figures.margin_percent.is_empty());
        let floor = GetPriceFloorRequest { name: name.clone() };
        assert_eq!(
            reason(client.get_price_floor(floor).await),
            "PERMISSION_DENIED"
        );
        let refused = client.put_cost_sheet(costing(&name, Vec::new())).await;
        assert_eq!(reason(refused), "PERMISSION_DENIED");
        let refused = client.set_price_floor(flooring(&name, None)).await;
        assert_eq!(reason(refused), "PERMISSION_DENIED");
    }
    let floor = GetPriceFloorRequest { name: name.clone() };
    let floor = client.get_price_floor(floor).await.unwrap().into_inner();
    assert_eq!(floor.floor.unwrap().amount, money(888_888, 0));
    let secret: Vec<Vec<u8>> = [777_777, 888_888]
        .map(|units| money(units, 0).unwrap().encode_to_vec())
        .into();
    for r#type in ["PricingChanged", "ApprovalChanged"] {
        let (subject, data) = world.last_event(r#type).await;
        assert_eq!(subject, name);
        for secret in &secret {
            assert!(!data.windows(secret.len()).any(|it| it == secret.as_slice()));
        }
    }
    let (_, data) = world.last_event("PricingChanged").await;
    let event = PricingChanged::decode(data.as_slice()).unwrap();
    assert_eq!(event.areas, [PricingArea::Proposal as i32]);
    assert_eq!(event.after.unwrap().state(), PriceState::PendingApproval);
    assert_eq!(world.events("PricingChanged").await, 3);
}

#[tokio::test]
async fn a_check_tells_nobody_the_floor_who_may_not_see_it() {
    let world = world().await;
    let (name, seller, manager) = deal(&world).await;
    let floor = flooring(&name, money(900, 0));
    world
        .pricing(&manager)
        .set_price_floor(floor)
        .await
        .unwrap();
    let check = |units| ProposePriceRequest {
        validate_only: true,
        ..proposing(&name, money(units, 0))
    };
    let mut own = world.pricing(&seller);
    let above = own.propose_price(check(900)).await.unwrap().into_inner();
    let below = own.propose_price(check(899)).await.unwrap().into_inner();
    assert_eq!(above.opportunity, below.opportunity);
    for answer in [above, below] {
        let proposal = answer.proposal.unwrap();
        assert_eq!(
            (proposal.state(), proposal.approval.as_str()),
            (PriceState::Unspecified, "")
        );
    }
    let told = world.pricing(&manager).propose_price(check(899)).await;
    let told = told.unwrap().into_inner().proposal.unwrap();
    assert_eq!(told.state(), PriceState::PendingApproval);
    assert!(
        pricing(&mut own, &name)
            .await
            .pricing
            .unwrap()
            .proposal
            .is_none()
    );
    assert_eq!(world.events("ApprovalChanged").await, 0);
}

#[tokio::test]
async fn another_price_is_proposed_once_the_one_that_waits_is_settled() {
    let world = world().await;
    let (name, seller, manager) = deal(&world).await;
    let mut boss = world.pricing(&manager);
    boss.set_price_floor(flooring(&name, money(900, 0)))
        .await
        .unwrap();
    let mut own = world.pricing(&seller);
    let request = ProposePriceRequest {
        request_id: request_id(),
        ..proposing(&name, money(800, 0))
    };
    let once = own
        .propose_price(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = own.propose_price(request).await.unwrap().into_inner();
    assert_eq!(once, again);
    let waiting = once.proposal.unwrap().approval;
    for validate_only in [false, true] {
        for (client, units) in [(&mut own, 850), (&mut boss, 950)] {
            let another = ProposePriceRequest {
                validate_only,
                ..proposing(&name, money(units, 0))
            };
            let refused = client.propose_price(another).await;
            assert_eq!(reason(refused), "APPROVAL_PENDING");
        }
    }
    let withdraw = WithdrawApprovalRequest {
        name: waiting,
        reason: "报错了".to_owned(),
        ..Default::default()
    };
    let mut approvals = world.approvals(&seller);
    approvals.withdraw_approval(withdraw).await.unwrap();
    own.propose_price(proposing(&name, money(950, 0)))
        .await
        .unwrap();
    let proposal = pricing(&mut own, &name)
        .await
        .pricing
        .unwrap()
        .proposal
        .unwrap();
    assert_eq!(proposal.state(), PriceState::Approved);
    // A floor in a currency of which no rate is known is no floor of nothing.
    boss.set_price_floor(flooring(&name, usd(100)))
        .await
        .unwrap();
    let unknown = boss.propose_price(proposing(&name, money(800, 0))).await;
    assert_eq!(reason(unknown), "EXCHANGE_RATE_NOT_FOUND");
    boss.set_price_floor(flooring(&name, None)).await.unwrap();
    let free = own
        .propose_price(proposing(&name, money(1, 0)))
        .await
        .unwrap();
    assert_eq!(
        free.into_inner().proposal.unwrap().state(),
        PriceState::Approved
    );
    let unchanged = world.events("PricingChanged").await;
    boss.set_price_floor(flooring(&name, None)).await.unwrap();
    assert_eq!(
        world.events("PricingChanged").await,
        unchanged,
        "nothing changed"
    );
}

#[tokio::test]
async fn every_bad_field_of_costs_and_prices_is_named() {
    let world = world().await;
    let (name, _, manager) = deal(&world).await;
    let mut client = world.pricing(&manager);
    let lines = vec![
        CostLine::default(),
        line("x", "1e3", money(-1, 0)),
        line("x", "1000000", money(1_000_000_000_000, 0)),
    ];
    let request = PutCostSheetRequest {
        cost_sheet: Some(CostSheet {
            lines,
            rate_date: date(2026, 2, 30),
            wished_margin_percent: "100".to_owned(),
            note: "x".repeat(2001),
            ..Default::default()
        }),
        ..Default::default()
    };
    assert_eq!(
        fields(client.put_cost_sheet(request).await),
        [
            "name",
            "cost_sheet.lines[0].category",
            "cost_sheet.lines[0].quantity",
            "cost_sheet.lines[0].unit_cost",
            "cost_sheet.lines[0].text",
            "cost_sheet.lines[1].quantity",
            "cost_sheet.lines[1].unit_cost",
            "cost_sheet.lines[2]",
            "cost_sheet.wished_margin_percent",
            "cost_sheet.rate_date",
            "cost_sheet.note",
        ]
    );
    let many = (0..501).map(|_| line("x", "1", money(1, 0))).collect();
    let many = client.put_cost_sheet(costing(&name, many)).await;
    assert_eq!(fields(many), ["cost_sheet.lines"]);
    let floor = SetPriceFloorRequest {
        floor: Some(PriceFloor::default()),
        ..Default::default()
    };
    let floor = client.set_price_floor(floor).await;
    assert_eq!(fields(floor), ["name", "floor.amount"]);
    let bare = client.propose_price(ProposePriceRequest::default()).await;
    assert_eq!(fields(bare), ["name", "proposal.price"]);
    let mut other = proposing(&name, usd(5));
    other.proposal.as_mut().unwrap().rank = 99;
    let other = client.propose_price(other).await;
    assert_eq!(fields(other), ["proposal.list_price", "proposal.rank"]);
    for etag in ["9", "x"] {
        let stale = SetPriceFloorRequest {
            etag: etag.to_owned(),
            ..flooring(&name, money(1, 0))
        };
        assert_eq!(reason(client.set_price_floor(stale).await), "ETAG_MISMATCH");
        let stale = PutCostSheetRequest {
            etag: etag.to_owned(),
            ..costing(&name, Vec::new())
        };
        assert_eq!(reason(client.put_cost_sheet(stale).await), "ETAG_MISMATCH");
        let stale = ProposePriceRequest {
            etag: etag.to_owned(),
            ..proposing(&name, money(1, 0))
        };
        assert_eq!(reason(client.propose_price(stale).await), "ETAG_MISMATCH");
    }
}

#[tokio::test]
async fn prices_of_a_deal_that_is_not_seen_are_not_there() {
    let world = world().await;
    let (name, _, _) = deal(&world).await;
    let elsewhere = Caller::person(keynode_kit::testing::tenant(), "sales_manager");
    let mine_only = Caller {
        visibility: keynode_proto::accounts::v1::RoleVisibility::Own,
        ..Caller::person(world.tenant, "sales_manager")
    };
    for caller in [elsewhere, mine_only] {
        let mut client = world.pricing(&caller);
        let costs = client.put_cost_sheet(costing(&name, Vec::new())).await;
        assert_eq!(reason(costs), "OPPORTUNITY_NOT_FOUND");
        let floor = client.set_price_floor(flooring(&name, None)).await;
        assert_eq!(reason(floor), "OPPORTUNITY_NOT_FOUND");
        let floor = GetPriceFloorRequest { name: name.clone() };
        assert_eq!(
            reason(client.get_price_floor(floor).await),
            "OPPORTUNITY_NOT_FOUND"
        );
        let price = client.propose_price(proposing(&name, money(1, 0))).await;
        assert_eq!(reason(price), "OPPORTUNITY_NOT_FOUND");
        let read = GetPricingRequest {
            name: name.clone(),
            ..Default::default()
        };
        assert_eq!(
            reason(client.get_pricing(read).await),
            "OPPORTUNITY_NOT_FOUND"
        );
    }
    let viewer = Caller::person(world.tenant, "viewer");
    let denied = world
        .pricing(&viewer)
        .propose_price(proposing(&name, money(1, 0)))
        .await;
    assert_eq!(reason(denied), "PERMISSION_DENIED");
}
