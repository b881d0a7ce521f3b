//! Adds a person.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{CreatePersonRequest, CreatePersonResponse};

use super::Person;
use crate::Accounts;
use crate::error::Error;

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreatePersonRequest,
) -> Result<CreatePersonResponse, Error> {
    let person = read(service, call, &request)?;
    person.check_promotion(None, call)?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            person.check_references(w).await?;
            person.insert(w).await?;
            super::record(w, None, &person);
            Ok(CreatePersonResponse {
                person: Some(person.to_proto()),
            })
        })
        .await
}

fn read(service: &Accounts, call: &Call, request: &CreatePersonRequest) -> Result<Person, Error> {
    let mut bad = Violations::default();
    let sent = request.person.clone().unwrap_or_default();
    let person = Person::new(service.mutations.clock.id(), call.now).told(&sent, &mut bad);
    person.check_credential(None, call, &mut bad);
    bad.finish()?;
    Ok(person)
}
