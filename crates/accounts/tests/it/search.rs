use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::world::{World, bad_fields, mask, take};

async fn accounts(world: &World, caller: &Caller, query: &str) -> Vec<(String, SearchRank)> {
    let request = SearchAccountsRequest {
        query: query.to_owned(),
        ..Default::default()
    };
    let answer = take(world.search(caller).search_accounts(request).await);
    let hits = answer.hits.into_iter();
    hits.map(|hit| (hit.display_name.clone(), hit.rank()))
        .collect()
}

async fn contacts(world: &World, caller: &Caller, query: &str) -> Vec<(String, SearchRank)> {
    let request = SearchContactsRequest {
        query: query.to_owned(),
        ..Default::default()
    };
    let answer = take(world.search(caller).search_contacts(request).await);
    let hits = answer.hits.into_iter();
    hits.map(|hit| (hit.display_name.clone(), hit.rank()))
        .collect()
}

fn expected(hits: &[(&str, SearchRank)]) -> Vec<(String, SearchRank)> {
    hits.iter()
        .map(|(name, rank)| ((*name).to_owned(), *rank))
        .collect()
}

#[tokio::test]
async fn accounts_are_found_by_beginning_part_and_pinyin_best_first() {
    use SearchRank::{Exact, Initials, Pinyin, Prefix, Substring};
    let world = World::new().await;
    for name in [
        "上海机场",
        "上海国际机场股份有限公司",
        "Acme-Trading (SHJC)",
    ] {
        world.account(&world.admin, name).await;
    }
    let full = "上海国际机场股份有限公司";
    for (query, hits) in [
        ("上海机场", vec![("上海机场", Exact)]),
        ("上 海", vec![(full, Prefix), ("上海机场", Prefix)]),
        ("机场", vec![(full, Substring), ("上海机场", Substring)]),
        ("港", vec![]),
        (
            "ＳＨＪＣ",
            vec![("Acme-Trading (SHJC)", Substring), ("上海机场", Initials)],
        ),
        ("shanghaig", vec![(full, Pinyin)]),
        ("acmetr", vec![("Acme-Trading (SHJC)", Prefix)]),
        ("trading", vec![("Acme-Trading (SHJC)", Substring)]),
        ("nothing", vec![]),
    ] {
        assert_eq!(
            accounts(&world, &world.admin, query).await,
            expected(&hits),
            "{query}"
        );
    }
}

#[tokio::test]
async fn every_part_is_found_however_short_whoever_asks() {
    let world = World::new().await;
    let seller = world.seller("").await;
    for name in ["Zeta9 Q7 Systems", "R2-D2 7号工厂", "Caf\u{e9} X"] {
        let account = world.account(&seller, name).await;
        world
            .contact(&seller, &account.name, &format!("Zoltán {name}"))
            .await;
    }
    for (query, name) in [
        ("9", "Zeta9 Q7 Systems"),
        ("q7", "Zeta9 Q7 Systems"),
        ("et", "Zeta9 Q7 Systems"),
        ("9q7s", "Zeta9 Q7 Systems"),
        ("d2", "R2-D2 7号工厂"),
        ("7号", "R2-D2 7号工厂"),
        ("27", "R2-D2 7号工厂"),
        ("Cafe\u{301}", "Caf\u{e9} X"),
        ("fé", "Caf\u{e9} X"),
        ("x", "Caf\u{e9} X"),
    ] {
        for caller in [&world.admin, &seller] {
            let found = accounts(&world, caller, query).await;
            assert_eq!(found.len(), 1, "{query}: {found:?}");
            assert_eq!(found[0].0, name, "{query}");
            assert_eq!(contacts(&world, caller, query).await.len(), 1, "{query}");
        }
    }
    for caller in [&world.admin, &seller] {
        assert_eq!(accounts(&world, caller, "7").await.len(), 2);
        assert_eq!(contacts(&world, caller, "ol").await.len(), 3);
    }
}

#[tokio::test]
async fn every_likely_reading_is_searched_and_counts_once() {
    let world = World::new().await;
    let account = world.account(&world.admin, "重庆长信银行").await;
    let contact = world.contact(&world.admin, &account.name, "单乐").await;
    for query in [
        "cq",
        "chongqing",
        "cqcxyh",
        "cqzx",
        "chongqingchangxinyinhang",
        "重庆",
        "信",
    ] {
        assert_eq!(
            accounts(&world, &world.admin, query).await.len(),
            1,
            "{query}"
        );
    }
    assert!(accounts(&world, &world.admin, "zhongqing").await.is_empty());
    for query in ["sl", "dy", "shanyue", "danle"] {
        assert_eq!(
            contacts(&world, &world.admin, query).await.len(),
            1,
            "{query}"
        );
    }
    let request = UpdateContactRequest {
        contact: Some(Contact {
            name: contact.name,
            display_name: "王伟".to_owned(),
            ..Contact::default()
        }),
        update_mask: mask(&["display_name"]),
        ..Default::default()
    };
    take(world.contacts(&world.admin).update_contact(request).await);
    for query in ["sl", "dy", "shanyue", "单"] {
        assert!(
            contacts(&world, &world.admin, query).await.is_empty(),
            "{query}"
        );
    }
    assert_eq!(contacts(&world, &world.admin, "wangwei").await.len(), 1);
}

