//! What judgements rest on, and how they changed.

use keynode_proto::accounts::v1::*;
use keynode_proto::google::r#type::Date;

use super::deal::{Deal, playing, weighing};
use super::world::{bad_fields, nobody, reason_of, take};

const DAY: Date = Date {
    year: 2026,
    month: 7,
    day: 1,
};

fn judgement(aspect: JudgementAspect, evidence: &str) -> Judgement {
    Judgement {
        aspect: aspect.into(),
        evidence: evidence.to_owned(),
        evidence_date: Some(DAY),
    }
}

/// Aspect, before and after of each change, the earliest first.
fn told(mut history: Vec<JudgementChange>) -> Vec<(JudgementAspect, String, String)> {
    history.reverse();
    let one = |change: JudgementChange| (change.aspect(), change.from.clone(), change.to);
    history.into_iter().map(one).collect()
}

fn change(aspect: JudgementAspect, from: &str, to: &str) -> (JudgementAspect, String, String) {
    (aspect, from.to_owned(), to.to_owned())
}

#[tokio::test]
async fn each_judgement_keeps_its_own_evidence() {
    let mut deal = Deal::new().await;
    let contact = deal.contact("甲").await;
    let stakeholder = Stakeholder {
        relationship: Relationship::Trusted.into(),
        judgements: vec![
            judgement(JudgementAspect::Coverage, "拜访三次"),
            judgement(JudgementAspect::Weight, "投票规则"),
        ],
        ..weighing(&contact, 40)
    };
    let map = deal.set(stakeholder.clone()).await;
    let kept = &map.stakeholders[0];
    assert_eq!(kept.relationship(), Relationship::Trusted);
    let evidence: Vec<_> = kept
        .judgements
        .iter()
        .map(|j| j.evidence.as_str())
        .collect();
    assert_eq!(
        evidence,
        ["投票规则", "拜访三次"],
        "in the order of the aspects"
    );
    assert_eq!(kept.judgements[0].evidence_date, Some(DAY));
    assert_eq!(
        deal.set(stakeholder).await.version,
        map.version,
        "in another order it says the same"
    );
    let fewer = Stakeholder {
        judgements: vec![judgement(JudgementAspect::Weight, "新规则")],
        ..weighing(&contact, 40)
    };
    let map = deal.set(fewer.clone()).await;
    assert_eq!(map.stakeholders[0].judgements, fewer.judgements);
    assert_eq!(deal.seen_by(&deal.world.admin).await, map);
}

#[tokio::test]
async fn bad_judgements_are_refused_with_every_field() {
    let mut deal = Deal::new().await;
    let contact = deal.contact("甲").await;
    let bad_day = Judgement {
        evidence_date: Some(Date { day: 32, ..DAY }),
        ..judgement(JudgementAspect::Attitude, "x")
    };
    let stakeholder = Stakeholder {
        relationship: 9,
        judgements: vec![
            judgement(JudgementAspect::Unspecified, " "),
            bad_day,
            judgement(JudgementAspect::Attitude, &"长".repeat(2001)),
            Judgement {
                aspect: 99,
                ..judgement(JudgementAspect::Roles, "x")
            },
        ],
        ..weighing(&contact, 40)
    };
    let request = deal.setting(stakeholder);
    assert_eq!(
        bad_fields(deal.maps.set_stakeholder(request).await),
        [
            "stakeholder.judgements[0].aspect",
            "stakeholder.judgements[0].evidence",
            "stakeholder.judgements[1].evidence_date",
            "stakeholder.judgements[2].aspect",
            "stakeholder.judgements[2].evidence",
            "stakeholder.judgements[3].aspect",
            "stakeholder.relationship",
        ]
    );
}

