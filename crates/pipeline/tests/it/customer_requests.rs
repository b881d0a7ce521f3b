//! What the customer asks of us, and what we say to it.

use keynode_kit::client::Channel;
use keynode_kit::testing::{Caller, tenant};
use keynode_proto::pipeline::v1::customer_requests_service_client::CustomerRequestsServiceClient;
use keynode_proto::pipeline::v1::*;
use uuid::Uuid;

use crate::world::*;

type Client = CustomerRequestsServiceClient<Channel>;

fn creating(parent: &str, need: &str) -> CreateCustomerRequestRequest {
    CreateCustomerRequestRequest {
        parent: parent.to_owned(),
        request: Some(CustomerRequest {
            text: "免费试用三个月".to_owned(),
            contact: format!("contacts/{}", Uuid::now_v7()),
            request_date: date(2026, 7, 1),
            need: need.to_owned(),
            ..CustomerRequest::default()
        }),
        ..Default::default()
    }
}

fn answering(name: &str, answer: RequestAnswer) -> AnswerCustomerRequestRequest {
    AnswerCustomerRequestRequest {
        name: name.to_owned(),
        answer: answer.into(),
        reason: "先谈条件".to_owned(),
        date: date(2026, 7, 2),
        ..Default::default()
    }
}

fn updating(request: CustomerRequest) -> UpdateCustomerRequestRequest {
    UpdateCustomerRequestRequest {
        request: Some(request),
        ..Default::default()
    }
}

async fn start() -> (World, String, Client) {
    let world = world().await;
    let deal = create(&mut world.manager(), named("x")).await;
    let client = world.requests(&world.boss());
    (world, deal.name, client)
}

async fn ask(client: &mut Client, deal: &str) -> CustomerRequest {
    let answer = client.create_customer_request(creating(deal, "")).await;
    answer.unwrap().into_inner().request.unwrap()
}

#[tokio::test]
async fn a_request_is_answered_and_answered_anew() {
    let (world, deal, mut client) = start().await;
    let asked = ask(&mut client, &deal).await;
    assert_eq!(asked.answer(), RequestAnswer::Pending);
    assert_eq!(
        (asked.answer_reason.as_str(), asked.answer_date),
        ("", None)
    );
    let negotiate = AnswerCustomerRequestRequest {
        request_id: request_id(),
        etag: "2".to_owned(),
        ..answering(&asked.name, RequestAnswer::Negotiating)
    };
    let once = client
        .answer_customer_request(negotiate.clone())
        .await
        .unwrap()
        .into_inner();
    let again = client
        .answer_customer_request(negotiate)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, once);
    let answered = once.request.unwrap();
    assert_eq!(answered.answer(), RequestAnswer::Negotiating);
    assert_eq!(
        (answered.answer_reason.as_str(), answered.answer_date),
        ("先谈条件", date(2026, 7, 2))
    );
    assert!(answered.answer_actor.starts_with("people/"));
    let decline = answering(&asked.name, RequestAnswer::Declined);
    let declined = client.answer_customer_request(decline).await.unwrap();
    let declined = declined.into_inner().request.unwrap();
    assert_eq!(declined.answer(), RequestAnswer::Declined);
    let (subject, data) = world.last_event("CustomerRequestChanged").await;
    let told: CustomerRequestChanged = prost::Message::decode(data.as_slice()).unwrap();
    assert_eq!(
        (subject.as_str(), told.before),
        (deal.as_str(), Some(answered))
    );
    assert_eq!(world.events("CustomerRequestChanged").await, 3);
    let list = ListCustomerRequestsRequest { parent: deal };
    let listed = client
        .list_customer_requests(list)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.requests, [declined]);
}

#[tokio::test]
async fn a_request_serves_a_need_of_its_own_deal() {
    let (world, deal, mut client) = start().await;
    let never = format!("{deal}/needs/{}", Uuid::now_v7());
    let refused = client
        .create_customer_request(creating(&deal, &never))
        .await;
    assert_eq!(reason(refused), "NEED_NOT_FOUND");
    let need = CreateNeedRequest {
        parent: deal.clone(),
        need: Some(Need {
            text: "x".to_owned(),
            ..Need::default()
        }),
        ..Default::default()
    };
    let need = world.needs(&world.boss()).create_need(need).await.unwrap();
    let need = need.into_inner().need.unwrap().name;
    let kept = client
        .create_customer_request(creating(&deal, &need))
        .await
        .unwrap();
    let kept = kept.into_inner().request.unwrap();
    assert_eq!(kept.need, need);
    let astray = CustomerRequest {
        need: never,
        ..kept
    };
    let refused = client.update_customer_request(updating(astray)).await;
    assert_eq!(reason(refused), "NEED_NOT_FOUND");
}

