use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;

use super::directory_sync::{name, partial, person, read, sync, words};
use super::world::{World, metadata, reason, refused, request_id, take};

fn full(people: &[&str]) -> SyncDirectoryRequest {
    SyncDirectoryRequest {
        mode: SyncMode::Full.into(),
        ..partial(Vec::new(), people.iter().map(|id| person(id)).collect())
    }
}

const TEN: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

#[tokio::test]
async fn who_is_absent_from_a_whole_set_is_disabled_once() {
    let world = World::new().await;
    let mut calls = sync(&world, &Caller::integrator(world.tenant));
    let made = take(calls.sync_directory(full(&TEN)).await);
    assert!(made.disabled_people.is_empty());
    world.person(&world.admin, "made here", "", "seller").await;
    let partly = take(
        calls
            .sync_directory(partial(vec![], vec![person("0")]))
            .await,
    );
    assert!(partly.disabled_people.is_empty(), "a part disables nobody");
    let dry = SyncDirectoryRequest {
        validate_only: true,
        ..full(&TEN[..8])
    };
    let (eight, nine) = (name(&made.people[8]), name(&made.people[9]));
    let preview = take(calls.sync_directory(dry).await);
    assert_eq!(preview.disabled_people, [eight.clone(), nine.clone()]);
    assert!(!read(&world, &nine).await.disabled);
    let answer = take(calls.sync_directory(full(&TEN[..8])).await);
    assert_eq!(answer, preview);
    assert!(read(&world, &eight).await.disabled && read(&world, &nine).await.disabled);
    let change: PersonChanged = world.events(&nine).await[1].message();
    assert!(change.after.unwrap().disabled);
    let again = take(calls.sync_directory(full(&TEN[..8])).await);
    assert!(again.disabled_people.is_empty());
    assert_eq!(
        world
            .count("select count(*) from accounts.person where disabled")
            .await,
        2
    );
}

#[tokio::test]
async fn a_set_that_lost_too_many_is_refused_whole() {
    let world = World::new().await;
    let mut calls = sync(&world, &Caller::integrator(world.tenant));
    take(calls.sync_directory(full(&TEN)).await);
    let mut short = full(&["0", "1", "2", "3", "4", "5", "6", "new"]);
    let status = refused(calls.sync_directory(short.clone()).await);
    assert_eq!(reason(&status), "TOO_MANY_DISABLED");
    let told = ["disabled", "people", "limit_percent"].map(|key| metadata(&status, key).unwrap());
    assert_eq!(told, ["3", "11", "20"]);
    let count = "select count(*) from accounts.person where source_system = 'hr'";
    assert_eq!(world.count(count).await, 10, "nothing is stored");
    short.max_disabled_percent = Some(30);
    let answer = take(calls.sync_directory(short).await);
    assert_eq!(answer.disabled_people.len(), 3);
}

#[tokio::test]
async fn a_set_may_take_several_calls() {
    let world = World::new().await;
    let mut calls = sync(&world, &Caller::integrator(world.tenant));
    let made = take(calls.sync_directory(full(&TEN)).await);
    let run = request_id();
    let part = |people: &[&str], is_last| SyncDirectoryRequest {
        sync_run: run.clone(),
        is_last,
        ..full(people)
    };
    let first = take(calls.sync_directory(part(&TEN[..5], false)).await);
    assert!(first.disabled_people.is_empty());
    assert_eq!(words(&first.people), ["unchanged"; 5]);
    let mut bad = part(&TEN[5..9], false);
    bad.people[3].email = Some("x".to_owned());
    let second = take(calls.sync_directory(bad).await);
    assert_eq!(words(&second.people)[3], "INVALID_REQUEST");
    let last = take(calls.sync_directory(part(&[], true)).await);
    assert_eq!(
        last.disabled_people,
        [name(&made.people[9])],
        "a refused row is in the set"
    );
}

#[tokio::test]
async fn an_absent_administrator_stays_unless_an_administrator_says_so() {
    let world = World::new().await;
    let king = SyncPerson {
        roles: Some(SyncRoles {
            roles: vec!["roles/administrator".to_owned()],
        }),
        ..person("king")
    };
    let mut people: Vec<SyncPerson> = TEN.iter().map(|id| person(id)).collect();
    people.push(king);
    let made = take(
        sync(&world, &world.admin)
            .sync_directory(partial(vec![], people))
            .await,
    );
    let king = name(&made.people[10]);
    let mut calls = sync(&world, &Caller::integrator(world.tenant));
    let answer = take(calls.sync_directory(full(&TEN)).await);
    assert_eq!(
        (answer.disabled_people.len(), answer.kept_people),
        (0, vec![king.clone()])
    );
    assert!(!read(&world, &king).await.disabled);
    let answer = take(sync(&world, &world.admin).sync_directory(full(&TEN)).await);
    assert_eq!(answer.disabled_people, [king]);
}
