use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;

use super::prospecting::{chemical_plants, cny, day, plant, told_to_all};
use super::world::{
    World, bad_fields, mask, metadata, nobody, reason, reason_of, refused, request_id, take,
};

pub fn creating(prospect: Prospect) -> CreateProspectRequest {
    CreateProspectRequest {
        prospect: Some(prospect),
        ..Default::default()
    }
}

pub fn updating(prospect: &Prospect, paths: &[&str]) -> UpdateProspectRequest {
    UpdateProspectRequest {
        prospect: Some(prospect.clone()),
        update_mask: mask(paths),
        ..Default::default()
    }
}

pub fn getting(name: &str) -> GetProspectRequest {
    GetProspectRequest {
        name: name.to_owned(),
    }
}

pub fn dismissing(name: &str, reason: &str) -> DismissProspectRequest {
    DismissProspectRequest {
        name: name.to_owned(),
        reason: reason.to_owned(),
        ..Default::default()
    }
}

fn keyed(external_id: &str) -> Option<ExternalKey> {
    Some(ExternalKey {
        source_system: "fair".to_owned(),
        external_id: external_id.to_owned(),
    })
}

#[tokio::test]
async fn a_prospect_is_added_read_and_changed() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let mut prospects = world.prospects(&seller);
    let mut request = CreateProspectRequest {
        request_id: request_id(),
        ..creating(plant())
    };
    let first = take(prospects.create_prospect(request.clone()).await);
    assert_eq!(
        take(prospects.create_prospect(request.clone()).await),
        first
    );
    request.prospect.as_mut().unwrap().need.clear();
    let other = prospects.create_prospect(request).await;
    assert_eq!(reason_of(other), "REQUEST_ID_REUSED");
    let made = first.prospect.unwrap();
    assert_eq!(
        (made.state(), made.owner.as_str()),
        (ProspectState::Listed, seller.person_name().as_str())
    );
    let expected = Prospect {
        name: made.name.clone(),
        etag: "1".to_owned(),
        create_time: made.create_time,
        update_time: made.create_time,
        owner: seller.person_name(),
        state: ProspectState::Listed.into(),
        ..plant()
    };
    assert_eq!(made, expected);

    let told = Prospect {
        need: String::new(),
        timetable_date: day(2027, 3, 1),
        ..made.clone()
    };
    let paths = ["need", "timetable_date"];
    let changed = take(prospects.update_prospect(updating(&told, &paths)).await);
    let changed = changed.prospect.unwrap();
    assert_eq!(
        (changed.need.as_str(), changed.timetable_date),
        ("", day(2027, 3, 1))
    );
    let stale = prospects.update_prospect(updating(&told, &paths)).await;
    assert_eq!(reason_of(stale), "ETAG_MISMATCH");
    let checked = UpdateProspectRequest {
        validate_only: true,
        ..updating(
            &Prospect {
                phone: "1".to_owned(),
                ..changed.clone()
            },
            &["phone"],
        )
    };
    take(prospects.update_prospect(checked).await);
    let read = take(prospects.get_prospect(getting(&made.name)).await);
    assert_eq!(read.prospect.unwrap(), changed);
    let events = world.events(&made.name).await;
    let change: ProspectChanged = events[1].message();
    assert_eq!(
        (change.before, change.after, events.len()),
        (Some(told_to_all(made)), Some(told_to_all(changed)), 2)
    );
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let world = World::new().await;
    let mut prospects = world.prospects(&world.admin);
    let mut bad = Prospect {
        display_name: String::new(),
        annual_revenue: cny(-1),
        employee_count: Some(-1),
        founded_year: Some(2099),
        channel: 0,
        found_date: day(2026, 2, 30),
        no_timetable: true,
        timetable_date: day(2027, 1, 1),
        owner: "accounts/1".to_owned(),
        target_definition: "x".to_owned(),
        external_key: keyed(""),
        ..plant()
    };
    bad.people[0].display_name = "张\u{202e}工".to_owned();
    bad.people[1].display_name = "\u{200b}".to_owned();
    bad.budget.as_mut().unwrap().currency_code = "ZZZ".to_owned();
    bad.answers = vec![ScreeningAnswer::default()];
    let expected = [
        "prospect.annual_revenue",
        "prospect.answers[0].criterion",
        "prospect.answers[0].evidence",
        "prospect.budget",
        "prospect.channel",
        "prospect.display_name",
        "prospect.employee_count",
        "prospect.external_key.external_id",
        "prospect.found_date",
        "prospect.founded_year",
        "prospect.no_timetable",
        "prospect.owner",
        "prospect.people[0].display_name",
        // It has nothing to see, and a character that is not to be there.
        "prospect.people[1].display_name",
        "prospect.people[1].display_name",
        "prospect.target_definition",
    ];
    assert_eq!(
        bad_fields(prospects.create_prospect(creating(bad)).await),
        expected
    );
    let listed = world.prospect(&world.admin, plant()).await;
    let moved = prospects
        .update_prospect(updating(&listed, &["state"]))
        .await;
    assert_eq!(bad_fields(moved), ["update_mask"]);
    let list = ListProspectsRequest {
        channel: 99,
        state: -1,
        owner: "x".to_owned(),
        target_definition: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(prospects.list_prospects(list).await),
        ["channel", "owner", "state", "target_definition"]
    );
    assert_eq!(
        bad_fields(prospects.get_prospect(getting("prospects/1")).await),
        ["name"]
    );
}

