//! Reporting lines and the chart that they make.

use std::collections::HashMap;

use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::*;
use tonic::{Code, Response, Status};

use super::contacts::updating;
use super::world::{World, bad_fields, metadata, nobody, reason, reason_of, refused, take};

pub async fn report_to(
    world: &World,
    contact: &Contact,
    manager: &str,
) -> Result<Response<UpdateContactResponse>, Status> {
    let reporting = Contact {
        name: contact.name.clone(),
        manager: manager.to_owned(),
        ..Contact::default()
    };
    let request = updating(&reporting, &["manager"]);
    world.contacts(&world.admin).update_contact(request).await
}

pub async fn chart(world: &World, account: &str) -> Vec<ChartNode> {
    let request = GetOrganizationChartRequest {
        account: account.to_owned(),
    };
    let answer = take(
        world
            .contacts(&world.admin)
            .get_organization_chart(request)
            .await,
    );
    assert!(!answer.truncated);
    answer.nodes
}

fn loop_of<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> Vec<String> {
    let refusal = refused(answer);
    assert_eq!(
        (refusal.code(), reason(&refusal).as_str()),
        (Code::FailedPrecondition, "CONTACT_CYCLE")
    );
    let way = metadata(&refusal, "loop").unwrap();
    way.split(" > ").map(str::to_owned).collect()
}

#[tokio::test]
async fn a_line_that_would_close_a_loop_is_refused_and_the_loop_named() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let mut people = Vec::new();
    for name in ["甲", "乙", "丙"] {
        people.push(world.contact(&world.admin, &account.name, name).await);
    }
    let [a, b, c] = [0, 1, 2].map(|n: usize| people[n].name.clone());
    assert_eq!(
        loop_of(report_to(&world, &people[0], &a).await),
        [a.clone(), a.clone()]
    );
    take(report_to(&world, &people[1], &a).await);
    assert_eq!(
        loop_of(report_to(&world, &people[0], &b).await),
        [a.clone(), b.clone(), a.clone()]
    );
    take(report_to(&world, &people[2], &b).await);
    assert_eq!(
        loop_of(report_to(&world, &people[0], &c).await),
        [a.clone(), c.clone(), b.clone(), a.clone()]
    );
    let places: Vec<_> = chart(&world, &account.name)
        .await
        .into_iter()
        .map(|node| (node.contact, node.manager, node.depth))
        .collect();
    assert_eq!(
        places,
        [
            (a.clone(), String::new(), 0),
            (b.clone(), a.clone(), 1),
            (c, b, 2)
        ]
    );
    take(report_to(&world, &people[1], "").await);
    take(report_to(&world, &people[0], &people[2].name).await);
}

#[tokio::test]
async fn a_manager_is_there_seen_and_at_the_same_account() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let account = world.account(&seller, "宁夏化工").await;
    let elsewhere = world.account(&seller, "设计院").await;
    let hidden = world.account(&world.admin, "别人的").await;
    let contact = world.contact(&seller, &account.name, "甲").await;
    let designer = world.contact(&seller, &elsewhere.name, "乙").await;
    let unseen = world.contact(&world.admin, &hidden.name, "丙").await;
    let refusal = refused(report_to(&world, &contact, &designer.name).await);
    assert_eq!(reason(&refusal), "MANAGER_ELSEWHERE");
    assert_eq!(
        (metadata(&refusal, "manager"), metadata(&refusal, "account")),
        (Some(designer.name.clone()), Some(account.name.clone()))
    );
    let mut contacts = world.contacts(&seller);
    for manager in [unseen.name.clone(), nobody("contacts")] {
        let reporting = Contact {
            manager,
            ..contact.clone()
        };
        let request = updating(&reporting, &["manager"]);
        assert_eq!(
            reason_of(contacts.update_contact(request).await),
            "CONTACT_NOT_FOUND"
        );
    }
    for (manager, expected) in [
        (&designer.name, "MANAGER_ELSEWHERE"),
        (&unseen.name, "CONTACT_NOT_FOUND"),
    ] {
        let new = Contact {
            account: account.name.clone(),
            display_name: "丁".to_owned(),
            manager: manager.clone(),
            ..Contact::default()
        };
        let request = CreateContactRequest {
            contact: Some(new),
            ..Default::default()
        };
        assert_eq!(reason_of(contacts.create_contact(request).await), expected);
    }
}

