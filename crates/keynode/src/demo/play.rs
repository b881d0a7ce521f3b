//! One deal from its opening to where the script leaves it.

use anyhow::Context as _;
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::activities_service_client::ActivitiesServiceClient;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::{
    Activity as WireActivity, CreateActivityRequest, CreateOpportunityRequest,
    ListActivitiesRequest, NextAction, Opportunity,
};

use super::ids::request_id;
use super::people::{self, Contacts};
use super::script::{Activity, Deal};
use super::{Stage, external_key, moves};
use crate::connect::answer;

/// Plays the deal; answers `opportunities/{id}`.
pub async fn deal(stage: &Stage, deal: &Deal, there: Option<String>) -> anyhow::Result<String> {
    let name = match there {
        Some(name) if is_over(stage, deal, &name).await? => return Ok(name),
        Some(name) => name,
        None => open(stage, deal).await?,
    };
    let contacts = people::add(stage, deal, &name).await?;
    moves::play(stage, deal, &name).await?;
    // Last, because a deal with all of its activities is taken as played.
    for (index, activity) in deal.activities.iter().enumerate() {
        record(stage, deal, &name, &contacts, index, activity).await?;
    }
    Ok(name)
}

async fn is_over(stage: &Stage, deal: &Deal, name: &str) -> anyhow::Result<bool> {
    let request = ListActivitiesRequest {
        parent: name.to_owned(),
        page_size: 100,
        ..ListActivitiesRequest::default()
    };
    let recorded = answer(
        ActivitiesServiceClient::new(stage.channel.clone())
            .list_activities(request)
            .await,
    )?
    .activities;
    Ok(recorded.len() >= deal.activities.len())
}

async fn open(stage: &Stage, deal: &Deal) -> anyhow::Result<String> {
    let team = stage
        .script
        .people
        .iter()
        .find(|p| p.key == deal.owner)
        .map(|p| p.team.as_str());
    let opportunity = Opportunity {
        display_name: deal.name.clone(),
        account: stage
            .accounts
            .get(&deal.account)
            .cloned()
            .unwrap_or_default(),
        owner: stage.people.get(&deal.owner).cloned().unwrap_or_default(),
        team: team
            .and_then(|key| stage.teams.get(key))
            .cloned()
            .unwrap_or_default(),
        product: deal.product.clone(),
        non_standard: deal.non_standard,
        amount: deal.amount.map(|units| Money {
            currency_code: "CNY".to_owned(),
            units,
            nanos: 0,
        }),
        expected_close_date: deal.closes.map(|day| day.wire(stage.today)),
        known_since_date: deal.known_since.map(|day| day.wire(stage.today)),
        entry_buying_step: deal.entered_at,
        competitors: deal.competitors.clone(),
        external_key: external_key(&deal.key),
        ..Opportunity::default()
    };
    let request_id = request_id(&[&deal.key, "open"]);
    let request = CreateOpportunityRequest {
        opportunity: Some(opportunity),
        request_id,
        validate_only: false,
    };
    let opened = answer(
        OpportunitiesServiceClient::new(stage.channel.clone())
            .create_opportunity(request)
            .await,
    )?;
    Ok(opened
        .opportunity
        .context("the answer holds the opportunity")?
        .name)
}

async fn record(
    stage: &Stage,
    deal: &Deal,
    name: &str,
    contacts: &Contacts,
    index: usize,
    activity: &Activity,
) -> anyhow::Result<()> {
    let next_action = (!activity.next.is_empty()).then(|| NextAction {
        description: activity.next.clone(),
        due_date: activity.due.map(|day| day.wire(stage.today)),
        reason: activity.why.clone(),
        ..NextAction::default()
    });
    let recorded = WireActivity {
        kind: activity.kind.into(),
        occur_time: activity.day.moment(stage.today),
        purpose: activity.purpose.clone(),
        outcome: activity.outcome.clone(),
        contacts: activity
            .with
            .iter()
            .filter_map(|key| contacts.get(key).cloned())
            .collect(),
        next_action,
        ..WireActivity::default()
    };
    let request_id = request_id(&[&deal.key, "activity", &index.to_string()]);
    let request = CreateActivityRequest {
        parent: name.to_owned(),
        activity: Some(recorded),
        request_id,
        validate_only: false,
    };
    answer(
        ActivitiesServiceClient::new(stage.channel.clone())
            .create_activity(request)
            .await,
    )?;
    Ok(())
}
