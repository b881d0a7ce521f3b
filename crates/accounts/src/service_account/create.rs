//! Makes an account for a program.

use jiff_sqlx::ToSqlx;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{
    CreateServiceAccountRequest, CreateServiceAccountResponse, ServiceAccountChanged,
};

use super::ServiceAccount;
use crate::error::Error;
use crate::ids::TeamId;
use crate::{Accounts, role, team};

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateServiceAccountRequest,
) -> Result<CreateServiceAccountResponse, Error> {
    let account = read(service, call, &request)?;
    if account.roles.iter().any(|role| role == role::ADMINISTRATOR)
        && !role::makes_administrators(call)
    {
        return Err(Error::AdministratorOnly);
    }
    role::check_gifts(call, account.roles.iter())?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            if let Some(id) = account.team_id {
                team::require(w, TeamId(id)).await?;
            }
            role::require(w, &account.roles).await?;
            account.insert(w).await?;
            let after = account.to_proto();
            let change = ServiceAccountChanged {
                before: None,
                after: Some(after.clone()),
            };
            w.record(account.name().to_string(), account.version, &change);
            Ok(CreateServiceAccountResponse {
                service_account: Some(after),
            })
        })
        .await
}

fn read(
    service: &Accounts,
    call: &Call,
    request: &CreateServiceAccountRequest,
) -> Result<ServiceAccount, Error> {
    let mut bad = Violations::default();
    let sent = request.service_account.clone().unwrap_or_default();
    let account = ServiceAccount {
        id: service.mutations.clock.id(),
        version: 1,
        created_at: call.now.to_sqlx(),
        display_name: bad.name_text("service_account.display_name", &sent.display_name, 200),
        roles: role::read("service_account.roles", &sent.roles, &mut bad),
        disabled: sent.disabled,
        team_id: bad
            .optional_name::<TeamId>("service_account.team", &sent.team)
            .map(|team| team.0),
    };
    if !account.roles.is_empty() {
        role::check_unrestricted(call, "service_account.roles", &mut bad);
    }
    bad.finish()?;
    Ok(account)
}
