use keynode_proto::accounts::v1::{
    AttractivenessFactor, CompetitivePosition, EntryMode, MarketPosition, OverallStrategy,
    ResourceBalance, ResourceShare, SegmentAdvice, SegmentAssessment, SegmentEstimate,
    SegmentFinding, SegmentFindingSeverity as Severity, SegmentImportance, SegmentRating,
    SegmentResources,
};
use keynode_proto::google::r#type::Money;
use proptest::prelude::*;

use super::attractiveness::judge;
use super::*;
use crate::strategy::model::shipped;

fn yuan(units: i64) -> Option<Money> {
    Some(Money {
        currency_code: "CNY".to_owned(),
        units,
        nanos: 0,
    })
}

fn estimate(units: i64) -> Option<SegmentEstimate> {
    Some(SegmentEstimate {
        amount_per_year: yuan(units),
        ..SegmentEstimate::default()
    })
}

/// Ratings of the shipped factors, in order; none is unknown.
fn ratings(values: &[Option<i32>]) -> Vec<SegmentRating> {
    let factors = shipped().factors.into_iter().zip(values);
    let rating = |(factor, value): (AttractivenessFactor, &Option<i32>)| {
        value.map(|value| SegmentRating {
            factor: factor.id,
            rating: Some(value),
            ..SegmentRating::default()
        })
    };
    factors.filter_map(rating).collect()
}

/// A segment rated alike on all factors that takes a part of sales of 1000.
fn segment(rating: i32, takes: i64) -> Facts {
    Facts {
        strategy: SegmentStrategy {
            ratings: ratings(&[Some(rating); 5]),
            selling_cost: estimate(takes),
            sales_prediction: estimate(1000),
            ..SegmentStrategy::default()
        },
        ..Facts::default()
    }
}

fn advice_of(facts: &Facts) -> SegmentAdvice {
    analyze(&shipped(), std::slice::from_ref(facts))[0].advice()
}

fn codes(facts: &Facts) -> Vec<(String, Severity)> {
    let analysis = analyze(&shipped(), std::slice::from_ref(facts)).remove(0);
    let code = |it: SegmentFinding| (it.code.clone(), it.severity());
    analysis.findings.into_iter().map(code).collect()
}

#[test]
fn importance_is_held_against_cost() {
    assert_eq!(advice_of(&segment(60, 250)), SegmentAdvice::Keep);
    assert_eq!(advice_of(&segment(59, 250)), SegmentAdvice::Drop);
    assert_eq!(advice_of(&segment(60, 249)), SegmentAdvice::Invest);
    assert_eq!(advice_of(&segment(59, 249)), SegmentAdvice::Maintain);
}

#[test]
fn what_people_set_goes_before_what_is_computed() {
    let mut set = segment(10, 900);
    set.strategy.importance = SegmentImportance::Important.into();
    assert_eq!(advice_of(&set), SegmentAdvice::Keep);
}

#[test]
fn a_large_need_makes_a_secondary_segment_one_to_drop() {
    let mut needy = segment(10, 1);
    needy.strategy.needed = Some(SegmentResources {
        budget: yuan(900),
        people: None,
    });
    assert_eq!(advice_of(&needy), SegmentAdvice::Drop);
}

#[test]
fn without_facts_there_is_no_advice_but_a_reason() {
    let full = segment(80, 100);
    let without = |change: fn(&mut SegmentStrategy)| {
        let mut facts = full.clone();
        change(&mut facts.strategy);
        let analysis = analyze(&shipped(), &[facts]).remove(0);
        (analysis.advice(), analysis.reasons.len())
    };
    let unknown = (SegmentAdvice::Unspecified, 2);
    assert_eq!(without(|it| it.ratings.truncate(2)), unknown);
    assert_eq!(without(|it| it.sales_prediction = None), unknown);
    assert_eq!(without(|it| it.selling_cost = None), unknown);
    let in_dollars = |it: &mut SegmentStrategy| {
        let cost = it.selling_cost.as_mut().unwrap();
        cost.amount_per_year.as_mut().unwrap().currency_code = "USD".to_owned();
    };
    assert_eq!(without(in_dollars), unknown);
    assert_eq!(without(|_| {}).0, SegmentAdvice::Invest);
}

