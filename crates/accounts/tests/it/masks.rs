//! Who may not know an insider is told of them without being told who it is.

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::decision_maps_service_client::DecisionMapsServiceClient;
use keynode_proto::accounts::v1::*;

use super::deal::playing;
use super::secrets::{DEPARTMENT, NAME, Secrets, coaching};
use super::world::take;

fn analyzing(secrets: &Secrets) -> AnalyzeDecisionMapRequest {
    AnalyzeDecisionMapRequest {
        name: secrets.deal.map.name.clone(),
    }
}

async fn analysis(secrets: &Secrets, caller: &Caller) -> DecisionMapAnalysis {
    let mut maps = secrets.deal.world.maps(caller);
    take(maps.analyze_decision_map(analyzing(secrets)).await)
        .analysis
        .unwrap()
}

/// Without the departments, which are those of everybody at the customer.
fn of_people(analysis: DecisionMapAnalysis) -> DecisionMapAnalysis {
    DecisionMapAnalysis {
        uncovered_departments: Vec::new(),
        ..analysis
    }
}

#[tokio::test]
async fn roles_without_the_permission_read_everything_masked() {
    let secrets = Secrets::new().await;
    let tenant = secrets.deal.world.tenant;
    let scoped = Caller {
        scopes: vec!["read"],
        ..Caller::person(tenant, "sales_manager")
    };
    let viewer = Caller::person(tenant, "viewer");
    for caller in [secrets.integrator(), viewer, scoped] {
        let map = secrets.deal.seen_by(&caller).await;
        assert!(!secrets.are_in(&map), "{:?}", caller.roles);
        let insider = &map.stakeholders[1];
        assert!(insider.masked);
        assert_eq!(
            (
                insider.contact.as_str(),
                insider.insider.as_str(),
                insider.weight
            ),
            ("insiders/1", "insiders/1", Some(30))
        );
        let text = insider.masked_as.clone().unwrap();
        assert_eq!(
            (text.zh_cn.as_str(), text.en.as_str()),
            ("运行部门的内线", "an insider in operations")
        );
        assert_eq!(map.influences[0].from, "insiders/1");
        assert!(!map.stakeholders[0].masked && !map.stakeholders[2].masked);

        let mut maps = secrets.deal.world.maps(&caller);
        let listed = take(
            maps.list_decision_maps(ListDecisionMapsRequest::default())
                .await,
        );
        assert_eq!(listed.decision_maps, [map]);
        let history = secrets.deal.history(&caller, "").await;
        assert!(history.iter().all(|change| !secrets.are_in(change)));
        assert!(history.iter().any(|change| change.contact == "insiders/1"));
        assert!(!secrets.are_in(&of_people(analysis(&secrets, &caller).await)));
    }
}

#[tokio::test]
async fn who_works_the_deal_reads_who_it_is_and_how_others_call_them() {
    let secrets = Secrets::new().await;
    let tenant = secrets.deal.world.tenant;
    for role in ["administrator", "sales_manager", "seller"] {
        let caller = Caller::person(tenant, role);
        let insider = secrets.deal.seen_by(&caller).await.stakeholders.remove(1);
        assert_eq!(
            (
                insider.contact,
                insider.display_name.as_str(),
                insider.masked
            ),
            (secrets.coach.clone(), NAME, false),
            "{role}"
        );
        assert_eq!(
            (insider.insider.as_str(), insider.masked_as),
            ("insiders/1", None)
        );
        let history = secrets.deal.history(&caller, &secrets.coach).await;
        assert!(!history.is_empty() && history.iter().all(|change| change.display_name == NAME));
        assert_eq!(secrets.deal.history(&caller, "insiders/1").await, history);
        assert!(secrets.are_in(&analysis(&secrets, &caller).await));
    }
    let scoped = Caller {
        scopes: vec!["read", "accounts.insiders.get"],
        ..Caller::person(tenant, "seller")
    };
    assert!(secrets.are_in(&secrets.deal.seen_by(&scoped).await));
}

#[tokio::test]
async fn the_masked_analysis_says_the_same_without_names() {
    let secrets = Secrets::new().await;
    let whole = analysis(&secrets, &secrets.deal.world.admin).await;
    let masked = analysis(&secrets, &secrets.integrator()).await;
    assert_eq!(
        whole.decision_makers[0].path.as_ref().unwrap().contacts,
        [secrets.coach.clone(), secrets.boss.clone()]
    );
    let path = masked.decision_makers[0].path.clone().unwrap();
    assert_eq!(path.contacts, ["insiders/1", secrets.boss.as_str()]);
    assert_eq!(path.weakest.unwrap().from, "insiders/1");
    assert_eq!(masked.supporters, ["insiders/1"]);
    assert_eq!(
        masked.decision_makers[0]
            .advocacy
            .as_ref()
            .unwrap()
            .advocates,
        ["insiders/1"]
    );
    let figures = |a: &DecisionMapAnalysis| {
        (
            a.has_coach,
            a.covered_weight,
            a.known_weight,
            a.supporting_weight,
            a.uncovered_functions.clone(),
            a.map_version,
        )
    };
    assert_eq!(figures(&masked), figures(&whole));
    assert!(whole.has_coach && whole.covered_weight > 0);
}

