//! What an upsert of a competitor leaves out, and names that are spelt in several ways.

use keynode_proto::accounts::v1::*;

use super::competitors::{creating, keyed, named, upserting};
use super::world::{World, bad_fields, take};

#[tokio::test]
async fn what_an_upsert_leaves_out_is_kept() {
    let world = World::new().await;
    let mut competitors = world.competitors(&world.admin);
    let first = upserting(keyed("Acme", "1"));
    let made = take(competitors.upsert_competitor(first).await).competitor;
    let notes = Competitor {
        notes: "低价".to_owned(),
        ..keyed("", "1")
    };
    let told = take(competitors.upsert_competitor(upserting(notes)).await);
    let told = (told.created, told.competitor.unwrap());
    assert_eq!(
        (told.0, told.1.display_name.as_str(), told.1.notes.as_str()),
        (false, "Acme", "低价")
    );
    assert_eq!(told.1.name, made.unwrap().name);
    let nameless = competitors
        .upsert_competitor(upserting(keyed("", "2")))
        .await;
    assert_eq!(bad_fields(nameless), ["competitor.display_name"]);
    let keyless = competitors
        .upsert_competitor(upserting(named("", &[])))
        .await;
    assert_eq!(
        bad_fields(keyless),
        ["competitor.display_name", "competitor.external_key"]
    );
}

#[tokio::test]
async fn an_alias_is_kept_once_however_it_is_spelt() {
    let world = World::new().await;
    let sent = creating(named("甲", &["q q", "QQ", "QQ", "R"]));
    let made = world
        .competitors(&world.admin)
        .create_competitor(sent)
        .await;
    assert_eq!(take(made).competitor.unwrap().aliases, ["q q", "R"]);
}
