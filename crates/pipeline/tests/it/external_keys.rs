//! A deal under several keys: each is one deal's, and finds it.

use keynode_kit::testing::Caller;
use keynode_proto::common::v1::ExternalKey;
use keynode_proto::pipeline::v1::opportunity_event_result::Result as EventResult;
use keynode_proto::pipeline::v1::opportunity_row_result::Result as RowResult;
use keynode_proto::pipeline::v1::*;

use crate::batch::row_reason;
use crate::bulk::{event, tell};
use crate::world::*;

fn keys(ids: &[&str]) -> Vec<ExternalKey> {
    ids.iter().filter_map(|id| key(id)).collect()
}

fn known_by(first: Option<ExternalKey>, further: &[&str]) -> Opportunity {
    Opportunity {
        external_key: first,
        further_external_keys: keys(further),
        ..named("阀门")
    }
}

fn row_with(id: &str, further: &[&str]) -> OpportunityRow {
    let mut row = row(id, "");
    if let Some(deal) = &mut row.opportunity {
        deal.further_external_keys = keys(further);
    }
    row
}

async fn try_create(
    client: &mut Opportunities,
    deal: Opportunity,
) -> Result<Opportunity, tonic::Status> {
    let request = CreateOpportunityRequest {
        opportunity: Some(deal),
        ..Default::default()
    };
    let answer = client.create_opportunity(request).await?.into_inner();
    Ok(answer.opportunity.unwrap())
}

async fn set_keys(
    client: &mut Opportunities,
    name: &str,
    deal: Opportunity,
) -> Result<Opportunity, tonic::Status> {
    let paths = ["external_key", "further_external_keys"];
    let request = UpdateOpportunityRequest {
        opportunity: Some(Opportunity {
            name: name.to_owned(),
            ..deal
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.map(str::to_owned).to_vec(),
        }),
        ..Default::default()
    };
    let answer = client.update_opportunity(request).await?.into_inner();
    Ok(answer.opportunity.unwrap())
}

#[tokio::test]
async fn a_key_is_one_deals_be_it_the_first_or_a_further_one() {
    let world = world().await;
    let mut client = world.importer();
    let deal = create(&mut client, known_by(key("1"), &["3", "2"])).await;
    assert_eq!(deal.further_external_keys, keys(&["2", "3"]));
    assert_eq!(get(&mut client, &deal.name).await.unwrap(), deal);
    for taken in [
        known_by(key("2"), &[]),
        known_by(key("4"), &["1"]),
        known_by(key("4"), &["3"]),
    ] {
        let refused = try_create(&mut client, taken).await;
        assert_eq!(reason(refused), "EXTERNAL_KEY_TAKEN");
    }
    let other = create(&mut client, known_by(key("4"), &[])).await;
    let refused = set_keys(&mut client, &other.name, known_by(key("4"), &["2"])).await;
    assert_eq!(reason(refused), "EXTERNAL_KEY_TAKEN");
    // A key that is given up is anybody's; first and further ones may change places.
    let turned = set_keys(&mut client, &deal.name, known_by(key("3"), &["1"])).await;
    assert_eq!(turned.unwrap().further_external_keys, keys(&["1"]));
    let taken_over = set_keys(&mut client, &other.name, known_by(key("2"), &["4"])).await;
    assert_eq!(taken_over.unwrap().external_key, key("2"));
}

#[tokio::test]
async fn keys_of_another_tenant_are_other_keys() {
    let (world, elsewhere) = (world().await, world().await);
    for world in [&world, &elsewhere] {
        create(&mut world.importer(), known_by(key("1"), &["2"])).await;
    }
}

