use std::time::{Duration, Instant};

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::prospect_row_result::Result as Outcome;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;
use prost::Message as _;

use super::prospecting::plant;
use super::world::{World, bad_fields, nobody, reason_of, request_id, take};

fn row(external_id: &str, prospect: Prospect) -> ProspectRow {
    let key = ExternalKey {
        source_system: "fair".to_owned(),
        external_id: external_id.to_owned(),
    };
    ProspectRow {
        prospect: Some(Prospect {
            external_key: Some(key),
            ..prospect
        }),
    }
}

fn batch(rows: Vec<ProspectRow>) -> BatchUpsertProspectsRequest {
    BatchUpsertProspectsRequest {
        rows,
        ..Default::default()
    }
}

/// What happened, in a word: for a refusal its reason.
fn word(result: &ProspectRowResult) -> String {
    match result.result.as_ref().unwrap() {
        Outcome::Created(_) => "created".to_owned(),
        Outcome::Updated(_) => "updated".to_owned(),
        Outcome::Unchanged(_) => "unchanged".to_owned(),
        Outcome::Error(status) => {
            let info = status
                .details
                .iter()
                .find(|any| any.type_url.ends_with("google.rpc.ErrorInfo"))
                .unwrap();
            tonic_types::pb::ErrorInfo::decode(info.value.as_slice())
                .unwrap()
                .reason
        }
    }
}

fn name(result: &ProspectRowResult) -> String {
    match result.result.clone().unwrap() {
        Outcome::Created(name) | Outcome::Updated(name) | Outcome::Unchanged(name) => name,
        Outcome::Error(_) => panic!("refused: {}", word(result)),
    }
}

async fn import(world: &World, by: &Caller, rows: Vec<ProspectRow>) -> Vec<ProspectRowResult> {
    let answer = world
        .prospects(by)
        .batch_upsert_prospects(batch(rows))
        .await;
    take(answer).results
}

fn words(results: &[ProspectRowResult]) -> Vec<String> {
    results.iter().map(word).collect()
}

#[tokio::test]
async fn rows_are_added_changed_or_left() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let rows = vec![row("1", plant()), row("2", plant())];
    let first = import(&world, &seller, rows.clone()).await;
    assert_eq!(words(&first), ["created", "created"]);
    let made = world.read_prospect(&name(&first[0])).await;
    assert_eq!(made.owner, seller.person_name());
    assert_eq!(
        words(&import(&world, &seller, rows).await),
        ["unchanged", "unchanged"]
    );
    let only_need = Prospect {
        need: "阀门".to_owned(),
        ..Prospect::default()
    };
    let second = import(&world, &seller, vec![row("1", only_need)]).await;
    assert_eq!(words(&second), ["updated"]);
    let changed = world.read_prospect(&made.name).await;
    assert_eq!(
        (changed.need.as_str(), changed.industry.as_str()),
        ("阀门", "化工"),
        "what a row does not say is kept"
    );
    assert_eq!(world.events(&made.name).await.len(), 2);
}

#[tokio::test]
async fn a_bad_row_changes_nothing_and_stops_no_other() {
    let world = World::new().await;
    let (seller, other) = (world.seller("").await, world.seller("").await);
    let hidden = import(&world, &other, vec![row("hidden", plant())]).await;
    let closed = import(&world, &seller, vec![row("closed", plant())]).await;
    let dismiss = DismissProspectRequest {
        name: name(&closed[0]),
        reason: "破产".to_owned(),
        ..Default::default()
    };
    take(world.prospects(&seller).dismiss_prospect(dismiss).await);
    let with = |change: fn(&mut Prospect)| {
        let mut prospect = plant();
        change(&mut prospect);
        prospect
    };
    let rows = vec![
        ProspectRow {
            prospect: Some(plant()),
        },
        row("a", with(|p| p.channel = 0)),
        row("b", with(|p| p.owner = nobody("people"))),
        row("c", with(|p| p.team = nobody("teams"))),
        row(
            "d",
            with(|p| p.target_definition = nobody("targetDefinitions")),
        ),
        row("hidden", plant()),
        row("closed", with(|p| p.phone = "1".to_owned())),
        row("closed-not", plant()),
    ];
    assert_eq!(
        words(&import(&world, &seller, rows).await),
        [
            "INVALID_REQUEST",
            "INVALID_REQUEST",
            "PERSON_NOT_FOUND",
            "TEAM_NOT_FOUND",
            "TARGET_DEFINITION_NOT_FOUND",
            "PROSPECT_NOT_FOUND",
            "PROSPECT_CLOSED",
            "created"
        ]
    );
    assert_eq!(world.events(&name(&hidden[0])).await.len(), 1);
    assert_eq!(
        words(&import(&world, &seller, vec![row("closed", plant())]).await),
        ["unchanged"],
        "the same list may be brought again"
    );
    let given = row("e", with(|p| p.owner.clear()));
    let mut given = given;
    given.prospect.as_mut().unwrap().owner = other.person_name();
    assert_eq!(
        words(&import(&world, &seller, vec![given]).await),
        ["INVALID_REQUEST"]
    );
}

