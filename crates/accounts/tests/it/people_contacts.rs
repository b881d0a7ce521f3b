use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;

use super::people::{creating, named, updating};
use super::world::{World, bad_fields, metadata, nobody, reason, reason_of, refused, take};

fn address(channel: NoticeChannel, address: &str) -> NoticeAddress {
    NoticeAddress {
        channel: channel.into(),
        address: address.to_owned(),
    }
}

fn reachable() -> Person {
    Person {
        email: "li@example.com".to_owned(),
        phone: "+86 138 0013 8000".to_owned(),
        title: "销售总监".to_owned(),
        language_code: "EN-us".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        notice_addresses: vec![
            address(NoticeChannel::Dingtalk, "https://example.com/robot?key=1"),
            address(NoticeChannel::Sms, "13800138000"),
        ],
        ..named("李")
    }
}

async fn read(world: &World, by: &Caller, name: &str) -> Person {
    let request = GetPersonRequest {
        name: name.to_owned(),
    };
    take(world.directory(by).get_person(request).await)
        .person
        .unwrap()
}

#[tokio::test]
async fn how_a_person_is_reached_is_kept_and_changed() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let made = take(directory.create_person(creating(reachable())).await)
        .person
        .unwrap();
    assert_eq!(made.language_code, "en-US", "in its usual case");
    let expected = Person {
        language_code: "en-US".to_owned(),
        name: made.name.clone(),
        etag: made.etag.clone(),
        create_time: made.create_time,
        update_time: made.update_time,
        ..reachable()
    };
    assert_eq!(made, expected);
    assert_eq!(read(&world, &world.admin, &made.name).await, made);
    let moved = Person {
        time_zone: "Asia/Shanghai".to_owned(),
        email: String::new(),
        ..made.clone()
    };
    let changed = take(
        directory
            .update_person(updating(&moved, &["time_zone", "email"]))
            .await,
    );
    let changed = changed.person.unwrap();
    assert_eq!(
        (changed.time_zone.as_str(), changed.email.as_str()),
        ("Asia/Shanghai", "")
    );
    assert_eq!(changed.notice_addresses, made.notice_addresses);
}

#[tokio::test]
async fn events_do_not_say_how_to_reach_a_person() {
    let world = World::new().await;
    let made = take(
        world
            .directory(&world.admin)
            .create_person(creating(reachable()))
            .await,
    );
    let name = made.person.unwrap().name;
    let change: PersonChanged = world.events(&name).await[0].message();
    let told = change.after.unwrap();
    assert_eq!((told.email.as_str(), told.phone.as_str()), ("", ""));
    assert!(told.notice_addresses.is_empty());
    assert_eq!(
        (told.title.as_str(), told.time_zone.as_str()),
        ("销售总监", "Europe/Berlin")
    );
}

#[tokio::test]
async fn notice_addresses_are_shown_to_the_person_and_to_who_keeps_people() {
    let world = World::new().await;
    let wanted = Person {
        roles: vec!["roles/seller".to_owned()],
        ..reachable()
    };
    let made = take(
        world
            .directory(&world.admin)
            .create_person(creating(wanted))
            .await,
    );
    let person = made.person.unwrap();
    let herself = Caller {
        person: Some(super::world::id(&person.name)),
        ..Caller::seller(world.tenant)
    };
    let colleague = world.seller("").await;
    let count = async |by: &Caller| read(&world, by, &person.name).await.notice_addresses.len();
    assert_eq!(count(&herself).await, 2);
    assert_eq!(count(&Caller::integrator(world.tenant)).await, 2);
    assert_eq!(count(&colleague).await, 0);
    assert_eq!(
        read(&world, &colleague, &person.name).await.email,
        person.email
    );
    let listed = take(
        world
            .directory(&colleague)
            .list_people(ListPeopleRequest::default())
            .await,
    );
    assert!(listed.people.iter().all(|p| p.notice_addresses.is_empty()));
}

#[tokio::test]
async fn what_cannot_be_reached_is_refused_at_once() {
    let world = World::new().await;
    let bad = Person {
        email: "li".to_owned(),
        phone: "call me".to_owned(),
        language_code: "chinese_simplified".to_owned(),
        time_zone: "Mars/Base".to_owned(),
        manager: "x".to_owned(),
        title: "长".repeat(201),
        notice_addresses: vec![
            address(NoticeChannel::Email, "nobody"),
            address(NoticeChannel::Unspecified, "x"),
        ],
        ..named("李")
    };
    assert_eq!(
        bad_fields(
            world
                .directory(&world.admin)
                .create_person(creating(bad))
                .await
        ),
        [
            "person.email",
            "person.language_code",
            "person.manager",
            "person.notice_addresses[0].address",
            "person.notice_addresses[1].channel",
            "person.phone",
            "person.time_zone",
            "person.title",
        ]
    );
}

