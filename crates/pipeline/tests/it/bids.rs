//! The bid: what is known of the tender, whether we bid, the day, the end.

use keynode_kit::client::Channel;
use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::bids_service_client::BidsServiceClient;
use keynode_proto::pipeline::v1::*;
use prost::Message as _;
use prost_types::{FieldMask, Timestamp};
use tonic::Status;

use crate::world::*;

pub type Client = BidsServiceClient<Channel>;

pub fn manager(world: &World) -> Client {
    world.bids(&Caller::person(world.tenant, "sales_manager"))
}

pub async fn read(client: &mut Client, deal: &str) -> Result<GetBidResponse, Status> {
    let request = GetBidRequest {
        name: deal.to_owned(),
    };
    Ok(client.get_bid(request).await?.into_inner())
}

pub fn deciding(deal: &str, decision: BidDecision) -> DecideBidRequest {
    DecideBidRequest {
        name: deal.to_owned(),
        decision: decision.into(),
        reason: "采购标准对我方不利".to_owned(),
        follow_up_date: date(2027, 3, 1),
        ..Default::default()
    }
}

pub fn submitting(deal: &str) -> SubmitBidRequest {
    SubmitBidRequest {
        name: deal.to_owned(),
        submission: Some(BidSubmission {
            submit_date: date(2026, 7, 10),
            price: money(1_180_000, 990_000_000),
            file: Some(FileReference {
                reference: "dms://7/bid.pdf".to_owned(),
                ..Default::default()
            }),
            note: "一次报价".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub fn negotiating(deal: &str) -> RecordNegotiatedTenderRequest {
    RecordNegotiatedTenderRequest {
        name: deal.to_owned(),
        negotiation: Some(BidNegotiation {
            held_date: date(2026, 7, 11),
            note: "议标会".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub fn resulting(deal: &str, outcome: BidOutcome) -> RecordBidResultRequest {
    RecordBidResultRequest {
        name: deal.to_owned(),
        result: Some(BidResult {
            outcome: outcome.into(),
            winning_price: money(1_100_000, 0),
            our_rank: 2,
            result_date: date(2026, 7, 20),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub fn updating(deal: &str, bid: Bid, paths: &[&str]) -> UpdateBidRequest {
    UpdateBidRequest {
        name: deal.to_owned(),
        bid: Some(bid),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        }),
        ..Default::default()
    }
}

pub fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

pub fn tender() -> Bid {
    Bid {
        kind: BidKind::Tender.into(),
        documents: vec![TenderDocument {
            display_name: "招标文件".to_owned(),
            published_date: date(2026, 6, 1),
            fetched_date: date(2026, 6, 3),
            ..Default::default()
        }],
        dates: Some(BidDates {
            documents_from_date: date(2026, 6, 1),
            documents_until_date: date(2026, 6, 5),
            submission_deadline_time: at(1_783_000_000),
            opening_time: at(1_783_000_000),
            ..Default::default()
        }),
        competitor_prices: vec![CompetitorPrice {
            competitor: "甲公司".to_owned(),
            price: money(1_150_000, 10_000_000),
            source: "内线".to_owned(),
            learned_date: date(2026, 6, 20),
        }],
        supplier_ranking: Some(SupplierRanking {
            suppliers: vec![
                RankedSupplier {
                    supplier: "甲公司".to_owned(),
                    ours: false,
                },
                RankedSupplier {
                    supplier: String::new(),
                    ours: true,
                },
            ],
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub fn kinds(deal: &Opportunity) -> Vec<&str> {
    deal.evidence.iter().map(|it| it.kind.as_str()).collect()
}

#[tokio::test]
async fn what_is_known_of_the_tender_is_kept_exactly() {
    let world = world().await;
    let deal = create(&mut world.manager(), named("deal")).await;
    let mut client = manager(&world);
    let empty = read(&mut client, &deal.name).await.unwrap();
    let empty_bid = empty.bid.unwrap();
    assert_eq!((empty.etag, empty_bid.day_items.len()), (deal.etag, 7));
    assert!(empty_bid.counts_in_win_rate && empty_bid.verdict.is_none());
    let all = UpdateBidRequest {
        name: deal.name.clone(),
        bid: Some(tender()),
        ..Default::default()
    };
    let answer = client.update_bid(all.clone()).await.unwrap().into_inner();
    let bid = answer.bid.unwrap();
    let expected = tender();
    assert_eq!(bid.documents, expected.documents);
    assert_eq!(bid.dates, expected.dates);
    assert_eq!(bid.competitor_prices, expected.competitor_prices);
    assert_eq!(bid.supplier_ranking, expected.supplier_ranking);
    client.update_bid(all).await.unwrap();
    assert_eq!(world.events("BidChanged").await, 1, "no change, no event");
    let cleared = updating(&deal.name, Bid::default(), &["dates", "documents"]);
    let bid = client
        .update_bid(cleared)
        .await
        .unwrap()
        .into_inner()
        .bid
        .unwrap();
    assert_eq!((bid.dates, bid.documents.len()), (None, 0));
    assert_eq!(bid.kind(), BidKind::Tender);
    let (subject, data) = world.last_event("BidChanged").await;
    let event = BidChanged::decode(data.as_slice()).unwrap();
    assert_eq!(subject, deal.name);
    assert_eq!(event.before.unwrap().documents, expected.documents);
    assert_eq!(event.after.unwrap().documents, []);
    for path in ["verdict", "day_items", "counts_in_win_rate", "requirements"] {
        let refused = client
            .update_bid(updating(&deal.name, tender(), &[path]))
            .await;
        assert_eq!(fields(refused), ["update_mask"]);
    }
}

#[tokio::test]
async fn a_bid_is_handed_in_once_it_is_decided_and_then_the_stage_ends() {
    let world = world().await;
    let deal = imported(&world, "bid").await;
    let mut client = manager(&world);
    let early = client.submit_bid(submitting(&deal)).await.map(drop);
    assert_eq!(
        missing(early.clone()),
        [("DECISION".to_owned(), deal.clone())]
    );
    assert_eq!(reason(early), "BID_NOT_READY");
    let won = client
        .record_bid_result(resulting(&deal, BidOutcome::Won))
        .await;
    assert_eq!(reason(won), "BID_NOT_SUBMITTED");
    client
        .decide_bid(deciding(&deal, BidDecision::Withdraw))
        .await
        .unwrap();
    assert_eq!(
        reason(client.submit_bid(submitting(&deal)).await),
        "BID_NOT_READY"
    );
    let decided = client
        .decide_bid(deciding(&deal, BidDecision::Go))
        .await
        .unwrap();
    let verdict = decided.into_inner().bid.unwrap().verdict.unwrap();
    assert_eq!(verdict.decision(), BidDecision::Go);
    assert!(verdict.actor.starts_with("people/") && verdict.decide_time.is_some());
    assert_eq!(
        reason(advance(&mut world.manager(), &deal).await),
        "KEY_NODE_NOT_REACHED"
    );
    let handed = client
        .submit_bid(submitting(&deal))
        .await
        .unwrap()
        .into_inner();
    let submission = handed.bid.unwrap().submission.unwrap();
    assert_eq!(submission.price, money(1_180_000, 990_000_000));
    let after = handed.opportunity.unwrap();
    assert_eq!(kinds(&after), ["bid_submitted"]);
    assert_eq!(
        (after.evidence[0].date, after.evidence[0].note.as_str()),
        (date(2026, 7, 10), "一次报价")
    );
    assert_eq!(after, get(&mut world.manager(), &deal).await.unwrap());
    assert_eq!(
        advance(&mut world.manager(), &deal)
            .await
            .unwrap()
            .opportunity
            .unwrap()
            .stage,
        "negotiation"
    );
    let won = client
        .record_bid_result(resulting(&deal, BidOutcome::Won))
        .await
        .unwrap();
    let result = won.into_inner().bid.unwrap().result.unwrap();
    assert_eq!((result.outcome(), result.our_rank), (BidOutcome::Won, 2));
    let versions: Vec<i64> = (1..).take(world.sequences(&deal).await.len()).collect();
    assert_eq!(world.sequences(&deal).await, versions);
}

#[tokio::test]
async fn a_negotiated_tender_needs_no_bid() {
    let world = world().await;
    let deal = imported(&world, "bid").await;
    let mut client = manager(&world);
    let early = client.record_negotiated_tender(negotiating(&deal)).await;
    let lacking = ["KIND", "DECISION"].map(|kind| (kind.to_owned(), deal.clone()));
    assert_eq!(missing(early), lacking);
    let kind = Bid {
        kind: BidKind::Negotiated.into(),
        ..Default::default()
    };
    client.update_bid(updating(&deal, kind, &[])).await.unwrap();
    client
        .decide_bid(deciding(&deal, BidDecision::Go))
        .await
        .unwrap();
    let held = client
        .record_negotiated_tender(negotiating(&deal))
        .await
        .unwrap();
    let held = held.into_inner();
    assert_eq!(
        held.bid.unwrap().negotiation.unwrap().held_date,
        date(2026, 7, 11)
    );
    assert_eq!(
        kinds(&held.opportunity.unwrap()),
        ["negotiated_tender_held"]
    );
    assert!(advance(&mut world.manager(), &deal).await.is_ok());
    client
        .record_bid_result(resulting(&deal, BidOutcome::Won))
        .await
        .unwrap();
}

#[tokio::test]
async fn whoever_withdraws_or_only_attends_is_left_out_of_win_rates() {
    let world = world().await;
    let deal = imported(&world, "bid").await;
    let mut client = manager(&world);
    for (decision, counts) in [
        (BidDecision::Withdraw, false),
        (BidDecision::AttendForRelation, false),
        (BidDecision::Go, true),
        (BidDecision::AttendForRelation, false),
    ] {
        let answer = client.decide_bid(deciding(&deal, decision)).await.unwrap();
        let bid = answer.into_inner().bid.unwrap();
        assert_eq!(bid.counts_in_win_rate, counts, "{decision:?}");
        assert_eq!(bid.verdict.unwrap().follow_up_date, date(2027, 3, 1));
    }
    let attended = client.submit_bid(submitting(&deal)).await.unwrap();
    assert!(!attended.into_inner().bid.unwrap().counts_in_win_rate);
    client
        .decide_bid(deciding(&deal, BidDecision::Withdraw))
        .await
        .unwrap();
    let lost = RecordBidResultRequest {
        result: Some(BidResult {
            winner: "甲公司".to_owned(),
            ..resulting(&deal, BidOutcome::Lost).result.unwrap()
        }),
        ..resulting(&deal, BidOutcome::Lost)
    };
    client.record_bid_result(lost).await.unwrap();
    // The decision moves nothing: the deal is ended after it, and its records stay open.
    assert_eq!(
        get(&mut world.manager(), &deal).await.unwrap().status(),
        OpportunityStatus::Open
    );
    let abandon = AbandonOpportunityRequest {
        name: deal.clone(),
        reason: "退出竞争".to_owned(),
        ..Default::default()
    };
    world.moving().abandon_opportunity(abandon).await.unwrap();
    client
        .record_bid_result(resulting(&deal, BidOutcome::Lost))
        .await
        .unwrap();
    let kept = read(&mut client, &deal).await.unwrap().bid.unwrap();
    assert!(!kept.counts_in_win_rate);
}

#[tokio::test]
async fn the_day_is_a_list_of_seven_things_each_done_by_somebody() {
    let world = world().await;
    let deal = imported(&world, "bid").await;
    let mut client = manager(&world);
    let asked = BidDayItem {
        kind: BidDayItemKind::JuryQuestions.into(),
        done_date: date(2026, 7, 10),
        doer: format!("people/{}", uuid::Uuid::now_v7()),
        questions: vec![JuryQuestion {
            question: "质保期多长?".to_owned(),
            answer: "三年".to_owned(),
        }],
        ..Default::default()
    };
    let recording = |item: BidDayItem| RecordBidDayItemRequest {
        name: deal.clone(),
        item: Some(item),
        ..Default::default()
    };
    client
        .record_bid_day_item(recording(asked.clone()))
        .await
        .unwrap();
    let sample = BidDayItem {
        kind: BidDayItemKind::Sample.into(),
        ..Default::default()
    };
    let bid = client.record_bid_day_item(recording(sample)).await.unwrap();
    let items = bid.into_inner().bid.unwrap().day_items;
    assert_eq!(
        items.iter().map(|it| it.kind).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6, 7]
    );
    assert_eq!(
        (&items[6].questions, &items[6].doer),
        (&asked.questions, &asked.doer)
    );
    assert!(items[5].record_time.is_some() && items[5].done_date.is_none());
    assert!(items[0].record_time.is_none());
    let undone = BidDayItem {
        done_date: None,
        ..asked
    };
    let bid = client.record_bid_day_item(recording(undone)).await.unwrap();
    assert_eq!(bid.into_inner().bid.unwrap().day_items[6].done_date, None);
}

#[tokio::test]
async fn a_key_node_may_ask_what_became_of_the_bid() {
    let world = world().await;
    let asked = "bid.decision == 'GO' && bid.submitted && !bid.negotiated && bid.counts_in_win_rate \
                 && bid.kind == 'TENDER' && bid.result == 'PENDING'";
    let deal = deal_that_asks(&world, asked).await.name;
    let mut deals = world.manager();
    assert_eq!(
        reason(advance(&mut deals, &deal).await),
        "KEY_NODE_NOT_REACHED"
    );
    let mut client = manager(&world);
    client
        .update_bid(updating(&deal, tender(), &[]))
        .await
        .unwrap();
    client
        .decide_bid(deciding(&deal, BidDecision::Go))
        .await
        .unwrap();
    let handed = client
        .submit_bid(submitting(&deal))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        kinds(&handed.opportunity.unwrap()),
        ["meet_ready"],
        "no kind of this process"
    );
    assert_eq!(
        reason(advance(&mut deals, &deal).await),
        "KEY_NODE_NOT_REACHED"
    );
    let pending = RecordBidResultRequest {
        name: deal.clone(),
        result: Some(BidResult {
            outcome: BidOutcome::Pending.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    client.record_bid_result(pending).await.unwrap();
    assert!(advance(&mut deals, &deal).await.is_ok());
}
