use keynode_kit::client::Channel;
use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::directory_sync_service_client::DirectorySyncServiceClient;
use keynode_proto::accounts::v1::sync_row_result::Result as Outcome;
use keynode_proto::accounts::v1::*;
use tonic::Code;

use super::world::{World, bad_fields, reason_of, request_id, take};

pub type Sync = DirectorySyncServiceClient<Channel>;

pub fn sync(world: &World, by: &Caller) -> Sync {
    DirectorySyncServiceClient::new(world.server.connect(by))
}

pub fn team(external_id: &str) -> SyncTeam {
    SyncTeam {
        external_id: external_id.to_owned(),
        display_name: format!("team {external_id}"),
        ..SyncTeam::default()
    }
}

pub fn person(external_id: &str) -> SyncPerson {
    SyncPerson {
        external_id: external_id.to_owned(),
        display_name: format!("person {external_id}"),
        ..SyncPerson::default()
    }
}

pub fn partial(teams: Vec<SyncTeam>, people: Vec<SyncPerson>) -> SyncDirectoryRequest {
    SyncDirectoryRequest {
        source_system: "hr".to_owned(),
        teams,
        people,
        mode: SyncMode::Partial.into(),
        ..Default::default()
    }
}

/// What became of each row, in one word.
pub fn words(rows: &[SyncRowResult]) -> Vec<String> {
    rows.iter()
        .map(|row| match row.result.as_ref().unwrap() {
            Outcome::Created(_) => "created".to_owned(),
            Outcome::Updated(_) => "updated".to_owned(),
            Outcome::Unchanged(_) => "unchanged".to_owned(),
            Outcome::Disabled(_) => "disabled".to_owned(),
            Outcome::Error(status) => reason_in(status),
        })
        .collect()
}

fn reason_in(status: &keynode_proto::google::rpc::Status) -> String {
    use prost::Message as _;
    use tonic_types::StatusExt as _;
    let status = tonic::Status::with_details(
        Code::from(status.code),
        status.message.clone(),
        status.encode_to_vec().into(),
    );
    status.get_details_error_info().unwrap().reason
}

pub fn name(row: &SyncRowResult) -> String {
    match row.result.clone().unwrap() {
        Outcome::Created(name)
        | Outcome::Updated(name)
        | Outcome::Unchanged(name)
        | Outcome::Disabled(name) => name,
        Outcome::Error(status) => panic!("{}", status.message),
    }
}

pub async fn read(world: &World, name: &str) -> Person {
    let request = GetPersonRequest {
        name: name.to_owned(),
    };
    take(world.directory(&world.admin).get_person(request).await)
        .person
        .unwrap()
}

fn organisation() -> SyncDirectoryRequest {
    let lead = SyncTeam {
        parent_external_id: Some("top".to_owned()),
        lead_external_id: Some("boss".to_owned()),
        managers: Some(SyncReferences {
            external_ids: vec!["li".to_owned(), "boss".to_owned(), "li".to_owned()],
        }),
        ..team("low")
    };
    let seller = SyncPerson {
        team_external_id: Some("low".to_owned()),
        manager_external_id: Some("boss".to_owned()),
        login: Some("li@example.com".to_owned()),
        roles: Some(SyncRoles {
            roles: vec!["roles/viewer".to_owned()],
        }),
        email: Some("li@example.com".to_owned()),
        language_code: Some("en".to_owned()),
        ..person("li")
    };
    partial(vec![lead, team("top")], vec![seller, person("boss")])
}

