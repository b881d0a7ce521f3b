use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;
use tonic_types::StatusExt as _;

use super::prospecting::chemical_plants;
use super::world::{World, bad_fields, mask, nobody, reason, reason_of, refused, request_id, take};

fn creating(definition: TargetDefinition) -> CreateTargetDefinitionRequest {
    CreateTargetDefinitionRequest {
        target_definition: Some(definition),
        request_id: request_id(),
        validate_only: false,
    }
}

fn updating(definition: &TargetDefinition, paths: &[&str]) -> UpdateTargetDefinitionRequest {
    UpdateTargetDefinitionRequest {
        target_definition: Some(definition.clone()),
        update_mask: mask(paths),
        ..Default::default()
    }
}

fn publishing(name: &str) -> PublishTargetDefinitionRequest {
    PublishTargetDefinitionRequest {
        name: name.to_owned(),
        ..Default::default()
    }
}

fn retiring(name: &str) -> RetireTargetDefinitionRequest {
    RetireTargetDefinitionRequest {
        name: name.to_owned(),
        ..Default::default()
    }
}

fn revising(name: &str) -> ReviseTargetDefinitionRequest {
    ReviseTargetDefinitionRequest {
        name: name.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_definition_is_drafted_changed_published_and_retired() {
    let world = World::new().await;
    let manager = world.manager().await;
    let mut definitions = world.target_definitions(&manager);
    let mut request = creating(chemical_plants());
    let first = take(definitions.create_target_definition(request.clone()).await);
    let again = take(definitions.create_target_definition(request.clone()).await);
    assert_eq!(again, first);
    request.target_definition.as_mut().unwrap().pass_percent = 50;
    let other = definitions.create_target_definition(request.clone()).await;
    assert_eq!(reason_of(other), "REQUEST_ID_REUSED");
    let draft = first.target_definition.unwrap();
    assert_eq!(
        (draft.version, draft.state(), draft.previous.as_str()),
        (1, TargetDefinitionState::Draft, "")
    );

    let stricter = TargetDefinition {
        pass_percent: 100,
        ..draft.clone()
    };
    let changed = take(
        definitions
            .update_target_definition(updating(&stricter, &["pass_percent"]))
            .await,
    );
    let changed = changed.target_definition.unwrap();
    assert_eq!((changed.pass_percent, changed.etag.as_str()), (100, "2"));
    let stale = updating(&stricter, &["pass_percent"]);
    let stale = definitions.update_target_definition(stale).await;
    assert_eq!(reason_of(stale), "ETAG_MISMATCH");

    let checked = PublishTargetDefinitionRequest {
        validate_only: true,
        ..publishing(&draft.name)
    };
    take(definitions.publish_target_definition(checked).await);
    let published = take(
        definitions
            .publish_target_definition(publishing(&draft.name))
            .await,
    );
    let published = published.target_definition.unwrap();
    assert_eq!(published.state(), TargetDefinitionState::Published);
    let retired = take(
        definitions
            .retire_target_definition(retiring(&draft.name))
            .await,
    );
    let retired = retired.target_definition.unwrap();
    assert_eq!(retired.state(), TargetDefinitionState::Retired);

    let request = GetTargetDefinitionRequest {
        name: draft.name.clone(),
    };
    let read = take(definitions.get_target_definition(request).await);
    assert_eq!(read.target_definition.unwrap(), retired);
    let events = world.events(&draft.name).await;
    let sequences: Vec<i64> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4]);
    let change: TargetDefinitionChanged = events[3].message();
    assert_eq!(
        (change.before, change.after),
        (Some(published), Some(retired))
    );
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let world = World::new().await;
    let mut definitions = world.target_definitions(&world.admin);
    let mut bad = chemical_plants();
    bad.display_name = " ".to_owned();
    bad.pass_percent = 101;
    bad.criteria[0].id = "Industry".to_owned();
    bad.criteria[1].weight = 5;
    bad.criteria[2].check = None;
    bad.criteria[3].id = "budget".to_owned();
    bad.criteria[3].display_name = None;
    let expected = [
        "target_definition.criteria[0].id",
        "target_definition.criteria[1].weight",
        "target_definition.criteria[2].check",
        "target_definition.criteria[3].display_name.en",
        "target_definition.criteria[3].display_name.zh_cn",
        "target_definition.criteria[3].id",
        "target_definition.display_name",
        "target_definition.pass_percent",
    ];
    let request = creating(bad.clone());
    assert_eq!(
        bad_fields(definitions.create_target_definition(request).await),
        expected
    );
    let draft = world.drafted(chemical_plants()).await;
    let unknown = updating(&draft, &["state"]);
    assert_eq!(
        bad_fields(definitions.update_target_definition(unknown).await),
        ["update_mask"]
    );
    let list = ListTargetDefinitionsRequest {
        state: 99,
        ..Default::default()
    };
    assert_eq!(
        bad_fields(definitions.list_target_definitions(list).await),
        ["state"]
    );
}