#[tokio::test]
async fn a_batch_that_is_none_too_large_or_ambiguous_is_refused() {
    let world = World::new().await;
    let mut prospects = world.prospects(&world.admin);
    let empty = prospects.batch_upsert_prospects(batch(Vec::new())).await;
    assert_eq!(bad_fields(empty), ["rows"]);
    let large = batch(vec![ProspectRow::default(); 1001]);
    let large = prospects.batch_upsert_prospects(large).await;
    assert_eq!(bad_fields(large), ["rows"]);
    let twice = batch(vec![row("1", plant()), row(" 1", plant())]);
    let twice = prospects.batch_upsert_prospects(twice).await;
    assert_eq!(bad_fields(twice), ["rows[1].prospect.external_key"]);
}

#[tokio::test]
async fn a_batch_is_repeated_checked_and_permitted_like_any_change() {
    let world = World::new().await;
    let mut prospects = world.prospects(&Caller::integrator(world.tenant));
    let checked = BatchUpsertProspectsRequest {
        validate_only: true,
        ..batch(vec![row("1", plant())])
    };
    let foreseen = take(prospects.batch_upsert_prospects(checked).await);
    assert_eq!(words(&foreseen.results), ["created"]);
    assert_eq!(
        world.count("select count(*) from accounts.prospect").await,
        0
    );
    let mut request = BatchUpsertProspectsRequest {
        request_id: request_id(),
        ..batch(vec![row("1", plant())])
    };
    let first = take(prospects.batch_upsert_prospects(request.clone()).await);
    let again = take(prospects.batch_upsert_prospects(request.clone()).await);
    assert_eq!(
        (words(&first.results), &again),
        (vec!["created".to_owned()], &first)
    );
    request.rows.push(row("2", plant()));
    let other = prospects.batch_upsert_prospects(request).await;
    assert_eq!(reason_of(other), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn the_same_list_brought_by_many_at_once_is_added_once() {
    let world = World::new().await;
    world.warm_up().await;
    let rows: Vec<_> = (0..20).map(|n| row(&n.to_string(), plant())).collect();
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let (mut prospects, request) = (world.prospects(&world.admin), batch(rows.clone()));
            tokio::spawn(async move { take(prospects.batch_upsert_prospects(request).await) })
        })
        .collect();
    let mut created = 0;
    for call in calls {
        let results = call.await.unwrap().results;
        created += words(&results).iter().filter(|w| *w == "created").count();
    }
    assert_eq!(created, 20);
    assert_eq!(
        world.count("select count(*) from accounts.prospect").await,
        20
    );
}

#[tokio::test]
async fn a_thousand_rows_take_seconds_at_most() {
    let world = World::new().await;
    let rows: Vec<_> = (0..1000).map(|n| row(&n.to_string(), plant())).collect();
    let begun = Instant::now();
    let results = import(&world, &world.admin, rows).await;
    let taken = begun.elapsed();
    println!("1000 prospects were added in {taken:?}");
    assert!(words(&results).iter().all(|word| word == "created"));
    assert!(taken < Duration::from_secs(10));
}
