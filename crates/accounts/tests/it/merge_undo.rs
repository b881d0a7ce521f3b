//! Merges that are taken back.

use std::time::Duration;

use keynode_accounts::Settings;
use keynode_kit::testing::{Caller, TestServer};
use keynode_proto::accounts::v1::merges_service_client::MergesServiceClient;
use keynode_proto::accounts::v1::*;
use tonic::{Response, Status};

use super::accounts::updating;
use super::contact_lines::report_to;
use super::merges::{merging, named};
use super::world::{World, bad_fields, id, nobody, reason_of, request_id, take};

impl World {
    async fn try_undo(
        &self,
        request: UndoMergeRequest,
    ) -> Result<Response<UndoMergeResponse>, Status> {
        self.merges(&self.admin).undo_merge(request).await
    }

    async fn undo(&self, merge: &Merge) -> UndoMergeResponse {
        take(self.try_undo(undoing(merge)).await)
    }
}

fn undoing(merge: &Merge) -> UndoMergeRequest {
    UndoMergeRequest {
        name: merge.name.clone(),
        ..Default::default()
    }
}

/// Without what every write changes.
fn timeless(account: &Account) -> Account {
    Account {
        etag: String::new(),
        update_time: None,
        ..account.clone()
    }
}

fn still(contact: &Contact) -> Contact {
    Contact {
        etag: String::new(),
        update_time: None,
        ..contact.clone()
    }
}

/// Two accounts of which much is known, in one group.
async fn rich(world: &World) -> (Account, Account) {
    let group = world.account(&world.admin, "集团").await;
    let survivor = Account {
        industry: "steel".to_owned(),
        tags: vec!["甲".to_owned()],
        ..named("宏远重工", "1")
    };
    let survivor = world.told(survivor).await;
    let loser = Account {
        industry: "iron".to_owned(),
        location: "Ningxia".to_owned(),
        legal_name: "上海宏远重工股份有限公司".to_owned(),
        tags: vec!["甲".to_owned(), "乙".to_owned()],
        parent: group.name,
        employee_count: Some(0),
        annual_revenue: super::market::yuan(7),
        further_external_keys: vec![named("", "20").external_key.unwrap()],
        names: vec![AccountName {
            kind: AccountNameKind::Former.into(),
            text: "宏远铸造".to_owned(),
            ..AccountName::default()
        }],
        traits: vec![CustomerTrait {
            kind: 1,
            value: TraitValue::Yes.into(),
            evidence: "合同".to_owned(),
            ..CustomerTrait::default()
        }],
        ..named("宏远", "2")
    };
    (survivor, world.told(loser).await)
}

#[tokio::test]
async fn undoing_gives_back_every_account_contact_map_note_and_child() {
    let world = World::new().await;
    let (survivor, loser) = rich(&world).await;
    let boss = world.contact(&world.admin, &loser.name, "王芳").await;
    let report = world.contact(&world.admin, &loser.name, "李伟").await;
    let report = take(report_to(&world, &report, &boss.name).await);
    let own = world.contact(&world.admin, &survivor.name, "张三").await;
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
    let undone = world.undo(&merge).await;
    assert_eq!(
        timeless(undone.survivor.as_ref().unwrap()),
        timeless(&survivor)
    );
    assert_eq!(timeless(&undone.losers[0]), timeless(&loser));
    assert_eq!(world.led(&loser.name).await, undone.losers[0]);
    assert_eq!(
        world.led(&survivor.name).await,
        undone.survivor.clone().unwrap()
    );
    assert_eq!(timeless(&world.led(&plant.name).await), timeless(&plant));
    let back = world.contacts_of(&loser.name).await;
    let back: Vec<Contact> = back.iter().map(still).collect();
    assert_eq!(back, [still(&boss), still(&report.contact.unwrap())]);
    assert_eq!(world.contacts_of(&survivor.name).await, [own]);
    let read = GetDecisionMapRequest {
        name: map.name.clone(),
    };
    let read = take(world.maps(&world.admin).get_decision_map(read).await);
    let read = read.decision_map.unwrap();
    let unversioned = DecisionMap {
        etag: map.etag.clone(),
        version: map.version,
        update_time: map.update_time,
        ..read.clone()
    };
    assert_eq!((unversioned, read.version), (map.clone(), 3));
    let notes = ListAccountNotesRequest {
        account: loser.name.clone(),
        ..Default::default()
    };
    let notes = take(world.notes(&world.admin).list_account_notes(notes).await);
    assert_eq!(notes.account_notes[0].name, note.name);
    let nothing: [&[String]; 6] = [
        &undone.kept_fields,
        &undone.moved_since,
        &undone.added_since,
        &undone.released_contacts,
        &undone.unplaced_accounts,
        &undone.kept_external_keys,
    ];
    assert!(nothing.iter().all(|list| list.is_empty()), "{undone:?}");
    let record = undone.merge.unwrap();
    assert_eq!(
        (record.state(), record.etag.as_str()),
        (MergeState::Undone, "2")
    );
    let told: MergeUndone = world.events(&merge.name).await[1].message();
    assert_eq!((told.before, told.after), (Some(merge), Some(record)));
    let search = SearchAccountsRequest {
        query: "宏远铸造".to_owned(),
        ..Default::default()
    };
    let hits = take(world.search(&world.admin).search_accounts(search).await).hits;
    let found: Vec<&str> = hits.iter().map(|hit| hit.account.as_str()).collect();
    assert_eq!(
        found,
        [loser.name.as_str()],
        "and is found by its own name alone"
    );
}

