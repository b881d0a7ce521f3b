//! Changes of a map with insiders: who may make them, and that a mask stays.

use std::collections::BTreeMap;

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::*;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::deal::{Deal, playing, weighing};
use super::secrets::{NAME, Secrets, coaching, secret_contact};
use super::world::{id, metadata, nobody, reason, reason_of, refused, request_id, take};

/// A refusal without what is of its own in every answer, the request's id.
type Refused = (Code, String, BTreeMap<String, String>, usize);

fn told(status: &Status) -> Refused {
    let details = status.get_error_details();
    let facts = details.error_info().unwrap().metadata.clone();
    let violations = details
        .bad_request()
        .map_or(0, |bad| bad.field_violations.len());
    let facts = facts.into_iter().collect();
    (
        status.code(),
        status.message().to_owned(),
        facts,
        violations,
    )
}

/// What attempts to change somebody are answered.
async fn attempts(secrets: &Secrets, contact: &str) -> Vec<Refused> {
    let deal = &secrets.deal;
    let mut maps = deal.world.maps(&secrets.integrator());
    let remove = RemoveInfluenceRequest {
        name: deal.map.name.clone(),
        from: contact.to_owned(),
        to: secrets.boss.clone(),
        ..Default::default()
    };
    let refusals = [
        refused(
            maps.set_stakeholder(deal.setting(weighing(contact, 1)))
                .await,
        ),
        refused(maps.remove_stakeholder(deal.removing(contact)).await),
        refused(
            maps.set_influence(deal.influencing(contact, &secrets.open, 9))
                .await,
        ),
        refused(
            maps.set_influence(deal.influencing(&secrets.open, contact, 9))
                .await,
        ),
        refused(maps.remove_influence(remove).await),
    ];
    for refusal in &refusals {
        assert_eq!(reason(refusal), "INSIDERS_MASKED");
        assert_eq!(
            metadata(refusal, "permission").as_deref(),
            Some("accounts.insiders.get")
        );
    }
    refusals.iter().map(told).collect()
}

#[tokio::test]
async fn probing_does_not_tell_who_is_an_insider() {
    let secrets = Secrets::new().await;
    let answer = attempts(&secrets, &secrets.coach).await;
    assert!(
        answer
            .iter()
            .all(|(code, ..)| *code == Code::PermissionDenied)
    );
    let outside = secrets.deal.contact("外人").await;
    // The boss is left out: an influence of somebody on themselves is a bad field first.
    for other in [outside, nobody("contacts")] {
        assert_eq!(attempts(&secrets, &other).await, answer);
    }
    let events = secrets.deal.world.events(&secrets.deal.map.name).await;
    assert_eq!(events.len(), 5, "nothing was changed");
}

#[tokio::test]
async fn who_may_not_know_the_insiders_changes_nothing_at_all() {
    let secrets = Secrets::new().await;
    let deal = &secrets.deal;
    let mut maps = deal.world.maps(&secrets.integrator());
    let complete = maps.complete_decision_map(deal.completing()).await;
    assert_eq!(reason_of(complete), "INSIDERS_MASKED");
    let set = maps.set_purchase_criterion(deal.demanding("a", "a")).await;
    assert_eq!(reason_of(set), "INSIDERS_MASKED");
    let remove = RemovePurchaseCriterionRequest {
        name: deal.map.name.clone(),
        criterion: "a".to_owned(),
        ..Default::default()
    };
    let remove = maps.remove_purchase_criterion(remove).await;
    assert_eq!(reason_of(remove), "INSIDERS_MASKED");
    let compete = SetMapCompetitorsRequest {
        validate_only: true,
        ..deal.competing(&[])
    };
    let compete = maps.set_map_competitors(compete).await;
    assert_eq!(reason_of(compete), "INSIDERS_MASKED");
}

/// Who named the insider anew would see whom the handle belonged to.
#[tokio::test]
async fn a_map_stays_closed_when_its_insiders_have_left() {
    let mut secrets = Secrets::new().await;
    let request = secrets.deal.removing(&secrets.coach);
    take(secrets.deal.maps.remove_stakeholder(request).await);
    let answer = attempts(&secrets, &secrets.coach).await;
    assert_eq!(attempts(&secrets, &nobody("contacts")).await, answer);
}

#[tokio::test]
async fn who_names_an_insider_without_the_permission_is_answered_masked() {
    let deal = Deal::new().await;
    let (coach, open) = (secret_contact(&deal).await, deal.contact("赵工").await);
    let integrator = Caller::integrator(deal.world.tenant);
    let mut maps = deal.world.maps(&integrator);
    take(maps.set_stakeholder(deal.setting(weighing(&open, 9))).await);
    let answer = take(maps.set_stakeholder(deal.setting(coaching(&coach))).await);
    let map = answer.decision_map.unwrap();
    assert_eq!(map.stakeholders[0].contact, open);
    assert_eq!(
        (
            map.stakeholders[1].contact.as_str(),
            map.stakeholders[1].masked
        ),
        ("insiders/1", true)
    );
    let again = maps.set_stakeholder(deal.setting(weighing(&open, 8))).await;
    assert_eq!(reason_of(again), "INSIDERS_MASKED");
}

