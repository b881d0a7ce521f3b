use keynode_proto::accounts::v1::*;
use keynode_proto::google::r#type::Date;
use tonic_types::StatusExt as _;

use super::deal::{Deal, creating, playing, weighing};
use super::world::{bad_fields, metadata, nobody, reason, reason_of, refused, request_id, take};

#[tokio::test]
async fn an_opportunity_has_one_map() {
    let mut deal = Deal::new().await;
    assert_eq!(
        (deal.map.version, deal.map.etag.as_str(), deal.map.complete),
        (1, "1", false)
    );
    let opportunity = deal.map.name.trim_end_matches("/decisionMap").to_owned();
    let again = creating(&opportunity, &deal.account.name);
    assert_eq!(
        reason_of(deal.maps.create_decision_map(again).await),
        "DECISION_MAP_EXISTS"
    );
    let bad = deal.maps.create_decision_map(creating("x", "y")).await;
    assert_eq!(bad_fields(bad), ["account", "opportunity"]);
    let lost = creating(&nobody("opportunities"), &nobody("accounts"));
    assert_eq!(
        reason_of(deal.maps.create_decision_map(lost).await),
        "ACCOUNT_NOT_FOUND"
    );
    let read = deal
        .maps
        .get_decision_map(GetDecisionMapRequest {
            name: deal.map.name.clone(),
        })
        .await;
    assert_eq!(take(read).decision_map, Some(deal.map));
}

#[tokio::test]
async fn stakeholders_stand_in_the_order_in_which_they_came() {
    let mut deal = Deal::new().await;
    let (late, early) = (deal.contact("乙").await, deal.contact("甲").await);
    deal.set(playing(&early, StakeholderRole::DecisionMaker))
        .await;
    deal.set(playing(&late, StakeholderRole::User)).await;
    let told = Stakeholder {
        weight: Some(40),
        attitude: Attitude::Sceptic.into(),
        coverage: Coverage::Met.into(),
        evidence: "会议".to_owned(),
        evidence_date: Some(Date {
            year: 2026,
            month: 7,
            day: 1,
        }),
        display_name: "ignored".to_owned(),
        ..playing(&early, StakeholderRole::TechnicalSelector)
    };
    let map = deal.set(told.clone()).await;
    assert_eq!(
        map.stakeholders[0],
        Stakeholder {
            display_name: "甲".to_owned(),
            ..told.clone()
        }
    );
    assert_eq!(
        (map.stakeholders[1].contact.as_str(), map.version),
        (late.as_str(), 4)
    );
    assert_eq!(
        deal.set(told).await.version,
        4,
        "saying the same changes nothing"
    );
    let read = deal
        .maps
        .get_decision_map(GetDecisionMapRequest {
            name: map.name.clone(),
        })
        .await;
    assert_eq!(take(read).decision_map.as_ref(), Some(&map));
    let events = deal.world.events(&map.name).await;
    let change: DecisionMapChanged = events[3].message();
    assert_eq!(
        (events.len(), change.before.unwrap().version, change.after),
        (4, 3, Some(map))
    );
}

#[tokio::test]
async fn a_bad_stakeholder_is_refused_with_every_field() {
    let mut deal = Deal::new().await;
    let bad = Stakeholder {
        contact: "x".to_owned(),
        roles: vec![1, 1, 99, 0],
        weight: Some(101),
        attitude: 9,
        coverage: 9,
        evidence: "长".repeat(2001),
        evidence_date: Some(Date {
            year: 2026,
            month: 2,
            day: 30,
        }),
        ..Stakeholder::default()
    };
    let mut fields = [
        "attitude",
        "contact",
        "coverage",
        "evidence",
        "evidence_date",
        "weight",
    ]
    .map(|field| format!("stakeholder.{field}"))
    .to_vec();
    fields.extend([1, 2, 3].map(|index| format!("stakeholder.roles[{index}]")));
    fields.sort();
    let request = deal.setting(bad);
    assert_eq!(bad_fields(deal.maps.set_stakeholder(request).await), fields);
    let contact = deal.contact("甲").await;
    let request = deal.setting(Stakeholder {
        contact,
        ..Stakeholder::default()
    });
    assert_eq!(
        bad_fields(deal.maps.set_stakeholder(request).await),
        ["stakeholder.roles"]
    );
}

