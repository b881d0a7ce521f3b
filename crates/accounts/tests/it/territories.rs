use keynode_kit::client::Channel;
use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::territories_service_client::TerritoriesServiceClient;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;

use super::world::{
    World, bad_fields, mask, metadata, nobody, reason, reason_of, refused, request_id, take,
};

pub type Territories = TerritoriesServiceClient<Channel>;

pub fn territories(world: &World, by: &Caller) -> Territories {
    TerritoriesServiceClient::new(world.server.connect(by))
}

pub fn of_team(team: &str) -> Territory {
    Territory {
        display_name: "西北".to_owned(),
        team: team.to_owned(),
        ..Territory::default()
    }
}

pub fn creating(territory: Territory) -> CreateTerritoryRequest {
    CreateTerritoryRequest {
        territory: Some(territory),
        ..Default::default()
    }
}

pub async fn make(calls: &mut Territories, territory: Territory) -> Territory {
    take(calls.create_territory(creating(territory)).await)
        .territory
        .unwrap()
}

pub fn updating(territory: &Territory, paths: &[&str]) -> UpdateTerritoryRequest {
    UpdateTerritoryRequest {
        territory: Some(territory.clone()),
        update_mask: mask(paths),
        ..Default::default()
    }
}

pub fn archiving(name: &str) -> ArchiveTerritoryRequest {
    ArchiveTerritoryRequest {
        name: name.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_territory_is_added_read_changed_and_archived() {
    let world = World::new().await;
    let mut calls = territories(&world, &world.admin);
    let team = world.team("西北", "", "").await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let sent = Territory {
        regions: vec!["宁夏".to_owned(), " Ningxia ".to_owned(), "宁夏".to_owned()],
        industries: vec!["chemicals".to_owned()],
        accounts: vec![account.name.clone(), account.name.clone()],
        capacity: Some(10),
        priority: 5,
        owner: world.admin.person_name(),
        ..of_team(&team.name)
    };
    let request = CreateTerritoryRequest {
        request_id: request_id(),
        ..creating(sent)
    };
    let made = take(calls.create_territory(request.clone()).await)
        .territory
        .unwrap();
    assert_eq!(made.regions, ["宁夏", "Ningxia"]);
    assert_eq!(made.accounts, std::slice::from_ref(&account.name));
    assert_eq!((made.etag.as_str(), made.account_count), ("1", 0));
    assert_eq!(
        take(calls.create_territory(request).await).territory,
        Some(made.clone())
    );
    let get = GetTerritoryRequest {
        name: made.name.clone(),
    };
    assert_eq!(
        take(calls.get_territory(get.clone()).await).territory,
        Some(made.clone())
    );
    let wider = Territory {
        capacity: None,
        accounts: Vec::new(),
        ..made.clone()
    };
    let request = updating(&wider, &["capacity", "accounts"]);
    let changed = take(calls.update_territory(request.clone()).await)
        .territory
        .unwrap();
    assert_eq!(
        (changed.capacity, changed.accounts.len(), changed.priority),
        (None, 0, 5)
    );
    assert_eq!(
        reason_of(calls.update_territory(request).await),
        "ETAG_MISMATCH"
    );
    let stale = ArchiveTerritoryRequest {
        etag: "1".to_owned(),
        ..archiving(&made.name)
    };
    assert_eq!(
        reason_of(calls.archive_territory(stale).await),
        "ETAG_MISMATCH"
    );
    let dry = ArchiveTerritoryRequest {
        validate_only: true,
        ..archiving(&made.name)
    };
    take(calls.archive_territory(dry).await);
    let gone = take(calls.archive_territory(archiving(&made.name)).await)
        .territory
        .unwrap();
    assert!(gone.archive_time.is_some());
    assert_eq!(
        take(calls.archive_territory(archiving(&made.name)).await).territory,
        Some(gone.clone())
    );
    assert_eq!(
        take(calls.get_territory(get).await).territory,
        Some(gone.clone())
    );
    let events = world.events(&made.name).await;
    assert_eq!(events.len(), 3);
    let last: TerritoryChanged = events[2].message();
    assert_eq!(
        (last.before, last.after),
        (Some(changed), Some(gone.clone()))
    );
    let late = Territory {
        etag: String::new(),
        ..gone
    };
    assert_eq!(
        reason_of(calls.update_territory(updating(&late, &["priority"])).await),
        "TERRITORY_ARCHIVED"
    );
    let under = Territory {
        parent: made.name.clone(),
        ..of_team(&team.name)
    };
    assert_eq!(
        reason_of(calls.create_territory(creating(under)).await),
        "TERRITORY_ARCHIVED"
    );
}

#[tokio::test]
async fn every_bad_field_of_a_territory_is_named_at_once() {
    let world = World::new().await;
    let mut calls = territories(&world, &world.admin);
    let bad = Territory {
        team: "x".to_owned(),
        owner: "x".to_owned(),
        priority: 1001,
        regions: vec![" ".to_owned()],
        industries: vec!["x".to_owned(); 101],
        accounts: vec!["x".to_owned()],
        capacity: Some(-1),
        overflow: "x".to_owned(),
        parent: "x".to_owned(),
        external_key: Some(ExternalKey::default()),
        ..Territory::default()
    };
    assert_eq!(
        bad_fields(calls.create_territory(creating(bad)).await),
        [
            "territory.accounts[0]",
            "territory.capacity",
            "territory.display_name",
            "territory.external_key.external_id",
            "territory.external_key.source_system",
            "territory.industries",
            "territory.overflow",
            "territory.owner",
            "territory.parent",
            "territory.priority",
            "territory.regions[0]",
            "territory.team",
        ]
    );
}

#[tokio::test]
async fn what_a_territory_refers_to_must_be_there() {
    let world = World::new().await;
    let mut calls = territories(&world, &world.admin);
    let team = world.team("西北", "", "").await;
    let base = || of_team(&team.name);
    let cases = [
        (of_team(&nobody("teams")), "TEAM_NOT_FOUND"),
        (
            Territory {
                owner: nobody("people"),
                ..base()
            },
            "PERSON_NOT_FOUND",
        ),
        (
            Territory {
                accounts: vec![nobody("accounts")],
                ..base()
            },
            "ACCOUNT_NOT_FOUND",
        ),
        (
            Territory {
                parent: nobody("territories"),
                ..base()
            },
            "TERRITORY_NOT_FOUND",
        ),
        (
            Territory {
                overflow: nobody("territories"),
                ..base()
            },
            "TERRITORY_NOT_FOUND",
        ),
    ];
    for (territory, expected) in cases {
        assert_eq!(
            reason_of(calls.create_territory(creating(territory)).await),
            expected
        );
    }
    let account = world.account(&world.admin, "宁夏化工").await;
    let naming = || Territory {
        accounts: vec![account.name.clone()],
        external_key: Some(ExternalKey {
            source_system: "crm".to_owned(),
            external_id: "1".to_owned(),
        }),
        ..base()
    };
    let holder = make(&mut calls, naming()).await;
    let status = refused(calls.create_territory(creating(naming())).await);
    assert_eq!(reason(&status), "ACCOUNT_NAMED_ELSEWHERE");
    assert_eq!(metadata(&status, "territory"), Some(holder.name.clone()));
    assert_eq!(metadata(&status, "account"), Some(account.name.clone()));
    let same_key = Territory {
        accounts: Vec::new(),
        ..naming()
    };
    assert_eq!(
        reason_of(calls.create_territory(creating(same_key)).await),
        "EXTERNAL_KEY_TAKEN"
    );
    take(calls.archive_territory(archiving(&holder.name)).await);
    make(
        &mut calls,
        Territory {
            external_key: None,
            ..naming()
        },
    )
    .await;
}

#[tokio::test]
async fn territories_lead_nowhere_in_a_circle() {
    let world = World::new().await;
    let mut calls = territories(&world, &world.admin);
    let team = world.team("西北", "", "").await;
    let top = make(&mut calls, of_team(&team.name)).await;
    let low = make(
        &mut calls,
        Territory {
            parent: top.name.clone(),
            overflow: top.name.clone(),
            ..of_team(&team.name)
        },
    )
    .await;
    for (path, wanted) in [
        (
            "parent",
            Territory {
                parent: low.name.clone(),
                ..top.clone()
            },
        ),
        (
            "overflow",
            Territory {
                overflow: low.name.clone(),
                ..top.clone()
            },
        ),
        (
            "parent",
            Territory {
                parent: top.name.clone(),
                ..top.clone()
            },
        ),
    ] {
        assert_eq!(
            reason_of(calls.update_territory(updating(&wanted, &[path])).await),
            "TERRITORY_CYCLE"
        );
    }
}

#[tokio::test]
async fn what_leads_to_an_archived_territory_leads_past_it() {
    let world = World::new().await;
    let mut calls = territories(&world, &world.admin);
    let team = world.team("西北", "", "").await;
    let top = make(&mut calls, of_team(&team.name)).await;
    let middle = Territory {
        parent: top.name.clone(),
        overflow: top.name.clone(),
        ..of_team(&team.name)
    };
    let middle = make(&mut calls, middle).await;
    let low = Territory {
        parent: middle.name.clone(),
        overflow: middle.name.clone(),
        ..of_team(&team.name)
    };
    let low = make(&mut calls, low).await;
    take(calls.archive_territory(archiving(&middle.name)).await);
    let get = GetTerritoryRequest { name: low.name };
    let low = take(calls.get_territory(get).await).territory.unwrap();
    assert_eq!(
        (&low.parent, &low.overflow, low.etag.as_str()),
        (&top.name, &top.name, "2")
    );
    assert_eq!(world.events(&low.name).await.len(), 2);
}
