use keynode_kit::client::Channel;
use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::absences_service_client::AbsencesServiceClient;
use keynode_proto::accounts::v1::*;
use keynode_proto::google::r#type::Date;

use super::people::updating;
use super::world::{
    World, bad_fields, mask, metadata, nobody, reason, reason_of, refused, request_id, take,
};

pub type Absences = AbsencesServiceClient<Channel>;

pub fn absences(world: &World, by: &Caller) -> Absences {
    AbsencesServiceClient::new(world.server.connect(by))
}

pub fn day(month: i32, day: i32) -> Date {
    Date {
        year: 2030,
        month,
        day,
    }
}

pub fn away(person: &str, deputy: &str, from: Date, to: Date) -> CreateAbsenceRequest {
    CreateAbsenceRequest {
        absence: Some(Absence {
            person: person.to_owned(),
            deputy: deputy.to_owned(),
            start_date: Some(from),
            end_date: Some(to),
            ..Absence::default()
        }),
        ..Default::default()
    }
}

pub async fn record(absences: &mut Absences, request: CreateAbsenceRequest) -> Absence {
    take(absences.create_absence(request).await)
        .absence
        .unwrap()
}

#[tokio::test]
async fn an_absence_is_recorded_changed_listed_and_revoked() {
    let world = World::new().await;
    let mut calls = absences(&world, &world.admin);
    let (a, b) = (world.seller("").await, world.seller("").await);
    let (me, deputy) = (a.person_name(), b.person_name());
    let request = CreateAbsenceRequest {
        request_id: request_id(),
        ..away(&me, &deputy, day(5, 1), day(5, 7))
    };
    let made = record(&mut calls, request.clone()).await;
    assert_eq!(
        (made.etag.as_str(), &made.person, &made.deputy),
        ("1", &me, &deputy)
    );
    assert_eq!(record(&mut calls, request.clone()).await, made);
    let other = CreateAbsenceRequest {
        request_id: request.request_id,
        ..away(&me, &deputy, day(6, 1), day(6, 7))
    };
    assert_eq!(
        reason_of(calls.create_absence(other).await),
        "REQUEST_ID_REUSED"
    );
    let get = GetAbsenceRequest {
        name: made.name.clone(),
    };
    assert_eq!(
        take(calls.get_absence(get).await).absence,
        Some(made.clone())
    );
    let longer = UpdateAbsenceRequest {
        absence: Some(Absence {
            end_date: Some(day(5, 9)),
            reason: "展会".to_owned(),
            ..made.clone()
        }),
        update_mask: mask(&["end_date", "reason"]),
        ..Default::default()
    };
    let changed = take(calls.update_absence(longer.clone()).await)
        .absence
        .unwrap();
    assert_eq!(
        (changed.etag.as_str(), changed.end_date),
        ("2", Some(day(5, 9)))
    );
    assert_eq!(
        reason_of(calls.update_absence(longer).await),
        "ETAG_MISMATCH"
    );
    let listed = ListAbsencesRequest {
        person: me.clone(),
        deputy,
        ends_on_or_after: Some(day(5, 9)),
        starts_on_or_before: Some(day(5, 1)),
        ..Default::default()
    };
    assert_eq!(
        take(calls.list_absences(listed.clone()).await).absences,
        std::slice::from_ref(&changed)
    );
    let revoke = RevokeAbsenceRequest {
        name: made.name.clone(),
        etag: "1".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason_of(calls.revoke_absence(revoke.clone()).await),
        "ETAG_MISMATCH"
    );
    let revoke = RevokeAbsenceRequest {
        etag: String::new(),
        ..revoke
    };
    let gone = take(calls.revoke_absence(revoke.clone()).await)
        .absence
        .unwrap();
    assert!(gone.revoke_time.is_some());
    assert_eq!(
        take(calls.revoke_absence(revoke).await).absence,
        Some(gone.clone()),
        "a second time changes nothing"
    );
    assert!(take(calls.list_absences(listed).await).absences.is_empty());
    let events = world.events(&made.name).await;
    assert_eq!(events.len(), 3);
    let last: AbsenceChanged = events[2].message();
    assert_eq!(
        (last.before, last.after),
        (Some(changed), Some(gone.clone()))
    );
    let again = UpdateAbsenceRequest {
        absence: Some(gone),
        ..Default::default()
    };
    assert_eq!(
        reason_of(calls.update_absence(again).await),
        "ABSENCE_REVOKED"
    );
    record(
        &mut calls,
        away(&me, &b.person_name(), day(5, 1), day(5, 7)),
    )
    .await;
}

#[tokio::test]
async fn a_person_is_away_once_at_a_time() {
    let world = World::new().await;
    world.warm_up().await;
    let mut calls = absences(&world, &world.admin);
    let (a, b) = (world.seller("").await, world.seller("").await);
    let (me, deputy) = (a.person_name(), b.person_name());
    let first = record(&mut calls, away(&me, &deputy, day(5, 1), day(5, 7))).await;
    let status = refused(
        calls
            .create_absence(away(&me, &deputy, day(5, 7), day(5, 8)))
            .await,
    );
    assert_eq!(reason(&status), "ABSENCE_OVERLAPS");
    assert_eq!(metadata(&status, "name"), Some(first.name.clone()));
    let next = record(&mut calls, away(&me, &deputy, day(5, 8), day(5, 9))).await;
    let earlier = UpdateAbsenceRequest {
        absence: Some(Absence {
            start_date: Some(day(5, 6)),
            ..next
        }),
        update_mask: mask(&["start_date"]),
        ..Default::default()
    };
    assert_eq!(
        reason_of(calls.update_absence(earlier).await),
        "ABSENCE_OVERLAPS"
    );
    let (mut one, mut two) = (calls.clone(), absences(&world, &world.admin));
    let (x, y) = tokio::join!(
        one.create_absence(away(&me, &deputy, day(8, 1), day(8, 3))),
        two.create_absence(away(&me, &deputy, day(8, 2), day(8, 4)))
    );
    let refused: Vec<String> = [x.err(), y.err()].iter().flatten().map(reason).collect();
    assert_eq!(refused, ["ABSENCE_OVERLAPS"]);
}

