//! What was learnt, as it is told.

use keynode_proto::scoring::v1::{
    DroppedValues, ExcludedFactor, FactorDirection, FactorExclusion, FactorLevel, FactorWeights,
    ReliabilityBin, ValueState, WinContribution, WinMetrics, WinModelCandidate, WinModelKind,
    WinModelSkill, WinModelVersion, WinScore,
};

use super::rows;
use crate::learn::{
    Bin, Direction, Excluded, Exclusion, FactorReport, Kind, Metrics, Report, Score, Skill, State,
    Trained,
};

/// A version as training made it: without name, time, actor and options.
pub(super) fn version(trained: &Trained) -> WinModelVersion {
    let report = &trained.report;
    WinModelVersion {
        kind: kind(report.kind).into(),
        skill: skill(report.skill).into(),
        rows: count(report.rows),
        won: count(report.won),
        lost: count(report.lost),
        metrics: Some(metrics(&report.metrics)),
        base_metrics: Some(metrics(&report.base)),
        candidates: candidates(report),
        excluded_factors: report.excluded.iter().map(excluded).collect(),
        dropped_values: dropped(report),
        base_log_odds: trained.model.base_log_odds(),
        factors: report.factors.iter().map(weights).collect(),
        ..WinModelVersion::default()
    }
}

fn candidates(report: &Report) -> Vec<WinModelCandidate> {
    let tried = report.candidates.iter();
    tried
        .map(|it| WinModelCandidate {
            kind: kind(it.kind).into(),
            metrics: Some(metrics(&it.metrics)),
        })
        .collect()
}

fn dropped(report: &Report) -> Vec<DroppedValues> {
    let dropped = report.dropped.iter();
    dropped
        .map(|(factor, it)| DroppedValues {
            factor: factor.clone(),
            after_closing: count(it.after_closing),
            after_as_of: count(it.after_as_of),
        })
        .collect()
}

fn excluded(excluded: &Excluded) -> ExcludedFactor {
    let (exclusion, auc) = match excluded.reason {
        Exclusion::Asked => (FactorExclusion::Asked, None),
        Exclusion::NotKnownInTime => (FactorExclusion::NotKnownInTime, None),
        Exclusion::Separates { auc } => (FactorExclusion::Separates, Some(auc)),
        Exclusion::Constant => (FactorExclusion::Constant, None),
    };
    ExcludedFactor {
        factor: excluded.factor.clone(),
        exclusion: exclusion.into(),
        auc,
    }
}

fn weights(factor: &FactorReport) -> FactorWeights {
    let level = |it: &crate::learn::LevelReport| FactorLevel {
        level: it.level.clone(),
        log_odds: it.log_odds,
        support: count(it.support),
    };
    FactorWeights {
        factor: factor.factor.clone(),
        direction: direction(factor.direction).into(),
        known: count(factor.known),
        levels: factor.levels.iter().map(level).collect(),
    }
}

pub(super) fn metrics(metrics: &Metrics) -> WinMetrics {
    let bin = |bin: &Bin| ReliabilityBin {
        lower: bin.lower,
        upper: bin.upper,
        rows: count(bin.n),
        predicted: bin.mean_p,
        observed: bin.observed,
    };
    WinMetrics {
        rows: count(metrics.n),
        auc: metrics.auc,
        log_loss: metrics.log_loss,
        brier_score: metrics.brier,
        expected_calibration_error: metrics.ece,
        reliability: metrics.reliability.iter().map(bin).collect(),
    }
}

pub(super) fn score(key: &str, version: &str, score: &Score) -> WinScore {
    WinScore {
        key: key.to_owned(),
        probability: score.p,
        base_log_odds: score.base_log_odds,
        contributions: score.contributions.iter().map(contribution).collect(),
        support: count(score.support),
        model_version: version.to_owned(),
    }
}

fn contribution(contribution: &crate::learn::Contribution) -> WinContribution {
    WinContribution {
        observation: Some(rows::to_wire(
            &contribution.factor,
            contribution.value.as_ref(),
        )),
        log_odds: contribution.log_odds,
        state: state(contribution.state).into(),
        support: count(contribution.support),
    }
}

fn state(state: State) -> ValueState {
    match state {
        State::Known => ValueState::Known,
        State::Missing => ValueState::Missing,
        State::Unseen => ValueState::Unseen,
        State::Unused => ValueState::Unused,
        State::NotVisible => ValueState::NotVisible,
    }
}

fn kind(kind: Kind) -> WinModelKind {
    match kind {
        Kind::Auto => WinModelKind::Unspecified,
        Kind::Logistic => WinModelKind::Logistic,
        Kind::Booster => WinModelKind::Booster,
        Kind::Blend => WinModelKind::Blend,
        Kind::NaiveBayes => WinModelKind::NaiveBayes,
        Kind::Card => WinModelKind::Card,
    }
}

fn direction(direction: Direction) -> FactorDirection {
    match direction {
        Direction::Any => FactorDirection::Unspecified,
        Direction::Increasing => FactorDirection::Increasing,
        Direction::Decreasing => FactorDirection::Decreasing,
    }
}

fn skill(skill: Skill) -> WinModelSkill {
    match skill {
        Skill::Some => WinModelSkill::Some,
        Skill::None => WinModelSkill::None,
    }
}

fn count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A version as lists and events tell it.
pub(super) fn in_short(version: &WinModelVersion) -> WinModelVersion {
    WinModelVersion {
        factors: Vec::new(),
        ..version.clone()
    }
}
