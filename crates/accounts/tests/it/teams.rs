use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;

use super::world::{
    World, bad_fields, mask, metadata, nobody, reason, reason_of, refused, request_id, take,
};

fn moving(team: &Team, parent: &str) -> UpdateTeamRequest {
    let team = Team {
        name: team.name.clone(),
        parent: parent.to_owned(),
        ..Team::default()
    };
    UpdateTeamRequest {
        team: Some(team),
        update_mask: mask(&["parent"]),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_team_is_added_changed_and_listed() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let team = world.team("华北", "", &world.admin.person_name()).await;
    assert_eq!(
        (team.etag.as_str(), team.lead.as_str()),
        ("1", world.admin.person_name().as_str())
    );
    let renamed = Team {
        display_name: "华北区".to_owned(),
        ..team.clone()
    };
    let request = UpdateTeamRequest {
        team: Some(renamed),
        ..Default::default()
    };
    let changed = take(directory.update_team(request.clone()).await)
        .team
        .unwrap();
    assert_eq!(
        (changed.display_name.as_str(), changed.etag.as_str()),
        ("华北区", "2")
    );
    assert_eq!(
        reason_of(directory.update_team(request).await),
        "ETAG_MISMATCH"
    );
    let listed = take(directory.list_teams(ListTeamsRequest::default()).await).teams;
    assert_eq!(listed, [changed]);
    assert_eq!(world.events(&team.name).await.len(), 2);
}

#[tokio::test]
async fn a_team_that_would_stand_above_itself_is_refused_with_the_loop() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let top = world.team("总部", "", "").await;
    let middle = world.team("华北", &top.name, "").await;
    let low = world.team("北京", &middle.name, "").await;
    let status = refused(directory.update_team(moving(&top, &low.name)).await);
    assert_eq!(reason(&status), "TEAM_CYCLE");
    let loop_ = [&top, &low, &middle, &top]
        .map(|team| team.name.clone())
        .join(" > ");
    assert_eq!(metadata(&status, "loop"), Some(loop_));
    assert_eq!(
        reason_of(directory.update_team(moving(&top, &top.name)).await),
        "TEAM_CYCLE"
    );
    take(directory.update_team(moving(&low, &top.name)).await);
    take(directory.update_team(moving(&low, "")).await);
}

#[tokio::test]
async fn two_moves_at_once_make_no_loop_together() {
    let world = World::new().await;
    world.warm_up().await;
    for _ in 0..5 {
        let (a, b) = (world.team("a", "", "").await, world.team("b", "", "").await);
        let (mut one, mut two) = (world.directory(&world.admin), world.directory(&world.admin));
        let (first, second) = tokio::join!(
            one.update_team(moving(&a, &b.name)),
            two.update_team(moving(&b, &a.name))
        );
        let refused = [first.err(), second.err()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>();
        assert_eq!(
            refused.iter().map(reason).collect::<Vec<_>>(),
            ["TEAM_CYCLE"]
        );
    }
}

#[tokio::test]
async fn what_a_team_refers_to_must_be_there() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let team = |team: Team| CreateTeamRequest {
        team: Some(Team {
            display_name: "华北".to_owned(),
            ..team
        }),
        ..Default::default()
    };
    let orphan = team(Team {
        parent: nobody("teams"),
        ..Team::default()
    });
    assert_eq!(
        reason_of(directory.create_team(orphan).await),
        "TEAM_NOT_FOUND"
    );
    let headless = team(Team {
        lead: nobody("people"),
        ..Team::default()
    });
    assert_eq!(
        reason_of(directory.create_team(headless).await),
        "PERSON_NOT_FOUND"
    );
    let unmanaged = team(Team {
        managers: vec![nobody("people")],
        ..Team::default()
    });
    assert_eq!(
        reason_of(directory.create_team(unmanaged).await),
        "PERSON_NOT_FOUND"
    );
    let bad = Team {
        parent: "x".to_owned(),
        lead: "y".to_owned(),
        managers: vec!["z".to_owned()],
        ..Team::default()
    };
    let request = CreateTeamRequest {
        team: Some(bad),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(directory.create_team(request).await),
        [
            "team.display_name",
            "team.lead",
            "team.managers[0]",
            "team.parent"
        ]
    );
    let nowhere = Team {
        name: nobody("teams"),
        ..Team::default()
    };
    assert_eq!(
        reason_of(directory.update_team(moving(&nowhere, "")).await),
        "TEAM_NOT_FOUND"
    );
    let foreign = world.directory(&world.settle(tenant()).await);
    let ours = world.team("华北", "", "").await;
    assert_eq!(
        reason_of(foreign.clone().update_team(moving(&ours, "")).await),
        "TEAM_NOT_FOUND"
    );
}

