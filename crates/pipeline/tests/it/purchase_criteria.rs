//! The customer's purchase criteria: recorded, weighed, set, and warned of.

use keynode_kit::client::Channel;
use keynode_kit::testing::Caller;
use keynode_proto::pipeline::v1::purchase_criteria_service_client::PurchaseCriteriaServiceClient;
use keynode_proto::pipeline::v1::*;
use prost::Message as _;
use prost_types::FieldMask;
use tonic::Status;

use crate::world::*;

pub type Client = PurchaseCriteriaServiceClient<Channel>;

pub fn manager(world: &World) -> Client {
    world.purchase_criteria(&Caller::person(world.tenant, "sales_manager"))
}

pub fn ours() -> PurchaseCriterion {
    PurchaseCriterion {
        text: "变送器精度不低于0.075级".to_owned(),
        weight_percent: Some(60),
        origin: CriterionOrigin::Us.into(),
        our_fit: Some(2),
        competitor_fits: vec![CompetitorFit {
            competitor: "甲公司".to_owned(),
            fit: Some(-1),
        }],
        holder: format!("contacts/{}", uuid::Uuid::now_v7()),
        source: "仪表负责人".to_owned(),
        set_date: date(2026, 6, 1),
        ..Default::default()
    }
}

pub fn price() -> PurchaseCriterion {
    PurchaseCriterion {
        text: "最低价".to_owned(),
        weight_percent: Some(40),
        origin: CriterionOrigin::Customer.into(),
        our_fit: Some(-1),
        competitor_fits: vec![CompetitorFit {
            competitor: "甲公司".to_owned(),
            fit: Some(1),
        }],
        ..Default::default()
    }
}

pub fn creating(deal: &str, criterion: PurchaseCriterion) -> CreatePurchaseCriterionRequest {
    CreatePurchaseCriterionRequest {
        parent: deal.to_owned(),
        purchase_criterion: Some(criterion),
        ..Default::default()
    }
}

pub async fn add(
    client: &mut Client,
    deal: &str,
    criterion: PurchaseCriterion,
) -> PurchaseCriterion {
    let made = client.create_purchase_criterion(creating(deal, criterion));
    made.await.unwrap().into_inner().purchase_criterion.unwrap()
}

pub fn updating(criterion: PurchaseCriterion, paths: &[&str]) -> UpdatePurchaseCriterionRequest {
    UpdatePurchaseCriterionRequest {
        purchase_criterion: Some(criterion),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        }),
        ..Default::default()
    }
}

pub fn finalizing(deal: &str) -> FinalizePurchaseCriteriaRequest {
    FinalizePurchaseCriteriaRequest {
        name: deal.to_owned(),
        final_date: date(2026, 6, 20),
        evidence: "招标文件第三章".to_owned(),
        ..Default::default()
    }
}

pub fn reopening(deal: &str) -> ReopenPurchaseCriteriaRequest {
    ReopenPurchaseCriteriaRequest {
        name: deal.to_owned(),
        reason: "客户修改了招标文件".to_owned(),
        ..Default::default()
    }
}

pub async fn read(client: &mut Client, deal: &str) -> Result<GetPurchaseCriteriaResponse, Status> {
    let request = GetPurchaseCriteriaRequest {
        name: deal.to_owned(),
    };
    Ok(client.get_purchase_criteria(request).await?.into_inner())
}

pub fn codes(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|it| it.code.as_str()).collect()
}

#[tokio::test]
async fn criteria_are_recorded_and_weighed_against_the_strongest_competitor() {
    let world = world().await;
    let deal = create(&mut world.manager(), full()).await;
    let mut client = manager(&world);
    let made = client.create_purchase_criterion(creating(&deal.name, ours()));
    let made = made.await.unwrap().into_inner();
    let (first, after) = (made.purchase_criterion.unwrap(), made.opportunity.unwrap());
    assert!(
        first
            .name
            .starts_with(&format!("{}/purchaseCriteria/", deal.name))
    );
    assert!(first.create_time.is_some() && first.recorder.starts_with("people/"));
    assert_ne!(after.etag, deal.etag);
    add(&mut client, &deal.name, price()).await;
    let answer = read(&mut client, &deal.name).await.unwrap();
    let criteria = answer.purchase_criteria.unwrap().criteria;
    assert_eq!(criteria.len(), 2);
    assert_eq!(criteria[0], first);
    let analysis = answer.analysis.unwrap();
    assert_eq!(analysis.authored_by_us_percent, Some(60));
    assert_eq!(analysis.weight_sum_percent, Some(100));
    // (60 * 3 - 40 * 2) / (4 * 100)
    assert_eq!(analysis.advantage_percent, Some(25));
    assert_eq!(analysis.leaning(), Leaning::Ours);
    assert_eq!(analysis.strongest_competitor, "甲公司");
    assert_eq!(
        analysis.fit_known_percent,
        Some(33),
        "of the two other competitors of the deal nothing is known"
    );
    assert_eq!(
        answer.etag,
        get(&mut world.manager(), &deal.name).await.unwrap().etag
    );
    let (subject, data) = world.last_event("PurchaseCriterionChanged").await;
    let event = PurchaseCriterionChanged::decode(data.as_slice()).unwrap();
    assert_eq!(
        (subject, event.before, event.after.as_ref()),
        (deal.name, None, criteria.get(1))
    );
    assert_eq!(event.opportunity.unwrap().etag, answer.etag);
}