#[tokio::test]
async fn what_was_done_since_stays_and_is_told() {
    let world = World::new().await;
    let (survivor, loser) = rich(&world).await;
    let boss = world.contact(&world.admin, &loser.name, "王芳").await;
    let leaver = world.contact(&world.admin, &loser.name, "李伟").await;
    let own = world.contact(&world.admin, &survivor.name, "张三").await;
    let other = world.account(&world.admin, "鼎信").await;
    let merge = world.merge(&survivor, &[&loser]).await;
    let after = merge.after.clone().unwrap();
    let moving = MoveContactRequest {
        name: leaver.name.clone(),
        account: other.name.clone(),
        ..Default::default()
    };
    take(world.contacts(&world.admin).move_contact(moving).await);
    take(report_to(&world, &own, &boss.name).await);
    let new = world.contact(&world.admin, &survivor.name, "赵六").await;
    let changed = Account {
        location: "Gansu".to_owned(),
        tags: vec!["甲".to_owned(), "乙".to_owned(), "丙".to_owned()],
        ..after
    };
    let update = updating(&changed, &["location", "tags"]);
    take(world.accounts(&world.admin).update_account(update).await);
    let undone = world.undo(&merge).await;
    let now = undone.survivor.unwrap();
    assert_eq!(now.location, "Gansu");
    assert_eq!(now.tags, ["甲", "丙"], "what came with the merge goes");
    assert_eq!((now.legal_name.as_str(), now.parent.as_str()), ("", ""));
    assert_eq!(undone.kept_fields, ["location", "tags"]);
    assert_eq!(undone.moved_since, [leaver.name]);
    assert_eq!(undone.added_since, [new.name]);
    assert_eq!(undone.released_contacts, [own.name]);
    assert_eq!(timeless(&undone.losers[0]), timeless(&loser));
    let back = world.contacts_of(&loser.name).await;
    assert_eq!(
        back.iter().map(|c| &c.name).collect::<Vec<_>>(),
        [&boss.name]
    );
}

#[tokio::test]
async fn a_group_that_was_arranged_anew_gets_no_loop() {
    let world = World::new().await;
    let survivor = world.account(&world.admin, "宏远重工").await;
    let above = world.account(&world.admin, "集团").await;
    let below = |parent: &Account, name: &str| Account {
        display_name: name.to_owned(),
        parent: parent.name.clone(),
        ..Account::default()
    };
    let loser = world.told(below(&above, "宏远")).await;
    let plant = world.told(below(&loser, "工厂")).await;
    let choice = MergeChoice {
        field: "parent".to_owned(),
        account: survivor.name.clone(),
    };
    let request = MergeAccountsRequest {
        choices: vec![choice],
        ..merging(&survivor, &[&loser])
    };
    let merge = take(world.try_merge(request).await).merge.unwrap();
    let moved = Account {
        name: above.name.clone(),
        parent: plant.name.clone(),
        ..Account::default()
    };
    let update = updating(&moved, &["parent"]);
    take(world.accounts(&world.admin).update_account(update).await);
    let undone = world.undo(&merge).await;
    assert_eq!(undone.unplaced_accounts, std::slice::from_ref(&loser.name));
    assert_eq!(undone.losers[0].parent, "");
    assert_eq!(world.led(&plant.name).await.parent, loser.name);
}

