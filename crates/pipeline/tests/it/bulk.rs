//! Many deals at once: brought in with their past, moved, taken out.

use keynode_kit::clock::Clock;
use keynode_kit::testing::Caller;
use keynode_proto::common::v1::ExternalKey;
use keynode_proto::pipeline::v1::opportunity_event_result::Result as EventResult;
use keynode_proto::pipeline::v1::opportunity_row_result::Result as RowResult;
use keynode_proto::pipeline::v1::*;
use tonic::Status;

use crate::world::*;

/// So many seconds after a moment in the past.
pub fn at(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp {
        seconds: 1_750_000_000 + seconds,
        nanos: 0,
    })
}

pub fn event(deal: &str, id: &str, seconds: i64, stage: &str) -> OpportunityEvent {
    OpportunityEvent {
        opportunity: Some(ExternalKey {
            source_system: "crm".to_owned(),
            external_id: deal.to_owned(),
        }),
        source_event: id.to_owned(),
        occur_time: at(seconds),
        stage: stage.to_owned(),
        ..Default::default()
    }
}

/// Sends chunks of events one after the other and answers what became of each event.
pub async fn tell(
    world: &World,
    caller: &Caller,
    chunks: Vec<Vec<OpportunityEvent>>,
) -> Result<Vec<EventResult>, Status> {
    let chunks = chunks
        .into_iter()
        .map(|events| ImportOpportunityEventsRequest { events });
    let mut answers = world
        .bulk(caller)
        .import_opportunity_events(tokio_stream::iter(chunks))
        .await?
        .into_inner();
    let mut results = Vec::new();
    while let Some(answer) = answers.message().await? {
        results.extend(answer.results.into_iter().filter_map(|it| it.result));
    }
    Ok(results)
}

/// Sends chunks of rows.
pub async fn import(
    world: &World,
    caller: &Caller,
    chunks: Vec<Vec<OpportunityRow>>,
) -> Result<Vec<RowResult>, Status> {
    let chunks = chunks
        .into_iter()
        .map(|rows| ImportOpportunitiesRequest { rows });
    let mut answers = world
        .bulk(caller)
        .import_opportunities(tokio_stream::iter(chunks))
        .await?
        .into_inner();
    let mut results = Vec::new();
    while let Some(answer) = answers.message().await? {
        results.extend(answer.results.into_iter().filter_map(|it| it.result));
    }
    Ok(results)
}

/// A deal that entered its first stage elsewhere; its name.
pub async fn carried(world: &World, id: &str) -> String {
    carried_in(world, id, "development").await
}

async fn carried_in(world: &World, id: &str, stage: &str) -> String {
    let row = OpportunityRow {
        stage_enter_time: at(0),
        ..row(id, stage)
    };
    let importer = Caller::integrator(world.tenant);
    let results = import(world, &importer, vec![vec![row]]).await.unwrap();
    let RowResult::Created(name) = &results[0] else {
        panic!("not created: {results:?}")
    };
    name.clone()
}

fn refusals(results: &[EventResult]) -> Vec<String> {
    let read = |result: &EventResult| match result {
        EventResult::Error(status) => reason_of(status),
        told => panic!("{told:?} is no refusal"),
    };
    results.iter().map(read).collect()
}

pub fn reason_of(status: &keynode_proto::google::rpc::Status) -> String {
    use prost::Message as _;
    let details = status.encode_to_vec();
    let code = tonic::Code::from(status.code);
    let whole = Status::with_details(code, status.message.clone(), details.into());
    reason::<()>(Err(whole))
}

#[tokio::test]
async fn a_deal_goes_along_with_what_its_system_tells_and_claims_no_key_node() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let name = carried(&world, "7").await;
    let lost = OpportunityEvent {
        status: OpportunityStatus::Lost.into(),
        amount: money(500, 0),
        ..event("7", "e3", 300, "proposal")
    };
    let told = vec![
        event("7", "e1", 100, "entry"),
        event("7", "e2", 200, "proposal"),
        lost,
    ];
    let results = tell(&world, &importer, vec![told.clone()]).await.unwrap();
    assert!(
        results
            .iter()
            .all(|it| *it == EventResult::Moved(name.clone())),
        "{results:?}"
    );

    let mut manager = world.manager();
    let deal = get(&mut manager, &name).await.unwrap();
    assert_eq!(
        (deal.stage.as_str(), deal.status()),
        ("proposal", OpportunityStatus::Lost)
    );
    assert_eq!((deal.stage_enter_time, deal.close_time), (at(200), at(300)));
    assert_eq!(
        (deal.amount.clone(), deal.completed_key_nodes.len()),
        (money(500, 0), 0)
    );
    assert_eq!(
        (deal.effective_stage_position, deal.etag.as_str()),
        (1, "4")
    );
    let moves = moves(&mut manager, &name).await;
    assert!(moves.iter().all(|it| it.imported && !it.forced));
    assert_eq!(moves[1].move_time, at(100));
    assert_eq!(moves[1].kind(), MoveKind::Carry);
    assert_eq!(world.sequences(&name).await, [1, 2, 3, 4]);

    // Sent again, nothing happens again.
    let again = tell(&world, &importer, vec![told]).await.unwrap();
    assert!(
        again
            .iter()
            .all(|it| *it == EventResult::Unchanged(name.clone()))
    );
    assert_eq!(get(&mut manager, &name).await.unwrap(), deal);
}

