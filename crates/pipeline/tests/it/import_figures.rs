//! Deals and their past from real public data, counted; and how fast and how steadily any number
//! comes in. Opt-in: `tests/pipeline_import.sh`. Without the data it says so and counts nothing.

#![allow(
    clippy::print_stdout,
    reason = "figures are for whoever asked for them"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use keynode_kit::clock::Clock;
use keynode_kit::testing::Caller;
use keynode_proto::common::v1::ExternalKey;
use keynode_proto::pipeline::v1::opportunity_event_result::Result as EventResult;
use keynode_proto::pipeline::v1::opportunity_row_result::Result as RowResult;
use keynode_proto::pipeline::v1::*;

use crate::bulk::{import, tell};
use crate::world::*;

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

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn moment(text: &str) -> Option<prost_types::Timestamp> {
    let text = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    let at: jiff::Timestamp = text.parse().unwrap();
    Some(keynode_kit::wire::timestamp(at))
}

fn dollars(text: &str) -> Option<keynode_proto::google::r#type::Money> {
    let amount: rust_decimal::Decimal = text.parse().ok()?;
    Some(keynode_kit::wire::money("USD", amount).unwrap())
}

fn deal(system: &str, id: &str, process: &str) -> Opportunity {
    Opportunity {
        display_name: id.to_owned(),
        process: format!("processes/{process}"),
        external_key: Some(ExternalKey {
            source_system: system.to_owned(),
            external_id: id.to_owned(),
        }),
        ..Opportunity::default()
    }
}

/// A process of these stages; the last but one wins.
fn file(id: &str, stages: &[&str]) -> String {
    let mut file = format!(
        "id = \"{id}\"\nversion = 1\ndisplay_name = {{ zh = \"流程\", en = \"process\" }}\n"
    );
    for (n, stage) in stages.iter().enumerate() {
        let wins = if n + 2 == stages.len() {
            "wins = true"
        } else {
            ""
        };
        file += &format!(
            r#"
[[stages]]
id = "{stage}"
display_name = {{ zh = "阶段", en = "{stage}" }}
buying_step = {{ zh = "步骤", en = "step" }}
purpose = {{ zh = "目的", en = "purpose" }}
guidance = [{{ zh = "做", en = "do" }}]
{wins}
[stages.key_node]
display_name = {{ zh = "节点", en = "node" }}
[[stages.key_node.criteria]]
id = "{stage}_done"
check = "evidence_recorded"
evidence = ["{stage}_done"]
explanation = {{ zh = "完成", en = "done" }}
"#
        );
    }
    file
}

async fn funnel(world: &World, request: GetFunnelRequest) -> GetFunnelResponse {
    let manager = Caller::person(world.tenant, "sales_manager");
    let answer = world.history(&manager).get_funnel(request).await;
    answer.unwrap().into_inner()
}

