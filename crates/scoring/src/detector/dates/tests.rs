use keynode_proto::google::r#type::Date;
use keynode_proto::pipeline::v1::{CloseDateHistory, Pause};

use super::*;
use crate::detector::Detector;
use crate::diagnosis::fixture::{Scene, zhang};

fn day(month: i32, day: i32) -> Option<Date> {
    Some(Date {
        year: 2024,
        month,
        day,
    })
}

fn verdict(scene: &Scene, detector: &'static Detector) -> Verdict {
    scene.detect(detector, Policy::of(detector))
}

fn causes(verdict: Verdict) -> Vec<String> {
    match verdict {
        Verdict::Raised(seen) => seen.into_iter().map(|it| it.cause).collect(),
        other => panic!("not raised: {other:?}"),
    }
}

/// The scene's now is 2024-07-20 08:00 UTC.
fn stalling(at: &str) -> Scene {
    let mut scene = zhang();
    let at: jiff::Timestamp = at.parse().unwrap();
    scene.facts.dossier.stall_time = Some(wire::timestamp(at));
    scene
}

fn paused(mut scene: Scene) -> Scene {
    scene.facts.opportunity.pause = Some(Pause::default());
    scene
}

#[test]
fn a_deal_stalls_at_the_very_moment() {
    let raised = verdict(&stalling("2024-07-20T08:00:00Z"), &STALLED);
    assert_eq!(causes(raised), ["stall/2024-07-20"]);
    let before = verdict(&stalling("2024-07-20T08:00:01Z"), &STALLED);
    assert_eq!(before, Verdict::Clear, "a second before");
    assert_eq!(
        verdict(&zhang(), &STALLED),
        Verdict::unknown(&["stall_time"])
    );
    let waits = paused(stalling("2024-07-01T08:00:00Z"));
    assert_eq!(verdict(&waits, &STALLED), Verdict::Clear);
}

fn slipping(postponements: i32, postponed_days: i32) -> Scene {
    let mut scene = zhang();
    scene.facts.dossier.close_date_history = Some(CloseDateHistory {
        first_date: day(7, 1),
        postponements,
        postponed_days,
        last_postpone_time: None,
    });
    scene
}

#[test]
fn a_date_slips_when_it_is_put_off_often_and_far() {
    let raised = verdict(&slipping(2, 30), &CLOSE_DATE_SLIPPED);
    assert_eq!(causes(raised), ["postponement/2"]);
    for (postponements, days) in [(1, 30), (2, 29), (0, 0)] {
        let seen = verdict(&slipping(postponements, days), &CLOSE_DATE_SLIPPED);
        assert_eq!(seen, Verdict::Clear, "{postponements} times, {days} days");
    }
    let unknown = verdict(&zhang(), &CLOSE_DATE_SLIPPED);
    assert_eq!(unknown, Verdict::unknown(&["expected_close_date"]));
    // Put off once more, it is another signal.
    let again = verdict(&slipping(3, 40), &CLOSE_DATE_SLIPPED);
    assert_eq!(causes(again), ["postponement/3"]);
}

#[test]
fn a_date_has_passed_the_day_after_it() {
    let closing = |date| {
        let mut scene = zhang();
        scene.facts.opportunity.expected_close_date = date;
        scene
    };
    let raised = verdict(&closing(day(7, 19)), &CLOSE_DATE_PAST);
    assert_eq!(causes(raised), ["date/2024-07-19"]);
    assert_eq!(
        verdict(&closing(day(7, 20)), &CLOSE_DATE_PAST),
        Verdict::Clear
    );
    assert_eq!(
        verdict(&closing(day(8, 20)), &CLOSE_DATE_PAST),
        Verdict::Clear,
        "put off"
    );
    let unknown = verdict(&closing(None), &CLOSE_DATE_PAST);
    assert_eq!(unknown, Verdict::unknown(&["expected_close_date"]));
    assert_eq!(
        verdict(&paused(closing(day(7, 1))), &CLOSE_DATE_PAST),
        Verdict::Clear
    );
    let patient = Policy::of(&CLOSE_DATE_PAST).with("grace_days", 1.0);
    assert_eq!(
        closing(day(7, 19)).detect(&CLOSE_DATE_PAST, patient),
        Verdict::Clear
    );
}
