use keynode_proto::pipeline::v1::CompetitorFit;
use proptest::prelude::*;

use super::*;

type Row<'a> = (
    Option<i32>,
    CriterionOrigin,
    Option<i32>,
    &'a [(&'a str, Option<i32>)],
);

fn criteria(rows: &[Row<'_>]) -> PurchaseCriteria {
    let criterion = |(weight, origin, ours, theirs): &Row<'_>| PurchaseCriterion {
        weight_percent: *weight,
        origin: (*origin).into(),
        our_fit: *ours,
        competitor_fits: theirs
            .iter()
            .map(|(name, fit)| CompetitorFit {
                competitor: (*name).to_owned(),
                fit: *fit,
            })
            .collect(),
        ..PurchaseCriterion::default()
    };
    PurchaseCriteria {
        criteria: rows.iter().map(criterion).collect(),
        finality: None,
    }
}

use CriterionOrigin::{Customer, Unspecified, Us};

#[test]
fn of_nothing_nothing_is_known() {
    let analysis = analyse(&PurchaseCriteria::default(), &[]);
    assert_eq!(analysis, PurchaseCriteriaAnalysis::default());
    let alone = analyse(&PurchaseCriteria::default(), &["甲".to_owned()]);
    assert_eq!(alone.leaning(), Leaning::Unspecified);
    assert_eq!(alone.comparisons[0].advantage_percent, None);
    assert_eq!(alone.fit_known_percent, None);
}

#[test]
fn the_share_that_is_ours_is_of_what_is_known() {
    let part = criteria(&[
        (Some(30), Us, None, &[]),
        (Some(30), Customer, None, &[]),
        (Some(40), Unspecified, None, &[]),
    ]);
    let analysis = analyse(&part, &[]);
    assert_eq!(analysis.authored_by_us_percent, Some(50));
    assert_eq!(analysis.origin_known_percent, Some(60));
    assert_eq!(analysis.weight_sum_percent, Some(100));
    let unknown = analyse(&criteria(&[(None, Unspecified, None, &[])]), &[]);
    assert_eq!(unknown.authored_by_us_percent, None);
    assert_eq!(unknown.origin_known_percent, Some(0));
}

#[test]
fn it_is_the_strongest_competitor_towards_whom_they_lean() {
    let part = criteria(&[
        (Some(70), Us, Some(1), &[("甲", Some(2)), ("乙", Some(-2))]),
        (Some(30), Us, Some(2), &[("甲", Some(1)), ("乙", None)]),
    ]);
    let analysis = analyse(&part, &["丙".to_owned()]);
    assert_eq!(analysis.strongest_competitor, "甲");
    // (70 * (1 - 2) + 30 * (2 - 1)) / (4 * 100)
    assert_eq!(analysis.advantage_percent, Some(-10));
    assert_eq!(analysis.leaning(), Leaning::Theirs);
    let by_name: Vec<_> = analysis
        .comparisons
        .iter()
        .map(|it| {
            (
                it.competitor.as_str(),
                it.advantage_percent,
                it.known_percent,
            )
        })
        .collect();
    let expected = [
        ("丙", None, Some(0)),
        ("乙", Some(75), Some(70)),
        ("甲", Some(-10), Some(100)),
    ];
    assert_eq!(by_name, expected);
    assert_eq!(analysis.fit_known_percent, Some(56), "170 of 300");
}

#[test]
fn without_any_weight_all_count_the_same_and_with_one_the_others_are_left_out() {
    let same = criteria(&[
        (None, Us, Some(2), &[("甲", Some(0))]),
        (None, Us, Some(0), &[("甲", Some(1))]),
    ]);
    assert_eq!(analyse(&same, &[]).leaning(), Leaning::Ours);
    assert_eq!(analyse(&same, &[]).weight_sum_percent, None);
    let one = criteria(&[
        (None, Us, Some(2), &[("甲", Some(0))]),
        (Some(5), Us, Some(0), &[("甲", Some(1))]),
    ]);
    assert_eq!(analyse(&one, &[]).leaning(), Leaning::Theirs);
    assert_eq!(analyse(&one, &[]).unweighted, 1);
    let level = criteria(&[(Some(5), Us, Some(1), &[("甲", Some(1))])]);
    assert_eq!(analyse(&level, &[]).leaning(), Leaning::Neutral);
}