#[tokio::test]
#[ignore = "real data: tests/pipeline_import.sh"]
async fn the_deals_of_a_company_come_in_with_exact_counts() {
    let Some(folder) = data("import") else { return };
    let world = world().await;
    let stages = ["prospecting", "engaging", "delivery"];
    publish_file(&world, "maven", file("maven", &stages)).await;
    let known = rows(&folder.join("maven/sales_pipeline.csv"));
    let begin = Instant::now();
    let importer = Caller::integrator(world.tenant);
    let sent: Vec<OpportunityRow> = known.iter().map(maven).collect();
    let chunks = sent.chunks(1000).map(<[OpportunityRow]>::to_vec).collect();
    let results = import(&world, &importer, chunks).await.unwrap();
    let made = |it: &&RowResult| matches!(it, RowResult::Created(_));
    assert_eq!(results.iter().filter(made).count(), sent.len());
    let truth = &json(&folder.join("import_truth.json"))["maven"];
    let request = GetFunnelRequest {
        process: "processes/maven".to_owned(),
        ..Default::default()
    };
    let answer = funnel(&world, request).await;
    let of = |status: OpportunityStatus| -> i64 {
        let of_status = answer.statuses.iter().filter(|it| it.status() == status);
        of_status.map(|it| it.count).sum()
    };
    let asked = GetBoardAsOfRequest {
        process: "processes/maven".to_owned(),
        as_of_time: moment(&Clock::system().now().to_string()),
        ..Default::default()
    };
    let manager = Caller::person(world.tenant, "sales_manager");
    let board = world
        .history(&manager)
        .get_board_as_of(asked)
        .await
        .unwrap()
        .into_inner();
    let open = |stage: &str| -> i64 {
        let counts = board.counts.iter();
        let found = counts.filter(|it| it.stage == stage && it.status() == OpportunityStatus::Open);
        found.map(|it| it.count).sum()
    };
    println!(
        "maven: {} deals in {:.1} s; won {}, lost {}, engaging {}, prospecting {}, won sum {}",
        answer.total,
        begin.elapsed().as_secs_f64(),
        of(OpportunityStatus::Won),
        of(OpportunityStatus::Lost),
        open("engaging"),
        open("prospecting"),
        answer.won_sums[0].units,
    );
    assert_eq!(answer.total, truth["opportunities"]);
    assert_eq!(of(OpportunityStatus::Won), truth["stages"]["Won"]);
    assert_eq!(of(OpportunityStatus::Lost), truth["stages"]["Lost"]);
    assert_eq!(open("engaging"), truth["stages"]["Engaging"]);
    assert_eq!(open("prospecting"), truth["stages"]["Prospecting"]);
    assert_eq!(answer.won_sums[0].units, truth["won_sum"]);
}

fn maven(row: &Row) -> OpportunityRow {
    let (stage, status) = match row["deal_stage"].as_str() {
        "Won" => ("delivery", OpportunityStatus::Won),
        "Lost" => ("engaging", OpportunityStatus::Lost),
        "Engaging" => ("engaging", OpportunityStatus::Open),
        _ => ("prospecting", OpportunityStatus::Open),
    };
    let given = |name: &str| row.get(name).filter(|text| !text.is_empty());
    OpportunityRow {
        opportunity: Some(Opportunity {
            product: row["product"].clone(),
            amount: given("close_value").and_then(|text| dollars(text)),
            ..deal("maven", &row["opportunity_id"], "maven")
        }),
        stage: stage.to_owned(),
        status: status.into(),
        stage_enter_time: given("engage_date").and_then(|text| moment(text)),
        close_time: given("close_date").and_then(|text| moment(text)),
    }
}

const OFFERS: [&str; 6] = [
    "submitted",
    "preaccepted",
    "accepted",
    "offer_sent",
    "offer_returned",
    "delivery",
];

/// The events of a case, each with its stage and status there.
fn story(case: &[&Row]) -> Vec<OpportunityEvent> {
    let mut stage = OFFERS[0];
    let mut told = Vec::new();
    for (n, row) in case.iter().enumerate() {
        let status = match row["event"].as_str() {
            "LOST" => OpportunityStatus::Lost,
            "WON" => OpportunityStatus::Won,
            event => {
                let name = event.split_once('_').unwrap().1;
                stage = OFFERS.into_iter().find(|known| *known == name).unwrap();
                OpportunityStatus::Open
            }
        };
        let stage = match status {
            OpportunityStatus::Won => "delivery",
            _ => stage,
        };
        told.push(OpportunityEvent {
            opportunity: deal("bpic", &row["opportunity_id"], "").external_key,
            source_event: format!("{}-{n}", row["opportunity_id"]),
            occur_time: moment(&row["occurred_at"]),
            stage: stage.to_owned(),
            status: status.into(),
            amount: dollars(&row["amount"]),
        });
    }
    told
}

