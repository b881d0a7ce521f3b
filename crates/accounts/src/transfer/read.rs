//! What a transfer is asked to do.

use keynode_kit::call::Call;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::TransferRecordsRequest;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::directory::reach;
use crate::directory::refusal::Refusal;
use crate::error::Error;
use crate::ids::PersonId;
use crate::person::{self, Person};

/// Who gets the records.
#[derive(Clone, Copy, Debug)]
pub enum Heir {
    Person(PersonId),
    /// Each account goes where it falls.
    Territories,
}

#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub from: Uuid,
    pub heir: Heir,
    pub disables: bool,
    pub releases_teams: bool,
}

impl Order {
    /// Refuses a request that contradicts itself, or that disables people for a caller who
    /// may not.
    pub fn read(call: &Call, request: &TransferRecordsRequest) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let from: PersonId = bad.name("from", &request.from);
        let to: Option<PersonId> = bad.optional_name("to", &request.to);
        if to.is_some() == request.by_territory {
            bad.add("to", "either `to` or `by_territory` must be set");
        }
        if to == Some(from) {
            bad.add("to", "must be somebody else");
        }
        bad.finish()?;
        if request.disable_from && !reach::disables_people(call) {
            return Err(Refusal::DisablesNobody.into());
        }
        Ok(Self {
            from: from.0,
            heir: to.map_or(Heir::Territories, Heir::Person),
            disables: request.disable_from,
            releases_teams: request.release_teams,
        })
    }

    /// The person who gets the records; none when the territories decide. Refuses people
    /// whose records the caller does not see.
    pub async fn heir(
        &self,
        connection: &mut PgConnection,
        call: &Call,
        from: &Person,
    ) -> Result<Option<Person>, Error> {
        let mut bad = Violations::default();
        reach::check_person("from", call, from, &mut bad);
        let heir = match self.heir {
            Heir::Territories => None,
            Heir::Person(id) => {
                let heir = person::find(connection, id).await?;
                reach::check_person("to", call, &heir, &mut bad);
                if heir.disabled {
                    bad.add("to", "must be somebody who is not disabled");
                }
                Some(heir)
            }
        };
        bad.finish()?;
        Ok(heir)
    }
}
