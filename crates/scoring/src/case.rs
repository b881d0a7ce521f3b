//! A deal as the detectors and the diagnosis see it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use keynode_kit::wire;
use keynode_proto::accounts::v1::DecisionMapAnalysis;
use keynode_proto::common::v1::LocalizedText;
use keynode_proto::pipeline::v1::{
    Activity, ActivityState, CriterionKind, CriterionResult, CriterionVerdict, GateResult,
    Knowledge, Opportunity, OpportunityStatus, QualificationElement, Stage,
};
use keynode_proto::scoring::v1::{Evaluation, EvaluationResult};

use crate::elements::{self, ELEMENTS};
use crate::gates;
use crate::peers::Facts;

/// Everything a rule may look at.
pub struct Case<'a> {
    /// What pipeline knows: needs, objections, promises, criteria, bid, price and so on.
    pub facts: &'a Facts,
    pub opportunity: &'a Opportunity,
    pub stages: &'a [Stage],
    /// Newest first.
    pub activities: &'a [Activity],
    /// Every verdict is decided.
    pub gates: Vec<GateResult>,
    pub people: &'a DecisionMapAnalysis,
    pub evaluation: Option<&'a Evaluation>,
    pub now: Timestamp,
    /// The day of `now` in UTC.
    pub today: Date,
}

impl<'a> Case<'a> {
    /// A deal by what the services know of it. `people` is what its decision map means,
    /// `evaluation` its newest judgement; `now` tells what still lies ahead.
    pub fn new(
        facts: &'a Facts,
        people: &'a DecisionMapAnalysis,
        evaluation: Option<&'a Evaluation>,
        now: Timestamp,
    ) -> Self {
        Self {
            facts,
            opportunity: &facts.opportunity,
            stages: &facts.process.stages,
            activities: &facts.activities,
            gates: gates::decide(&facts.gates, people, evaluation),
            people,
            evaluation,
            now,
            today: now.to_zoned(TimeZone::UTC).date(),
        }
    }

    pub fn is_open(&self) -> bool {
        self.opportunity.status() == OpportunityStatus::Open
    }

    /// Where the customer stands; none while unknown.
    pub fn buying_step(&self) -> Option<i32> {
        let step = self.opportunity.buying_step.as_ref()?.step;
        (step > 0).then_some(step)
    }

    /// The position of the first stage whose key node is missing: neither completed nor
    /// reached by the facts.
    pub fn first_missing(&self) -> Option<i32> {
        let missing = self
            .stages
            .iter()
            .map(|stage| stage.position)
            .filter(|position| self.is_missing(*position));
        missing.min()
    }

    pub fn is_missing(&self, position: i32) -> bool {
        !self.is_completed(position) && !self.is_reached(position)
    }

