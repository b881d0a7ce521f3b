use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::people::{creating, named, updating};
use super::world::{World, reason_of, take};

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

    let seller = world.person(&integrator, "李", "", "seller").await;
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
