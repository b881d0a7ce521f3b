use std::time::Instant;

use keynode_kit::client::Channel;
use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::transfers_service_client::TransfersServiceClient;
use keynode_proto::accounts::v1::*;

use super::people::updating;
use super::territories::{make, of_team, territories};
use super::world::{
    World, bad_fields, id, mask, metadata, nobody, reason, reason_of, refused, request_id, take,
};

fn transfers(world: &World, by: &Caller) -> TransfersServiceClient<Channel> {
    TransfersServiceClient::new(world.server.connect(by))
}

fn giving(from: &Caller, to: &str) -> TransferRecordsRequest {
    TransferRecordsRequest {
        from: from.person_name(),
        to: to.to_owned(),
        ..Default::default()
    }
}

async fn owners(world: &World, names: &[&str]) -> Vec<String> {
    let mut owners = Vec::new();
    for name in names {
        let request = GetAccountRequest {
            name: (*name).to_owned(),
        };
        let read = world.accounts(&world.admin).get_account(request).await;
        owners.push(take(read).account.unwrap().owner);
    }
    owners
}

async fn person(world: &World, name: &str) -> Person {
    let request = GetPersonRequest {
        name: name.to_owned(),
    };
    take(world.directory(&world.admin).get_person(request).await)
        .person
        .unwrap()
}

#[tokio::test]
async fn everything_of_a_leaver_goes_to_the_heir_in_one_call() {
    let world = World::new().await;
    let team = world.team("西北", "", "").await;
    let (leaver, heir) = (world.seller("").await, world.seller(&team.name).await);
    let a = world.account(&leaver, "甲").await;
    let b = world.account(&leaver, "乙").await;
    let led = world.team("北京", "", &leaver.person_name()).await;
    let mut areas = territories(&world, &world.admin);
    let area = Territory {
        owner: leaver.person_name(),
        ..of_team(&team.name)
    };
    let area = make(&mut areas, area).await;
    let mut calls = transfers(&world, &world.admin);
    let request = TransferRecordsRequest {
        disable_from: true,
        release_teams: true,
        request_id: request_id(),
        ..giving(&leaver, &heir.person_name())
    };
    let preview = TransferRecordsRequest {
        validate_only: true,
        request_id: String::new(),
        ..request.clone()
    };
    let previewed = take(calls.transfer_records(preview).await);
    assert_eq!(
        owners(&world, &[&a.name]).await,
        [leaver.person_name()],
        "a preview moves nothing"
    );
    let answer = take(calls.transfer_records(request.clone()).await);
    let expected = TransferRecordsResponse {
        accounts_moved: 2,
        territories_moved: 1,
        teams_released: 1,
        disabled: true,
        ..Default::default()
    };
    assert_eq!((&answer, &previewed), (&expected, &expected));
    assert_eq!(take(calls.transfer_records(request.clone()).await), answer);
    let other = TransferRecordsRequest {
        release_teams: false,
        ..request
    };
    assert_eq!(
        reason_of(calls.transfer_records(other).await),
        "REQUEST_ID_REUSED"
    );
    assert_eq!(
        owners(&world, &[&a.name, &b.name]).await,
        [heir.person_name(), heir.person_name()]
    );
    let event: AccountChanged = world.events(&a.name).await[1].message();
    assert_eq!(event.after.unwrap().team, team.name);
    let get = GetTerritoryRequest { name: area.name };
    let area = take(areas.get_territory(get).await).territory.unwrap();
    assert_eq!(area.owner, heir.person_name());
    let change: TeamChanged = world.events(&led.name).await[1].message();
    assert_eq!(change.after.unwrap().lead, "");
    assert!(person(&world, &leaver.person_name()).await.disabled);
    let history = world.events(&leaver.person_name()).await;
    let told: RecordsTransferred = history[1].message();
    assert_eq!(
        (told.to, told.accounts, told.disabled),
        (heir.person_name(), 2, true)
    );
    let disabled: PersonChanged = history[2].message();
    assert!(disabled.after.unwrap().disabled);
    assert_eq!(
        history.iter().map(|e| e.sequence).collect::<Vec<_>>(),
        [1, 2, 3]
    );
}

