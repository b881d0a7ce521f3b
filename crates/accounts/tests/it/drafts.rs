//! What a draft lacks, and what it takes to declare it complete.

use keynode_proto::accounts::v1::map_gap::Kind;
use keynode_proto::accounts::v1::*;

use super::deal::{Deal, playing, weighing};
use super::world::{bad_fields, metadata, reason, refused, take};

fn kinds(map: &DecisionMap) -> Vec<Kind> {
    map.missing.iter().map(MapGap::kind).collect()
}

#[tokio::test]
async fn a_draft_says_what_it_lacks_until_it_is_complete() {
    let mut deal = Deal::new().await;
    assert_eq!(
        kinds(&deal.map),
        [
            Kind::NoStakeholder,
            Kind::NoDecisionMaker,
            Kind::WeightsTotal
        ]
    );
    let (boss, user) = (deal.contact("甲").await, deal.contact("乙").await);
    let decides = Stakeholder {
        weight: Some(70),
        ..playing(&boss, StakeholderRole::DecisionMaker)
    };
    deal.set(decides).await;
    let map = deal.set(playing(&user, StakeholderRole::User)).await;
    assert_eq!(kinds(&map), [Kind::WeightUnknown, Kind::WeightsTotal]);
    assert_eq!(
        (map.missing[0].contact.as_str(), map.missing[1].total),
        (user.as_str(), 70)
    );
    let map = deal.set(weighing(&user, 30)).await;
    assert!(map.missing.is_empty() && !map.complete);
    let request = deal.completing();
    let map = take(deal.maps.complete_decision_map(request).await)
        .decision_map
        .unwrap();
    assert!(map.complete && map.missing.is_empty());
    let map = deal.set(weighing(&user, 31)).await;
    assert_eq!(
        (kinds(&map), map.complete),
        (vec![Kind::WeightsTotal], false)
    );
}

#[tokio::test]
async fn weights_of_99_and_of_101_are_refused() {
    let mut deal = Deal::new().await;
    let (a, b) = (deal.contact("甲").await, deal.contact("乙").await);
    deal.set(weighing(&a, 60)).await;
    for other in [39, 41] {
        deal.set(weighing(&b, other)).await;
        let request = deal.completing();
        let status = refused(deal.maps.complete_decision_map(request).await);
        assert_eq!(
            (reason(&status).as_str(), metadata(&status, "total")),
            ("WEIGHTS_INCOMPLETE", Some((60 + other).to_string()))
        );
    }
}

#[tokio::test]
async fn a_map_of_more_than_a_megabyte_is_refused() {
    let mut deal = Deal::new().await;
    let evidence = "证".repeat(2000);
    let aspects = 1..=6;
    let judgements = |contact: &str| Stakeholder {
        evidence: evidence.clone(),
        judgements: aspects
            .clone()
            .map(|aspect| Judgement {
                aspect,
                evidence: evidence.clone(),
                evidence_date: None,
            })
            .collect(),
        ..playing(contact, StakeholderRole::User)
    };
    // Each has seven times 6000 bytes.
    for n in 0..24 {
        let contact = deal.contact(&format!("第{n}位")).await;
        deal.set(judgements(&contact)).await;
    }
    let contact = deal.contact("最后一位").await;
    let request = deal.setting(judgements(&contact));
    assert_eq!(
        bad_fields(deal.maps.set_stakeholder(request).await),
        ["name"]
    );
}
