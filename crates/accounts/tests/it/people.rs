use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;

use super::world::{
    World, bad_fields, mask, metadata, nobody, reason, reason_of, refused, request_id, take,
};

pub fn named(display_name: &str) -> Person {
    Person {
        display_name: display_name.to_owned(),
        ..Person::default()
    }
}

pub fn creating(person: Person) -> CreatePersonRequest {
    CreatePersonRequest {
        person: Some(person),
        ..Default::default()
    }
}

pub fn updating(person: &Person, paths: &[&str]) -> UpdatePersonRequest {
    UpdatePersonRequest {
        person: Some(person.clone()),
        update_mask: mask(paths),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_person_is_added_read_and_changed() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let team = world.team("华北", "", "").await;
    let sent = Person {
        login: "li@example.com".to_owned(),
        team: team.name.clone(),
        roles: vec!["roles/seller".to_owned()],
        external_key: Some(ExternalKey {
            source_system: "hr".to_owned(),
            external_id: "7".to_owned(),
        }),
        ..named(" 李 ")
    };
    let made = take(directory.create_person(creating(sent.clone())).await)
        .person
        .unwrap();
    assert_eq!(
        (made.display_name.as_str(), made.etag.as_str()),
        ("李", "1")
    );
    let read = take(
        directory
            .get_person(GetPersonRequest {
                name: made.name.clone(),
            })
            .await,
    )
    .person
    .unwrap();
    assert_eq!(read, made);

    let wanted = Person {
        disabled: true,
        display_name: "李四".to_owned(),
        login: String::new(),
        ..made.clone()
    };
    let changed = take(
        directory
            .update_person(updating(&wanted, &["disabled", "login"]))
            .await,
    )
    .person
    .unwrap();
    assert!(changed.disabled && changed.login.is_empty());
    assert_eq!(
        (changed.display_name.as_str(), changed.etag.as_str()),
        ("李", "2"),
        "the mask names no display_name"
    );

    let events = world.events(&made.name).await;
    let change: PersonChanged = events[1].message();
    assert_eq!(
        (change.before.unwrap(), change.after.unwrap()),
        (made, changed)
    );
    assert_eq!(events[1].actor, world.admin.person_name());
}

#[tokio::test]
async fn a_change_of_nothing_leaves_no_event() {
    let world = World::new().await;
    let person = world.person(&world.admin, "李", "", "seller").await;
    let same = take(
        world
            .directory(&world.admin)
            .update_person(updating(&person, &[]))
            .await,
    )
    .person
    .unwrap();
    assert_eq!((same, world.events(&person.name).await.len()), (person, 1));
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let bad = Person {
        team: "people/1".to_owned(),
        roles: vec!["seller".to_owned()],
        login: "x".repeat(300),
        external_key: Some(ExternalKey::default()),
        ..named("")
    };
    let fields = [
        "person.display_name",
        "person.external_key.external_id",
        "person.external_key.source_system",
        "person.login",
        "person.roles[0]",
        "person.team",
    ];
    assert_eq!(
        bad_fields(directory.create_person(creating(bad)).await),
        fields
    );
    assert_eq!(
        bad_fields(
            directory
                .create_person(CreatePersonRequest::default())
                .await
        ),
        ["person.display_name"]
    );
    let person = world.person(&world.admin, "李", "", "seller").await;
    let unknown = directory
        .update_person(updating(&person, &["etag", "salary"]))
        .await;
    assert_eq!(bad_fields(unknown), ["update_mask", "update_mask"]);
    assert_eq!(
        bad_fields(
            directory
                .get_person(GetPersonRequest {
                    name: "people/1".to_owned()
                })
                .await
        ),
        ["name"]
    );
}

#[tokio::test]
async fn what_a_person_refers_to_must_be_there() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let teamless = Person {
        team: nobody("teams"),
        ..named("李")
    };
    assert_eq!(
        reason_of(directory.create_person(creating(teamless)).await),
        "TEAM_NOT_FOUND"
    );
    let roleless = Person {
        roles: vec!["roles/king".to_owned()],
        ..named("李")
    };
    assert_eq!(
        reason_of(directory.create_person(creating(roleless)).await),
        "ROLE_NOT_FOUND"
    );
    let nowhere = Person {
        name: nobody("people"),
        ..named("李")
    };
    assert_eq!(
        reason_of(directory.update_person(updating(&nowhere, &[])).await),
        "PERSON_NOT_FOUND"
    );
    let get = GetPersonRequest {
        name: nobody("people"),
    };
    assert_eq!(
        reason_of(directory.get_person(get).await),
        "PERSON_NOT_FOUND"
    );
}

#[tokio::test]
async fn logins_and_external_keys_are_unique_in_a_tenant_and_only_there() {
    let world = World::new().await;
    let key = Some(ExternalKey {
        source_system: "hr".to_owned(),
        external_id: "7".to_owned(),
    });
    let sent = Person {
        login: "li".to_owned(),
        external_key: key.clone(),
        ..named("李")
    };
    let mut directory = world.directory(&world.admin);
    let first = take(directory.create_person(creating(sent.clone())).await)
        .person
        .unwrap();
    let same_login = Person {
        login: "li".to_owned(),
        ..named("李二")
    };
    assert_eq!(
        reason_of(directory.create_person(creating(same_login)).await),
        "LOGIN_TAKEN"
    );
    let same_key = Person {
        external_key: key,
        ..named("李三")
    };
    let status = refused(directory.create_person(creating(same_key)).await);
    assert_eq!(reason(&status), "EXTERNAL_KEY_TAKEN");
    assert_eq!(metadata(&status, "name"), Some(first.name));
    let other = world.settle(tenant()).await;
    take(world.directory(&other).create_person(creating(sent)).await);
}