    /// Stages that were left without their key node, which the facts reach by now: the
    /// next advance completes it.
    pub fn made_up(&self) -> Vec<&'a Stage> {
        let is_made_up = |position: i32| {
            position < self.opportunity.stage_position
                && !self.is_completed(position)
                && self.is_reached(position)
        };
        self.stages
            .iter()
            .filter(|stage| is_made_up(stage.position))
            .collect()
    }

    /// How many steps the customer is ahead of our reached key nodes, by the facts (R4);
    /// none while unknown.
    pub fn lag(&self) -> Option<i32> {
        let step = self.buying_step()?;
        Some(step.saturating_sub(self.effective_position()).max(0))
    }

    /// The position of the first missing key node, or the one after the last.
    pub fn effective_position(&self) -> i32 {
        let last = self.stages.iter().map(|stage| stage.position).max();
        self.first_missing()
            .unwrap_or_else(|| last.unwrap_or(0).saturating_add(1))
    }

    /// Whether no key node is reached, neither when we left a stage nor by now.
    pub fn nothing_reached(&self) -> bool {
        let first = self.stages.iter().map(|stage| stage.position).min();
        self.opportunity.completed_key_nodes.is_empty()
            && first.is_none_or(|first| self.is_missing(first))
    }

    /// The position of the first missing key node that customer or seller have left
    /// behind (R4).
    pub fn owed(&self) -> Option<i32> {
        self.first_missing()
            .filter(|position| self.is_behind(*position))
    }

    /// What the first missing key node still asks for.
    pub fn unmet(&self) -> Vec<&CriterionResult> {
        let gate = self
            .first_missing()
            .and_then(|position| self.gate_at(position));
        let criteria = gate.map_or(&[][..], |gate| &gate.criteria);
        criteria.iter().filter(|result| is_owed(result)).collect()
    }

    /// Whether the key node of the current stage is reached and none before it is owed.
    pub fn may_advance(&self) -> bool {
        let position = self.opportunity.stage_position;
        let status = self.opportunity.status();
        matches!(status, OpportunityStatus::Open | OpportunityStatus::Won)
            && !self.is_completed(position)
            && self.is_reached(position)
            && self
                .first_missing()
                .is_none_or(|missing| missing > position)
    }

    pub fn stage_at(&self, position: i32) -> Option<&'a Stage> {
        self.stages.iter().find(|stage| stage.position == position)
    }

    /// The first stage whose key node asks for something of this kind.
    pub fn stage_asking(&self, kind: CriterionKind) -> Option<&'a Stage> {
        let asks = |stage: &&Stage| {
            let criteria = stage
                .key_node
                .iter()
                .flat_map(|key_node| &key_node.criteria);
            criteria
                .into_iter()
                .any(|criterion| criterion.kind() == kind)
        };
        self.stages.iter().find(asks)
    }

    /// Whether customer or seller are in this stage or past it: its work is due.
    pub fn has_begun(&self, position: i32) -> bool {
        let missing = self.first_missing().unwrap_or(0);
        position <= self.furthest().max(missing)
    }

    /// Whether customer or seller are past this stage.
    pub fn is_behind(&self, position: i32) -> bool {
        position < self.furthest()
    }

    fn furthest(&self) -> i32 {
        self.opportunity
            .stage_position
            .max(self.buying_step().unwrap_or(0))
    }

    /// The elements of which this much is known.
    pub fn elements(&self, knowledge: Knowledge) -> impl Iterator<Item = QualificationElement> {
        let states = &self.opportunity.elements;
        ELEMENTS
            .into_iter()
            .filter(move |element| elements::knowledge(states, *element) == knowledge)
    }

    /// The elements that are unknown or only partly known.
    pub fn open_elements(&self) -> Vec<QualificationElement> {
        let states = &self.opportunity.elements;
        let is_open = |element: &QualificationElement| {
            elements::knowledge(states, *element) != Knowledge::Known
        };
        ELEMENTS.into_iter().filter(is_open).collect()
    }

    /// The judgement, if there is one that judged: too little known is none.
    pub fn verdict(&self) -> Option<&'a Evaluation> {
        self.evaluation.filter(|evaluation| {
            matches!(
                evaluation.result(),
                EvaluationResult::Go | EvaluationResult::NoGo
            )
        })
    }

    pub fn is_no_go(&self) -> bool {
        self.verdict()
            .is_some_and(|evaluation| evaluation.result() == EvaluationResult::NoGo)
    }

    /// Whether there is something to do from today on: left by an activity and not settled, or a
    /// planned activity (T9).
    pub fn has_planned_action(&self) -> bool {
        let left = self
            .activities
            .iter()
            .filter_map(|activity| activity.next_action.as_ref());
        let left = left.filter(|action| action.settlement.is_none());
        let due = left.filter_map(|action| wire::read_date(action.due_date.as_ref()?).ok());
        let planned = self
            .activities
            .iter()
            .filter(|activity| activity.state() == ActivityState::Planned)
            .filter_map(|activity| wire::read_timestamp(activity.plan_time.as_ref()?).ok())
            .map(|at| at.to_zoned(TimeZone::UTC).date());
        due.chain(planned).any(|day| day >= self.today)
    }

    /// The decision makers to whom no way leads (R23).
    pub fn unreached(&self) -> Vec<&'a str> {
        let makers = self
            .people
            .decision_makers
            .iter()
            .filter(|maker| maker.path.is_none());
        makers.map(|maker| maker.contact.as_str()).collect()
    }

    fn is_completed(&self, position: i32) -> bool {
        self.opportunity.completed_key_nodes.contains(&position)
    }

    fn is_reached(&self, position: i32) -> bool {
        self.gate_at(position).is_some_and(|gate| gate.reached)
    }

    fn gate_at(&self, position: i32) -> Option<&GateResult> {
        self.gates
            .iter()
            .find(|gate| gate.stage_position == position)
    }
}

/// The stage's name for people.
pub(crate) fn stage_name(stage: Option<&Stage>) -> LocalizedText {
    let name = |stage: &Stage| {
        stage.display_name.clone().unwrap_or_else(|| LocalizedText {
            zh_cn: stage.id.clone(),
            en: stage.id.clone(),
        })
    };
    stage.map(name).unwrap_or_default()
}

fn is_owed(result: &CriterionResult) -> bool {
    let required = result
        .criterion
        .as_ref()
        .is_some_and(|criterion| criterion.required);
    required && result.verdict() != CriterionVerdict::Met
}
