use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::world::{World, bad_fields, reason_of, take};

fn creating(tenant_id: &str, display_name: &str) -> CreateTenantRequest {
    CreateTenantRequest {
        tenant_id: tenant_id.to_owned(),
        display_name: display_name.to_owned(),
    }
}

#[tokio::test]
async fn a_tenant_begins_with_the_built_in_roles() {
    let world = World::new().await;
    let roles = take(
        world
            .directory(&world.admin)
            .list_roles(ListRolesRequest {})
            .await,
    )
    .roles;
    let seen: Vec<_> = roles
        .iter()
        .map(|role| (role.name.as_str(), role.visibility()))
        .collect();
    assert_eq!(
        seen,
        [
            ("roles/administrator", RoleVisibility::All),
            ("roles/integrator", RoleVisibility::All),
            ("roles/sales_manager", RoleVisibility::Subtree),
            ("roles/seller", RoleVisibility::Own),
            ("roles/viewer", RoleVisibility::All),
        ]
    );
    let events = world.events(&format!("tenants/{}", world.tenant)).await;
    let made: TenantCreated = events[0].message();
    assert_eq!(
        (made.after.unwrap().display_name.as_str(), events.len()),
        ("测试公司", 1)
    );
}

#[tokio::test]
async fn an_id_may_be_left_to_the_service_but_not_be_taken_twice() {
    let world = World::new().await;
    let made = take(world.platform().create_tenant(creating("", "Acme")).await)
        .tenant
        .unwrap();
    assert!(made.name.starts_with("tenants/") && made.create_time.is_some());
    let again = creating(&world.tenant.0.to_string(), "Acme");
    assert_eq!(
        reason_of(world.platform().create_tenant(again).await),
        "TENANT_EXISTS"
    );
    assert_eq!(
        bad_fields(world.platform().create_tenant(creating("7", " ")).await),
        ["display_name", "tenant_id"]
    );
}

#[tokio::test]
async fn tenants_are_listed_oldest_first_across_tenants_and_pages() {
    let world = World::new().await;
    let mut names = vec![format!("tenants/{}", world.tenant)];
    for (number, id) in [
        "ffffffff-ffff-4fff-8fff-ffffffffffff",
        "00000000-0000-4000-8000-000000000001",
    ]
    .iter()
    .enumerate()
    {
        let made = take(
            world
                .platform()
                .create_tenant(creating(id, &format!("{number}")))
                .await,
        );
        names.push(made.tenant.unwrap().name);
    }
    let mut request = ListTenantsRequest {
        page_size: 2,
        page_token: String::new(),
    };
    let first = take(world.platform().list_tenants(request.clone()).await);
    request.page_token = first.next_page_token;
    let second = take(world.platform().list_tenants(request.clone()).await);
    let listed: Vec<_> = first
        .tenants
        .into_iter()
        .chain(second.tenants)
        .map(|tenant| tenant.name)
        .collect();
    assert_eq!((listed, second.next_page_token.as_str()), (names, ""));
    request.page_token = "nonsense".to_owned();
    assert_eq!(
        reason_of(world.platform().list_tenants(request).await),
        "PAGE_TOKEN_INVALID"
    );
}

#[tokio::test]
async fn tenants_are_the_platforms_business() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    assert_eq!(
        reason_of(directory.create_tenant(creating("", "x")).await),
        "PERMISSION_DENIED"
    );
    assert_eq!(
        reason_of(directory.list_tenants(ListTenantsRequest::default()).await),
        "PERMISSION_DENIED"
    );
}

#[tokio::test]
async fn work_in_a_tenant_needs_one_that_exists() {
    let world = World::new().await;
    let person = Person {
        display_name: "x".to_owned(),
        ..Person::default()
    };
    let request = CreatePersonRequest {
        person: Some(person),
        ..Default::default()
    };
    assert_eq!(
        reason_of(world.platform().create_person(request.clone()).await),
        "TENANT_REQUIRED"
    );
    let of_nothing = Caller::person(tenant(), "administrator");
    assert_eq!(
        reason_of(world.directory(&of_nothing).create_person(request).await),
        "TENANT_REQUIRED"
    );
}