#[tokio::test]
async fn teams_and_people_come_in_any_order_and_the_same_again_changes_nothing() {
    let world = World::new().await;
    let mut calls = sync(&world, &Caller::integrator(world.tenant));
    let dry = SyncDirectoryRequest {
        validate_only: true,
        ..organisation()
    };
    assert_eq!(
        words(&take(calls.sync_directory(dry).await).people),
        ["created", "created"]
    );
    let request = SyncDirectoryRequest {
        request_id: request_id(),
        ..organisation()
    };
    let answer = take(calls.sync_directory(request.clone()).await);
    assert_eq!(words(&answer.teams), ["created", "created"]);
    assert_eq!(words(&answer.people), ["created", "created"]);
    assert_eq!(take(calls.sync_directory(request.clone()).await), answer);
    let other = SyncDirectoryRequest {
        request_id: request.request_id,
        ..partial(vec![team("x")], Vec::new())
    };
    assert_eq!(
        reason_of(calls.sync_directory(other).await),
        "REQUEST_ID_REUSED"
    );
    let li = read(&world, &name(&answer.people[0])).await;
    let boss = name(&answer.people[1]);
    assert_eq!(
        (
            &li.team,
            &li.manager,
            li.etag.as_str(),
            li.language_code.as_str()
        ),
        (&name(&answer.teams[0]), &boss, "1", "en")
    );
    let listed = take(
        world
            .directory(&world.admin)
            .list_teams(ListTeamsRequest::default())
            .await,
    );
    let low = listed
        .teams
        .iter()
        .find(|team| team.name == name(&answer.teams[0]))
        .unwrap();
    assert_eq!(
        (&low.parent, &low.lead, &low.managers),
        (
            &name(&answer.teams[1]),
            &boss,
            &vec![li.name.clone(), boss.clone()]
        )
    );
    let again = take(calls.sync_directory(organisation()).await);
    assert_eq!(words(&again.teams), ["unchanged", "unchanged"]);
    assert_eq!(words(&again.people), ["unchanged", "unchanged"]);
    assert_eq!(world.events(&li.name).await.len(), 1);
    assert_eq!(world.events(&low.name).await.len(), 1);
}

#[tokio::test]
async fn what_a_row_does_not_say_is_kept_and_what_it_clears_is_gone() {
    let world = World::new().await;
    let mut calls = sync(&world, &Caller::integrator(world.tenant));
    let first = take(calls.sync_directory(organisation()).await);
    let name_of = name(&first.people[0]);
    let silent = SyncPerson {
        external_id: "li".to_owned(),
        ..SyncPerson::default()
    };
    let answer = take(
        calls
            .sync_directory(partial(vec![], vec![silent.clone()]))
            .await,
    );
    assert_eq!(words(&answer.people), ["unchanged"]);
    let cleared = SyncPerson {
        team_external_id: Some(String::new()),
        manager_external_id: Some(String::new()),
        roles: Some(SyncRoles::default()),
        email: Some(String::new()),
        active: Some(false),
        ..silent.clone()
    };
    let answer = take(calls.sync_directory(partial(vec![], vec![cleared])).await);
    assert_eq!(words(&answer.people), ["disabled"]);
    let now = read(&world, &name_of).await;
    assert_eq!(
        (now.team.as_str(), now.manager.as_str(), now.email.as_str()),
        ("", "", "")
    );
    assert!(now.disabled && now.roles.is_empty() && now.login == "li@example.com");
    let back = SyncPerson {
        active: Some(true),
        ..silent
    };
    let answer = take(calls.sync_directory(partial(vec![], vec![back])).await);
    assert_eq!(words(&answer.people), ["updated"]);
    assert!(!read(&world, &name_of).await.disabled);
}