pub fn named_deal() -> Opportunity {
    named("deal")
}

#[tokio::test]
async fn a_criterion_changes_by_its_mask_and_goes() {
    let world = world().await;
    let deal = create(&mut world.manager(), named_deal()).await.name;
    let mut client = manager(&world);
    let first = add(&mut client, &deal, ours()).await;
    let news = PurchaseCriterion {
        name: first.name.clone(),
        weight_percent: Some(30),
        text: "不取".to_owned(),
        recorder: "people/x".to_owned(),
        ..Default::default()
    };
    let request = updating(news.clone(), &["weight_percent", "our_fit"]);
    let after = client.update_purchase_criterion(request).await.unwrap();
    let after = after.into_inner().purchase_criterion.unwrap();
    assert_eq!((after.weight_percent, after.our_fit), (Some(30), None));
    assert_eq!(
        (&after.text, &after.recorder),
        (&first.text, &first.recorder)
    );
    for path in ["recorder", "name", "nothing"] {
        let refused = client.update_purchase_criterion(updating(news.clone(), &[path]));
        assert_eq!(fields(refused.await), ["update_mask"]);
    }
    let empty = client.update_purchase_criterion(updating(news.clone(), &["text"]));
    assert!(empty.await.is_ok());
    let cleared = PurchaseCriterion {
        text: String::new(),
        ..news.clone()
    };
    let refused = client.update_purchase_criterion(updating(cleared, &["text"]));
    assert_eq!(fields(refused.await), ["purchase_criterion.text"]);
    let elsewhere = PurchaseCriterion {
        name: format!("{deal}/purchaseCriteria/{}", uuid::Uuid::now_v7()),
        ..news
    };
    let refused = client.update_purchase_criterion(updating(elsewhere.clone(), &["text"]));
    assert_eq!(reason(refused.await), "PURCHASE_CRITERION_NOT_FOUND");
    let events = world.events("PurchaseCriterionChanged").await;
    let removing = |name: &str| DeletePurchaseCriterionRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    let refused = client.delete_purchase_criterion(removing(&elsewhere.name));
    assert_eq!(reason(refused.await), "PURCHASE_CRITERION_NOT_FOUND");
    client
        .delete_purchase_criterion(removing(&first.name))
        .await
        .unwrap();
    let left = read(&mut client, &deal).await.unwrap();
    assert!(left.purchase_criteria.unwrap().criteria.is_empty());
    assert_eq!(world.events("PurchaseCriterionChanged").await, events + 1);
}

#[tokio::test]
async fn what_the_customer_has_set_stays_and_what_we_learn_of_it_may_change() {
    let world = world().await;
    let deal = imported(&world, "proposal").await;
    let mut client = manager(&world);
    let empty = client.finalize_purchase_criteria(finalizing(&deal)).await;
    assert_eq!(reason(empty), "PURCHASE_CRITERIA_EMPTY");
    let first = add(&mut client, &deal, ours()).await;
    let done = client.finalize_purchase_criteria(finalizing(&deal)).await;
    let done = done.unwrap().into_inner();
    let finality = done.purchase_criteria.unwrap().finality.unwrap();
    assert_eq!(finality.final_date, date(2026, 6, 20));
    let evidence = done.opportunity.unwrap().evidence;
    let kinds: Vec<&str> = evidence.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["purchase_criteria_set"]);
    assert_eq!(evidence[0].date, date(2026, 6, 20));
    let again = client.finalize_purchase_criteria(finalizing(&deal)).await;
    assert_eq!(reason(again), "PURCHASE_CRITERIA_FINAL");
    let more = client
        .create_purchase_criterion(creating(&deal, price()))
        .await;
    assert_eq!(reason(more), "PURCHASE_CRITERIA_FINAL");
    let weight = PurchaseCriterion {
        weight_percent: Some(1),
        our_fit: Some(1),
        ..first.clone()
    };
    let refused = client.update_purchase_criterion(updating(weight.clone(), &["weight_percent"]));
    assert_eq!(reason(refused.await), "PURCHASE_CRITERIA_FINAL");
    let learnt = client.update_purchase_criterion(updating(weight.clone(), &["our_fit"]));
    assert!(learnt.await.is_ok());
    let gone = DeletePurchaseCriterionRequest {
        name: first.name.clone(),
        ..Default::default()
    };
    let refused = client.delete_purchase_criterion(gone.clone()).await;
    assert_eq!(reason(refused), "PURCHASE_CRITERIA_FINAL");
    let open = client
        .reopen_purchase_criteria(reopening(&deal))
        .await
        .unwrap();
    assert_eq!(open.into_inner().purchase_criteria.unwrap().finality, None);
    let (_, data) = world.last_event("PurchaseCriteriaFinalityChanged").await;
    let event = PurchaseCriteriaFinalityChanged::decode(data.as_slice()).unwrap();
    assert_eq!((event.before, event.after), (Some(finality), None));
    assert_eq!(event.reason, "客户修改了招标文件");
    client
        .reopen_purchase_criteria(reopening(&deal))
        .await
        .unwrap();
    assert_eq!(world.events("PurchaseCriteriaFinalityChanged").await, 2);
    client.delete_purchase_criterion(gone).await.unwrap();
}

