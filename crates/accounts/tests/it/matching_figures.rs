//! How well matching does on real public data, through the RPCs. Opt-in:
//! `tests/matching.sh`. Without the data it says so and measures nothing.

#![allow(
    clippy::print_stdout,
    reason = "figures are for whoever asked for them"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use keynode_proto::accounts::v1::account_row_result::Result as Outcome;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;

use super::matching::{find, query};
use super::world::{World, take};

type Row = HashMap<String, String>;

fn data(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(folder);
    if !path.is_dir() {
        println!("SKIPPED: there is no {}", path.display());
        return None;
    }
    Some(path)
}

fn rows(path: &Path) -> Vec<Row> {
    csv::Reader::from_path(path)
        .unwrap()
        .into_deserialize()
        .map(Result::unwrap)
        .collect()
}

/// Where predictions go, if somebody wants them checked by another program.
fn keep(name: &str, lines: &[String]) {
    if let Ok(folder) = std::env::var("KEYNODE_PREDICTIONS") {
        std::fs::write(Path::new(&folder).join(name), lines.join("\n") + "\n").unwrap();
    }
}

/// Imports accounts; answers their names by the ids that they have in the data.
async fn import(world: &World, rows: &[Row], id: &str) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for rows in rows.chunks(1000) {
        let request = BatchUpsertAccountsRequest {
            rows: rows.iter().map(|row| account_row(row, id)).collect(),
            ..Default::default()
        };
        let answer = take(
            world
                .accounts(&world.admin)
                .batch_upsert_accounts(request)
                .await,
        );
        for (row, result) in rows.iter().zip(answer.results) {
            let Some(Outcome::Created(name)) = result.result else {
                panic!("{row:?} was refused")
            };
            names.insert(name, row[id].clone());
        }
    }
    names
}

fn account_row(row: &Row, id: &str) -> AccountRow {
    let key = ExternalKey {
        source_system: "data".to_owned(),
        external_id: row[id].clone(),
    };
    let account = Account {
        display_name: row["name"].clone(),
        location: row.get("city").cloned().unwrap_or_default(),
        external_key: Some(key),
        ..Account::default()
    };
    AccountRow {
        account: Some(account),
        ..Default::default()
    }
}

fn f1(right: usize, answered: usize, wanted: usize) -> f64 {
    2.0 * right as f64 / (answered + wanted) as f64
}

#[tokio::test]
#[ignore = "reads public data that is no part of the repository; tests/matching.sh runs it"]
async fn chinese_short_names_lead_to_the_accounts_meant() {
    let Some(folder) = data("match_zh") else {
        return;
    };
    let world = World::new().await;
    let ids = import(&world, &rows(&folder.join("accounts.csv")), "account_id").await;
    let queries: Vec<Row> = rows(&folder.join("queries_dev.csv"));
    let mut lines = vec!["query,rank,account_id,score".to_owned()];
    let mut best: Vec<Option<(String, f64)>> = Vec::new();
    for batch in queries.chunks(100) {
        let found = find(
            &world,
            &world.admin,
            batch.iter().map(|row| query(&row["query"])).collect(),
        )
        .await;
        for (row, matches) in batch.iter().zip(found) {
            best.push(
                matches
                    .first()
                    .map(|found| (ids[&found.account].clone(), found.score)),
            );
            lines.extend(matches.iter().enumerate().map(|(rank, found)| {
                format!(
                    "{},{},{},{}",
                    row["query"],
                    rank + 1,
                    ids[&found.account],
                    found.score
                )
            }));
        }
    }
    keep("match_zh.csv", &lines);
    let of = |kind: &str| {
        queries
            .iter()
            .zip(&best)
            .filter(|(row, _)| row["kind"] == kind)
            .collect::<Vec<_>>()
    };
    let is_right = |row: &Row, best: &Option<(String, f64)>| {
        best.as_ref()
            .is_some_and(|best| best.0 == row["account_id"])
    };
    let short = of("short");
    let first = short
        .iter()
        .filter(|(row, best)| is_right(row, best))
        .count();
    let recall = first as f64 / short.len() as f64;
    let merged: Vec<_> = queries
        .iter()
        .zip(&best)
        .filter(|(row, best)| {
            row["kind"] != "former" && best.as_ref().is_some_and(|best| best.1 >= 0.5)
        })
        .collect();
    let right = merged
        .iter()
        .filter(|(row, best)| is_right(row, best))
        .count();
    let import = f1(right, merged.len(), short.len());
    println!("match_zh: short names recall@1 {recall:.4}, import F1 at 0.5 {import:.4}");
    assert!(recall >= 0.93, "recall@1 {recall}");
    assert!(import >= 0.83, "import F1 {import}");
}

