//! What is said with the customer, and what of it is written down.

use keynode_proto::pipeline::v1::activities_service_client::ActivitiesServiceClient;
use keynode_proto::pipeline::v1::customer_requests_service_client::CustomerRequestsServiceClient;
use keynode_proto::pipeline::v1::needs_service_client::NeedsServiceClient;
use keynode_proto::pipeline::v1::objections_service_client::ObjectionsServiceClient;
use keynode_proto::pipeline::v1::promises_service_client::PromisesServiceClient;
use keynode_proto::pipeline::v1::*;
use keynode_tests::Organisation;

use crate::deal::{id, in_days};
use crate::dossier::{contact, done, yesterday};

/// A first visit as planned and held, a second that takes it up, and what was learned; the name
/// of the promise that was made.
pub async fn with_the_customer(people: &Organisation, name: &str) -> String {
    let visit = visit(people, name).await;
    let call = Activity {
        kind: ActivityKind::Call.into(),
        purpose: "送样品".into(),
        takes_up: vec![visit.name.clone()],
        ..Activity::default()
    };
    contact(&people.seller.pipeline, name, call).await;
    let mut activities = ActivitiesServiceClient::new(people.seller.pipeline.clone());
    let request = ListNextActionsRequest::default();
    let open = done(activities.list_next_actions(request).await).next_actions;
    assert!(
        open.is_empty(),
        "the second took up what the first left: {open:?}"
    );
    let need = need(people, name, &visit.name).await;
    objection(people, name).await;
    asked(people, name, &need).await;
    promise(people, name).await
}

async fn visit(people: &Organisation, name: &str) -> Activity {
    let mut client = ActivitiesServiceClient::new(people.seller.pipeline.clone());
    let request = CreateActivityRequest {
        parent: name.into(),
        activity: Some(Activity {
            kind: ActivityKind::Visit.into(),
            state: ActivityState::Planned.into(),
            plan_time: Some(yesterday()),
            purpose: "了解需求".into(),
            ..Activity::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    let planned = done(client.create_activity(request).await)
        .activity
        .unwrap();
    assert_eq!(planned.state(), ActivityState::Planned);
    let results = Activity {
        occur_time: Some(yesterday()),
        people: vec![people.seller.person.clone()],
        total_minutes: Some(45),
        our_talk_minutes: Some(14),
        customer_talk_minutes: Some(28),
        product_minutes: Some(3),
        agenda: vec![AgendaItem {
            topic: "现有系统的问题".into(),
            minutes: Some(30),
        }],
        information: vec![Information {
            text: "预算已列入明年计划".into(),
            element: QualificationElement::Budget.into(),
        }],
        buying_signals: vec!["问起交货期".into()],
        next_action: Some(NextAction {
            description: "带样品再访".into(),
            due_date: Some(in_days(7)),
            reason: "让操作工试用".into(),
            hook: ContactHook::Sample.into(),
            agreed: Some(true),
            ..NextAction::default()
        }),
        ..Activity::default()
    };
    let request = CompleteActivityRequest {
        name: planned.name,
        results: Some(results),
        request_id: id(),
        ..Default::default()
    };
    let held = done(client.complete_activity(request).await)
        .activity
        .unwrap();
    assert_eq!(
        (held.state(), held.small_talk_minutes),
        (ActivityState::Done, None)
    );
    held
}

async fn need(people: &Organisation, name: &str, activity: &str) -> String {
    let why = |question: &str, answer: &str| Why {
        question: question.into(),
        answer: answer.into(),
    };
    let need = Need {
        text: "停机太多".into(),
        kind: NeedKind::Need.into(),
        kind_reason: "长期,关系到产量目标".into(),
        whys: vec![
            why("为什么停机?", "控制器死机"),
            why("为什么死机?", "老化"),
            why("为什么不换?", "没有备件"),
            why("为什么没有备件?", "厂家停产"),
            why("为什么现在要解决?", "明年扩产"),
        ],
        root: "扩产前必须有可靠的控制系统".into(),
        activity: activity.into(),
        ..Need::default()
    };
    let request = CreateNeedRequest {
        parent: name.into(),
        need: Some(need),
        request_id: id(),
        ..Default::default()
    };
    let mut client = NeedsServiceClient::new(people.seller.pipeline.clone());
    let need = done(client.create_need(request).await).need.unwrap();
    assert_eq!((need.why_depth, need.root_confirmed), (5, false));
    need.name
}

async fn objection(people: &Organisation, name: &str) {
    let mut client = ObjectionsServiceClient::new(people.seller.pipeline.clone());
    let request = CreateObjectionRequest {
        parent: name.into(),
        objection: Some(Objection {
            text: "价格太高".into(),
            raise_date: Some(in_days(-1)),
            questions: vec![ObjectionQuestion {
                question: "与什么相比?".into(),
                answer: "与旧系统相比".into(),
            }],
            true_reason: "担心领导不批".into(),
            founded: Some(false),
            ..Objection::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    let objection = done(client.create_objection(request).await)
        .objection
        .unwrap();
    let request = SettleObjectionRequest {
        name: objection.name,
        resolution: Some(ObjectionResolution {
            description: "提供投资回收测算".into(),
            date: Some(in_days(0)),
            ..ObjectionResolution::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    let settled = done(client.settle_objection(request).await)
        .objection
        .unwrap();
    assert_eq!(settled.state(), ObjectionState::Resolved);
}

async fn asked(people: &Organisation, name: &str, need: &str) {
    let mut client = CustomerRequestsServiceClient::new(people.seller.pipeline.clone());
    let request = CreateCustomerRequestRequest {
        parent: name.into(),
        request: Some(CustomerRequest {
            text: "免费培训十人".into(),
            request_date: Some(in_days(-1)),
            need: need.into(),
            ..CustomerRequest::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    let made = done(client.create_customer_request(request).await)
        .request
        .unwrap();
    let request = AnswerCustomerRequestRequest {
        name: made.name,
        answer: RequestAnswer::Negotiating.into(),
        reason: "五人".into(),
        date: Some(in_days(0)),
        request_id: id(),
        ..Default::default()
    };
    let answered = done(client.answer_customer_request(request).await)
        .request
        .unwrap();
    assert_eq!(answered.answer(), RequestAnswer::Negotiating);
}

async fn promise(people: &Organisation, name: &str) -> String {
    let request = CreatePromiseRequest {
        parent: name.into(),
        promise: Some(Promise {
            text: "验收前培训五人".into(),
            person: people.seller.person.clone(),
            promise_date: Some(in_days(-1)),
            due_date: Some(in_days(30)),
            ..Promise::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    let mut client = PromisesServiceClient::new(people.seller.pipeline.clone());
    done(client.create_promise(request).await)
        .promise
        .unwrap()
        .name
}