#[tokio::test]
#[ignore = "real data: tests/pipeline_import.sh"]
async fn the_past_of_a_funnel_comes_in_with_exact_counts_and_stays() {
    let Some(folder) = data("forecast_bpic2012") else {
        return;
    };
    let world = world().await;
    publish_file(&world, "bpic", file("bpic", &OFFERS)).await;
    let known = rows(&folder.join("opportunity_events.csv"));
    let mut cases: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in &known {
        cases.entry(&row["opportunity_id"]).or_default().push(row);
    }
    let mut ids: Vec<&&str> = cases.keys().collect();
    ids.sort();
    let importer = Caller::integrator(world.tenant);
    let begin = Instant::now();
    let entries: Vec<OpportunityRow> = ids
        .iter()
        .map(|id| OpportunityRow {
            opportunity: Some(Opportunity {
                amount: dollars(&cases[**id][0]["amount"]),
                ..deal("bpic", id, "bpic")
            }),
            stage_enter_time: moment(&cases[**id][0]["occurred_at"]),
            ..OpportunityRow::default()
        })
        .collect();
    let chunks = entries
        .chunks(1000)
        .map(<[OpportunityRow]>::to_vec)
        .collect();
    import(&world, &importer, chunks).await.unwrap();
    println!(
        "bpic: {} deals in {:.1} s",
        ids.len(),
        begin.elapsed().as_secs_f64()
    );

    // What happened until a day, then what happened later: answers about that day stay.
    let cutoffs = rows(&folder.join("cutoffs_actuals.csv"));
    let last = &cutoffs[cutoffs.len() - 1]["cutoff"];
    let told: Vec<OpportunityEvent> = ids.iter().flat_map(|id| story(&cases[**id])).collect();
    let until = moment(last).unwrap();
    let (early, late): (Vec<_>, Vec<_>) = told
        .into_iter()
        .partition(|it| it.occur_time.unwrap().seconds < until.seconds);
    let begin = Instant::now();
    let count = early.len() + late.len();
    let send = async |events: Vec<OpportunityEvent>| {
        let chunks = events
            .chunks(1000)
            .map(<[OpportunityEvent]>::to_vec)
            .collect();
        let results = tell(&world, &importer, chunks).await.unwrap();
        let refused = |it: &&EventResult| matches!(it, EventResult::Error(_));
        assert_eq!(results.iter().find(refused), None);
        assert_eq!(results.len(), events.len());
    };
    send(early).await;
    let before = boards(&world, &cutoffs).await;
    send(late).await;
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "bpic: {count} events in {seconds:.1} s, {:.0} a second",
        count as f64 / seconds
    );
    let after = boards(&world, &cutoffs).await;
    // The deals that began later were brought in with their first moment from the first.
    assert_eq!(before, after, "answers about then stay");
    for (cutoff, board) in cutoffs.iter().zip(&after) {
        let open: i64 = cutoff["open"].parse().unwrap();
        let worth: f64 = cutoff["open_amount"].parse().unwrap();
        assert_eq!(*board, (open, worth as i64), "{}", cutoff["cutoff"]);
    }
    println!(
        "bpic: open deals and their amounts on {} days are exact",
        cutoffs.len()
    );
    compare(&world, &json(&folder.join("funnel_truth.json"))).await;
}

/// How many deals were open on the days of forecasts, and what they were worth.
async fn boards(world: &World, cutoffs: &[Row]) -> Vec<(i64, i64)> {
    let manager = Caller::person(world.tenant, "sales_manager");
    let mut history = world.history(&manager);
    let mut found = Vec::new();
    for cutoff in cutoffs {
        let midnight = moment(&cutoff["cutoff"]).unwrap();
        let request = GetBoardAsOfRequest {
            process: "processes/bpic".to_owned(),
            // Before midnight: what happened on the day itself had not happened.
            as_of_time: Some(prost_types::Timestamp {
                seconds: midnight.seconds - 1,
                nanos: 999_000_000,
            }),
            ..Default::default()
        };
        let counts = history
            .get_board_as_of(request)
            .await
            .unwrap()
            .into_inner()
            .counts;
        let open: Vec<&StageCount> = counts
            .iter()
            .filter(|it| it.status() == OpportunityStatus::Open)
            .collect();
        let worth = open
            .iter()
            .flat_map(|it| &it.sums)
            .map(|sum| sum.units)
            .sum();
        found.push((open.iter().map(|it| it.count).sum(), worth));
    }
    found
}

