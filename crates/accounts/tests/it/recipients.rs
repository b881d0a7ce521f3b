use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;
use prost_types::Timestamp;

use super::absences::{absences, away, day, disable, record};
use super::world::{World, bad_fields, nobody, reason_of, take};

fn at(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.parse().unwrap();
    Some(Timestamp {
        seconds: at.as_second(),
        nanos: 0,
    })
}

async fn told(world: &World, people: &[&Caller], moment: &str) -> Vec<Recipient> {
    let request = ResolveRecipientsRequest {
        people: people.iter().map(|caller| caller.person_name()).collect(),
        at: at(moment),
    };
    let mut calls = absences(world, people[0]);
    take(calls.resolve_recipients(request).await).recipients
}

#[tokio::test]
async fn deputies_of_deputies_are_told_on_the_persons_own_days() {
    let world = World::new().await;
    let mut calls = absences(&world, &world.admin);
    let (a, b, c) = (
        world.seller("").await,
        world.seller("").await,
        world.seller("").await,
    );
    let (an, bn, cn) = (a.person_name(), b.person_name(), c.person_name());
    let first = record(&mut calls, away(&an, &bn, day(5, 2), day(5, 7))).await;
    record(&mut calls, away(&bn, &cn, day(5, 4), day(5, 5))).await;
    // 2030-05-02 begins in Shanghai at 16:00 of the day before in UTC.
    let found = told(&world, &[&a, &c], "2030-05-01T15:59:59Z").await;
    assert_eq!(
        (found[0].standing(), &found[0].recipient),
        (RecipientStanding::Present, &an)
    );
    let found = told(&world, &[&a, &c, &a], "2030-05-01T16:00:00Z").await;
    assert_eq!(
        (found[0].standing(), &found[0].recipient),
        (RecipientStanding::Deputy, &bn)
    );
    assert_eq!(found[0].absence, first.name);
    assert_eq!(
        (found[1].standing(), &found[1].recipient, &found[2]),
        (RecipientStanding::Present, &cn, &found[0])
    );
    let found = told(&world, &[&a], "2030-05-04T00:00:00Z").await;
    assert_eq!(
        (&found[0].recipient, &found[0].deputies),
        (&cn, &vec![bn.clone(), cn.clone()])
    );
    disable(&world, &cn).await;
    let found = told(&world, &[&a], "2030-05-04T00:00:00Z").await;
    assert_eq!(
        (found[0].standing(), &found[0].recipient, &found[0].deputies),
        (RecipientStanding::Nobody, &an, &vec![bn])
    );
}

#[tokio::test]
async fn who_cannot_be_resolved_is_refused() {
    let world = World::new().await;
    let mut calls = absences(&world, &world.admin);
    let request = ResolveRecipientsRequest {
        people: vec!["x".to_owned()],
        at: Some(Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        }),
    };
    assert_eq!(
        bad_fields(calls.resolve_recipients(request).await),
        ["at", "people[0]"]
    );
    assert_eq!(
        bad_fields(
            calls
                .resolve_recipients(ResolveRecipientsRequest::default())
                .await
        ),
        ["people"]
    );
    let request = ResolveRecipientsRequest {
        people: vec![nobody("people")],
        at: None,
    };
    assert_eq!(
        reason_of(calls.resolve_recipients(request).await),
        "PERSON_NOT_FOUND"
    );
}