#[tokio::test]
async fn a_third_party_takes_part_if_the_caller_sees_it() {
    let mut deal = Deal::new().await;
    let institute = deal.world.account(&deal.world.admin, "设计院").await;
    let designer = deal
        .world
        .contact(&deal.world.admin, &institute.name, "设计")
        .await;
    let map = deal
        .set(playing(&designer.name, StakeholderRole::ThirdParty))
        .await;
    assert_eq!(map.stakeholders.len(), 1);

    let seller = deal.world.seller("").await;
    let own = deal.world.account(&seller, "自己的").await;
    let mut maps = deal.world.maps(&seller);
    let request = creating(&nobody("opportunities"), &own.name);
    let map = take(maps.create_decision_map(request).await)
        .decision_map
        .unwrap();
    let request = SetStakeholderRequest {
        name: map.name,
        ..deal.setting(playing(&designer.name, StakeholderRole::User))
    };
    assert_eq!(
        reason_of(maps.set_stakeholder(request).await),
        "CONTACT_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_stakeholder_goes_with_the_influences() {
    let mut deal = Deal::new().await;
    let (a, b, c) = (
        deal.contact("a").await,
        deal.contact("b").await,
        deal.contact("c").await,
    );
    for contact in [&a, &b, &c] {
        deal.set(playing(contact, StakeholderRole::User)).await;
    }
    deal.influence(&a, &b, 50).await;
    deal.influence(&b, &c, 60).await;
    let map = deal.influence(&c, &a, 70).await;
    assert_eq!((map.influences.len(), map.version), (3, 7));
    let request = deal.removing(&b);
    let map = take(deal.maps.remove_stakeholder(request.clone()).await)
        .decision_map
        .unwrap();
    assert_eq!(
        (map.stakeholders.len(), map.influences.len(), map.version),
        (2, 1, 8)
    );
    assert_eq!(
        reason_of(deal.maps.remove_stakeholder(request).await),
        "STAKEHOLDER_NOT_FOUND"
    );
    let read = deal
        .maps
        .get_decision_map(GetDecisionMapRequest {
            name: map.name.clone(),
        })
        .await;
    assert_eq!(take(read).decision_map, Some(map));
}

#[tokio::test]
async fn influences_are_set_replaced_and_removed() {
    let mut deal = Deal::new().await;
    let (a, b) = (deal.contact("a").await, deal.contact("b").await);
    deal.set(playing(&a, StakeholderRole::User)).await;
    let request = deal.influencing(&a, &b, 50);
    assert_eq!(
        reason_of(deal.maps.set_influence(request).await),
        "STAKEHOLDER_NOT_FOUND"
    );
    deal.set(playing(&b, StakeholderRole::User)).await;
    deal.influence(&a, &b, 50).await;
    let map = deal.influence(&a, &b, 80).await;
    assert_eq!((map.influences.len(), map.influences[0].strength), (1, 80));
    assert_eq!(deal.influence(&a, &b, 80).await.version, map.version);
    let bad = deal.influencing(&a, &a, 0);
    assert_eq!(
        bad_fields(deal.maps.set_influence(bad).await),
        ["influence.strength", "influence.to"]
    );

    let request = RemoveInfluenceRequest {
        name: map.name.clone(),
        from: a,
        to: b,
        ..Default::default()
    };
    let map = take(deal.maps.remove_influence(request.clone()).await)
        .decision_map
        .unwrap();
    assert!(map.influences.is_empty());
    assert_eq!(
        reason_of(deal.maps.remove_influence(request).await),
        "INFLUENCE_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_map_is_complete_when_the_weights_total_100_and_no_longer() {
    let mut deal = Deal::new().await;
    let (a, b) = (deal.contact("a").await, deal.contact("b").await);
    deal.set(weighing(&a, 60)).await;
    deal.set(playing(&b, StakeholderRole::DecisionMaker)).await;
    let request = deal.completing();
    let status = refused(deal.maps.complete_decision_map(request.clone()).await);
    assert_eq!(
        (reason(&status).as_str(), metadata(&status, "total")),
        ("WEIGHTS_INCOMPLETE", Some("60".to_owned()))
    );
    let violations = status
        .get_details_precondition_failure()
        .unwrap()
        .violations;
    let about: Vec<_> = violations
        .iter()
        .map(|violation| violation.subject.as_str())
        .collect();
    assert_eq!(
        about,
        [deal.map.name.as_str(), b.as_str()],
        "the total, and whose weight is unknown"
    );

    deal.set(weighing(&b, 40)).await;
    let map = take(deal.maps.complete_decision_map(request.clone()).await)
        .decision_map
        .unwrap();
    assert!(map.complete);
    let again = take(deal.maps.complete_decision_map(request).await)
        .decision_map
        .unwrap();
    assert_eq!(again.version, map.version, "complete is complete");
    assert!(
        deal.influence(&a, &b, 10).await.complete,
        "influences leave the weights alone"
    );
    assert!(
        deal.set(Stakeholder {
            evidence: "x".to_owned(),
            ..weighing(&b, 40)
        })
        .await
        .complete
    );
    assert!(!deal.set(weighing(&b, 30)).await.complete);
    assert!(
        !deal.set(weighing(&b, 40)).await.complete,
        "it has to be declared anew"
    );
}

#[tokio::test]
async fn every_change_is_guarded_repeatable_and_checkable() {
    let mut deal = Deal::new().await;
    let contact = deal.contact("甲").await;
    let request = deal.setting(weighing(&contact, 100));
    let check = SetStakeholderRequest {
        validate_only: true,
        ..request.clone()
    };
    assert_eq!(
        take(deal.maps.set_stakeholder(check).await)
            .decision_map
            .unwrap()
            .version,
        2
    );
    let request = SetStakeholderRequest {
        request_id: request_id(),
        etag: "1".to_owned(),
        ..request
    };
    let first = take(deal.maps.set_stakeholder(request.clone()).await);
    assert_eq!(
        take(deal.maps.set_stakeholder(request.clone()).await),
        first
    );
    let other = SetStakeholderRequest {
        etag: String::new(),
        ..request
    };
    assert_eq!(
        reason_of(deal.maps.set_stakeholder(other).await),
        "REQUEST_ID_REUSED"
    );

    let stale = "1".to_owned();
    let set = SetStakeholderRequest {
        etag: stale.clone(),
        ..deal.setting(weighing(&contact, 1))
    };
    assert_eq!(
        reason_of(deal.maps.set_stakeholder(set).await),
        "ETAG_MISMATCH"
    );
    let remove = RemoveStakeholderRequest {
        etag: stale.clone(),
        ..deal.removing(&contact)
    };
    assert_eq!(
        reason_of(deal.maps.remove_stakeholder(remove).await),
        "ETAG_MISMATCH"
    );
    let complete = CompleteDecisionMapRequest {
        etag: stale.clone(),
        ..deal.completing()
    };
    assert_eq!(
        reason_of(deal.maps.complete_decision_map(complete).await),
        "ETAG_MISMATCH"
    );
    let other = deal.contact("乙").await;
    let influence = SetInfluenceRequest {
        etag: stale,
        ..deal.influencing(&contact, &other, 1)
    };
    assert_eq!(
        reason_of(deal.maps.set_influence(influence).await),
        "ETAG_MISMATCH"
    );
    assert_eq!(deal.world.events(&deal.map.name).await.len(), 2);
}

#[tokio::test]
async fn of_writers_at_once_every_change_counts() {
    let deal = Deal::new().await;
    deal.world.warm_up().await;
    let mut contacts = Vec::new();
    for number in 0..8 {
        contacts.push(deal.contact(&number.to_string()).await);
    }
    let writers = contacts.iter().map(|contact| {
        let (mut maps, request) = (deal.maps.clone(), deal.setting(weighing(contact, 1)));
        tokio::spawn(async move { take(maps.set_stakeholder(request).await) })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let request = GetDecisionMapRequest {
        name: deal.map.name.clone(),
    };
    let map = take(deal.maps.clone().get_decision_map(request).await)
        .decision_map
        .unwrap();
    assert_eq!((map.stakeholders.len(), map.version), (8, 9));
}
