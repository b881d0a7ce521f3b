//! A deal from the first visit to the hand-over, with everything that is recorded on the way.

mod delivery;
mod price;
mod talk;

use keynode_proto::pipeline::v1::bids_service_client::BidsServiceClient;
use keynode_proto::pipeline::v1::history_service_client::HistoryServiceClient;
use keynode_proto::pipeline::v1::*;
use keynode_tests::{Deployment, Organisation};

use crate::deal::{self, id, in_days};
use crate::dossier::{criteria, decide, done, persuade, reason, requirements, submitting, yuan};
use crate::stages::{advance, find_coach_and_key_persons, qualify};

async fn opened(people: &mut Organisation) -> Opportunity {
    let account = deal::account(&mut people.seller, "化工集团").await;
    let (seller, manager) = (people.seller.person.clone(), people.manager.person.clone());
    let split = |person: &str, percent: &str| RevenueSplit {
        person: person.into(),
        percent: percent.into(),
    };
    let opportunity = Opportunity {
        display_name: "DCS 改造".into(),
        account: account.name.clone(),
        product: "控制系统".into(),
        non_standard: Some(true),
        amount: yuan(1_500_000),
        expected_close_date: Some(in_days(60)),
        known_since_date: Some(in_days(-30)),
        entry_buying_step: 1,
        competitors: vec!["甲公司".into()],
        revenue_splits: vec![split(&seller, "70"), split(&manager, "30")],
        lead_source: "老客户介绍".into(),
        ..Opportunity::default()
    };
    let request = CreateOpportunityRequest {
        opportunity: Some(opportunity),
        request_id: id(),
        ..Default::default()
    };
    done(
        people
            .seller
            .opportunities
            .create_opportunity(request)
            .await,
    )
    .opportunity
    .unwrap()
}

