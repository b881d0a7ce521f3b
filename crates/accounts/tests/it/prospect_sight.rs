//! Who sees a prospect, and whom it may be given to.

use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::prospecting::plant;
use super::prospects::{creating, dismissing, getting, updating};
use super::world::{World, bad_fields, id, reason_of, take};

#[tokio::test]
async fn a_prospect_is_seen_by_its_owner_its_team_and_whoever_sees_all() {
    let world = World::new().await;
    let team = world.team("西北", "", "").await;
    let owner = world.seller(&team.name).await;
    let listed = world.prospect(&owner, plant()).await;
    assert_eq!(listed.team, team.name);
    let lead = world.seller(&team.name).await.in_team(id(&team.name));
    for caller in [&owner, &lead, &world.admin] {
        let mut prospects = world.prospects(caller);
        take(prospects.get_prospect(getting(&listed.name)).await);
        let all = ListProspectsRequest::default();
        let found = take(prospects.list_prospects(all).await);
        assert_eq!(found.prospects, std::slice::from_ref(&listed));
    }
    let colleague = world.seller(&team.name).await;
    let found = world
        .prospects(&colleague)
        .list_prospects(ListProspectsRequest::default())
        .await;
    assert!(take(found).prospects.is_empty());
}

#[tokio::test]
async fn what_is_not_seen_or_of_another_tenant_is_not_there() {
    let world = World::new().await;
    let owner = world.seller("").await;
    let listed = world.prospect(&owner, plant()).await;
    let name = listed.name.as_str();
    let stranger = world.settle(tenant()).await;
    let colleague = world.seller("").await;
    for caller in [&colleague, &stranger] {
        let mut prospects = world.prospects(caller);
        let screen = ScreenProspectRequest {
            name: name.to_owned(),
            ..Default::default()
        };
        let convert = ConvertProspectRequest {
            name: name.to_owned(),
            ..Default::default()
        };
        for reason in [
            reason_of(prospects.get_prospect(getting(name)).await),
            reason_of(prospects.update_prospect(updating(&listed, &[])).await),
            reason_of(prospects.screen_prospect(screen).await),
            reason_of(prospects.dismiss_prospect(dismissing(name, "x")).await),
            reason_of(prospects.convert_prospect(convert).await),
        ] {
            assert_eq!(reason, "PROSPECT_NOT_FOUND");
        }
    }
    let force = ForceConvertProspectRequest {
        name: name.to_owned(),
        reason: "x".to_owned(),
        ..Default::default()
    };
    let forced = world
        .prospects(&stranger)
        .force_convert_prospect(force)
        .await;
    assert_eq!(reason_of(forced), "PROSPECT_NOT_FOUND");
    assert_eq!(world.events(name).await.len(), 1);
}

#[tokio::test]
async fn nobody_gives_a_prospect_away_to_where_they_do_not_see_it() {
    let world = World::new().await;
    let team = world.team("西南", "", "").await;
    let (seller, other) = (world.seller("").await, world.seller("").await);
    let given = Prospect {
        owner: other.person_name(),
        team: team.name.clone(),
        ..plant()
    };
    let expected = ["prospect.owner", "prospect.team"];
    let mut prospects = world.prospects(&seller);
    let created = prospects.create_prospect(creating(given.clone())).await;
    assert_eq!(bad_fields(created), expected);
    let own = world.prospect(&seller, plant()).await;
    let update = Prospect {
        owner: given.owner,
        team: given.team,
        ..own
    };
    let updated = prospects
        .update_prospect(updating(&update, &["owner", "team"]))
        .await;
    assert_eq!(bad_fields(updated), expected);
}

#[tokio::test]
async fn a_viewer_reads_and_changes_nothing() {
    let world = World::new().await;
    let viewer = Caller::person(world.tenant, "viewer");
    let listed = world.prospect(&world.admin, plant()).await;
    let mut prospects = world.prospects(&viewer);
    take(prospects.get_prospect(getting(&listed.name)).await);
    for reason in [
        reason_of(prospects.create_prospect(creating(plant())).await),
        reason_of(
            prospects
                .dismiss_prospect(dismissing(&listed.name, "x"))
                .await,
        ),
    ] {
        assert_eq!(reason, "PERMISSION_DENIED");
    }
}
