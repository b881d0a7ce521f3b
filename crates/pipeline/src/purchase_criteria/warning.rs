//! The price war that the essay warns of (E1): whoever did not influence the purchase criteria in
//! the stage of the proposal faces a fight over price in the next.

use keynode_proto::pipeline::v1::{OpportunityStatus, PurchaseCriteria, Warning};

use super::analysis;
use crate::opportunity::Opportunity;
use crate::process::{Check, Criterion, Process, Text};

const CODE: &str = "PRICE_WAR";

/// Evidence by which key nodes ask for the criteria.
const KINDS: [&str; 2] = ["purchase_criteria_set", "purchase_criteria_favourable"];

/// What to know of a deal's purchase criteria before going on.
pub fn warnings(deal: &Opportunity, process: &Process, part: &PurchaseCriteria) -> Vec<Warning> {
    let Some(due) = due(process) else {
        return Vec::new();
    };
    let is_due = deal.standing.position() >= due || step(deal) > due;
    let is_open = deal.status() == OpportunityStatus::Open;
    if !is_open || !is_due || analysis::has_ours(part) {
        return Vec::new();
    }
    vec![Warning {
        code: CODE.to_owned(),
        text: Some(text(part).to_proto()),
    }]
}

/// The first stage whose key node asks for the purchase criteria.
fn due(process: &Process) -> Option<i32> {
    let mut stages = process.stages.iter();
    let stage = stages.find(|stage| stage.key_node.criteria.iter().any(asks))?;
    Some(stage.position)
}

fn asks(criterion: &Criterion) -> bool {
    match &criterion.check {
        Check::EvidenceRecorded { kinds } => {
            kinds.iter().any(|kind| KINDS.contains(&kind.as_str()))
        }
        Check::Expression(expression) => expression.reads("purchase_criteria"),
        _ => false,
    }
}

fn step(deal: &Opportunity) -> i32 {
    deal.buying_step.as_ref().map_or(0, |state| state.step)
}

fn text(part: &PurchaseCriteria) -> Text {
    let (zh, en) = match part.criteria.is_empty() {
        true => (
            "尚未记录客户的采购标准:如果没有在提案阶段影响客户的采购指标,下阶段将面临激烈的价格竞争",
            "no purchase criteria of the customer are recorded: if we did not influence them, the next stage is a fierce fight over price",
        ),
        false => (
            "客户的采购标准中没有一条由我方提出:下阶段将面临激烈的价格竞争",
            "none of the customer's purchase criteria is known to be ours: the next stage is a fierce fight over price",
        ),
    };
    Text {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::shipped;

    #[test]
    fn the_criteria_are_due_in_the_stage_that_asks_for_them() {
        assert_eq!(due(&shipped()), Some(3));
        let mut none = shipped();
        none.stages.remove(2);
        assert_eq!(due(&none), None);
    }
}
