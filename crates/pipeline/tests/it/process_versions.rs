//! Processes of a tenant's own: written, checked, published, retired.

use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::*;

use crate::world::*;

fn named_process(name: &str) -> String {
    format!("processes/{name}")
}

async fn put(world: &World, file: String) -> Result<Process, tonic::Status> {
    let request = PutProcessDraftRequest {
        file,
        ..Default::default()
    };
    let answer = world.keeping().put_process_draft(request).await?;
    Ok(answer.into_inner().process.unwrap())
}

async fn versions(world: &World, name: &str) -> Vec<(i32, ProcessState)> {
    let request = ListProcessVersionsRequest {
        name: name.to_owned(),
    };
    let answer = world
        .keeping()
        .list_process_versions(request)
        .await
        .unwrap();
    let all = answer.into_inner().processes;
    all.iter().map(|it| (it.version, it.state())).collect()
}

async fn retire(world: &World, name: &str, version: i32) -> Result<Process, tonic::Status> {
    let request = RetireProcessRequest {
        name: name.to_owned(),
        version,
        ..Default::default()
    };
    let answer = world.keeping().retire_process(request).await?;
    Ok(answer.into_inner().process.unwrap())
}

async fn open(world: &World, process: &str) -> Result<Opportunity, tonic::Status> {
    let request = CreateOpportunityRequest {
        opportunity: Some(Opportunity {
            process: process.to_owned(),
            ..named("deal")
        }),
        ..Default::default()
    };
    let answer = world.manager().create_opportunity(request).await?;
    Ok(answer.into_inner().opportunity.unwrap())
}

#[tokio::test]
async fn a_draft_is_followed_once_it_is_published_and_then_stays_as_it_is() {
    let world = world().await;
    let file = process_file("short", "");
    let draft = put(&world, file.clone()).await.unwrap();
    assert_eq!((draft.version, draft.state()), (1, ProcessState::Draft));
    assert_eq!(reason(open(&world, &draft.name).await), "PROCESS_NOT_FOUND");
    let published = publish(&world, "short", "").await;
    assert_eq!(published.state(), ProcessState::Published);
    assert!(published.publish_time.is_some() && !published.shipped);
    let first = open(&world, "processes/short").await.unwrap();
    assert_eq!((first.process_version, first.stage.as_str()), (1, "meet"));

    // What follows is another version, with its comments; deals keep theirs.
    let request = GetProcessFileRequest {
        name: "processes/short".to_owned(),
        version: 1,
    };
    let kept = world.keeping().get_process_file(request).await.unwrap();
    assert_eq!(kept.into_inner().file, file);
    let second = put(&world, file.replace("\"短流程\"", "\"新流程\""))
        .await
        .unwrap();
    assert_eq!((second.version, second.state()), (2, ProcessState::Draft));
    assert_eq!(
        open(&world, "processes/short")
            .await
            .unwrap()
            .process_version,
        1
    );
    publish(&world, "short", "").await;
    assert_eq!(
        open(&world, "processes/short")
            .await
            .unwrap()
            .process_version,
        2
    );
    let kept = get(&mut world.manager(), &first.name).await.unwrap();
    assert_eq!(kept.process_version, 1);
    let expected = [(2, ProcessState::Published), (1, ProcessState::Published)];
    assert_eq!(versions(&world, "processes/short").await, expected);
    assert_eq!(world.events("ProcessChanged").await, 6);
}

