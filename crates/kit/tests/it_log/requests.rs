//! A request takes effect once, however often and by however many it is sent.

use keynode_kit::call::Call;
use keynode_kit::clock::Clock;
use keynode_kit::db::Db;
use keynode_kit::db::PoolSettings;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::mutation::Mutations;
use keynode_kit::mutation::Writer;
use keynode_proto::accounts::v1::CreateTeamRequest;
use keynode_proto::accounts::v1::CreateTeamResponse;
use keynode_proto::accounts::v1::Team;
use keynode_proto::accounts::v1::TeamChanged;
use sqlx::Executor as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use uuid::Uuid;

use crate::world::{PASSWORD, call, count, world};

fn mutations(db: &Db) -> Mutations {
    Mutations {
        db: db.clone(),
        service: "notification",
        clock: Clock::system(),
    }
}

async fn create(
    mutations: &Mutations,
    call: &Call,
    request: &CreateTeamRequest,
) -> Result<CreateTeamResponse, Fault> {
    mutations
        .run(call, request, async |writer: &mut Writer<'_>| {
            let name = format!("teams/{}", writer.id());
            let team = Team {
                name: name.clone(),
                ..Team::default()
            };
            writer.record(
                name,
                1,
                &TeamChanged {
                    before: None,
                    after: Some(team.clone()),
                },
            );
            Ok(CreateTeamResponse { team: Some(team) })
        })
        .await
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_and_other_parameters_are_refused() {
    let w = world().await;
    let (mutations, call) = (mutations(&w.db), call(w.tenant));
    let mut request = CreateTeamRequest {
        request_id: Uuid::now_v7().to_string(),
        ..Default::default()
    };
    let first = create(&mutations, &call, &request).await.unwrap();
    assert_eq!(create(&mutations, &call, &request).await.unwrap(), first);
    assert_eq!(count(&w.db, w.tenant).await, 1);
    request.team = Some(Team {
        display_name: "other".into(),
        ..Team::default()
    });
    assert_eq!(
        create(&mutations, &call, &request)
            .await
            .unwrap_err()
            .reason(),
        "REQUEST_ID_REUSED"
    );
    request.request_id = "no uuid".into();
    assert_eq!(
        create(&mutations, &call, &request)
            .await
            .unwrap_err()
            .reason(),
        "INVALID_REQUEST"
    );
}

#[tokio::test]
async fn of_many_at_once_with_one_request_id_one_takes_effect_and_all_hear_the_same() {
    let w = world().await;
    let request = CreateTeamRequest {
        request_id: Uuid::now_v7().to_string(),
        ..Default::default()
    };
    let (mutations, call) = (mutations(&w.db), call(w.tenant));
    let answers =
        futures_util::future::join_all((0..8).map(|_| create(&mutations, &call, &request))).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|a| a == &answers[0]));
    assert_eq!(count(&w.db, w.tenant).await, 1);
}

/// Changes something the first time only, and refuses when it is run again.
async fn create_once(
    mutations: &Mutations,
    call: &Call,
    request: &CreateTeamRequest,
    runs: &AtomicU32,
    changes: bool,
) -> Result<CreateTeamResponse, Fault> {
    mutations
        .run(call, request, async |writer: &mut Writer<'_>| {
            if runs.fetch_add(1, Ordering::SeqCst) > 0 {
                return Err(Fault::etag_mismatch("teams/1"));
            }
            if changes {
                writer.record("teams/1", 1, &TeamChanged::default());
            }
            Ok(CreateTeamResponse::default())
        })
        .await
}

#[tokio::test]
async fn of_many_at_once_of_which_only_one_can_succeed_all_hear_its_answer() {
    let w = world().await;
    let request = CreateTeamRequest {
        request_id: Uuid::now_v7().to_string(),
        ..Default::default()
    };
    let (mutations, call, runs) = (mutations(&w.db), call(w.tenant), AtomicU32::new(0));
    let repeats = (0..8).map(|_| create_once(&mutations, &call, &request, &runs, true));
    for answer in futures_util::future::join_all(repeats).await {
        assert_eq!(answer.unwrap(), CreateTeamResponse::default());
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_request_that_changed_nothing_is_not_done_anew_later() {
    let w = world().await;
    let mut request = CreateTeamRequest {
        request_id: Uuid::now_v7().to_string(),
        ..Default::default()
    };
    let (mutations, call, runs) = (mutations(&w.db), call(w.tenant), AtomicU32::new(0));
    for _ in 0..3 {
        let answer = create_once(&mutations, &call, &request, &runs, false).await;
        assert_eq!(answer.unwrap(), CreateTeamResponse::default());
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    request.team = Some(Team::default());
    let refused = create_once(&mutations, &call, &request, &runs, false).await;
    assert_eq!(refused.unwrap_err().reason(), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn checking_only_stores_nothing() {
    let w = world().await;
    let request = CreateTeamRequest {
        request_id: Uuid::now_v7().to_string(),
        validate_only: true,
        ..Default::default()
    };
    create(&mutations(&w.db), &call(w.tenant), &request)
        .await
        .unwrap();
    assert_eq!(count(&w.db, w.tenant).await, 0);
}

#[tokio::test]
async fn a_transaction_whose_caller_went_away_does_not_harm_the_pool() {
    let w = world().await;
    let settings = PoolSettings {
        max_connections: 1,
        ..PoolSettings::default()
    };
    let db = Db::new(
        w.database
            .url_for("keynode_notification", PASSWORD)
            .parse()
            .unwrap(),
        &settings,
    );
    for _ in 0..6 {
        let stuck = db.transaction(w.tenant, async |tx: &mut Tx| {
            tx.execute("select pg_sleep(60)").await?;
            Ok::<_, Fault>(())
        });
        assert!(
            tokio::time::timeout(Duration::from_millis(50), stuck)
                .await
                .is_err()
        );
    }
    assert_eq!(
        count(&db, w.tenant).await,
        0,
        "the one connection of the pool serves again"
    );
}
