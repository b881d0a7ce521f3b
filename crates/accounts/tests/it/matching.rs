use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::world::{World, bad_fields, mask, reason_of, take};

pub fn query(display_name: &str) -> MatchQuery {
    MatchQuery {
        display_name: display_name.to_owned(),
        ..MatchQuery::default()
    }
}

pub async fn find(world: &World, caller: &Caller, queries: Vec<MatchQuery>) -> Vec<Vec<Match>> {
    let request = FindMatchesRequest {
        queries,
        ..Default::default()
    };
    let answer = take(world.matching(caller).find_matches(request).await);
    answer
        .results
        .into_iter()
        .map(|result| result.matches)
        .collect()
}

async fn first(world: &World, caller: &Caller, name: &str) -> Option<Match> {
    find(world, caller, vec![query(name)])
        .await
        .remove(0)
        .into_iter()
        .next()
}

#[tokio::test]
async fn a_batch_of_short_names_finds_the_accounts_meant() {
    let world = World::new().await;
    let mut names = Vec::new();
    for name in [
        "北京首创生态环保集团股份有限公司",
        "上海国际机场股份有限公司",
        "上海国际港务（集团）股份有限公司",
        "Siemens Energy AG",
    ] {
        names.push(world.account(&world.admin, name).await.name);
    }
    let typed = [
        "首创环保",
        "上海机场",
        "*ST 上海港务",
        "Ｓｉｅｍｅｎｓ Energy",
        "万里石",
    ];
    let found = find(&world, &world.admin, typed.map(query).to_vec()).await;
    let best = |index: usize| found[index].first().map(|found| found.account.as_str());
    for (index, name) in names.iter().enumerate() {
        assert_eq!(best(index), Some(name.as_str()), "{}", typed[index]);
    }
    assert_eq!(best(4), None);
    assert_eq!(found[0][0].verdict(), MatchVerdict::Same);
    assert_eq!(found[0][0].matched_name, "北京首创生态环保集团股份有限公司");
    assert_eq!(found[0][0].matched_name_kind(), MatchedName::Display);
}

#[tokio::test]
async fn the_reasons_total_the_log_odds_and_are_told_in_both_languages() {
    let world = World::new().await;
    world
        .account(&world.admin, "上海国际机场股份有限公司")
        .await;
    let found = first(&world, &world.admin, "上海机场").await.unwrap();
    let total: f64 = found.reasons.iter().map(|reason| reason.contribution).sum();
    assert!((total - (found.score / (1.0 - found.score)).ln()).abs() < 1e-9);
    assert!(
        found
            .reasons
            .iter()
            .any(|reason| reason.rule == "name.contained")
    );
    for reason in &found.reasons {
        let text = reason.text.as_ref().unwrap();
        assert!(!text.zh_cn.is_empty() && !text.en.is_empty());
        assert_eq!(reason.field(), MatchField::Name);
    }
}

#[tokio::test]
async fn a_changed_name_is_found_and_the_old_one_no_more() {
    let world = World::new().await;
    let account = world.account(&world.admin, "鼎信通讯股份有限公司").await;
    let request = UpdateAccountRequest {
        account: Some(Account {
            name: account.name.clone(),
            display_name: "宏远重工股份有限公司".to_owned(),
            ..Account::default()
        }),
        update_mask: mask(&["display_name"]),
        ..Default::default()
    };
    take(world.accounts(&world.admin).update_account(request).await);
    assert_eq!(
        first(&world, &world.admin, "宏远重工")
            .await
            .unwrap()
            .account,
        account.name
    );
    assert_eq!(first(&world, &world.admin, "鼎信通讯").await, None);
}

#[tokio::test]
async fn an_account_that_the_caller_does_not_see_is_told_without_its_name() {
    let world = World::new().await;
    world.account(&world.admin, "宏远重工股份有限公司").await;
    let seller = world.seller("").await;
    let found = first(&world, &seller, "宏远重工").await.unwrap();
    let expected = Match {
        hidden: true,
        score: found.score,
        verdict: MatchVerdict::Same.into(),
        ..Match::default()
    };
    assert_eq!(found, expected);
    assert!(found.score >= 0.5);
}

#[tokio::test]
async fn accounts_of_another_tenant_are_not_found() {
    let world = World::new().await;
    world.account(&world.admin, "宏远重工股份有限公司").await;
    let stranger = world.settle(tenant()).await;
    assert_eq!(first(&world, &stranger, "宏远重工").await, None);
}

#[tokio::test]
async fn what_was_merged_away_is_found_no_more() {
    let world = World::new().await;
    world.account(&world.admin, "宏远重工股份有限公司").await;
    world.execute("delete from accounts.match_profile").await;
    assert_eq!(first(&world, &world.admin, "宏远重工").await, None);
}

#[tokio::test]
async fn fewer_results_and_higher_scores_may_be_asked_for() {
    let world = World::new().await;
    for place in ["上海", "北京", "广州"] {
        world
            .account(&world.admin, &format!("{place}宏远重工股份有限公司"))
            .await;
    }
    let request = |max_results, min_score| FindMatchesRequest {
        queries: vec![query("宏远重工")],
        max_results,
        min_score,
    };
    let mut matching = world.matching(&world.admin);
    let all = take(matching.find_matches(request(0, 0.0)).await).results;
    assert_eq!(all[0].matches.len(), 3);
    let two = take(matching.find_matches(request(2, 0.0)).await).results;
    assert_eq!(two[0].matches[..], all[0].matches[..2]);
    let none = take(matching.find_matches(request(0, 1.0)).await).results;
    assert!(none[0].matches.is_empty());
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let world = World::new().await;
    let mut matching = world.matching(&world.admin);
    let nothing = FindMatchesRequest {
        max_results: -1,
        min_score: 1.5,
        ..Default::default()
    };
    let fields = bad_fields(matching.find_matches(nothing).await);
    assert_eq!(fields, ["max_results", "min_score", "queries"]);
    let long = MatchQuery {
        display_name: String::new(),
        other_names: vec!["x".repeat(201); 9],
        address: "x".repeat(501),
        place: "x".repeat(501),
        phones: vec!["x".repeat(101)],
    };
    let request = FindMatchesRequest {
        queries: vec![long],
        min_score: f64::NAN,
        ..Default::default()
    };
    let fields = bad_fields(matching.find_matches(request).await);
    for field in [
        "min_score",
        "queries[0].address",
        "queries[0].display_name",
        "queries[0].other_names",
        "queries[0].other_names[7]",
        "queries[0].phones[0]",
        "queries[0].place",
    ] {
        assert!(
            fields.iter().any(|named| named == field),
            "{field} of {fields:?}"
        );
    }
    let many = FindMatchesRequest {
        queries: vec![query("x"); 201],
        ..Default::default()
    };
    assert_eq!(
        reason_of(matching.find_matches(many).await),
        "INVALID_REQUEST"
    );
}

#[tokio::test]
async fn any_text_is_answered() {
    let world = World::new().await;
    world.account(&world.admin, "宏远重工").await;
    let texts = [
        "😀😀",
        "ש\u{5b8}ל\u{202e}ום",
        "e\u{301}\u{301}\u{301}",
        "（）",
        "股份有限公司",
        "\u{200b}中",
        "中",
    ];
    let found = find(&world, &world.admin, texts.map(query).to_vec()).await;
    assert_eq!(found.len(), texts.len());
}
