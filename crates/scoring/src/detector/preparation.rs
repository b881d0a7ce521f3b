//! What is known, judged and planned (R10-R12, T6, T9).

use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1::{ActivityState, CriterionKind, Knowledge};
use keynode_proto::scoring::v1::{Severity, SignalTopic};

use super::{Detector, Policy, Sighting, Verdict, evidence, of_item, severity_of_work};
use crate::case::Case;
use crate::elements;
use crate::texts::{self, Words};

const PROCESS: SignalTopic = SignalTopic::Process;

/// Elements to collect are unknown or only partly known (R12).
pub(super) static ELEMENTS_UNKNOWN: Detector = Detector::plain(
    "elements_unknown",
    PROCESS,
    Severity::Warning,
    &["R12"],
    elements_unknown,
);

/// The deal was never judged, or too little was known to judge it (R10).
pub(super) static NOT_EVALUATED: Detector = Detector::plain(
    "not_evaluated",
    PROCESS,
    Severity::Warning,
    &["R10", "R13"],
    not_evaluated,
);

/// The evaluation says: give up, or lower the level of contact (R10, R11).
pub(super) static EVALUATION_NO_GO: Detector = Detector::plain(
    "evaluation_no_go",
    PROCESS,
    Severity::Critical,
    &["R10", "R11"],
    evaluation_no_go,
);

/// Nothing is planned from today on (T9).
pub(super) static NO_NEXT_ACTION: Detector = Detector::plain(
    "no_next_action",
    SignalTopic::Taboo,
    Severity::Warning,
    &["T9"],
    no_next_action,
);

fn elements_unknown(case: &Case<'_>, _: &Policy) -> Verdict {
    let open = case.open_elements();
    if open.is_empty() {
        return Verdict::Clear;
    }
    let of = |knowledge| case.elements(knowledge).map(texts::element);
    let words = Words::default()
        .list("unknown", of(Knowledge::Unspecified))
        .list("partial", of(Knowledge::Partial));
    let shows = open.into_iter().map(|element| {
        let (name, text) = (elements::name(element), texts::element(element));
        of_item(&case.opportunity.name, "elements", name, text)
    });
    let severity = match case.elements(Knowledge::Unspecified).next() {
        Some(_) => Severity::Critical,
        None => Severity::Warning,
    };
    let seen = Sighting::of_deal(words, shows.collect());
    Verdict::Raised(vec![seen.graded(severity)])
}

fn not_evaluated(case: &Case<'_>, _: &Policy) -> Verdict {
    if case.verdict().is_some() {
        return Verdict::Clear;
    }
    let missing = case.evaluation.map_or(&[][..], |it| &it.missing);
    let words = Words::default().plain("missing", missing.join(", "));
    let shows = missing
        .iter()
        .map(|it| of_item(&case.opportunity.name, "missing", it, alike(it)));
    let position = case
        .stage_asking(CriterionKind::EvaluationPassed)
        .map(|stage| stage.position);
    let seen = Sighting::of_deal(words, shows.collect());
    Verdict::Raised(vec![seen.graded(severity_of_work(case, position))])
}

fn evaluation_no_go(case: &Case<'_>, _: &Policy) -> Verdict {
    let Some(judged) = case.verdict().filter(|_| case.is_no_go()) else {
        return Verdict::Clear;
    };
    let score = judged.score.map(|score| format!("{score:.0}"));
    let words = Words::default()
        .plain("score", score.unwrap_or_default())
        .plain("knock_outs", judged.knock_outs.join(", "));
    let knock_outs = judged.knock_outs.iter();
    let knock_outs = knock_outs.map(|it| of_item(&judged.name, "knock_outs", it, alike(it)));
    let itself = evidence(&judged.name, "", words.shown("score"));
    let shows = std::iter::once(itself).chain(knock_outs).collect();
    let mut seen = Sighting::of_deal(words, shows);
    seen.cause = judged.name.clone();
    Verdict::Raised(vec![seen])
}

fn no_next_action(case: &Case<'_>, _: &Policy) -> Verdict {
    if case.has_planned_action() {
        return Verdict::Clear;
    }
    let is_over = |state| matches!(state, ActivityState::Planned | ActivityState::Cancelled);
    let last = case.activities.iter().find(|it| !is_over(it.state()));
    let shows = last.map(|activity| {
        let mut shows = evidence(&activity.name, "", alike(&activity.purpose));
        shows.time = activity.occur_time;
        shows
    });
    let mut seen = Sighting::of_deal(Words::default(), shows.into_iter().collect());
    seen.cause = last.map(|it| it.name.clone()).unwrap_or_default();
    Verdict::Raised(vec![seen])
}

/// What reads alike in both languages.
fn alike(text: &str) -> LocalizedText {
    LocalizedText {
        zh_cn: text.to_owned(),
        en: text.to_owned(),
    }
}
