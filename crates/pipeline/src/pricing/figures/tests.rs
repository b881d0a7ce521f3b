use proptest::prelude::*;

use super::*;

fn day() -> Date {
    "2026-03-01".parse().unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn sum(currency: &str, value: &str) -> Option<keynode_proto::google::r#type::Money> {
    Some(wire::money(currency, decimal(value)).unwrap())
}

fn line(currency: &str, value: &str) -> proto::CostLine {
    proto::CostLine {
        total: sum(currency, value),
        ..Default::default()
    }
}

fn pricing(lines: Vec<proto::CostLine>, price: &str, wished: &str) -> proto::Pricing {
    proto::Pricing {
        cost_sheet: Some(proto::CostSheet {
            lines,
            wished_margin_percent: wished.to_owned(),
            ..Default::default()
        }),
        floor: Some(proto::PriceFloor {
            amount: sum("CNY", "1000"),
            ..Default::default()
        }),
        proposal: Some(proto::PriceProposal {
            price: sum("CNY", price),
            list_price: sum("CNY", "1250"),
            ..Default::default()
        }),
    }
}

fn cny() -> Option<String> {
    Some("CNY".to_owned())
}

#[test]
fn margin_discount_and_wished_price_follow_from_costs_and_price() {
    let lines = vec![line("CNY", "500"), line("CNY", "300.01")];
    let figures = compute(
        &pricing(lines, "1000", "20"),
        cny(),
        day(),
        &Rates::default(),
    );
    assert_eq!(figures.cost_total, Some(decimal("800.01")));
    assert_eq!(figures.margin, Some(decimal("199.99")));
    assert_eq!(figures.margin_percent, Some(decimal("20.00")));
    assert_eq!(figures.discount_percent, Some(decimal("20.00")));
    assert_eq!(figures.wished_price, Some(decimal("1000.02")), "rounded up");
    assert_eq!(figures.below_floor, Some(false));
    assert!(figures.missing.is_empty());
}

#[test]
fn a_rate_that_is_missing_makes_the_rest_unknown_and_is_named() {
    let lines = vec![line("CNY", "500"), line("USD", "10")];
    let unknown = compute(
        &pricing(lines, "999.99", "20"),
        cny(),
        day(),
        &Rates::default(),
    );
    assert_eq!(unknown.cost_totals.len(), 2);
    assert_eq!(
        (unknown.cost_total, unknown.margin, unknown.wished_price),
        (None, None, None)
    );
    assert_eq!(unknown.below_floor, Some(true));
    assert_eq!(unknown.missing.iter().collect::<Vec<_>>(), ["USD/CNY"]);
    let mut rates = Rates::default();
    rates.add("USD", "CNY", day(), decimal("7"));
    let lines = vec![line("CNY", "500"), line("USD", "10")];
    let known = compute(&pricing(lines, "999.99", "20"), cny(), day(), &rates);
    assert_eq!(known.cost_total, Some(decimal("570")));
}

#[test]
fn without_costs_or_price_nothing_is_zero() {
    let figures = compute(&proto::Pricing::default(), cny(), day(), &Rates::default());
    let expected = Figures {
        currency: cny(),
        day: day(),
        ..Figures::default()
    };
    assert_eq!(figures, expected);
    let shown = figures.to_proto(true);
    assert_eq!((shown.margin, shown.margin_percent.as_str()), (None, ""));
}

#[test]
fn who_may_not_see_costs_sees_price_and_discount_only() {
    let figures = compute(
        &pricing(vec![line("CNY", "500"), line("EUR", "1")], "900", "20"),
        cny(),
        day(),
        &Rates::default(),
    );
    let shown = figures.to_proto(false);
    let expected = proto::PricingFigures {
        currency: "CNY".to_owned(),
        rate_date: Some(wire::date(day())),
        price: sum("CNY", "900"),
        discount_percent: "28.00".to_owned(),
        ..Default::default()
    };
    assert_eq!(shown, expected);
}

proptest! {
    #[test]
    fn the_wished_price_gives_the_wished_margin_and_a_unit_less_does_not(
        cents in 1_i64..1_000_000_000, wished in 0_i64..9_999,
    ) {
        let (costs, wished) = (Decimal::new(cents, 2), Decimal::new(wished, 2));
        let lines = vec![line("CNY", &costs.to_string())];
        let figures = compute(&pricing(lines, "1", &wished.to_string()), cny(), day(), &Rates::default());
        let price = figures.wished_price.unwrap();
        let gives = |price: Decimal| (price - costs) * Decimal::ONE_HUNDRED >= wished * price;
        prop_assert!(price.scale() <= 2 && gives(price));
        prop_assert!(!gives(price - Decimal::new(1, 2)));
    }
}