#[tokio::test]
async fn what_it_refers_to_must_be_there() {
    let world = World::new().await;
    let mut prospects = world.prospects(&world.admin);
    let listed = world.prospect(&world.admin, plant()).await;
    for (path, name, expected) in [
        ("owner", nobody("people"), "PERSON_NOT_FOUND"),
        ("team", nobody("teams"), "TEAM_NOT_FOUND"),
        (
            "target_definition",
            nobody("targetDefinitions"),
            "TARGET_DEFINITION_NOT_FOUND",
        ),
    ] {
        let mut sent = plant();
        match path {
            "owner" => sent.owner = name,
            "team" => sent.team = name,
            _ => sent.target_definition = name,
        }
        let update = Prospect {
            name: listed.name.clone(),
            ..sent.clone()
        };
        let created = prospects.create_prospect(creating(sent)).await;
        assert_eq!(reason_of(created), expected);
        let updated = prospects.update_prospect(updating(&update, &[path])).await;
        assert_eq!(reason_of(updated), expected);
    }
}

#[tokio::test]
async fn a_key_has_one_prospect() {
    let world = World::new().await;
    let mut prospects = world.prospects(&world.admin);
    let sent = Prospect {
        external_key: keyed("7"),
        ..plant()
    };
    let holder = world.prospect(&world.admin, sent.clone()).await;
    let status = refused(prospects.create_prospect(creating(sent.clone())).await);
    assert_eq!(reason(&status), "EXTERNAL_KEY_TAKEN");
    assert_eq!(metadata(&status, "name"), Some(holder.name));
    let seller = world.seller("").await;
    let other = world.prospect(&seller, plant()).await;
    let update = Prospect {
        external_key: keyed("7"),
        ..other
    };
    let update = updating(&update, &["external_key"]);
    let status = refused(world.prospects(&seller).update_prospect(update).await);
    assert_eq!(reason(&status), "EXTERNAL_KEY_TAKEN");
    assert_eq!(metadata(&status, "name"), None, "not one the seller sees");
}

