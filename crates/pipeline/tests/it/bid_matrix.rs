//! The requirement matrix of a bid.

use keynode_proto::pipeline::v1::*;
use prost::Message as _;

use crate::bids::{Client, deciding, manager, read, submitting};
use crate::world::*;

fn row(number: &str, mandatory: bool, compliance: Compliance) -> BidRequirement {
    BidRequirement {
        number: number.to_owned(),
        text: "精度不低于0.075级".to_owned(),
        mandatory,
        compliance: compliance.into(),
        response: "满足".to_owned(),
        responsible: format!("people/{}", uuid::Uuid::from_u128(7)),
    }
}

fn putting(deal: &str, rows: &[BidRequirement]) -> BatchUpsertBidRequirementsRequest {
    BatchUpsertBidRequirementsRequest {
        parent: deal.to_owned(),
        requirements: rows.to_vec(),
        ..Default::default()
    }
}

async fn put(
    client: &mut Client,
    deal: &str,
    rows: &[BidRequirement],
) -> BatchUpsertBidRequirementsResponse {
    let answer = client.batch_upsert_bid_requirements(putting(deal, rows));
    answer.await.unwrap().into_inner()
}

fn cutting(deal: &str, numbers: &[&str]) -> BatchDeleteBidRequirementsRequest {
    BatchDeleteBidRequirementsRequest {
        parent: deal.to_owned(),
        numbers: numbers.iter().map(ToString::to_string).collect(),
        ..Default::default()
    }
}

