//! The sales organisation by the keys of another system: who is there is found, who is
//! missing is made. What people changed since is left as it is.

use std::collections::HashMap;

use anyhow::Context as _;
use jiff::Timestamp;
use keynode_kit::client::Channel;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::{
    CreatePersonRequest, CreateTeamRequest, ListPeopleRequest, ListTeamsRequest, Person, Team,
    UpdateTeamRequest,
};
use keynode_proto::common::v1::ExternalKey;
use tonic::Code;
use uuid::Uuid;

use super::{answer, explain};

const PAGE: i32 = 1000;

/// Teams and people of one source system.
pub struct Organisation {
    client: DirectoryServiceClient<Channel>,
    source_system: String,
    teams: HashMap<String, Team>,
    people: HashMap<String, Person>,
    /// How many teams and people were made.
    pub created: usize,
}

impl Organisation {
    /// Reads what is there.
    pub async fn read(channel: &Channel, source_system: &str) -> anyhow::Result<Self> {
        let mut organisation = Self {
            client: DirectoryServiceClient::new(channel.clone()),
            source_system: source_system.to_owned(),
            teams: HashMap::new(),
            people: HashMap::new(),
            created: 0,
        };
        organisation.read_teams().await?;
        organisation.read_people().await?;
        Ok(organisation)
    }

    /// The team of this key, made when it is missing; `teams/{id}`.
    pub async fn team(
        &mut self,
        key: &str,
        display_name: &str,
        parent: &str,
    ) -> anyhow::Result<String> {
        if let Some(team) = self.teams.get(key) {
            return Ok(team.name.clone());
        }
        let team = Team {
            display_name: display_name.to_owned(),
            parent: parent.to_owned(),
            external_key: self.key(key),
            ..Team::default()
        };
        let request = CreateTeamRequest {
            team: Some(team),
            request_id: request_id(),
            validate_only: false,
        };
        let team = match self.client.create_team(request).await {
            // Another import made it since we looked.
            Err(status) if status.code() == Code::AlreadyExists => {
                self.read_teams().await?;
                let there = self.teams.get(key).map(|team| team.name.clone());
                return there.with_context(|| explain(&status));
            }
            made => answer(made)?.team.context("the answer names the team")?,
        };
        let name = team.name.clone();
        self.teams.insert(key.to_owned(), team);
        self.created += 1;
        Ok(name)
    }

    /// The person of this key, made when missing; `people/{id}`.
    pub async fn person(
        &mut self,
        key: &str,
        display_name: &str,
        team: &str,
        role: &str,
    ) -> anyhow::Result<String> {
        if let Some(person) = self.people.get(key) {
            return Ok(person.name.clone());
        }
        let person = Person {
            display_name: display_name.to_owned(),
            team: team.to_owned(),
            roles: vec![role.to_owned()],
            external_key: self.key(key),
            ..Person::default()
        };
        let request = CreatePersonRequest {
            person: Some(person),
            request_id: request_id(),
            validate_only: false,
        };
        let person = match self.client.create_person(request).await {
            // Another import made it since we looked.
            Err(status) if status.code() == Code::AlreadyExists => {
                self.read_people().await?;
                let there = self.people.get(key).map(|person| person.name.clone());
                return there.with_context(|| explain(&status));
            }
            made => answer(made)?
                .person
                .context("the answer names the person")?,
        };
        let name = person.name.clone();
        self.people.insert(key.to_owned(), person);
        self.created += 1;
        Ok(name)
    }

    /// Makes the person lead the team, unless somebody leads it.
    pub async fn lead(&mut self, team: &str, person: &str) -> anyhow::Result<()> {
        let Some(team) = self.teams.get_mut(team).filter(|t| t.lead.is_empty()) else {
            return Ok(());
        };
        let changed = Team {
            name: team.name.clone(),
            lead: person.to_owned(),
            ..Team::default()
        };
        let mask = prost_types::FieldMask {
            paths: vec!["lead".to_owned()],
        };
        let request = UpdateTeamRequest {
            team: Some(changed),
            update_mask: Some(mask),
            request_id: request_id(),
            validate_only: false,
        };
        answer(self.client.update_team(request).await)?;
        person.clone_into(&mut team.lead);
        Ok(())
    }

    /// When the team of this key was made.
    pub fn made(&self, team: &str) -> Option<Timestamp> {
        Timestamp::from_second(self.teams.get(team)?.create_time?.seconds).ok()
    }

    fn key(&self, external_id: &str) -> Option<ExternalKey> {
        Some(ExternalKey {
            source_system: self.source_system.clone(),
            external_id: external_id.to_owned(),
        })
    }

    async fn read_teams(&mut self) -> anyhow::Result<()> {
        let mut page_token = String::new();
        loop {
            let source_system = self.source_system.clone();
            let request = ListTeamsRequest {
                page_size: PAGE,
                page_token,
                source_system,
                within: Vec::new(),
            };
            let page = answer(self.client.list_teams(request).await)?;
            self.teams.extend(
                page.teams
                    .into_iter()
                    .filter_map(|t| Some((t.external_key.clone()?.external_id, t))),
            );
            if page.next_page_token.is_empty() {
                return Ok(());
            }
            page_token = page.next_page_token;
        }
    }

    async fn read_people(&mut self) -> anyhow::Result<()> {
        let mut page_token = String::new();
        loop {
            let source_system = self.source_system.clone();
            let request = ListPeopleRequest {
                page_size: PAGE,
                page_token,
                source_system,
                ..ListPeopleRequest::default()
            };
            let page = answer(self.client.list_people(request).await)?;
            self.people.extend(
                page.people
                    .into_iter()
                    .filter_map(|p| Some((p.external_key.clone()?.external_id, p))),
            );
            if page.next_page_token.is_empty() {
                return Ok(());
            }
            page_token = page.next_page_token;
        }
    }
}

/// A new id for one request: the channel repeats the request under it until it is answered.
fn request_id() -> String {
    Uuid::now_v7().to_string()
}
