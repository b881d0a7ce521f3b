//! Purchase criteria of a map and the influences on them.

use keynode_proto::accounts::v1::*;
use keynode_proto::google::r#type::Date;

use super::deal::{Deal, playing, weighing};
use super::world::{bad_fields, reason_of, request_id, take};

fn removing(deal: &Deal, criterion: &str) -> RemovePurchaseCriterionRequest {
    RemovePurchaseCriterionRequest {
        name: deal.map.name.clone(),
        criterion: criterion.to_owned(),
        ..Default::default()
    }
}

fn influencing(deal: &Deal, from: &str, criterion: &str, strength: i32) -> SetInfluenceRequest {
    let influence = Influence {
        from: from.to_owned(),
        criterion: criterion.to_owned(),
        strength,
        formal: true,
        evidence: "标书".to_owned(),
        evidence_date: Some(Date {
            year: 2026,
            month: 7,
            day: 1,
        }),
        ..Influence::default()
    };
    SetInfluenceRequest {
        name: deal.map.name.clone(),
        influence: Some(influence),
        ..Default::default()
    }
}

#[tokio::test]
async fn criteria_stand_in_the_order_in_which_they_came() {
    let mut deal = Deal::new().await;
    deal.criterion("price").await;
    deal.criterion("delivery").await;
    let request = deal.demanding("price", " 价格 ");
    let map = take(deal.maps.set_purchase_criterion(request.clone()).await)
        .decision_map
        .unwrap();
    let told: Vec<_> = map
        .criteria
        .iter()
        .map(|c| (c.id.as_str(), c.display_name.as_str()))
        .collect();
    assert_eq!(told, [("price", "价格"), ("delivery", "标准")]);
    let again = take(deal.maps.set_purchase_criterion(request).await);
    assert_eq!(
        again.decision_map.as_ref(),
        Some(&map),
        "saying the same changes nothing"
    );
    assert_eq!(deal.seen_by(&deal.world.admin).await, map);
    let event: DecisionMapChanged = deal.world.events(&map.name).await[3].message();
    assert_eq!(event.after, Some(map));
}

#[tokio::test]
async fn a_criterion_is_influenced_and_goes_with_its_influences() {
    let mut deal = Deal::new().await;
    let designer = deal.contact("设计院负责人").await;
    deal.set(Stakeholder {
        attitude: Attitude::Supporter.into(),
        ..playing(&designer, StakeholderRole::ThirdParty)
    })
    .await;
    deal.criterion("standard").await;
    let request = influencing(&deal, &designer, "standard", 90);
    let map = take(deal.maps.set_influence(request.clone()).await)
        .decision_map
        .unwrap();
    assert_eq!(map.influences, [request.influence.unwrap()]);
    let weaker = influencing(&deal, &designer, "standard", 70);
    let map = take(deal.maps.set_influence(weaker).await)
        .decision_map
        .unwrap();
    assert_eq!((map.influences.len(), map.influences[0].strength), (1, 70));

    let analysis = deal.analyze().await;
    let reach = &analysis.criteria[0];
    let path = reach.path.as_ref().unwrap();
    assert_eq!(
        (reach.criterion.as_str(), path.contacts.as_slice()),
        ("standard", &[designer.clone()][..])
    );
    assert!((path.strength - 0.7).abs() < 1e-12);

    let request = removing(&deal, "standard");
    let map = take(deal.maps.remove_purchase_criterion(request.clone()).await)
        .decision_map
        .unwrap();
    assert!(map.criteria.is_empty() && map.influences.is_empty());
    assert_eq!(deal.seen_by(&deal.world.admin).await, map);
    assert_eq!(
        reason_of(deal.maps.remove_purchase_criterion(request).await),
        "PURCHASE_CRITERION_NOT_FOUND"
    );
}

#[tokio::test]
async fn an_influence_on_a_criterion_is_removed_by_its_id() {
    let mut deal = Deal::new().await;
    let person = deal.contact("甲").await;
    deal.set(playing(&person, StakeholderRole::User)).await;
    deal.criterion("price").await;
    let set = influencing(&deal, &person, "price", 50);
    take(deal.maps.set_influence(set).await);
    let request = RemoveInfluenceRequest {
        name: deal.map.name.clone(),
        from: person.clone(),
        criterion: "price".to_owned(),
        ..Default::default()
    };
    let map = take(deal.maps.remove_influence(request.clone()).await)
        .decision_map
        .unwrap();
    assert!(map.influences.is_empty());
    assert_eq!(
        reason_of(deal.maps.remove_influence(request.clone()).await),
        "INFLUENCE_NOT_FOUND"
    );
    let both = RemoveInfluenceRequest {
        to: person,
        ..request
    };
    assert_eq!(
        bad_fields(deal.maps.remove_influence(both).await),
        ["criterion"]
    );
}

