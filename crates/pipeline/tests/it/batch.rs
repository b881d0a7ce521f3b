use keynode_kit::testing::Caller;
use keynode_proto::google::rpc;
use keynode_proto::pipeline::v1::opportunity_row_result::Result as RowResult;
use keynode_proto::pipeline::v1::*;
use prost::Message as _;

use crate::world::*;

fn moment(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos: 0 })
}

/// The reason in a row's refusal, which is what a call's own refusal would carry.
pub fn row_reason(result: &RowResult) -> String {
    let RowResult::Error(error) = result else {
        panic!("not refused: {result:?}")
    };
    let details = rpc::Status::encode_to_vec(error);
    let status =
        tonic::Status::with_details(error.code.into(), error.message.clone(), details.into());
    reason::<()>(Err(status))
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let world = world().await;
    let mut client = world.importer();
    let rows: Vec<_> = (0..1000).map(|n| row(&n.to_string(), "bid")).collect();
    let first = upsert(&mut client, rows.clone()).await.unwrap();
    assert!(
        first
            .iter()
            .all(|result| matches!(result, RowResult::Created(_)))
    );
    assert_eq!(world.events("OpportunityChanged").await, 1000);
    let second = upsert(&mut client, rows).await.unwrap();
    for (first, second) in first.iter().zip(&second) {
        let (RowResult::Created(created), RowResult::Unchanged(unchanged)) = (first, second) else {
            panic!("{first:?} and then {second:?}")
        };
        assert_eq!(created, unchanged);
    }
    assert_eq!(
        world.events("OpportunityChanged").await,
        1000,
        "no change, no event"
    );
}

