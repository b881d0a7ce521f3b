//! A deal walks all six stages by its key nodes, while a replica is killed under it.

use keynode_proto::accounts::v1::{Attitude, Coverage, Function, StakeholderRole};
use keynode_proto::pipeline::v1::{
    AdvanceOpportunityRequest, Knowledge, ListStageMovesRequest, Opportunity, OpportunityStatus,
    QualificationElement,
};
use keynode_proto::scoring::v1::{
    DiagnoseOpportunityRequest, EvaluateOpportunityRequest, EvaluationModel, EvaluationResult,
    Factor, FactorAnswer, FactorGroup, GradeRule, PublishEvaluationModelRequest,
};
use keynode_tests::{Client, Deployment, Organisation};

use crate::deal;

fn model() -> EvaluationModel {
    let factor = |id: &str, group: FactorGroup| Factor {
        id: id.into(),
        group: group.into(),
        display_name: Some(text(id)),
        weight: 1.0,
        scale_max: 5,
        required: true,
        ..Factor::default()
    };
    EvaluationModel {
        name: "evaluationModels/test".into(),
        display_name: Some(text("test")),
        factors: vec![
            factor("funding", FactorGroup::Project),
            factor("price", FactorGroup::Competition),
        ],
        pass_score: 60.0,
        grade_rules: vec![GradeRule {
            grade: "A".into(),
            min_score: 75.0,
            within_days: 180,
        }],
        ..EvaluationModel::default()
    }
}

fn text(text: &str) -> keynode_proto::common::v1::LocalizedText {
    keynode_proto::common::v1::LocalizedText {
        zh_cn: text.into(),
        en: text.into(),
    }
}

async fn qualify(people: &mut Organisation, name: &str) {
    let request = PublishEvaluationModelRequest {
        model: Some(model()),
        request_id: deal::id(),
        ..Default::default()
    };
    people
        .manager
        .evaluations
        .publish_evaluation_model(request)
        .await
        .unwrap();
    for element in 1..=6 {
        let element = QualificationElement::try_from(element).unwrap();
        deal::element(&mut people.seller, name, element, Knowledge::Known).await;
    }
    let answer = |factor: &str| FactorAnswer {
        factor: factor.into(),
        answer: 5,
    };
    let request = EvaluateOpportunityRequest {
        opportunity: name.into(),
        answers: vec![answer("funding"), answer("price")],
        request_id: deal::id(),
        ..Default::default()
    };
    let evaluation = people
        .seller
        .evaluations
        .evaluate_opportunity(request)
        .await
        .unwrap()
        .into_inner();
    let evaluation = evaluation.evaluation.unwrap();
    assert_eq!(
        (evaluation.result(), evaluation.grade.as_str()),
        (EvaluationResult::Go, "A")
    );
}

async fn find_coach_and_key_persons(seller: &mut Client, opportunity: &Opportunity) {
    let account = keynode_proto::accounts::v1::Account {
        name: opportunity.account.clone(),
        ..Default::default()
    };
    let coach = deal::contact(seller, &account, "内线", Function::Operations).await;
    let chief = deal::contact(seller, &account, "总工", Function::Management).await;
    let map = deal::start_map(seller, opportunity).await;
    deal::stakeholder(
        seller,
        &map,
        &coach,
        &[StakeholderRole::Coach],
        Attitude::Supporter,
        Coverage::Regular,
    )
    .await;
    let decides = [StakeholderRole::DecisionMaker];
    deal::stakeholder(
        seller,
        &map,
        &chief,
        &decides,
        Attitude::Neutral,
        Coverage::Met,
    )
    .await;
    deal::influence(seller, &map, &coach, &chief, 60).await;
}

async fn advance(client: &mut Client, name: &str) -> Opportunity {
    let request = AdvanceOpportunityRequest {
        name: name.into(),
        request_id: deal::id(),
        ..Default::default()
    };
    client
        .opportunities
        .advance_opportunity(request)
        .await
        .unwrap()
        .into_inner()
        .opportunity
        .unwrap()
}

#[tokio::test]
async fn every_stage_ends_by_its_key_node_and_a_killed_replica_is_not_noticed() {
    let mut deployment = Deployment::start().await;
    let mut people = Organisation::create(&deployment).await;
    let account = deal::account(&mut people.seller, "化工集团").await;
    let name = deal::opportunity(&mut people.seller, &account, "DCS 改造")
        .await
        .name;

    qualify(&mut people, &name).await;
    let opportunity = advance(&mut people.seller, &name).await;
    assert_eq!(
        (opportunity.stage.as_str(), opportunity.grade.as_str()),
        ("entry", "A")
    );

    find_coach_and_key_persons(&mut people.seller, &opportunity).await;
    deal::evidence(&mut people.seller, &name, "selected_as_candidate").await;
    assert_eq!(advance(&mut people.seller, &name).await.stage, "proposal");

    let killed = deployment.replicas("pipeline")[0];
    deployment.kill(killed);
    let walk: [(&[&str], &str); 3] = [
        (
            &["purchase_criteria_set", "purchase_criteria_favourable"],
            "bid",
        ),
        (&["bid_submitted"], "negotiation"),
        (&["contract_approved", "contract_signed"], "implementation"),
    ];
    for (kinds, next) in walk {
        for kind in kinds {
            deal::evidence(&mut people.seller, &name, kind).await;
        }
        assert_eq!(advance(&mut people.seller, &name).await.stage, next);
    }
    deployment.restart(killed).await;

    for kind in ["acceptance", "project_closed"] {
        deal::evidence(&mut people.seller, &name, kind).await;
    }
    let closed = advance(&mut people.seller, &name).await;
    assert_eq!(closed.status(), OpportunityStatus::Completed);
    assert_eq!(closed.completed_key_nodes, [1, 2, 3, 4, 5, 6]);

    let request = ListStageMovesRequest {
        name: name.clone(),
        ..Default::default()
    };
    let moves = people
        .seller
        .opportunities
        .list_stage_moves(request)
        .await
        .unwrap()
        .into_inner()
        .moves;
    assert_eq!(moves.len(), 7, "the opening and six key nodes: {moves:?}");
    assert!(moves.iter().all(|step| !step.forced && !step.imported));
    let second = moves[2].basis.as_ref().unwrap();
    assert!(
        second.decision_map_version > 0,
        "the move says which map it saw: {second:?}"
    );
    let request = DiagnoseOpportunityRequest { opportunity: name };
    let diagnosis = people
        .seller
        .diagnoses
        .diagnose_opportunity(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(diagnosis.diagnosis.unwrap().first_missing_key_node, 0);
}
