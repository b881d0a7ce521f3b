//! Keys of programs: what they may, and that a revoked one is refused everywhere at once.

use std::time::Duration;

use keynode_kit::client::Channel;
use keynode_proto::accounts::v1::accounts_service_client::AccountsServiceClient;
use keynode_proto::accounts::v1::{
    CreateApiKeyRequest, CreateServiceAccountRequest, ListAccountsRequest, RevokeApiKeyRequest,
    ServiceAccount,
};
use keynode_proto::notification::v1::ListEventsRequest;
use keynode_proto::notification::v1::feed_service_client::FeedServiceClient;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::{
    CreateOpportunityRequest, ListOpportunitiesRequest, Opportunity,
};
use keynode_proto::scoring::v1::ListEvaluationModelsRequest;
use keynode_proto::scoring::v1::evaluations_service_client::EvaluationsServiceClient;
use keynode_tests::{Deployment, Organisation};
use secrecy::SecretString;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::deal;

/// A program's key, its name and its secret.
async fn key(people: &mut Organisation, scopes: &[&str]) -> (String, SecretString) {
    let directory = &mut people.administrator.directory;
    let account = ServiceAccount {
        display_name: "ERP".into(),
        roles: vec!["roles/integrator".into()],
        ..ServiceAccount::default()
    };
    let request = CreateServiceAccountRequest {
        service_account: Some(account),
        request_id: deal::id(),
        ..Default::default()
    };
    let made = directory
        .create_service_account(request)
        .await
        .unwrap()
        .into_inner();
    let request = CreateApiKeyRequest {
        subject: made.service_account.unwrap().name,
        display_name: "nightly".into(),
        scopes: scopes.iter().map(ToString::to_string).collect(),
        request_id: deal::id(),
        ..Default::default()
    };
    let made = directory
        .create_api_key(request)
        .await
        .unwrap()
        .into_inner();
    (made.api_key.unwrap().name, made.secret.into())
}

/// One read of each service.
async fn reads(to: impl Fn(&str) -> Channel) -> [Result<(), Status>; 4] {
    let (mut accounts, mut deals, mut models, mut feed) = (
        AccountsServiceClient::new(to("accounts")),
        OpportunitiesServiceClient::new(to("pipeline")),
        EvaluationsServiceClient::new(to("scoring")),
        FeedServiceClient::new(to("notification")),
    );
    [
        accounts
            .list_accounts(ListAccountsRequest::default())
            .await
            .map(|_| ()),
        deals
            .list_opportunities(ListOpportunitiesRequest::default())
            .await
            .map(|_| ()),
        models
            .list_evaluation_models(ListEvaluationModelsRequest::default())
            .await
            .map(|_| ()),
        feed.list_events(ListEventsRequest::default())
            .await
            .map(|_| ()),
    ]
}

fn reason(result: Result<(), Status>) -> String {
    let status = result.expect_err("it is refused");
    status
        .get_error_details()
        .error_info()
        .unwrap()
        .reason
        .clone()
}

#[tokio::test]
async fn a_revoked_key_is_refused_by_every_service_within_a_second() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let (name, secret) = key(&mut people, &[]).await;
    let to = |service: &str| deployment.connect(service, &secret);
    for read in reads(to).await {
        read.unwrap();
    }
    let request = RevokeApiKeyRequest {
        name,
        request_id: deal::id(),
    };
    people
        .administrator
        .directory
        .revoke_api_key(request)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    for read in reads(to).await {
        assert_eq!(reason(read), "CREDENTIAL_INVALID");
    }
}

#[tokio::test]
async fn a_restricted_key_does_what_its_scopes_name_and_nothing_else() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let (_, secret) = key(&mut people, &["pipeline.read"]).await;
    let [accounts, deals, models, feed] =
        reads(|service| deployment.connect(service, &secret)).await;
    deals.unwrap();
    for refused in [accounts, models, feed] {
        assert_eq!(reason(refused), "PERMISSION_DENIED");
    }
    let mut client = OpportunitiesServiceClient::new(deployment.connect("pipeline", &secret));
    let opportunity = Opportunity {
        display_name: "x".into(),
        ..Opportunity::default()
    };
    let request = CreateOpportunityRequest {
        opportunity: Some(opportunity),
        request_id: deal::id(),
        ..Default::default()
    };
    let refused = client.create_opportunity(request).await.map(|_| ());
    assert_eq!(reason(refused), "PERMISSION_DENIED");
}