fn rows() -> impl Strategy<Value = PurchaseCriteria> {
    let fit = || proptest::option::of(-2..=2);
    let row = (
        proptest::option::of(0..=100),
        0..=4,
        fit(),
        proptest::option::of(fit()),
        proptest::option::of(fit()),
    );
    let criterion = row.prop_map(|(weight_percent, origin, our_fit, first, second)| {
        let fits = [("甲", first), ("乙", second)];
        let fits = fits
            .into_iter()
            .filter_map(|(name, fit)| Some((name, fit?)));
        PurchaseCriterion {
            weight_percent,
            origin,
            our_fit,
            competitor_fits: fits
                .map(|(name, fit)| CompetitorFit {
                    competitor: name.to_owned(),
                    fit,
                })
                .collect(),
            ..PurchaseCriterion::default()
        }
    });
    proptest::collection::vec(criterion, 0..12).prop_map(|criteria| PurchaseCriteria {
        criteria,
        finality: None,
    })
}

proptest! {
    #[test]
    fn every_figure_is_a_percentage(part in rows()) {
        let analysis = analyse(&part, &[]);
        let shares = [
            analysis.authored_by_us_percent,
            analysis.origin_known_percent,
            analysis.fit_known_percent,
        ];
        prop_assert!(shares.into_iter().flatten().all(|it| (0..=100).contains(&it)));
        let figures = analysis.comparisons.iter().filter_map(|it| it.advantage_percent);
        prop_assert!(figures.chain(analysis.advantage_percent).all(|it| (-100..=100).contains(&it)));
    }

    #[test]
    fn nobody_is_stronger_than_the_strongest(part in rows()) {
        let analysis = analyse(&part, &[]);
        for other in analysis.comparisons.iter().filter_map(|it| it.advantage_percent) {
            prop_assert!(analysis.advantage_percent.unwrap() <= other);
        }
    }

    #[test]
    fn the_order_of_the_criteria_does_not_matter(part in rows()) {
        let mut other = part.clone();
        other.criteria.reverse();
        prop_assert_eq!(analyse(&part, &[]), analyse(&other, &[]));
    }

    #[test]
    fn what_is_unknown_moves_nothing_but_the_share_that_is_known(part in rows(), weight in 0..=100) {
        let mut more = part.clone();
        let is_weighted = part.criteria.iter().any(|it| it.weight_percent.is_some());
        more.criteria.push(PurchaseCriterion {
            weight_percent: is_weighted.then_some(weight),
            ..PurchaseCriterion::default()
        });
        let (before, after) = (analyse(&part, &[]), analyse(&more, &[]));
        prop_assert_eq!(before.leaning, after.leaning);
        prop_assert_eq!(before.advantage_percent, after.advantage_percent);
        prop_assert_eq!(before.authored_by_us_percent, after.authored_by_us_percent);
        prop_assert!(after.origin_known_percent <= before.origin_known_percent.or(Some(0)));
        prop_assert!(after.fit_known_percent <= before.fit_known_percent.or(Some(0)));
    }

    #[test]
    fn what_is_their_advantage_is_our_loss(part in rows()) {
        let mut swapped = part.clone();
        for criterion in &mut swapped.criteria {
            criterion.competitor_fits.retain(|fit| fit.competitor == "甲");
            let ours = criterion.our_fit;
            let theirs = criterion.competitor_fits.pop().and_then(|fit| fit.fit);
            criterion.our_fit = theirs;
            criterion.competitor_fits.push(CompetitorFit { competitor: "甲".to_owned(), fit: ours });
        }
        let of = |part: &PurchaseCriteria| {
            let comparisons = analyse(part, &["甲".to_owned()]).comparisons;
            comparisons.iter().find(|it| it.competitor == "甲").unwrap().advantage_percent
        };
        prop_assert_eq!(of(&part), of(&swapped).map(|percent| -percent));
    }

    #[test]
    fn one_more_of_ours_never_makes_the_share_less(part in rows(), weight in 0..=100) {
        let mut more = part.clone();
        let is_weighted = part.criteria.iter().any(|it| it.weight_percent.is_some());
        more.criteria.push(PurchaseCriterion {
            weight_percent: is_weighted.then_some(weight),
            origin: Us.into(),
            ..PurchaseCriterion::default()
        });
        prop_assert!(analyse(&more, &[]).authored_by_us_percent >= analyse(&part, &[]).authored_by_us_percent);
    }
}