#[tokio::test]
async fn the_territories_may_decide_and_what_falls_to_none_is_told() {
    let world = World::new().await;
    let team = world.team("西北", "", "").await;
    let leaver = world.seller(&team.name).await;
    let mut areas = territories(&world, &world.admin);
    let area = Territory {
        regions: vec!["宁夏".to_owned()],
        owner: leaver.person_name(),
        ..of_team(&team.name)
    };
    make(&mut areas, area).await;
    let placed = CreateAccountRequest {
        account: Some(Account {
            display_name: "宁夏化工".to_owned(),
            location: "宁夏".to_owned(),
            ..Account::default()
        }),
        ..Default::default()
    };
    let placed = take(world.accounts(&leaver).create_account(placed).await);
    let placed = placed.account.unwrap();
    let lost = world.account(&leaver, "无处").await;
    let request = TransferRecordsRequest {
        by_territory: true,
        ..giving(&leaver, "")
    };
    let answer = take(
        transfers(&world, &world.admin)
            .transfer_records(request)
            .await,
    );
    let expected = TransferRecordsResponse {
        accounts_moved: 1,
        accounts_left: 1,
        left_accounts: vec![lost.name.clone()],
        territories_moved: 1,
        ..Default::default()
    };
    assert_eq!(answer, expected);
    assert_eq!(
        owners(&world, &[&placed.name, &lost.name]).await,
        [String::new(), leaver.person_name()],
        "the leaver keeps nothing that the team gets"
    );
}

#[tokio::test]
async fn a_transfer_that_contradicts_itself_is_refused() {
    let world = World::new().await;
    let (a, b) = (world.seller("").await, world.seller("").await);
    let mut calls = transfers(&world, &world.admin);
    let bad = TransferRecordsRequest {
        from: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(calls.transfer_records(bad).await),
        ["from", "to"]
    );
    let both = TransferRecordsRequest {
        by_territory: true,
        ..giving(&a, &b.person_name())
    };
    for request in [both, giving(&a, &a.person_name())] {
        assert_eq!(bad_fields(calls.transfer_records(request).await), ["to"]);
    }
    assert_eq!(
        reason_of(calls.transfer_records(giving(&a, &nobody("people"))).await),
        "PERSON_NOT_FOUND"
    );
    let disabled = Person {
        name: b.person_name(),
        disabled: true,
        ..Person::default()
    };
    take(
        world
            .directory(&world.admin)
            .update_person(updating(&disabled, &["disabled"]))
            .await,
    );
    assert_eq!(
        bad_fields(calls.transfer_records(giving(&a, &b.person_name())).await),
        ["to"]
    );
    let foreign = world.settle(tenant()).await;
    assert_eq!(
        reason_of(
            transfers(&world, &foreign)
                .transfer_records(giving(&a, &foreign.person_name()))
                .await
        ),
        "PERSON_NOT_FOUND"
    );
    let nothing = take(
        calls
            .transfer_records(giving(&a, &world.admin.person_name()))
            .await,
    );
    assert_eq!(nothing, TransferRecordsResponse::default());
    let told = world.events(&a.person_name()).await;
    assert_eq!(told.len(), 2, "deals may follow, which nobody here knows");
    let told: RecordsTransferred = told[1].message();
    assert!(told.everything && told.given.is_empty());
}

