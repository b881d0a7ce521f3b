use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::principals::halves;
use super::world::{World, bad_fields, nobody, reason_of, request_id, take};

fn key_for(subject: &str) -> CreateApiKeyRequest {
    CreateApiKeyRequest {
        subject: subject.to_owned(),
        display_name: "ERP".to_owned(),
        ..Default::default()
    }
}

fn program(display_name: &str, role: &str) -> CreateServiceAccountRequest {
    let account = ServiceAccount {
        display_name: display_name.to_owned(),
        roles: vec![format!("roles/{role}")],
        ..ServiceAccount::default()
    };
    CreateServiceAccountRequest {
        service_account: Some(account),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_program_gets_an_account() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let made = take(
        directory
            .create_service_account(program("ERP", "integrator"))
            .await,
    )
    .service_account
    .unwrap();
    let listed = take(
        directory
            .list_service_accounts(ListServiceAccountsRequest::default())
            .await,
    );
    assert_eq!(listed.service_accounts, std::slice::from_ref(&made));
    assert_eq!(world.events(&made.name).await.len(), 1);
}

#[tokio::test]
async fn a_program_must_refer_to_what_is_there() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    assert_eq!(
        reason_of(
            directory
                .create_service_account(program("ERP", "king"))
                .await
        ),
        "ROLE_NOT_FOUND"
    );
    let mut teamless = program("ERP", "integrator");
    teamless.service_account.as_mut().unwrap().team = nobody("teams");
    assert_eq!(
        reason_of(directory.create_service_account(teamless).await),
        "TEAM_NOT_FOUND"
    );
    let empty = directory
        .create_service_account(CreateServiceAccountRequest::default())
        .await;
    assert_eq!(bad_fields(empty), ["service_account.display_name"]);
    let mut integrator = world.directory(&Caller::integrator(world.tenant));
    let king = program("ERP", "administrator");
    assert_eq!(
        reason_of(integrator.create_service_account(king).await),
        "PERMISSION_DENIED"
    );
}

#[tokio::test]
async fn the_secret_is_shown_once_and_kept_nowhere() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let request = CreateApiKeyRequest {
        request_id: request_id(),
        ..key_for(&world.admin.person_name())
    };
    let first = take(directory.create_api_key(request.clone()).await);
    assert!(first.secret.starts_with("knk_"));
    let repeat = take(directory.create_api_key(request).await);
    assert_eq!(
        (repeat.api_key.clone(), repeat.secret.as_str()),
        (first.api_key, "")
    );
    let (_, random) = halves(&first.secret);
    for (table, column) in [("events.log", "data"), ("events.log", "answer")] {
        let sql = format!(
            "select count(*) from {table} where position('{random}'::bytea in {column}) > 0"
        );
        assert_eq!(world.count(&sql).await, 0, "{table}.{column}");
    }
    let rows = format!("select count(*) from accounts.api_key k where k::text like '%{random}%'");
    assert_eq!(world.count(&rows).await, 0);
    assert_eq!(world.events(&repeat.api_key.unwrap().name).await.len(), 1);
}

#[tokio::test]
async fn of_equal_requests_at_once_one_shows_the_secret() {
    let world = World::new().await;
    world.warm_up().await;
    let directory = world.directory(&world.admin);
    for round in 1..=5 {
        let request = CreateApiKeyRequest {
            request_id: request_id(),
            ..key_for(&world.admin.person_name())
        };
        let calls = (0..8).map(|_| {
            let (mut directory, request) = (directory.clone(), request.clone());
            tokio::spawn(async move { take(directory.create_api_key(request).await) })
        });
        let mut answers = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            answers.push(call.await.unwrap());
        }
        assert!(
            answers
                .iter()
                .all(|answer| answer.api_key == answers[0].api_key)
        );
        let shown = answers.iter().filter(|answer| !answer.secret.is_empty());
        assert_eq!(shown.count(), 1);
        let keys = world.count("select count(*) from accounts.api_key").await;
        assert_eq!(keys, round);
    }
}

