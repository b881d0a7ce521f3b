use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;

use crate::world::{fields, named, reason, world};

#[tokio::test]
async fn the_process_is_served_with_its_texts() {
    let world = world().await;
    let mut client = world.processes(&Caller::seller(world.tenant));
    let listed = client
        .list_processes(ListProcessesRequest {})
        .await
        .unwrap()
        .into_inner()
        .processes;
    assert_eq!(listed.len(), 1);
    let request = GetProcessRequest {
        name: listed[0].name.clone(),
        version: 3,
    };
    let process = client
        .get_process(request)
        .await
        .unwrap()
        .into_inner()
        .process
        .unwrap();
    assert_eq!(process, listed[0]);
    assert_eq!((process.shipped, process.default), (true, true));
    let asks_work = |stage: &Stage| stage.work_items.iter().any(|item| item.required);
    assert!(process.stages.iter().all(asks_work));
    let versions = ListProcessVersionsRequest {
        name: process.name.clone(),
    };
    let versions = client.list_process_versions(versions).await.unwrap();
    let versions = versions.into_inner().processes;
    assert_eq!(
        versions.iter().map(|it| it.version).collect::<Vec<_>>(),
        [3, 2, 1]
    );
    let criteria = |process: &Process| -> Vec<String> {
        let key_nodes = process.stages.iter().filter_map(|it| it.key_node.clone());
        let criteria = key_nodes.flat_map(|it| it.criteria);
        criteria.map(|it| it.id).collect()
    };
    for older in &versions[1..] {
        assert_eq!(
            criteria(&versions[0]),
            criteria(older),
            "the same key nodes"
        );
    }
    assert_eq!(process.stages.len(), 6);
    assert_eq!(
        process.stages[4].display_name.as_ref().unwrap().zh_cn,
        "商务谈判阶段"
    );
    assert!(
        process
            .stages
            .iter()
            .all(|stage| stage.wins == (stage.id == "negotiation"))
    );
    assert!(
        process
            .stages
            .iter()
            .all(|stage| !stage.guidance.is_empty())
    );
}

#[tokio::test]
async fn an_unknown_process_or_version_is_not_found() {
    let world = world().await;
    let mut client = world.processes(&Caller::seller(world.tenant));
    for (name, version) in [
        ("processes/other", 0),
        ("processes/industrial-key-account", 9),
        ("", 0),
    ] {
        let request = GetProcessRequest {
            name: name.to_owned(),
            version,
        };
        assert_eq!(
            reason(client.get_process(request).await),
            "PROCESS_NOT_FOUND"
        );
    }
}

#[tokio::test]
async fn a_name_too_long_to_be_one_is_refused_unrepeated() {
    let world = world().await;
    let long = format!("processes/{}", "x".repeat(100_000));
    let mut client = world.manager();
    let request = CreateOpportunityRequest {
        opportunity: Some(Opportunity {
            process: long.clone(),
            ..named("x")
        }),
        ..Default::default()
    };
    let refused = client.create_opportunity(request).await;
    assert!(format!("{refused:?}").len() < 10_000);
    assert_eq!(fields(refused), ["opportunity.process"]);
    let mut processes = world.processes(&Caller::person(world.tenant, "sales_manager"));
    let request = GetProcessRequest {
        name: long,
        ..Default::default()
    };
    assert_eq!(fields(processes.get_process(request).await), ["name"]);
}
