//! The acceptance case of the whole system (domain, section 7): from the recorded facts
//! the essay's diagnosis, from four services in processes of their own.

mod map;
mod variants;

use std::time::Duration;

use keynode_proto::accounts::v1::Function;
use keynode_proto::notification::v1::ListNoticesRequest;
use keynode_proto::pipeline::v1::{
    AdvanceOpportunityRequest, ForceAdvanceOpportunityRequest, GetOpportunityRequest, Knowledge,
    Opportunity, QualificationElement,
};
use keynode_proto::scoring::v1::{DiagnoseOpportunityRequest, Diagnosis, Outlook};
use keynode_tests::{Client, Deployment, Organisation};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::deal;

/// What the essay tells, as far as it is a fact.
async fn record(zhang: &mut Client) -> Opportunity {
    record_with_people(zhang).await.0
}

async fn record_with_people(zhang: &mut Client) -> (Opportunity, map::People) {
    let owner = deal::account(zhang, "宁夏某项目业主").await;
    let opportunity = deal::opportunity(zhang, &owner, "宁夏仪表项目").await;
    let people = map::record(zhang, &owner, &opportunity).await;
    for element in [
        QualificationElement::Timetable,
        QualificationElement::Competition,
    ] {
        deal::element(zhang, &opportunity.name, element, Knowledge::Partial).await;
    }
    let opportunity = deal::buying_step(zhang, &opportunity.name, 2).await;
    (opportunity, people)
}

async fn diagnose(client: &mut Client, deal: &str) -> Diagnosis {
    let request = DiagnoseOpportunityRequest {
        opportunity: deal.into(),
    };
    client
        .diagnoses
        .diagnose_opportunity(request)
        .await
        .unwrap()
        .into_inner()
        .diagnosis
        .unwrap()
}

