//! Accounts that are made one.

use keynode_kit::client::Channel;
use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::merges_service_client::MergesServiceClient;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;
use tonic::{Response, Status};

use super::contact_lines::report_to;
use super::world::{World, bad_fields, nobody, reason_of, request_id, take};

impl World {
    pub fn merges(&self, caller: &Caller) -> MergesServiceClient<Channel> {
        MergesServiceClient::new(self.server.connect(caller))
    }

    pub async fn try_merge(
        &self,
        request: MergeAccountsRequest,
    ) -> Result<Response<MergeAccountsResponse>, Status> {
        self.merges(&self.admin).merge_accounts(request).await
    }

    pub async fn merge(&self, survivor: &Account, losers: &[&Account]) -> Merge {
        take(self.try_merge(merging(survivor, losers)).await)
            .merge
            .unwrap()
    }

    /// What a name leads to.
    pub async fn led(&self, name: &str) -> Account {
        let request = GetAccountRequest {
            name: name.to_owned(),
        };
        take(self.accounts(&self.admin).get_account(request).await)
            .account
            .unwrap()
    }

    /// An account of which more than the name is known.
    pub async fn told(&self, account: Account) -> Account {
        let request = CreateAccountRequest {
            account: Some(account),
            ..Default::default()
        };
        take(self.accounts(&self.admin).create_account(request).await)
            .account
            .unwrap()
    }

    pub async fn contacts_of(&self, account: &str) -> Vec<Contact> {
        let request = ListContactsRequest {
            account: account.to_owned(),
            ..Default::default()
        };
        take(self.contacts(&self.admin).list_contacts(request).await).contacts
    }

    pub async fn note(&self, account: &str, text: &str) -> AccountNote {
        let request = CreateAccountNoteRequest {
            account_note: Some(AccountNote {
                account: account.to_owned(),
                text: text.to_owned(),
                ..AccountNote::default()
            }),
            ..Default::default()
        };
        take(self.notes(&self.admin).create_account_note(request).await)
            .account_note
            .unwrap()
    }

    pub async fn map(&self, account: &str) -> DecisionMap {
        let request = super::deal::creating(&nobody("opportunities"), account);
        take(self.maps(&self.admin).create_decision_map(request).await)
            .decision_map
            .unwrap()
    }
}

pub fn merging(survivor: &Account, losers: &[&Account]) -> MergeAccountsRequest {
    let loser = |account: &&Account| MergeLoser {
        account: account.name.clone(),
        etag: String::new(),
    };
    MergeAccountsRequest {
        survivor: survivor.name.clone(),
        losers: losers.iter().map(loser).collect(),
        ..Default::default()
    }
}

pub fn named(display_name: &str, external_id: &str) -> Account {
    Account {
        display_name: display_name.to_owned(),
        external_key: Some(ExternalKey {
            source_system: "sap".to_owned(),
            external_id: external_id.to_owned(),
        }),
        ..Account::default()
    }
}

#[tokio::test]
async fn what_a_loser_had_is_the_survivors() {
    let world = World::new().await;
    let survivor = world.told(named("宏远重工", "1")).await;
    let loser = Account {
        industry: "steel".to_owned(),
        legal_name: "上海宏远重工股份有限公司".to_owned(),
        tags: vec!["重点".to_owned()],
        ..named("宏远", "2")
    };
    let loser = world.told(loser).await;
    let boss = world.contact(&world.admin, &loser.name, "王芳").await;
    let report = world.contact(&world.admin, &loser.name, "李伟").await;
    take(report_to(&world, &report, &boss.name).await);
    let twin = world.contact(&world.admin, &survivor.name, "李 伟").await;
    let (note, map) = (
        world.note(&loser.name, "旧").await,
        world.map(&loser.name).await,
    );
    let plant = Account {
        parent: loser.name.clone(),
        ..named("工厂", "3")
    };
    let plant = world.told(plant).await;

    let merge = world.merge(&survivor, &[&loser]).await;
    let after = world.led(&survivor.name).await;
    assert_eq!(merge.after.as_ref(), Some(&after));
    assert_eq!(merge.state(), MergeState::Done);
    assert_eq!(
        (after.display_name.as_str(), after.industry.as_str()),
        ("宏远重工", "steel")
    );
    assert_eq!(after.legal_name, loser.legal_name);
    assert_eq!(after.tags, ["重点"]);
    let names: Vec<&str> = after.names.iter().map(|name| name.text.as_str()).collect();
    assert_eq!(names, ["宏远"]);
    assert_eq!(after.external_key, survivor.external_key);
    assert_eq!(
        after.further_external_keys,
        [loser.external_key.clone().unwrap()]
    );
    let expected = MergeCounts {
        contacts: 2,
        decision_maps: 1,
        notes: 1,
        external_keys: 1,
        names: 1,
        children: 1,
        ..MergeCounts::default()
    };
    assert_eq!(merge.moved, Some(expected));
    let conflicts: Vec<&str> = merge.conflicts.iter().map(|c| c.field.as_str()).collect();
    assert_eq!(conflicts, ["display_name"]);
    assert_eq!(merge.conflicts[0].taken, survivor.name);
    let said = |value: &MergeValue| value.value.clone().unwrap().display_name;
    let said: Vec<String> = merge.conflicts[0].values.iter().map(said).collect();
    assert_eq!(said, ["宏远重工", "宏远"]);
    assert_eq!(
        merge.same_name_contacts,
        [SameNameContacts {
            display_name: "李伟".to_owned(),
            contacts: vec![report.name.clone(), twin.name],
        }]
    );

    let contacts = world.contacts_of(&survivor.name).await;
    assert_eq!(contacts.len(), 3);
    assert_eq!(
        contacts[1].manager, boss.name,
        "the line between them stays"
    );
    assert_eq!(world.led(&plant.name).await.parent, survivor.name);
    for (subject, versions) in [
        (&survivor.name, 2),
        (&loser.name, 2),
        (&boss.name, 2),
        (&report.name, 3),
        (&note.name, 2),
        (&map.name, 2),
        (&plant.name, 2),
        (&merge.name, 1),
    ] {
        assert_eq!(world.events(subject).await.len(), versions, "{subject}");
    }
    let told: AccountChanged = world.events(&loser.name).await[1].message();
    assert_eq!(told.after.unwrap().merged_into, survivor.name);
    let told: AccountsMerged = world.events(&merge.name).await[0].message();
    assert_eq!(told.after, Some(merge));
}

