use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::directory_service_client::DirectoryServiceClient;
use keynode_proto::accounts::v1::resolve_principal_request::Credential;
use keynode_proto::accounts::v1::*;
use tonic::{Response, Status};

use super::world::{World, id, mask, reason_of, take};

pub type Answer = Result<Response<ResolvePrincipalResponse>, Status>;

async fn resolve(world: &World, credential: Option<Credential>) -> Answer {
    let mut directory = DirectoryServiceClient::new(world.server.connect_platform());
    directory
        .resolve_principal(ResolvePrincipalRequest { credential })
        .await
}

pub async fn by_key(world: &World, secret: &str) -> Answer {
    resolve(world, Some(Credential::ApiKey(secret.to_owned()))).await
}

async fn by_login(world: &World, login: &str) -> Answer {
    let token = TokenSubject {
        tenant: format!("tenants/{}", world.tenant),
        login: login.to_owned(),
        scopes: vec!["pipeline".to_owned()],
    };
    resolve(world, Some(Credential::Token(token))).await
}

pub async fn key_of(world: &World, subject: &str) -> CreateApiKeyResponse {
    let request = CreateApiKeyRequest {
        subject: subject.to_owned(),
        display_name: "key".to_owned(),
        scopes: vec!["accounts".to_owned()],
        ..Default::default()
    };
    take(world.directory(&world.admin).create_api_key(request).await)
}

/// The ids of a secret, and its random part, which may have underscores of its own.
pub fn halves(secret: &str) -> (&str, &str) {
    let (at, _) = secret.match_indices('_').nth(1).unwrap();
    let (ids, random) = secret.split_at(at);
    (ids, random.trim_start_matches('_'))
}

async fn give(world: &World, person: Person, paths: &[&str]) {
    let request = UpdatePersonRequest {
        person: Some(person),
        update_mask: mask(paths),
        ..Default::default()
    };
    take(world.directory(&world.admin).update_person(request).await);
}

pub fn principal(answer: Answer) -> ResolvedPrincipal {
    take(answer).principal.unwrap()
}