#[tokio::test]
async fn every_place_of_a_file_that_is_wrong_is_named_at_once() {
    let world = world().await;
    let broken = process_file("short", "")
        .replace("id = \"meet\"", "id = \"Meet!\"")
        .replace("evidence = [\"sign_ready\"]", "evidence = []");
    let broken = format!(
        "{broken}\n[[stages.key_node.criteria]]\nid = \"typo\"\ncheck = \"expression\"\nexpression = \"deal.ammount > 1.0\"\nexplanation = {{ zh = \"x\", en = \"x\" }}\n"
    );
    let refused = put(&world, broken).await;
    let status = refused.clone().unwrap_err();
    assert_eq!(reason(refused.clone()), "PROCESS_FILE_INVALID");
    assert_eq!(
        fields(refused),
        [
            "file.stages[0].id",
            "file.stages[1].key_node.criteria[0].evidence",
            "file.stages[1].key_node.criteria[1].expression",
        ]
    );
    assert!(format!("{status:?}").contains("deal.ammount"));
    let bare = process_file("short", "")
        .replace("purpose = { zh = \"目的\", en = \"purpose\" }\n", "")
        .replace("zh = \"节点\", ", "");
    let keys = fields(put(&world, bare).await);
    let expected = [
        "file.stages[0].purpose",
        "file.stages[0].key_node.display_name.zh",
        "file.stages[1].purpose",
        "file.stages[1].key_node.display_name.zh",
    ];
    assert_eq!(keys, expected);
    let unknown = "\n[[stages.key_node.criteria]]\nid = \"drawn\"\ncheck = \"expression\"\n\
                   expression = \"'no_such' in work\"\nexplanation = { zh = \"x\", en = \"x\" }\n";
    let work = put(&world, process_file("short", unknown)).await;
    let expected = ["file.stages[0].key_node.criteria[1].expression"];
    assert_eq!(fields(work), expected);
    let syntax = put(&world, "id = ".to_owned()).await;
    assert_eq!(reason(syntax), "PROCESS_FILE_INVALID");
    for file in [
        String::new(),
        "x".repeat(300_000),
        "id = \"a\0\"".to_owned(),
    ] {
        assert_eq!(fields(put(&world, file).await), ["file"]);
    }
}