#[tokio::test]
async fn a_losers_name_and_keys_lead_to_the_survivor() {
    let world = World::new().await;
    let survivor = world.told(named("宏远重工", "1")).await;
    let loser = world.told(named("鼎信通讯", "2")).await;
    let note = world.note(&loser.name, "旧").await;
    let opportunity = nobody("opportunities");
    world.pipeline.sell(&opportunity, &loser.name);
    world.merge(&survivor, &[&loser]).await;
    let mut accounts = world.accounts(&world.admin);
    let after = world.led(&loser.name).await;
    assert_eq!(after.name, survivor.name);
    let request = BatchGetAccountsRequest {
        names: vec![
            loser.name.clone(),
            survivor.name.clone(),
            nobody("accounts"),
        ],
    };
    let batch = take(accounts.batch_get_accounts(request).await);
    assert_eq!(
        (batch.accounts, batch.missing.len()),
        (vec![after.clone()], 1)
    );
    let list = take(accounts.list_accounts(ListAccountsRequest::default()).await);
    assert_eq!(list.accounts, std::slice::from_ref(&after));
    let upsert = UpsertAccountRequest {
        account: Some(Account {
            industry: "steel".to_owned(),
            ..named("", "2")
        }),
        ..Default::default()
    };
    let upserted = take(accounts.upsert_account(upsert).await);
    assert!(!upserted.created);
    assert_eq!(upserted.account.unwrap().name, survivor.name);
    let row = UpsertContactRequest {
        contact: Some(Contact {
            display_name: "王芳".to_owned(),
            external_key: named("", "c").external_key,
            ..Contact::default()
        }),
        account_external_id: "2".to_owned(),
        ..Default::default()
    };
    let contact = take(world.contacts(&world.admin).upsert_contact(row).await);
    assert_eq!(contact.contact.unwrap().account, survivor.name);
    assert_eq!(world.contacts_of(&loser.name).await.len(), 1);
    let notes = ListAccountNotesRequest {
        account: loser.name.clone(),
        ..Default::default()
    };
    let notes = take(world.notes(&world.admin).list_account_notes(notes).await);
    assert_eq!(notes.account_notes[0].name, note.name);
    let chart = GetOrganizationChartRequest {
        account: loser.name.clone(),
    };
    let chart = world
        .contacts(&world.admin)
        .get_organization_chart(chart)
        .await;
    assert_eq!(take(chart).nodes.len(), 1);
    let search = SearchAccountsRequest {
        query: "鼎信".to_owned(),
        ..Default::default()
    };
    let hits = take(world.search(&world.admin).search_accounts(search).await).hits;
    let found: Vec<&str> = hits.iter().map(|hit| hit.account.as_str()).collect();
    assert_eq!(found, [survivor.name.as_str()]);
    let query = MatchQuery {
        display_name: "鼎信通讯".to_owned(),
        ..MatchQuery::default()
    };
    let matches = FindMatchesRequest {
        queries: vec![query],
        ..Default::default()
    };
    let found = take(world.matching(&world.admin).find_matches(matches).await);
    let found: Vec<&str> = found.results[0]
        .matches
        .iter()
        .map(|found| found.account.as_str())
        .collect();
    assert_eq!(found, [survivor.name.as_str()]);
    // The deal still names the loser as its customer.
    let map = super::deal::creating(&opportunity, &survivor.name);
    let map = take(world.maps(&world.admin).create_decision_map(map).await);
    assert_eq!(map.decision_map.unwrap().account, survivor.name);
}