#[tokio::test]
async fn every_change_of_a_judgement_is_history() {
    let mut deal = Deal::new().await;
    let competitor = deal.competitor("A").await;
    let request = deal.competing(&[&competitor]);
    take(deal.maps.set_map_competitors(request).await);
    let contact = deal.contact("甲").await;
    deal.set(weighing(&contact, 40)).await;
    let later = Stakeholder {
        attitude: Attitude::Sceptic.into(),
        coverage: Coverage::Met.into(),
        relationship: Relationship::Acquainted.into(),
        supported_competitors: vec![competitor.clone()],
        evidence: "会议".to_owned(),
        judgements: vec![judgement(JudgementAspect::Attitude, "当面反对")],
        ..playing(&contact, StakeholderRole::TechnicalSelector)
    };
    deal.set(later.clone()).await;
    deal.set(later).await;
    let request = deal.removing(&contact);
    take(deal.maps.remove_stakeholder(request).await);

    use JudgementAspect as Aspect;
    let (user, technical) = (
        "STAKEHOLDER_ROLE_USER",
        "STAKEHOLDER_ROLE_TECHNICAL_SELECTOR",
    );
    let history = deal.history(&deal.world.admin, &contact).await;
    let attitude = history
        .iter()
        .find(|c| c.aspect() == Aspect::Attitude && !c.to.is_empty())
        .unwrap();
    assert_eq!(
        (
            attitude.evidence.as_str(),
            attitude.evidence_date,
            attitude.map_version,
            attitude.display_name.as_str(),
            attitude.actor.as_str(),
        ),
        (
            "当面反对",
            Some(DAY),
            4,
            "甲",
            deal.world.admin.person_name().as_str()
        )
    );
    assert!(attitude.record_time.is_some());
    let coverage = history
        .iter()
        .find(|c| c.aspect() == Aspect::Coverage && !c.to.is_empty())
        .unwrap();
    assert_eq!(
        (coverage.evidence.as_str(), coverage.evidence_date),
        ("会议", None)
    );
    assert_eq!(
        told(history),
        [
            change(Aspect::Roles, "", user),
            change(Aspect::Weight, "", "40"),
            change(Aspect::Roles, user, technical),
            change(Aspect::Weight, "40", ""),
            change(Aspect::Attitude, "", "ATTITUDE_SCEPTIC"),
            change(Aspect::Coverage, "", "COVERAGE_MET"),
            change(Aspect::Relationship, "", "RELATIONSHIP_ACQUAINTED"),
            change(Aspect::Competitors, "", &competitor),
            change(Aspect::Roles, technical, ""),
            change(Aspect::Attitude, "ATTITUDE_SCEPTIC", ""),
            change(Aspect::Coverage, "COVERAGE_MET", ""),
            change(Aspect::Relationship, "RELATIONSHIP_ACQUAINTED", ""),
            change(Aspect::Competitors, &competitor, ""),
        ]
    );
}

#[tokio::test]
async fn what_is_only_checked_or_refused_is_no_history() {
    let mut deal = Deal::new().await;
    let contact = deal.contact("甲").await;
    let check = SetStakeholderRequest {
        validate_only: true,
        ..deal.setting(weighing(&contact, 40))
    };
    take(deal.maps.set_stakeholder(check).await);
    let stale = SetStakeholderRequest {
        etag: "9".to_owned(),
        ..deal.setting(weighing(&contact, 40))
    };
    assert_eq!(
        reason_of(deal.maps.set_stakeholder(stale).await),
        "ETAG_MISMATCH"
    );
    assert!(deal.history(&deal.world.admin, "").await.is_empty());
}

#[tokio::test]
async fn the_history_is_read_page_by_page_latest_first() {
    let mut deal = Deal::new().await;
    let (a, b) = (deal.contact("甲").await, deal.contact("乙").await);
    for weight in 1..=4 {
        deal.set(weighing(&a, weight)).await;
        deal.set(weighing(&b, weight)).await;
    }
    let all = deal.history(&deal.world.admin, "").await;
    assert_eq!(all.len(), 10, "two of roles, eight of weights");
    assert!(all.is_sorted_by(|one, next| one.map_version >= next.map_version));
    let of_a = deal.history(&deal.world.admin, &a).await;
    assert!(of_a.len() == 5 && of_a.iter().all(|change| change.contact == a));
    assert!(
        deal.history(&deal.world.admin, &nobody("contacts"))
            .await
            .is_empty()
    );

    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListJudgementChangesRequest {
            name: deal.map.name.clone(),
            page_size: 3,
            page_token: token,
            ..Default::default()
        };
        let page = take(deal.maps.list_judgement_changes(request).await);
        assert!(page.changes.len() <= 3);
        found.extend(page.changes);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(found, all);
}

#[tokio::test]
async fn bad_arguments_of_the_history_are_refused_and_strangers_see_none() {
    let mut deal = Deal::new().await;
    let asking = |change: fn(&mut ListJudgementChangesRequest)| {
        let mut request = ListJudgementChangesRequest {
            name: deal.map.name.clone(),
            ..Default::default()
        };
        change(&mut request);
        request
    };
    let bad = asking(|request| {
        request.name = "x".to_owned();
        request.contact = "insiders/0".to_owned();
    });
    let negative = asking(|request| request.page_size = -1);
    let foreign = asking(|request| request.page_token = "x".to_owned());
    let plain = asking(|_| ());
    assert_eq!(
        bad_fields(deal.maps.list_judgement_changes(bad).await),
        ["contact", "name"]
    );
    assert_eq!(
        bad_fields(deal.maps.list_judgement_changes(negative).await),
        ["page_size"]
    );
    assert_eq!(
        reason_of(deal.maps.list_judgement_changes(foreign).await),
        "PAGE_TOKEN_INVALID"
    );
    let stranger = deal.world.seller("").await;
    let mut maps = deal.world.maps(&stranger);
    assert_eq!(
        reason_of(maps.list_judgement_changes(plain.clone()).await),
        "DECISION_MAP_NOT_FOUND"
    );
    let lost = ListJudgementChangesRequest {
        name: format!("{}/decisionMap", nobody("opportunities")),
        ..plain
    };
    assert_eq!(
        reason_of(deal.maps.list_judgement_changes(lost).await),
        "DECISION_MAP_NOT_FOUND"
    );
}
