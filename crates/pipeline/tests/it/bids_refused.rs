//! What a bid is refused for, and what a repeat does.

use keynode_kit::testing::{self, Caller};
use keynode_proto::google::r#type::Money;
use keynode_proto::pipeline::v1::*;

use crate::bids::*;
use crate::world::*;

#[tokio::test]
async fn every_bad_field_of_a_tender_is_named_at_once() {
    let world = world().await;
    let bad = Bid {
        kind: 9,
        documents: vec![TenderDocument {
            file: Some(FileReference::default()),
            fetched_date: date(2999, 1, 1),
            ..Default::default()
        }],
        dates: Some(BidDates {
            documents_from_date: date(2026, 6, 5),
            documents_until_date: date(2026, 6, 1),
            submission_deadline_time: at(1_783_000_000),
            opening_time: at(1_782_000_000),
            questions_until_time: at(i64::MAX),
            decision_expected_date: date(2026, 2, 30),
        }),
        competitor_prices: vec![
            CompetitorPrice::default(),
            CompetitorPrice {
                competitor: "甲".to_owned(),
                price: Some(Money {
                    currency_code: "RMB".to_owned(),
                    units: 1,
                    nanos: 0,
                }),
                ..Default::default()
            },
            CompetitorPrice {
                competitor: "乙".to_owned(),
                price: money(-1, 0),
                ..Default::default()
            },
        ],
        supplier_ranking: Some(SupplierRanking {
            suppliers: vec![
                RankedSupplier {
                    supplier: "我方".to_owned(),
                    ours: true,
                };
                2
            ],
            ..Default::default()
        }),
        ..Default::default()
    };
    let refused = manager(&world).update_bid(updating("x", bad, &[])).await;
    let expected = [
        "name",
        "bid.kind",
        "bid.dates.documents_until_date",
        "bid.dates.questions_until_time",
        "bid.dates.opening_time",
        "bid.dates.decision_expected_date",
        "bid.documents[0].file.reference",
        "bid.documents[0].fetched_date",
        "bid.documents[0].display_name",
        "bid.competitor_prices[0].price",
        "bid.competitor_prices[0].competitor",
        "bid.competitor_prices[1].price",
        "bid.competitor_prices[2].price",
        "bid.supplier_ranking.suppliers",
        "bid.supplier_ranking.suppliers",
    ];
    let mut named = fields(refused);
    named.sort_unstable();
    let mut sorted = expected;
    sorted.sort_unstable();
    assert_eq!(named, sorted);
    let many = Bid {
        documents: vec![TenderDocument::default(); 51],
        ..Default::default()
    };
    let refused = manager(&world).update_bid(updating("x", many, &[])).await;
    assert_eq!(fields(refused), ["name", "bid.documents"]);
}

#[tokio::test]
async fn bad_decisions_days_and_results_are_refused_field_by_field() {
    let world = world().await;
    let mut client = manager(&world);
    let none = client.decide_bid(DecideBidRequest::default()).await;
    assert_eq!(fields(none), ["name", "decision"]);
    let bare = DecideBidRequest {
        decision: BidDecision::AttendForRelation.into(),
        ..Default::default()
    };
    assert_eq!(
        fields(client.decide_bid(bare).await),
        ["name", "reason", "follow_up_date"]
    );
    let item = RecordBidDayItemRequest {
        item: Some(BidDayItem {
            kind: BidDayItemKind::Sample.into(),
            done_date: date(2999, 1, 1),
            doer: "contacts/1".to_owned(),
            questions: vec![JuryQuestion::default()],
            ..Default::default()
        }),
        ..Default::default()
    };
    assert_eq!(
        fields(client.record_bid_day_item(item).await),
        [
            "name",
            "item.done_date",
            "item.doer",
            "item.questions",
            "item.questions[0].question"
        ]
    );
    let none = client
        .record_bid_day_item(RecordBidDayItemRequest::default())
        .await;
    assert_eq!(fields(none), ["name", "item.kind"]);
    let none = client.submit_bid(SubmitBidRequest::default()).await;
    assert_eq!(fields(none), ["name", "submission.submit_date"]);
    let none = client
        .record_negotiated_tender(RecordNegotiatedTenderRequest::default())
        .await;
    assert_eq!(fields(none), ["name", "negotiation.held_date"]);
    let none = client
        .record_bid_result(RecordBidResultRequest::default())
        .await;
    assert_eq!(
        fields(none),
        ["name", "result.outcome", "result.result_date"]
    );
    let pending = RecordBidResultRequest {
        result: Some(BidResult {
            outcome: BidOutcome::Pending.into(),
            winner: "甲".to_owned(),
            winning_price: money(1, 0),
            our_rank: -1,
            ..Default::default()
        }),
        ..Default::default()
    };
    assert_eq!(
        fields(client.record_bid_result(pending).await),
        [
            "name",
            "result.winner",
            "result.winning_price",
            "result.our_rank"
        ]
    );
}

