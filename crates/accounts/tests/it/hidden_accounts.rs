//! What a record names of an account that the reader does not see.

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;

use super::contact_lines::report_to;
use super::contact_profile::day;
use super::contacts::updating as updating_contact;
use super::merges::merging;
use super::world::{World, id, mask, metadata, nobody, reason, reason_of, refused, take};

/// A seller with an account of their own below one that they do not see, which stands at the
/// top or below another one of theirs.
struct Group {
    world: World,
    seller: Caller,
    hidden: Account,
    mine: Account,
}

impl Group {
    async fn new() -> Self {
        let world = World::new().await;
        let seller = world.seller("").await;
        let hidden = world.account(&world.admin, "看不见的集团").await;
        let mine = world.account(&seller, "工厂").await;
        let group = Self {
            world,
            seller,
            hidden,
            mine,
        };
        group.place(&group.mine, &group.hidden).await;
        group
    }

    /// Puts an account below another, as the administrator.
    async fn place(&self, account: &Account, parent: &Account) {
        let mut accounts = self.world.accounts(&self.world.admin);
        take(
            accounts
                .update_account(placing(account, &parent.name))
                .await,
        );
    }

    async fn get(&self, by: &Caller, name: &str) -> Account {
        let request = GetAccountRequest {
            name: name.to_owned(),
        };
        take(self.world.accounts(by).get_account(request).await)
            .account
            .unwrap()
    }

    async fn list(&self, request: ListAccountsRequest) -> Vec<Account> {
        let mut accounts = self.world.accounts(&self.seller);
        take(accounts.list_accounts(request).await).accounts
    }
}

