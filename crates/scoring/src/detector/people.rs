//! The people in the decision (R20-R23, T7).

use keynode_proto::accounts::v1::DecisionMakerReach;
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1::CriterionKind;
use keynode_proto::scoring::v1::{Severity, SignalEvidence, SignalTopic};

use super::{Detector, Policy, Sighting, Verdict, evidence, of_item, severity_of_work};
use crate::case::Case;
use crate::texts::{self, Words};

const PEOPLE: SignalTopic = SignalTopic::People;

/// Nobody inside tells us what we need to know (R20).
pub(super) static NO_COACH: Detector =
    Detector::plain("no_coach", PEOPLE, Severity::Warning, &["R20"], no_coach);

/// The map names nobody who decides (R20, R23).
pub(super) static DECISION_MAKER_UNKNOWN: Detector = Detector::plain(
    "decision_maker_unknown",
    PEOPLE,
    Severity::Warning,
    &["R20", "R23", "T7"],
    decision_maker_unknown,
);

/// Nobody on our side leads to a decision maker (R23).
pub(super) static NO_PATH_TO_DECISION_MAKER: Detector = Detector::plain(
    "no_path_to_decision_maker",
    PEOPLE,
    Severity::Warning,
    &["R23", "T7"],
    no_path_to_decision_maker,
);

/// Functions of the buying organisation where we met nobody (R20, R22).
pub(super) static UNCOVERED_FUNCTIONS: Detector = Detector::plain(
    "uncovered_functions",
    PEOPLE,
    Severity::Warning,
    &["R20", "R22"],
    uncovered_functions,
);

/// Key persons whom we never met (R21).
pub(super) static KEY_PERSONS_NOT_MET: Detector = Detector::plain(
    "key_persons_not_met",
    PEOPLE,
    Severity::Warning,
    &["R21"],
    key_persons_not_met,
);

fn no_coach(case: &Case<'_>, _: &Policy) -> Verdict {
    if case.people.has_coach {
        return Verdict::Clear;
    }
    asked_by(case, CriterionKind::CoachPresent, of_map(case))
}

fn decision_maker_unknown(case: &Case<'_>, _: &Policy) -> Verdict {
    if case.people.decision_maker_known {
        return Verdict::Clear;
    }
    asked_by(case, CriterionKind::DecisionMakersReached, of_map(case))
}

fn no_path_to_decision_maker(case: &Case<'_>, _: &Policy) -> Verdict {
    let makers = case.people.decision_makers.iter();
    let unreached: Vec<_> = makers.filter(|maker| maker.path.is_none()).collect();
    if unreached.is_empty() {
        return Verdict::Clear;
    }
    let words = Words::default()
        .list("names", unreached.iter().map(|maker| name_of(maker)))
        .plain("supporters", case.people.supporters.len());
    let shows = unreached
        .iter()
        .map(|maker| evidence(&maker.contact, "", name_of(maker)));
    let seen = Sighting::of_deal(words, shows.collect());
    asked_by(case, CriterionKind::DecisionMakersReached, seen)
}

fn uncovered_functions(case: &Case<'_>, _: &Policy) -> Verdict {
    let functions: Vec<_> = case.people.uncovered_functions().collect();
    let names = functions.iter().copied().map(texts::function);
    let words = Words::default().list("functions", names);
    let shows = functions.into_iter().map(|function| {
        let (name, text) = (texts::function_name(function), texts::function(function));
        of_item(&case.people.map, "functions", name, text)
    });
    let shows: Vec<SignalEvidence> = shows.collect();
    match shows.is_empty() {
        true => Verdict::Clear,
        false => Verdict::Raised(vec![Sighting::of_deal(words, shows)]),
    }
}

fn key_persons_not_met(case: &Case<'_>, _: &Policy) -> Verdict {
    let persons = &case.people.key_persons_without_contact;
    if persons.is_empty() {
        return Verdict::Clear;
    }
    let words = Words::default().plain("count", persons.len());
    let shows = persons
        .iter()
        .map(|person| evidence(person, "coverage", LocalizedText::default()));
    let seen = Sighting::of_deal(words, shows.collect());
    asked_by(case, CriterionKind::KeyPersonsMet, seen)
}

/// As grave as the stage that asks for it is far behind.
fn asked_by(case: &Case<'_>, kind: CriterionKind, seen: Sighting) -> Verdict {
    let position = case.stage_asking(kind).map(|stage| stage.position);
    Verdict::Raised(vec![seen.graded(severity_of_work(case, position))])
}

fn of_map(case: &Case<'_>) -> Sighting {
    let shows = evidence(&case.people.map, "", LocalizedText::default());
    Sighting::of_deal(Words::default(), vec![shows])
}

/// The name; of a person who is masked, how to speak of them.
fn name_of(maker: &DecisionMakerReach) -> LocalizedText {
    maker.masked_as.clone().unwrap_or_else(|| LocalizedText {
        zh_cn: maker.display_name.clone(),
        en: maker.display_name.clone(),
    })
}
