//! `keynode up`: everything in one process on a Postgres of its own.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use keynode_kit::client::{Channel, Credentials, Settings};
use keynode_proto::pipeline::v1::opportunities_service_client::OpportunitiesServiceClient;
use keynode_proto::pipeline::v1::{
    CreateOpportunityRequest, GetOpportunityRequest, ListOpportunitiesRequest, Opportunity,
};
use keynode_tests::{Keynode, binary, free_port};
use secrecy::SecretString;

use crate::deal;

struct Up {
    process: Keynode,
    endpoint: String,
    settings: Vec<(String, String)>,
}

async fn up(folder: &Path, port: u16, arguments: &[&str]) -> Up {
    let endpoint = format!("http://127.0.0.1:{port}");
    let settings = vec![
        (
            "KEYNODE_SERVER__LISTEN".to_owned(),
            format!("127.0.0.1:{port}"),
        ),
        ("KEYNODE_SERVER__DRAIN".to_owned(), "2s".to_owned()),
        ("KEYNODE_OPS__LISTEN".to_owned(), String::new()),
        ("KEYNODE_TELEMETRY__FORMAT".to_owned(), "json".to_owned()),
    ];
    let data = folder.join("data");
    let all = [&["up", "--data", data.to_str().unwrap()], arguments].concat();
    let log = folder.join("up.log");
    let said = std::fs::metadata(&log).map_or(0, |m| usize::try_from(m.len()).unwrap());
    let mut process = Keynode::start(&all, &settings, &log);
    for _ in 0..3000 {
        if process
            .log()
            .get(said..)
            .is_some_and(|new| new.contains("Try next:"))
        {
            return Up {
                process,
                endpoint,
                settings,
            };
        }
        assert!(process.is_running(), "it ended:\n{}", process.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not come up:\n{}", process.log());
}

fn token_file(folder: &Path, name: &str) -> String {
    folder
        .join("data/tokens")
        .join(name)
        .to_str()
        .unwrap()
        .to_owned()
}

fn opportunities(up: &Up, folder: &Path) -> OpportunitiesServiceClient<Channel> {
    let token = std::fs::read_to_string(token_file(folder, "administrator")).unwrap();
    let credentials = Credentials::Bearer(SecretString::from(token.trim().to_owned()));
    OpportunitiesServiceClient::new(
        Channel::new(&up.endpoint, &Settings::default(), credentials).unwrap(),
    )
}

async fn create(client: &mut OpportunitiesServiceClient<Channel>, name: &str) -> Opportunity {
    let opportunity = Opportunity {
        display_name: name.into(),
        ..Opportunity::default()
    };
    let request = CreateOpportunityRequest {
        opportunity: Some(opportunity),
        request_id: deal::id(),
        validate_only: false,
    };
    client
        .create_opportunity(request)
        .await
        .unwrap()
        .into_inner()
        .opportunity
        .unwrap()
}

fn run(up: &Up, folder: &Path, token: &str, arguments: &[&str]) -> String {
    let output = Command::new(binary())
        .args(arguments)
        .args([
            "--endpoint",
            &up.endpoint,
            "--token-file",
            &token_file(folder, token),
        ])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_diagnoses_the_zhang_case_and_tells_the_manager() {
    let folder = tempfile::tempdir().unwrap();
    let mut up = up(folder.path(), free_port(), &["--demo"]).await;
    let shown = run(
        &up,
        folder.path(),
        "administrator",
        &["diagnose", "宁夏", "--lang", "en"],
    );
    assert!(shown.to_lowercase().contains("do not advance"), "{shown}");
    let json = run(
        &up,
        folder.path(),
        "administrator",
        &["diagnose", "宁夏", "--json"],
    );
    assert!(
        json.contains("no_coach") && json.contains("no_path_to_decision_maker"),
        "{json}"
    );
    let mut inbox = String::new();
    for _ in 0..200 {
        inbox = run(&up, folder.path(), "manager", &["inbox"]);
        if inbox.contains("宁夏") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(inbox.contains("宁夏"), "{inbox}");
    assert!(
        up.process.stop(),
        "Ctrl-C stops it cleanly:\n{}",
        up.process.log()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_started_again_it_has_everything_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut first = up(folder.path(), port, &[]).await;
    let mut client = opportunities(&first, folder.path());
    let mut made = Vec::new();
    for n in 0..20 {
        made.push(create(&mut client, &format!("deal {n}")).await);
    }
    first.process.kill();
    let mut second = up(folder.path(), port, &[]).await;
    let mut client = opportunities(&second, folder.path());
    for deal in made {
        let request = GetOpportunityRequest {
            name: deal.name.clone(),
        };
        let found = client
            .get_opportunity(request)
            .await
            .unwrap()
            .into_inner()
            .opportunity
            .unwrap();
        assert_eq!(found, deal);
    }
    assert!(second.process.stop());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_one_on_the_same_port_or_folder_says_what_is_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut first = up(folder.path(), port, &[]).await;
    let refused = |data: &Path, listen: u16| {
        let mut settings = first.settings.clone();
        settings[0].1 = format!("127.0.0.1:{listen}");
        let output = Command::new(binary())
            .args(["up", "--data", data.to_str().unwrap()])
            .envs(settings)
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let same_folder = refused(&folder.path().join("data"), free_port());
    assert!(
        same_folder.contains("data") && same_folder.contains("process"),
        "{same_folder}"
    );
    let other = tempfile::tempdir().unwrap();
    let same_port = refused(&other.path().join("data"), port);
    assert!(same_port.contains(&port.to_string()), "{same_port}");
    assert!(first.process.stop());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_of_ones_own_is_written_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let up = up(folder.path(), free_port(), &[]).await;
    let keynode = |arguments: &[&str]| run(&up, folder.path(), "administrator", arguments);
    let shipped = keynode(&["process", "get", "industrial-key-account", "--number", "2"]);
    let ours = shipped.replacen("id = \"industrial-key-account\"", "id = \"ours\"", 1);
    let file = folder.path().join("ours.toml");
    std::fs::write(&file, &ours).unwrap();
    let path = file.to_str().unwrap();
    assert!(keynode(&["process", "check", path]).contains("is sound"));
    assert!(keynode(&["process", "put", path]).contains("version 1: draft"));
    assert!(keynode(&["process", "publish", "ours"]).contains("version 1: published"));
    assert_eq!(keynode(&["process", "get", "ours"]), ours);
    assert_eq!(keynode(&["process", "list"]).lines().count(), 2);
    std::fs::write(&file, ours.replace("coach_present\"\n", "coach\"\n")).unwrap();
    let output = Command::new(binary())
        .args(["process", "check", path, "--endpoint", &up.endpoint])
        .args(["--token-file", &token_file(folder.path(), "administrator")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(
        said.contains("stages[1].key_node.criteria[0].check"),
        "{said}"
    );
    assert!(said.contains("no known check"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_tenant_is_made_by_command_and_sees_nothing_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut up = up(folder.path(), free_port(), &[]).await;
    let mine = create(&mut opportunities(&up, folder.path()), "mine").await;
    let secrets = std::fs::read_to_string(folder.path().join("data/secrets.toml")).unwrap();
    let secret = secrets
        .lines()
        .find_map(|line| line.strip_prefix("service = "))
        .unwrap();
    let output = Command::new(binary())
        .args(["tenant", "create", "Another", "--endpoint", &up.endpoint])
        .env("KEYNODE_AUTH__SERVICE_SECRET", secret.trim_matches('"'))
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let key = printed
        .lines()
        .find_map(|line| line.strip_prefix("administrator "))
        .unwrap();
    std::fs::write(folder.path().join("data/tokens/administrator"), key).unwrap();
    let mut stranger = opportunities(&up, folder.path());
    let request = GetOpportunityRequest { name: mine.name };
    let refused = stranger.get_opportunity(request).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::NotFound);
    assert_eq!(create(&mut stranger, "theirs").await.display_name, "theirs");
    assert!(up.process.stop());
}

/// The public data beside the checkout; none where it is absent.
fn public_data() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("KEYNODE_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        Into::into,
    );
    folder.is_dir().then_some(folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_public_export_is_imported_whole_and_a_second_time_changes_nothing() {
    let Some(data) = public_data() else {
        println!("skipped: no public data beside the checkout; name it in KEYNODE_TEST_DATA");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut up = up(folder.path(), free_port(), &[]).await;
    let from = data.join("import/maven");
    let from = from.to_str().unwrap();
    let report = folder.path().join("report.jsonl");
    let import = [
        "import",
        "maven",
        "--from",
        from,
        "--report",
        report.to_str().unwrap(),
    ];
    for expected in ["created", "unchanged"] {
        run(&up, folder.path(), "administrator", &import);
        let rows = std::fs::read_to_string(&report).unwrap();
        let deals: Vec<_> = rows
            .lines()
            .filter(|row| row.contains("sales_pipeline.csv"))
            .collect();
        assert_eq!(deals.len(), 8800);
        assert!(
            deals.iter().all(|row| row.contains(expected)),
            "{:?}",
            deals.first()
        );
    }
    let mut client = opportunities(&up, folder.path());
    let (mut found, mut page_token) = (0, String::new());
    loop {
        let request = ListOpportunitiesRequest {
            page_size: 1000,
            page_token,
            source_system: "maven".into(),
            ..Default::default()
        };
        let page = client
            .list_opportunities(request)
            .await
            .unwrap()
            .into_inner();
        found += page.opportunities.len();
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(found, 8800);
    assert!(up.process.stop());
}