#[tokio::test]
async fn a_repeat_by_who_lost_the_permission_is_answered_masked() {
    let secrets = Secrets::new().await;
    let deal = &secrets.deal;
    let seller = Caller::person(deal.world.tenant, "seller");
    let request = SetStakeholderRequest {
        request_id: request_id(),
        ..deal.setting(Stakeholder {
            weight: Some(35),
            ..coaching(&secrets.coach)
        })
    };
    let first = take(
        deal.world
            .maps(&seller)
            .set_stakeholder(request.clone())
            .await,
    );
    assert!(secrets.are_in(&first));
    let demoted = Caller {
        roles: vec!["integrator"],
        ..seller.clone()
    };
    let repeat = take(
        deal.world
            .maps(&demoted)
            .set_stakeholder(request.clone())
            .await,
    );
    assert!(!secrets.are_in(&repeat));
    let map = repeat.decision_map.unwrap();
    assert_eq!(
        (map.version, map.stakeholders[1].contact.as_str()),
        (first.decision_map.as_ref().unwrap().version, "insiders/1")
    );
    let again = take(deal.world.maps(&seller).set_stakeholder(request).await);
    assert_eq!(again, first);
}

#[tokio::test]
async fn who_was_an_insider_once_stays_masked_under_the_same_handle() {
    let mut secrets = Secrets::new().await;
    let integrator = secrets.integrator();
    let coach = secrets.coach.clone();
    let turned = playing(&coach, StakeholderRole::User);
    let map = secrets.deal.set(turned.clone()).await;
    assert!(map.stakeholders[1].sensitive);
    assert_eq!(secrets.deal.set(turned.clone()).await.version, map.version);
    let seen = secrets.deal.seen_by(&integrator).await;
    assert!(!secrets.are_in(&seen));
    assert_eq!(
        (
            seen.stakeholders[1].contact.as_str(),
            seen.stakeholders[1].masked_as.clone().unwrap().en.as_str()
        ),
        ("insiders/1", "a sensitive person in operations")
    );

    let request = secrets.deal.removing(&coach);
    take(secrets.deal.maps.remove_stakeholder(request).await);
    let history = secrets.deal.history(&integrator, "insiders/1").await;
    assert!(!history.is_empty(), "the history outlives the stakeholder");
    assert!(history.iter().all(|change| !secrets.are_in(change)));
    let map = secrets.deal.set(turned).await;
    let back = map.stakeholders.last().unwrap();
    assert_eq!(
        (back.insider.as_str(), back.sensitive),
        ("insiders/1", true)
    );
    let other = secrets.deal.contact("新线人").await;
    let map = secrets.deal.set(coaching(&other)).await;
    assert_eq!(map.stakeholders.last().unwrap().insider, "insiders/2");
}

#[tokio::test]
async fn what_was_judged_before_somebody_became_an_insider_is_masked_too() {
    let mut deal = Deal::new().await;
    let contact = secret_contact(&deal).await;
    deal.set(weighing(&contact, 10)).await;
    let integrator = Caller::integrator(deal.world.tenant);
    assert_eq!(deal.history(&integrator, &contact).await.len(), 2);
    deal.set(coaching(&contact)).await;
    assert!(deal.history(&integrator, &contact).await.is_empty());
    let all = deal.history(&integrator, "").await;
    assert!(all.len() > 2);
    assert!(
        all.iter()
            .all(|c| c.contact == "insiders/1" && c.display_name.is_empty())
    );
}

/// As the release before stored them, which knew no handles.
#[tokio::test]
async fn insiders_without_a_handle_are_masked_and_get_one_with_the_next_change() {
    let mut secrets = Secrets::new().await;
    let map = secrets.deal.map.name.clone();
    let opportunity = map.trim_start_matches("opportunities/");
    let opportunity = opportunity.trim_end_matches("/decisionMap").to_owned();
    let forget = format!("delete from accounts.insider where opportunity_id = '{opportunity}'");
    secrets.deal.world.execute(&forget).await;
    let integrator = secrets.integrator();
    let seen = secrets.deal.seen_by(&integrator).await;
    assert!(!secrets.are_in(&seen));
    assert_eq!(seen.stakeholders[1].contact, "insiders/1");
    assert_eq!(
        reason_of(
            secrets
                .deal
                .world
                .maps(&integrator)
                .complete_decision_map(secrets.deal.completing())
                .await
        ),
        "INSIDERS_MASKED"
    );
    let open = weighing(&secrets.open, 5);
    secrets.deal.set(open).await;
    let kept = format!(
        "select number::bigint from accounts.insider
         where opportunity_id = '{opportunity}' and contact_id = '{}'",
        id(&secrets.coach)
    );
    assert_eq!(secrets.deal.world.count(&kept).await, 1);
}

#[tokio::test]
async fn the_log_has_the_name_of_an_insider_as_that_of_a_contact_only() {
    let secrets = Secrets::new().await;
    let named = async |kind: &str| {
        let sql = format!(
            "select count(*) from events.log
             where type {kind} 'keynode.accounts.v1.ContactChanged'
               and position(convert_to('{NAME}', 'UTF8') in data) > 0"
        );
        secrets.deal.world.count(&sql).await
    };
    assert_eq!((named("=").await, named("<>").await), (1, 0));
}