#[test]
fn whatever_is_spent_for_no_sales_is_much() {
    let mut hopeless = segment(10, 1);
    hopeless.strategy.sales_prediction = estimate(0);
    assert_eq!(advice_of(&hopeless), SegmentAdvice::Drop);
    hopeless.strategy.selling_cost = estimate(0);
    assert_eq!(advice_of(&hopeless), SegmentAdvice::Maintain);
}

#[test]
fn the_largest_and_smallest_amounts_are_compared() {
    let mut extreme = segment(10, i64::MAX);
    extreme.strategy.sales_prediction = Some(SegmentEstimate {
        amount_per_year: Some(Money {
            currency_code: "CNY".to_owned(),
            units: 0,
            nanos: 1,
        }),
        ..SegmentEstimate::default()
    });
    assert_eq!(advice_of(&extreme), SegmentAdvice::Drop);
}

#[test]
fn an_unknown_factor_is_left_out_not_zero() {
    let attractiveness = judge(&shipped(), &ratings(&[Some(80), None, Some(60)]));
    assert_eq!(attractiveness.score, Some(70.0));
    assert_eq!(attractiveness.known_weight, 40);
    let unknown = ["growth", "competition", "fit"];
    assert_eq!(attractiveness.unknown_factors, unknown);
    assert_eq!(judge(&shipped(), &[]).score, None);
}

#[test]
fn typhoon_is_for_leaders() {
    let entering = |mode: EntryMode, position: CompetitivePosition| {
        let mut facts = Facts::default();
        facts.strategy.entry_mode = mode.into();
        facts.strategy.market_position = Some(MarketPosition {
            position: position.into(),
            ..MarketPosition::default()
        });
        codes(&facts)
    };
    use CompetitivePosition::{Challenger, Follower, Leader, Niche, Unspecified};
    for position in [Challenger, Follower, Niche] {
        let warned = [("ENTRY_TYPHOON_NOT_LEADER".to_owned(), Severity::Warning)];
        assert_eq!(entering(EntryMode::Typhoon, position), warned);
    }
    let open = [(
        "ENTRY_TYPHOON_POSITION_UNKNOWN".to_owned(),
        Severity::Undetermined,
    )];
    assert_eq!(entering(EntryMode::Typhoon, Unspecified), open);
    assert_eq!(entering(EntryMode::Typhoon, Leader), []);
    assert_eq!(entering(EntryMode::Steps, Follower), []);
}

#[test]
fn a_new_region_wants_a_winter_jasmine_first() {
    let new = |winter_jasmines| {
        let mut facts = Facts {
            winter_jasmines,
            ..Facts::default()
        };
        facts.strategy.is_new = Some(true);
        codes(&facts)
    };
    assert_eq!(new(Some(0))[0].0, "NEW_WITHOUT_WINTER_JASMINE");
    assert_eq!(new(None)[0].0, "NEW_WINTER_JASMINES_UNKNOWN");
    assert_eq!(new(Some(1)), []);
    assert_eq!(codes(&Facts::default()), [], "not said to be new");
}

#[test]
fn strengths_and_opportunities_suggest_the_overall_strategy() {
    let told = |count| vec![SegmentAssessment::default(); count];
    let suggested = |opportunities, obstacles, strengths, weaknesses| {
        direction::suggest(&SegmentStrategy {
            opportunities: told(opportunities),
            obstacles: told(obstacles),
            strengths: told(strengths),
            weaknesses: told(weaknesses),
            ..SegmentStrategy::default()
        })
    };
    assert_eq!(suggested(2, 1, 2, 1), OverallStrategy::Growth);
    assert_eq!(suggested(2, 1, 1, 2), OverallStrategy::Turnaround);
    assert_eq!(suggested(1, 2, 0, 1), OverallStrategy::Defence);
    assert_eq!(suggested(1, 2, 2, 1), OverallStrategy::Mixed);
    assert_eq!(suggested(1, 1, 1, 1), OverallStrategy::Mixed);
    assert_eq!(suggested(0, 0, 1, 1), OverallStrategy::Unspecified);
}

