//! Which days a tenant works.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;

use crate::world::*;

fn shanghai() -> WorkCalendar {
    WorkCalendar {
        time_zone: "Asia/Shanghai".to_owned(),
        weekdays: (1..=5).collect(),
        holidays: vec![Holiday {
            date: date(2026, 10, 1),
            display_name: "国庆节".to_owned(),
        }],
        extra_workdays: vec![date(2026, 10, 10).unwrap()],
        etag: String::new(),
    }
}

async fn read(world: &World, caller: &Caller) -> WorkCalendar {
    let answer = world
        .calendar(caller)
        .get_work_calendar(GetWorkCalendarRequest {})
        .await;
    answer.unwrap().into_inner().calendar.unwrap()
}

async fn put(
    world: &World,
    caller: &Caller,
    request: PutWorkCalendarRequest,
) -> Result<WorkCalendar, tonic::Status> {
    let answer = world.calendar(caller).put_work_calendar(request).await?;
    Ok(answer.into_inner().calendar.unwrap())
}

fn putting(calendar: WorkCalendar) -> PutWorkCalendarRequest {
    PutWorkCalendarRequest {
        calendar: Some(calendar),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_tenant_has_its_own_and_monday_to_friday_before_that() {
    let world = world().await;
    let admin = Caller::person(world.tenant, "administrator");
    let before = read(&world, &admin).await;
    assert_eq!(
        (before.time_zone.as_str(), before.weekdays.len()),
        ("Asia/Shanghai", 5)
    );
    assert_eq!(before.etag, "");

    let put_once = put(&world, &admin, putting(shanghai())).await.unwrap();
    assert_eq!(put_once.etag, "1");
    assert_eq!(read(&world, &admin).await, put_once);
    assert_eq!(world.events("WorkCalendarChanged").await, 1);
    let other = Caller::person(keynode_kit::testing::tenant(), "administrator");
    assert_eq!(
        read(&world, &other).await.etag,
        "",
        "another tenant's is its own"
    );
}

#[tokio::test]
async fn a_change_of_what_another_changed_is_refused() {
    let world = world().await;
    let admin = Caller::person(world.tenant, "administrator");
    let first = put(&world, &admin, putting(shanghai())).await.unwrap();
    put(&world, &admin, putting(first.clone())).await.unwrap();
    let stale = put(&world, &admin, putting(first)).await;
    assert_eq!(reason(stale), "ETAG_MISMATCH");
}

#[tokio::test]
async fn a_check_stores_nothing_and_a_repeat_answers_as_the_first() {
    let world = world().await;
    let admin = Caller::person(world.tenant, "administrator");
    let check = PutWorkCalendarRequest {
        validate_only: true,
        ..putting(shanghai())
    };
    assert_eq!(put(&world, &admin, check).await.unwrap().etag, "1");
    assert_eq!(read(&world, &admin).await.etag, "");
    let twice = PutWorkCalendarRequest {
        request_id: request_id(),
        ..putting(shanghai())
    };
    let first = put(&world, &admin, twice.clone()).await.unwrap();
    assert_eq!(put(&world, &admin, twice).await.unwrap(), first);
    assert_eq!(world.events("WorkCalendarChanged").await, 1);
}

#[tokio::test]
async fn every_bad_field_is_refused_at_once_and_not_everybody_may() {
    let world = world().await;
    let admin = Caller::person(world.tenant, "administrator");
    let bad = WorkCalendar {
        time_zone: "Mars".to_owned(),
        weekdays: vec![],
        holidays: vec![Holiday::default()],
        extra_workdays: vec![date(2026, 2, 30).unwrap()],
        etag: String::new(),
    };
    let fields = fields(put(&world, &admin, putting(bad)).await);
    let expected = [
        "calendar.time_zone",
        "calendar.weekdays",
        "calendar.holidays[0].date",
        "calendar.extra_workdays[0]",
    ];
    assert_eq!(fields, expected);
    for role in ["seller", "sales_manager", "viewer"] {
        let caller = Caller::person(world.tenant, role);
        let denied = put(&world, &caller, putting(shanghai())).await;
        assert_eq!(reason(denied), "PERMISSION_DENIED", "{role}");
    }
}

#[tokio::test]
async fn a_day_that_changes_nothing_is_named() {
    let world = world().await;
    let admin = Caller::person(world.tenant, "administrator");
    let holiday = |day: i32| Holiday {
        date: date(2026, 10, day),
        display_name: "国庆节".to_owned(),
    };
    let calendar = WorkCalendar {
        // Thursday, Saturday, Friday.
        holidays: vec![holiday(1), holiday(3), holiday(2)],
        // A Saturday, a Monday, a holiday.
        extra_workdays: [(10, 10), (10, 12), (10, 2)]
            .map(|(month, day)| date(2026, month, day).unwrap())
            .to_vec(),
        ..shanghai()
    };
    let refused = put(&world, &admin, putting(calendar)).await;
    let expected = [
        "calendar.holidays[1].date",
        "calendar.extra_workdays[1]",
        "calendar.extra_workdays[2]",
    ];
    assert_eq!(fields(refused), expected);
}
