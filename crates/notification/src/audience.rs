//! Who the people of a draft are, asked of the Directory.

use jiff::Timestamp;
use keynode_kit::call::TenantId;
use keynode_kit::client::Channel;
use keynode_kit::error::Fault;
use keynode_kit::wire;
use keynode_proto::accounts::v1::absences_service_client::AbsencesServiceClient;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::{ListManagersRequest, ResolveRecipientsRequest};
use keynode_proto::common::v1::ErrorReason;
use tonic::{Code, Status};

use crate::notice::PersonId;

/// The owner's nearest manager; none at the top of the tree or when the person is gone.
///
/// # Errors
/// `UNAVAILABLE` when the Directory does not answer: to be asked again, not skipped.
pub async fn manager_of(
    accounts: &Channel,
    tenant: TenantId,
    owner: PersonId,
) -> Result<Option<PersonId>, Fault> {
    let mut directory = DirectoryServiceClient::new(accounts.as_service(Some(tenant)));
    let request = ListManagersRequest {
        person: owner.to_string(),
    };
    match directory.list_managers(request).await {
        Ok(answer) => Ok(answer
            .into_inner()
            .managers
            .first()
            .and_then(|m| m.name.parse().ok())),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(unanswered(format!("who manages {owner}"), &status)),
    }
}

/// Who is told at a moment instead of each of these people: they themselves, or while they
/// are away whoever stands in for them. People who are gone stay as they are.
///
/// # Errors
/// `UNAVAILABLE` when the Directory does not answer: to be asked again, not skipped.
pub async fn standing_in(
    accounts: &Channel,
    tenant: TenantId,
    people: &[PersonId],
    at: Timestamp,
) -> Result<Vec<PersonId>, Fault> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let mut absences = AbsencesServiceClient::new(accounts.as_service(Some(tenant)));
    let request = ResolveRecipientsRequest {
        people: people.iter().map(PersonId::to_string).collect(),
        at: Some(wire::timestamp(at)),
    };
    match absences.resolve_recipients(request).await {
        Ok(answer) => {
            let told = answer.into_inner().recipients.into_iter();
            let read = told.map(|it| it.recipient.parse().ok());
            // Were one missing, the person is told.
            let told = read.chain(std::iter::repeat(None)).zip(people);
            Ok(told.map(|(told, person)| told.unwrap_or(*person)).collect())
        }
        Err(status) if status.code() == Code::NotFound => Ok(people.to_vec()),
        Err(status) => Err(unanswered("who stands in for whom".to_owned(), &status)),
    }
}

fn unanswered(question: String, status: &Status) -> Fault {
    Fault::new(
        Code::Unavailable,
        ErrorReason::Unavailable.as_str_name(),
        format!("the Directory cannot say {question}: {}", status.message()),
    )
}
