use keynode_kit::testing::{Caller, tenant};
use keynode_proto::pipeline::v1::*;

use crate::market::Market;
use crate::world::*;

#[tokio::test]
async fn what_a_caller_does_not_see_is_not_there() {
    let world = world().await;
    let (mine, colleague) = (Caller::seller(world.tenant), Caller::seller(world.tenant));
    let deal = create(&mut world.opportunities(&mine), named("mine")).await;
    let name = deal.name.clone();
    let stranger = Caller::person(tenant(), "administrator");
    for caller in [&colleague, &stranger] {
        let mut client = world.opportunities(caller);
        assert_eq!(
            reason(get(&mut client, &name).await),
            "OPPORTUNITY_NOT_FOUND"
        );
        assert_eq!(
            reason(update(&mut client, deal.clone(), &["product"]).await),
            "OPPORTUNITY_NOT_FOUND"
        );
        assert_eq!(
            reason(advance(&mut client, &name).await),
            "OPPORTUNITY_NOT_FOUND"
        );
        assert_eq!(
            reason(force(&mut client, &name, "hurry").await),
            refused_or_hidden(caller)
        );
        for answer in every_other_way(&mut client, &name).await {
            assert_eq!(reason(answer), "OPPORTUNITY_NOT_FOUND");
        }
        let listed = client
            .list_opportunities(ListOpportunitiesRequest::default())
            .await
            .unwrap();
        assert!(listed.into_inner().opportunities.is_empty());
    }
    let colleague_in_team = mine.clone().in_team(uuid::Uuid::now_v7());
    assert!(
        get(&mut world.opportunities(&colleague_in_team), &name)
            .await
            .is_ok(),
        "the owner still sees it"
    );
}

/// Permission is checked before existence.
fn refused_or_hidden(caller: &Caller) -> &'static str {
    if caller.roles == ["seller"] {
        "PERMISSION_DENIED"
    } else {
        "OPPORTUNITY_NOT_FOUND"
    }
}

async fn every_other_way(client: &mut Opportunities, name: &str) -> Vec<Result<(), tonic::Status>> {
    let name = name.to_owned();
    let element = RecordQualificationElementRequest {
        name: name.clone(),
        state: Some(ElementState {
            element: 1,
            ..Default::default()
        }),
        ..Default::default()
    };
    let step = RecordBuyingStepRequest {
        name: name.clone(),
        step: 1,
        evidence: "x".to_owned(),
        ..Default::default()
    };
    let evidence = RecordEvidenceRequest {
        name: name.clone(),
        kind: "acceptance".to_owned(),
        date: date(2026, 7, 1),
        ..Default::default()
    };
    let moves = ListStageMovesRequest {
        name: name.clone(),
        ..Default::default()
    };
    vec![
        client
            .record_qualification_element(element)
            .await
            .map(|_| ()),
        client.record_buying_step(step).await.map(|_| ()),
        client.record_evidence(evidence).await.map(|_| ()),
        client.list_stage_moves(moves).await.map(|_| ()),
        client
            .check_gate(CheckGateRequest { name: name.clone() })
            .await
            .map(|_| ()),
        client
            .get_opportunity_facts(GetOpportunityFactsRequest { name })
            .await
            .map(|_| ()),
    ]
}

#[tokio::test]
async fn nobody_gives_a_deal_away_to_where_they_do_not_see_it() {
    let market = Market::new().await;
    let world = &market.world;
    let seller = market.seller("").await;
    let mut client = world.opportunities(&seller);
    let other = market.seller("").await.person_name();
    let request = CreateOpportunityRequest {
        opportunity: Some(Opportunity {
            owner: other.clone(),
            ..named("x")
        }),
        ..Default::default()
    };
    assert_eq!(
        fields(client.create_opportunity(request).await),
        ["opportunity.owner"]
    );
    let mine = create(&mut client, named("mine")).await;
    let given = Opportunity {
        owner: other,
        ..mine
    };
    assert_eq!(
        fields(update(&mut client, given.clone(), &["owner"]).await),
        ["opportunity.owner"]
    );
    assert!(
        update(&mut world.manager(), given, &["owner"])
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn nobody_puts_a_deal_into_a_team_that_they_do_not_see() {
    let world = world().await;
    let team = uuid::Uuid::now_v7();
    let seller = Caller {
        team: Some(team),
        ..Caller::seller(world.tenant)
    };
    let mut client = world.opportunities(&seller);
    let foreign = format!("teams/{}", uuid::Uuid::now_v7());
    let request = CreateOpportunityRequest {
        opportunity: Some(Opportunity {
            owner: seller.person_name(),
            team: foreign.clone(),
            ..named("x")
        }),
        ..Default::default()
    };
    assert_eq!(
        fields(client.create_opportunity(request).await),
        ["opportunity.team"]
    );
    let mine = create(&mut client, named("mine")).await;
    assert_eq!(mine.team, format!("teams/{team}"), "one's own team is fine");
    let moved = Opportunity {
        team: foreign,
        ..mine
    };
    assert_eq!(
        fields(update(&mut client, moved.clone(), &["team"]).await),
        ["opportunity.team"]
    );
    update(&mut world.manager(), moved.clone(), &["team"])
        .await
        .unwrap();
    let news = Opportunity {
        product: "阀门".to_owned(),
        etag: String::new(),
        ..moved
    };
    update(&mut client, news, &["product"])
        .await
        .expect("where a manager put it, it may stay");
}
