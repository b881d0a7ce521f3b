//! Steps that several walks share.

use keynode_kit::clock::Clock;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    Account, Attitude, Contact, Coverage, CreateAccountRequest, CreateContactRequest,
    CreateDecisionMapRequest, Function, Influence, SetInfluenceRequest, SetStakeholderRequest,
    Stakeholder, StakeholderRole,
};
use keynode_proto::google::r#type::Date;
use keynode_proto::pipeline::v1::{
    CreateOpportunityRequest, ElementState, Knowledge, Opportunity, QualificationElement,
    RecordBuyingStepRequest, RecordEvidenceRequest, RecordQualificationElementRequest,
};
use keynode_tests::Client;
use uuid::Uuid;

pub fn id() -> String {
    Uuid::now_v7().to_string()
}

pub async fn account(client: &mut Client, name: &str) -> Account {
    let account = Account {
        display_name: name.into(),
        ..Account::default()
    };
    let request = CreateAccountRequest {
        account: Some(account),
        request_id: id(),
        ..Default::default()
    };
    client
        .accounts
        .create_account(request)
        .await
        .unwrap()
        .into_inner()
        .account
        .unwrap()
}

pub async fn contact(
    client: &mut Client,
    account: &Account,
    name: &str,
    function: Function,
) -> Contact {
    let contact = Contact {
        account: account.name.clone(),
        display_name: name.into(),
        function: function.into(),
        ..Contact::default()
    };
    let request = CreateContactRequest {
        contact: Some(contact),
        request_id: id(),
        ..Default::default()
    };
    client
        .contacts
        .create_contact(request)
        .await
        .unwrap()
        .into_inner()
        .contact
        .unwrap()
}

pub async fn opportunity(client: &mut Client, account: &Account, name: &str) -> Opportunity {
    let opportunity = Opportunity {
        display_name: name.into(),
        account: account.name.clone(),
        expected_close_date: Some(in_days(60)),
        ..Opportunity::default()
    };
    let request = CreateOpportunityRequest {
        opportunity: Some(opportunity),
        request_id: id(),
        ..Default::default()
    };
    client
        .opportunities
        .create_opportunity(request)
        .await
        .unwrap()
        .into_inner()
        .opportunity
        .unwrap()
}

pub async fn start_map(client: &mut Client, deal: &Opportunity) -> String {
    let request = CreateDecisionMapRequest {
        opportunity: deal.name.clone(),
        account: deal.account.clone(),
        request_id: id(),
        ..Default::default()
    };
    client
        .maps
        .create_decision_map(request)
        .await
        .unwrap()
        .into_inner()
        .decision_map
        .unwrap()
        .name
}

pub async fn stakeholder(
    client: &mut Client,
    map: &str,
    contact: &Contact,
    roles: &[StakeholderRole],
    attitude: Attitude,
    coverage: Coverage,
) {
    let stakeholder = Stakeholder {
        contact: contact.name.clone(),
        roles: roles.iter().map(|role| (*role).into()).collect(),
        attitude: attitude.into(),
        coverage: coverage.into(),
        ..Stakeholder::default()
    };
    let request = SetStakeholderRequest {
        name: map.into(),
        stakeholder: Some(stakeholder),
        request_id: id(),
        ..Default::default()
    };
    client.maps.set_stakeholder(request).await.unwrap();
}

pub async fn influence(
    client: &mut Client,
    map: &str,
    from: &Contact,
    to: &Contact,
    strength: i32,
) {
    let influence = Influence {
        from: from.name.clone(),
        to: to.name.clone(),
        strength,
        ..Influence::default()
    };
    let request = SetInfluenceRequest {
        name: map.into(),
        influence: Some(influence),
        request_id: id(),
        ..Default::default()
    };
    client.maps.set_influence(request).await.unwrap();
}

pub async fn element(
    client: &mut Client,
    deal: &str,
    element: QualificationElement,
    knowledge: Knowledge,
) {
    let state = ElementState {
        element: element.into(),
        knowledge: knowledge.into(),
        value: "as the customer said".into(),
        source: "visit".into(),
        ..ElementState::default()
    };
    let request = RecordQualificationElementRequest {
        name: deal.into(),
        state: Some(state),
        request_id: id(),
        ..Default::default()
    };
    client
        .opportunities
        .record_qualification_element(request)
        .await
        .unwrap();
}

pub async fn buying_step(client: &mut Client, deal: &str, step: i32) -> Opportunity {
    let request = RecordBuyingStepRequest {
        name: deal.into(),
        step,
        evidence: "three others have registered".into(),
        request_id: id(),
        ..Default::default()
    };
    client
        .opportunities
        .record_buying_step(request)
        .await
        .unwrap()
        .into_inner()
        .opportunity
        .unwrap()
}

pub async fn evidence(client: &mut Client, deal: &str, kind: &str) {
    let request = RecordEvidenceRequest {
        name: deal.into(),
        kind: kind.into(),
        date: Some(in_days(-1)),
        request_id: id(),
        ..Default::default()
    };
    client.opportunities.record_evidence(request).await.unwrap();
}

/// A day counted from today.
pub fn in_days(days: i64) -> Date {
    let today = Clock::system()
        .now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    wire::date(today.checked_add(jiff::Span::new().days(days)).unwrap())
}
