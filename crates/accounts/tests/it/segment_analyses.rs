use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;

use super::market::{eventually, industry, staff, yuan};
use super::segment_facts::{having, jasmine};
use super::world::{World, bad_fields, nobody, reason_of, take};

/// Says of a segment that it is rated alike on all factors and takes a part of sales of 1000.
async fn tell(world: &World, segment: &Segment, rating: i32, takes: i64, people: i32) {
    let factors = [
        "market_size",
        "growth",
        "profitability",
        "competition",
        "fit",
    ];
    let estimate = |units| {
        Some(SegmentEstimate {
            amount_per_year: yuan(units),
            ..SegmentEstimate::default()
        })
    };
    let strategy = SegmentStrategy {
        name: format!("{}/strategy", segment.name),
        ratings: factors
            .map(|factor| SegmentRating {
                factor: factor.to_owned(),
                rating: Some(rating),
                ..SegmentRating::default()
            })
            .to_vec(),
        selling_cost: estimate(takes),
        sales_prediction: estimate(1000),
        allocated: Some(SegmentResources {
            people: Some(people),
            budget: None,
        }),
        entry_mode: EntryMode::Typhoon.into(),
        market_position: Some(MarketPosition {
            position: CompetitivePosition::Challenger.into(),
            ..MarketPosition::default()
        }),
        is_new: Some(true),
        ..SegmentStrategy::default()
    };
    let request = UpdateSegmentStrategyRequest {
        strategy: Some(strategy),
        ..Default::default()
    };
    take(
        world
            .segments(&world.admin)
            .update_segment_strategy(request)
            .await,
    );
}

#[tokio::test]
async fn segments_are_judged_beside_each_other() {
    let world = World::new().await;
    let (important, secondary) = (
        world.segment(vec![staff(1)]).await,
        world.segment(vec![staff(1)]).await,
    );
    let unknown = world.segment(vec![staff(1)]).await;
    tell(&world, &important, 80, 300, 1).await;
    tell(&world, &secondary, 20, 300, 9).await;
    let seller = world.seller("").await;
    let request = AnalyzeSegmentsRequest::default();
    let answer = take(world.segments(&seller).analyze_segments(request).await);
    assert_eq!(answer.model_version, 0);
    let names: Vec<&str> = answer
        .segments
        .iter()
        .map(|it| it.segment.as_str())
        .collect();
    assert_eq!(names, [&important.name, &secondary.name, &unknown.name]);
    let advice: Vec<SegmentAdvice> = answer.segments.iter().map(|it| it.advice()).collect();
    let expected = [
        SegmentAdvice::Keep,
        SegmentAdvice::Drop,
        SegmentAdvice::Unspecified,
    ];
    assert_eq!(advice, expected);
    let [first, second, third] = &answer.segments[..] else {
        panic!("three segments")
    };
    assert_eq!(
        (first.expense_ratio, first.strategy_version),
        (Some(30.0), 1)
    );
    let codes = |of: &SegmentAnalysis| -> Vec<String> {
        of.findings
            .iter()
            .map(|it| format!("{} {}", it.rule, it.code))
            .collect()
    };
    let entry = "R16 ENTRY_TYPHOON_NOT_LEADER".to_owned();
    let jasmine = "R15 NEW_WITHOUT_WINTER_JASMINE".to_owned();
    let expected = |balance: &str| {
        [
            entry.clone(),
            jasmine.clone(),
            format!("R18 PEOPLE_{balance}"),
        ]
    };
    assert_eq!(codes(first), expected("UNDER"));
    assert_eq!(codes(second), expected("OVER"));
    assert!(first.findings.iter().all(|it| {
        let text = it.text.as_ref().unwrap();
        !text.zh_cn.is_empty() && !text.en.is_empty()
    }));
    assert_eq!((third.reasons.len(), codes(third).len()), (2, 0));
    assert_eq!(third.winter_jasmines, Some(0), "it has no members");
}

/// Members, winter jasmines among them, and what R15 says.
async fn jasmines(world: &World, segment: &Segment) -> (i64, Option<i64>, Vec<String>) {
    let request = AnalyzeSegmentsRequest::default();
    let mut segments = world.segments(&world.admin);
    let answer = take(segments.analyze_segments(request).await).segments;
    let analysis = answer.iter().find(|it| it.segment == segment.name).unwrap();
    let findings = analysis.findings.iter().filter(|it| it.rule == "R15");
    let codes = findings.map(|it| it.code.clone()).collect();
    (analysis.members, analysis.winter_jasmines, codes)
}

#[tokio::test]
async fn a_new_market_needs_a_winter_jasmine_among_its_members() {
    let world = World::new().await;
    world.react();
    let segment = world.segment(vec![industry("化工")]).await;
    tell(&world, &segment, 80, 300, 1).await;
    let add = async |account: Account| {
        let account = Account {
            display_name: "客户".to_owned(),
            industry: "化工".to_owned(),
            ..account
        };
        let request = CreateAccountRequest {
            account: Some(account),
            ..Default::default()
        };
        take(world.accounts(&world.admin).create_account(request).await);
    };
    let expect = async |members, winter_jasmines, code: Option<&str>| {
        let codes: Vec<String> = code.into_iter().map(str::to_owned).collect();
        let expected = (members, winter_jasmines, codes);
        eventually(|| jasmines(&world, &segment), |found| *found == expected).await;
    };
    add(having(&[(CustomerTraitKind::Demanding, false)])).await;
    expect(1, Some(0), Some("NEW_WITHOUT_WINTER_JASMINE")).await;
    add(Account::default()).await;
    expect(2, None, Some("NEW_WINTER_JASMINES_UNKNOWN")).await;
    add(jasmine()).await;
    expect(3, Some(1), None).await;
}

#[tokio::test]
async fn only_the_parts_of_one_segment_are_compared() {
    let world = World::new().await;
    let whole = world.segment(vec![staff(1)]).await;
    let asked = |parent: &str| AnalyzeSegmentsRequest {
        parent: parent.to_owned(),
    };
    let mut segments = world.segments(&world.admin);
    let answer = take(segments.analyze_segments(asked(&whole.name)).await);
    assert!(answer.segments.is_empty());
    let bad = segments.analyze_segments(asked("x")).await;
    assert_eq!(bad_fields(bad), ["parent"]);
    let lost = segments.analyze_segments(asked(&nobody("segments"))).await;
    assert_eq!(reason_of(lost), "SEGMENT_NOT_FOUND");
    let other = world.settle(tenant()).await;
    let mut foreign = world.segments(&other);
    let refused = foreign.analyze_segments(asked(&whole.name)).await;
    assert_eq!(reason_of(refused), "SEGMENT_NOT_FOUND");
    let nothing = take(foreign.analyze_segments(asked("")).await);
    assert!(nothing.segments.is_empty());
}