#[tokio::test]
async fn managers_transfer_within_their_teams_and_disable_nobody() {
    let world = World::new().await;
    let team = world.team("西北", "", "").await;
    let (leaver, heir) = (
        world.seller(&team.name).await,
        world.seller(&team.name).await,
    );
    let stranger = world.seller("").await;
    let own = world.account(&leaver, "甲").await;
    let unseen = world.account(&leaver, "乙").await;
    let hide = UpdateAccountRequest {
        account: Some(Account {
            name: unseen.name.clone(),
            ..Account::default()
        }),
        update_mask: mask(&["team"]),
        ..Default::default()
    };
    take(world.accounts(&world.admin).update_account(hide).await);
    let manager = Caller::person(world.tenant, "sales_manager").in_team(id(&team.name));
    let mut calls = transfers(&world, &manager);
    for (request, field) in [
        (giving(&leaver, &stranger.person_name()), "to"),
        (giving(&stranger, &heir.person_name()), "from"),
    ] {
        assert_eq!(bad_fields(calls.transfer_records(request).await), [field]);
    }
    let disabling = TransferRecordsRequest {
        disable_from: true,
        ..giving(&leaver, &heir.person_name())
    };
    assert_eq!(
        reason_of(calls.transfer_records(disabling.clone()).await),
        "PERMISSION_DENIED"
    );
    let scoped = Caller {
        scopes: vec!["accounts.transfers"],
        ..Caller::person(world.tenant, "administrator")
    };
    assert_eq!(
        reason_of(transfers(&world, &scoped).transfer_records(disabling).await),
        "PERMISSION_DENIED",
        "a key for transfers disables nobody"
    );
    let king = TransferRecordsRequest {
        disable_from: true,
        ..giving(&world.admin, &heir.person_name())
    };
    assert_eq!(
        reason_of(
            transfers(&world, &Caller::integrator(world.tenant))
                .transfer_records(king)
                .await
        ),
        "PERMISSION_DENIED",
        "only an administrator disables an administrator"
    );
    let answer = take(
        calls
            .transfer_records(giving(&leaver, &heir.person_name()))
            .await,
    );
    assert_eq!((answer.accounts_moved, answer.accounts_left), (1, 1));
    assert!(answer.left_accounts.is_empty(), "it is not seen");
    assert_eq!(
        owners(&world, &[&own.name, &unseen.name]).await,
        [heir.person_name(), leaver.person_name()]
    );
    assert_eq!(
        reason_of(
            transfers(&world, &leaver)
                .transfer_records(giving(&leaver, &heir.person_name()))
                .await
        ),
        "PERMISSION_DENIED"
    );
}

async fn many(world: &World, owner: &Caller, count: u32) {
    let sql = format!(
        "insert into accounts.account (tenant_id, id, version, created_at, updated_at, display_name, industry,
                                       location, owner_id)
         select '{}', gen_random_uuid(), 1, now(), now(), 'x', '', '', '{}' from generate_series(1, {count})",
        world.tenant,
        owner.person.unwrap(),
    );
    world.execute(&sql).await;
}

#[tokio::test]
async fn ten_thousand_accounts_go_in_one_call_and_too_many_in_none() {
    let world = World::new().await;
    let (leaver, heir) = (world.seller("").await, world.seller("").await);
    many(&world, &leaver, 10_000).await;
    let mut calls = transfers(&world, &world.admin);
    let started = Instant::now();
    let answer = take(
        calls
            .transfer_records(giving(&leaver, &heir.person_name()))
            .await,
    );
    println!(
        "10,000 accounts were transferred in {:?}",
        started.elapsed()
    );
    assert_eq!((answer.accounts_moved, answer.accounts_left), (10_000, 0));
    let sql = "select count(*) from events.log where type like '%AccountChanged'";
    assert_eq!(world.count(sql).await, 10_000);
    many(&world, &leaver, 20_001).await;
    let status = refused(
        calls
            .transfer_records(giving(&leaver, &heir.person_name()))
            .await,
    );
    assert_eq!(reason(&status), "TOO_MANY_ACCOUNTS");
    assert_eq!(metadata(&status, "limit").as_deref(), Some("20000"));
}
