//! Time that runs out or stands still (R6, R13). A deal that waits for a known reason is silent.

use keynode_kit::wire;
use keynode_proto::scoring::v1::{Severity, SignalTopic};

use super::{Detector, Parameter, Policy, Sighting, Verdict, evidence};
use crate::case::Case;
use crate::texts::Words;

/// Nothing happened for as many working days as the stage allows.
pub(super) static STALLED: Detector = Detector {
    id: "stalled",
    topic: SignalTopic::Process,
    severity: Severity::Warning,
    rules: &["R6"],
    parameters: &[],
    confidential: false,
    detect: stalled,
};

/// The expected closing date was put off again and again.
pub(super) static CLOSE_DATE_SLIPPED: Detector = Detector {
    id: "close_date_slipped",
    topic: SignalTopic::Process,
    severity: Severity::Warning,
    rules: &["R6", "R13"],
    parameters: &[
        Parameter {
            name: "postponements",
            default: 2.0,
            range: (1.0, 100.0),
            unit: "times",
            meaning: "put off so often, or more (our default: the essays name no figure)",
        },
        Parameter {
            name: "days",
            default: 30.0,
            range: (0.0, 3660.0),
            unit: "days",
            meaning: "and by so many days in all, or more (our default)",
        },
    ],
    confidential: false,
    detect: close_date_slipped,
};

/// The expected closing date lies behind us.
pub(super) static CLOSE_DATE_PAST: Detector = Detector {
    id: "close_date_past",
    topic: SignalTopic::Process,
    severity: Severity::Warning,
    rules: &["R6", "R13"],
    parameters: &[Parameter {
        name: "grace_days",
        default: 0.0,
        range: (0.0, 366.0),
        unit: "days",
        meaning: "silent so many days after the date",
    }],
    confidential: false,
    detect: close_date_past,
};

fn stalled(case: &Case<'_>, _: &Policy) -> Verdict {
    if case.opportunity.pause.is_some() {
        return Verdict::Clear;
    }
    let stalls = case.facts.dossier.stall_time.as_ref();
    let Some(at) = stalls.and_then(|at| wire::read_timestamp(at).ok()) else {
        return Verdict::unknown(&["stall_time"]);
    };
    if case.now < at {
        return Verdict::Clear;
    }
    let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let words = Words::default().plain("since", day);
    let mut shows = evidence(&case.opportunity.name, "stall_time", words.shown("since"));
    shows.time = stalls.copied();
    let mut seen = Sighting::of_deal(words, vec![shows]);
    seen.cause = format!("stall/{day}");
    Verdict::Raised(vec![seen])
}

fn close_date_slipped(case: &Case<'_>, policy: &Policy) -> Verdict {
    let Some(history) = &case.facts.dossier.close_date_history else {
        return Verdict::unknown(&["expected_close_date"]);
    };
    let (count, days) = (history.postponements, history.postponed_days);
    let slipped =
        f64::from(count) >= policy.get("postponements") && f64::from(days) >= policy.get("days");
    if !slipped {
        return Verdict::Clear;
    }
    let first = history
        .first_date
        .as_ref()
        .and_then(|day| wire::read_date(day).ok());
    let words = Words::default()
        .plain("count", count)
        .plain("days", days)
        .plain(
            "first",
            first.map(|day| day.to_string()).unwrap_or_default(),
        );
    let mut shows = evidence(
        &case.opportunity.name,
        "expected_close_date",
        words.shown("first"),
    );
    shows.time = history.last_postpone_time;
    let mut seen = Sighting::of_deal(words, vec![shows]);
    seen.cause = format!("postponement/{count}");
    Verdict::Raised(vec![seen])
}

fn close_date_past(case: &Case<'_>, policy: &Policy) -> Verdict {
    if case.opportunity.pause.is_some() {
        return Verdict::Clear;
    }
    let date = case.opportunity.expected_close_date.as_ref();
    let Some(date) = date.and_then(|day| wire::read_date(day).ok()) else {
        return Verdict::unknown(&["expected_close_date"]);
    };
    let days = case.today.since(date).map_or(0, |span| span.get_days());
    if f64::from(days) <= policy.get("grace_days") {
        return Verdict::Clear;
    }
    let words = Words::default().plain("date", date).plain("days", days);
    let shows = evidence(
        &case.opportunity.name,
        "expected_close_date",
        words.shown("date"),
    );
    let mut seen = Sighting::of_deal(words, vec![shows]);
    seen.cause = format!("date/{date}");
    Verdict::Raised(vec![seen])
}

#[cfg(test)]
mod tests;
