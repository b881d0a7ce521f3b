//! What may be said about a segment. Pure; everything that is wrong is noted at once.

use std::collections::HashSet;

use jiff::civil::Date;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    AttractivenessModel, CompetitivePosition, EntryMode, MarketPosition, MarketingMix,
    OverallStrategy, SegmentAssessment, SegmentEstimate, SegmentImportance, SegmentRating,
    SegmentResources, SegmentStrategy,
};
use keynode_proto::google::r#type::Money;

use crate::day;

const MOST: usize = 50;

/// The strategy without surrounding blanks. Factors are those of the model, and those that
/// were rated before under an older one. `today` is the day of the call in UTC.
pub fn read(
    before: &SegmentStrategy,
    sent: &SegmentStrategy,
    model: &AttractivenessModel,
    today: Date,
    bad: &mut Violations,
) -> SegmentStrategy {
    let in_model = model.factors.iter().map(|factor| factor.id.as_str());
    let rated = before.ratings.iter().map(|rating| rating.factor.as_str());
    let factors: HashSet<&str> = in_model.chain(rated).collect();
    bad.optional_enum::<SegmentImportance>("strategy.importance", sent.importance);
    bad.optional_enum::<EntryMode>("strategy.entry_mode", sent.entry_mode);
    bad.optional_enum::<OverallStrategy>("strategy.overall_strategy", sent.overall_strategy);
    SegmentStrategy {
        environment: bad.text("strategy.environment", &sent.environment, 10_000),
        opportunities: assessments("strategy.opportunities", &sent.opportunities, today, bad),
        obstacles: assessments("strategy.obstacles", &sent.obstacles, today, bad),
        strengths: assessments("strategy.strengths", &sent.strengths, today, bad),
        weaknesses: assessments("strategy.weaknesses", &sent.weaknesses, today, bad),
        selling_cost: estimate("strategy.selling_cost", sent.selling_cost.as_ref(), bad),
        sales_prediction: estimate(
            "strategy.sales_prediction",
            sent.sales_prediction.as_ref(),
            bad,
        ),
        ratings: ratings(&sent.ratings, &factors, today, bad),
        allocated: resources("strategy.allocated", sent.allocated.as_ref(), bad),
        needed: resources("strategy.needed", sent.needed.as_ref(), bad),
        market_position: position(sent.market_position.as_ref(), today, bad),
        mix: mix(sent.mix.as_ref(), bad),
        name: String::new(),
        etag: String::new(),
        update_time: None,
        ..sent.clone()
    }
}

fn check_count(field: &str, count: usize, bad: &mut Violations) {
    if count > MOST {
        bad.add(field, format!("must be at most {MOST}"));
    }
}

fn assessments(
    field: &str,
    sent: &[SegmentAssessment],
    today: Date,
    bad: &mut Violations,
) -> Vec<SegmentAssessment> {
    check_count(field, sent.len(), bad);
    let read_one = |(n, assessment): (usize, &SegmentAssessment)| {
        let at = |name: &str| format!("{field}[{n}].{name}");
        day::past(&at("date"), assessment.date, today, bad);
        SegmentAssessment {
            text: bad.required_text(&at("text"), &assessment.text, 2000),
            evidence: bad.text(&at("evidence"), &assessment.evidence, 2000),
            date: assessment.date,
        }
    };
    sent.iter().enumerate().map(read_one).collect()
}

fn estimate(
    field: &str,
    sent: Option<&SegmentEstimate>,
    bad: &mut Violations,
) -> Option<SegmentEstimate> {
    let sent = sent?;
    let at = |name: &str| format!("{field}.{name}");
    match &sent.amount_per_year {
        Some(money) => check_money(&at("amount_per_year"), money, bad),
        None => bad.add(at("amount_per_year"), "must be set"),
    }
    let start = day::planned(&at("start_date"), sent.start_date, bad);
    let end = day::planned(&at("end_date"), sent.end_date, bad);
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        bad.add(at("end_date"), "must not be before start_date");
    }
    Some(SegmentEstimate {
        source: bad.text(&at("source"), &sent.source, 400),
        ..sent.clone()
    })
}

fn check_money(field: &str, money: &Money, bad: &mut Violations) {
    match wire::read_money(money) {
        Ok((_, amount)) if amount.is_sign_negative() && !amount.is_zero() => {
            bad.add(field, "must not be negative");
        }
        Ok(_) => {}
        Err(error) => bad.add(field, error.to_string()),
    }
}