#[tokio::test]
async fn bad_keys_are_all_named() {
    let world = world().await;
    let mut client = world.importer();
    let mut twice = known_by(key("1"), &["2", "2", "3"]);
    twice.further_external_keys[2].external_id.clear();
    let further = "opportunity.further_external_keys";
    assert_eq!(
        fields(try_create(&mut client, twice).await),
        [format!("{further}[1]"), format!("{further}[2].external_id")]
    );
    let first_again = known_by(key("1"), &["1"]);
    assert_eq!(
        fields(try_create(&mut client, first_again).await),
        [further]
    );
    let no_first = known_by(None, &["1"]);
    assert_eq!(
        fields(try_create(&mut client, no_first).await),
        ["opportunity.external_key"]
    );
    let ids: Vec<String> = (0..51).map(|n| n.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let many = known_by(key("x"), &ids);
    assert_eq!(fields(try_create(&mut client, many).await), [further]);
    let most = create(&mut client, known_by(key("x"), &ids[..50])).await;
    // A row would add one more.
    let results = upsert(&mut client, vec![row_with("0", &["new"])]).await;
    assert_eq!(row_reason(&results.unwrap()[0]), "INVALID_REQUEST");
    assert_eq!(get(&mut client, &most.name).await.unwrap(), most);
}

#[tokio::test]
async fn a_row_finds_its_deal_by_any_key_and_adds_those_that_are_new() {
    let world = world().await;
    let mut client = world.importer();
    let deal = create(&mut client, known_by(key("1"), &["2"])).await;
    let rows = vec![row_with("2", &["9"])];
    let results = upsert(&mut client, rows.clone()).await.unwrap();
    assert_eq!(results, [RowResult::Updated(deal.name.clone())]);
    let now = get(&mut client, &deal.name).await.unwrap();
    assert_eq!(now.external_key, key("1"), "the first key stays");
    assert_eq!(now.further_external_keys, keys(&["2", "9"]));
    let results = upsert(&mut client, rows).await.unwrap();
    assert_eq!(results, [RowResult::Unchanged(deal.name.clone())]);
    // Found by a further key of the row.
    let results = upsert(&mut client, vec![row_with("new", &["9"])]).await;
    assert_eq!(results.unwrap(), [RowResult::Updated(deal.name)]);
}

#[tokio::test]
async fn rows_about_one_deal_and_rows_about_two_are_refused() {
    let world = world().await;
    let mut client = world.importer();
    let deal = create(&mut client, known_by(key("1"), &["2"])).await;
    create(&mut client, known_by(key("8"), &[])).await;
    let rows = vec![
        row_with("1", &[]),
        row_with("2", &[]),
        row_with("8", &["1"]),
    ];
    let refused = upsert(&mut client, rows).await;
    assert_eq!(
        fields(refused),
        ["rows[2].opportunity.further_external_keys[0]"]
    );
    let rows = vec![row_with("1", &[]), row_with("2", &[])];
    let results = upsert(&mut client, rows).await.unwrap();
    assert_eq!(results[0], RowResult::Updated(deal.name.clone()));
    assert_eq!(row_reason(&results[1]), "EXTERNAL_KEY_TAKEN");
    let results = upsert(&mut client, vec![row_with("8", &["2"]), row_with("7", &[])]).await;
    let results = results.unwrap();
    assert_eq!(row_reason(&results[0]), "EXTERNAL_KEY_TAKEN");
    assert!(matches!(results[1], RowResult::Created(_)), "{results:?}");
}

#[tokio::test]
async fn events_name_their_deal_by_any_key() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let deal = crate::bulk::carried(&world, "1").await;
    let keyed = set_keys(&mut world.importer(), &deal, known_by(key("1"), &["2"])).await;
    keyed.unwrap();
    let chunk = vec![
        event("1", "a", 10, "development"),
        event("2", "b", 20, "entry"),
        event("3", "c", 30, "entry"),
    ];
    let results = tell(&world, &importer, vec![chunk.clone()]).await.unwrap();
    let refused = matches!(results[2], EventResult::Error(_));
    assert!(
        refused && !matches!(results[1], EventResult::Error(_)),
        "{results:?}"
    );
    let again = tell(&world, &importer, vec![chunk]).await.unwrap();
    assert_eq!(
        again[..2],
        [
            EventResult::Unchanged(deal.clone()),
            EventResult::Unchanged(deal)
        ]
    );
}

#[tokio::test]
async fn two_who_give_one_key_at_once_do_not_both_get_it() {
    let world = world().await;
    let mut client = world.importer();
    for round in 0..10 {
        let id = |n: i32| format!("{round}-{n}");
        let shared = format!("shared {round}");
        let first = create(&mut client, known_by(key(&id(1)), &[])).await;
        let mut others = client.clone();
        let (as_further, as_first) = tokio::join!(
            set_keys(&mut client, &first.name, known_by(key(&id(1)), &[&shared])),
            try_create(&mut others, known_by(key(&shared), &[])),
        );
        assert!(
            as_further.is_ok() != as_first.is_ok(),
            "{as_further:?} {as_first:?}"
        );
    }
}
