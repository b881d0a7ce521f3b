//! Merges that meet other writers.

use keynode_proto::accounts::v1::*;

use super::accounts::updating;
use super::merges::merging;
use super::world::{World, reason, take};

const ROUNDS: usize = 4;

#[tokio::test]
async fn of_two_merges_that_share_an_account_one_wins() {
    let world = World::new().await;
    world.warm_up().await;
    for _ in 0..ROUNDS {
        let [a, b, c] = ["甲", "乙", "丙"].map(|name| world.account(&world.admin, name));
        let (a, b, c) = (a.await, b.await, c.await);
        let start = |request: MergeAccountsRequest| {
            let mut merges = world.merges(&world.admin);
            tokio::spawn(async move { merges.merge_accounts(request).await })
        };
        let calls = [start(merging(&a, &[&c])), start(merging(&b, &[&c]))];
        let mut won = Vec::new();
        for call in calls {
            match call.await.unwrap() {
                Ok(answer) => won.push(answer.into_inner().merge.unwrap().survivor),
                Err(status) => assert!(
                    ["ACCOUNT_MERGED", "CONFLICT"].contains(&reason(&status).as_str()),
                    "{status:?}"
                ),
            }
        }
        assert_eq!(won.len(), 1);
        assert_eq!(world.led(&c.name).await.name, won[0]);
        assert_eq!(world.feed(&c.name).await, [1, 2]);
    }
}

#[tokio::test]
async fn whatever_comes_to_a_loser_meanwhile_is_moved_or_refused() {
    let world = World::new().await;
    world.warm_up().await;
    for round in 0..ROUNDS {
        let survivor = world.account(&world.admin, "宏远重工").await;
        let loser = world.account(&world.admin, "宏远").await;
        let adding = (0..6).map(|n| {
            let mut contacts = world.contacts(&world.admin);
            let request = CreateContactRequest {
                contact: Some(Contact {
                    account: loser.name.clone(),
                    display_name: format!("第{round}-{n}人"),
                    ..Contact::default()
                }),
                ..Default::default()
            };
            tokio::spawn(async move { contacts.create_contact(request).await })
        });
        let adding: Vec<_> = adding.collect();
        let mut tries = 0;
        while let Err(status) = world.try_merge(merging(&survivor, &[&loser])).await {
            assert_eq!(reason(&status), "CONFLICT");
            tries += 1;
            assert!(tries < 20, "the adding ends");
        }
        let mut added = 0;
        for call in adding {
            match call.await.unwrap() {
                Ok(_) => added += 1,
                Err(status) => assert!(
                    ["ACCOUNT_MERGED", "CONFLICT"].contains(&reason(&status).as_str()),
                    "{status:?}"
                ),
            }
        }
        let contacts = world.contacts_of(&survivor.name).await;
        assert_eq!(contacts.len(), added, "nobody is left behind");
        assert!(contacts.iter().all(|c| c.account == survivor.name));
    }
}

#[tokio::test]
async fn an_update_of_a_loser_is_in_the_merge_or_refused() {
    let world = World::new().await;
    world.warm_up().await;
    for _ in 0..ROUNDS {
        let survivor = world.account(&world.admin, "宏远重工").await;
        let loser = world.account(&world.admin, "宏远").await;
        let changed = Account {
            industry: "steel".to_owned(),
            ..loser.clone()
        };
        let update = UpdateAccountRequest {
            account: Some(Account {
                etag: String::new(),
                ..changed
            }),
            ..updating(&loser, &["industry"])
        };
        let mut accounts = world.accounts(&world.admin);
        let update = tokio::spawn(async move { accounts.update_account(update).await });
        let merge = take(world.try_merge(merging(&survivor, &[&loser])).await);
        let after = merge.merge.unwrap().after.unwrap();
        match update.await.unwrap() {
            Ok(_) => assert_eq!(after.industry, "steel"),
            Err(status) => {
                assert_eq!(reason(&status), "ACCOUNT_MERGED");
                assert_eq!(after.industry, "");
            }
        }
        let versions = world.feed(&loser.name).await;
        assert!(versions.is_sorted(), "{versions:?}");
    }
}
