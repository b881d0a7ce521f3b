//! Every sum that a caller sends: no finer than what can be paid, and not beyond what can be added up.

use keynode_kit::testing::Caller;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::attribute_value::Value;
use keynode_proto::pipeline::v1::element_state::Details;
use keynode_proto::pipeline::v1::*;
use tonic::Status;

use crate::contracts::{amending, approved, deal, signing, terms, updating};
use crate::pricing::proposing;
use crate::secrecy::costing;
use crate::world::*;

const MOST: i64 = 1_000_000_000_000_000;

/// Half a yen, a tenth of a fils, and more than can be added up.
fn refused_sums() -> [Option<Money>; 3] {
    let sum = |currency: &str, units, nanos| {
        Some(Money {
            currency_code: currency.to_owned(),
            units,
            nanos,
        })
    };
    [
        sum("JPY", 1, 500_000_000),
        sum("KWD", 1, 100_000),
        sum("CNY", MOST, 10_000_000),
    ]
}

async fn of_the_deal(world: &World, name: &str, sum: Option<Money>) -> Vec<Vec<String>> {
    let manager = Caller::person(world.tenant, "sales_manager");
    let mut deals = world.opportunities(&manager);
    let worth = Opportunity {
        amount: sum.clone(),
        ..named("x")
    };
    let made = CreateOpportunityRequest {
        opportunity: Some(worth.clone()),
        ..Default::default()
    };
    let news = Opportunity {
        name: name.to_owned(),
        ..worth.clone()
    };
    let budget = RecordQualificationElementRequest {
        name: name.to_owned(),
        state: Some(ElementState {
            element: QualificationElement::Budget.into(),
            knowledge: Knowledge::Known.into(),
            details: Some(Details::Budget(BudgetDetails {
                amount: sum.clone(),
                ..Default::default()
            })),
            ..Default::default()
        }),
        ..Default::default()
    };
    let valued = Opportunity {
        attributes: vec![AttributeValue {
            attribute: "opportunityAttributes/money".to_owned(),
            value: sum.clone().map(Value::Money),
        }],
        ..named("x")
    };
    let valued = CreateOpportunityRequest {
        opportunity: Some(valued),
        ..Default::default()
    };
    let activity = CreateActivityRequest {
        parent: name.to_owned(),
        activity: Some(Activity {
            kind: ActivityKind::Visit.into(),
            price_given: Some(true),
            price: sum,
            occur_time: crate::bulk::at(0),
            ..Default::default()
        }),
        ..Default::default()
    };
    vec![
        fields(deals.create_opportunity(made).await),
        fields(update(&mut deals, news, &["amount"]).await),
        fields(deals.record_qualification_element(budget).await),
        fields(deals.create_opportunity(valued).await),
        fields(world.activities(&manager).create_activity(activity).await),
    ]
}

async fn of_commerce(world: &World, name: &str, sum: Option<Money>) -> Vec<Vec<String>> {
    let manager = Caller::person(world.tenant, "sales_manager");
    let floor = SetPriceFloorRequest {
        name: name.to_owned(),
        floor: Some(PriceFloor {
            amount: sum.clone(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut price = proposing(name, sum.clone());
    price.proposal.as_mut().unwrap().list_price = None;
    let contract = Contract {
        amount: sum.clone(),
        list_price: None,
        ..terms(name)
    };
    let spent = CreatePursuitCostRequest {
        parent: name.to_owned(),
        cost: Some(PursuitCost {
            date: date(2026, 7, 1),
            category: PursuitCategory::Travel.into(),
            amount: sum.clone(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let offered = SubmitBidRequest {
        name: name.to_owned(),
        submission: Some(BidSubmission {
            submit_date: date(2026, 7, 1),
            price: sum.clone(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut prices = world.pricing(&manager);
    let costs = costing(name, sum.clone());
    let mut contracts = world.contracts(&manager);
    let amendment = amending(name, sum);
    vec![
        fields(prices.put_cost_sheet(costs).await),
        fields(prices.set_price_floor(floor).await),
        fields(prices.propose_price(price).await),
        fields(contracts.update_contract(updating(contract)).await),
        fields(contracts.create_contract_amendment(amendment).await),
        fields(world.pursuit(&manager).create_pursuit_cost(spent).await),
        fields(crate::bids::manager(world).submit_bid(offered).await),
    ]
}

#[tokio::test]
async fn sums_that_nobody_can_pay_or_add_up_are_refused_wherever_they_are_sent() {
    let world = world().await;
    crate::attributes::declare_all(&world).await;
    let (name, seller) = deal(&world).await;
    approved(&world, &seller, &name).await;
    let mut contracts = world.contracts(&seller);
    contracts.sign_contract(signing(&name)).await.unwrap();
    for sum in refused_sums() {
        let found = of_the_deal(&world, &name, sum.clone()).await;
        let expected = [
            ["opportunity.amount"],
            ["opportunity.amount"],
            ["state.budget.amount"],
            ["opportunity.attributes[0].money"],
            ["activity.price"],
        ];
        assert_eq!(found, expected, "{sum:?}");
        let found = of_commerce(&world, &name, sum.clone()).await;
        let expected = [
            ["cost_sheet.lines[0].unit_cost"],
            ["floor.amount"],
            ["proposal.price"],
            ["contract.amount"],
            ["amendment.amount_change"],
            ["cost.amount"],
            ["submission.price"],
        ];
        assert_eq!(found, expected, "{sum:?}");
    }
}

#[tokio::test]
async fn the_largest_sum_is_taken_and_counted() {
    let world = world().await;
    let mut client = world.manager();
    let worth = Opportunity {
        amount: money(MOST, 0),
        ..named("x")
    };
    create(&mut client, worth).await;
    let told = client.get_board(GetBoardRequest::default()).await.unwrap();
    let stages = told.into_inner().stages;
    let sums: Vec<&Money> = stages.iter().flat_map(|it| &it.amounts).collect();
    assert_eq!(sums, [&money(MOST, 0).unwrap()]);
}

/// What is said of a field of the only violation.
fn why<T: std::fmt::Debug>(answer: Result<T, Status>) -> (String, String) {
    use tonic_types::StatusExt as _;
    let details = answer.unwrap_err().get_error_details();
    let found = details.bad_request().unwrap().field_violations.clone();
    assert_eq!(found.len(), 1, "{found:?}");
    (found[0].field.clone(), found[0].description.clone())
}

#[tokio::test]
async fn hours_and_what_they_cost_are_refused_with_unit_and_bounds() {
    let world = world().await;
    let (name, seller) = deal(&world).await;
    let work = |hours: &str, rate: Option<Money>| CreatePursuitCostRequest {
        parent: name.clone(),
        cost: Some(PursuitCost {
            date: date(2026, 7, 1),
            category: PursuitCategory::People.into(),
            hours: hours.to_owned(),
            hourly_rate: rate,
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut client = world.pursuit(&seller);
    let long = client.create_pursuit_cost(work("10001", money(1, 0))).await;
    let expected = "must be more than 0 and at most 10000 hours";
    assert_eq!(why(long), ("cost.hours".to_owned(), expected.to_owned()));
    let most = money(1_000_000_000_000, 0);
    let expected = "hours times hourly_rate must be more than 0 and at most 1000000000000 CNY";
    for (hours, rate) in [("2", most), ("0.01", money(0, 10_000_000))] {
        let refused = client.create_pursuit_cost(work(hours, rate)).await;
        assert_eq!(
            why(refused),
            ("cost.amount".to_owned(), expected.to_owned())
        );
    }
}
