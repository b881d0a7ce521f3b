//! The facts of many deals at once, and what they tell besides the record.

use std::time::Duration;

use keynode_kit::testing::{self, Caller};
use keynode_proto::pipeline::v1::*;

use crate::pricing::proposing;
use crate::secrecy::{costing, spending};
use crate::world::*;

fn asking(names: &[&str]) -> BatchGetOpportunityFactsRequest {
    BatchGetOpportunityFactsRequest {
        names: names.iter().map(ToString::to_string).collect(),
    }
}

async fn alone(client: &mut Opportunities, name: &str) -> GetOpportunityFactsResponse {
    let request = GetOpportunityFactsRequest {
        name: name.to_owned(),
    };
    client
        .get_opportunity_facts(request)
        .await
        .unwrap()
        .into_inner()
}

async fn many(client: &mut Opportunities, names: &[&str]) -> BatchGetOpportunityFactsResponse {
    let answer = client.batch_get_opportunity_facts(asking(names)).await;
    answer.unwrap().into_inner()
}

#[tokio::test]
async fn each_is_told_as_it_is_alone_and_its_process_once() {
    let world = world().await;
    let mut client = world.manager();
    let timed = publish_file(&world, "timed", timed_file("timed")).await;
    let first = create(&mut client, full()).await.name;
    let second = create(&mut client, named("second")).await.name;
    let other = Opportunity {
        process: timed.name.clone(),
        ..named("third")
    };
    let third = create(&mut client, other).await.name;
    know_all(&mut client, &second).await;
    let manager = Caller::person(world.tenant, "sales_manager");
    for purpose in ["了解需求", "技术交流"] {
        let activity = Activity {
            kind: ActivityKind::Visit.into(),
            occur_time: Some(prost_types::Timestamp {
                seconds: 1_700_000_000,
                nanos: 0,
            }),
            purpose: purpose.to_owned(),
            ..Default::default()
        };
        let request = CreateActivityRequest {
            parent: second.clone(),
            activity: Some(activity),
            ..Default::default()
        };
        world
            .activities(&manager)
            .create_activity(request)
            .await
            .unwrap();
    }
    let nobody = "opportunities/0190b5a0-0000-7000-8000-000000000001";
    let answer = many(&mut client, &[&third, nobody, &second, &first]).await;
    assert_eq!(answer.not_found, [nobody]);
    let processes: Vec<&str> = answer.processes.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        processes,
        ["processes/timed", "processes/industrial-key-account"]
    );
    for (told, name) in answer.facts.into_iter().zip([&third, &second, &first]) {
        let whole = alone(&mut client, name).await;
        let process = whole.process.clone().unwrap();
        assert!(answer.processes.contains(&process));
        assert_eq!(told.process, None);
        assert_eq!(
            GetOpportunityFactsResponse {
                process: Some(process),
                ..told
            },
            whole
        );
    }
    let second = alone(&mut client, &second).await;
    let purposes: Vec<&str> = second
        .activities
        .iter()
        .map(|it| it.purpose.as_str())
        .collect();
    assert_eq!(purposes, ["技术交流", "了解需求"], "newest first");
}

#[tokio::test]
async fn what_the_caller_does_not_see_is_not_there() {
    let world = world().await;
    let name = create(&mut world.manager(), named("x")).await.name;
    let stranger = Caller::person(testing::tenant(), "administrator");
    for caller in [Caller::seller(world.tenant), stranger] {
        let answer = many(&mut world.opportunities(&caller), &[&name]).await;
        assert_eq!(
            (answer.facts.len(), answer.not_found),
            (0, vec![name.clone()])
        );
    }
}

#[tokio::test]
async fn every_bad_name_is_named() {
    let world = world().await;
    let mut client = world.manager();
    let good = "opportunities/0190b5a0-0000-7000-8000-000000000001";
    let answer = client
        .batch_get_opportunity_facts(asking(&["x", good, good]))
        .await;
    assert_eq!(fields(answer), ["names[0]", "names[2]"]);
    assert_eq!(
        fields(client.batch_get_opportunity_facts(asking(&[])).await),
        ["names"]
    );
    let many: Vec<String> = (0..101)
        .map(|n| format!("opportunities/0190b5a0-0000-7000-8000-{n:012}"))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(
        fields(client.batch_get_opportunity_facts(asking(&many)).await),
        ["names"]
    );
}