#[tokio::test]
async fn nobody_reports_to_themselves_by_any_way() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let mut people = Vec::new();
    for name in ["甲", "乙", "丙"] {
        let manager = people.last().map(|p: &Person| p.name.clone());
        let person = Person {
            manager: manager.unwrap_or_default(),
            ..named(name)
        };
        people.push(
            take(directory.create_person(creating(person)).await)
                .person
                .unwrap(),
        );
    }
    let reporting = |person: &Person, manager: &str| {
        let person = Person {
            manager: manager.to_owned(),
            ..person.clone()
        };
        updating(&person, &["manager"])
    };
    let status = refused(
        directory
            .update_person(reporting(&people[0], &people[2].name))
            .await,
    );
    assert_eq!(reason(&status), "PERSON_CYCLE");
    let loop_ = [&people[0], &people[2], &people[1], &people[0]].map(|p| p.name.clone());
    assert_eq!(metadata(&status, "loop"), Some(loop_.join(" > ")));
    assert_eq!(
        reason_of(
            directory
                .update_person(reporting(&people[0], &people[0].name))
                .await
        ),
        "PERSON_CYCLE"
    );
    assert_eq!(
        reason_of(
            directory
                .update_person(reporting(&people[0], &nobody("people")))
                .await
        ),
        "PERSON_NOT_FOUND"
    );
    let headless = Person {
        manager: nobody("people"),
        ..named("丁")
    };
    assert_eq!(
        reason_of(directory.create_person(creating(headless)).await),
        "PERSON_NOT_FOUND"
    );
    take(directory.update_person(reporting(&people[2], "")).await);
    take(
        directory
            .update_person(reporting(&people[0], &people[2].name))
            .await,
    );
}

#[tokio::test]
async fn two_new_managers_at_once_make_no_loop_together() {
    let world = World::new().await;
    world.warm_up().await;
    for _ in 0..5 {
        let a = world.person(&world.admin, "甲", "", "seller").await;
        let b = world.person(&world.admin, "乙", "", "seller").await;
        let above = |person: &Person, manager: &Person| {
            let person = Person {
                manager: manager.name.clone(),
                ..person.clone()
            };
            updating(&person, &["manager"])
        };
        let (mut one, mut two) = (world.directory(&world.admin), world.directory(&world.admin));
        let (first, second) = tokio::join!(
            one.update_person(above(&a, &b)),
            two.update_person(above(&b, &a))
        );
        let refused: Vec<_> = [first.err(), second.err()].into_iter().flatten().collect();
        assert_eq!(
            refused.iter().map(reason).collect::<Vec<_>>(),
            ["PERSON_CYCLE"]
        );
    }
}

#[tokio::test]
async fn the_direct_manager_stands_before_the_leads_and_once() {
    let world = World::new().await;
    let mut directory = world.directory(&world.admin);
    let boss = world.person(&world.admin, "总", "", "sales_manager").await;
    let lead = world.person(&world.admin, "队", "", "sales_manager").await;
    let coach = world.person(&world.admin, "师", "", "seller").await;
    let top = world.team("总部", "", &boss.name).await;
    let team = world.team("北京", &top.name, &lead.name).await;
    let managers = async |directory: &mut super::world::Directory, manager: &Person| {
        let person = Person {
            team: team.name.clone(),
            manager: manager.name.clone(),
            ..named("销售")
        };
        let made = take(directory.create_person(creating(person)).await);
        let request = ListManagersRequest {
            person: made.person.unwrap().name,
        };
        let answer = take(directory.list_managers(request).await);
        let told: Vec<String> = answer.recipients.iter().map(|r| r.person.clone()).collect();
        let names: Vec<String> = answer.managers.into_iter().map(|p| p.name).collect();
        assert_eq!(names, told);
        names
    };
    assert_eq!(
        managers(&mut directory, &coach).await,
        [coach.name.clone(), lead.name.clone(), boss.name.clone()]
    );
    assert_eq!(
        managers(&mut directory, &boss).await,
        [boss.name.clone(), lead.name.clone()]
    );
}
