//! Roles: what they permit is said by the policies, whose records they see here.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::RoleVisibility;
use sqlx::PgConnection;

use crate::Accounts;
use crate::directory::refusal::Refusal;
use crate::error::Error;

/// The role that may do everything inside its tenant.
pub const ADMINISTRATOR: &str = "administrator";
/// The role that answers for the people of teams.
pub const SALES_MANAGER: &str = "sales_manager";
const INTEGRATOR: &str = "integrator";
const PLATFORM: &str = "platform";
const SERVICE: &str = "service";

const PREFIX: &str = "roles/";

/// What every tenant begins with; the ids are those of the policies.
const BUILT_IN: [(&str, &str, RoleVisibility); 5] = [
    ("seller", "Seller", RoleVisibility::Own),
    (SALES_MANAGER, "Sales manager", RoleVisibility::Subtree),
    (ADMINISTRATOR, "Administrator", RoleVisibility::All),
    (INTEGRATOR, "Integrator", RoleVisibility::All),
    ("viewer", "Viewer", RoleVisibility::All),
];

/// A row of `accounts.role`.
#[derive(Debug)]
struct Role {
    id: String,
    display_name: String,
    visibility: i32,
}

impl Role {
    fn to_proto(&self) -> proto::Role {
        proto::Role {
            name: to_name(&self.id),
            display_name: self.display_name.clone(),
            visibility: self.visibility,
        }
    }
}

pub fn to_name(id: &str) -> String {
    format!("{PREFIX}{id}")
}

/// Role ids out of role names, each once.
pub fn read(field: &str, names: &[String], bad: &mut Violations) -> Vec<String> {
    let mut ids = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        match name
            .strip_prefix(PREFIX)
            .filter(|id| !id.is_empty() && !id.contains('\0'))
        {
            Some(id) if ids.iter().any(|known| known == id) => {}
            Some(id) => ids.push(id.to_owned()),
            None => bad.add(format!("{field}[{index}]"), "must be `roles/{id}`"),
        }
    }
    ids
}

/// Whether the caller has one of these roles.
pub fn has_any(call: &Call, roles: &[&str]) -> bool {
    let held = &call.principal.roles;
    held.iter().any(|role| roles.contains(&role.as_str()))
}

/// Only who is an administrator, or sets up the installation, makes administrators.
pub fn makes_administrators(call: &Call) -> bool {
    has_any(call, &[ADMINISTRATOR, PLATFORM])
}

/// Who adds, changes and disables people.
pub fn keeps_people(call: &Call) -> bool {
    has_any(call, &[ADMINISTRATOR, INTEGRATOR, PLATFORM])
}

/// Who is shown where notices reach other people.
pub fn reads_addresses(call: &Call) -> bool {
    keeps_people(call) || has_any(call, &[SERVICE])
}

/// Refuses a role with rights that the caller lacks: nobody gives what they do not have.
pub fn check_gifts<'r>(
    call: &Call,
    mut roles: impl Iterator<Item = &'r String>,
) -> Result<(), Error> {
    let is_beyond =
        |role: &&String| !makes_administrators(call) && !call.rights.include(&call.principal, role);
    match roles.find(is_beyond) {
        Some(role) => Err(Refusal::RoleBeyondOwn(role.clone()).into()),
        None => Ok(()),
    }
}

/// Refuses what would let a restricted credential do through somebody else what it may
/// not do itself.
pub fn check_unrestricted(call: &Call, field: &str, bad: &mut Violations) {
    if !call.principal.scopes.is_empty() {
        bad.add(field, "a restricted credential gives no roles");
    }
}

/// Refuses roles that the tenant does not have.
pub async fn require(connection: &mut PgConnection, ids: &[String]) -> Result<(), Error> {
    let known = sqlx::query_scalar!("select id from accounts.role where id = any($1)", ids)
        .fetch_all(connection)
        .await?;
    match ids.iter().find(|id| !known.contains(id)) {
        Some(unknown) => Err(Error::RoleNotFound(unknown.clone())),
        None => Ok(()),
    }
}

/// Gives the tenant of the transaction the built-in roles.
pub async fn insert_built_in(connection: &mut PgConnection) -> Result<(), Error> {
    let ids = BUILT_IN.map(|(id, _, _)| id.to_owned());
    let names = BUILT_IN.map(|(_, name, _)| name.to_owned());
    let visibilities = BUILT_IN.map(|(_, _, visibility)| i32::from(visibility));
    sqlx::query!(
        "insert into accounts.role (tenant_id, id, display_name, visibility)
         select events.tenant_id(), r.id, r.display_name, r.visibility
         from unnest($1::text[], $2::text[], $3::integer[]) as r (id, display_name, visibility)",
        &ids,
        &names,
        &visibilities,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn list(service: &Accounts, call: &Call) -> Result<proto::ListRolesResponse, Error> {
    let rows = service
        .read(call, async |tx: &mut Tx| find_all(tx).await)
        .await?;
    Ok(proto::ListRolesResponse {
        roles: rows.iter().map(Role::to_proto).collect(),
    })
}

async fn find_all(connection: &mut PgConnection) -> Result<Vec<Role>, Error> {
    let rows = sqlx::query_as!(
        Role,
        "select id, display_name, visibility from accounts.role order by id"
    );
    Ok(rows.fetch_all(connection).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_once_and_a_foreign_name_is_bad() {
        let mut bad = Violations::default();
        let names = ["roles/seller", "roles/viewer", "roles/seller"].map(str::to_owned);
        assert_eq!(read("roles", &names, &mut bad), ["seller", "viewer"]);
        assert!(bad.is_empty());
        read(
            "roles",
            &["seller".to_owned(), "roles/".to_owned()],
            &mut bad,
        );
        let fault = bad.finish().unwrap_err();
        assert_eq!(
            fault.fields().map(|(field, _)| field).collect::<Vec<_>>(),
            ["roles[0]", "roles[1]"]
        );
    }
}