async fn kinds_of_notices(client: &mut Client, expected: usize) -> Vec<String> {
    for _ in 0..500 {
        let answer = client
            .inbox
            .list_notices(ListNoticesRequest::default())
            .await
            .unwrap()
            .into_inner();
        if answer.notices.len() >= expected {
            return answer
                .notices
                .into_iter()
                .map(|notice| notice.kind)
                .collect();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{expected} notices did not come");
}

#[tokio::test]
async fn the_essays_diagnosis_follows_from_the_recorded_facts() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let opportunity = record(&mut people.seller).await;
    let diagnosis = diagnose(&mut people.seller, &opportunity.name).await;

    // 1: the customer stands in step 2, which the stage "entry" answers.
    let alignment = diagnosis.alignment.as_ref().unwrap();
    assert_eq!(
        (alignment.buying_step, alignment.answering_stage.as_str()),
        (2, "entry")
    );
    assert_eq!(
        (alignment.lag, alignment.effective_stage.as_str()),
        (Some(1), "development")
    );
    // 2: the key node of stage 1 is missing and comes first.
    assert_eq!(diagnosis.first_missing_key_node, 1);
    let unknown: Vec<_> = diagnosis.unknown_elements().collect();
    assert_eq!(unknown.len(), 4, "{unknown:?}");
    assert_eq!(diagnosis.partial_elements().count(), 2);
    assert!(diagnosis.evaluation.is_none());
    let advice: Vec<_> = diagnosis.advice.iter().map(|a| a.code.as_str()).collect();
    assert_eq!(
        advice[..3],
        ["collect_elements", "evaluate", "give_up_or_lower_contact"]
    );
    // 3: then entry: no coach, no path, the commercial department uncovered.
    assert!(advice.contains(&"find_coach"), "{advice:?}");
    let findings: Vec<_> = diagnosis.findings.iter().map(|f| f.code.as_str()).collect();
    for code in [
        "no_coach",
        "no_path_to_decision_maker",
        "uncovered_functions",
        "not_evaluated",
    ] {
        assert!(
            findings.contains(&code),
            "{code} is missing in {findings:?}"
        );
    }
    let analysis = diagnosis.people.as_ref().unwrap();
    assert!(
        analysis
            .uncovered_functions()
            .any(|f| f == Function::Purchasing)
    );
    assert_eq!(
        analysis.supporters.len(),
        1,
        "the design institute is the only supporter"
    );
    // 4: with no key node reached the chance is very small; do not advance.
    assert_eq!(diagnosis.outlook(), Outlook::VeryLow);
    assert!(!diagnosis.may_advance && !advice.contains(&"advance"));
    for text in diagnosis.findings.iter().filter_map(|f| f.text.as_ref()) {
        assert!(!text.zh_cn.is_empty() && !text.en.is_empty());
    }

    // The same facts give the same answer, but for the time.
    let again = diagnose(&mut people.manager, &opportunity.name).await;
    assert_eq!(
        Diagnosis {
            as_of: None,
            ..again
        },
        Diagnosis {
            as_of: None,
            ..diagnosis
        }
    );

    // The right people are told, once.
    assert_eq!(
        kinds_of_notices(&mut people.seller, 1).await,
        ["buying_step_ahead"]
    );
    assert_eq!(
        kinds_of_notices(&mut people.manager, 1).await,
        ["buying_step_ahead"]
    );
    assert!(deployment.stop(), "every process stops cleanly");
}

#[tokio::test]
async fn the_seller_cannot_advance_nor_force_and_the_manager_can_force_with_a_reason() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let name = record(&mut people.seller).await.name;

    let request = AdvanceOpportunityRequest {
        name: name.clone(),
        request_id: deal::id(),
        ..Default::default()
    };
    let refused = people
        .seller
        .opportunities
        .advance_opportunity(request)
        .await
        .unwrap_err();
    let details = refused.get_error_details();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(details.error_info().unwrap().reason, "KEY_NODE_NOT_REACHED");
    let unmet = &details.precondition_failure().unwrap().violations;
    assert_eq!(unmet.len(), 7, "six elements and the evaluation: {unmet:?}");

    let force = |reason: &str| ForceAdvanceOpportunityRequest {
        name: name.clone(),
        reason: reason.into(),
        request_id: deal::id(),
        ..Default::default()
    };
    let refused = people
        .seller
        .opportunities
        .force_advance_opportunity(force("快"))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let refused = people
        .manager
        .opportunities
        .force_advance_opportunity(force(" "))
        .await
        .unwrap_err();
    assert_eq!(
        refused.get_error_details().error_info().unwrap().reason,
        "INVALID_REQUEST"
    );
    let moved = people
        .manager
        .opportunities
        .force_advance_opportunity(force("招标在即"))
        .await
        .unwrap();
    let moved = moved.into_inner();
    assert_eq!(moved.r#move.as_ref().unwrap().unmet_criteria.len(), 7);
    assert_eq!(moved.opportunity.unwrap().forced_key_nodes, [1]);
    assert!(
        kinds_of_notices(&mut people.seller, 2)
            .await
            .contains(&"forced_advance".to_owned())
    );
}

#[tokio::test]
async fn another_tenant_and_a_colleague_who_sees_less_find_nothing() {
    let deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let mut strangers = Organisation::create(&deployment).await;
    let name = record(&mut people.manager).await.name;
    for client in [&mut strangers.administrator, &mut people.seller] {
        let request = GetOpportunityRequest { name: name.clone() };
        let refused = client
            .opportunities
            .get_opportunity(request)
            .await
            .unwrap_err();
        assert_eq!(
            refused.get_error_details().error_info().unwrap().reason,
            "OPPORTUNITY_NOT_FOUND"
        );
        let request = DiagnoseOpportunityRequest {
            opportunity: name.clone(),
        };
        let refused = client
            .diagnoses
            .diagnose_opportunity(request)
            .await
            .unwrap_err();
        assert_eq!(
            refused.get_error_details().error_info().unwrap().reason,
            "OPPORTUNITY_NOT_FOUND"
        );
    }
}
