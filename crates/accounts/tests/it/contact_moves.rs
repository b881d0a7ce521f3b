//! People who change employer.

use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;

use super::contact_lines::{chart, report_to};
use super::contact_profile::day;
use super::contacts::updating;
use super::deal::{Deal, playing};
use super::world::{World, bad_fields, mask, nobody, reason, reason_of, request_id, take};

fn moving(contact: &Contact, account: &str) -> MoveContactRequest {
    MoveContactRequest {
        name: contact.name.clone(),
        account: account.to_owned(),
        ..Default::default()
    }
}

/// A manager with a boss and two reports, at one of two accounts.
struct Office {
    world: World,
    from: Account,
    to: Account,
    boss: Contact,
    manager: Contact,
    reports: Vec<Contact>,
}

impl Office {
    async fn new() -> Self {
        let world = World::new().await;
        let from = world.account(&world.admin, "宁夏化工").await;
        let to = world.account(&world.admin, "新疆化工").await;
        let boss = world.contact(&world.admin, &from.name, "总").await;
        let mut manager = world.contact(&world.admin, &from.name, "甲").await;
        manager.title = "主任".to_owned();
        manager.department = "仪表".to_owned();
        manager.function = Function::Technical.into();
        let titled = updating(&manager, &["title", "department", "function"]);
        take(world.contacts(&world.admin).update_contact(titled).await);
        manager = take(report_to(&world, &manager, &boss.name).await)
            .contact
            .unwrap();
        let mut reports = Vec::new();
        for name in ["乙", "丙"] {
            let report = world.contact(&world.admin, &from.name, name).await;
            let report = take(report_to(&world, &report, &manager.name).await);
            reports.push(report.contact.unwrap());
        }
        Self {
            world,
            from,
            to,
            boss,
            manager,
            reports,
        }
    }

    async fn get(&self, name: &str) -> Contact {
        let request = GetContactRequest {
            name: name.to_owned(),
        };
        let mut contacts = self.world.contacts(&self.world.admin);
        take(contacts.get_contact(request).await).contact.unwrap()
    }
}

#[tokio::test]
async fn who_changes_employer_leaves_the_lines_and_keeps_the_history() {
    let office = Office::new().await;
    let world = &office.world;
    let request = MoveContactRequest {
        last_day: day(2026, 6, 30),
        title: "总工程师".to_owned(),
        etag: office.manager.etag.clone(),
        request_id: request_id(),
        ..moving(&office.manager, &office.to.name)
    };
    let mut contacts = world.contacts(&world.admin);
    let answer = take(contacts.move_contact(request.clone()).await);
    assert_eq!(
        take(contacts.move_contact(request.clone()).await),
        answer,
        "a repeat is answered like the first"
    );
    let other = MoveContactRequest {
        title: "另一个".to_owned(),
        ..request
    };
    assert_eq!(
        reason_of(contacts.move_contact(other).await),
        "REQUEST_ID_REUSED"
    );
    let moved = answer.contact.unwrap();
    assert_eq!(office.get(&moved.name).await, moved);
    let former = FormerEmployer {
        organisation: "宁夏化工".to_owned(),
        account: office.from.name.clone(),
        title: "主任".to_owned(),
        from: None,
        to: day(2026, 6, 30),
    };
    assert_eq!(
        (
            moved.account.as_str(),
            moved.manager.as_str(),
            moved.title.as_str(),
            moved.department.as_str(),
            moved.function(),
            moved.former_employers.clone()
        ),
        (
            office.to.name.as_str(),
            "",
            "总工程师",
            "",
            Function::Technical,
            vec![former]
        )
    );
    let names: Vec<_> = office.reports.iter().map(|r| r.name.clone()).collect();
    assert_eq!(answer.released, names);
    for report in &office.reports {
        assert_eq!(office.get(&report.name).await.manager, "");
        let events = world.events(&report.name).await;
        assert_eq!(events.len(), 3, "made, subordinated, released");
        let change: ContactChanged = events[2].message();
        assert_eq!(change.before.unwrap().manager, moved.name);
    }
    let staying: Vec<_> = chart(world, &office.from.name)
        .await
        .into_iter()
        .map(|node| node.contact)
        .collect();
    assert_eq!(
        staying,
        [[office.boss.name.clone()].as_slice(), &names].concat()
    );
    assert_eq!(chart(world, &office.to.name).await.len(), 1);
}

#[tokio::test]
async fn a_check_moves_nobody_and_moving_home_changes_nothing() {
    let office = Office::new().await;
    let mut contacts = office.world.contacts(&office.world.admin);
    let check = MoveContactRequest {
        validate_only: true,
        ..moving(&office.manager, &office.to.name)
    };
    let checked = take(contacts.move_contact(check).await);
    assert_eq!(
        (checked.contact.unwrap().account, checked.released.len()),
        (office.to.name.clone(), 2)
    );
    assert_eq!(office.get(&office.manager.name).await, office.manager);
    let home = take(
        contacts
            .move_contact(moving(&office.manager, &office.from.name))
            .await,
    );
    assert_eq!(
        (home.contact.as_ref(), home.released.len()),
        (Some(&office.manager), 0)
    );
}