#[tokio::test]
async fn a_repeat_answers_as_the_first_did_and_a_check_stores_nothing() {
    let world = world().await;
    let deal = imported(&world, "bid").await;
    let mut client = manager(&world);
    client
        .decide_bid(deciding(&deal, BidDecision::Go))
        .await
        .unwrap();
    let check = SubmitBidRequest {
        validate_only: true,
        ..submitting(&deal)
    };
    let checked = client.submit_bid(check).await.unwrap().into_inner();
    assert!(checked.bid.unwrap().submission.is_some());
    assert!(
        read(&mut client, &deal)
            .await
            .unwrap()
            .bid
            .unwrap()
            .submission
            .is_none()
    );
    // One of them is of the import.
    assert_eq!(world.events("OpportunityChanged").await, 1);
    let once = SubmitBidRequest {
        request_id: request_id(),
        ..submitting(&deal)
    };
    let first = client.submit_bid(once.clone()).await.unwrap().into_inner();
    let second = client.submit_bid(once.clone()).await.unwrap().into_inner();
    assert_eq!(first, second);
    assert_eq!(world.events("OpportunityChanged").await, 2);
    assert_eq!(world.events("BidChanged").await, 2);
    let other = SubmitBidRequest {
        request_id: once.request_id,
        ..SubmitBidRequest {
            submission: Some(BidSubmission {
                submit_date: date(2026, 7, 12),
                ..Default::default()
            }),
            ..submitting(&deal)
        }
    };
    assert_eq!(reason(client.submit_bid(other).await), "REQUEST_ID_REUSED");
}

/// Every way to change a bid, and why it was refused.
async fn refusals(mut client: Client, deal: &str, etag: &str) -> Vec<String> {
    let etag = etag.to_owned();
    let update = UpdateBidRequest {
        etag: etag.clone(),
        ..updating(deal, tender(), &[])
    };
    let decide = DecideBidRequest {
        etag: etag.clone(),
        ..deciding(deal, BidDecision::Go)
    };
    let item = RecordBidDayItemRequest {
        name: deal.to_owned(),
        item: Some(BidDayItem {
            kind: 1,
            ..Default::default()
        }),
        etag: etag.clone(),
        ..Default::default()
    };
    let submit = SubmitBidRequest {
        etag: etag.clone(),
        ..submitting(deal)
    };
    let negotiate = RecordNegotiatedTenderRequest {
        etag: etag.clone(),
        ..negotiating(deal)
    };
    let result = RecordBidResultRequest {
        etag: etag.clone(),
        ..resulting(deal, BidOutcome::Lost)
    };
    let put = BatchUpsertBidRequirementsRequest {
        parent: deal.to_owned(),
        requirements: vec![BidRequirement {
            number: "1".to_owned(),
            text: "x".to_owned(),
            ..Default::default()
        }],
        etag: etag.clone(),
        ..Default::default()
    };
    let cut = BatchDeleteBidRequirementsRequest {
        parent: deal.to_owned(),
        numbers: vec!["1".to_owned()],
        etag,
        ..Default::default()
    };
    vec![
        reason(client.update_bid(update).await),
        reason(client.decide_bid(decide).await),
        reason(client.record_bid_day_item(item).await),
        reason(client.submit_bid(submit).await),
        reason(client.record_negotiated_tender(negotiate).await),
        reason(client.record_bid_result(result).await),
        reason(client.batch_upsert_bid_requirements(put).await),
        reason(client.batch_delete_bid_requirements(cut).await),
    ]
}

#[tokio::test]
async fn stale_hidden_and_forbidden_changes_are_refused() {
    let world = world().await;
    let deal = create(&mut world.manager(), named("deal")).await.name;
    let stale = refusals(manager(&world), &deal, "9").await;
    assert_eq!(stale, ["ETAG_MISMATCH"; 8]);
    let viewer = Caller::person(world.tenant, "viewer");
    let forbidden = refusals(world.bids(&viewer), &deal, "").await;
    assert_eq!(forbidden, ["PERMISSION_DENIED"; 8]);
    assert!(read(&mut world.bids(&viewer), &deal).await.is_ok());
    let elsewhere = Caller::person(testing::tenant(), "sales_manager");
    for caller in [Caller::seller(world.tenant), elsewhere] {
        let hidden = refusals(world.bids(&caller), &deal, "").await;
        assert_eq!(hidden, ["OPPORTUNITY_NOT_FOUND"; 8]);
        let mut client = world.bids(&caller);
        assert_eq!(
            reason(read(&mut client, &deal).await),
            "OPPORTUNITY_NOT_FOUND"
        );
        let list = ListBidRequirementsRequest {
            parent: deal.clone(),
            ..Default::default()
        };
        let listed = client.list_bid_requirements(list).await;
        assert_eq!(reason(listed), "OPPORTUNITY_NOT_FOUND");
    }
}
