//! Deals are given to people who are there.

use keynode_kit::testing::{Caller, tenant};
use keynode_proto::pipeline::v1::opportunity_row_result::Result as RowResult;
use keynode_proto::pipeline::v1::*;
use tonic::Status;

use crate::bulk::{import, reason_of};
use crate::market::Market;
use crate::world::*;

fn nobody() -> String {
    format!("people/{}", uuid::Uuid::now_v7())
}

fn owned(id: &str, owner: &str) -> OpportunityRow {
    let mut row = row(id, "entry");
    row.opportunity.as_mut().unwrap().owner = owner.to_owned();
    row
}

async fn try_create(client: &mut Opportunities, owner: &str) -> Result<Opportunity, Status> {
    let opportunity = Opportunity {
        owner: owner.to_owned(),
        ..named("x")
    };
    let request = CreateOpportunityRequest {
        opportunity: Some(opportunity),
        ..Default::default()
    };
    let answer = client.create_opportunity(request).await?;
    Ok(answer.into_inner().opportunity.unwrap())
}

async fn reassign(world: &World, name: &str, owner: &str) -> Result<Opportunity, Status> {
    let request = ReassignOpportunityRequest {
        name: name.to_owned(),
        owner: owner.to_owned(),
        reason: "x".to_owned(),
        ..Default::default()
    };
    let answer = world.moving().reassign_opportunity(request).await?;
    Ok(answer.into_inner().opportunity.unwrap())
}

#[tokio::test]
async fn whoever_is_not_there_owns_nothing() {
    let market = Market::new().await;
    let world = &market.world;
    let team = market.team().await;
    let seller = market.seller(&team).await;
    let mut client = world.manager();
    let deal = try_create(&mut client, &seller.person_name())
        .await
        .unwrap();
    assert_eq!(
        (deal.owner.clone(), deal.team.clone()),
        (seller.person_name(), team)
    );
    let abroad = Caller::person(tenant(), "administrator");
    let abroad = market.settle(abroad).await.person_name();
    for owner in [nobody(), abroad] {
        assert_eq!(
            reason(try_create(&mut client, &owner).await),
            "OWNER_NOT_FOUND"
        );
        let given = Opportunity {
            owner: owner.clone(),
            ..deal.clone()
        };
        let refused = update(&mut client, given, &["owner"]).await;
        assert_eq!(reason(refused), "OWNER_NOT_FOUND");
        let refused = reassign(world, &deal.name, &owner).await;
        assert_eq!(reason(refused), "OWNER_NOT_FOUND");
    }
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), deal);
    let other = market.seller("").await.person_name();
    assert_eq!(
        reassign(world, &deal.name, &other).await.unwrap().owner,
        other
    );
}

#[tokio::test]
async fn a_row_with_an_owner_who_is_not_there_is_refused_alone() {
    let market = Market::new().await;
    let world = &market.world;
    let team = market.team().await;
    let (seller, other) = (market.seller(&team).await, market.seller("").await);
    let importer = Caller::integrator(world.tenant);
    let rows = vec![
        owned("1", &seller.person_name()),
        owned("2", &nobody()),
        owned("3", &other.person_name()),
    ];
    let results = import(world, &importer, vec![rows]).await.unwrap();
    let RowResult::Error(status) = &results[1] else {
        panic!("not refused: {results:?}")
    };
    assert_eq!(reason_of(status), "OWNER_NOT_FOUND");
    for (n, expected) in [(0, team.as_str()), (2, "")] {
        let RowResult::Created(name) = &results[n] else {
            panic!("not created: {results:?}")
        };
        let deal = get(&mut world.manager(), name).await.unwrap();
        assert_eq!(deal.team, expected, "the team is the owner's");
    }
    let again = vec![owned("1", &nobody()), owned("3", &other.person_name())];
    let results = import(world, &importer, vec![again]).await.unwrap();
    assert!(matches!(results[0], RowResult::Error(_)));
    assert!(matches!(results[1], RowResult::Unchanged(_)));
}

#[tokio::test]
async fn an_owner_who_stays_and_the_caller_are_nobodys_question() {
    // The accounts service does not answer.
    let world = world().await;
    let caller = world.boss();
    let mut client = world.opportunities(&caller);
    let deal = try_create(&mut client, &caller.person_name())
        .await
        .unwrap();
    let news = Opportunity {
        product: "阀门".to_owned(),
        ..deal
    };
    let paths = ["owner", "product"];
    update(&mut world.manager(), news, &paths).await.unwrap();
    let refused = try_create(&mut client, &nobody()).await;
    assert_eq!(reason(refused), "UNAVAILABLE");
    let importer = Caller::integrator(world.tenant);
    let refused = import(&world, &importer, vec![vec![owned("1", &nobody())]]).await;
    assert_eq!(reason(refused), "UNAVAILABLE");
}