#[tokio::test]
async fn what_is_said_of_a_request_is_checked_whole() {
    let (world, deal, mut client) = start().await;
    let bad = CreateCustomerRequestRequest {
        parent: "x".to_owned(),
        request: Some(CustomerRequest {
            contact: "x".to_owned(),
            request_date: date(2999, 1, 1),
            activity: "x".to_owned(),
            need: "x".to_owned(),
            ..CustomerRequest::default()
        }),
        ..Default::default()
    };
    let expected = ["text", "contact", "request_date", "activity", "need"];
    let mut expected: Vec<String> = expected.iter().map(|it| format!("request.{it}")).collect();
    expected.insert(0, "parent".to_owned());
    assert_eq!(fields(client.create_customer_request(bad).await), expected);
    let bare = client
        .answer_customer_request(AnswerCustomerRequestRequest::default())
        .await;
    assert_eq!(fields(bare), ["name", "answer", "reason", "date"]);
    let asked = ask(&mut client, &deal).await;
    let nothing = answering(&asked.name, RequestAnswer::Pending);
    assert_eq!(
        fields(client.answer_customer_request(nothing).await),
        ["answer"]
    );
    let never = format!("{deal}/requests/{}", Uuid::now_v7());
    let missing = client
        .answer_customer_request(answering(&never, RequestAnswer::Accepted))
        .await;
    assert_eq!(reason(missing), "CUSTOMER_REQUEST_NOT_FOUND");
    let stale = AnswerCustomerRequestRequest {
        etag: "1".to_owned(),
        ..answering(&asked.name, RequestAnswer::Accepted)
    };
    assert_eq!(
        reason(client.answer_customer_request(stale).await),
        "ETAG_MISMATCH"
    );
    let check = AnswerCustomerRequestRequest {
        validate_only: true,
        ..answering(&asked.name, RequestAnswer::Accepted)
    };
    client.answer_customer_request(check).await.unwrap();
    let said = CustomerRequest {
        name: asked.name.clone(),
        text: "试用一个月".to_owned(),
        answer: RequestAnswer::Accepted.into(),
        ..CustomerRequest::default()
    };
    let after = client
        .update_customer_request(updating(said))
        .await
        .unwrap();
    let after = after.into_inner().request.unwrap();
    assert_eq!(
        (after.text.as_str(), after.answer()),
        ("试用一个月", RequestAnswer::Pending)
    );
    assert_eq!(world.events("CustomerRequestChanged").await, 2);
}

#[tokio::test]
async fn requests_are_seen_and_answered_by_who_may() {
    let (world, deal, mut client) = start().await;
    let asked = ask(&mut client, &deal).await;
    let accept = || answering(&asked.name, RequestAnswer::Accepted);
    let list = || ListCustomerRequestsRequest {
        parent: deal.clone(),
    };
    for caller in [
        Caller::seller(world.tenant),
        Caller::person(tenant(), "sales_manager"),
    ] {
        let mut stranger = world.requests(&caller);
        for missing in [
            reason(stranger.create_customer_request(creating(&deal, "")).await),
            reason(
                stranger
                    .update_customer_request(updating(asked.clone()))
                    .await,
            ),
            reason(stranger.answer_customer_request(accept()).await),
            reason(stranger.list_customer_requests(list()).await),
        ] {
            assert_eq!(missing, "OPPORTUNITY_NOT_FOUND");
        }
    }
    let mut viewer = world.requests(&Caller::person(world.tenant, "viewer"));
    viewer.list_customer_requests(list()).await.unwrap();
    let denied = viewer.answer_customer_request(accept()).await;
    assert_eq!(denied.unwrap_err().code(), tonic::Code::PermissionDenied);
}