/// A department that is covered although no named person of it was met would be theirs.
#[tokio::test]
async fn a_department_that_only_an_insider_covers_counts_as_uncovered_when_masked() {
    let secrets = Secrets::new().await;
    let of = async |caller: &Caller| analysis(&secrets, caller).await.uncovered_departments;
    let department = DEPARTMENT.to_owned();
    assert!(!of(&secrets.deal.world.admin).await.contains(&department));
    assert_eq!(of(&secrets.integrator()).await, [department]);
}

#[tokio::test]
async fn a_decision_maker_who_is_an_insider_is_spoken_of_in_both_languages() {
    let mut secrets = Secrets::new().await;
    let both = Stakeholder {
        roles: vec![
            StakeholderRole::HiddenSupporter.into(),
            StakeholderRole::DecisionMaker.into(),
        ],
        attitude: Attitude::Opponent.into(),
        ..coaching(&secrets.coach)
    };
    secrets.deal.set(both).await;
    let analysis = analysis(&secrets, &secrets.integrator()).await;
    let reach = analysis
        .decision_makers
        .iter()
        .find(|reach| reach.contact == "insiders/1")
        .unwrap();
    let text = reach.masked_as.clone().unwrap();
    assert_eq!(reach.display_name, "an insider in operations");
    assert_eq!(
        (text.zh_cn.as_str(), text.en.as_str()),
        ("运行部门的内线", "an insider in operations")
    );
}

#[tokio::test]
async fn services_are_shown_handles_and_analyze_all_the_same() {
    let secrets = Secrets::new().await;
    let world = &secrets.deal.world;
    let channel = world.server.connect_service("scoring");
    let mut maps = DecisionMapsServiceClient::new(channel.as_service(Some(world.tenant)));
    let analysis = take(maps.analyze_decision_map(analyzing(&secrets)).await)
        .analysis
        .unwrap();
    assert!(analysis.has_coach && !secrets.are_in(&of_people(analysis)));
    let request = GetDecisionMapRequest {
        name: secrets.deal.map.name.clone(),
    };
    assert!(!secrets.are_in(&take(maps.get_decision_map(request).await)));
}

#[tokio::test]
async fn an_insider_is_not_found_by_who_may_not_know_them() {
    let secrets = Secrets::new().await;
    let world = &secrets.deal.world;
    let by = |contact: &str| ListDecisionMapsRequest {
        contact: contact.to_owned(),
        ..Default::default()
    };
    let found = async |caller: &Caller, contact: &str| {
        let answer = world.maps(caller).list_decision_maps(by(contact)).await;
        take(answer).decision_maps.len()
    };
    let integrator = secrets.integrator();
    assert_eq!(found(&integrator, &secrets.coach).await, 0);
    assert_eq!(found(&integrator, &secrets.boss).await, 1);
    assert_eq!(found(&world.admin, &secrets.coach).await, 1);

    let history = async |contact: &str| secrets.deal.history(&integrator, contact).await;
    assert!(history(&secrets.coach).await.is_empty());
    assert!(!history(&secrets.boss).await.is_empty());
    let of_handle = history("insiders/1").await;
    assert!(!of_handle.is_empty() && of_handle.iter().all(|c| c.contact == "insiders/1"));
    assert!(history("insiders/2").await.is_empty());
}

#[tokio::test]
async fn no_event_names_an_insider() {
    let mut secrets = Secrets::new().await;
    let told = Stakeholder {
        sensitive: true,
        ..playing(&secrets.open, StakeholderRole::User)
    };
    secrets.deal.set(told).await;
    let request = secrets.deal.removing(&secrets.coach);
    take(secrets.deal.maps.remove_stakeholder(request).await);
    let events = secrets.deal.world.events(&secrets.deal.map.name).await;
    assert_eq!(events.len(), 7);
    for event in &events {
        let change: DecisionMapChanged = event.message();
        assert!(!secrets.are_in(&change), "version {}", event.sequence);
    }
    let change: DecisionMapChanged = events[5].message();
    let (before, after) = (change.before.unwrap(), change.after.unwrap());
    assert_eq!(
        (
            before.stakeholders[2].contact.as_str(),
            after.stakeholders[2].contact.as_str()
        ),
        ("insiders/2", "insiders/2"),
        "also the state before hides who has just become one"
    );
    assert_eq!(
        after.stakeholders[2].masked_as.clone().unwrap().en,
        "a sensitive person"
    );
}

#[tokio::test]
async fn changes_of_a_contact_do_not_tell_that_it_is_the_insider() {
    let secrets = Secrets::new().await;
    let integrator = secrets.integrator();
    let (before, analyzed) = (
        secrets.deal.seen_by(&integrator).await,
        analysis(&secrets, &integrator).await,
    );
    let world = &secrets.deal.world;
    let other = world.account(&integrator, "别的客户").await;
    let changed = UpdateContactRequest {
        contact: Some(Contact {
            name: secrets.coach.clone(),
            function: Function::Finance.into(),
            ..Contact::default()
        }),
        ..Default::default()
    };
    take(world.contacts(&integrator).update_contact(changed).await);
    let moved = MoveContactRequest {
        name: secrets.coach.clone(),
        account: other.name,
        ..Default::default()
    };
    take(world.contacts(&integrator).move_contact(moved).await);
    assert_eq!(secrets.deal.seen_by(&integrator).await, before);
    let again = analysis(&secrets, &integrator).await;
    assert_eq!(of_people(again), of_people(analyzed));
}