fn ratings(
    sent: &[SegmentRating],
    factors: &HashSet<&str>,
    today: Date,
    bad: &mut Violations,
) -> Vec<SegmentRating> {
    check_count("strategy.ratings", sent.len(), bad);
    let mut seen = HashSet::new();
    for (n, rating) in sent.iter().enumerate() {
        let field = format!("strategy.ratings[{n}].factor");
        if !factors.contains(rating.factor.as_str()) {
            bad.add(field, "is no factor of the attractiveness model in force");
        } else if !seen.insert(rating.factor.as_str()) {
            bad.add(field, "must be rated once");
        }
    }
    let read_one = |(n, rating): (usize, &SegmentRating)| {
        let at = |name: &str| format!("strategy.ratings[{n}].{name}");
        match rating.rating {
            Some(value) => drop(bad.range(&at("rating"), value.into(), 0..=100)),
            None => bad.add(
                at("rating"),
                "must be set; leave out a factor that is unknown",
            ),
        }
        day::past(&at("date"), rating.date, today, bad);
        SegmentRating {
            evidence: bad.text(&at("evidence"), &rating.evidence, 2000),
            ..rating.clone()
        }
    };
    sent.iter().enumerate().map(read_one).collect()
}

fn resources(
    field: &str,
    sent: Option<&SegmentResources>,
    bad: &mut Violations,
) -> Option<SegmentResources> {
    let sent = sent?;
    if let Some(people) = sent.people {
        bad.range(&format!("{field}.people"), people.into(), 0..=1_000_000);
    }
    if let Some(budget) = &sent.budget {
        check_money(&format!("{field}.budget"), budget, bad);
    }
    Some(sent.clone())
}

fn position(
    sent: Option<&MarketPosition>,
    today: Date,
    bad: &mut Violations,
) -> Option<MarketPosition> {
    let sent = sent?;
    let field = "strategy.market_position";
    bad.optional_enum::<CompetitivePosition>(&format!("{field}.position"), sent.position);
    day::past(&format!("{field}.date"), sent.date, today, bad);
    Some(MarketPosition {
        evidence: bad.text(&format!("{field}.evidence"), &sent.evidence, 2000),
        ..sent.clone()
    })
}

fn mix(sent: Option<&MarketingMix>, bad: &mut Violations) -> Option<MarketingMix> {
    let sent = sent?;
    let mut text = |name: &str, value: &str| bad.text(&format!("strategy.mix.{name}"), value, 4000);
    Some(MarketingMix {
        product: text("product", &sent.product),
        distribution: text("distribution", &sent.distribution),
        promotion: text("promotion", &sent.promotion),
        price: text("price", &sent.price),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::model::shipped;

    fn rating(factor: &str, rating: Option<i32>) -> SegmentRating {
        SegmentRating {
            factor: factor.to_owned(),
            rating,
            ..SegmentRating::default()
        }
    }

    fn bad_fields(before: &SegmentStrategy, sent: &SegmentStrategy) -> Vec<String> {
        let mut bad = Violations::default();
        read(before, sent, &shipped(), Date::MAX, &mut bad);
        let refused = bad.finish().err();
        let fields = refused.iter().flat_map(|fault| fault.fields());
        fields.map(|(field, _)| field.to_owned()).collect()
    }

    #[test]
    fn a_factor_is_rated_once_from_0_to_100_and_is_in_the_model() {
        let sent = SegmentStrategy {
            ratings: vec![
                rating("growth", Some(0)),
                rating("growth", Some(50)),
                rating("fit", Some(101)),
                rating("weather", Some(1)),
                rating("competition", None),
            ],
            ..SegmentStrategy::default()
        };
        let expected = ["[1].factor", "[3].factor", "[2].rating", "[4].rating"]
            .map(|field| format!("strategy.ratings{field}"));
        assert_eq!(bad_fields(&SegmentStrategy::default(), &sent), expected);
    }

    #[test]
    fn a_rating_outlives_the_model_that_it_was_made_under() {
        let before = SegmentStrategy {
            ratings: vec![rating("weather", Some(1))],
            ..SegmentStrategy::default()
        };
        assert!(bad_fields(&before, &before).is_empty());
    }

    #[test]
    fn no_estimate_is_negative_or_ends_before_it_begins() {
        let money = |units| {
            Some(Money {
                currency_code: "CNY".to_owned(),
                units,
                nanos: 0,
            })
        };
        let day = |day| {
            Some(keynode_proto::google::r#type::Date {
                year: 2026,
                month: 1,
                day,
            })
        };
        let sent = SegmentStrategy {
            selling_cost: Some(SegmentEstimate {
                amount_per_year: money(-1),
                start_date: day(2),
                end_date: day(1),
                ..SegmentEstimate::default()
            }),
            sales_prediction: Some(SegmentEstimate::default()),
            ..SegmentStrategy::default()
        };
        let expected = [
            "strategy.selling_cost.amount_per_year",
            "strategy.selling_cost.end_date",
            "strategy.sales_prediction.amount_per_year",
        ];
        assert_eq!(bad_fields(&SegmentStrategy::default(), &sent), expected);
    }
}