#[tokio::test]
async fn a_new_row_enters_where_the_other_system_says() {
    let world = world().await;
    let mut client = world.importer();
    let won = OpportunityRow {
        status: OpportunityStatus::Won.into(),
        stage_enter_time: moment(1_700_000_000),
        close_time: moment(1_700_000_100),
        ..row("1", "implementation")
    };
    let results = upsert(&mut client, vec![won, row("2", "")]).await.unwrap();
    let names: Vec<_> = results
        .iter()
        .map(|result| match result {
            RowResult::Created(name) => name.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    let deal = get(&mut client, &names[0]).await.unwrap();
    assert_eq!(
        (deal.stage.as_str(), deal.status()),
        ("implementation", OpportunityStatus::Won)
    );
    assert_eq!(
        (deal.stage_enter_time, deal.close_time),
        (moment(1_700_000_000), moment(1_700_000_100))
    );
    assert!(
        deal.completed_key_nodes.is_empty() && deal.forced_key_nodes.is_empty(),
        "nothing is claimed"
    );
    assert_eq!(deal.effective_stage_position, 1);
    let moves = moves(&mut client, &names[0]).await;
    assert!(moves.len() == 1 && moves[0].imported);
    assert_eq!(
        get(&mut client, &names[1]).await.unwrap().stage,
        "development"
    );
}

#[tokio::test]
async fn a_deal_that_is_there_is_changed_and_never_moved() {
    let world = world().await;
    let mut client = world.importer();
    let name = imported(&world, "bid").await;
    let mut again = OpportunityRow {
        status: OpportunityStatus::Lost.into(),
        close_time: moment(1_700_000_000),
        ..row("bid", "negotiation")
    };
    again.opportunity.as_mut().unwrap().product = "阀门".to_owned();
    let results = upsert(&mut client, vec![again.clone()]).await.unwrap();
    assert!(matches!(&results[0], RowResult::Updated(updated) if *updated == name));
    let deal = get(&mut client, &name).await.unwrap();
    assert_eq!(
        (deal.stage.as_str(), deal.status(), deal.product.as_str()),
        ("bid", OpportunityStatus::Open, "阀门")
    );
    assert_eq!(deal.etag, "2");
    assert_eq!(moves(&mut client, &name).await.len(), 1);

    again.opportunity.as_mut().unwrap().product = String::new();
    let results = upsert(&mut client, vec![again]).await.unwrap();
    assert!(
        matches!(results[0], RowResult::Unchanged(_)),
        "what a row leaves out stays"
    );
}

#[tokio::test]
async fn a_bad_row_does_not_stop_the_others() {
    let world = world().await;
    let mut unnamed = row("unnamed", "");
    unnamed.opportunity.as_mut().unwrap().display_name.clear();
    let mut foreign = row("foreign", "");
    foreign.opportunity.as_mut().unwrap().process = "processes/other".to_owned();
    let keyless = OpportunityRow {
        opportunity: Some(named("x")),
        ..Default::default()
    };
    let undated = OpportunityRow {
        status: OpportunityStatus::Lost.into(),
        ..row("undated", "bid")
    };
    let closed_open = OpportunityRow {
        close_time: moment(1),
        ..row("open", "bid")
    };
    let rows = vec![
        unnamed,
        foreign,
        row("lost", "lunch"),
        keyless,
        undated,
        closed_open,
        row("good", "bid"),
    ];
    let results = upsert(&mut world.importer(), rows).await.unwrap();
    let reasons: Vec<_> = results[..6].iter().map(row_reason).collect();
    let invalid = "INVALID_REQUEST";
    assert_eq!(
        reasons,
        [
            invalid,
            "PROCESS_NOT_FOUND",
            "STAGE_NOT_FOUND",
            invalid,
            invalid,
            invalid
        ]
    );
    assert!(matches!(results[6], RowResult::Created(_)));
    assert_eq!(world.events("OpportunityChanged").await, 1);
}

#[tokio::test]
async fn a_batch_of_a_wrong_size_or_with_a_key_twice_is_refused() {
    let world = world().await;
    let mut client = world.importer();
    assert_eq!(fields(upsert(&mut client, vec![]).await), ["rows"]);
    assert_eq!(
        fields(upsert(&mut client, vec![row("1", ""); 1001]).await),
        ["rows"]
    );
    let twice = vec![row("1", ""), row("2", ""), row("1", "")];
    assert_eq!(
        fields(upsert(&mut client, twice).await),
        ["rows[2].opportunity.external_key"]
    );
}

#[tokio::test]
async fn a_row_for_a_deal_that_the_caller_does_not_see_is_refused() {
    let world = world().await;
    imported(&world, "bid").await;
    let blind = Caller {
        visibility: Caller::seller(world.tenant).visibility,
        ..Caller::integrator(world.tenant)
    };
    let results = upsert(&mut world.opportunities(&blind), vec![row("bid", "bid")])
        .await
        .unwrap();
    assert_eq!(row_reason(&results[0]), "OPPORTUNITY_NOT_FOUND");
}

#[tokio::test]
async fn validate_only_stores_no_row() {
    let world = world().await;
    let mut client = world.importer();
    let request = BatchUpsertOpportunitiesRequest {
        rows: vec![row("1", "bid")],
        validate_only: true,
        ..Default::default()
    };
    let results = client
        .batch_upsert_opportunities(request)
        .await
        .unwrap()
        .into_inner()
        .results;
    assert!(matches!(results[0].result, Some(RowResult::Created(_))));
    assert_eq!(world.events("OpportunityChanged").await, 0);
}

#[tokio::test]
async fn concurrent_batches_make_no_deal_twice() {
    let world = world().await;
    let rows: Vec<_> = (0..50).map(|n| row(&n.to_string(), "bid")).collect();
    let racers: Vec<_> = (0..4)
        .map(|_| {
            let (mut client, rows) = (world.importer(), rows.clone());
            tokio::spawn(async move { upsert(&mut client, rows).await })
        })
        .collect();
    for racer in racers {
        let results = racer
            .await
            .unwrap()
            .expect("who comes second changes nothing");
        assert_eq!(results.len(), 50);
    }
    let request = ListOpportunitiesRequest {
        page_size: 1000,
        ..Default::default()
    };
    let listed = world
        .manager()
        .list_opportunities(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.opportunities.len(), 50);
}

#[tokio::test]
async fn a_status_that_does_not_fit_the_stage_is_refused_by_row() {
    use OpportunityStatus::{Abandoned, Completed, Lost, Open, Won};
    let world = world().await;
    let closed = |id: &str, stage: &str, status: OpportunityStatus| OpportunityRow {
        status: status.into(),
        close_time: moment(1_700_000_000).filter(|_| status != Open),
        ..row(id, stage)
    };
    let late = OpportunityRow {
        stage_enter_time: moment(1_700_000_001),
        ..closed("late", "bid", Lost)
    };
    let rows = vec![
        late,
        closed("1", "implementation", Open),
        closed("2", "bid", Won),
        closed("3", "negotiation", Won),
        closed("4", "negotiation", Completed),
        closed("5", "implementation", Lost),
        closed("6", "implementation", Abandoned),
        closed("7", "negotiation", Open),
        closed("8", "implementation", Completed),
        closed("9", "negotiation", Lost),
    ];
    let results = upsert(&mut world.importer(), rows).await.unwrap();
    let bad: Vec<_> = results[..7].iter().map(row_fields).collect();
    assert_eq!(bad[0], ["close_time"]);
    assert!(
        bad[1..].iter().all(|fields| fields == &["status"]),
        "{bad:?}"
    );
    for result in &results[7..] {
        let RowResult::Created(name) = result else {
            panic!("{result:?}")
        };
        let deal = get(&mut world.manager(), name).await.unwrap();
        if let Some(closed) = deal.close_time {
            let entered = deal.stage_enter_time.unwrap();
            assert!(entered.seconds <= closed.seconds, "{entered:?}");
        }
    }
}

fn row_fields(result: &RowResult) -> Vec<String> {
    let RowResult::Error(error) = result else {
        panic!("not refused: {result:?}")
    };
    let details = rpc::Status::encode_to_vec(error);
    let status =
        tonic::Status::with_details(error.code.into(), error.message.clone(), details.into());
    fields::<()>(Err(status))
}
