//! Prospects of a leaver, what the transfer tells, and what still names the leaver.

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::absences_service_client::AbsencesServiceClient;
use keynode_proto::accounts::v1::transfers_service_client::TransfersServiceClient;
use keynode_proto::accounts::v1::*;

use super::people::updating;
use super::prospecting::{day, plant};
use super::territories::{make, of_team, territories};
use super::world::{World, id, request_id, take};

async fn transfer(
    world: &World,
    by: &Caller,
    request: TransferRecordsRequest,
) -> TransferRecordsResponse {
    let mut transfers = TransfersServiceClient::new(world.server.connect(by));
    take(transfers.transfer_records(request).await)
}

fn giving(from: &Caller, to: &Caller) -> TransferRecordsRequest {
    TransferRecordsRequest {
        from: from.person_name(),
        to: to.person_name(),
        ..Default::default()
    }
}

fn named(display_name: &str) -> Prospect {
    Prospect {
        display_name: display_name.to_owned(),
        ..plant()
    }
}

async fn told(world: &World, person: &Caller) -> RecordsTransferred {
    let events = world.events(&person.person_name()).await;
    events.last().unwrap().message()
}

#[tokio::test]
async fn open_prospects_of_a_leaver_go_and_ended_ones_stay() {
    let world = World::new().await;
    let team = world.team("西北", "", "").await;
    let (leaver, heir) = (world.seller("").await, world.seller(&team.name).await);
    let qualified = world.qualified(&leaver).await;
    let listed = world.prospect(&leaver, named("乙")).await;
    let dismissed = world.prospect(&leaver, named("丙")).await;
    let dismiss = DismissProspectRequest {
        name: dismissed.name.clone(),
        reason: "破产".to_owned(),
        ..Default::default()
    };
    take(world.prospects(&leaver).dismiss_prospect(dismiss).await);
    let request = giving(&leaver, &heir);
    let preview = TransferRecordsRequest {
        validate_only: true,
        ..request.clone()
    };
    let previewed = transfer(&world, &world.admin, preview).await;
    assert_eq!(world.read_prospect(&listed.name).await, listed);
    let request = TransferRecordsRequest {
        request_id: request_id(),
        ..request
    };
    let answer = transfer(&world, &world.admin, request.clone()).await;
    assert_eq!((answer.prospects_moved, answer.prospects_left), (2, 0));
    assert_eq!(previewed, answer);
    assert_eq!(
        transfer(&world, &world.admin, request).await,
        answer,
        "a repeat is answered as the first was"
    );
    for before in [&qualified, &listed] {
        let after = world.read_prospect(&before.name).await;
        assert_eq!(
            (&after.owner, &after.team),
            (&heir.person_name(), &team.name)
        );
        assert_eq!(
            after.state(),
            before.state(),
            "whose it is says nothing of it"
        );
        let events = world.events(&before.name).await;
        let change: ProspectChanged = events.last().unwrap().message();
        assert_eq!(change.before.unwrap().owner, leaver.person_name());
        assert_eq!(change.after.unwrap().owner, heir.person_name());
        assert_eq!(after.etag, events.last().unwrap().sequence.to_string());
    }
    let stays = world.read_prospect(&dismissed.name).await;
    assert_eq!(stays.owner, leaver.person_name());
    assert_eq!(told(&world, &leaver).await.prospects, 2);
}

#[tokio::test]
async fn prospects_go_where_the_territories_say_or_stay() {
    let world = World::new().await;
    let team = world.team("西北", "", "").await;
    let (leaver, owner) = (world.seller("").await, world.seller("").await);
    let mut areas = territories(&world, &world.admin);
    let area = Territory {
        regions: vec!["宁夏".to_owned()],
        owner: owner.person_name(),
        ..of_team(&team.name)
    };
    make(&mut areas, area).await;
    let placed = world.prospect(&leaver, named("甲")).await;
    let elsewhere = Prospect {
        location: "上海".to_owned(),
        ..named("乙")
    };
    let lost = world.prospect(&leaver, elsewhere).await;
    let request = TransferRecordsRequest {
        from: leaver.person_name(),
        by_territory: true,
        ..Default::default()
    };
    let answer = transfer(&world, &world.admin, request).await;
    assert_eq!((answer.prospects_moved, answer.prospects_left), (1, 1));
    let after = world.read_prospect(&placed.name).await;
    assert_eq!(
        (after.owner, after.team),
        (owner.person_name(), team.name.clone())
    );
    assert_eq!(world.read_prospect(&lost.name).await, lost);
}

#[tokio::test]
async fn the_event_names_the_accounts_and_whose_records_were_meant() {
    let world = World::new().await;
    let team = world.team("西北", "", "").await;
    let (leaver, heir) = (
        world.seller(&team.name).await,
        world.seller(&team.name).await,
    );
    let account = world.account(&leaver, "甲").await;
    let manager = Caller::person(world.tenant, "sales_manager").in_team(id(&team.name));
    transfer(&world, &manager, giving(&leaver, &heir)).await;
    let event = told(&world, &leaver).await;
    let given = AccountsGiven {
        owner: heir.person_name(),
        team: team.name.clone(),
        accounts: vec![account.name],
    };
    assert_eq!(event.given, [given]);
    assert_eq!(
        (event.everything, &event.teams_seen, &event.to_team),
        (false, &vec![team.name.clone()], &team.name)
    );
    transfer(&world, &world.admin, giving(&heir, &leaver)).await;
    let event = told(&world, &heir).await;
    assert!(event.everything && event.teams_seen.is_empty());
}

#[tokio::test]
async fn whatever_still_names_the_leaver_is_counted() {
    let world = World::new().await;
    let (leaver, heir) = (world.seller("").await, world.seller("").await);
    let colleague = world.seller("").await;
    let reports = Person {
        name: colleague.person_name(),
        manager: leaver.person_name(),
        ..Person::default()
    };
    let update = updating(&reports, &["manager"]);
    take(world.directory(&world.admin).update_person(update).await);
    let absence = Absence {
        person: colleague.person_name(),
        deputy: leaver.person_name(),
        start_date: day(2126, 1, 1),
        end_date: day(2126, 1, 9),
        ..Absence::default()
    };
    let create = CreateAbsenceRequest {
        absence: Some(absence),
        ..Default::default()
    };
    let mut absences = AbsencesServiceClient::new(world.server.connect(&world.admin));
    take(absences.create_absence(create).await);
    let answer = transfer(&world, &world.admin, giving(&leaver, &heir)).await;
    assert_eq!((answer.absences_left, answer.reports_left), (1, 1));
}
