use std::collections::HashSet;

use super::*;
use crate::diagnosis::fixture::zhang;
use crate::texts;

#[test]
fn every_detector_has_an_id_of_its_own_and_all_texts() {
    let mut ids = HashSet::new();
    for detector in REGISTRY {
        assert!(ids.insert(detector.id), "{} stands twice", detector.id);
        assert!(
            !detector.rules.is_empty(),
            "{} names no source",
            detector.id
        );
        for part in ["title", "seen", "advice", "meaning"] {
            let text = texts::of_detector(detector.id, part, &Words::default());
            assert_ne!(text.en, detector.id, "{} has no {part}", detector.id);
            assert_ne!(text.zh_cn, detector.id, "{} has no {part}", detector.id);
        }
    }
}

#[test]
fn every_default_lies_in_its_range_and_every_name_stands_once() {
    for detector in REGISTRY {
        let mut names = HashSet::new();
        for parameter in detector.parameters {
            let (least, most) = parameter.range;
            assert!(
                (least..=most).contains(&parameter.default),
                "{} {}",
                detector.id,
                parameter.name
            );
            assert!(
                names.insert(parameter.name),
                "{} {}",
                detector.id,
                parameter.name
            );
        }
    }
}

#[test]
fn no_text_stands_for_a_detector_that_is_not_there() {
    let known: HashSet<&str> = REGISTRY.iter().map(|detector| detector.id).collect();
    let told = texts::detectors();
    assert!(
        told.iter().all(|id| known.contains(id.as_str())),
        "{told:?}"
    );
}

#[test]
fn a_deal_that_ended_is_past_mending() {
    let mut scene = zhang();
    assert_eq!(scene.seen().len(), REGISTRY.len());
    scene
        .facts
        .opportunity
        .set_status(keynode_proto::pipeline::v1::OpportunityStatus::Lost);
    assert!(scene.seen().is_empty());
}
