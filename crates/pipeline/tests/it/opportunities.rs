use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;

use crate::world::*;

#[tokio::test]
async fn a_deal_is_stored_as_it_was_said() {
    let world = world().await;
    let seller = Caller::seller(world.tenant).in_team(uuid::Uuid::now_v7());
    let mut client = world.opportunities(&seller);
    let created = create(&mut client, full()).await;
    assert_eq!(get(&mut client, &created.name).await.unwrap(), created);
    let said = full();
    assert_eq!(
        (
            &created.product,
            created.non_standard,
            &created.amount,
            &created.competitors,
            created.entry_buying_step
        ),
        (
            &said.product,
            said.non_standard,
            &said.amount,
            &said.competitors,
            2
        )
    );
    assert_eq!(
        (&created.expected_close_date, &created.external_key),
        (&said.expected_close_date, &said.external_key)
    );
    assert_eq!(created.owner, seller.person_name());
    assert_eq!(created.team, format!("teams/{}", seller.team.unwrap()));
    assert_eq!(
        (created.stage.as_str(), created.stage_position),
        ("development", 1)
    );
    assert_eq!(
        (created.process.as_str(), created.process_version),
        ("processes/industrial-key-account", 3)
    );
    assert_eq!(created.status(), OpportunityStatus::Open);
    assert_eq!(created.effective_stage_position, 1);
    assert_eq!(created.elements.len(), 6, "always all of them");
    assert!(
        created
            .elements
            .iter()
            .all(|state| state.knowledge() == Knowledge::Unspecified)
    );
    assert_eq!(
        (created.buying_step.clone(), created.lag, created.inflation),
        (None, None, None),
        "unknown, not zero"
    );

    let moves = moves(&mut client, &created.name).await;
    assert_eq!(moves.len(), 1, "the entry is a move");
    assert_eq!(
        (moves[0].from_stage.as_str(), moves[0].to_stage.as_str()),
        ("", "development")
    );
    assert!(!moves[0].imported && !moves[0].forced);
    assert_eq!(world.events("OpportunityChanged").await, 1);
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let world = world().await;
    let bad = Opportunity {
        account: "nobody".to_owned(),
        amount: money(-1, 0),
        expected_close_date: date(2026, 2, 30),
        entry_buying_step: 7,
        ..Opportunity::default()
    };
    let request = CreateOpportunityRequest {
        opportunity: Some(bad),
        ..Default::default()
    };
    let answer = world.manager().create_opportunity(request).await;
    let expected = [
        "entry_buying_step",
        "account",
        "amount",
        "expected_close_date",
        "display_name",
    ];
    assert_eq!(
        fields(answer),
        expected.map(|field| format!("opportunity.{field}"))
    );
}

#[tokio::test]
async fn an_unknown_process_is_refused() {
    let world = world().await;
    let opportunity = Opportunity {
        process: "processes/other".to_owned(),
        ..named("x")
    };
    let request = CreateOpportunityRequest {
        opportunity: Some(opportunity),
        ..Default::default()
    };
    assert_eq!(
        reason(world.manager().create_opportunity(request).await),
        "PROCESS_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_key_is_taken_once() {
    let world = world().await;
    let mut client = world.manager();
    create(&mut client, full()).await;
    let again = CreateOpportunityRequest {
        opportunity: Some(full()),
        ..Default::default()
    };
    assert_eq!(
        reason(client.create_opportunity(again).await),
        "EXTERNAL_KEY_TAKEN"
    );
    let other = create(&mut client, named("another")).await;
    let answer = update(
        &mut client,
        Opportunity {
            external_key: key("7"),
            ..other
        },
        &["external_key"],
    )
    .await;
    assert_eq!(reason(answer), "EXTERNAL_KEY_TAKEN");
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_was() {
    let world = world().await;
    let mut client = world.manager();
    let request = CreateOpportunityRequest {
        opportunity: Some(named("x")),
        request_id: request_id(),
        validate_only: false,
    };
    let first = client
        .create_opportunity(request.clone())
        .await
        .unwrap()
        .into_inner();
    let second = client
        .create_opportunity(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, second);
    assert_eq!(world.events("OpportunityChanged").await, 1);
    let other = CreateOpportunityRequest {
        opportunity: Some(named("y")),
        ..request
    };
    assert_eq!(
        reason(client.create_opportunity(other).await),
        "REQUEST_ID_REUSED"
    );
}

#[tokio::test]
async fn validate_only_stores_nothing() {
    let world = world().await;
    let mut client = world.manager();
    let request = CreateOpportunityRequest {
        opportunity: Some(named("x")),
        validate_only: true,
        ..Default::default()
    };
    let answer = client
        .create_opportunity(request)
        .await
        .unwrap()
        .into_inner()
        .opportunity
        .unwrap();
    assert_eq!(
        reason(get(&mut client, &answer.name).await),
        "OPPORTUNITY_NOT_FOUND"
    );
    assert_eq!(world.events("OpportunityChanged").await, 0);
}

#[tokio::test]
async fn lists_page_and_filter() {
    let world = world().await;
    let mut client = world.manager();
    for n in 0..5 {
        create(&mut client, named(&format!("deal {n}"))).await;
    }
    let won = OpportunityRow {
        status: OpportunityStatus::Won.into(),
        close_time: Some(prost_types::Timestamp {
            seconds: 1_780_000_000,
            nanos: 0,
        }),
        ..row("1", "implementation")
    };
    upsert(&mut world.importer(), vec![won]).await.unwrap();

    let mut request = ListOpportunitiesRequest {
        page_size: 4,
        ..Default::default()
    };
    let first = client
        .list_opportunities(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.opportunities.len(), 4);
    request.page_token = first.next_page_token.clone();
    let second = client
        .list_opportunities(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (second.opportunities.len(), second.next_page_token.as_str()),
        (2, "")
    );
    let names: Vec<_> = first
        .opportunities
        .iter()
        .chain(&second.opportunities)
        .map(|o| &o.display_name)
        .collect();
    assert_eq!(
        names,
        ["deal 0", "deal 1", "deal 2", "deal 3", "deal 4", "deal 1"]
    );

    request.stage = "bid".to_owned();
    assert_eq!(
        reason(client.list_opportunities(request).await),
        "PAGE_TOKEN_INVALID"
    );
    for filter in [
        ListOpportunitiesRequest {
            status: OpportunityStatus::Won.into(),
            ..Default::default()
        },
        ListOpportunitiesRequest {
            stage: "implementation".to_owned(),
            ..Default::default()
        },
        ListOpportunitiesRequest {
            source_system: "crm".to_owned(),
            ..Default::default()
        },
    ] {
        let found = client
            .list_opportunities(filter)
            .await
            .unwrap()
            .into_inner()
            .opportunities;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].external_key, key("1"));
    }
    let bad = ListOpportunitiesRequest {
        account: "x".to_owned(),
        status: 99,
        ..Default::default()
    };
    assert_eq!(
        fields(client.list_opportunities(bad).await),
        ["status", "account"]
    );
    let negative = ListOpportunitiesRequest {
        page_size: -1,
        ..Default::default()
    };
    assert_eq!(
        reason(client.list_opportunities(negative).await),
        "INVALID_REQUEST"
    );
}
