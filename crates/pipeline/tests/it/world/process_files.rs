//! Processes of a test's own.

use keynode_proto::pipeline::v1::*;

use super::{World, create, evidence, named};

/// A deal that follows a process of its own, with one more criterion that is written.
pub async fn deal_that_asks(world: &World, expression: &str) -> Opportunity {
    let criterion = format!(
        r#"
[[stages.key_node.criteria]]
id = "written"
check = "expression"
expression = "{expression}"
explanation = {{ zh = "条件", en = "condition" }}
"#
    );
    publish(world, "short", &criterion).await;
    let deal = Opportunity {
        process: "processes/short".to_owned(),
        ..named("deal")
    };
    let deal = create(&mut world.manager(), deal).await;
    evidence(&mut world.manager(), &deal.name, "meet_ready").await
}

/// A process of two stages that ends with evidence; `criteria` may add to the first key node.
pub fn process_file(id: &str, criteria: &str) -> String {
    let stage = |stage: &str, rest: &str, criteria: &str| {
        format!(
            r#"
[[stages]]
id = "{stage}"
display_name = {{ zh = "阶段", en = "stage" }}
buying_step = {{ zh = "步骤", en = "step" }}
purpose = {{ zh = "目的", en = "purpose" }}
guidance = [{{ zh = "做", en = "do" }}]
{rest}
[stages.key_node]
display_name = {{ zh = "节点", en = "node" }}
[[stages.key_node.criteria]]
id = "{stage}_ready"
check = "evidence_recorded"
evidence = ["{stage}_ready"]
explanation = {{ zh = "就绪", en = "ready" }}
{criteria}"#
        )
    };
    format!(
        r#"# kept with its comments
id = "{id}"
version = 1
display_name = {{ zh = "短流程", en = "short" }}
{}{}"#,
        stage("meet", "", criteria),
        stage("sign", "wins = true", "")
    )
}

/// The same with what experience says: 20 of 100 are won in the first stage, force halves that, a
/// deal stalls after five working days and a failed evaluation has it watched.
pub fn timed_file(id: &str) -> String {
    process_file(id, "")
        .replace(
            "version = 1\n",
            "version = 1\nforced_percent = 50\nno_go = \"watch\"\n",
        )
        .replace(
            "id = \"meet\"\n",
            "id = \"meet\"\nexpected_days = 10\nstall_days = 5\nwin_percent = 20\n",
        )
}

/// Puts and publishes a process.
pub async fn publish(world: &World, id: &str, criteria: &str) -> Process {
    publish_file(world, id, process_file(id, criteria)).await
}

/// The same of a file.
pub async fn publish_file(world: &World, id: &str, file: String) -> Process {
    let mut client = world.keeping();
    let put = PutProcessDraftRequest {
        file,
        ..Default::default()
    };
    client.put_process_draft(put).await.unwrap();
    let publish = PublishProcessRequest {
        name: format!("processes/{id}"),
        ..Default::default()
    };
    let answer = client.publish_process(publish).await.unwrap();
    answer.into_inner().process.unwrap()
}
