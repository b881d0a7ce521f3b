//! A decision map with its customer, ready to be filled.

use keynode_kit::client::Channel;
use keynode_kit::testing::Caller;
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

    pub fn competing(&self, competitors: &[&str]) -> SetMapCompetitorsRequest {
        SetMapCompetitorsRequest {
            name: self.map.name.clone(),
            competitors: competitors.iter().map(|&name| name.to_owned()).collect(),
            ..Default::default()
        }
    }

    /// Somebody who also sells to our customers.
    pub async fn competitor(&self, display_name: &str) -> String {
        let (tenant, id) = (self.world.tenant.0, uuid::Uuid::now_v7());
        let sql = format!(
            "insert into accounts.competitor
               (tenant_id, id, version, created_at, updated_at, display_name)
             values ('{tenant}', '{id}', 1, now(), now(), '{display_name}')"
        );
        self.world.execute(&sql).await;
        format!("competitors/{id}")
    }

    pub fn demanding(&self, id: &str, display_name: &str) -> SetPurchaseCriterionRequest {
        SetPurchaseCriterionRequest {
            name: self.map.name.clone(),
            criterion: Some(PurchaseCriterion {
                id: id.to_owned(),
                display_name: display_name.to_owned(),
            }),
            ..Default::default()
        }
    }

    pub async fn criterion(&mut self, id: &str) -> DecisionMap {
        let request = self.demanding(id, "标准");
        take(self.maps.set_purchase_criterion(request).await)
            .decision_map
            .unwrap()
    }

    /// The map as somebody sees it.
    pub async fn seen_by(&self, caller: &Caller) -> DecisionMap {
        let request = GetDecisionMapRequest {
            name: self.map.name.clone(),
        };
        take(self.world.maps(caller).get_decision_map(request).await)
            .decision_map
            .unwrap()
    }

    /// The history of judgements as somebody sees it, latest first.
    pub async fn history(&self, caller: &Caller, contact: &str) -> Vec<JudgementChange> {
        let request = ListJudgementChangesRequest {
            name: self.map.name.clone(),
            contact: contact.to_owned(),
            ..Default::default()
        };
        take(
            self.world
                .maps(caller)
                .list_judgement_changes(request)
                .await,
        )
        .changes
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