#[tokio::test]
async fn of_two_lines_that_together_close_a_loop_one_is_refused() {
    let world = World::new().await;
    world.warm_up().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    for _ in 0..8 {
        let a = world.contact(&world.admin, &account.name, "甲").await;
        let b = world.contact(&world.admin, &account.name, "乙").await;
        let (one, two) = tokio::join!(
            report_to(&world, &a, &b.name),
            report_to(&world, &b, &a.name)
        );
        let loser = match (one, two) {
            (Ok(_), Err(loser)) | (Err(loser), Ok(_)) => loser,
            (one, two) => panic!("{one:?} {two:?}"),
        };
        assert_eq!(reason(&loser), "CONTACT_CYCLE");
    }
}

#[tokio::test]
async fn the_chart_has_everyone_of_the_account_once() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let elsewhere = world.account(&world.admin, "设计院").await;
    world.contact(&world.admin, &elsewhere.name, "外人").await;
    let mut people: Vec<Contact> = Vec::new();
    for number in 0..12_usize {
        let person = Contact {
            account: account.name.clone(),
            display_name: format!("{number}"),
            title: "工程师".to_owned(),
            department: "仪表".to_owned(),
            function: Function::Technical.into(),
            manager: match number {
                0 | 1 => String::new(),
                number => people[number / 3].name.clone(),
            },
            ..Contact::default()
        };
        let request = CreateContactRequest {
            contact: Some(person),
            ..Default::default()
        };
        people.push(
            take(world.contacts(&world.admin).create_contact(request).await)
                .contact
                .unwrap(),
        );
    }
    let nodes = chart(&world, &account.name).await;
    let depths: HashMap<String, i32> = nodes
        .iter()
        .map(|node| (node.contact.clone(), node.depth))
        .collect();
    assert_eq!((nodes.len(), depths.len()), (12, 12));
    for node in &nodes {
        let above = depths.get(&node.manager).map_or(0, |depth| depth + 1);
        assert_eq!((node.depth, node.function()), (above, Function::Technical));
        assert_eq!(
            (node.title.as_str(), node.department.as_str()),
            ("工程师", "仪表")
        );
    }
}

#[tokio::test]
async fn a_chart_is_of_an_account_that_the_caller_sees() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let stranger = world.seller("").await;
    let foreign = world.settle(tenant()).await;
    for caller in [&stranger, &foreign] {
        let request = GetOrganizationChartRequest {
            account: account.name.clone(),
        };
        let mut contacts = world.contacts(caller);
        assert_eq!(
            reason_of(contacts.get_organization_chart(request).await),
            "ACCOUNT_NOT_FOUND"
        );
    }
    let mut contacts = world.contacts(&world.admin);
    let request = GetOrganizationChartRequest::default();
    assert_eq!(
        bad_fields(contacts.get_organization_chart(request).await),
        ["account"]
    );
}

#[tokio::test]
async fn of_a_very_large_chart_the_lowest_levels_are_left_out() {
    let world = World::new().await;
    let account = world.account(&world.admin, "宁夏化工").await;
    let boss = world.contact(&world.admin, &account.name, "总").await;
    let [tenant, account_id, boss_id] = [
        world.tenant.0.to_string(),
        account.name.replace("accounts/", ""),
        boss.name.replace("contacts/", ""),
    ];
    world
        .execute(&format!(
            "insert into accounts.contact
               (tenant_id, id, version, created_at, updated_at, account_id, display_name, title, department,
                function, manager_id)
             select '{tenant}', gen_random_uuid(), 1, now(), now(), '{account_id}', n::text, '', '', 0, '{boss_id}'
             from generate_series(1, 5000) n"
        ))
        .await;
    let request = GetOrganizationChartRequest {
        account: account.name,
    };
    let mut contacts = world.contacts(&world.admin);
    let answer = take(contacts.get_organization_chart(request).await);
    assert!(answer.truncated);
    assert_eq!(
        (answer.nodes.len(), answer.nodes[0].contact.as_str()),
        (5000, boss.name.as_str())
    );
}