#[tokio::test]
async fn bad_absences_are_refused() {
    let world = World::new().await;
    let mut calls = absences(&world, &world.admin);
    let (a, b) = (world.seller("").await, world.seller("").await);
    let me = a.person_name();
    let bad = CreateAbsenceRequest {
        absence: Some(Absence {
            deputy: "x".to_owned(),
            start_date: Some(day(2, 30)),
            reason: "x".repeat(201),
            ..Absence::default()
        }),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(calls.create_absence(bad.clone()).await),
        [
            "absence.deputy",
            "absence.end_date",
            "absence.reason",
            "absence.start_date"
        ]
    );
    let mut program = absences(&world, &Caller::integrator(world.tenant));
    assert!(
        bad_fields(program.create_absence(bad).await).contains(&"absence.person".to_owned()),
        "a program is nobody who could be away"
    );
    for request in [
        away(&me, &me, day(5, 1), day(5, 2)),
        away(
            &world.admin.person_name(),
            &world.admin.person_name(),
            day(5, 1),
            day(5, 2),
        ),
    ] {
        assert_eq!(
            bad_fields(calls.create_absence(request).await),
            ["absence.deputy"]
        );
    }
    for request in [
        away(&nobody("people"), &me, day(5, 1), day(5, 2)),
        away(&me, &nobody("people"), day(5, 1), day(5, 2)),
    ] {
        assert_eq!(
            reason_of(calls.create_absence(request).await),
            "PERSON_NOT_FOUND"
        );
    }
    disable(&world, &b.person_name()).await;
    assert_eq!(
        bad_fields(
            calls
                .create_absence(away(&me, &b.person_name(), day(5, 1), day(5, 2)))
                .await
        ),
        ["absence.deputy"]
    );
    let get = GetAbsenceRequest {
        name: nobody("absences"),
    };
    assert_eq!(reason_of(calls.get_absence(get).await), "ABSENCE_NOT_FOUND");
    let dry = CreateAbsenceRequest {
        validate_only: true,
        ..away(&me, &world.admin.person_name(), day(5, 1), day(5, 2))
    };
    let checked = record(&mut calls, dry).await;
    let get = GetAbsenceRequest { name: checked.name };
    assert_eq!(reason_of(calls.get_absence(get).await), "ABSENCE_NOT_FOUND");
}

pub async fn disable(world: &World, name: &str) {
    let person = Person {
        name: name.to_owned(),
        disabled: true,
        ..Person::default()
    };
    take(
        world
            .directory(&world.admin)
            .update_person(updating(&person, &["disabled"]))
            .await,
    );
}

#[tokio::test]
async fn another_tenants_absences_are_not_there() {
    let world = World::new().await;
    let mut calls = absences(&world, &world.admin);
    let a = world.seller("").await;
    let made = record(
        &mut calls,
        away(
            &a.person_name(),
            &world.admin.person_name(),
            day(5, 1),
            day(5, 2),
        ),
    )
    .await;
    let other = world.settle(tenant()).await;
    let mut foreign = absences(&world, &other);
    let get = GetAbsenceRequest {
        name: made.name.clone(),
    };
    assert_eq!(
        reason_of(foreign.get_absence(get).await),
        "ABSENCE_NOT_FOUND"
    );
    let revoke = RevokeAbsenceRequest {
        name: made.name.clone(),
        ..Default::default()
    };
    assert_eq!(
        reason_of(foreign.revoke_absence(revoke).await),
        "ABSENCE_NOT_FOUND"
    );
    let update = UpdateAbsenceRequest {
        absence: Some(made),
        ..Default::default()
    };
    assert_eq!(
        reason_of(foreign.update_absence(update).await),
        "ABSENCE_NOT_FOUND"
    );
    let listed = take(foreign.list_absences(ListAbsencesRequest::default()).await);
    assert!(listed.absences.is_empty());
}

#[tokio::test]
async fn absences_come_in_pages() {
    let world = World::new().await;
    let mut calls = absences(&world, &world.admin);
    let deputy = world.admin.person_name();
    for _ in 0..3 {
        let person = world.seller("").await.person_name();
        record(&mut calls, away(&person, &deputy, day(5, 1), day(5, 2))).await;
    }
    let mut request = ListAbsencesRequest {
        page_size: 2,
        deputy,
        ..Default::default()
    };
    let first = take(calls.list_absences(request.clone()).await);
    request.page_token = first.next_page_token;
    let second = take(calls.list_absences(request.clone()).await);
    assert_eq!((first.absences.len(), second.absences.len()), (2, 1));
    request.ends_on_or_after = Some(day(5, 1));
    assert_eq!(
        reason_of(calls.list_absences(request).await),
        "PAGE_TOKEN_INVALID"
    );
}