#[tokio::test]
async fn each_row_is_judged_for_itself() {
    let world = World::new().await;
    let mut calls = sync(&world, &Caller::integrator(world.tenant));
    take(calls.sync_directory(organisation()).await);
    let under = |id: &str, parent: &str| SyncTeam {
        parent_external_id: Some(parent.to_owned()),
        ..team(id)
    };
    let teams = vec![
        team("fine"),
        under("orphan", "nowhere"),
        under("child", "orphan"),
        under("a", "b"),
        under("b", "a"),
        under("top", "low"),
    ];
    let with = |id: &str, change: &dyn Fn(&mut SyncPerson)| {
        let mut row = person(id);
        change(&mut row);
        row
    };
    let role = |role: &str| {
        Some(SyncRoles {
            roles: vec![role.to_owned()],
        })
    };
    let people = vec![
        with("fine", &|row| {
            row.team_external_id = Some("fine".to_owned())
        }),
        with("bad", &|row| row.email = Some("x".to_owned())),
        with("nameless", &|row| row.display_name = String::new()),
        with("lost", &|row| {
            row.team_external_id = Some("child".to_owned())
        }),
        with("taken", &|row| {
            row.login = Some("li@example.com".to_owned())
        }),
        with("role", &|row| row.roles = role("roles/king")),
        with("king", &|row| row.roles = role("roles/administrator")),
        with("boss", &|row| {
            row.manager_external_id = Some("li".to_owned())
        }),
        with("one", &|row| row.login = Some("same".to_owned())),
        with("two", &|row| row.login = Some("same".to_owned())),
    ];
    let answer = take(calls.sync_directory(partial(teams, people)).await);
    assert_eq!(
        words(&answer.teams),
        [
            "created",
            "INVALID_REQUEST",
            "INVALID_REQUEST",
            "TEAM_CYCLE",
            "TEAM_CYCLE",
            "TEAM_CYCLE"
        ]
    );
    assert_eq!(
        words(&answer.people),
        [
            "created",
            "INVALID_REQUEST",
            "INVALID_REQUEST",
            "INVALID_REQUEST",
            "LOGIN_TAKEN",
            "ROLE_NOT_FOUND",
            "PERMISSION_DENIED",
            "PERSON_CYCLE",
            "created",
            "LOGIN_TAKEN"
        ]
    );
    let count = "select count(*) from accounts.person where source_system = 'hr'";
    assert_eq!(world.count(count).await, 4);
    let admin = SyncPerson {
        roles: role("roles/administrator"),
        ..person("king")
    };
    let mut calls = sync(&world, &world.admin);
    let answer = take(calls.sync_directory(partial(vec![], vec![admin])).await);
    assert_eq!(words(&answer.people), ["created"]);
}

#[tokio::test]
async fn a_call_that_is_no_set_is_refused_whole() {
    let world = World::new().await;
    let mut calls = sync(&world, &Caller::integrator(world.tenant));
    let bad = SyncDirectoryRequest {
        teams: vec![team("a"), team("a")],
        people: vec![person(""), person("b"), person(" b ")],
        sync_run: "x".to_owned(),
        max_disabled_percent: Some(101),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(calls.sync_directory(bad).await),
        [
            "max_disabled_percent",
            "mode",
            "people[0].external_id",
            "people[2].external_id",
            "source_system",
            "sync_run",
            "teams[1].external_id",
        ]
    );
    let none = partial(Vec::new(), Vec::new());
    let people = (0..1001).map(|n| person(&n.to_string())).collect();
    for request in [none, partial(Vec::new(), people)] {
        assert_eq!(bad_fields(calls.sync_directory(request).await), ["people"]);
    }
    let seller = world.seller("").await;
    assert_eq!(
        reason_of(sync(&world, &seller).sync_directory(organisation()).await),
        "PERMISSION_DENIED"
    );
    let scoped = Caller {
        scopes: vec!["accounts.directory"],
        ..Caller::integrator(world.tenant)
    };
    let answer = take(sync(&world, &scoped).sync_directory(organisation()).await);
    assert_eq!(
        words(&answer.people),
        ["INVALID_REQUEST", "created"],
        "a restricted key gives no roles"
    );
}

#[tokio::test]
async fn two_synchronisations_at_once_add_nobody_twice() {
    let world = World::new().await;
    world.warm_up().await;
    let caller = Caller::integrator(world.tenant);
    let (mut one, mut two) = (sync(&world, &caller), sync(&world, &caller));
    let (x, y) = tokio::join!(
        one.sync_directory(organisation()),
        two.sync_directory(organisation())
    );
    let mut found = vec![words(&take(x).people), words(&take(y).people)];
    found.sort();
    assert_eq!(found, [["created"; 2], ["unchanged"; 2]]);
}