#[test]
fn people_go_where_it_is_attractive() {
    let staffed = |rating, takes, people| {
        let mut facts = segment(rating, takes);
        facts.strategy.allocated = Some(SegmentResources {
            people: Some(people),
            budget: None,
        });
        facts
    };
    // The last is secondary and takes much: nothing is its fair share.
    let segments = [staffed(75, 1, 1), staffed(75, 1, 5), staffed(25, 900, 4)];
    let analyses = analyze(&shipped(), &segments);
    let shares: Vec<ResourceShare> = analyses
        .iter()
        .map(|it| it.allocation.unwrap().people.unwrap())
        .collect();
    let expected = [
        ResourceBalance::Under,
        ResourceBalance::Even,
        ResourceBalance::Over,
    ];
    for (share, expected) in shares.iter().zip(expected) {
        assert_eq!(
            (share.balance(), share.compared),
            (expected, 3),
            "{share:?}"
        );
    }
    assert_eq!(shares[2].fair_share, Some(0.0));
    let budget = analyses[0].allocation.unwrap().budget.unwrap();
    assert_eq!(budget, ResourceShare::default(), "no budget is known");
    let codes: Vec<&str> = analyses[2]
        .findings
        .iter()
        .map(|it| it.code.as_str())
        .collect();
    assert_eq!(codes, ["PEOPLE_OVER"]);
}

#[test]
fn budgets_of_other_currencies_are_not_compared() {
    let with = |currency: &str| Claim {
        weight: Some(50.0),
        people: None,
        budget: Some((currency.to_owned(), 10.0)),
    };
    let claims = [with("CNY"), with("CNY"), with("USD")];
    let budgets: Vec<ResourceShare> = allocation::allocate(&shipped(), &claims)
        .into_iter()
        .filter_map(|it| it.budget)
        .collect();
    let seen: Vec<(i32, ResourceBalance)> = budgets
        .iter()
        .map(|it| (it.compared, it.balance()))
        .collect();
    let alone = (1, ResourceBalance::Unspecified);
    let even = (2, ResourceBalance::Even);
    assert_eq!(seen, [even, even, alone]);
}

fn some_ratings() -> impl Strategy<Value = Vec<Option<i32>>> {
    prop::collection::vec(prop::option::of(0..=100), 5)
}

fn some_claims() -> impl Strategy<Value = Vec<Claim>> {
    let claim = (prop::option::of(0..=100), prop::option::of(0..1000));
    let claim = claim.prop_map(|(weight, people): (Option<i32>, Option<i32>)| Claim {
        weight: weight.map(f64::from),
        people: people.map(f64::from),
        budget: None,
    });
    prop::collection::vec(claim, 0..8)
}

proptest! {
    #[test]
    fn attractiveness_lies_among_what_is_known(values in some_ratings()) {
        let known: Vec<f64> = values.iter().flatten().copied().map(f64::from).collect();
        let score = judge(&shipped(), &ratings(&values)).score;
        prop_assert_eq!(score.is_none(), known.is_empty());
        if let Some(score) = score {
            let (low, high) = known.iter().fold((100.0_f64, 0.0_f64), |(l, h), x| (l.min(*x), h.max(*x)));
            prop_assert!((low..=high).contains(&score), "{} of {:?}", score, known);
        }
    }

    #[test]
    fn a_better_rating_never_lowers_attractiveness(
        values in prop::collection::vec(0..100, 5), n in 0_usize..5,
    ) {
        let values: Vec<Option<i32>> = values.into_iter().map(Some).collect();
        let mut better = values.clone();
        better[n] = better[n].map(|value| value + 1);
        let score = |values: &[Option<i32>]| judge(&shipped(), &ratings(values)).score;
        prop_assert!(score(&better) > score(&values));
    }

    #[test]
    fn shares_of_those_compared_total_100(claims in some_claims()) {
        let shares = allocation::allocate(&shipped(), &claims);
        let of = |share: fn(&ResourceShare) -> Option<f64>| {
            let known = shares.iter().filter_map(|it| share(it.people.as_ref()?));
            known.collect::<Vec<f64>>()
        };
        for shares in [of(|it| it.share), of(|it| it.fair_share)] {
            let total: f64 = shares.iter().sum();
            prop_assert!(shares.is_empty() || (total - 100.0).abs() < 0.1, "{:?}", shares);
        }
    }

    #[test]
    fn the_order_of_segments_makes_no_difference(
        ratings in prop::collection::vec((0..=100, 0..1000_i64), 1..6),
    ) {
        let segments: Vec<Facts> = ratings.iter().map(|(rating, takes)| segment(*rating, *takes)).collect();
        let turned: Vec<Facts> = segments.iter().rev().cloned().collect();
        let mut back = analyze(&shipped(), &turned);
        back.reverse();
        prop_assert_eq!(analyze(&shipped(), &segments), back);
    }
}