async fn list(client: &mut Client, request: &ListBidRequirementsRequest) -> Vec<BidRequirement> {
    let mut all = Vec::new();
    let mut request = request.clone();
    loop {
        let page = client.list_bid_requirements(request.clone()).await.unwrap();
        let page = page.into_inner();
        all.extend(page.requirements);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

fn counts(answer: &BatchUpsertBidRequirementsResponse) -> (i32, i32, i32) {
    (answer.created, answer.updated, answer.unchanged)
}

#[tokio::test]
async fn rows_are_put_by_their_numbers_and_counted() {
    let world = world().await;
    let deal = create(&mut world.manager(), named("deal")).await;
    let mut client = manager(&world);
    let rows = [
        row("3.2", true, Compliance::Unspecified),
        row("3.10", true, Compliance::Compliant),
        row("1.1", false, Compliance::Unspecified),
        row("2", true, Compliance::Deviation),
    ];
    let first = put(&mut client, &deal.name, &rows).await;
    assert_eq!(counts(&first), (4, 0, 0));
    let summary = first.bid.unwrap().requirements.unwrap();
    let expected = BidRequirementsSummary {
        total: 4,
        mandatory: 3,
        mandatory_gaps: 1,
        mandatory_unknown: 1,
        unknown: 2,
    };
    assert_eq!(summary, expected);
    let same = put(&mut client, &deal.name, &rows).await;
    assert_eq!(counts(&same), (0, 0, 4));
    assert_eq!(same.opportunity, first.opportunity);
    assert_eq!(world.events("BidRequirementsChanged").await, 1);
    let news = [
        row("2", true, Compliance::Partial),
        row("3.10", true, Compliance::Compliant),
        row("4", false, Compliance::Compliant),
    ];
    assert_eq!(
        counts(&put(&mut client, &deal.name, &news).await),
        (1, 1, 1)
    );
    let (subject, data) = world.last_event("BidRequirementsChanged").await;
    let event = BidRequirementsChanged::decode(data.as_slice()).unwrap();
    assert_eq!(subject, deal.name);
    assert_eq!(event.before, [rows[3].clone()]);
    assert_eq!(event.after, [news[0].clone(), news[2].clone()]);
    assert_eq!(event.bid.unwrap().requirements.unwrap().total, 5);
    let all = ListBidRequirementsRequest {
        parent: deal.name.clone(),
        page_size: 2,
        ..Default::default()
    };
    let listed = list(&mut client, &all).await;
    let numbers: Vec<&str> = listed.iter().map(|row| row.number.as_str()).collect();
    assert_eq!(numbers, ["3.2", "3.10", "1.1", "2", "4"]);
    assert_eq!(listed[3], news[0]);
    let open = ListBidRequirementsRequest {
        open_only: true,
        ..all.clone()
    };
    assert_eq!(
        list(&mut client, &open).await,
        [rows[0].clone(), news[0].clone()]
    );
    let mine = client
        .list_bid_requirements(all)
        .await
        .unwrap()
        .into_inner();
    let foreign = ListBidRequirementsRequest {
        page_token: mine.next_page_token,
        ..open
    };
    assert_eq!(
        reason(client.list_bid_requirements(foreign).await),
        "PAGE_TOKEN_INVALID"
    );
}

#[tokio::test]
async fn rows_are_removed_all_or_none() {
    let world = world().await;
    let deal = create(&mut world.manager(), named("deal")).await.name;
    let mut client = manager(&world);
    let rows = [
        row("1", true, Compliance::Compliant),
        row("2", true, Compliance::Compliant),
    ];
    put(&mut client, &deal, &rows).await;
    let partly = client
        .batch_delete_bid_requirements(cutting(&deal, &["1", "7"]))
        .await;
    assert_eq!(reason(partly), "BID_REQUIREMENT_NOT_FOUND");
    let left = client
        .batch_delete_bid_requirements(cutting(&deal, &["1"]))
        .await
        .unwrap();
    assert_eq!(
        left.into_inner().bid.unwrap().requirements.unwrap().total,
        1
    );
    let none = client
        .batch_delete_bid_requirements(cutting(&deal, &["2"]))
        .await
        .unwrap();
    assert_eq!(none.into_inner().bid.unwrap().requirements, None);
    let (_, data) = world.last_event("BidRequirementsChanged").await;
    let event = BidRequirementsChanged::decode(data.as_slice()).unwrap();
    assert_eq!((event.before, event.after), (vec![rows[1].clone()], vec![]));
}

#[tokio::test]
async fn bad_rows_are_refused_all_at_once_and_nothing_is_put() {
    let world = world().await;
    let deal = create(&mut world.manager(), named("deal")).await.name;
    let mut client = manager(&world);
    let bad = [
        BidRequirement {
            compliance: 7,
            responsible: "contacts/1".to_owned(),
            ..Default::default()
        },
        row("1", true, Compliance::Compliant),
        row(" 1 ", true, Compliance::Compliant),
    ];
    let refused = client
        .batch_upsert_bid_requirements(putting("x", &bad))
        .await;
    let expected = [
        "parent",
        "requirements[0].compliance",
        "requirements[0].responsible",
        "requirements[0].number",
        "requirements[0].text",
        "requirements",
    ];
    assert_eq!(fields(refused), expected);
    for rows in [vec![], vec![row("1", true, Compliance::Compliant); 201]] {
        let refused = client
            .batch_upsert_bid_requirements(putting(&deal, &rows))
            .await;
        assert_eq!(fields(refused), ["requirements"]);
    }
    for numbers in [&[][..], &["1", "1"], &[""]] {
        let refused = client
            .batch_delete_bid_requirements(cutting(&deal, numbers))
            .await;
        assert!(!fields(refused).is_empty());
    }
    let negative = ListBidRequirementsRequest {
        parent: deal.clone(),
        page_size: -1,
        ..Default::default()
    };
    assert_eq!(
        fields(client.list_bid_requirements(negative).await),
        ["page_size"]
    );
    assert_eq!(world.events("BidRequirementsChanged").await, 0);
}

#[tokio::test]
async fn a_matrix_has_a_thousand_rows_at_most() {
    let world = world().await;
    let deal = create(&mut world.manager(), named("deal")).await.name;
    let mut client = manager(&world);
    let rows = |from: usize, number: usize| -> Vec<BidRequirement> {
        let numbers = (from..from + number).map(|n| n.to_string());
        numbers
            .map(|n| row(&n, false, Compliance::Compliant))
            .collect()
    };
    for batch in 0..5 {
        put(&mut client, &deal, &rows(batch * 200, 200)).await;
    }
    let more = client
        .batch_upsert_bid_requirements(putting(&deal, &rows(999, 2)))
        .await;
    assert_eq!(fields(more), ["requirements"]);
    let stored = read(&mut client, &deal).await.unwrap().bid.unwrap();
    assert_eq!(stored.requirements.unwrap().total, 1000);
}

#[tokio::test]
async fn a_repeat_puts_nothing_and_a_check_stores_nothing() {
    let world = world().await;
    let deal = create(&mut world.manager(), named("deal")).await.name;
    let mut client = manager(&world);
    let check = BatchUpsertBidRequirementsRequest {
        validate_only: true,
        ..putting(&deal, &[row("1", true, Compliance::Compliant)])
    };
    let checked = client
        .batch_upsert_bid_requirements(check.clone())
        .await
        .unwrap();
    assert_eq!(checked.into_inner().created, 1);
    assert_eq!(
        read(&mut client, &deal)
            .await
            .unwrap()
            .bid
            .unwrap()
            .requirements,
        None
    );
    let once = BatchUpsertBidRequirementsRequest {
        validate_only: false,
        request_id: request_id(),
        ..check
    };
    let first = client
        .batch_upsert_bid_requirements(once.clone())
        .await
        .unwrap()
        .into_inner();
    let second = client
        .batch_upsert_bid_requirements(once)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, second);
    assert_eq!(world.events("BidRequirementsChanged").await, 1);
}

#[tokio::test]
async fn no_bid_is_handed_in_with_a_mandatory_requirement_unanswered() {
    let world = world().await;
    let asked = "bid.mandatory_gaps == 1 && bid.mandatory_unknown == 0";
    let deal = deal_that_asks(&world, asked).await.name;
    let mut client = manager(&world);
    let rows = [
        row("1", true, Compliance::Unspecified),
        row("2", false, Compliance::Unspecified),
        row("3", true, Compliance::NotCompliant),
        row("4", true, Compliance::Unspecified),
    ];
    put(&mut client, &deal, &rows).await;
    let unready = client.submit_bid(submitting(&deal)).await;
    let of = |number: &str| {
        (
            "REQUIREMENT".to_owned(),
            format!("{deal}/bidRequirements/{number}"),
        )
    };
    let decision = ("DECISION".to_owned(), deal.clone());
    assert_eq!(missing(unready), [decision, of("1"), of("4")]);
    client
        .decide_bid(deciding(&deal, BidDecision::Go))
        .await
        .unwrap();
    assert_eq!(
        missing(client.submit_bid(submitting(&deal)).await),
        [of("1"), of("4")]
    );
    assert_eq!(
        reason(advance(&mut world.manager(), &deal).await),
        "KEY_NODE_NOT_REACHED"
    );
    let answered = [
        row("1", true, Compliance::Compliant),
        row("4", false, Compliance::Unspecified),
    ];
    put(&mut client, &deal, &answered).await;
    client.submit_bid(submitting(&deal)).await.unwrap();
    assert!(advance(&mut world.manager(), &deal).await.is_ok());
}