#[tokio::test]
async fn a_draft_is_replaced_by_who_saw_it_and_can_be_discarded() {
    let world = world().await;
    let mut client = world.keeping();
    let draft = put(&world, process_file("short", "")).await.unwrap();
    let stale = PutProcessDraftRequest {
        file: process_file("short", ""),
        etag: "7".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        reason(client.put_process_draft(stale.clone()).await),
        "ETAG_MISMATCH"
    );
    let fresh = PutProcessDraftRequest {
        etag: draft.etag.clone(),
        request_id: request_id(),
        ..stale
    };
    let once = client
        .put_process_draft(fresh.clone())
        .await
        .unwrap()
        .into_inner();
    let again = client.put_process_draft(fresh).await.unwrap().into_inner();
    assert_eq!(once, again);
    let discard = |validate_only| DeleteProcessDraftRequest {
        name: draft.name.clone(),
        validate_only,
        ..Default::default()
    };
    client.delete_process_draft(discard(true)).await.unwrap();
    assert_eq!(versions(&world, &draft.name).await.len(), 1);
    client.delete_process_draft(discard(false)).await.unwrap();
    let gone = client.delete_process_draft(discard(false)).await;
    assert_eq!(reason(gone), "PROCESS_NOT_FOUND");
    let request = ListProcessVersionsRequest {
        name: draft.name.clone(),
    };
    let none = client.list_process_versions(request).await;
    assert_eq!(reason(none), "PROCESS_NOT_FOUND");
    // Its number is free again.
    let next = put(&world, process_file("short", "")).await.unwrap();
    assert_eq!(next.version, 1);
    assert_eq!(world.sequences(&draft.name).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn no_new_deal_follows_what_is_retired_and_the_default_is_never_empty() {
    let world = world().await;
    let name = publish(&world, "short", "").await.name;
    publish(&world, "short", "").await;
    let running = open(&world, &name).await.unwrap();
    let retired = retire(&world, &name, 2).await.unwrap();
    assert_eq!(retired.state(), ProcessState::Retired);
    assert!(retired.retire_time.is_some());
    assert_eq!(open(&world, &name).await.unwrap().process_version, 1);
    assert_eq!(
        reason(retire(&world, &name, 2).await),
        "PROCESS_NOT_PUBLISHED"
    );
    assert_eq!(reason(retire(&world, &name, 9).await), "PROCESS_NOT_FOUND");
    let goes_on = evidence(&mut world.manager(), &running.name, "meet_ready").await;
    assert_eq!(goes_on.process_version, 2);
    advance(&mut world.manager(), &running.name).await.unwrap();

    let set = |name: &str| SetDefaultProcessRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    let mut client = world.keeping();
    let default = client.set_default_process(set(&name)).await.unwrap();
    assert!(default.into_inner().process.unwrap().default);
    assert_eq!(open(&world, "").await.unwrap().process, name);
    assert_eq!(reason(retire(&world, &name, 1).await), "PROCESS_IS_DEFAULT");
    let missing = client.set_default_process(set("processes/none")).await;
    assert_eq!(reason(missing), "PROCESS_NOT_FOUND");
    let shipped = named_process("industrial-key-account");
    client.set_default_process(set(&shipped)).await.unwrap();
    retire(&world, &name, 1).await.unwrap();
    assert_eq!(reason(open(&world, &name).await), "PROCESS_NOT_FOUND");
    assert_eq!(world.events("DefaultProcessChanged").await, 2);
}

#[tokio::test]
async fn what_the_release_ships_is_copied_and_not_changed() {
    let world = world().await;
    let name = named_process("industrial-key-account");
    let request = GetProcessFileRequest {
        name: name.clone(),
        version: 0,
    };
    let file = world
        .keeping()
        .get_process_file(request)
        .await
        .unwrap()
        .into_inner()
        .file;
    assert_eq!(reason(put(&world, file.clone()).await), "PROCESS_SHIPPED");
    assert_eq!(reason(retire(&world, &name, 1).await), "PROCESS_SHIPPED");
    let copy = file.replacen("id = \"industrial-key-account\"", "id = \"ours\"", 1);
    assert_eq!(put(&world, copy).await.unwrap().stages.len(), 6);
}

#[tokio::test]
async fn processes_are_a_tenants_own_and_administrators_keep_them() {
    let world = world().await;
    publish(&world, "short", "").await;
    let elsewhere = Caller::person(keynode_kit::testing::tenant(), "administrator");
    let request = GetProcessRequest {
        name: "processes/short".to_owned(),
        version: 0,
    };
    let unseen = world.processes(&elsewhere).get_process(request).await;
    assert_eq!(reason(unseen), "PROCESS_NOT_FOUND");
    let manager = Caller::person(world.tenant, "sales_manager");
    let put = PutProcessDraftRequest {
        file: process_file("short", ""),
        ..Default::default()
    };
    let refused = world.processes(&manager).put_process_draft(put).await;
    assert_eq!(reason(refused), "PERMISSION_DENIED");
}

#[tokio::test]
async fn a_written_criterion_decides_and_says_what_it_saw() {
    let world = world().await;
    let criterion = r#"
[[stages.key_node.criteria]]
id = "large_deals_know_their_money"
check = "expression"
expression = "deal.amount < 1000000.0 || elements.budget == 'known'"
explanation = { zh = "百万元以上的项目必须明确预算", en = "deals of a million and more: the budget is known" }
"#;
    publish(&world, "short", criterion).await;
    let mut client = world.manager();
    let deal = open(&world, "processes/short").await.unwrap();
    evidence(&mut client, &deal.name, "meet_ready").await;
    let unknown = advance(&mut client, &deal.name).await;
    let message = format!("{:?}", unknown.clone().unwrap_err());
    assert_eq!(reason(unknown), "KEY_NODE_NOT_REACHED");
    assert!(message.contains("deal.amount is unknown"), "{message}");
    let worth = Opportunity {
        name: deal.name.clone(),
        amount: money(2_000_000, 0),
        ..Default::default()
    };
    update(&mut client, worth, &["amount"]).await.unwrap();
    assert_eq!(
        reason(advance(&mut client, &deal.name).await),
        "KEY_NODE_NOT_REACHED"
    );
    know(&mut client, &deal.name, QualificationElement::Budget).await;
    let moved = advance(&mut client, &deal.name).await.unwrap();
    assert_eq!(moved.opportunity.unwrap().stage, "sign");
}

#[tokio::test]
async fn of_two_who_publish_at_once_one_does() {
    let world = world().await;
    put(&world, process_file("short", "")).await.unwrap();
    let publish = || async {
        let request = PublishProcessRequest {
            name: "processes/short".to_owned(),
            ..Default::default()
        };
        world.keeping().publish_process(request).await
    };
    let (one, other) = tokio::join!(publish(), publish());
    let refused: Vec<String> = [one, other]
        .into_iter()
        .filter(Result::is_err)
        .map(reason)
        .collect();
    assert_eq!(refused, ["PROCESS_NOT_FOUND"]);
}