#[tokio::test]
async fn a_check_is_an_exact_preview_and_a_repeat_answers_as_the_first_did() {
    let world = World::new().await;
    let survivor = world.told(named("宏远重工", "1")).await;
    let loser = world.told(named("宏远", "2")).await;
    world.contact(&world.admin, &loser.name, "王芳").await;
    let check = MergeAccountsRequest {
        validate_only: true,
        ..merging(&survivor, &[&loser])
    };
    let preview = take(world.try_merge(check).await).merge.unwrap();
    assert_eq!(world.led(&loser.name).await, loser);
    assert_eq!(world.contacts_of(&loser.name).await.len(), 1);
    let request = MergeAccountsRequest {
        request_id: request_id(),
        ..merging(&survivor, &[&loser])
    };
    let done = take(world.try_merge(request.clone()).await).merge.unwrap();
    let timeless = |merge: &Merge| Merge {
        name: String::new(),
        merge_time: None,
        undo_until: None,
        after: merge.after.clone().map(|after| Account {
            update_time: None,
            ..after
        }),
        ..merge.clone()
    };
    assert_eq!(timeless(&preview), timeless(&done));
    let again = take(world.try_merge(request.clone()).await).merge.unwrap();
    assert_eq!(again, done);
    assert_eq!(world.events(&done.name).await.len(), 1);
    let other = MergeAccountsRequest {
        survivor_etag: "1".to_owned(),
        ..request
    };
    assert_eq!(reason_of(world.try_merge(other).await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_group_stays_without_loops_and_chains_of_merges_are_one_step() {
    let world = World::new().await;
    let mut chain: Vec<Account> = Vec::new();
    for name in ["集团", "公司", "工厂", "车间"] {
        let parent = chain.last().map(|above| above.name.clone());
        let account = Account {
            display_name: name.to_owned(),
            parent: parent.unwrap_or_default(),
            ..Account::default()
        };
        chain.push(world.told(account).await);
    }
    let [group, company, plant, shop] = chain.as_slice() else {
        unreachable!()
    };
    world.merge(plant, &[company]).await;
    assert_eq!(world.led(&plant.name).await.parent, group.name);
    world.merge(shop, &[group]).await;
    assert_eq!(world.led(&shop.name).await.parent, "");
    assert_eq!(world.led(&plant.name).await.parent, shop.name);
    world.merge(shop, &[plant]).await;
    assert_eq!(
        world.led(&company.name).await.name,
        shop.name,
        "in one step"
    );
    let told: AccountChanged = world.events(&company.name).await[2].message();
    assert_eq!(told.after.unwrap().merged_into, shop.name);
    let merges = ListMergesRequest {
        account: plant.name.clone(),
        ..Default::default()
    };
    let merges = take(world.merges(&world.admin).list_merges(merges).await).merges;
    assert_eq!(merges.len(), 2, "once it survived, once it was lost");
}

#[tokio::test]
async fn merges_are_read_and_listed_by_who_sees_the_survivor() {
    let world = World::new().await;
    let [a, b, c] = ["甲", "乙", "丙"].map(|name| world.account(&world.admin, name));
    let (a, b, c) = (a.await, b.await, c.await);
    let first = world.merge(&a, &[&b]).await;
    let second = world.merge(&a, &[&c]).await;
    let mut merges = world.merges(&world.admin);
    let get = |name: &str| GetMergeRequest {
        name: name.to_owned(),
    };
    let read = take(merges.get_merge(get(&first.name)).await).merge;
    assert_eq!(read.as_ref(), Some(&first));
    let lost = merges.get_merge(get(&nobody("merges"))).await;
    assert_eq!(reason_of(lost), "MERGE_NOT_FOUND");
    assert_eq!(bad_fields(merges.get_merge(get("x")).await), ["name"]);
    let page = ListMergesRequest {
        page_size: 1,
        ..Default::default()
    };
    let one = take(merges.list_merges(page.clone()).await);
    assert_eq!(one.merges, std::slice::from_ref(&first));
    let next = ListMergesRequest {
        page_token: one.next_page_token,
        ..page
    };
    let two = take(merges.list_merges(next.clone()).await);
    assert_eq!(
        (two.merges, two.next_page_token),
        (vec![second], String::new())
    );
    let foreign_token = ListMergesRequest {
        account: a.name.clone(),
        ..next
    };
    let refused = merges.list_merges(foreign_token).await;
    assert_eq!(reason_of(refused), "PAGE_TOKEN_INVALID");
    let bad = ListMergesRequest {
        account: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(bad_fields(merges.list_merges(bad).await), ["account"]);
    for blind in [world.seller("").await, world.settle(tenant()).await] {
        let mut merges = world.merges(&blind);
        let unseen = merges.get_merge(get(&first.name)).await;
        assert_eq!(reason_of(unseen), "MERGE_NOT_FOUND");
        let none = take(merges.list_merges(ListMergesRequest::default()).await);
        assert!(none.merges.is_empty());
        let undo = UndoMergeRequest {
            name: first.name.clone(),
            ..Default::default()
        };
        let refused = reason_of(merges.undo_merge(undo).await);
        assert!(["MERGE_NOT_FOUND", "PERMISSION_DENIED"].contains(&refused.as_str()));
    }
}
