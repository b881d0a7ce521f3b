//! What detectors see, as it is told.

use keynode_proto::scoring::v1::{Signal, SignalState, UnknownDetector};

use super::{Detector, Seen, Sighting, Verdict};
use crate::texts;

/// How detectors are named.
pub(crate) const COLLECTION: &str = "detectors/";

/// A sighting as a signal that is not stored.
pub fn to_signal(detector: &Detector, sighting: &Sighting) -> Signal {
    Signal {
        detector: format!("{COLLECTION}{}", detector.id),
        topic: detector.topic.into(),
        severity: sighting.severity.unwrap_or(detector.severity).into(),
        text: Some(texts::of_detector(detector.id, "seen", &sighting.words)),
        advice: Some(texts::of_detector(detector.id, "advice", &sighting.words)),
        rules: detector
            .rules
            .iter()
            .map(|rule| (*rule).to_owned())
            .collect(),
        evidence: sighting.evidence.clone(),
        cause: sighting.cause.clone(),
        state: SignalState::Open.into(),
        confidential: detector.confidential,
        ..Signal::default()
    }
}

/// Every signal that was seen, gravest first; those of one severity in the registry's order.
pub fn signals(seen: &[Seen]) -> Vec<Signal> {
    let mut signals: Vec<Signal> = Vec::new();
    for one in seen {
        if let Verdict::Raised(sightings) = &one.verdict {
            let told = sightings.iter().map(|it| to_signal(one.detector, it));
            signals.extend(told);
        }
    }
    signals.sort_by_key(|signal| std::cmp::Reverse(signal.severity));
    signals
}

/// The detectors that could not say anything.
pub fn unknown(seen: &[Seen]) -> Vec<UnknownDetector> {
    let unknown = seen.iter().filter_map(|one| match &one.verdict {
        Verdict::Unknown(missing) => Some(UnknownDetector {
            detector: format!("{COLLECTION}{}", one.detector.id),
            missing: missing.clone(),
        }),
        _ => None,
    });
    unknown.collect()
}
