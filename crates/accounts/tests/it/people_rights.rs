use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::people::{creating, named, updating};
use super::world::{World, bad_fields, reason_of, take};

#[tokio::test]
async fn another_tenants_people_are_not_there() {
    let world = World::new().await;
    let person = world.person(&world.admin, "李", "", "seller").await;
    let other = world.settle(tenant()).await;
    let mut foreign = world.directory(&other);
    let get = GetPersonRequest {
        name: person.name.clone(),
    };
    assert_eq!(reason_of(foreign.get_person(get).await), "PERSON_NOT_FOUND");
    assert_eq!(
        reason_of(foreign.update_person(updating(&person, &[])).await),
        "PERSON_NOT_FOUND"
    );
    let listed = take(foreign.list_people(ListPeopleRequest::default()).await).people;
    assert_eq!(listed.len(), 1, "the other administrator alone");
}

#[tokio::test]
async fn only_an_administrator_makes_or_takes_over_an_administrator() {
    let world = World::new().await;
    let integrator = Caller::integrator(world.tenant);
    let mut directory = world.directory(&integrator);
    let king = Person {
        roles: vec!["roles/administrator".to_owned()],
        ..named("王")
    };
    assert_eq!(
        reason_of(directory.create_person(creating(king)).await),
        "PERMISSION_DENIED"
    );

    let seller = world.person(&integrator, "李", "", "viewer").await;
    let promoted = Person {
        roles: vec!["roles/administrator".to_owned()],
        ..seller
    };
    assert_eq!(
        reason_of(
            directory
                .update_person(updating(&promoted, &["roles"]))
                .await
        ),
        "PERMISSION_DENIED"
    );

    let name = world.admin.person_name();
    let hijacked = Person {
        name: name.clone(),
        login: "mine".to_owned(),
        ..named("管理员")
    };
    assert_eq!(
        reason_of(
            directory
                .update_person(updating(&hijacked, &["login"]))
                .await
        ),
        "PERMISSION_DENIED"
    );
    let renamed = Person {
        name,
        ..named("老板")
    };
    take(
        directory
            .update_person(updating(&renamed, &["display_name"]))
            .await,
    );
}

#[tokio::test]
async fn sellers_read_people_but_do_not_change_them() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let mut directory = world.directory(&seller);
    take(
        directory
            .get_person(GetPersonRequest {
                name: world.admin.person_name(),
            })
            .await,
    );
    assert_eq!(
        reason_of(directory.create_person(creating(named("李"))).await),
        "PERMISSION_DENIED"
    );
}

#[tokio::test]
async fn a_restricted_credential_widens_itself_through_nobody() {
    let world = World::new().await;
    let person = world.person(&world.admin, "李", "", "seller").await;
    let restricted = Caller {
        scopes: vec!["accounts"],
        ..Caller::person(world.tenant, "administrator")
    };
    let mut directory = world.directory(&restricted);
    let roles = vec!["roles/sales_manager".to_owned()];
    let colleague = Person {
        roles: roles.clone(),
        ..named("王")
    };
    assert_eq!(
        bad_fields(directory.create_person(creating(colleague)).await),
        ["person.roles"]
    );
    take(directory.create_person(creating(named("王"))).await);

    let wanted = Person {
        login: "mine".to_owned(),
        roles: roles.clone(),
        display_name: "李四".to_owned(),
        ..person
    };
    let change = updating(&wanted, &["login", "roles", "display_name"]);
    assert_eq!(
        bad_fields(directory.update_person(change).await),
        ["person.login", "person.roles"]
    );
    assert_eq!(world.events(&wanted.name).await.len(), 1);
    take(
        directory
            .update_person(updating(&wanted, &["display_name"]))
            .await,
    );

    let program = |roles: &[String]| CreateServiceAccountRequest {
        service_account: Some(ServiceAccount {
            display_name: "ERP".to_owned(),
            roles: roles.to_vec(),
            ..ServiceAccount::default()
        }),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(directory.create_service_account(program(&roles)).await),
        ["service_account.roles"]
    );
    take(directory.create_service_account(program(&[])).await);
}