#[tokio::test]
async fn what_could_screen_nobody_is_not_published() {
    let world = World::new().await;
    let mut incomplete = chemical_plants();
    incomplete.criteria[2].weight = 59;
    incomplete.pass_percent = 0;
    let draft = world.drafted(incomplete).await;
    let mut definitions = world.target_definitions(&world.admin);
    let status = refused(
        definitions
            .publish_target_definition(publishing(&draft.name))
            .await,
    );
    assert_eq!(reason(&status), "TARGET_DEFINITION_INCOMPLETE");
    let violations = status
        .get_details_precondition_failure()
        .unwrap()
        .violations;
    let kinds: Vec<_> = violations.iter().map(|v| v.r#type.as_str()).collect();
    assert_eq!(kinds, ["WEIGHTS_TOTAL", "PASS_PERCENT"]);
    assert_eq!(world.events(&draft.name).await.len(), 1);
}

#[tokio::test]
async fn what_is_published_changes_by_revision_only() {
    let world = World::new().await;
    let published = world.published(chemical_plants()).await;
    let mut definitions = world.target_definitions(&world.admin);
    let update = updating(&published, &["pass_percent"]);
    let update = definitions.update_target_definition(update).await;
    assert_eq!(reason_of(update), "TARGET_DEFINITION_NOT_DRAFT");
    let publish = publishing(&published.name);
    let publish = definitions.publish_target_definition(publish).await;
    assert_eq!(reason_of(publish), "TARGET_DEFINITION_NOT_DRAFT");
    let stale = RetireTargetDefinitionRequest {
        etag: "1".to_owned(),
        ..retiring(&published.name)
    };
    let stale = definitions.retire_target_definition(stale).await;
    assert_eq!(reason_of(stale), "ETAG_MISMATCH");

    let revise = revising(&published.name);
    let draft = take(definitions.revise_target_definition(revise).await);
    let draft = draft.target_definition.unwrap();
    assert_eq!((draft.version, &draft.previous), (2, &published.name));
    assert_eq!(draft.criteria, published.criteria);
    for refused in [
        reason_of(
            definitions
                .revise_target_definition(revising(&draft.name))
                .await,
        ),
        reason_of(
            definitions
                .retire_target_definition(retiring(&draft.name))
                .await,
        ),
    ] {
        assert_eq!(refused, "TARGET_DEFINITION_NOT_PUBLISHED");
    }
    let request = GetTargetDefinitionRequest {
        name: published.name.clone(),
    };
    let read = take(definitions.get_target_definition(request).await);
    assert_eq!(read.target_definition.unwrap(), published);
}

#[tokio::test]
async fn revisions_made_at_once_have_numbers_of_their_own() {
    let world = World::new().await;
    let published = world.published(chemical_plants()).await;
    world.warm_up().await;
    let revisions: Vec<_> = (0..8)
        .map(|_| {
            let mut definitions = world.target_definitions(&world.admin);
            let request = revising(&published.name);
            tokio::spawn(async move { take(definitions.revise_target_definition(request).await) })
        })
        .collect();
    let mut numbers = Vec::new();
    for revision in revisions {
        let revision = revision.await.unwrap();
        numbers.push(revision.target_definition.unwrap().version);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [2, 3, 4, 5, 6, 7, 8, 9]);
}

#[tokio::test]
async fn definitions_are_listed_by_page_and_state() {
    let world = World::new().await;
    let draft = world.drafted(chemical_plants()).await;
    let published = world.published(chemical_plants()).await;
    let mut definitions = world.target_definitions(&world.admin);
    let mut request = ListTargetDefinitionsRequest {
        page_size: 1,
        ..Default::default()
    };
    let page = take(definitions.list_target_definitions(request.clone()).await);
    assert_eq!(page.target_definitions, [draft]);
    request.page_token = page.next_page_token;
    let page = take(definitions.list_target_definitions(request.clone()).await);
    assert_eq!(page.target_definitions, std::slice::from_ref(&published));
    assert_eq!(page.next_page_token, "");
    request.set_state(TargetDefinitionState::Published);
    let foreign = definitions.list_target_definitions(request.clone()).await;
    assert_eq!(reason_of(foreign), "PAGE_TOKEN_INVALID");
    request.page_token.clear();
    let page = take(definitions.list_target_definitions(request).await);
    assert_eq!(page.target_definitions, [published]);
}

#[tokio::test]
async fn another_tenants_definition_is_not_there() {
    let world = World::new().await;
    let definition = world.published(chemical_plants()).await;
    let stranger = world.settle(tenant()).await;
    let mut definitions = world.target_definitions(&stranger);
    let name = definition.name.as_str();
    let get = GetTargetDefinitionRequest {
        name: name.to_owned(),
    };
    let nowhere = GetTargetDefinitionRequest {
        name: nobody("targetDefinitions"),
    };
    for reason in [
        reason_of(definitions.get_target_definition(get).await),
        reason_of(definitions.get_target_definition(nowhere).await),
        reason_of(
            definitions
                .update_target_definition(updating(&definition, &[]))
                .await,
        ),
        reason_of(
            definitions
                .publish_target_definition(publishing(name))
                .await,
        ),
        reason_of(definitions.retire_target_definition(retiring(name)).await),
        reason_of(definitions.revise_target_definition(revising(name)).await),
    ] {
        assert_eq!(reason, "TARGET_DEFINITION_NOT_FOUND");
    }
}

#[tokio::test]
async fn sellers_read_definitions_and_write_none() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let definition = world.published(chemical_plants()).await;
    let mut definitions = world.target_definitions(&seller);
    let get = GetTargetDefinitionRequest {
        name: definition.name.clone(),
    };
    take(definitions.get_target_definition(get).await);
    let create = creating(chemical_plants());
    let revise = revising(&definition.name);
    for reason in [
        reason_of(definitions.create_target_definition(create).await),
        reason_of(definitions.revise_target_definition(revise).await),
    ] {
        assert_eq!(reason, "PERMISSION_DENIED");
    }
    let mut integrators = world.target_definitions(&Caller::integrator(world.tenant));
    let create = creating(chemical_plants());
    take(integrators.create_target_definition(create).await);
}