#[tokio::test]
async fn prospects_are_listed_by_page_and_filter() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let definition = world.published(chemical_plants()).await;
    let first = world.prospect(&seller, plant()).await;
    let web = Prospect {
        channel: ProspectChannel::Internet.into(),
        external_key: keyed("1"),
        target_definition: definition.name.clone(),
        ..plant()
    };
    let second = world.prospect(&world.admin, web).await;
    let second = world.screened(&world.admin, &second.name, "").await;
    let mut prospects = world.prospects(&world.admin);
    let all = ListProspectsRequest {
        page_size: 1,
        ..Default::default()
    };
    let page = take(prospects.list_prospects(all.clone()).await);
    assert_eq!(page.prospects, std::slice::from_ref(&first));
    let next = ListProspectsRequest {
        page_token: page.next_page_token.clone(),
        ..all.clone()
    };
    let last = take(prospects.list_prospects(next).await);
    assert_eq!(last.prospects, std::slice::from_ref(&second));
    assert_eq!(last.next_page_token, "");
    let foreign = ListProspectsRequest {
        page_token: page.next_page_token,
        channel: 1,
        ..all.clone()
    };
    assert_eq!(
        reason_of(prospects.list_prospects(foreign).await),
        "PAGE_TOKEN_INVALID"
    );
    for (filter, expected) in [
        (
            ListProspectsRequest {
                channel: ProspectChannel::Internet.into(),
                ..Default::default()
            },
            &second,
        ),
        (
            ListProspectsRequest {
                state: ProspectState::Listed.into(),
                ..Default::default()
            },
            &first,
        ),
        (
            ListProspectsRequest {
                target_definition: definition.name.clone(),
                ..Default::default()
            },
            &second,
        ),
        (
            ListProspectsRequest {
                owner: seller.person_name(),
                ..Default::default()
            },
            &first,
        ),
        (
            ListProspectsRequest {
                source_system: "fair".to_owned(),
                ..Default::default()
            },
            &second,
        ),
    ] {
        let found = take(prospects.list_prospects(filter.clone()).await);
        assert_eq!(
            found.prospects,
            std::slice::from_ref(expected),
            "{filter:?}"
        );
    }
}

#[tokio::test]
async fn what_is_given_up_says_why_and_changes_no_more() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let definition = world.published(chemical_plants()).await;
    let listed = world.prospect(&seller, plant()).await;
    let mut prospects = world.prospects(&seller);
    let blank = prospects
        .dismiss_prospect(dismissing(&listed.name, " "))
        .await;
    assert_eq!(bad_fields(blank), ["reason"]);
    let stale = DismissProspectRequest {
        etag: "9".to_owned(),
        ..dismissing(&listed.name, "破产")
    };
    assert_eq!(
        reason_of(prospects.dismiss_prospect(stale).await),
        "ETAG_MISMATCH"
    );
    let request = DismissProspectRequest {
        request_id: request_id(),
        ..dismissing(&listed.name, "破产")
    };
    let first = take(prospects.dismiss_prospect(request.clone()).await);
    assert_eq!(take(prospects.dismiss_prospect(request).await), first);
    let dismissed = first.prospect.unwrap();
    let dismissal = dismissed.dismissal.clone().unwrap();
    assert_eq!(
        (dismissed.state(), dismissal.reason, dismissal.actor),
        (
            ProspectState::Dismissed,
            "破产".to_owned(),
            seller.person_name()
        )
    );
    let told = Prospect {
        phone: "1".to_owned(),
        ..dismissed.clone()
    };
    let screen = ScreenProspectRequest {
        name: listed.name.clone(),
        target_definition: definition.name,
        ..Default::default()
    };
    let convert = ConvertProspectRequest {
        name: listed.name.clone(),
        ..Default::default()
    };
    for reason in [
        reason_of(prospects.update_prospect(updating(&told, &["phone"])).await),
        reason_of(prospects.screen_prospect(screen).await),
        reason_of(
            prospects
                .dismiss_prospect(dismissing(&listed.name, "x"))
                .await,
        ),
        reason_of(prospects.convert_prospect(convert).await),
    ] {
        assert_eq!(reason, "PROSPECT_CLOSED");
    }
    assert_eq!(world.events(&listed.name).await.len(), 2);
}