fn placing(account: &Account, parent: &str) -> UpdateAccountRequest {
    UpdateAccountRequest {
        account: Some(Account {
            name: account.name.clone(),
            parent: parent.to_owned(),
            ..Account::default()
        }),
        update_mask: mask(&["parent"]),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_parent_is_named_only_to_who_sees_it() {
    let group = Group::new().await;
    let (seller, admin) = (&group.seller, &group.world.admin);
    let mine = group.get(seller, &group.mine.name).await;
    assert_eq!(mine.parent, "");
    assert_eq!(
        group.get(admin, &mine.name).await.parent,
        group.hidden.name,
        "to who sees both"
    );
    let listed = group.list(ListAccountsRequest::default()).await;
    assert_eq!(listed, std::slice::from_ref(&mine));
    let request = BatchGetAccountsRequest {
        names: vec![mine.name.clone(), group.hidden.name.clone()],
    };
    let batch = take(
        group
            .world
            .accounts(seller)
            .batch_get_accounts(request)
            .await,
    );
    assert_eq!(
        (batch.accounts, batch.missing),
        (vec![mine], vec![group.hidden.name.clone()])
    );
}

#[tokio::test]
async fn a_change_that_does_not_mention_the_parent_keeps_one_that_is_hidden() {
    let group = Group::new().await;
    let seen = group.get(&group.seller, &group.mine.name).await;
    for paths in [&[][..], &["display_name"]] {
        let request = UpdateAccountRequest {
            account: Some(Account {
                display_name: format!("新名{}", paths.len()),
                etag: String::new(),
                ..seen.clone()
            }),
            update_mask: (!paths.is_empty()).then(|| mask(paths)).flatten(),
            ..Default::default()
        };
        let mut accounts = group.world.accounts(&group.seller);
        let changed = take(accounts.update_account(request).await)
            .account
            .unwrap();
        assert_eq!(changed.parent, "");
        let stored = group.get(&group.world.admin, &changed.name).await;
        assert_eq!(
            (&stored.parent, &stored.display_name),
            (&group.hidden.name, &changed.display_name)
        );
    }
}

#[tokio::test]
async fn lists_by_a_hidden_group_are_those_by_one_that_is_not_there() {
    let group = Group::new().await;
    for head in [group.hidden.name.clone(), nobody("accounts")] {
        let parent = ListAccountsRequest {
            parent: head.clone(),
            ..Default::default()
        };
        assert_eq!(group.list(parent).await, [], "{head}");
        let ancestor = ListAccountsRequest {
            ancestor: head.clone(),
            ..Default::default()
        };
        assert_eq!(group.list(ancestor).await, [], "{head}");
        let request = ListContactsRequest {
            account: head.clone(),
            ..Default::default()
        };
        let mut contacts = group.world.contacts(&group.seller);
        assert_eq!(take(contacts.list_contacts(request).await).contacts, []);
        let request = ListDecisionMapsRequest {
            account: head,
            ..Default::default()
        };
        let mut maps = group.world.maps(&group.seller);
        let listed = take(maps.list_decision_maps(request).await);
        assert_eq!(listed.decision_maps, []);
    }
}

#[tokio::test]
async fn a_loop_does_not_name_who_is_hidden_in_it() {
    let group = Group::new().await;
    let top = group.world.account(&group.seller, "我的集团").await;
    group.place(&group.hidden, &top).await;
    let mut accounts = group.world.accounts(&group.seller);
    let status = refused(
        accounts
            .update_account(placing(&top, &group.mine.name))
            .await,
    );
    assert_eq!(reason(&status), "ACCOUNT_CYCLE");
    let way = metadata(&status, "loop").unwrap();
    assert!(
        way.contains("(hidden)") && way.contains(&top.name) && way.contains(&group.mine.name),
        "{way}"
    );
    assert!(
        !way.contains(&group.hidden.name) && !status.message().contains(&group.hidden.name),
        "{}",
        status.message()
    );
    let mut accounts = group.world.accounts(&group.world.admin);
    let status = refused(
        accounts
            .update_account(placing(&top, &group.mine.name))
            .await,
    );
    let way = metadata(&status, "loop").unwrap();
    assert!(way.contains(&group.hidden.name), "to who sees all: {way}");
}

/// Somebody who came to the seller's account from one that the seller does not see.
struct Newcomer {
    group: Group,
    contact: Contact,
}

impl Newcomer {
    async fn new() -> Self {
        let group = Group::new().await;
        let admin = &group.world.admin;
        let contact = group.world.contact(admin, &group.hidden.name, "甲").await;
        let moving = MoveContactRequest {
            name: contact.name.clone(),
            account: group.mine.name.clone(),
            last_day: day(2026, 6, 30),
            ..Default::default()
        };
        let moved = take(group.world.contacts(admin).move_contact(moving).await);
        Self {
            contact: moved.contact.unwrap(),
            group,
        }
    }

    async fn seen_by(&self, caller: &Caller) -> Contact {
        let request = GetContactRequest {
            name: self.contact.name.clone(),
        };
        take(self.group.world.contacts(caller).get_contact(request).await)
            .contact
            .unwrap()
    }
}

#[tokio::test]
async fn a_former_employer_is_named_only_to_who_sees_the_account() {
    let newcomer = Newcomer::new().await;
    let (world, seller) = (&newcomer.group.world, &newcomer.group.seller);
    let seen = newcomer.seen_by(seller).await;
    let veiled = FormerEmployer {
        organisation: "(hidden)".to_owned(),
        to: day(2026, 6, 30),
        ..FormerEmployer::default()
    };
    assert_eq!(seen.former_employers, [veiled]);
    let mut contacts = world.contacts(seller);
    let listed = take(contacts.list_contacts(ListContactsRequest::default()).await);
    assert_eq!(listed.contacts, std::slice::from_ref(&seen));
    let request = BatchGetContactsRequest {
        names: vec![seen.name.clone()],
    };
    let batch = take(contacts.batch_get_contacts(request).await);
    assert_eq!(batch.contacts, [seen]);
    let all = newcomer.seen_by(&world.admin).await;
    assert_eq!(all.former_employers[0].account, newcomer.group.hidden.name);
}

#[tokio::test]
async fn an_employer_that_is_sent_back_without_its_name_keeps_it() {
    let newcomer = Newcomer::new().await;
    let (world, seller) = (&newcomer.group.world, &newcomer.group.seller);
    let mut seen = newcomer.seen_by(seller).await;
    seen.former_employers.push(FormerEmployer {
        organisation: "大学".to_owned(),
        ..FormerEmployer::default()
    });
    let request = updating_contact(&seen, &["former_employers"]);
    let changed = take(world.contacts(seller).update_contact(request).await);
    let changed = changed.contact.unwrap();
    assert_eq!(changed.former_employers, seen.former_employers);
    let stored = newcomer.seen_by(&world.admin).await.former_employers;
    assert_eq!(
        stored[..1],
        newcomer.contact.former_employers[..],
        "the name is kept"
    );
    assert_eq!(stored[1].organisation, "大学");
}

#[tokio::test]
async fn a_hidden_manager_is_as_unknown_as_nobody() {
    let group = Group::new().await;
    let (world, admin) = (&group.world, &group.world.admin);
    let boss = world.contact(admin, &group.hidden.name, "总").await;
    let report = world.contact(admin, &group.hidden.name, "兵").await;
    take(report_to(world, &report, &boss.name).await);
    let mine = world
        .contact(&group.seller, &group.mine.name, "我的人")
        .await;
    for manager in [boss.name, nobody("contacts")] {
        let mut contacts = world.contacts(&group.seller);
        let request = ListContactsRequest {
            manager: manager.clone(),
            ..Default::default()
        };
        assert_eq!(take(contacts.list_contacts(request).await).contacts, []);
        let request = GetContactRequest {
            name: manager.clone(),
        };
        assert_eq!(
            reason_of(contacts.get_contact(request).await),
            "CONTACT_NOT_FOUND"
        );
        let under = Contact {
            manager,
            ..mine.clone()
        };
        let request = updating_contact(&under, &["manager"]);
        assert_eq!(
            reason_of(contacts.update_contact(request).await),
            "CONTACT_NOT_FOUND"
        );
    }
}

#[tokio::test]
async fn a_merge_does_not_name_a_parent_out_of_sight() {
    let group = Group::new().await;
    let world = &group.world;
    let team = world.team("西北", "", "").await;
    let manager = Caller::person(world.tenant, "sales_manager").in_team(id(&team.name));
    for account in [&group.mine, &world.account(&world.admin, "另一工厂").await] {
        let given = Account {
            name: account.name.clone(),
            team: team.name.clone(),
            ..Account::default()
        };
        let request = UpdateAccountRequest {
            account: Some(given),
            ..Default::default()
        };
        take(world.accounts(&world.admin).update_account(request).await);
    }
    let mut accounts = world.accounts(&manager);
    let pair = take(accounts.list_accounts(ListAccountsRequest::default()).await).accounts;
    let [mine, other] = pair.as_slice() else {
        panic!("{pair:?}")
    };
    let request = merging(mine, &[other]);
    let merged = take(world.merges(&manager).merge_accounts(request).await).merge;
    let merged = merged.unwrap();
    assert_eq!(merged.after.as_ref().unwrap().parent, "");
    let request = GetMergeRequest {
        name: merged.name.clone(),
    };
    let read = take(world.merges(&manager).get_merge(request.clone()).await);
    assert_eq!(read.merge, Some(merged));
    let all = take(world.merges(&world.admin).get_merge(request).await);
    let after = all.merge.unwrap().after.unwrap();
    assert_eq!(after.parent, group.hidden.name, "to who sees it");
}
