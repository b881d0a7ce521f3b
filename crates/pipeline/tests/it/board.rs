//! The board: what it counts, for whom, and that it is exact at every moment.

use keynode_kit::testing::{Caller, tenant};
use keynode_proto::pipeline::v1::*;
use uuid::Uuid;

use crate::world::*;

/// What a board says: of each stage that has something its deals, sums, and those that have no
/// amount, lag, owe, wait.
type Told = Vec<(String, i64, Vec<String>, [i64; 4])>;

async fn board(client: &mut Opportunities, request: GetBoardRequest) -> Told {
    let answer = client.get_board(request).await.unwrap().into_inner();
    let told = |stage: BoardStage| {
        let sums = stage.amounts.iter();
        let sums = sums.map(|it| {
            format!(
                "{} {}.{:02}",
                it.currency_code,
                it.units,
                it.nanos / 10_000_000
            )
        });
        let counts = [
            stage.without_amount_count,
            stage.lagging_count,
            stage.forced_count,
            stage.paused_count,
        ];
        (stage.stage, stage.opportunity_count, sums.collect(), counts)
    };
    let stages = answer.stages.into_iter().map(told);
    stages.filter(|stage| stage.1 > 0).collect()
}

fn short() -> GetBoardRequest {
    GetBoardRequest {
        process: "processes/short".to_owned(),
        ..Default::default()
    }
}

fn deal(units: i64, nanos: i32) -> Opportunity {
    Opportunity {
        process: "processes/short".to_owned(),
        amount: money(units, nanos),
        ..named("x")
    }
}

/// Folds as the background task does; answers how many changes there were.
async fn fold(world: &World) -> i64 {
    let mut connection = world.superuser().await;
    sqlx::query_scalar("select pipeline.fold_board(1000000)")
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

/// The cells, with what is not folded, as they are and counted anew.
async fn cells(world: &World) -> (Vec<String>, Vec<String>) {
    let mut connection = world.superuser().await;
    let read = "select concat_ws(' ', process, status, stage, owner_id, team_id, currency, grade, sum(deals),
                       trim_scale(sum(amount)), sum(lagging), sum(forced), sum(paused))
                from (select * from pipeline.board_cell
                      union all
                      select tenant_id, process, status, stage, owner_id, team_id, currency, grade, deals, amount,
                             lagging, forced, paused from pipeline.board_delta) c
                group by tenant_id, process, status, stage, owner_id, team_id, currency, grade
                having sum(deals) <> 0 or sum(amount) <> 0 order by 1";
    let kept = sqlx::query_scalar(read)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    sqlx::query("select pipeline.recount_board()")
        .execute(&mut connection)
        .await
        .unwrap();
    let counted = sqlx::query_scalar(read)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    (kept, counted)
}

#[tokio::test]
async fn every_change_is_in_it_at_once_folded_or_not() {
    let world = world().await;
    publish(&world, "short", "").await;
    let mut client = world.manager();
    assert!(board(&mut client, short()).await.is_empty());
    let one = create(&mut client, deal(100, 10_000_000)).await;
    let two = create(&mut client, deal(200, 20_000_000)).await;
    let mut euros = deal(7, 0);
    euros.amount.as_mut().unwrap().currency_code = "EUR".to_owned();
    create(&mut client, euros).await;
    create(
        &mut client,
        Opportunity {
            amount: None,
            ..deal(0, 0)
        },
    )
    .await;
    let meet = |deals, sums: &[&str], counts| {
        let sums: Vec<String> = sums.iter().map(ToString::to_string).collect();
        ("meet".to_owned(), deals, sums, counts)
    };
    let expected = vec![meet(4, &["CNY 300.03", "EUR 7.00"], [1, 0, 0, 0])];
    assert_eq!(board(&mut client, short()).await, expected);
    assert_eq!(fold(&world).await, 4);
    assert_eq!(fold(&world).await, 0);
    assert_eq!(board(&mut client, short()).await, expected);
    // The customer goes ahead, we force, and wait.
    let step = RecordBuyingStepRequest {
        name: one.name.clone(),
        step: 2,
        evidence: "x".to_owned(),
        ..Default::default()
    };
    client.record_buying_step(step).await.unwrap();
    force(&mut client, &two.name, "赶进度").await.unwrap();
    let pause = PauseOpportunityRequest {
        name: two.name.clone(),
        reason: "等待".to_owned(),
        resume_date: date(2028, 12, 31),
        ..Default::default()
    };
    world.moving().pause_opportunity(pause).await.unwrap();
    let sign = (
        "sign".to_owned(),
        1,
        vec!["CNY 200.02".to_owned()],
        [0, 0, 1, 1],
    );
    let expected = vec![meet(3, &["CNY 100.01", "EUR 7.00"], [1, 1, 0, 0]), sign];
    assert_eq!(board(&mut client, short()).await, expected);
    fold(&world).await;
    assert_eq!(board(&mut client, short()).await, expected);
    let dearer = Opportunity {
        name: one.name.clone(),
        amount: money(1_000, 0),
        ..Default::default()
    };
    update(&mut client, dearer, &["amount"]).await.unwrap();
    let abandon = AbandonOpportunityRequest {
        name: two.name.clone(),
        reason: "不值得".to_owned(),
        ..Default::default()
    };
    world.moving().abandon_opportunity(abandon).await.unwrap();
    let expected = vec![meet(3, &["CNY 1000.00", "EUR 7.00"], [1, 1, 0, 0])];
    assert_eq!(board(&mut client, short()).await, expected);
    let given_up = GetBoardRequest {
        statuses: vec![OpportunityStatus::Abandoned.into()],
        ..short()
    };
    assert_eq!(board(&mut client, given_up).await.len(), 1);
    let (kept, counted) = cells(&world).await;
    assert_eq!(kept, counted);
}