#[tokio::test]
async fn what_is_told_late_stands_in_the_past_only() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let name = carried(&world, "7").await;
    let ahead = vec![event("7", "e3", 300, "bid")];
    tell(&world, &importer, vec![ahead]).await.unwrap();
    let late = vec![event("7", "e1", 100, "entry")];
    let results = tell(&world, &importer, vec![late]).await.unwrap();
    assert_eq!(results, [EventResult::Recorded(name.clone())]);
    assert_eq!(get(&mut world.manager(), &name).await.unwrap().stage, "bid");
    let admin = Caller::person(world.tenant, "sales_manager");
    for (seconds, stage) in [
        (0, "development"),
        (99, "development"),
        (100, "entry"),
        (299, "entry"),
        (300, "bid"),
    ] {
        let request = GetOpportunityAsOfRequest {
            name: name.clone(),
            as_of_time: at(seconds),
            known_time: None,
        };
        let then = world.history(&admin).get_opportunity_as_of(request).await;
        assert_eq!(
            then.unwrap().into_inner().opportunity.unwrap().stage,
            stage,
            "{seconds}"
        );
    }
}

#[tokio::test]
async fn a_deal_that_was_moved_here_is_moved_by_no_program() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let name = carried_in(&world, "7", "proposal").await;
    let request = ForceAdvanceOpportunityRequest {
        name: name.clone(),
        reason: "总经理要求".to_owned(),
        ..Default::default()
    };
    world
        .manager()
        .force_advance_opportunity(request)
        .await
        .unwrap();
    let later = Clock::system().now().as_second() - 1_750_000_000 + 60;
    let told = vec![
        event("7", "e1", 100, "proposal"),
        event("7", "e2", later, "bid"),
    ];
    let results = tell(&world, &importer, vec![told]).await.unwrap();
    assert_eq!(
        results[0],
        EventResult::Recorded(name.clone()),
        "before it was moved here"
    );
    assert_eq!(refusals(&results[1..]), ["OPPORTUNITY_WORKED_HERE"]);
    let deal = get(&mut world.manager(), &name).await.unwrap();
    assert_eq!(
        (deal.stage.as_str(), deal.forced_key_nodes.len()),
        ("bid", 1)
    );

    // One that was opened here is worked here from the first.
    let opened = Opportunity {
        external_key: key("9"),
        ..named("here")
    };
    create(&mut world.manager(), opened).await;
    let results = tell(
        &world,
        &importer,
        vec![vec![event("9", "e9", later, "bid")]],
    )
    .await
    .unwrap();
    assert_eq!(refusals(&results), ["OPPORTUNITY_WORKED_HERE"]);
}

#[tokio::test]
async fn a_bad_event_is_refused_alone_and_a_bad_chunk_ends_the_stream() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    carried(&world, "7").await;
    let won_too_early = OpportunityEvent {
        status: OpportunityStatus::Won.into(),
        ..event("7", "e5", 50, "entry")
    };
    let told = vec![
        event("8", "e1", 1, "entry"),
        event("7", "e2", 2, "nowhere"),
        OpportunityEvent::default(),
        event("7", "e4", 40_000_000_000, "entry"),
        won_too_early,
        event("7", "e6", 60, "entry"),
    ];
    let results = tell(&world, &importer, vec![told]).await.unwrap();
    let expected = [
        "OPPORTUNITY_NOT_FOUND",
        "STAGE_NOT_FOUND",
        "INVALID_REQUEST",
        "INVALID_REQUEST",
        "INVALID_REQUEST",
    ];
    assert_eq!(refusals(&results[..5]), expected);
    assert!(matches!(results[5], EventResult::Moved(_)));
    let twice = vec![event("7", "x", 70, "entry"), event("7", "x", 71, "entry")];
    assert_eq!(
        fields(tell(&world, &importer, vec![twice]).await),
        ["events[1].source_event"]
    );
    assert_eq!(
        fields(tell(&world, &importer, vec![vec![]]).await),
        ["events"]
    );
    let viewer = Caller::person(world.tenant, "viewer");
    let denied = tell(&world, &viewer, vec![vec![event("7", "y", 80, "entry")]]).await;
    assert_eq!(reason(denied), "PERMISSION_DENIED");
    let stranger = Caller::integrator(keynode_kit::testing::tenant());
    let hidden = tell(&world, &stranger, vec![vec![event("7", "y", 80, "entry")]])
        .await
        .unwrap();
    assert_eq!(refusals(&hidden), ["OPPORTUNITY_NOT_FOUND"]);
}

