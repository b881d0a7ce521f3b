//! Who the people of a draft are, asked of the Directory.

use keynode_kit::call::TenantId;
use keynode_kit::client::Channel;
use keynode_kit::error::Fault;
use keynode_proto::accounts::v1::ListManagersRequest;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::common::v1::ErrorReason;
use tonic::Code;

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
        Err(status) => Err(Fault::new(
            Code::Unavailable,
            ErrorReason::Unavailable.as_str_name(),
            format!(
                "the Directory cannot say who manages {owner}: {}",
                status.message()
            ),
        )),
    }
}
