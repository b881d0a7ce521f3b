//! What is wrong, in short: the signals that detectors raise, as programs know them from the start.

use keynode_proto::scoring::v1::{Finding, Signal, SignalEvidence};

use crate::case::Case;
use crate::detector::{self, Policy, wire};

/// What is wrong with a deal, gravest first. What only some may see is not among it.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let signals = wire::signals(&detector::detect(case, Policy::of));
    let open = signals.into_iter().filter(|signal| !signal.confidential);
    open.map(finding).collect()
}

fn finding(signal: Signal) -> Finding {
    let code = signal.detector.trim_start_matches(wire::COLLECTION);
    Finding {
        code: code.to_owned(),
        severity: signal.severity,
        text: signal.text,
        rules: signal.rules,
        evidence: signal.evidence.iter().map(item).collect(),
    }
}

/// The item of a record that is meant, or the record.
fn item(evidence: &SignalEvidence) -> String {
    let item = evidence.field.split_once('/').map(|(_, item)| item);
    item.unwrap_or(&evidence.resource).to_owned()
}

#[cfg(test)]
mod tests;