#[tokio::test]
async fn contacts_are_found_with_where_they_work() {
    use SearchRank::{Exact, Initials, Pinyin, Prefix, Substring};
    let world = World::new().await;
    let account = world.account(&world.admin, "宏远重工").await;
    for name in ["王伟", "王伟民", "张王伟"] {
        world.contact(&world.admin, &account.name, name).await;
    }
    let all = [("王伟", Exact), ("王伟民", Prefix), ("张王伟", Substring)];
    assert_eq!(contacts(&world, &world.admin, "王伟").await, expected(&all));
    assert_eq!(
        contacts(&world, &world.admin, "zww").await,
        expected(&[("张王伟", Initials)])
    );
    assert_eq!(
        contacts(&world, &world.admin, "wangweim").await,
        expected(&[("王伟民", Pinyin)])
    );
    let request = SearchContactsRequest {
        query: "张王伟".to_owned(),
        ..Default::default()
    };
    let hit = take(world.search(&world.admin).search_contacts(request).await)
        .hits
        .remove(0);
    assert_eq!(
        (hit.account, hit.account_display_name),
        (account.name, "宏远重工".to_owned())
    );
}

#[tokio::test]
async fn a_changed_name_is_searched_by_its_new_form_only() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宏远重工").await;
    let contact = world.contact(&world.admin, &account.name, "王伟").await;
    let request = UpdateContactRequest {
        contact: Some(Contact {
            name: contact.name,
            display_name: "李娜".to_owned(),
            ..Contact::default()
        }),
        update_mask: mask(&["display_name"]),
        ..Default::default()
    };
    take(world.contacts(&world.admin).update_contact(request).await);
    let request = UpdateAccountRequest {
        account: Some(Account {
            name: account.name,
            display_name: "鼎信通讯".to_owned(),
            ..Account::default()
        }),
        ..Default::default()
    };
    take(world.accounts(&world.admin).update_account(request).await);
    assert!(contacts(&world, &world.admin, "王伟").await.is_empty());
    assert_eq!(contacts(&world, &world.admin, "李娜").await.len(), 1);
    assert!(accounts(&world, &world.admin, "宏远").await.is_empty());
    assert_eq!(accounts(&world, &world.admin, "鼎信").await.len(), 1);
}

#[tokio::test]
async fn only_what_the_caller_sees_is_found() {
    let world = World::new().await;
    let (seller, other) = (world.seller("").await, world.seller("").await);
    let stranger = world.settle(tenant()).await;
    let account = world.account(&seller, "宏远重工").await;
    world.contact(&seller, &account.name, "王伟").await;
    for (caller, count) in [(&seller, 1), (&world.admin, 1), (&other, 0), (&stranger, 0)] {
        for query in ["宏远", "重工", "hyz", "hongyuan"] {
            assert_eq!(
                accounts(&world, caller, query).await.len(),
                count,
                "{query}"
            );
        }
        for query in ["王伟", "伟", "ww", "wangwei"] {
            assert_eq!(
                contacts(&world, caller, query).await.len(),
                count,
                "{query}"
            );
        }
    }
}

#[tokio::test]
async fn who_sees_many_accounts_finds_theirs_among_others() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let mine = format!(
        "insert into accounts.account (tenant_id, id, version, created_at, updated_at, display_name, industry,
           location, owner_id)
         select '{tenant}', gen_random_uuid(), 1, now(), now(), '占位' || i, '', '', '{owner}'
         from generate_series(1, 2001) as i",
        tenant = world.tenant,
        owner = seller.person.unwrap(),
    );
    world.execute(&mine).await;
    world.account(&seller, "宏远重工").await;
    world.account(&world.admin, "宏远重工集团").await;
    for query in ["宏远", "重工", "hyz", "hongyuan"] {
        let found = accounts(&world, &seller, query).await;
        assert_eq!(found.len(), 1, "{query}");
        assert_eq!(found[0].0, "宏远重工");
    }
}

#[tokio::test]
async fn more_than_was_asked_for_is_said() {
    let world = World::new().await;
    for index in 0..5 {
        world
            .account(&world.admin, &format!("宏远重工{index}"))
            .await;
    }
    let mut search = world.search(&world.admin);
    let mut ask = async |query: &str, max_results| {
        let request = SearchAccountsRequest {
            query: query.to_owned(),
            max_results,
        };
        let answer = take(search.search_accounts(request).await);
        (answer.hits.len(), answer.incomplete)
    };
    assert_eq!(ask("宏远", 3).await, (3, true));
    assert_eq!(ask("重工", 2).await, (2, true));
    assert_eq!(ask("宏远", 0).await, (5, false));
}

#[tokio::test]
async fn every_bad_field_of_a_search_is_named() {
    let world = World::new().await;
    let mut search = world.search(&world.admin);
    for query in ["", "***", &"x".repeat(101)] {
        let request = SearchAccountsRequest {
            query: query.to_owned(),
            max_results: -1,
        };
        assert_eq!(
            bad_fields(search.search_accounts(request).await),
            ["max_results", "query"]
        );
        let request = SearchContactsRequest {
            query: query.to_owned(),
            max_results: -1,
        };
        assert_eq!(
            bad_fields(search.search_contacts(request).await),
            ["max_results", "query"]
        );
    }
}