async fn compare(world: &World, truth: &serde_json::Value) {
    let request = GetFunnelRequest {
        process: "processes/bpic".to_owned(),
        ..Default::default()
    };
    let answer = funnel(world, request).await;
    assert_eq!(answer.total, truth["opportunities"]);
    for (n, stage) in answer.stages.iter().take(5).enumerate() {
        let name = format!("{}_{}", n + 1, stage.stage);
        println!(
            "bpic: {name}: reached {}, closed {}, won {}",
            stage.reached, stage.closed, stage.won
        );
        assert_eq!(stage.reached, truth["reached"][&name], "{name}");
        let rate = &truth["win_rate_by_stage_reached"][&name];
        if rate.is_object() {
            assert_eq!(
                (stage.closed, stage.won),
                (
                    rate["closed"].as_i64().unwrap(),
                    rate["won"].as_i64().unwrap()
                )
            );
        }
    }
    let of = |status: OpportunityStatus| -> i64 {
        let of_status = answer.statuses.iter().filter(|it| it.status() == status);
        of_status.map(|it| it.count).sum()
    };
    assert_eq!(of(OpportunityStatus::Lost), truth["reached"]["LOST"]);
    assert_eq!(of(OpportunityStatus::Won), truth["reached"]["WON"]);
    assert_eq!(of(OpportunityStatus::Open), truth["still_open_at_end"]);
    let won = answer.won_sums[0].units as f64;
    assert_eq!(won, truth["won_amount"].as_f64().unwrap());
    println!("bpic: won {won}, lost, open and won are exact");
}

/// Resident memory of this process, in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024
}

#[tokio::test]
#[ignore = "takes minutes: tests/pipeline_import.sh"]
async fn any_number_comes_in_without_growth_of_memory() {
    let count: usize =
        std::env::var("KEYNODE_IMPORT_ROWS").map_or(750_000, |text| text.parse().unwrap());
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let chunk = move |n: usize| ImportOpportunitiesRequest {
        rows: (n * 1000..((n + 1) * 1000).min(count))
            .map(|n| OpportunityRow {
                opportunity: Some(Opportunity {
                    amount: dollars("1200.50"),
                    product: "仪表".to_owned(),
                    ..deal("bench", &n.to_string(), "industrial-key-account")
                }),
                stage: ["development", "entry", "proposal", "bid"][n % 4].to_owned(),
                ..OpportunityRow::default()
            })
            .collect(),
    };
    let chunks = tokio_stream::iter((0..count.div_ceil(1000)).map(chunk));
    let begin = Instant::now();
    let mut bulk = world.bulk(&importer);
    let mut answers = bulk
        .import_opportunities(chunks)
        .await
        .unwrap()
        .into_inner();
    let (mut done, mut early) = (0, 0);
    while let Some(answer) = answers.message().await.unwrap() {
        let made = |it: &&OpportunityRowResult| matches!(it.result, Some(RowResult::Created(_)));
        assert_eq!(
            answer.results.iter().filter(made).count(),
            answer.results.len()
        );
        done += answer.results.len();
        if done * 10 >= count && early == 0 {
            early = resident();
        }
    }
    assert_eq!(done, count);
    let (seconds, late) = (begin.elapsed().as_secs_f64(), resident());
    println!(
        "{count} rows in {seconds:.1} s, {:.0} a second; {early} MiB resident after a tenth, {late} MiB at the end",
        count as f64 / seconds
    );
    assert!(late < early + 64, "grew from {early} to {late} MiB");
}
