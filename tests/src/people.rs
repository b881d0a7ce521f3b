//! A tenant with a sales organisation, and the services as each of its people calls them.

use keynode_kit::call::TenantId;
use keynode_kit::client::Channel;
use keynode_proto::accounts::v1::accounts_service_client::AccountsServiceClient;
use keynode_proto::accounts::v1::contacts_service_client::ContactsServiceClient;
use keynode_proto::accounts::v1::decision_maps_service_client::DecisionMapsServiceClient;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::merges_service_client::MergesServiceClient;
use keynode_proto::accounts::v1::prospects_service_client::ProspectsServiceClient;
use keynode_proto::accounts::v1::transfers_service_client::TransfersServiceClient;
use keynode_proto::accounts::v1::{
    CreateApiKeyRequest, CreatePersonRequest, CreateTeamRequest, CreateTenantRequest, Person, Team,
};
use keynode_proto::notification::v1::feed_service_client::FeedServiceClient;
use keynode_proto::notification::v1::inbox_service_client::InboxServiceClient;
use keynode_proto::pipeline::v1::activities_service_client::ActivitiesServiceClient;
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::scoring::v1::diagnoses_service_client::DiagnosesServiceClient;
use keynode_proto::scoring::v1::evaluations_service_client::EvaluationsServiceClient;
use secrecy::SecretString;
use uuid::Uuid;

use crate::Deployment;

/// Every service as one person calls it.
#[derive(Clone)]
pub struct Client {
    /// `people/{id}`.
    pub person: String,
    pub directory: DirectoryServiceClient<Channel>,
    pub accounts: AccountsServiceClient<Channel>,
    pub contacts: ContactsServiceClient<Channel>,
    pub maps: DecisionMapsServiceClient<Channel>,
    pub merges: MergesServiceClient<Channel>,
    pub prospects: ProspectsServiceClient<Channel>,
    pub transfers: TransfersServiceClient<Channel>,
    /// Of the pipeline service, for clients of its other services.
    pub pipeline: Channel,
    pub opportunities: OpportunitiesServiceClient<Channel>,
    pub activities: ActivitiesServiceClient<Channel>,
    pub evaluations: EvaluationsServiceClient<Channel>,
    pub diagnoses: DiagnosesServiceClient<Channel>,
    pub inbox: InboxServiceClient<Channel>,
    pub feed: FeedServiceClient<Channel>,
}

/// A seller in a team, the manager who leads it, and an administrator.
pub struct Organisation {
    pub tenant: TenantId,
    pub seller: Client,
    pub manager: Client,
    pub administrator: Client,
}

impl Organisation {
    /// Makes a tenant with these people through the Directory.
    ///
    /// # Panics
    /// If the Directory refuses.
    pub async fn create(deployment: &Deployment) -> Self {
        let tenant = TenantId(Uuid::now_v7());
        let request = CreateTenantRequest {
            tenant_id: tenant.to_string(),
            display_name: "测试公司".into(),
        };
        let mut platform = DirectoryServiceClient::new(deployment.platform(None));
        platform
            .create_tenant(request)
            .await
            .expect("a tenant is made");
        let mut directory = DirectoryServiceClient::new(deployment.platform(Some(tenant)));
        let manager = create_person(&mut directory, "总监", "sales_manager", "").await;
        let team = Team {
            display_name: "北京".into(),
            lead: manager.clone(),
            ..Team::default()
        };
        let request = CreateTeamRequest {
            team: Some(team),
            request_id: id(),
            ..CreateTeamRequest::default()
        };
        let team = directory
            .create_team(request)
            .await
            .expect("a team is made")
            .into_inner();
        let team = team.team.expect("the answer holds the team").name;
        let seller = create_person(&mut directory, "小张", "seller", &team).await;
        let administrator = create_person(&mut directory, "管理员", "administrator", "").await;
        Self {
            tenant,
            seller: client(deployment, &mut directory, seller).await,
            manager: client(deployment, &mut directory, manager).await,
            administrator: client(deployment, &mut directory, administrator).await,
        }
    }
}

async fn create_person(
    directory: &mut DirectoryServiceClient<Channel>,
    name: &str,
    role: &str,
    team: &str,
) -> String {
    let person = Person {
        display_name: name.into(),
        roles: vec![format!("roles/{role}")],
        team: team.into(),
        ..Person::default()
    };
    let request = CreatePersonRequest {
        person: Some(person),
        request_id: id(),
        validate_only: false,
    };
    let made = directory
        .create_person(request)
        .await
        .expect("a person is added")
        .into_inner();
    made.person.expect("the answer holds the person").name
}

async fn client(
    deployment: &Deployment,
    directory: &mut DirectoryServiceClient<Channel>,
    person: String,
) -> Client {
    let request = CreateApiKeyRequest {
        subject: person.clone(),
        display_name: "end to end".into(),
        request_id: id(),
        ..CreateApiKeyRequest::default()
    };
    let key = directory
        .create_api_key(request)
        .await
        .expect("a key is made")
        .into_inner();
    let token = SecretString::from(key.secret);
    let to = |service: &str| deployment.connect(service, &token);
    Client {
        person,
        directory: DirectoryServiceClient::new(to("accounts")),
        accounts: AccountsServiceClient::new(to("accounts")),
        contacts: ContactsServiceClient::new(to("accounts")),
        maps: DecisionMapsServiceClient::new(to("accounts")),
        merges: MergesServiceClient::new(to("accounts")),
        prospects: ProspectsServiceClient::new(to("accounts")),
        transfers: TransfersServiceClient::new(to("accounts")),
        pipeline: to("pipeline"),
        opportunities: OpportunitiesServiceClient::new(to("pipeline")),
        activities: ActivitiesServiceClient::new(to("pipeline")),
        evaluations: EvaluationsServiceClient::new(to("scoring")),
        diagnoses: DiagnosesServiceClient::new(to("scoring")),
        inbox: InboxServiceClient::new(to("notification")),
        feed: FeedServiceClient::new(to("notification")),
    }
}

fn id() -> String {
    Uuid::now_v7().to_string()
}
