//! Records that a person will be away.

use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{CreateAbsenceRequest, CreateAbsenceResponse};

use super::{Absence, check_reach, record};
use crate::Accounts;
use crate::error::Error;
use crate::ids::PersonId;

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateAbsenceRequest,
) -> Result<CreateAbsenceResponse, Error> {
    let absence = read(service, call, &request)?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let person = PersonId(absence.person_id);
            log::take_turn(w, &[person.to_string()]).await?;
            check_reach(w, call, person.0).await?;
            absence.check(w).await?;
            absence.insert(w).await?;
            record(w, None, &absence);
            Ok(CreateAbsenceResponse {
                absence: Some(absence.to_proto()),
            })
        })
        .await
}

fn read(service: &Accounts, call: &Call, request: &CreateAbsenceRequest) -> Result<Absence, Error> {
    let mut bad = Violations::default();
    let sent = request.absence.clone().unwrap_or_default();
    let named: Option<PersonId> = bad.optional_name("absence.person", &sent.person);
    let person = named.map(|id| id.0).or(call.principal.person);
    if person.is_none() {
        bad.add("absence.person", "must be set: the caller is no person");
    }
    let person = person.unwrap_or_default();
    let absence =
        Absence::new(service.mutations.clock.id(), person, call.now).told(&sent, &mut bad);
    bad.finish()?;
    Ok(absence)
}