async fn bid(people: &mut Organisation, name: &str) {
    let pipeline = people.seller.pipeline.clone();
    let mut client = BidsServiceClient::new(pipeline.clone());
    let early = client.submit_bid(submitting(name)).await;
    assert_eq!(reason(early), "BID_NOT_READY", "nobody has decided to bid");
    let request = UpdateBidRequest {
        name: name.into(),
        bid: Some(Bid {
            kind: BidKind::Tender.into(),
            documents: vec![TenderDocument {
                display_name: "招标文件".into(),
                fetched_date: Some(in_days(-3)),
                ..TenderDocument::default()
            }],
            competitor_prices: vec![CompetitorPrice {
                competitor: "甲公司".into(),
                price: yuan(1_450_000),
                source: "上次投标".into(),
                ..CompetitorPrice::default()
            }],
            supplier_ranking: Some(SupplierRanking {
                suppliers: vec![
                    RankedSupplier {
                        supplier: String::new(),
                        ours: true,
                    },
                    RankedSupplier {
                        supplier: "甲公司".into(),
                        ours: false,
                    },
                ],
                source: "设计院".into(),
                ..SupplierRanking::default()
            }),
            ..Bid::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    done(client.update_bid(request).await);
    requirements(&pipeline, name).await;
    assert!(
        decide(&pipeline, name, BidDecision::Go)
            .await
            .counts_in_win_rate
    );
    for kind in 1..=7 {
        let jury = BidDayItemKind::try_from(kind) == Ok(BidDayItemKind::JuryQuestions);
        let question = JuryQuestion {
            question: "备件供应多久?".into(),
            answer: "十年".into(),
        };
        let request = RecordBidDayItemRequest {
            name: name.into(),
            item: Some(BidDayItem {
                kind,
                done_date: Some(in_days(-1)),
                questions: jury.then_some(question).into_iter().collect(),
                ..BidDayItem::default()
            }),
            request_id: id(),
            ..Default::default()
        };
        done(client.record_bid_day_item(request).await);
    }
    done(client.submit_bid(submitting(name)).await);
    let request = RecordBidResultRequest {
        name: name.into(),
        result: Some(BidResult {
            outcome: BidOutcome::Won.into(),
            our_rank: 1,
            result_date: Some(in_days(-1)),
            ..BidResult::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    done(client.record_bid_result(request).await);
}

#[tokio::test]
async fn a_deal_is_won_and_delivered_with_all_that_is_recorded_of_it() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let opportunity = opened(&mut people).await;
    let name = opportunity.name.clone();
    let pipeline = people.seller.pipeline.clone();

    let promise = talk::with_the_customer(&people, &name).await;
    qualify(&mut people, &name).await;
    assert_eq!(advance(&mut people.seller, &name).await.stage, "entry");
    find_coach_and_key_persons(&mut people.seller, &opportunity).await;
    deal::evidence(&mut people.seller, &name, "selected_as_candidate").await;
    assert_eq!(advance(&mut people.seller, &name).await.stage, "proposal");

    persuade(&pipeline, &name).await;
    let written = [
        (CriterionOrigin::Us, 2, 0),
        (CriterionOrigin::Customer, 1, 1),
    ];
    let known = criteria(&pipeline, &name, &written).await;
    let analysis = known.analysis.unwrap();
    assert_eq!(analysis.leaning(), Leaning::Ours);
    assert_eq!(analysis.authored_by_us_percent, Some(50));
    let after = advance(&mut people.seller, &name).await;
    assert_eq!(after.stage, "bid", "criteria set, and leaning our way");

    price::agree(&mut people, &name).await;
    bid(&mut people, &name).await;
    assert_eq!(
        advance(&mut people.seller, &name).await.stage,
        "negotiation"
    );
    price::contract(&mut people, &name).await;
    let won = advance(&mut people.seller, &name).await;
    assert_eq!(
        (won.stage.as_str(), won.status(), won.stage_probability),
        ("implementation", OpportunityStatus::Won, Some(1.0))
    );
    delivery::hand_over(&people, &name, &promise).await;
    let completed = advance(&mut people.seller, &name).await;
    assert_eq!(completed.status(), OpportunityStatus::Completed);
    assert_eq!(completed.completed_key_nodes, [1, 2, 3, 4, 5, 6]);
    price::pursuit(&mut people, &name).await;
    told(&people, &name).await;
    assert!(deployment.stop(), "every process stops cleanly");
}

/// Everything stands in the history, under its name.
async fn told(people: &Organisation, name: &str) {
    let mut history = HistoryServiceClient::new(people.manager.pipeline.clone());
    let request = ListOpportunityChangesRequest {
        name: name.into(),
        page_size: 1000,
        ..Default::default()
    };
    let changes = done(history.list_opportunity_changes(request).await).changes;
    for r#type in [
        "OpportunityStageMoved",
        "ActivityRecorded",
        "NeedChanged",
        "ObjectionChanged",
        "CustomerRequestChanged",
        "PromiseChanged",
        "PurchaseCriterionChanged",
        "BidChanged",
        "PricingChanged",
        "ApprovalChanged",
        "ContractChanged",
        "DeliveryChanged",
        "PursuitCostsChanged",
    ] {
        let full = format!("keynode.pipeline.v1.{}", r#type);
        assert!(
            changes.iter().any(|it| it.r#type == full),
            "{full} is not told"
        );
    }
    let request = GetStageTimesRequest { name: name.into() };
    let times = done(history.get_stage_times(request).await);
    let stays: Vec<&str> = times.stays.iter().map(|it| it.stage.as_str()).collect();
    let stages = [
        "development",
        "entry",
        "proposal",
        "bid",
        "negotiation",
        "implementation",
    ];
    assert_eq!(stays, stages);
    assert!(times.stays.iter().all(|it| it.leave_time.is_some()));
    let funnel = done(history.get_funnel(GetFunnelRequest::default()).await);
    assert_eq!((funnel.total, funnel.stages[5].won), (1, 1));
    assert_eq!(funnel.won_sums, [yuan(1_500_000).unwrap()]);
}
