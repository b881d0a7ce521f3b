//! Where customer and seller stand (R1-R4).

use keynode_proto::scoring::v1::{Severity, SignalEvidence, SignalTopic};

use super::{Detector, Policy, Sighting, Verdict, evidence, of_item};
use crate::case::{Case, stage_name};
use crate::texts::Words;

const PROCESS: SignalTopic = SignalTopic::Process;

/// The key node of a stage that customer or seller have left behind is missing (R1, R4).
pub(super) static KEY_NODE_MISSING: Detector = Detector::plain(
    "key_node_missing",
    PROCESS,
    Severity::Critical,
    &["R1", "R4"],
    key_node_missing,
);

/// The customer has gone on while our key nodes were not reached (R4).
pub(super) static CUSTOMER_AHEAD: Detector = Detector::plain(
    "customer_ahead",
    PROCESS,
    Severity::Critical,
    &["R4"],
    customer_ahead,
);

/// A stage was left by force (R2) and its key node is missing still: the probability of success
/// falls greatly.
pub(super) static FORCED_ADVANCE: Detector = Detector::plain(
    "forced_advance",
    PROCESS,
    Severity::Critical,
    &["R2"],
    forced_advance,
);

/// We claim a stage beyond the customer's step (R4).
pub(super) static STAGE_INFLATED: Detector = Detector::plain(
    "stage_inflated",
    PROCESS,
    Severity::Warning,
    &["R4"],
    stage_inflated,
);

/// Nobody recorded where the customer stands (R4): unknown, not the first step.
pub(super) static BUYING_STEP_UNKNOWN: Detector = Detector::plain(
    "buying_step_unknown",
    PROCESS,
    Severity::Warning,
    &["R4"],
    buying_step_unknown,
);

/// A non-standard product, and we came after the first step (R3).
pub(super) static LATE_ENTRY: Detector = Detector::plain(
    "late_entry",
    PROCESS,
    Severity::Warning,
    &["R3"],
    late_entry,
);

fn key_node_missing(case: &Case<'_>, _: &Policy) -> Verdict {
    let Some(position) = case.owed() else {
        return Verdict::Clear;
    };
    let unmet = case.unmet();
    let criteria = || unmet.iter().filter_map(|result| result.criterion.as_ref());
    let words = Words::default()
        .plain("position", position)
        .text("stage", stage_name(case.stage_at(position)))
        .list(
            "criteria",
            criteria().filter_map(|criterion| criterion.explanation.clone()),
        );
    let shows = criteria().map(|criterion| {
        let text = criterion.explanation.clone().unwrap_or_default();
        of_item(&case.opportunity.name, "criteria", &criterion.id, text)
    });
    raised(Sighting::of_deal(words, shows.collect()), position)
}

fn customer_ahead(case: &Case<'_>, _: &Policy) -> Verdict {
    let Some(step) = case.buying_step() else {
        return Verdict::unknown(&["buying_step"]);
    };
    let Some(lag) = case.lag().filter(|lag| *lag > 0) else {
        return Verdict::Clear;
    };
    let answering = case.stage_at(step);
    let step_name = answering
        .and_then(|stage| stage.buying_step.clone())
        .unwrap_or_default();
    let missing = case.first_missing().unwrap_or(step);
    let words = Words::default()
        .plain("step", step)
        .plain("lag", lag)
        .plain("missing", missing)
        .text("step_name", step_name)
        .text("stage", stage_name(answering))
        .text("missing_stage", stage_name(case.stage_at(missing)));
    let shows = of_deal(case, "buying_step", &words, "step");
    raised(Sighting::of_deal(words, vec![shows]), missing)
}

fn forced_advance(case: &Case<'_>, _: &Policy) -> Verdict {
    let mut forced = case.opportunity.forced_key_nodes.clone();
    forced.retain(|position| case.is_missing(*position));
    let stages: Vec<_> = forced
        .iter()
        .filter_map(|position| case.stage_at(*position))
        .collect();
    if stages.is_empty() {
        return Verdict::Clear;
    }
    let names = stages.iter().map(|stage| stage_name(Some(stage)));
    let words = Words::default().list("stages", names);
    let shows = stages.iter().map(|stage| {
        of_item(
            &case.opportunity.name,
            "stages",
            &stage.id,
            stage_name(Some(stage)),
        )
    });
    Verdict::Raised(vec![Sighting::of_deal(words, shows.collect())])
}

fn stage_inflated(case: &Case<'_>, _: &Policy) -> Verdict {
    let deal = case.opportunity;
    let (Some(inflation), Some(step)) = (deal.inflation, case.buying_step()) else {
        return Verdict::unknown(&["buying_step"]);
    };
    if inflation <= 0 {
        return Verdict::Clear;
    }
    let name = stage_name(case.stage_at(deal.stage_position));
    let words = Words::default()
        .plain("inflation", inflation)
        .plain("step", step)
        .text("stage", name.clone());
    let shows = of_item(&deal.name, "stages", &deal.stage, name);
    raised(Sighting::of_deal(words, vec![shows]), deal.stage_position)
}

fn buying_step_unknown(case: &Case<'_>, _: &Policy) -> Verdict {
    if case.buying_step().is_some() {
        return Verdict::Clear;
    }
    let words = Words::default();
    let shows = of_deal(case, "buying_step", &words, "");
    Verdict::Raised(vec![Sighting::of_deal(words, vec![shows])])
}

fn late_entry(case: &Case<'_>, _: &Policy) -> Verdict {
    let deal = case.opportunity;
    let step = deal.entry_buying_step;
    match deal.non_standard {
        None => Verdict::unknown(&["non_standard"]),
        Some(true) if step == 0 => Verdict::unknown(&["entry_buying_step"]),
        Some(true) if step > 1 => {
            let words = Words::default().plain("step", step);
            let shows = of_deal(case, "entry_buying_step", &words, "step");
            Verdict::Raised(vec![Sighting::of_deal(words, vec![shows])])
        }
        Some(_) => Verdict::Clear,
    }
}

/// Once for each position: what is made up there and missing later is another signal.
fn raised(mut seen: Sighting, position: i32) -> Verdict {
    seen.cause = format!("stage/{position}");
    Verdict::Raised(vec![seen])
}

fn of_deal(case: &Case<'_>, field: &str, words: &Words, key: &str) -> SignalEvidence {
    evidence(&case.opportunity.name, field, words.shown(key))
}