#[tokio::test]
async fn moves_that_make_no_sense_are_refused() {
    let office = Office::new().await;
    let world = &office.world;
    let mut contacts = world.contacts(&world.admin);
    let bad = MoveContactRequest {
        name: "x".to_owned(),
        account: "y".to_owned(),
        last_day: day(1, 1, 1),
        title: "长".repeat(201),
        department: "长".repeat(201),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(contacts.move_contact(bad).await),
        ["account", "department", "last_day", "name", "title"]
    );
    let stale = MoveContactRequest {
        etag: "1".to_owned(),
        ..moving(&office.manager, &office.to.name)
    };
    assert_eq!(
        reason_of(contacts.move_contact(stale).await),
        "ETAG_MISMATCH"
    );
    let nowhere = moving(&office.manager, &nobody("accounts"));
    assert_eq!(
        reason_of(contacts.move_contact(nowhere).await),
        "ACCOUNT_NOT_FOUND"
    );
    let seller = world.seller("").await;
    let own = world.account(&seller, "我的").await;
    let guest = world.contact(&seller, &own.name, "丁").await;
    let foreign = world.settle(tenant()).await;
    for (caller, contact, account, expected) in [
        (&seller, &office.manager, &own.name, "CONTACT_NOT_FOUND"),
        (&seller, &guest, &office.to.name, "ACCOUNT_NOT_FOUND"),
        (&foreign, &office.manager, &own.name, "CONTACT_NOT_FOUND"),
    ] {
        let mut contacts = world.contacts(caller);
        let answer = contacts.move_contact(moving(contact, account)).await;
        assert_eq!(reason_of(answer), expected);
    }
}

#[tokio::test]
async fn nothing_of_a_long_life_is_dropped() {
    let office = Office::new().await;
    let employers = (0..50).map(|n| FormerEmployer {
        organisation: format!("{n}"),
        ..FormerEmployer::default()
    });
    let wandering = Contact {
        former_employers: employers.collect(),
        ..office.manager.clone()
    };
    let mut contacts = office.world.contacts(&office.world.admin);
    let request = UpdateContactRequest {
        update_mask: mask(&["former_employers"]),
        ..updating(&wandering, &[])
    };
    take(contacts.update_contact(request).await);
    let refusal = contacts
        .move_contact(moving(&office.manager, &office.to.name))
        .await;
    assert_eq!(reason_of(refusal), "FORMER_EMPLOYERS_FULL");
}

#[tokio::test]
async fn a_map_keeps_who_moves_as_somebody_from_outside() {
    let mut deal = Deal::new().await;
    let contact = deal.contact("甲").await;
    let mut contacts = deal.world.contacts(&deal.world.admin);
    let technical = Contact {
        name: contact.clone(),
        function: Function::Technical.into(),
        ..Contact::default()
    };
    take(contacts.update_contact(updating(&technical, &[])).await);
    deal.set(Stakeholder {
        coverage: Coverage::Met.into(),
        ..playing(&contact, StakeholderRole::TechnicalSelector)
    })
    .await;
    let is_uncovered = |analysis: DecisionMapAnalysis| {
        let uncovered = &analysis.uncovered_functions;
        uncovered.contains(&Function::Technical.into())
    };
    assert!(!is_uncovered(deal.analyze().await));
    let elsewhere = deal.world.account(&deal.world.admin, "设计院").await;
    let request = MoveContactRequest {
        name: contact.clone(),
        account: elsewhere.name,
        ..Default::default()
    };
    take(contacts.move_contact(request).await);
    let read = GetDecisionMapRequest {
        name: deal.map.name.clone(),
    };
    let map = take(deal.maps.get_decision_map(read).await)
        .decision_map
        .unwrap();
    assert_eq!(map.stakeholders[0].contact, contact);
    assert!(
        is_uncovered(deal.analyze().await),
        "nobody at the customer covers the technical side now"
    );
}

#[tokio::test]
async fn a_new_report_and_a_move_of_the_manager_never_cross() {
    let office = Office::new().await;
    let world = &office.world;
    world.warm_up().await;
    for round in 0..8 {
        let manager = world
            .contact(&world.admin, &office.from.name, &format!("经理{round}"))
            .await;
        let report = world.contact(&world.admin, &office.from.name, "兵").await;
        let mut contacts = world.contacts(&world.admin);
        let (line, gone) = tokio::join!(
            report_to(world, &report, &manager.name),
            contacts.move_contact(moving(&manager, &office.to.name))
        );
        let released = take(gone).released;
        match line {
            Ok(_) => assert_eq!(released, std::slice::from_ref(&report.name)),
            Err(refusal) => assert_eq!(reason(&refusal), "MANAGER_ELSEWHERE"),
        }
        assert_eq!(office.get(&report.name).await.manager, "");
    }
}
