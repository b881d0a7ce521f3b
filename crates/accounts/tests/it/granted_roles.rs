//! Nobody gives a role with rights that they lack.

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;

use super::deal::{Deal, playing};
use super::directory_sync::{name, partial, person as row, sync, words};
use super::people::{creating, named, updating};
use super::world::{World, metadata, reason, reason_of, refused, take};

fn with(role: &str, person: Person) -> Person {
    Person {
        roles: vec![format!("roles/{role}")],
        ..person
    }
}

fn program(role: &str) -> CreateServiceAccountRequest {
    CreateServiceAccountRequest {
        service_account: Some(ServiceAccount {
            display_name: "ERP".to_owned(),
            roles: vec![format!("roles/{role}")],
            ..ServiceAccount::default()
        }),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_program_gives_no_role_that_sees_insiders_while_it_does_not() {
    let world = World::new().await;
    let mut directory = world.directory(&Caller::integrator(world.tenant));
    for role in ["seller", "sales_manager", "administrator"] {
        let request = creating(with(role, named("李")));
        assert_eq!(
            reason_of(directory.create_person(request).await),
            "PERMISSION_DENIED",
            "{role}"
        );
        assert_eq!(
            reason_of(directory.create_service_account(program(role)).await),
            "PERMISSION_DENIED",
            "{role}"
        );
    }
    let status = refused(
        directory
            .create_person(creating(with("seller", named("李"))))
            .await,
    );
    assert_eq!(
        (reason(&status).as_str(), metadata(&status, "role")),
        ("PERMISSION_DENIED", Some("roles/seller".to_owned()))
    );
    let viewer = with("viewer", named("李"));
    let viewer = take(directory.create_person(creating(viewer)).await);
    let viewer = viewer.person.unwrap();
    take(
        directory
            .create_service_account(program("integrator"))
            .await,
    );
    let promoted = updating(&with("seller", viewer.clone()), &["roles"]);
    assert_eq!(
        reason_of(directory.update_person(promoted.clone()).await),
        "PERMISSION_DENIED"
    );
    assert_eq!(world.events(&viewer.name).await.len(), 1);
    let mut directory = world.directory(&world.admin);
    take(directory.update_person(promoted).await);
}

#[tokio::test]
async fn a_program_that_synchronises_gives_no_more_than_it_has() {
    let world = World::new().await;
    let roles = |role: &str| {
        Some(SyncRoles {
            roles: vec![format!("roles/{role}")],
        })
    };
    let request = || {
        let people = ["viewer", "seller", "sales_manager"].map(|role| SyncPerson {
            roles: roles(role),
            ..row(role)
        });
        partial(Vec::new(), people.to_vec())
    };
    let mut calls = sync(&world, &Caller::integrator(world.tenant));
    let answer = take(calls.sync_directory(request()).await);
    assert_eq!(
        words(&answer.people),
        ["created", "PERMISSION_DENIED", "PERMISSION_DENIED"]
    );
    let mut calls = sync(&world, &world.admin);
    let answer = take(calls.sync_directory(request()).await);
    assert_eq!(words(&answer.people), ["unchanged", "created", "created"]);

    let seller = name(&answer.people[1]);
    let mut calls = sync(&world, &Caller::integrator(world.tenant));
    let renamed = SyncPerson {
        roles: roles("seller"),
        title: Some("经理".to_owned()),
        ..row("seller")
    };
    let taken_over = SyncPerson {
        login: Some("mine".to_owned()),
        ..renamed.clone()
    };
    let leaving = SyncPerson {
        active: Some(false),
        ..renamed.clone()
    };
    for (row, word) in [
        (renamed, "updated"),
        (taken_over, "PERMISSION_DENIED"),
        (leaving, "disabled"),
    ] {
        let answer = take(calls.sync_directory(partial(Vec::new(), vec![row])).await);
        assert_eq!(words(&answer.people), [word], "{seller}");
    }
}

#[tokio::test]
async fn a_scope_narrows_and_lifts_no_mask() {
    let mut deal = Deal::new().await;
    let contact = deal.contact("线人").await;
    deal.set(playing(&contact, StakeholderRole::Coach)).await;
    let (tenant, admin) = (deal.world.tenant, deal.world.admin.clone());
    for (caller, scope, is_named) in [
        (Caller::integrator(tenant), "accounts", false),
        (Caller::integrator(tenant), "accounts.insiders", false),
        (Caller::person(tenant, "viewer"), "accounts", false),
        (admin.clone(), "read", false),
        (admin.clone(), "accounts.decisionMaps", false),
        (admin, "accounts", true),
    ] {
        let narrow = Caller {
            scopes: vec![scope],
            ..caller
        };
        let request = GetDecisionMapRequest {
            name: deal.map.name.clone(),
        };
        let mut maps = deal.world.maps(&narrow);
        match maps.get_decision_map(request).await {
            Ok(map) => {
                let person = map
                    .into_inner()
                    .decision_map
                    .unwrap()
                    .stakeholders
                    .remove(0);
                assert_eq!(person.contact == contact, is_named, "{narrow:?}");
            }
            Err(status) => assert_eq!(
                (reason(&status).as_str(), scope),
                ("PERMISSION_DENIED", "accounts.insiders")
            ),
        }
    }
}
