//! Who shares in a deal, who works on it, and where it came from.

use keynode_proto::pipeline::v1::*;
use uuid::Uuid;

use crate::world::*;

fn person(n: u128) -> String {
    format!("people/{}", Uuid::from_u128(n))
}

fn revenue(n: u128, percent: &str) -> RevenueSplit {
    RevenueSplit {
        person: person(n),
        percent: percent.to_owned(),
    }
}

fn shared() -> Opportunity {
    Opportunity {
        revenue_splits: vec![revenue(1, "66.6670"), revenue(2, "33.3330")],
        overlay_splits: vec![OverlaySplit {
            person: person(3),
            percent: "100".to_owned(),
            role: "技术交流".to_owned(),
        }],
        collaborators: vec![Collaborator {
            person: person(4),
            role: "设计".to_owned(),
        }],
        lead_source: "设计院".to_owned(),
        lead_source_detail: "宁夏设计院推荐".to_owned(),
        ..full()
    }
}

#[tokio::test]
async fn shares_are_kept_exactly_and_replaced_as_a_whole() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, shared()).await;
    assert_eq!(
        deal.revenue_splits,
        [revenue(1, "66.667"), revenue(2, "33.333")]
    );
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), deal);
    let sole = Opportunity {
        name: deal.name.clone(),
        revenue_splits: vec![revenue(5, "100.0000")],
        ..Default::default()
    };
    let paths = ["revenue_splits", "collaborators", "lead_source_detail"];
    let after = update(&mut client, sole, &paths).await.unwrap();
    assert_eq!(after.revenue_splits, [revenue(5, "100")]);
    assert!(after.collaborators.is_empty() && after.lead_source_detail.is_empty());
    assert_eq!(
        (after.overlay_splits, after.lead_source),
        (deal.overlay_splits, deal.lead_source),
        "not in the mask"
    );
}

#[tokio::test]
async fn every_bad_share_is_named_at_once_and_nothing_is_stored() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, shared()).await;
    let bad = Opportunity {
        name: deal.name.clone(),
        revenue_splits: vec![revenue(1, "50"), revenue(1, "49.9999")],
        overlay_splits: vec![OverlaySplit {
            person: "teams/1".to_owned(),
            percent: "100.1".to_owned(),
            role: "长".repeat(101),
        }],
        collaborators: vec![Collaborator::default(); 101],
        lead_source: "长".repeat(101),
        lead_source_detail: "长".repeat(1001),
        ..Default::default()
    };
    let expected = [
        "revenue_splits",
        "revenue_splits",
        "overlay_splits[0].person",
        "overlay_splits[0].percent",
        "overlay_splits[0].role",
        "collaborators",
        "lead_source",
        "lead_source_detail",
    ]
    .map(|field| format!("opportunity.{field}"));
    assert_eq!(
        fields(update(&mut client, bad.clone(), &[]).await),
        expected
    );
    let request = CreateOpportunityRequest {
        opportunity: Some(Opportunity {
            display_name: "x".to_owned(),
            ..bad
        }),
        ..Default::default()
    };
    assert_eq!(fields(client.create_opportunity(request).await), expected);
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), deal);
    assert_eq!(world.events("OpportunityChanged").await, 1);
}

#[tokio::test]
async fn rows_of_other_systems_carry_all_of_it() {
    let world = world().await;
    let mut client = world.importer();
    let imported = |id: &str, opportunity: Opportunity| OpportunityRow {
        opportunity: Some(Opportunity {
            external_key: key(id),
            ..opportunity
        }),
        ..Default::default()
    };
    let short = Opportunity {
        revenue_splits: vec![revenue(1, "99")],
        ..shared()
    };
    let rows = vec![imported("1", shared()), imported("2", short)];
    let results = upsert(&mut client, rows).await.unwrap();
    let opportunity_row_result::Result::Created(name) = &results[0] else {
        panic!("{results:?}");
    };
    assert!(matches!(
        &results[1],
        opportunity_row_result::Result::Error(status) if status.code == 3
    ));
    let deal = get(&mut client, name).await.unwrap();
    assert_eq!(deal.revenue_splits[1], revenue(2, "33.333"));
    assert_eq!(deal.lead_source, "设计院");
    let again = upsert(&mut client, vec![imported("1", shared())]).await;
    assert!(matches!(
        &again.unwrap()[0],
        opportunity_row_result::Result::Unchanged(_)
    ));
    let other = Opportunity {
        display_name: "other".to_owned(),
        lead_source: "展会".to_owned(),
        ..Default::default()
    };
    upsert(&mut client, vec![imported("1", other)])
        .await
        .unwrap();
    let after = get(&mut client, name).await.unwrap();
    assert_eq!(after.lead_source, "展会");
    assert_eq!(
        after.collaborators, deal.collaborators,
        "what a row leaves unset stays"
    );
}