#[tokio::test]
async fn a_stale_etag_is_refused() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let person = world.person(&world.admin, "李", "", "seller").await;
    let renamed = Person {
        display_name: "李四".to_owned(),
        ..person
    };
    take(
        directory
            .update_person(updating(&renamed, &["display_name"]))
            .await,
    );
    let again = Person {
        display_name: "李五".to_owned(),
        ..renamed
    };
    assert_eq!(
        reason_of(
            directory
                .update_person(updating(&again, &["display_name"]))
                .await
        ),
        "ETAG_MISMATCH"
    );
}

#[tokio::test]
async fn a_repeat_answers_as_the_first_and_leaves_no_second_event() {
    let world = World::new().await;
    // A repeat is by the same subject: one connection.
    let mut directory = world.directory(&world.admin);
    let mut request = CreatePersonRequest {
        request_id: request_id(),
        ..creating(named("李"))
    };
    let first = take(directory.create_person(request.clone()).await);
    assert_eq!(take(directory.create_person(request.clone()).await), first);
    assert_eq!(world.events(&first.person.unwrap().name).await.len(), 1);
    request.person = Some(named("王"));
    assert_eq!(
        reason_of(directory.create_person(request).await),
        "REQUEST_ID_REUSED"
    );
}

#[tokio::test]
async fn a_check_stores_nothing() {
    let world = World::new().await;
    let request = CreatePersonRequest {
        validate_only: true,
        ..creating(named("李"))
    };
    let shown = take(world.directory(&world.admin).create_person(request).await)
        .person
        .unwrap();
    let get = GetPersonRequest {
        name: shown.name.clone(),
    };
    assert_eq!(
        reason_of(world.directory(&world.admin).get_person(get).await),
        "PERSON_NOT_FOUND"
    );
    assert!(world.events(&shown.name).await.is_empty());
}

#[tokio::test]
async fn people_are_listed_by_pages_and_filters() {
    let world = World::new().await;
    let team = world.team("华北", "", "").await;
    let mut names = Vec::new();
    for number in 0..3 {
        names.push(
            world
                .person(&world.admin, &format!("{number}"), &team.name, "seller")
                .await
                .name,
        );
    }
    let mut directory = world.directory(&world.admin);
    let mut request = ListPeopleRequest {
        page_size: 2,
        team: team.name.clone(),
        ..Default::default()
    };
    let first = take(directory.list_people(request.clone()).await);
    request.page_token = first.next_page_token;
    let second = take(directory.list_people(request.clone()).await);
    let listed: Vec<_> = first
        .people
        .into_iter()
        .chain(second.people)
        .map(|person| person.name)
        .collect();
    assert_eq!((listed, second.next_page_token.as_str()), (names, ""));

    request.team = String::new();
    assert_eq!(
        reason_of(directory.list_people(request).await),
        "PAGE_TOKEN_INVALID"
    );
    let negative = ListPeopleRequest {
        page_size: -1,
        ..Default::default()
    };
    assert_eq!(
        bad_fields(directory.list_people(negative).await),
        ["page_size"]
    );
    let imported = ListPeopleRequest {
        source_system: "hr".to_owned(),
        ..Default::default()
    };
    assert!(
        take(directory.list_people(imported).await)
            .people
            .is_empty()
    );
}

#[tokio::test]
async fn of_writers_at_once_every_change_counts() {
    let world = World::new().await;
    world.warm_up().await;
    let person = world.person(&world.admin, "0", "", "seller").await;
    let writers = (1..=8).map(|number| {
        let mut directory = world.directory(&world.admin);
        let renamed = Person {
            display_name: number.to_string(),
            etag: String::new(),
            ..person.clone()
        };
        tokio::spawn(async move {
            take(
                directory
                    .update_person(updating(&renamed, &["display_name"]))
                    .await,
            )
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let sequences: Vec<i64> = world
        .events(&person.name)
        .await
        .iter()
        .map(|event| event.sequence)
        .collect();
    assert_eq!(sequences, (1..=9).collect::<Vec<_>>());
}

#[tokio::test]
async fn many_people_are_read_at_once() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let one = world.person(&world.admin, "一", "", "seller").await;
    let other = world.person(&world.admin, "二", "", "seller").await;
    let nobody = format!("people/{}", uuid::Uuid::now_v7());
    let names = [&other.name, &nobody, &one.name, &one.name];
    let request = BatchGetPeopleRequest {
        names: names.map(Clone::clone).to_vec(),
    };
    let found = take(directory.batch_get_people(request.clone()).await);
    assert_eq!(found.missing, [nobody]);
    let found: Vec<&str> = found.people.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(found, [one.name.as_str(), other.name.as_str()], "each once");
    let stranger = World::new().await;
    let elsewhere = stranger
        .directory(&stranger.admin)
        .batch_get_people(request)
        .await;
    assert!(
        take(elsewhere).people.is_empty(),
        "of another tenant nobody"
    );
    for names in [vec![], vec![one.name; 1001]] {
        let refused = directory
            .batch_get_people(BatchGetPeopleRequest { names })
            .await;
        assert_eq!(bad_fields(refused), ["names"]);
    }
}