#[tokio::test]
async fn imported_teams_have_keys_of_their_own_and_pages() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let keyed = |id: &str| {
        let key = ExternalKey {
            source_system: "hr".to_owned(),
            external_id: id.to_owned(),
        };
        let team = Team {
            display_name: id.to_owned(),
            external_key: Some(key),
            ..Team::default()
        };
        CreateTeamRequest {
            team: Some(team),
            request_id: request_id(),
            ..Default::default()
        }
    };
    for id in ["1", "2", "3"] {
        take(directory.create_team(keyed(id)).await);
    }
    world.team("made here", "", "").await;
    assert_eq!(
        reason_of(directory.create_team(keyed("1")).await),
        "EXTERNAL_KEY_TAKEN"
    );
    let mut request = ListTeamsRequest {
        page_size: 2,
        source_system: "hr".to_owned(),
        ..Default::default()
    };
    let first = take(directory.list_teams(request.clone()).await);
    request.page_token = first.next_page_token;
    assert_eq!(
        (
            first.teams.len(),
            take(directory.list_teams(request.clone()).await)
                .teams
                .len()
        ),
        (2, 1)
    );
    request.source_system = "sap".to_owned();
    assert_eq!(
        reason_of(directory.list_teams(request).await),
        "PAGE_TOKEN_INVALID"
    );
}

#[tokio::test]
async fn teams_are_listed_with_all_below_them() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let top = world.team("top", "", "").await;
    let middle = world.team("middle", &top.name, "").await;
    let leaf = world.team("leaf", &middle.name, "").await;
    let other = world.team("other", "", "").await;
    let within = |names: &[&str]| ListTeamsRequest {
        within: names.iter().map(|name| (*name).to_owned()).collect(),
        page_size: 2,
        ..Default::default()
    };
    let unknown = format!("teams/{}", uuid::Uuid::now_v7());
    for (asked, found) in [
        (within(&[&middle.name]), vec![&middle, &leaf]),
        (within(&[&leaf.name, &other.name]), vec![&leaf, &other]),
        (within(&[&unknown]), vec![]),
    ] {
        let listed = take(directory.list_teams(asked).await).teams;
        let names: Vec<&String> = listed.iter().map(|team| &team.name).collect();
        let expected: Vec<&String> = found.into_iter().map(|team| &team.name).collect();
        assert_eq!(names, expected);
    }
    let mut request = within(&[&top.name]);
    let first = take(directory.list_teams(request.clone()).await);
    request.page_token = first.next_page_token;
    let second = take(directory.list_teams(request.clone()).await).teams;
    assert_eq!((first.teams.len(), second.len()), (2, 1));
    request.within = vec![other.name];
    assert_eq!(
        reason_of(directory.list_teams(request).await),
        "PAGE_TOKEN_INVALID"
    );
    let bad = directory.list_teams(within(&["teams/x"])).await;
    assert_eq!(bad_fields(bad), ["within[0]"]);
    let many = vec![top.name.as_str(); 1001];
    assert_eq!(
        bad_fields(directory.list_teams(within(&many)).await),
        ["within"]
    );
}

#[tokio::test]
async fn managers_are_the_leads_above_nearest_first() {
    let world = World::new().await;
    let boss = world
        .person(&world.admin, "总经理", "", "sales_manager")
        .await;
    let head = world
        .person(&world.admin, "大区", "", "sales_manager")
        .await;
    let top = world.team("总部", "", &boss.name).await;
    let open = world.team("北方", &top.name, "").await;
    let region = world.team("华北", &open.name, &head.name).await;
    let low = world.team("北京", &region.name, &head.name).await;
    let seller = world
        .person(&world.admin, "销售", &low.name, "seller")
        .await;
    let mut directory = world.directory(&world.admin);
    let managers = async |directory: &mut super::world::Directory, person: &str| {
        let request = ListManagersRequest {
            person: person.to_owned(),
        };
        let managers = take(directory.list_managers(request).await).managers;
        managers
            .into_iter()
            .map(|person| person.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        managers(&mut directory, &seller.name).await,
        [head.name.clone(), boss.name.clone()]
    );
    let moved = Person {
        team: region.name.clone(),
        ..head.clone()
    };
    let request = UpdatePersonRequest {
        person: Some(moved),
        update_mask: mask(&["team"]),
        ..Default::default()
    };
    take(directory.update_person(request).await);
    assert_eq!(
        managers(&mut directory, &head.name).await,
        std::slice::from_ref(&boss.name),
        "nobody is their own manager"
    );
    assert!(
        managers(&mut directory, &boss.name).await.is_empty(),
        "without a team there is nobody above"
    );
    let unknown = ListManagersRequest {
        person: nobody("people"),
    };
    assert_eq!(
        reason_of(directory.list_managers(unknown).await),
        "PERSON_NOT_FOUND"
    );
}