#[tokio::test]
async fn whoever_brings_no_criterion_in_is_warned_of_a_fight_over_price() {
    let world = world().await;
    let mut client = manager(&world);
    let early = create(&mut world.manager(), named_deal()).await.name;
    assert!(read(&mut client, &early).await.unwrap().warnings.is_empty());
    for step in [2, 3] {
        buying_step(&world, &early, step).await;
        assert!(read(&mut client, &early).await.unwrap().warnings.is_empty());
    }
    buying_step(&world, &early, 4).await;
    let warned = read(&mut client, &early).await.unwrap().warnings;
    assert_eq!(codes(&warned), ["PRICE_WAR"]);
    let text = warned[0].text.as_ref().unwrap();
    assert!(text.zh_cn.contains("价格竞争") && text.en.contains("price"));
    let facts = GetOpportunityFactsRequest {
        name: early.clone(),
    };
    let facts = world.manager().get_opportunity_facts(facts).await.unwrap();
    assert_eq!(facts.into_inner().warnings, warned);
    let bidding = imported(&world, "bid").await;
    let missing = read(&mut client, &bidding).await.unwrap().warnings;
    add(&mut client, &bidding, price()).await;
    let none = read(&mut client, &bidding).await.unwrap().warnings;
    assert_eq!(
        (codes(&missing), codes(&none)),
        (vec!["PRICE_WAR"], vec!["PRICE_WAR"])
    );
    assert_ne!(missing, none, "the text says which of the two it is");
    add(&mut client, &bidding, ours()).await;
    assert!(
        read(&mut client, &bidding)
            .await
            .unwrap()
            .warnings
            .is_empty()
    );
    let abandon = AbandonOpportunityRequest {
        name: early.clone(),
        reason: "资金没有落实".to_owned(),
        ..Default::default()
    };
    world.moving().abandon_opportunity(abandon).await.unwrap();
    assert!(read(&mut client, &early).await.unwrap().warnings.is_empty());
}

pub async fn buying_step(world: &World, deal: &str, step: i32) {
    let request = RecordBuyingStepRequest {
        name: deal.to_owned(),
        step,
        evidence: "招标公告".to_owned(),
        reason: "客户说的".to_owned(),
        ..Default::default()
    };
    world.manager().record_buying_step(request).await.unwrap();
}

#[tokio::test]
async fn a_key_node_may_ask_towards_whom_they_lean() {
    let world = world().await;
    let asked = "purchase_criteria.leaning == 'OURS' && purchase_criteria.final && \
                 purchase_criteria.total == 1 && purchase_criteria.advantage_percent == 75 && \
                 purchase_criteria.authored_by_us_percent == 100 && \
                 purchase_criteria.origin_known_percent == 100 && \
                 purchase_criteria.fit_known_percent == 100";
    let deal = deal_that_asks(&world, asked).await;
    let mut deals = world.manager();
    let unknown = advance(&mut deals, &deal.name).await;
    assert_eq!(
        missing(unknown),
        [(
            "CRITERION".to_owned(),
            format!("{}/criteria/written", deal.name)
        )]
    );
    let mut client = manager(&world);
    add(&mut client, &deal.name, ours()).await;
    assert_eq!(
        reason(advance(&mut deals, &deal.name).await),
        "KEY_NODE_NOT_REACHED"
    );
    let done = client
        .finalize_purchase_criteria(finalizing(&deal.name))
        .await
        .unwrap();
    let kinds = done.into_inner().opportunity.unwrap().evidence;
    assert_eq!(kinds.len(), 1, "this process names no such evidence");
    assert!(advance(&mut deals, &deal.name).await.is_ok());
}
