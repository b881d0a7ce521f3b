//! Who stands behind a credential, as the Directory knows it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http_body::Body as HttpBody;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::{ResolvePrincipalRequest, ResolvedPrincipal, RoleVisibility};
use keynode_proto::common::v1::ErrorReason;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use super::refusal::Refusal;
use super::service_token::ServiceTokens;
use crate::call::{Principal, TenantId, Visibility};
use crate::error::reason_name;

/// How long the Directory may take. Callers share one question, so this is not the
/// deadline of any one of them.
const TIMEOUT: Duration = Duration::from_secs(2);

type Answer = Result<ResolvedPrincipal, Status>;
type Resolve = dyn Fn(ResolvePrincipalRequest) -> BoxFuture<'static, Answer> + Send + Sync;

/// Asks the Directory, wherever it is; cheap to clone.
#[derive(Clone)]
pub struct PrincipalResolver(Arc<Resolve>);

impl PrincipalResolver {
    /// A resolver that calls `resolve`: for the service that is the Directory itself.
    pub fn from_fn<F, A>(resolve: F) -> Self
    where
        F: Fn(ResolvePrincipalRequest) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        Self(Arc::new(move |request| resolve(request).boxed()))
    }

    /// A resolver that calls the Directory over gRPC as the service with this name.
    pub fn remote<T>(
        client: DirectoryServiceClient<T>,
        tokens: ServiceTokens,
        service: impl Into<String>,
    ) -> Self
    where
        T: GrpcService<Body> + Clone + Send + Sync + 'static,
        T::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        T::Future: Send,
        T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
        <T::ResponseBody as HttpBody>::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
    {
        let service = service.into();
        Self::from_fn(move |message| {
            let mut client = client.clone();
            let mut request = Request::new(message);
            request.set_timeout(TIMEOUT);
            request
                .metadata_mut()
                .insert("authorization", tokens.mint(&service));
            async move {
                let answer = client.resolve_principal(request).await?.into_inner();
                answer
                    .principal
                    .ok_or_else(|| Status::internal("the answer names nobody"))
            }
        })
    }

    /// The principal behind a credential that claims to belong to `tenant`.
    pub(super) async fn resolve(
        &self,
        request: ResolvePrincipalRequest,
        tenant: Uuid,
    ) -> Result<Principal, Refusal> {
        let answer = tokio::time::timeout(TIMEOUT, (self.0)(request)).await;
        let resolved = answer
            .map_err(|_| Status::deadline_exceeded("no answer in time"))
            .flatten()
            .map_err(|status| refusal(&status))?;
        principal(resolved)
            .filter(|principal| principal.tenant == Some(TenantId(tenant)))
            .ok_or_else(|| {
                tracing::error!("the directory answered with a malformed or foreign principal");
                Refusal::Unavailable("the directory's answer is not understood")
            })
    }
}

/// What a caller is told when the Directory does not answer with a principal. Only a
/// clear no is a no; whatever else went wrong is not the caller's doing.
fn refusal(status: &Status) -> Refusal {
    if status.code() != Code::Unauthenticated {
        tracing::warn!(code = ?status.code(), message = status.message(), "directory failed");
        return Refusal::Unavailable("the directory does not answer");
    }
    let expired = reason_name(ErrorReason::CredentialExpired.as_str_name());
    match status.get_details_error_info() {
        Some(info) if info.reason == expired => Refusal::Expired,
        _ => Refusal::Invalid("it is unknown or was revoked"),
    }
}

fn principal(resolved: ResolvedPrincipal) -> Option<Principal> {
    let visibility = match resolved.visibility() {
        RoleVisibility::All => Visibility::All,
        RoleVisibility::Team | RoleVisibility::Subtree => Visibility::Teams(
            resolved
                .visible_teams
                .iter()
                .map(|t| id("teams/", t))
                .collect::<Option<_>>()?,
        ),
        RoleVisibility::Own | RoleVisibility::Unspecified => Visibility::Teams(Vec::new()),
    };
    Some(Principal {
        tenant: Some(TenantId(id("tenants/", &resolved.tenant)?)),
        person: optional_id("people/", &resolved.person)?,
        team: optional_id("teams/", &resolved.team)?,
        subject: resolved.subject,
        roles: resolved.roles,
        scopes: resolved.scopes,
        visibility,
    })
}

pub(super) fn id(collection: &str, name: &str) -> Option<Uuid> {
    Uuid::try_parse(name.strip_prefix(collection)?).ok()
}

/// None inside = the name is empty; none outside = it is malformed.
fn optional_id(collection: &str, name: &str) -> Option<Option<Uuid>> {
    if name.is_empty() {
        Some(None)
    } else {
        id(collection, name).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Fault;

    fn resolved(visibility: RoleVisibility) -> ResolvedPrincipal {
        ResolvedPrincipal {
            tenant: format!("tenants/{}", Uuid::nil()),
            subject: format!("people/{}", Uuid::max()),
            person: format!("people/{}", Uuid::max()),
            roles: vec!["seller".to_owned()],
            visibility: visibility.into(),
            visible_teams: vec![format!("teams/{}", Uuid::nil())],
            ..ResolvedPrincipal::default()
        }
    }

    #[test]
    fn visibility_is_never_wider_than_said() {
        let seen = |v| principal(resolved(v)).unwrap().visibility;
        assert_eq!(seen(RoleVisibility::All), Visibility::All);
        assert_eq!(
            seen(RoleVisibility::Subtree),
            Visibility::Teams(vec![Uuid::nil()])
        );
        assert_eq!(seen(RoleVisibility::Own), Visibility::Teams(vec![]));
        assert_eq!(seen(RoleVisibility::Unspecified), Visibility::Teams(vec![]));
    }

    #[test]
    fn only_a_clear_no_is_a_no() {
        let expired = Fault::new(Code::Unauthenticated, "CREDENTIAL_EXPIRED", "late");
        assert_eq!(refusal(&expired.into()), Refusal::Expired);
        let unknown = refusal(&Status::unauthenticated("who?"));
        assert!(matches!(unknown, Refusal::Invalid(_)));
        for code in [
            Code::Unavailable,
            Code::Internal,
            Code::PermissionDenied,
            Code::NotFound,
        ] {
            let failed = refusal(&Status::new(code, ""));
            assert!(matches!(failed, Refusal::Unavailable(_)), "{code:?}");
        }
    }

    #[tokio::test]
    async fn a_principal_of_another_tenant_is_not_let_through() {
        let resolver = PrincipalResolver::from_fn(|_| async { Ok(resolved(RoleVisibility::Own)) });
        let request = ResolvePrincipalRequest::default;
        assert!(resolver.resolve(request(), Uuid::nil()).await.is_ok());
        let foreign = resolver.resolve(request(), Uuid::max()).await;
        assert!(matches!(foreign, Err(Refusal::Unavailable(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_directory_is_unavailable() {
        let resolver = PrincipalResolver::from_fn(|_| std::future::pending());
        let silent = resolver
            .resolve(ResolvePrincipalRequest::default(), Uuid::nil())
            .await;
        assert!(matches!(silent, Err(Refusal::Unavailable(_))));
    }
}
