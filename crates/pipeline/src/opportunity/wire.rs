//! Deals as the contract shows them.

use keynode_kit::{name, wire};
use keynode_proto::common::v1::ExternalKey;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1 as proto;

use super::{
    BuyingStep, ComputedProbability, Element, Evidence, Loss, ManualProbability, Opportunity, Pause,
};
use crate::attribute::values;
use crate::element;
use crate::ids::{AccountId, ContactId, PersonId, TeamId};
use crate::terms::people::Collaborator;
use crate::terms::{Amount, Key};
use crate::{process, status};

impl Opportunity {
    /// How the deal stands, for the wire.
    pub fn status(&self) -> proto::OpportunityStatus {
        status::kind(self.standing.status())
    }

    /// The deal for the wire.
    pub fn to_proto(&self) -> proto::Opportunity {
        let (terms, standing) = (&self.terms, &self.standing);
        let step = self.buying_step.as_ref().map(|state| state.step);
        proto::Opportunity {
            name: self.id.to_string(),
            etag: self.etag(),
            create_time: Some(wire::timestamp(self.created)),
            update_time: Some(wire::timestamp(self.updated)),
            display_name: terms.display_name.clone(),
            account: name::optional::<AccountId>(terms.account),
            owner: name::optional::<PersonId>(terms.owner),
            team: name::optional::<TeamId>(terms.team),
            product: terms.product.clone(),
            non_standard: terms.non_standard,
            amount: terms.amount.as_ref().and_then(Amount::to_proto),
            expected_close_date: terms.expected_close.map(wire::date),
            known_since_date: terms.known_since.map(wire::date),
            entry_buying_step: terms.entry_buying_step.unwrap_or_default(),
            competitors: terms.competitors.clone(),
            external_key: terms.external_key.as_ref().map(key_to_proto),
            further_external_keys: terms.further_keys.iter().map(key_to_proto).collect(),
            process: process::name(&self.process),
            process_version: self.process_version,
            stage: self.stage.clone(),
            stage_position: standing.position(),
            stage_enter_time: Some(wire::timestamp(standing.entered())),
            status: self.status().into(),
            close_time: standing.status().closed_at().map(wire::timestamp),
            completed_key_nodes: standing.completed(),
            forced_key_nodes: standing.forced(),
            effective_stage_position: standing.effective_position(),
            elements: element::ALL
                .into_iter()
                .map(|element| self.element_to_proto(element))
                .collect(),
            buying_step: self.buying_step.as_ref().map(BuyingStep::to_proto),
            lag: step.map(|step| standing.lag(step)),
            inflation: step.map(|step| standing.inflation(step)),
            evidence: self
                .evidence
                .iter()
                .map(|(kind, evidence)| evidence.to_proto(kind))
                .collect(),
            grade: self.grade.clone().unwrap_or_default(),
            contact_level: self.contact_level.into(),
            pause: self.pause.as_ref().map(Pause::to_proto),
            loss: self.loss.as_ref().map(Loss::to_proto),
            work: self
                .work
                .iter()
                .map(|(item, work)| work.to_proto(item))
                .collect(),
            stage_probability: self.stage_probability,
            waivers: self
                .waivers
                .iter()
                .map(|(id, waiver)| waiver.to_proto(id))
                .collect(),
            revenue_splits: terms.splits.revenue_to_proto(),
            overlay_splits: terms.splits.overlay_to_proto(),
            collaborators: terms
                .collaborators
                .iter()
                .map(Collaborator::to_proto)
                .collect(),
            lead_source: terms.lead_source.clone(),
            lead_source_detail: terms.lead_source_detail.clone(),
            attributes: values::to_proto(&terms.attributes),
            manual_probability: self
                .manual_probability
                .as_ref()
                .map(ManualProbability::to_proto),
            computed_probability: self
                .computed_probability
                .as_ref()
                .map(ComputedProbability::to_proto),
        }
    }

    fn element_to_proto(&self, element: proto::QualificationElement) -> proto::ElementState {
        let state = self
            .elements
            .get(&element)
            .map(Element::to_proto)
            .unwrap_or_default();
        proto::ElementState {
            element: element.into(),
            ..state
        }
    }
}

impl Element {
    fn to_proto(&self) -> proto::ElementState {
        proto::ElementState {
            element: 0,
            knowledge: self.knowledge.into(),
            value: self.value.clone(),
            source: self.source.clone(),
            learned_date: self.learned.map(wire::date),
            recorder: self.recorder.clone(),
            record_time: Some(wire::timestamp(self.recorded)),
            person: name::optional::<ContactId>(self.person),
            details: self.details.clone(),
        }
    }
}

impl ManualProbability {
    fn to_proto(&self) -> proto::ManualProbability {
        proto::ManualProbability {
            percent: self.percent,
            reason: self.reason.clone(),
            actor: self.actor.clone(),
            set_time: Some(wire::timestamp(self.set)),
        }
    }
}

impl ComputedProbability {
    fn to_proto(&self) -> proto::ComputedProbability {
        proto::ComputedProbability {
            percent: self.percent.to_string(),
            model: self.model.clone(),
            compute_time: Some(wire::timestamp(self.computed)),
        }
    }
}

impl Pause {
    fn to_proto(&self) -> proto::Pause {
        proto::Pause {
            reason: self.reason.clone(),
            resume_date: Some(wire::date(self.resume)),
            start_time: Some(wire::timestamp(self.started)),
            actor: self.actor.clone(),
        }
    }
}

impl Loss {
    /// Why it was lost, for the wire.
    pub fn to_proto(&self) -> proto::Loss {
        proto::Loss {
            reason: self.reason.clone(),
            note: self.note.clone(),
            winner: self.winner.clone(),
        }
    }
}

impl BuyingStep {
    fn to_proto(&self) -> proto::BuyingStepState {
        proto::BuyingStepState {
            step: self.step,
            evidence: self.evidence.clone(),
            record_time: Some(wire::timestamp(self.recorded)),
            reason: self.reason.clone(),
        }
    }
}

impl Evidence {
    fn to_proto(&self, kind: &str) -> proto::Evidence {
        proto::Evidence {
            kind: kind.to_owned(),
            date: Some(wire::date(self.date)),
            note: self.note.clone(),
            recorder: self.recorder.clone(),
            record_time: Some(wire::timestamp(self.recorded)),
        }
    }
}

fn key_to_proto((system, id): &Key) -> ExternalKey {
    ExternalKey {
        source_system: system.clone(),
        external_id: id.clone(),
    }
}

impl Amount {
    /// What was read from the wire fits the wire.
    fn to_proto(&self) -> Option<Money> {
        wire::money(&self.currency, self.value).ok()
    }
}