#[tokio::test]
async fn a_merge_is_undone_once_and_not_beneath_another() {
    let world = World::new().await;
    let [a, b, c] = ["甲", "乙", "丙"].map(|name| world.account(&world.admin, name));
    let (a, b, c) = (a.await, b.await, c.await);
    let first = world.merge(&b, &[&a]).await;
    let second = world.merge(&c, &[&b]).await;
    assert_eq!(
        reason_of(world.try_undo(undoing(&first)).await),
        "MERGE_SUPERSEDED"
    );
    let stale = UndoMergeRequest {
        etag: "7".to_owned(),
        ..undoing(&second)
    };
    assert_eq!(reason_of(world.try_undo(stale).await), "ETAG_MISMATCH");
    let check = UndoMergeRequest {
        validate_only: true,
        ..undoing(&second)
    };
    assert_eq!(take(world.try_undo(check).await).losers[0].name, b.name);
    assert_eq!(world.led(&b.name).await.name, c.name);
    let request = UndoMergeRequest {
        request_id: request_id(),
        ..undoing(&second)
    };
    let done = take(world.try_undo(request.clone()).await);
    assert_eq!(take(world.try_undo(request.clone()).await), done);
    let other = UndoMergeRequest {
        etag: "1".to_owned(),
        ..request
    };
    assert_eq!(reason_of(world.try_undo(other).await), "REQUEST_ID_REUSED");
    assert_eq!(
        reason_of(world.try_undo(undoing(&second)).await),
        "MERGE_ALREADY_UNDONE"
    );
    assert_eq!(world.led(&a.name).await.name, b.name, "as it was before");
    let undone = world.undo(&first).await;
    assert_eq!(timeless(&undone.losers[0]), timeless(&a));
    assert_eq!(timeless(&world.led(&b.name).await), timeless(&b));
    let lost = UndoMergeRequest {
        name: nobody("merges"),
        ..Default::default()
    };
    assert_eq!(reason_of(world.try_undo(lost).await), "MERGE_NOT_FOUND");
    let bad = UndoMergeRequest {
        name: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(bad_fields(world.try_undo(bad).await), ["name"]);
}

#[tokio::test]
async fn two_merges_into_one_are_undone_in_any_order() {
    let world = World::new().await;
    let (survivor, first) = rich(&world).await;
    let second = world.told(named("鼎信", "9")).await;
    let one = world.merge(&survivor, &[&first]).await;
    let two = world.merge(&survivor, &[&second]).await;
    let undone = world.undo(&one).await;
    assert_eq!(timeless(&undone.losers[0]), timeless(&first));
    let undone = world.undo(&two).await;
    assert_eq!(timeless(&undone.losers[0]), timeless(&second));
    assert_eq!(timeless(&undone.survivor.unwrap()), timeless(&survivor));
}

#[tokio::test]
async fn after_its_time_a_merge_stays() {
    let world = World::new().await;
    let a = world.account(&world.admin, "甲").await;
    let b = world.account(&world.admin, "乙").await;
    let hasty = world.service.clone().with_settings(Settings {
        merge_undo: Duration::ZERO,
        ..Settings::default()
    });
    let server = TestServer::start(|server| hasty.add_to(server, 4 << 20)).await;
    let mut merges = MergesServiceClient::new(server.connect(&world.admin));
    let merge = take(merges.merge_accounts(merging(&a, &[&b])).await);
    let undo = undoing(&merge.merge.unwrap());
    assert_eq!(reason_of(world.try_undo(undo).await), "MERGE_UNDO_EXPIRED");
}

#[tokio::test]
async fn nobody_brings_back_what_they_would_not_see() {
    let world = World::new().await;
    let team = world.team("一部", "", "").await;
    let manager = Caller::person(world.tenant, "sales_manager").in_team(id(&team.name));
    let seen = world
        .told(Account {
            display_name: "宏远重工".to_owned(),
            team: team.name.clone(),
            ..Account::default()
        })
        .await;
    let hidden = world.account(&world.admin, "宏远集团").await;
    let merge = world.merge(&seen, &[&hidden]).await;
    for validate_only in [true, false] {
        let request = UndoMergeRequest {
            name: merge.name.clone(),
            validate_only,
            ..Default::default()
        };
        let refused = world.merges(&manager).undo_merge(request).await;
        assert_eq!(reason_of(refused), "MERGE_NOT_FOUND");
    }
}
