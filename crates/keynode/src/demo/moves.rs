//! What is known of a deal, how it was judged, and how it moved.

use keynode_kit::client::Channel;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::{
    AdvanceOpportunityRequest, ElementState, ForceAdvanceOpportunityRequest, Knowledge,
    QualificationElement, RecordBuyingStepRequest, RecordEvidenceRequest,
    RecordQualificationElementRequest,
};
use keynode_proto::scoring::v1::evaluations_service_client::EvaluationsServiceClient;
use keynode_proto::scoring::v1::{EvaluateOpportunityRequest, FactorAnswer};

use super::Stage;
use super::ids::request_id;
use super::script::Deal;
use crate::connect::answer;

const ELEMENTS: [QualificationElement; 6] = [
    QualificationElement::Need,
    QualificationElement::Timetable,
    QualificationElement::Budget,
    QualificationElement::Competition,
    QualificationElement::DecisionProcess,
    QualificationElement::PriorityCriteria,
];

struct Move<'p> {
    client: OpportunitiesServiceClient<Channel>,
    stage: &'p Stage,
    deal: &'p Deal,
    name: String,
}

/// Records what is known, evaluates, and moves customer and seller step by step.
pub async fn play(stage: &Stage, deal: &Deal, name: &str) -> anyhow::Result<()> {
    let client = OpportunitiesServiceClient::new(stage.channel.clone());
    let mut play = Move {
        client,
        stage,
        deal,
        name: name.to_owned(),
    };
    for (element, fact) in ELEMENTS
        .into_iter()
        .zip(stage.script.facts(deal))
        .filter(|(_, fact)| !fact.is_empty())
    {
        play.element(element, &fact).await?;
    }
    for kind in deal.evidence.keys() {
        play.evidence(kind).await?;
    }
    if !deal.answers.is_empty() {
        play.evaluate().await?;
    }
    play.advance_with_the_customer().await
}

/// What a fact says and how well it is known: a leading `?` means partly.
fn knowledge(fact: &str) -> (Knowledge, &str) {
    match fact.strip_prefix('?') {
        Some(partly) => (Knowledge::Partial, partly),
        None => (Knowledge::Known, fact),
    }
}

impl Move<'_> {
    async fn element(&mut self, element: QualificationElement, fact: &str) -> anyhow::Result<()> {
        let (knowledge, value) = knowledge(fact);
        let state = ElementState {
            element: element.into(),
            knowledge: knowledge.into(),
            value: value.to_owned(),
            source: self.deal.facts_source.clone(),
            learned_date: self.deal.facts_day.map(|day| day.wire(self.stage.today)),
            ..ElementState::default()
        };
        let request = RecordQualificationElementRequest {
            name: self.name.clone(),
            state: Some(state),
            request_id: request_id(&[&self.deal.key, "element", element.as_str_name()]),
            ..RecordQualificationElementRequest::default()
        };
        answer(self.client.record_qualification_element(request).await)?;
        Ok(())
    }

    async fn evidence(&mut self, kind: &str) -> anyhow::Result<()> {
        let request = RecordEvidenceRequest {
            name: self.name.clone(),
            kind: kind.to_owned(),
            date: self
                .deal
                .evidence
                .get(kind)
                .map(|day| day.wire(self.stage.today)),
            request_id: request_id(&[&self.deal.key, "evidence", kind]),
            ..RecordEvidenceRequest::default()
        };
        answer(self.client.record_evidence(request).await)?;
        Ok(())
    }

    async fn evaluate(&self) -> anyhow::Result<()> {
        let factors = self
            .stage
            .model
            .factors
            .iter()
            .zip(&self.deal.answers)
            .filter(|(_, answer)| **answer >= 0);
        let request = EvaluateOpportunityRequest {
            opportunity: self.name.clone(),
            model: self.stage.model.name.clone(),
            answers: factors
                .map(|(factor, answer)| FactorAnswer {
                    factor: factor.id.clone(),
                    answer: *answer,
                })
                .collect(),
            request_id: request_id(&[&self.deal.key, "evaluate"]),
            validate_only: false,
        };
        answer(
            EvaluationsServiceClient::new(self.stage.channel.clone())
                .evaluate_opportunity(request)
                .await,
        )?;
        Ok(())
    }

    /// The customer goes first; we follow as far as the script says.
    async fn advance_with_the_customer(&mut self) -> anyhow::Result<()> {
        let (forces, advances) = (self.deal.forces.len(), self.deal.advances);
        let ours = advances + i32::try_from(forces).unwrap_or(i32::MAX);
        // A customer far ahead is first heard of where it stands.
        let heard_late = self.deal.customer > ours + 1 && ours == 0;
        for step in 1..=self.deal.customer.max(ours) {
            if step <= self.deal.customer && (!heard_late || step == self.deal.customer) {
                self.buying_step(step).await?;
            }
            if step <= advances {
                self.advance(step).await?;
            } else if let Some(reason) = usize::try_from(step - advances - 1)
                .ok()
                .and_then(|i| self.deal.forces.get(i))
            {
                self.force(step, reason).await?;
            }
        }
        Ok(())
    }

    async fn buying_step(&mut self, step: i32) -> anyhow::Result<()> {
        let evidence = match self.deal.customer_evidence.as_str() {
            "" => "客户自述 / told by the customer",
            evidence => evidence,
        };
        let request = RecordBuyingStepRequest {
            name: self.name.clone(),
            step,
            evidence: evidence.to_owned(),
            reason: "首次记录 / recorded for the first time".to_owned(),
            request_id: request_id(&[&self.deal.key, "step", &step.to_string()]),
            ..RecordBuyingStepRequest::default()
        };
        answer(self.client.record_buying_step(request).await)?;
        Ok(())
    }

    async fn advance(&mut self, step: i32) -> anyhow::Result<()> {
        let request = AdvanceOpportunityRequest {
            name: self.name.clone(),
            request_id: request_id(&[&self.deal.key, "advance", &step.to_string()]),
            ..AdvanceOpportunityRequest::default()
        };
        answer(self.client.advance_opportunity(request).await)?;
        Ok(())
    }

    async fn force(&mut self, step: i32, reason: &str) -> anyhow::Result<()> {
        let request = ForceAdvanceOpportunityRequest {
            name: self.name.clone(),
            reason: reason.to_owned(),
            request_id: request_id(&[&self.deal.key, "force", &step.to_string()]),
            ..ForceAdvanceOpportunityRequest::default()
        };
        answer(self.client.force_advance_opportunity(request).await)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_mark_means_partly_known() {
        assert_eq!(knowledge("?11月招标"), (Knowledge::Partial, "11月招标"));
        assert_eq!(knowledge("11月招标"), (Knowledge::Known, "11月招标"));
    }
}