#[tokio::test]
async fn a_key_is_its_subject() {
    let world = World::new().await;
    let team = world.team("华北", "", "").await;
    let person = world.person(&world.admin, "李", &team.name, "seller").await;
    let found = principal(by_key(&world, &key_of(&world, &person.name).await.secret).await);
    let expected = ResolvedPrincipal {
        tenant: format!("tenants/{}", world.tenant),
        subject: person.name.clone(),
        person: person.name,
        team: team.name,
        roles: vec!["seller".to_owned()],
        scopes: vec!["accounts".to_owned()],
        visibility: RoleVisibility::Own.into(),
        visible_teams: Vec::new(),
    };
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_program_is_no_person() {
    let world = World::new().await;
    let account = ServiceAccount {
        display_name: "ERP".to_owned(),
        roles: vec!["roles/integrator".to_owned()],
        ..ServiceAccount::default()
    };
    let request = CreateServiceAccountRequest {
        service_account: Some(account),
        ..Default::default()
    };
    let made = take(
        world
            .directory(&world.admin)
            .create_service_account(request)
            .await,
    )
    .service_account
    .unwrap();
    let found = principal(by_key(&world, &key_of(&world, &made.name).await.secret).await);
    assert_eq!(
        (found.subject.as_str(), found.person.as_str()),
        (made.name.as_str(), "")
    );
    assert_eq!(found.visibility(), RoleVisibility::All);
}

#[tokio::test]
async fn a_login_is_its_person_with_the_tokens_scopes() {
    let world = World::new().await;
    let person = world.person(&world.admin, "李", "", "viewer").await;
    give(
        &world,
        Person {
            login: "li".to_owned(),
            ..person.clone()
        },
        &["login"],
    )
    .await;
    let found = principal(by_login(&world, "li").await);
    assert_eq!(
        (found.subject, found.scopes),
        (person.name, vec!["pipeline".to_owned()])
    );
    assert_eq!(
        reason_of(by_login(&world, "wang").await),
        "CREDENTIAL_INVALID"
    );
    assert_eq!(reason_of(by_login(&world, "").await), "CREDENTIAL_INVALID");
}

#[tokio::test]
async fn a_manager_sees_the_subtree_of_the_own_team_and_of_those_led() {
    let world = World::new().await;
    let north = world.team("北方", "", "").await;
    let beijing = world.team("北京", &north.name, "").await;
    let district = world.team("海淀", &beijing.name, "").await;
    let manager = world
        .person(&world.admin, "经理", &north.name, "sales_manager")
        .await;
    let south = world.team("南方", "", &manager.name).await;
    let canton = world.team("广州", &south.name, "").await;
    world.team("西方", "", "").await;
    let found = principal(by_key(&world, &key_of(&world, &manager.name).await.secret).await);
    assert_eq!(found.visibility(), RoleVisibility::Subtree);
    let mut seen = found
        .visible_teams
        .iter()
        .map(|team| id(team))
        .collect::<Vec<_>>();
    seen.sort();
    let mut expected = [&north, &beijing, &district, &south, &canton].map(|team| id(&team.name));
    expected.sort();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn of_several_roles_the_widest_counts_and_without_any_only_the_own() {
    let world = World::new().await;
    let person = world.person(&world.admin, "李", "", "seller").await;
    let secret = key_of(&world, &person.name).await.secret;
    let both = ["roles/seller", "roles/viewer"].map(str::to_owned).to_vec();
    give(
        &world,
        Person {
            roles: both,
            ..person.clone()
        },
        &["roles"],
    )
    .await;
    assert_eq!(
        principal(by_key(&world, &secret).await).visibility(),
        RoleVisibility::All
    );
    let person = Person {
        etag: String::new(),
        roles: Vec::new(),
        ..person
    };
    give(&world, person, &["roles"]).await;
    assert_eq!(
        principal(by_key(&world, &secret).await).visibility(),
        RoleVisibility::Own
    );
}

#[tokio::test]
async fn a_team_role_sees_the_own_team_only() {
    let world = World::new().await;
    let team = world.team("华北", "", "").await;
    world.team("北京", &team.name, "").await;
    world
        .execute("update accounts.role set visibility = 2 where id = 'seller'")
        .await;
    let person = world.person(&world.admin, "李", &team.name, "seller").await;
    let found = principal(by_key(&world, &key_of(&world, &person.name).await.secret).await);
    assert_eq!(
        (found.visibility(), found.visible_teams),
        (RoleVisibility::Team, vec![team.name])
    );
}

#[tokio::test]
async fn whoever_manages_a_team_sees_it_as_its_members_do() {
    let world = World::new().await;
    let person = world
        .person(&world.admin, "经理", "", "sales_manager")
        .await;
    let managed = world.team("北京", "", "").await;
    let below = world.team("海淀", &managed.name, "").await;
    let request = UpdateTeamRequest {
        team: Some(Team {
            managers: vec![world.admin.person_name(), person.name.clone()],
            ..managed.clone()
        }),
        update_mask: mask(&["managers"]),
        ..Default::default()
    };
    let changed = take(world.directory(&world.admin).update_team(request).await);
    assert_eq!(
        changed.team.unwrap().managers,
        [world.admin.person_name(), person.name.clone()]
    );
    let secret = key_of(&world, &person.name).await.secret;
    let mut seen = principal(by_key(&world, &secret).await).visible_teams;
    seen.sort();
    let mut expected = [managed.name.clone(), below.name];
    expected.sort();
    assert_eq!(seen, expected);
    world
        .execute("update accounts.role set visibility = 2 where id = 'sales_manager'")
        .await;
    assert_eq!(
        principal(by_key(&world, &secret).await).visible_teams,
        [managed.name]
    );
}

#[tokio::test]
async fn a_key_that_is_not_quite_one_is_invalid() {
    let world = World::new().await;
    let secret = key_of(&world, &world.admin.person_name()).await.secret;
    let (head, tail) = halves(&secret);
    let turned: String = tail.chars().rev().collect();
    let forged = format!("{head}_{turned}");
    let foreign = secret.replace(
        &world.tenant.0.simple().to_string(),
        &tenant().0.simple().to_string(),
    );
    for bad in ["", "knk_x", &forged, &foreign] {
        assert_eq!(
            reason_of(by_key(&world, bad).await),
            "CREDENTIAL_INVALID",
            "{bad}"
        );
    }
    assert_eq!(reason_of(resolve(&world, None).await), "CREDENTIAL_INVALID");
    principal(by_key(&world, &secret).await);
}

#[tokio::test]
async fn a_revoked_key_is_invalid_and_an_expired_one_expired() {
    let world = World::new().await;
    let key = key_of(&world, &world.admin.person_name()).await;
    world
        .execute("update accounts.api_key set expires_at = now() - interval '1 second'")
        .await;
    assert_eq!(
        reason_of(by_key(&world, &key.secret).await),
        "CREDENTIAL_EXPIRED"
    );
    let request = RevokeApiKeyRequest {
        name: key.api_key.unwrap().name,
        request_id: String::new(),
    };
    take(world.directory(&world.admin).revoke_api_key(request).await);
    assert_eq!(
        reason_of(by_key(&world, &key.secret).await),
        "CREDENTIAL_INVALID"
    );
}

#[tokio::test]
async fn a_disabled_person_is_nobody() {
    let world = World::new().await;
    let person = world.person(&world.admin, "李", "", "seller").await;
    let secret = key_of(&world, &person.name).await.secret;
    give(
        &world,
        Person {
            disabled: true,
            login: "li".to_owned(),
            ..person
        },
        &["disabled", "login"],
    )
    .await;
    assert_eq!(
        reason_of(by_key(&world, &secret).await),
        "CREDENTIAL_INVALID"
    );
    assert_eq!(
        reason_of(by_login(&world, "li").await),
        "CREDENTIAL_INVALID"
    );
}

#[tokio::test]
async fn only_services_resolve_principals() {
    let world = World::new().await;
    let request = ResolvePrincipalRequest {
        credential: Some(Credential::ApiKey("x".to_owned())),
    };
    let mut service = DirectoryServiceClient::new(world.server.connect_service("pipeline"));
    assert_eq!(
        reason_of(service.resolve_principal(request.clone()).await),
        "CREDENTIAL_INVALID"
    );
    let denied = world
        .directory(&world.admin)
        .resolve_principal(request)
        .await;
    assert_eq!(reason_of(denied), "PERMISSION_DENIED");
}
