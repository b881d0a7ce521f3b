//! Who stands behind a credential: asked by every service for every caller.

use jiff::Timestamp;
use keynode_kit::auth::{ApiKey, ApiKeyHash, Refusal};
use keynode_kit::call::TenantId;
use keynode_kit::db::Tx;
use keynode_kit::error::Explain as _;
use keynode_kit::name::optional;
use keynode_proto::accounts::v1::resolve_principal_request::Credential;
use keynode_proto::accounts::v1::{ResolvePrincipalRequest, ResolvedPrincipal, TokenSubject};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Accounts;
use crate::error::Error;
use crate::ids::{PersonId, ServiceAccountId, TeamId, TenantName};

/// The principal as it is at `now`.
pub async fn resolve(
    service: &Accounts,
    now: Timestamp,
    request: ResolvePrincipalRequest,
) -> Result<ResolvedPrincipal, Error> {
    let found = match request.credential {
        Some(Credential::ApiKey(text)) => by_key(service, now, &text).await?,
        Some(Credential::Token(token)) => by_token(service, &token).await?,
        None => return Err(invalid("the request names none")),
    };
    match found.disabled {
        true => Err(invalid("its subject is disabled")),
        false => Ok(found.into_proto()),
    }
}

fn invalid(why: &'static str) -> Error {
    Refusal::Invalid(why).explain().into()
}

async fn by_key(service: &Accounts, now: Timestamp, text: &str) -> Result<Standing, Error> {
    let unknown = || invalid("no such key");
    let key = ApiKey::parse(text).ok_or_else(unknown)?;
    let found = look_up(service, key.tenant(), Some(key.id()), None)
        .await?
        .ok_or_else(unknown)?;
    let kept = found
        .hash
        .as_deref()
        .and_then(|hash| ApiKeyHash::try_from(hash).ok());
    if kept != Some(key.hash()) {
        return Err(unknown());
    }
    if found.revoked_at.is_some() {
        return Err(invalid("the key was revoked"));
    }
    if found.expires_at.is_some_and(|at| at.to_jiff() <= now) {
        return Err(Refusal::Expired.explain().into());
    }
    Ok(found)
}

async fn by_token(service: &Accounts, token: &TokenSubject) -> Result<Standing, Error> {
    let unknown = || invalid("nobody in the tenant has this login");
    let tenant: TenantName = token.tenant.parse().map_err(|_| unknown())?;
    if token.login.is_empty() || token.login.contains('\0') {
        return Err(unknown());
    }
    let found = look_up(service, TenantId(tenant.0), None, Some(&token.login)).await?;
    let found = found.ok_or_else(unknown)?;
    Ok(Standing {
        scopes: token.scopes.clone(),
        ..found
    })
}

/// Everything about a subject that the answer needs.
#[derive(Debug)]
struct Standing {
    tenant_id: Uuid,
    hash: Option<Vec<u8>>,
    expires_at: Option<jiff_sqlx::Timestamp>,
    revoked_at: Option<jiff_sqlx::Timestamp>,
    scopes: Vec<String>,
    person_id: Option<Uuid>,
    service_account_id: Option<Uuid>,
    team_id: Option<Uuid>,
    roles: Vec<String>,
    disabled: bool,
    visibility: i32,
    visible_teams: Vec<Uuid>,
}

impl Standing {
    fn into_proto(self) -> ResolvedPrincipal {
        let person = optional::<PersonId>(self.person_id);
        let program = optional::<ServiceAccountId>(self.service_account_id);
        ResolvedPrincipal {
            tenant: TenantName(self.tenant_id).to_string(),
            subject: if person.is_empty() {
                program
            } else {
                person.clone()
            },
            person,
            team: optional::<TeamId>(self.team_id),
            roles: self.roles,
            scopes: self.scopes,
            visibility: self.visibility,
            visible_teams: self
                .visible_teams
                .into_iter()
                .map(|id| TeamId(id).to_string())
                .collect(),
        }
    }
}

async fn look_up(
    service: &Accounts,
    tenant: TenantId,
    key: Option<Uuid>,
    login: Option<&str>,
) -> Result<Option<Standing>, Error> {
    let work = async |tx: &mut Tx| select(tx, key, login).await;
    service.mutations.db.transaction(tenant, work).await
}

/// One query, because every request of every service waits for it. Of visibilities, 2 is
/// the team, 3 the subtree; both also of the teams that the person leads or manages.
async fn select(
    connection: &mut PgConnection,
    key: Option<Uuid>,
    login: Option<&str>,
) -> Result<Option<Standing>, Error> {
    let row = sqlx::query_as!(
        Standing,
        r#"with recursive subject as (
             select k.tenant_id, k.hash, k.expires_at, k.revoked_at, k.scopes, k.person_id, k.service_account_id,
                    coalesce(p.team_id, s.team_id) as team_id, coalesce(p.roles, s.roles) as roles,
                    coalesce(p.disabled, s.disabled) as disabled
             from accounts.api_key k
             left join accounts.person p on p.tenant_id = k.tenant_id and p.id = k.person_id
             left join accounts.service_account s on s.tenant_id = k.tenant_id and s.id = k.service_account_id
             where k.tenant_id = events.tenant_id() and k.id = $1
             union all
             select p.tenant_id, null, null, null, '{}', p.id, null, p.team_id, p.roles, p.disabled
             from accounts.person p
             where p.tenant_id = events.tenant_id() and p.login = $2
           ), standing as (
             select s.*, coalesce((select max(r.visibility) from accounts.role r
                                   where r.tenant_id = s.tenant_id and r.id = any(s.roles)), 1) as visibility
             from subject s
           ), seen (id) as (
             select t.id from standing s join accounts.team t on t.tenant_id = s.tenant_id
             where s.visibility in (2, 3)
               and (t.id = s.team_id or t.lead_id = s.person_id or t.manager_ids @> array[s.person_id])
             union
             select t.id from seen join accounts.team t on t.parent_id = seen.id and t.tenant_id = events.tenant_id()
             where (select visibility from standing) = 3
           )
           select tenant_id as "tenant_id!", hash, expires_at, revoked_at, scopes as "scopes!", person_id,
                  service_account_id, team_id, roles as "roles!", disabled as "disabled!",
                  visibility as "visibility!",
                  array(select id from seen order by id) as "visible_teams!"
           from standing"#,
        key,
        login,
    );
    Ok(row.fetch_optional(connection).await?)
}