#[tokio::test]
#[ignore = "reads public data that is no part of the repository; tests/matching.sh runs it"]
async fn restaurants_that_are_there_twice_are_found() {
    let Some(folder) = data("dedupe_restaurants") else {
        return;
    };
    let world = World::new().await;
    let restaurants: Vec<Row> = rows(&folder.join("accounts.csv"));
    let ids = import(&world, &restaurants, "id").await;
    let pairs = twins(&world, &restaurants, &ids).await;
    let truth: HashMap<String, String> = rows(&folder.join("truth_clusters.csv"))
        .into_iter()
        .map(|row| (row["id"].clone(), row["cluster"].clone()))
        .collect();
    let clusters = clusters(&restaurants, &pairs);
    let line = |(id, cluster): (&String, &String)| format!("{id},{cluster}");
    let mut lines = vec!["id,cluster".to_owned()];
    lines.extend(clusters.iter().map(line));
    keep("dedupe_restaurants.csv", &lines);
    let together = |of: &HashMap<String, String>| {
        let ids: Vec<&String> = restaurants.iter().map(|row| &row["id"]).collect();
        let pairs = ids
            .iter()
            .enumerate()
            .flat_map(|(index, a)| ids[index + 1..].iter().map(move |b| (*a, *b)));
        pairs
            .filter(|(a, b)| of[*a] == of[*b])
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect::<Vec<_>>()
    };
    let (found, wanted) = (together(&clusters), together(&truth));
    let right = found.iter().filter(|pair| wanted.contains(pair)).count();
    let f1 = f1(right, found.len(), wanted.len());
    println!(
        "dedupe_restaurants: {right} of {} pairs, {} found, pair F1 {f1:.4}",
        wanted.len(),
        found.len()
    );
    assert!(f1 >= 0.94, "pair F1 {f1}");
}

/// Pairs of ids that are the same by verdict, as a scan finds them.
async fn twins(
    world: &World,
    restaurants: &[Row],
    ids: &HashMap<String, String>,
) -> Vec<(String, String)> {
    describe(world, restaurants, ids).await;
    let mut matching = world.matching(&world.admin);
    let mut request = ScanDuplicatesRequest::default();
    loop {
        request.page_token = take(matching.scan_duplicates(request.clone()).await).next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let request = ListDuplicateCandidatesRequest {
        page_size: 1000,
        ..Default::default()
    };
    let found = take(matching.list_duplicate_candidates(request).await).duplicate_candidates;
    let same = found
        .iter()
        .filter(|pair| pair.verdict() == MatchVerdict::Same);
    same.map(|pair| (ids[&pair.first].clone(), ids[&pair.second].clone()))
        .collect()
}

/// Gives the profiles the addresses and telephone numbers that accounts have no field for.
async fn describe(world: &World, restaurants: &[Row], ids: &HashMap<String, String>) {
    let by_id: HashMap<&String, &Row> = restaurants.iter().map(|row| (&row["id"], row)).collect();
    let quoted = |text: &str| text.replace('\'', "''");
    let values: Vec<String> = ids
        .iter()
        .map(|(name, id)| {
            let row = by_id[id];
            let account = name.trim_start_matches("accounts/");
            format!(
                "('{account}'::uuid, '{}', '{}')",
                quoted(&row["addr"]),
                quoted(&row["phone"])
            )
        })
        .collect();
    let sql = format!(
        "update accounts.match_profile p set addresses = array[v.address], phones = array[v.phone]
         from (values {}) as v (id, address, phone) where p.account_id = v.id",
        values.join(", ")
    );
    world.execute(&sql).await;
}

/// Pairs joined into clusters, each named after one of its ids.
fn clusters(restaurants: &[Row], pairs: &[(String, String)]) -> HashMap<String, String> {
    let mut cluster: HashMap<String, String> = restaurants
        .iter()
        .map(|row| (row["id"].clone(), row["id"].clone()))
        .collect();
    for (a, b) in pairs {
        let (keep, lose) = (cluster[a].clone(), cluster[b].clone());
        for name in cluster.values_mut().filter(|name| **name == lose) {
            name.clone_from(&keep);
        }
    }
    cluster
}
