//! The project is built, accepted, closed and handed over.

use keynode_proto::pipeline::v1::implementation_service_client::ImplementationServiceClient;
use keynode_proto::pipeline::v1::promises_service_client::PromisesServiceClient;
use keynode_proto::pipeline::v1::*;
use keynode_tests::Organisation;

use crate::deal::{id, in_days};
use crate::dossier::done;

pub async fn hand_over(people: &Organisation, name: &str, promise: &str) {
    let mut client = ImplementationServiceClient::new(people.seller.pipeline.clone());
    let request = CreateMilestoneRequest {
        parent: name.into(),
        milestone: Some(Milestone {
            display_name: "到货".into(),
            kind: MilestoneKind::Delivery.into(),
            planned_date: Some(in_days(-5)),
            done_date: Some(in_days(-4)),
            ..Milestone::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    done(client.create_milestone(request).await);
    let accept = || RecordAcceptanceRequest {
        name: name.into(),
        acceptance: Some(Acceptance {
            acceptance_date: Some(in_days(0)),
            result: AcceptanceResult::AcceptedWithFindings.into(),
            ..Acceptance::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    let refused = client.record_acceptance(accept()).await;
    assert!(refused.is_err(), "a promise is open");
    let mut promises = PromisesServiceClient::new(people.seller.pipeline.clone());
    let keep = KeepPromiseRequest {
        name: promise.into(),
        note: "五人已培训".into(),
        date: Some(in_days(0)),
        request_id: id(),
        ..Default::default()
    };
    done(promises.keep_promise(keep).await);
    done(client.record_acceptance(accept()).await);
    let request = CreateFindingRequest {
        parent: name.into(),
        finding: Some(Finding {
            text: "标签缺失".into(),
            severity: FindingSeverity::Minor.into(),
            due_date: Some(in_days(10)),
            ..Finding::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    done(client.create_finding(request).await);
    let request = CloseProjectRequest {
        name: name.into(),
        closing: Some(ProjectClosing {
            close_date: Some(in_days(0)),
            note: "尾款已付".into(),
            ..ProjectClosing::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    done(client.close_project(request).await);
    let request = RecordHandOverRequest {
        name: name.into(),
        hand_over: Some(HandOver {
            hand_over_date: Some(in_days(0)),
            keeper: people.seller.person.clone(),
            plan: "每季度回访".into(),
            next_visit_date: Some(in_days(90)),
            ..HandOver::default()
        }),
        request_id: id(),
        ..Default::default()
    };
    done(client.record_hand_over(request).await);
}
