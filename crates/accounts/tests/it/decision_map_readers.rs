use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::deal::{Deal, playing, weighing};
use super::world::{World, nobody, reason_of, take};

#[tokio::test]
async fn who_does_not_see_the_account_does_not_see_the_map() {
    let deal = Deal::new().await;
    let contact = deal.contact("甲").await;
    let stranger = deal.world.seller("").await;
    let foreign: Caller = deal.world.settle(tenant()).await;
    for caller in [&stranger, &foreign] {
        let mut maps = deal.world.maps(caller);
        let name = deal.map.name.clone();
        let get = maps
            .get_decision_map(GetDecisionMapRequest { name: name.clone() })
            .await;
        assert_eq!(reason_of(get), "DECISION_MAP_NOT_FOUND");
        let set = maps
            .set_stakeholder(deal.setting(weighing(&contact, 1)))
            .await;
        assert_eq!(reason_of(set), "DECISION_MAP_NOT_FOUND");
        let remove = maps.remove_stakeholder(deal.removing(&contact)).await;
        assert_eq!(reason_of(remove), "DECISION_MAP_NOT_FOUND");
        let influence = maps
            .set_influence(deal.influencing(&contact, &nobody("contacts"), 1))
            .await;
        assert_eq!(reason_of(influence), "DECISION_MAP_NOT_FOUND");
        assert_eq!(
            reason_of(maps.complete_decision_map(deal.completing()).await),
            "DECISION_MAP_NOT_FOUND"
        );
    }
    let request = AnalyzeDecisionMapRequest {
        name: deal.map.name.clone(),
    };
    let hidden = deal
        .world
        .maps(&stranger)
        .analyze_decision_map(request.clone())
        .await;
    assert_eq!(reason_of(hidden), "DECISION_MAP_NOT_FOUND");
    let elsewhere = take(
        deal.world
            .maps(&foreign)
            .analyze_decision_map(request)
            .await,
    )
    .analysis
    .unwrap();
    assert_eq!(
        elsewhere.map_version, 0,
        "in the other tenant the opportunity has no map"
    );
}

#[tokio::test]
async fn without_a_map_nothing_is_known() {
    let world = World::new().await;
    let name = format!("{}/decisionMap", nobody("opportunities"));
    let request = AnalyzeDecisionMapRequest { name: name.clone() };
    let analysis = take(world.maps(&world.admin).analyze_decision_map(request).await)
        .analysis
        .unwrap();
    assert_eq!((analysis.map, analysis.map_version), (name, 0));
    assert!(
        !analysis.has_coach
            && !analysis.decision_maker_known
            && analysis.decision_makers.is_empty()
    );
    assert_eq!(
        (analysis.uncovered_functions.len(), analysis.unknown_weight),
        (6, 100)
    );
}

/// The Zhang case: formal contacts, no coach, the commercial department never met, the
/// design institute the only supporter.
#[tokio::test]
async fn the_zhang_case_has_no_coach_no_way_and_an_uncovered_commercial_department() {
    let mut deal = Deal::new().await;
    let institute = deal.world.account(&deal.world.admin, "设计院").await;
    let designer = deal
        .world
        .contact(&deal.world.admin, &institute.name, "设计院负责人")
        .await
        .name;
    let technical = Contact {
        account: deal.account.name.clone(),
        display_name: "甲".to_owned(),
        function: Function::Technical.into(),
        ..Contact::default()
    };
    let request = CreateContactRequest {
        contact: Some(technical),
        ..Default::default()
    };
    let a = take(
        deal.world
            .contacts(&deal.world.admin)
            .create_contact(request)
            .await,
    )
    .contact
    .unwrap()
    .name;
    let manager = deal.contact("项目经理").await;
    let met = |stakeholder: Stakeholder| Stakeholder {
        coverage: Coverage::Met.into(),
        ..stakeholder
    };
    deal.set(met(playing(&a, StakeholderRole::TechnicalSelector)))
        .await;
    let boss = playing(&manager, StakeholderRole::DecisionMaker);
    deal.set(Stakeholder {
        coverage: Coverage::NoContact.into(),
        ..boss
    })
    .await;
    let helper = met(playing(&designer, StakeholderRole::ThirdParty));
    deal.set(Stakeholder {
        attitude: Attitude::Supporter.into(),
        ..helper
    })
    .await;
    deal.influence(&a, &manager, 60).await;

    let analysis = deal.analyze().await;
    assert_eq!((analysis.map_version, analysis.has_coach), (5, false));
    assert_eq!(
        (
            analysis.decision_makers.len(),
            analysis.decision_makers[0].path.clone()
        ),
        (1, None)
    );
    assert_eq!(
        (analysis.supporters, analysis.key_persons_without_contact),
        (vec![designer.clone()], vec![manager.clone()])
    );
    assert!(
        analysis
            .uncovered_functions
            .contains(&Function::Purchasing.into())
    );
    assert!(
        !analysis
            .uncovered_functions
            .contains(&Function::Technical.into())
    );

    deal.influence(&designer, &a, 50).await;
    let path = deal.analyze().await.decision_makers[0]
        .path
        .clone()
        .unwrap();
    assert_eq!(path.contacts, [designer, a, manager]);
    assert!((path.strength - 0.3).abs() < 1e-12);
    assert_eq!(path.weakest.unwrap().strength, 50);
}