#[tokio::test]
async fn bad_criteria_and_influences_on_them_are_refused_with_every_field() {
    let mut deal = Deal::new().await;
    for (id, words) in [
        ("Price", ""),
        ("", "  "),
        (&"a".repeat(64), &*"长".repeat(201)),
    ] {
        let request = deal.demanding(id, words);
        assert_eq!(
            bad_fields(deal.maps.set_purchase_criterion(request).await),
            ["criterion.display_name", "criterion.id"]
        );
    }
    let request = removing(&deal, "价格");
    assert_eq!(
        bad_fields(deal.maps.remove_purchase_criterion(request).await),
        ["criterion"]
    );
    let mut request = influencing(&deal, "x", "PRICE", 101);
    let told = request.influence.as_mut().unwrap();
    told.to = "contacts/1".to_owned();
    told.evidence_date.as_mut().unwrap().day = 32;
    assert_eq!(
        bad_fields(deal.maps.set_influence(request).await),
        [
            "influence.criterion",
            "influence.criterion",
            "influence.evidence_date",
            "influence.from",
            "influence.strength"
        ]
    );
    let person = deal.contact("甲").await;
    let request = influencing(&deal, &person, "price", 50);
    assert_eq!(
        reason_of(deal.maps.set_influence(request.clone()).await),
        "STAKEHOLDER_NOT_FOUND"
    );
    deal.set(playing(&person, StakeholderRole::User)).await;
    assert_eq!(
        reason_of(deal.maps.set_influence(request).await),
        "PURCHASE_CRITERION_NOT_FOUND"
    );
}

#[tokio::test]
async fn criteria_are_guarded_repeatable_checkable_and_seen_by_few() {
    let mut deal = Deal::new().await;
    let check = SetPurchaseCriterionRequest {
        validate_only: true,
        ..deal.demanding("price", "价格")
    };
    take(deal.maps.set_purchase_criterion(check).await);
    assert!(deal.seen_by(&deal.world.admin).await.criteria.is_empty());

    let request = SetPurchaseCriterionRequest {
        request_id: request_id(),
        etag: "1".to_owned(),
        ..deal.demanding("price", "价格")
    };
    let first = take(deal.maps.set_purchase_criterion(request.clone()).await);
    let repeat = take(deal.maps.set_purchase_criterion(request.clone()).await);
    assert_eq!(repeat, first);
    let reused = SetPurchaseCriterionRequest {
        validate_only: true,
        ..request.clone()
    };
    assert_eq!(
        reason_of(deal.maps.set_purchase_criterion(reused).await),
        "REQUEST_ID_REUSED"
    );
    let stale = SetPurchaseCriterionRequest {
        request_id: String::new(),
        ..request
    };
    assert_eq!(
        reason_of(deal.maps.set_purchase_criterion(stale).await),
        "ETAG_MISMATCH"
    );
    let stale = RemovePurchaseCriterionRequest {
        etag: "1".to_owned(),
        ..removing(&deal, "price")
    };
    assert_eq!(
        reason_of(deal.maps.remove_purchase_criterion(stale).await),
        "ETAG_MISMATCH"
    );
    assert_eq!(deal.world.events(&deal.map.name).await.len(), 2);

    let stranger = deal.world.seller("").await;
    let mut maps = deal.world.maps(&stranger);
    let set = maps.set_purchase_criterion(deal.demanding("a", "a")).await;
    assert_eq!(reason_of(set), "DECISION_MAP_NOT_FOUND");
    let remove = maps
        .remove_purchase_criterion(removing(&deal, "price"))
        .await;
    assert_eq!(reason_of(remove), "DECISION_MAP_NOT_FOUND");
}

#[tokio::test]
async fn a_map_has_its_limits() {
    let mut deal = Deal::new().await;
    let (person, other) = (deal.contact("甲").await, deal.contact("乙").await);
    deal.set(weighing(&person, 1)).await;
    deal.set(weighing(&other, 1)).await;
    let map = deal
        .map
        .name
        .trim_start_matches("opportunities/")
        .to_owned();
    let map = map.trim_end_matches("/decisionMap");
    let fill = format!(
        "insert into accounts.contact
           (tenant_id, id, version, created_at, updated_at, account_id, display_name, title, department, function)
         select '{tenant}', gen_random_uuid(), 1, now(), now(), '{account}', 'n', '', '', 0
         from generate_series(1, 498);
         insert into accounts.stakeholder
           (tenant_id, opportunity_id, contact_id, added_in, roles, attitude, coverage, evidence)
         select tenant_id, '{map}', id, 1000 + row_number() over (), '{{3}}', 0, 0, ''
         from accounts.contact where tenant_id = '{tenant}' and display_name = 'n';
         insert into accounts.purchase_criterion (tenant_id, opportunity_id, id, display_name, added_in)
         select '{tenant}', '{map}', 'c' || n, 'n', 2000 + n from generate_series(1, 50) n;
         insert into accounts.influence
           (tenant_id, opportunity_id, from_id, to_id, added_in, strength, formal, evidence)
         select a.tenant_id, '{map}', a.contact_id, b.contact_id, 3000 + row_number() over (), 50, false, ''
         from accounts.stakeholder a, accounts.stakeholder b
         where a.opportunity_id = '{map}' and b.opportunity_id = '{map}' and a.contact_id <> b.contact_id
           and a.added_in >= 1000
         limit 5000",
        tenant = deal.world.tenant.0,
        account = super::world::id(&deal.account.name),
    );
    deal.world.execute(&fill).await;

    let third = deal.contact("丙").await;
    let request = deal.setting(weighing(&third, 1));
    assert_eq!(
        bad_fields(deal.maps.set_stakeholder(request).await),
        ["stakeholder.contact"]
    );
    let request = deal.demanding("price", "价格");
    assert_eq!(
        bad_fields(deal.maps.set_purchase_criterion(request).await),
        ["criterion.id"]
    );
    let request = deal.influencing(&person, &other, 50);
    assert_eq!(
        bad_fields(deal.maps.set_influence(request).await),
        ["influence"]
    );
    let map = deal.set(weighing(&person, 2)).await;
    assert_eq!(
        (
            map.stakeholders.len(),
            map.influences.len(),
            map.criteria.len()
        ),
        (500, 5000, 50),
        "what is there may change"
    );
}