#[tokio::test]
async fn every_writer_that_puts_the_closing_date_off_is_counted() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    let name = deal.name.clone();
    assert_eq!(alone(&mut client, &name).await.close_date_history, None);
    let mut close = async |day| {
        let news = Opportunity {
            expected_close_date: day,
            ..deal.clone()
        };
        let news = Opportunity {
            etag: String::new(),
            ..news
        };
        update(&mut client, news, &["expected_close_date"])
            .await
            .unwrap();
        alone(&mut client, &name).await.close_date_history.unwrap()
    };
    let first = close(date(2026, 11, 1)).await;
    assert_eq!(
        (first.first_date, first.postponements),
        (date(2026, 11, 1), 0)
    );
    assert_eq!(close(date(2026, 12, 1)).await.postponed_days, 30);
    assert_eq!(
        close(date(2026, 11, 20)).await.postponements,
        1,
        "sooner is not later"
    );
    assert_eq!(close(None).await.postponements, 1);
    let last = close(date(2026, 11, 25)).await;
    assert_eq!((last.postponements, last.postponed_days), (2, 35));
    assert_eq!(last.first_date, date(2026, 11, 1));
    assert!(last.last_postpone_time.is_some());

    let closing = |month| {
        let mut row = row("1", "development");
        let deal = row.opportunity.as_mut().unwrap();
        deal.expected_close_date = date(2027, month, 1);
        row
    };
    let results = upsert(&mut world.importer(), vec![closing(1)])
        .await
        .unwrap();
    let opportunity_row_result::Result::Created(imported) = &results[0] else {
        panic!("not created: {results:?}")
    };
    upsert(&mut world.importer(), vec![closing(3)])
        .await
        .unwrap();
    let history = alone(&mut world.manager(), imported)
        .await
        .close_date_history
        .unwrap();
    assert_eq!((history.postponements, history.postponed_days), (1, 59));
}

#[tokio::test]
async fn the_price_is_told_and_the_alarm_to_who_may_see_costs() {
    let world = world().await;
    let name = create(&mut world.manager(), named("x")).await.name;
    let manager = Caller::person(world.tenant, "sales_manager");
    assert_eq!(
        alone(&mut world.manager(), &name)
            .await
            .pursuit
            .unwrap()
            .entries,
        0
    );
    world
        .pricing(&manager)
        .put_cost_sheet(costing(&name, money(900, 0)))
        .await
        .unwrap();
    world
        .pricing(&manager)
        .propose_price(proposing(&name, money(1000, 0)))
        .await
        .unwrap();
    world
        .pursuit(&manager)
        .create_pursuit_cost(spending(&name, 50))
        .await
        .unwrap();
    let told = async |role: &'static str| {
        let mut client = world.opportunities(&Caller::person(world.tenant, role));
        let facts = alone(&mut client, &name).await;
        assert_eq!(facts.price_proposal.unwrap().price, money(1000, 0));
        facts.pursuit.unwrap()
    };
    let (seen, masked) = (told("sales_manager").await, told("viewer").await);
    assert_eq!((seen.entries, seen.alarm()), (1, PursuitAlarm::Alarm));
    assert_eq!(
        (masked.entries, masked.alarm()),
        (1, PursuitAlarm::Unspecified)
    );
}

#[tokio::test]
async fn when_a_deal_stalls_is_told_unless_it_waits() {
    let world = world().await;
    publish_file(&world, "timed", timed_file("timed")).await;
    let _reacting = world.react();
    let mut client = world.manager();
    let timed = Opportunity {
        process: "processes/timed".to_owned(),
        ..named("timed")
    };
    let name = create(&mut client, timed).await.name;
    let mut stalls = None;
    for _ in 0..600 {
        stalls = alone(&mut client, &name).await.stall_time;
        if stalls.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let entered = get(&mut client, &name)
        .await
        .unwrap()
        .stage_enter_time
        .unwrap();
    let days = (stalls.unwrap().seconds - entered.seconds) / 86_400;
    assert!((5..=10).contains(&days), "five working days: {days}");
    let pause = PauseOpportunityRequest {
        name: name.clone(),
        reason: "等待批复".to_owned(),
        resume_date: Some(crate::stall::soon()),
        ..Default::default()
    };
    world.moving().pause_opportunity(pause).await.unwrap();
    assert_eq!(alone(&mut client, &name).await.stall_time, None);
}