#[tokio::test]
async fn two_that_tell_the_same_at_once_tell_it_once() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let name = carried(&world, "7").await;
    let told = || {
        vec![
            (1..=20)
                .map(|n| event("7", &format!("e{n}"), n * 10, "entry"))
                .collect(),
        ]
    };
    let (one, other) = tokio::join!(
        tell(&world, &importer, told()),
        tell(&world, &importer, told())
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    let fresh = |results: &[EventResult]| {
        let is_fresh = |it: &&EventResult| matches!(it, EventResult::Moved(_));
        results.iter().filter(is_fresh).count()
    };
    assert_eq!(fresh(&one) + fresh(&other), 20);
    let sequences = world.sequences(&name).await;
    assert_eq!(sequences, (1..=21).collect::<Vec<i64>>());
}

#[tokio::test]
async fn rows_come_in_chunk_by_chunk_and_go_out_again() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let rows = |chunk: usize| -> Vec<OpportunityRow> {
        (0..300)
            .map(|n| row(&format!("{chunk}-{n}"), "entry"))
            .collect()
    };
    let results = import(&world, &importer, vec![rows(0), rows(1)])
        .await
        .unwrap();
    assert_eq!(results.len(), 600);
    assert!(results.iter().all(|it| matches!(it, RowResult::Created(_))));
    let again = import(&world, &importer, vec![rows(1)]).await.unwrap();
    assert!(again.iter().all(|it| matches!(it, RowResult::Unchanged(_))));
    assert_eq!(
        fields(import(&world, &importer, vec![vec![]]).await),
        ["rows"]
    );

    let export = |request: ExportOpportunitiesRequest, caller: Caller| {
        let mut bulk = world.bulk(&caller);
        async move {
            let mut answers = bulk.export_opportunities(request).await?.into_inner();
            let mut names = Vec::new();
            while let Some(answer) = answers.message().await? {
                assert!(answer.opportunities.len() <= 200);
                names.extend(answer.opportunities.into_iter().map(|it| it.name));
            }
            Ok::<_, Status>(names)
        }
    };
    let all = export(ExportOpportunitiesRequest::default(), importer.clone())
        .await
        .unwrap();
    let mut sorted = all.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(
        (all.len(), sorted),
        (600, all.clone()),
        "each once, in order"
    );
    let rest = ExportOpportunitiesRequest {
        after: all[449].clone(),
        source_system: "crm".to_owned(),
        status: OpportunityStatus::Open.into(),
    };
    assert_eq!(export(rest, importer.clone()).await.unwrap(), all[450..]);
    let none = ExportOpportunitiesRequest {
        source_system: "other".to_owned(),
        ..Default::default()
    };
    assert!(export(none, importer.clone()).await.unwrap().is_empty());
    let bad = ExportOpportunitiesRequest {
        after: "7".to_owned(),
        ..Default::default()
    };
    assert_eq!(fields(export(bad, importer).await), ["after"]);
    let seller = Caller::seller(world.tenant);
    let seen = export(ExportOpportunitiesRequest::default(), seller)
        .await
        .unwrap();
    assert!(seen.is_empty(), "a seller exports what they see");
}

#[tokio::test]
async fn a_moment_that_changes_nothing_when_it_is_told_is_kept() {
    let world = world().await;
    let importer = Caller::integrator(world.tenant);
    let name = carried(&world, "7").await;
    let same = vec![event("7", "e2", 200, "development")];
    let told = tell(&world, &importer, vec![same]).await.unwrap();
    assert_eq!(told, [EventResult::Moved(name.clone())]);
    let late = vec![event("7", "e1", 100, "entry")];
    let told = tell(&world, &importer, vec![late]).await.unwrap();
    assert_eq!(told, [EventResult::Recorded(name.clone())]);
    let manager = Caller::person(world.tenant, "sales_manager");
    for (seconds, stage) in [(150, "entry"), (250, "development")] {
        let request = GetOpportunityAsOfRequest {
            name: name.clone(),
            as_of_time: at(seconds),
            known_time: None,
        };
        let then = world.history(&manager).get_opportunity_as_of(request).await;
        let then = then.unwrap().into_inner().opportunity.unwrap();
        assert_eq!(then.stage, stage, "{seconds}");
    }
    assert_eq!(
        get(&mut world.manager(), &name).await.unwrap().stage,
        "development"
    );
}
