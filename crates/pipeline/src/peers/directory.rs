//! Who there is and what they are, asked of the Directory as this service itself.

use std::collections::{BTreeSet, HashMap, HashSet};

use futures_util::future::try_join_all;
use keynode_kit::call::Call;
use keynode_proto::accounts::v1 as accounts;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use uuid::Uuid;

use super::{Peers, found, own};
use crate::error::Error;
use crate::ids::PersonId;

/// Questions asked at the same time.
const TOGETHER: usize = 8;

/// One of our own people as they are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
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
        let named: Vec<Uuid> = named.into_iter().collect();
        let mut people = HashMap::new();
        for some in named.chunks(TOGETHER) {
            let answers = try_join_all(some.iter().map(|id| self.person(call, *id))).await?;
            let both = some.iter().copied().zip(answers);
            people.extend(both.filter_map(|(id, person)| Some((id, person?))));
        }
        Ok(people)
    }

    async fn person(&self, call: &Call, id: Uuid) -> Result<Option<Person>, Error> {
        let mut client = DirectoryServiceClient::new(own(&self.accounts, call));
        let request = accounts::GetPersonRequest {
            name: PersonId(id).to_string(),
        };
        let answer = found("accounts", client.get_person(request).await)?;
        Ok(answer
            .and_then(|answer| answer.person)
            .map(|person| Person {
                roles: person.roles.iter().map(|role| role_id(role)).collect(),
                is_disabled: person.disabled,
            }))
    }

    /// The roles that there are, without their collection.
    ///
    /// # Errors
    /// `UNAVAILABLE` when accounts does not answer.
    pub async fn roles(&self, call: &Call) -> Result<HashSet<String>, Error> {
        let mut client = DirectoryServiceClient::new(own(&self.accounts, call));
        let request = accounts::ListRolesRequest::default();
        let answer = found("accounts", client.list_roles(request).await)?;
        let roles = answer.map(|answer| answer.roles).unwrap_or_default();
        Ok(roles.iter().map(|role| role_id(&role.name)).collect())
    }
}

fn role_id(name: &str) -> String {
    name.strip_prefix("roles/").unwrap_or(name).to_owned()
}
