//! What purchase criteria are refused for, and what a repeat does.

use keynode_kit::testing::{self, Caller};
use keynode_proto::pipeline::v1::*;

use crate::purchase_criteria::*;
use crate::world::*;

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let world = world().await;
    let mut client = manager(&world);
    let bad = PurchaseCriterion {
        text: " ".to_owned(),
        weight_percent: Some(101),
        origin: 99,
        our_fit: Some(3),
        competitor_fits: vec![
            CompetitorFit {
                competitor: "甲".to_owned(),
                fit: Some(-3),
            },
            CompetitorFit {
                competitor: "甲".to_owned(),
                fit: None,
            },
        ],
        holder: "people/1".to_owned(),
        source: "长".repeat(401),
        set_date: date(2999, 1, 1),
        ..Default::default()
    };
    let refused = client.create_purchase_criterion(creating("deals/1", bad));
    let named = fields(refused.await);
    let of = |field: &str| format!("purchase_criterion.{field}");
    let expected = [
        "weight_percent",
        "origin",
        "our_fit",
        "holder",
        "set_date",
        "competitor_fits[0].fit",
        "competitor_fits",
        "source",
        "text",
    ];
    assert_eq!(named[0], "parent");
    assert_eq!(named[1..], expected.map(of));
    let deal = create(&mut world.manager(), named_deal()).await.name;
    let alone = PurchaseCriterion {
        origin_competitor: "甲".to_owned(),
        ..ours()
    };
    let refused = client
        .create_purchase_criterion(creating(&deal, alone))
        .await;
    assert_eq!(fields(refused), [of("origin_competitor")]);
    let finalize = client
        .finalize_purchase_criteria(FinalizePurchaseCriteriaRequest::default())
        .await;
    assert_eq!(fields(finalize), ["name", "final_date", "evidence"]);
    let reopen = client
        .reopen_purchase_criteria(ReopenPurchaseCriteriaRequest::default())
        .await;
    assert_eq!(fields(reopen), ["name", "reason"]);
    let delete = client
        .delete_purchase_criterion(DeletePurchaseCriterionRequest::default())
        .await;
    assert_eq!(fields(delete), ["name"]);
}

#[tokio::test]
async fn a_repeat_answers_as_the_first_did_and_a_check_stores_nothing() {
    let world = world().await;
    let deal = imported(&world, "proposal").await;
    let mut client = manager(&world);
    let check = CreatePurchaseCriterionRequest {
        validate_only: true,
        ..creating(&deal, ours())
    };
    client.create_purchase_criterion(check).await.unwrap();
    assert_eq!(world.events("PurchaseCriterionChanged").await, 0);
    let once = CreatePurchaseCriterionRequest {
        request_id: request_id(),
        ..creating(&deal, ours())
    };
    let first = client
        .create_purchase_criterion(once.clone())
        .await
        .unwrap()
        .into_inner();
    let second = client
        .create_purchase_criterion(once)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, second);
    assert_eq!(world.events("PurchaseCriterionChanged").await, 1);
    let finalize = FinalizePurchaseCriteriaRequest {
        request_id: request_id(),
        ..finalizing(&deal)
    };
    let first = client
        .finalize_purchase_criteria(finalize.clone())
        .await
        .unwrap()
        .into_inner();
    let second = client
        .finalize_purchase_criteria(finalize)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, second);
    let told = world.events("OpportunityChanged").await;
    assert_eq!(told, 2, "the import and, once, the evidence");
    assert_eq!(world.sequences(&deal).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_deal_has_a_hundred_criteria_at_most() {
    let world = world().await;
    let deal = create(&mut world.manager(), named_deal()).await.name;
    let mut client = manager(&world);
    for _ in 0..100 {
        add(&mut client, &deal, price()).await;
    }
    let more = client
        .create_purchase_criterion(creating(&deal, price()))
        .await;
    assert_eq!(fields(more), ["purchase_criterion"]);
}

#[tokio::test]
async fn stale_hidden_and_forbidden_changes_are_refused() {
    let world = world().await;
    let deal = create(&mut world.manager(), named_deal()).await.name;
    let first = add(&mut manager(&world), &deal, ours()).await;
    let refused = |caller: Caller, etag: &'static str| {
        let (mut client, deal, first) = (
            world.purchase_criteria(&caller),
            deal.clone(),
            first.clone(),
        );
        async move {
            let etag = etag.to_owned();
            let create = CreatePurchaseCriterionRequest {
                etag: etag.clone(),
                ..creating(&deal, price())
            };
            let update = UpdatePurchaseCriterionRequest {
                etag: etag.clone(),
                ..updating(first.clone(), &["our_fit"])
            };
            let delete = DeletePurchaseCriterionRequest {
                name: first.name,
                etag: etag.clone(),
                ..Default::default()
            };
            let finalize = FinalizePurchaseCriteriaRequest {
                etag: etag.clone(),
                ..finalizing(&deal)
            };
            let reopen = ReopenPurchaseCriteriaRequest {
                etag,
                ..reopening(&deal)
            };
            [
                reason(client.create_purchase_criterion(create).await),
                reason(client.update_purchase_criterion(update).await),
                reason(client.delete_purchase_criterion(delete).await),
                reason(client.finalize_purchase_criteria(finalize).await),
                reason(client.reopen_purchase_criteria(reopen).await),
            ]
        }
    };
    let manager = Caller::person(world.tenant, "sales_manager");
    assert_eq!(refused(manager, "1").await, ["ETAG_MISMATCH"; 5]);
    let viewer = Caller::person(world.tenant, "viewer");
    assert_eq!(refused(viewer.clone(), "").await, ["PERMISSION_DENIED"; 5]);
    assert!(
        read(&mut world.purchase_criteria(&viewer), &deal)
            .await
            .is_ok()
    );
    let elsewhere = Caller::person(testing::tenant(), "sales_manager");
    for caller in [Caller::seller(world.tenant), elsewhere] {
        assert_eq!(
            refused(caller.clone(), "").await,
            ["OPPORTUNITY_NOT_FOUND"; 5]
        );
        let hidden = read(&mut world.purchase_criteria(&caller), &deal).await;
        assert_eq!(reason(hidden), "OPPORTUNITY_NOT_FOUND");
    }
}