#[tokio::test]
async fn a_checked_key_does_not_exist() {
    let world = World::new().await;
    let request = CreateApiKeyRequest {
        validate_only: true,
        ..key_for(&world.admin.person_name())
    };
    assert_eq!(
        take(world.directory(&world.admin).create_api_key(request).await).secret,
        ""
    );
    assert_eq!(
        world.count("select count(*) from accounts.api_key").await,
        0
    );
}

#[tokio::test]
async fn a_bad_key_is_refused_with_every_field() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let bad = CreateApiKeyRequest {
        subject: "teams/1".to_owned(),
        scopes: vec!["pipeline".to_owned(), "kitchen".to_owned()],
        expire_time: Some(prost_types::Timestamp {
            seconds: 1,
            nanos: 0,
        }),
        ..Default::default()
    };
    let fields = ["display_name", "expire_time", "scopes[1]", "subject"];
    assert_eq!(bad_fields(directory.create_api_key(bad).await), fields);
    let person = key_for(&nobody("people"));
    assert_eq!(
        reason_of(directory.create_api_key(person).await),
        "PERSON_NOT_FOUND"
    );
    let program = key_for(&nobody("serviceAccounts"));
    assert_eq!(
        reason_of(directory.create_api_key(program).await),
        "SERVICE_ACCOUNT_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_restricted_credential_makes_no_wider_key() {
    let world = World::new().await;
    let restricted = Caller {
        scopes: vec!["accounts"],
        ..world.admin.clone()
    };
    let mut directory = world.directory(&restricted);
    let mut request = key_for(&world.admin.person_name());
    assert_eq!(
        bad_fields(directory.create_api_key(request.clone()).await),
        ["scopes"]
    );
    request.scopes = vec!["accounts.people".to_owned()];
    assert!(
        !take(directory.create_api_key(request).await)
            .secret
            .is_empty()
    );
}

#[tokio::test]
async fn keys_are_listed_by_subject_and_revoked_once() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let program = take(
        directory
            .create_service_account(program("ERP", "integrator"))
            .await,
    )
    .service_account
    .unwrap();
    take(
        directory
            .create_api_key(key_for(&world.admin.person_name()))
            .await,
    );
    let key = take(directory.create_api_key(key_for(&program.name)).await)
        .api_key
        .unwrap();
    let request = ListApiKeysRequest {
        subject: program.name.clone(),
        ..Default::default()
    };
    assert_eq!(
        take(directory.list_api_keys(request).await).api_keys,
        std::slice::from_ref(&key)
    );
    assert_eq!(
        take(directory.list_api_keys(ListApiKeysRequest::default()).await)
            .api_keys
            .len(),
        2
    );

    let request = RevokeApiKeyRequest {
        name: key.name.clone(),
        request_id: String::new(),
    };
    let revoked = take(directory.revoke_api_key(request.clone()).await);
    assert!(revoked.api_key.as_ref().unwrap().revoke_time.is_some());
    assert_eq!(
        take(directory.revoke_api_key(request.clone()).await),
        revoked
    );
    assert_eq!(world.events(&key.name).await.len(), 2);

    let unknown = RevokeApiKeyRequest {
        name: nobody("apiKeys"),
        ..Default::default()
    };
    assert_eq!(
        reason_of(directory.revoke_api_key(unknown).await),
        "API_KEY_NOT_FOUND"
    );
    let other = world.settle(tenant()).await;
    assert_eq!(
        reason_of(world.directory(&other).revoke_api_key(request).await),
        "API_KEY_NOT_FOUND"
    );
}

#[tokio::test]
async fn integrators_do_not_touch_keys() {
    let world = World::new().await;
    let mut directory = world.directory(&Caller::integrator(world.tenant));
    let denied = directory
        .create_api_key(key_for(&world.admin.person_name()))
        .await;
    assert_eq!(reason_of(denied), "PERMISSION_DENIED");
    assert_eq!(
        reason_of(directory.list_api_keys(ListApiKeysRequest::default()).await),
        "PERMISSION_DENIED"
    );
}