#[tokio::test]
async fn filters_and_sight_cut_it() {
    let world = world().await;
    publish(&world, "short", "").await;
    let team = Uuid::now_v7();
    let seller = Caller::seller(world.tenant);
    let lead = Caller::seller(world.tenant).in_team(team);
    let mut manager = world.manager();
    let mine = create(&mut world.opportunities(&seller), deal(1, 0)).await;
    let of_team = Opportunity {
        team: format!("teams/{team}"),
        expected_close_date: date(2026, 7, 15),
        ..deal(10, 0)
    };
    create(&mut manager, of_team).await;
    create(
        &mut manager,
        Opportunity {
            expected_close_date: date(2026, 9, 1),
            ..deal(100, 0)
        },
    )
    .await;
    let sum = |told: Told| {
        told.first()
            .map(|stage| stage.2.concat())
            .unwrap_or_default()
    };
    let day = |month, day| date(2026, month, day);
    for _ in ["not folded", "folded"] {
        for (caller, expected) in [(&seller, "CNY 1.00"), (&lead, "CNY 10.00")] {
            let mut client = world.opportunities(caller);
            assert_eq!(sum(board(&mut client, short()).await), expected);
            let quarter = GetBoardRequest {
                expected_close_from: day(7, 1),
                ..short()
            };
            let expected = if caller.team.is_some() { expected } else { "" };
            assert_eq!(sum(board(&mut client, quarter).await), expected);
        }
        let teams = vec![format!("teams/{team}")];
        for (request, expected) in [
            (short(), "CNY 111.00"),
            (
                GetBoardRequest {
                    owner: mine.owner.clone(),
                    ..short()
                },
                "CNY 1.00",
            ),
            (
                GetBoardRequest {
                    teams: teams.clone(),
                    ..short()
                },
                "CNY 10.00",
            ),
            (
                GetBoardRequest {
                    teams,
                    owner: mine.owner.clone(),
                    ..short()
                },
                "",
            ),
            (
                GetBoardRequest {
                    mine: true,
                    ..short()
                },
                "",
            ),
            (
                GetBoardRequest {
                    grade: "A".to_owned(),
                    ..short()
                },
                "",
            ),
            (
                GetBoardRequest {
                    expected_close_from: day(7, 15),
                    ..short()
                },
                "CNY 110.00",
            ),
            (
                GetBoardRequest {
                    expected_close_until: day(8, 31),
                    ..short()
                },
                "CNY 10.00",
            ),
            (
                GetBoardRequest {
                    expected_close_from: day(8, 1),
                    expected_close_until: day(9, 1),
                    ..short()
                },
                "CNY 100.00",
            ),
        ] {
            let told = board(&mut world.manager(), request.clone()).await;
            assert_eq!(sum(told), expected, "{request:?}");
        }
        fold(&world).await;
    }
    let mut stranger = world.opportunities(&Caller::person(tenant(), "administrator"));
    assert_eq!(
        reason(stranger.get_board(short()).await),
        "PROCESS_NOT_FOUND"
    );
    assert!(
        board(&mut stranger, GetBoardRequest::default())
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn stages_come_in_order_also_where_nothing_is() {
    let world = world().await;
    let mut client = world.manager();
    let answer = client
        .get_board(GetBoardRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.process, "processes/industrial-key-account");
    let stages: Vec<&str> = answer.stages.iter().map(|it| it.stage.as_str()).collect();
    assert_eq!(
        stages,
        [
            "development",
            "entry",
            "proposal",
            "bid",
            "negotiation",
            "implementation"
        ]
    );
    assert_eq!(
        answer.stages[1].display_name.as_ref().unwrap().zh_cn,
        "销售进入阶段"
    );
    for stage in ["bid", "implementation"] {
        imported(&world, stage).await;
    }
    let told = board(&mut client, GetBoardRequest::default()).await;
    let counts: Vec<(&str, i64)> = told.iter().map(|it| (it.0.as_str(), it.1)).collect();
    assert_eq!(
        counts,
        [("bid", 1), ("implementation", 1)],
        "what is won is delivered"
    );
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_every_bad_field() {
    let world = world().await;
    let bad = GetBoardRequest {
        process: "x".repeat(201),
        mine: true,
        owner: "x".to_owned(),
        teams: vec!["x".to_owned()],
        grade: "E".to_owned(),
        expected_close_from: date(2026, 2, 30),
        expected_close_until: date(2026, 2, 30),
        statuses: vec![0, 9],
        with_subteams: false,
    };
    let mut refused = fields(world.importer().get_board(bad).await);
    refused.sort();
    assert_eq!(
        refused,
        [
            "expected_close_from",
            "expected_close_until",
            "grade",
            "mine",
            "owner",
            "process",
            "statuses[0]",
            "statuses[1]",
            "teams[0]",
        ]
    );
    let unknown = GetBoardRequest {
        process: "processes/other".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason(world.manager().get_board(unknown).await),
        "PROCESS_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_sum_that_cannot_be_told_is_refused_until_it_is_filtered() {
    let world = world().await;
    publish(&world, "short", "").await;
    let mut client = world.manager();
    for _ in 0..2 {
        create(&mut client, deal(1_000_000_000_000_000, 0)).await;
    }
    board(&mut client, short()).await;
    // As many deals as that takes nobody makes here.
    let mut connection = world.superuser().await;
    for enlarge in [
        "select set_config('keynode.tenant_id', tenant_id::text, false) from pipeline.opportunity limit 1",
        "update pipeline.opportunity set amount = 9200000000000000000, version = version + 1",
        "update pipeline.standing set amount = 9200000000000000000",
    ] {
        let enlarge = sqlx::query(enlarge);
        enlarge.execute(&mut connection).await.unwrap();
    }
    assert_eq!(
        reason(client.get_board(short()).await),
        "BOARD_SUM_TOO_LARGE"
    );
    let mut history = world.history(&Caller::person(world.tenant, "sales_manager"));
    let then = GetBoardAsOfRequest {
        process: "processes/short".to_owned(),
        as_of_time: Some(prost_types::Timestamp {
            seconds: keynode_kit::clock::Clock::system().now().as_second(),
            nanos: 999_999_999,
        }),
        ..Default::default()
    };
    assert_eq!(
        reason(history.get_board_as_of(then).await),
        "BOARD_SUM_TOO_LARGE"
    );
    let funnel = GetFunnelRequest {
        process: "processes/short".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason(history.get_funnel(funnel).await),
        "BOARD_SUM_TOO_LARGE"
    );
}

#[tokio::test]
async fn concurrent_writers_and_folders_lose_nothing() {
    let world = world().await;
    publish(&world, "short", "").await;
    let mut client = world.manager();
    let writers = (0..4).map(|_| {
        let mut client = client.clone();
        tokio::spawn(async move {
            for n in 0..10 {
                let made = create(&mut client, deal(1, 0)).await;
                let news = Opportunity {
                    amount: money(n, 0),
                    etag: String::new(),
                    ..made
                };
                update(&mut client, news, &["amount"]).await.unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    for _ in 0..20 {
        fold(&world).await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let told = board(&mut client, short()).await;
    assert_eq!((told[0].1, told[0].2.concat().as_str()), (40, "CNY 180.00"));
    let (kept, counted) = cells(&world).await;
    assert_eq!(kept, counted);
}
