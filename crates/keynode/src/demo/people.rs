//! The people of a deal and their decision map.

use std::collections::HashMap;

use anyhow::Context as _;
use keynode_proto::accounts::v1::contacts_service_client::ContactsServiceClient;
use keynode_proto::accounts::v1::decision_maps_service_client::DecisionMapsServiceClient;
use keynode_proto::accounts::v1::{
    Contact as WireContact, CreateContactRequest, CreateDecisionMapRequest,
    Influence as WireInfluence, SetInfluenceRequest, SetStakeholderRequest, Stakeholder,
};

use super::Stage;
use super::ids::request_id;
use super::script::{Cast, Contact, Deal};
use crate::connect::answer;

/// Contacts by their keys in the script.
pub type Contacts = HashMap<String, String>;

/// Adds the people and draws the map of `opportunities/{id}`.
pub async fn add(stage: &Stage, deal: &Deal, opportunity: &str) -> anyhow::Result<Contacts> {
    let cast = stage.script.cast(deal);
    let mut contacts = Contacts::new();
    for contact in &cast.contacts {
        contacts.insert(
            contact.key.clone(),
            add_contact(stage, deal, contact).await?,
        );
    }
    if !cast.contacts.is_empty() {
        draw(stage, deal, opportunity, &cast, &contacts).await?;
    }
    Ok(contacts)
}

async fn add_contact(stage: &Stage, deal: &Deal, contact: &Contact) -> anyhow::Result<String> {
    let employer = if contact.account.is_empty() {
        &deal.account
    } else {
        &contact.account
    };
    let new = WireContact {
        account: stage
            .accounts
            .get(employer)
            .cloned()
            .context("the script holds the account")?,
        display_name: contact.name.clone(),
        title: contact.title.clone(),
        department: contact.department.clone(),
        function: contact.function.into(),
        ..WireContact::default()
    };
    let request_id = request_id(&[&deal.key, "contact", &contact.key]);
    let request = CreateContactRequest {
        contact: Some(new),
        request_id,
        validate_only: false,
    };
    let made = answer(
        ContactsServiceClient::new(stage.channel.clone())
            .create_contact(request)
            .await,
    )?;
    Ok(made.contact.context("the answer holds the contact")?.name)
}

async fn draw(
    stage: &Stage,
    deal: &Deal,
    opportunity: &str,
    cast: &Cast,
    contacts: &Contacts,
) -> anyhow::Result<()> {
    let mut maps = DecisionMapsServiceClient::new(stage.channel.clone());
    let id = |step: &[&str]| request_id(&[&[deal.key.as_str(), "map"], step].concat());
    let name = format!("{opportunity}/decisionMap");
    let request = CreateDecisionMapRequest {
        opportunity: opportunity.to_owned(),
        account: stage
            .accounts
            .get(&deal.account)
            .cloned()
            .unwrap_or_default(),
        request_id: id(&[]),
        validate_only: false,
    };
    answer(maps.create_decision_map(request).await)?;
    for contact in &cast.contacts {
        let stakeholder = Some(stakeholder(stage, contact, contacts));
        let request_id = id(&["stakeholder", &contact.key]);
        let request = SetStakeholderRequest {
            name: name.clone(),
            stakeholder,
            request_id,
            ..SetStakeholderRequest::default()
        };
        answer(maps.set_stakeholder(request).await)?;
    }
    for influence in &cast.influences {
        let drawn = WireInfluence {
            from: contacts.get(&influence.from).cloned().unwrap_or_default(),
            to: contacts.get(&influence.to).cloned().unwrap_or_default(),
            strength: influence.strength,
            formal: influence.formal,
            ..WireInfluence::default()
        };
        let request_id = id(&["influence", &influence.from, &influence.to]);
        let request = SetInfluenceRequest {
            name: name.clone(),
            influence: Some(drawn),
            request_id,
            ..SetInfluenceRequest::default()
        };
        answer(maps.set_influence(request).await)?;
    }
    Ok(())
}

fn stakeholder(stage: &Stage, contact: &Contact, contacts: &Contacts) -> Stakeholder {
    Stakeholder {
        contact: contacts.get(&contact.key).cloned().unwrap_or_default(),
        roles: contact.roles.iter().map(|role| (*role).into()).collect(),
        weight: contact.weight,
        attitude: contact.attitude.into(),
        coverage: contact.coverage.into(),
        evidence: contact.evidence.clone(),
        evidence_date: contact.since.map(|day| day.wire(stage.today)),
        ..Stakeholder::default()
    }
}
