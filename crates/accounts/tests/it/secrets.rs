//! A map with insiders, and what must not be told of them.

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;
use prost::Message;

use super::deal::{Deal, playing};
use super::world::{id, take};

pub const NAME: &str = "李线人";
pub const DEPARTMENT: &str = "保密运行部";
pub const EVIDENCE: &str = "私下告诉我们评标进展";

/// Somebody of operations tells us, a decision maker is told by them, a third one is open.
pub struct Secrets {
    pub deal: Deal,
    pub coach: String,
    pub boss: String,
    pub open: String,
}

impl Secrets {
    pub async fn new() -> Self {
        let mut deal = Deal::new().await;
        let coach = secret_contact(&deal).await;
        let (boss, open) = (deal.contact("王总").await, deal.contact("赵工").await);
        let decides = Stakeholder {
            weight: Some(60),
            ..playing(&boss, StakeholderRole::DecisionMaker)
        };
        deal.set(decides).await;
        deal.set(coaching(&coach)).await;
        deal.set(playing(&open, StakeholderRole::User)).await;
        let mut request = deal.influencing(&coach, &boss, 50);
        request.influence.as_mut().unwrap().evidence = EVIDENCE.to_owned();
        take(deal.maps.set_influence(request).await);
        Self {
            deal,
            coach,
            boss,
            open,
        }
    }

    /// Whether a message says who the insider is.
    pub fn are_in(&self, message: &impl Message) -> bool {
        self.are_in_bytes(&message.encode_to_vec())
    }

    pub fn are_in_bytes(&self, bytes: &[u8]) -> bool {
        let id = id(&self.coach).to_string();
        [id.as_str(), NAME, DEPARTMENT, EVIDENCE]
            .iter()
            .any(|word| {
                bytes
                    .windows(word.len())
                    .any(|part| part == word.as_bytes())
            })
    }

    pub fn integrator(&self) -> Caller {
        Caller::integrator(self.deal.world.tenant)
    }
}

/// A contact of whom everything is known.
pub async fn secret_contact(deal: &Deal) -> String {
    let contact = Contact {
        account: deal.account.name.clone(),
        display_name: NAME.to_owned(),
        department: DEPARTMENT.to_owned(),
        function: Function::Operations.into(),
        ..Contact::default()
    };
    let request = CreateContactRequest {
        contact: Some(contact),
        ..Default::default()
    };
    let mut contacts = deal.world.contacts(&deal.world.admin);
    take(contacts.create_contact(request).await)
        .contact
        .unwrap()
        .name
}

pub fn coaching(contact: &str) -> Stakeholder {
    let basis = Judgement {
        aspect: JudgementAspect::Attitude.into(),
        evidence: EVIDENCE.to_owned(),
        evidence_date: None,
    };
    Stakeholder {
        weight: Some(30),
        attitude: Attitude::Supporter.into(),
        coverage: Coverage::Regular.into(),
        evidence: EVIDENCE.to_owned(),
        judgements: vec![basis],
        ..playing(contact, StakeholderRole::Coach)
    }
}
