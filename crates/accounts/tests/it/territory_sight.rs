use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::territories::{Territories, archiving, creating, make, of_team, territories, updating};
use super::world::{World, bad_fields, id, reason_of, take};

#[tokio::test]
async fn a_manager_sees_and_keeps_the_territories_of_the_teams_seen() {
    let world = World::new().await;
    let (mine, other) = (
        world.team("西北", "", "").await,
        world.team("华东", "", "").await,
    );
    let manager = Caller::person(world.tenant, "sales_manager").in_team(id(&mine.name));
    let mut calls = territories(&world, &manager);
    let mut all = territories(&world, &world.admin);
    let foreign = make(&mut all, of_team(&other.name)).await;
    let own = make(&mut calls, of_team(&mine.name)).await;
    let listed = take(
        calls
            .list_territories(ListTerritoriesRequest::default())
            .await,
    );
    assert_eq!(listed.territories, std::slice::from_ref(&own));
    for reason in [
        reason_of(
            calls
                .get_territory(GetTerritoryRequest {
                    name: foreign.name.clone(),
                })
                .await,
        ),
        reason_of(
            calls
                .update_territory(updating(&foreign, &["priority"]))
                .await,
        ),
        reason_of(calls.archive_territory(archiving(&foreign.name)).await),
    ] {
        assert_eq!(reason, "TERRITORY_NOT_FOUND");
    }
    let stranger = world.seller(&other.name).await;
    let given = Territory {
        owner: stranger.person_name(),
        ..of_team(&other.name)
    };
    assert_eq!(
        bad_fields(calls.create_territory(creating(given)).await),
        ["territory.owner", "territory.team"]
    );
    let hidden = world.account(&world.admin, "看不见").await;
    let naming = Territory {
        accounts: vec![hidden.name],
        ..of_team(&mine.name)
    };
    assert_eq!(
        reason_of(calls.create_territory(creating(naming)).await),
        "ACCOUNT_NOT_FOUND"
    );
    let seller = world.seller(&mine.name).await;
    assert_eq!(
        reason_of(
            territories(&world, &seller)
                .create_territory(creating(of_team(&mine.name)))
                .await
        ),
        "PERMISSION_DENIED"
    );
    let settled = world.settle(tenant()).await;
    let get = GetTerritoryRequest { name: own.name };
    assert_eq!(
        reason_of(territories(&world, &settled).get_territory(get).await),
        "TERRITORY_NOT_FOUND"
    );
}

#[tokio::test]
async fn territories_come_in_pages_and_by_filter() {
    let world = World::new().await;
    let mut calls = territories(&world, &world.admin);
    let team = world.team("西北", "", "").await;
    let top = make(&mut calls, of_team(&team.name)).await;
    for _ in 0..3 {
        let low = Territory {
            parent: top.name.clone(),
            ..of_team(&team.name)
        };
        make(&mut calls, low).await;
    }
    let mut request = ListTerritoriesRequest {
        page_size: 2,
        team: team.name.clone(),
        parent: top.name.clone(),
        ..Default::default()
    };
    let first = take(calls.list_territories(request.clone()).await);
    request.page_token = first.next_page_token.clone();
    let second = take(calls.list_territories(request.clone()).await);
    assert_eq!((first.territories.len(), second.territories.len()), (2, 1));
    request.show_archived = true;
    assert_eq!(
        reason_of(calls.list_territories(request).await),
        "PAGE_TOKEN_INVALID"
    );
    take(calls.archive_territory(archiving(&top.name)).await);
    let count = async |calls: &mut Territories, show_archived| {
        let request = ListTerritoriesRequest {
            show_archived,
            ..Default::default()
        };
        take(calls.list_territories(request).await)
            .territories
            .len()
    };
    assert_eq!(
        (
            count(&mut calls, false).await,
            count(&mut calls, true).await
        ),
        (3, 4)
    );
}
