//! A decision map with its customer, ready to be filled.

use keynode_kit::client::Channel;
use keynode_proto::accounts::v1::decision_maps_service_client::DecisionMapsServiceClient;
use keynode_proto::accounts::v1::*;

use super::world::{World, nobody, take};

/// A map with its customer, ready to be filled.
pub struct Deal {
    pub world: World,
    pub maps: DecisionMapsServiceClient<Channel>,
    pub account: Account,
    pub map: DecisionMap,
}

impl Deal {
    pub async fn new() -> Self {
        let world = World::new().await;
        let account = world.account(&world.admin, "宁夏化工").await;
        let mut maps = world.maps(&world.admin);
        let request = creating(&nobody("opportunities"), &account.name);
        let map = take(maps.create_decision_map(request).await)
            .decision_map
            .unwrap();
        Self {
            world,
            maps,
            account,
            map,
        }
    }

    pub async fn contact(&self, display_name: &str) -> String {
        self.world
            .contact(&self.world.admin, &self.account.name, display_name)
            .await
            .name
    }

    pub fn setting(&self, stakeholder: Stakeholder) -> SetStakeholderRequest {
        SetStakeholderRequest {
            name: self.map.name.clone(),
            stakeholder: Some(stakeholder),
            ..Default::default()
        }
    }

    pub async fn set(&mut self, stakeholder: Stakeholder) -> DecisionMap {
        let request = self.setting(stakeholder);
        take(self.maps.set_stakeholder(request).await)
            .decision_map
            .unwrap()
    }

    pub fn influencing(&self, from: &str, to: &str, strength: i32) -> SetInfluenceRequest {
        let influence = Influence {
            from: from.to_owned(),
            to: to.to_owned(),
            strength,
            ..Influence::default()
        };
        SetInfluenceRequest {
            name: self.map.name.clone(),
            influence: Some(influence),
            ..Default::default()
        }
    }

    pub async fn influence(&mut self, from: &str, to: &str, strength: i32) -> DecisionMap {
        let request = self.influencing(from, to, strength);
        take(self.maps.set_influence(request).await)
            .decision_map
            .unwrap()
    }

    pub fn removing(&self, contact: &str) -> RemoveStakeholderRequest {
        RemoveStakeholderRequest {
            name: self.map.name.clone(),
            contact: contact.to_owned(),
            ..Default::default()
        }
    }

    pub fn completing(&self) -> CompleteDecisionMapRequest {
        CompleteDecisionMapRequest {
            name: self.map.name.clone(),
            ..Default::default()
        }
    }

    pub async fn analyze(&mut self) -> DecisionMapAnalysis {
        let request = AnalyzeDecisionMapRequest {
            name: self.map.name.clone(),
        };
        take(self.maps.analyze_decision_map(request).await)
            .analysis
            .unwrap()
    }
}

pub fn creating(opportunity: &str, account: &str) -> CreateDecisionMapRequest {
    CreateDecisionMapRequest {
        opportunity: opportunity.to_owned(),
        account: account.to_owned(),
        ..Default::default()
    }
}

pub fn playing(contact: &str, role: StakeholderRole) -> Stakeholder {
    Stakeholder {
        contact: contact.to_owned(),
        roles: vec![role.into()],
        ..Stakeholder::default()
    }
}

pub fn weighing(contact: &str, weight: i32) -> Stakeholder {
    Stakeholder {
        weight: Some(weight),
        ..playing(contact, StakeholderRole::User)
    }
}
