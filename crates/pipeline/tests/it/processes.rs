use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;

use crate::world::{reason, world};

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
        version: 1,
    };
    let process = client
        .get_process(request)
        .await
        .unwrap()
        .into_inner()
        .process
        .unwrap();
    assert_eq!(process, listed[0]);
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
