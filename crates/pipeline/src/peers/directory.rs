//! Who there is and what they are, asked of the Directory as this service itself: who gives a deal
//! to somebody need not be one who may read people.

use std::collections::{BTreeSet, HashMap, HashSet};

use keynode_kit::call::Call;
use keynode_kit::client::Channel;
use keynode_kit::error::Fault;
use keynode_proto::accounts::v1 as accounts;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use uuid::Uuid;

use super::{Peers, found, own};
use crate::error::Error;
use crate::ids::{PersonId, TeamId};

/// Names of one question at most.
const TOGETHER: usize = 1000;
/// Teams of one page.
const PAGE: i32 = 1000;

/// One of our own people as they are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub team: Option<Uuid>,
    /// Without their collection, e.g. `seller`.
    pub roles: Vec<String>,
    /// They no longer sign in.
    pub is_disabled: bool,
}

impl Peers {
    /// Those of these people who are there; for none, nobody is asked.
    ///
    /// # Errors
    /// `UNAVAILABLE` when accounts does not answer.
    pub async fn people(
        &self,
        call: &Call,
        named: impl IntoIterator<Item = Uuid>,
    ) -> Result<HashMap<Uuid, Person>, Error> {
        let named: BTreeSet<Uuid> = named.into_iter().collect();
        let names: Vec<String> = named.iter().map(|id| PersonId(*id).to_string()).collect();
        let mut people = HashMap::new();
        for names in names.chunks(TOGETHER) {
            let request = accounts::BatchGetPeopleRequest {
                names: names.to_vec(),
            };
            let answer = self.directory(call).batch_get_people(request).await;
            let answer = found("accounts", answer)?
                .ok_or_else(|| Fault::internal("accounts does not know its own method"))?;
            for person in answer.people {
                if let Ok(PersonId(id)) = person.name.parse() {
                    people.insert(id, Person::from(person));
                }
            }
        }
        Ok(people)
    }

    /// The roles that there are, without their collection.
    ///
    /// # Errors
    /// `UNAVAILABLE` when accounts does not answer.
    pub async fn roles(&self, call: &Call) -> Result<HashSet<String>, Error> {
        let request = accounts::ListRolesRequest::default();
        let answer = self.directory(call).list_roles(request).await;
        let roles = found("accounts", answer)?.unwrap_or_default().roles;
        Ok(roles.iter().map(|role| role_id(&role.name)).collect())
    }

    /// These teams and all below them, at most 1000 asked for.
    ///
    /// # Errors
    /// `UNAVAILABLE` when accounts does not answer.
    pub async fn teams_within(
        &self,
        call: &Call,
        names: &[String],
    ) -> Result<Vec<accounts::Team>, Error> {
        let (mut teams, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = accounts::ListTeamsRequest {
                page_size: PAGE,
                page_token,
                within: names.to_vec(),
                ..accounts::ListTeamsRequest::default()
            };
            let answer = self.directory(call).list_teams(request).await;
            let answer = found("accounts", answer)?.unwrap_or_default();
            teams.extend(answer.teams);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return Ok(teams);
            }
        }
    }

    fn directory(&self, call: &Call) -> DirectoryServiceClient<Channel> {
        DirectoryServiceClient::new(own(&self.accounts, call))
    }
}

impl From<accounts::Person> for Person {
    fn from(person: accounts::Person) -> Self {
        Self {
            team: person.team.parse().ok().map(|TeamId(team)| team),
            roles: person.roles.iter().map(|role| role_id(role)).collect(),
            is_disabled: person.disabled,
        }
    }
}

fn role_id(name: &str) -> String {
    name.strip_prefix("roles/").unwrap_or(name).to_owned()
}
