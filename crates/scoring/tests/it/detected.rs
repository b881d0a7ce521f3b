//! What detectors see in deals that the real pipeline keeps.

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use keynode_kit::clock::Clock;
use keynode_kit::testing::Caller;
use keynode_proto::scoring::v1::{
    DiagnoseOpportunityRequest, DiagnoseOpportunityResponse, SignalState, SignalTopic,
};

use crate::neighbours::Neighbours;

async fn diagnosed(world: &Neighbours, caller: &Caller, deal: &str) -> DiagnoseOpportunityResponse {
    let request = DiagnoseOpportunityRequest {
        opportunity: deal.to_owned(),
    };
    let answer = world.diagnoses(caller).diagnose_opportunity(request).await;
    answer.unwrap().into_inner()
}

fn in_days(days: i64) -> Date {
    let today = Clock::system().now().to_zoned(TimeZone::UTC).date();
    today.saturating_add(days.days())
}

#[tokio::test]
async fn a_date_that_has_passed_is_a_signal_with_its_evidence() {
    let world = Neighbours::new().await;
    let seller = Caller::seller(world.tenant);
    let late = world.open_closing(&seller, Some(in_days(-3))).await;
    let answer = diagnosed(&world, &seller, &late.name).await;
    let is_it =
        |it: &&keynode_proto::scoring::v1::Signal| it.detector == "detectors/close_date_past";
    let signal = answer.signals.iter().find(is_it).unwrap();
    assert_eq!(
        (signal.topic(), signal.state()),
        (SignalTopic::Process, SignalState::Open)
    );
    assert_eq!(signal.cause, format!("date/{}", in_days(-3)));
    let evidence = &signal.evidence[0];
    assert_eq!(
        (&evidence.resource, evidence.field.as_str()),
        (&late.name, "expected_close_date")
    );
    let text = signal.text.as_ref().unwrap();
    assert!(
        text.en.contains("passed 3 days ago") && text.zh_cn.contains("3天"),
        "{text:?}"
    );
    assert!(
        signal
            .advice
            .as_ref()
            .unwrap()
            .en
            .starts_with("Confirm a new date")
    );
    assert_eq!(signal.rules, ["R6", "R13"]);
}

#[tokio::test]
async fn what_is_not_recorded_is_unknown_and_not_healthy() {
    let world = Neighbours::new().await;
    let seller = Caller::seller(world.tenant);
    let deal = world.open(&seller).await;
    let answer = diagnosed(&world, &seller, &deal.name).await;
    let missing = |id: &str| {
        let found = answer
            .unknown_detectors
            .iter()
            .find(|it| it.detector == format!("detectors/{id}"));
        found.map(|it| it.missing.clone())
    };
    let date = Some(vec!["expected_close_date".to_owned()]);
    assert_eq!(missing("close_date_past"), date);
    assert_eq!(missing("close_date_slipped"), date);
    assert_eq!(missing("late_entry"), Some(vec!["non_standard".to_owned()]));
    let deal = world.open_closing(&seller, Some(in_days(30))).await;
    let answer = diagnosed(&world, &seller, &deal.name).await;
    let tells = |id: &str| {
        let name = format!("detectors/{id}");
        answer.signals.iter().any(|it| it.detector == name)
            || answer
                .unknown_detectors
                .iter()
                .any(|it| it.detector == name)
    };
    assert!(!tells("close_date_past"), "clear");
}
