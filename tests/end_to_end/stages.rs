//! What takes a deal through its first stages.

use keynode_proto::accounts::v1::{Attitude, Coverage, Function, StakeholderRole};
use keynode_proto::pipeline::v1::{
    AdvanceOpportunityRequest, Knowledge, Opportunity, QualificationElement,
};
use keynode_proto::scoring::v1::{
    EvaluateOpportunityRequest, Evaluation, EvaluationModel, EvaluationResult, Factor,
    FactorAnswer, FactorGroup, GradeRule, PublishEvaluationModelRequest,
};
use keynode_tests::{Client, Organisation};

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

/// Says all six elements and has the deal evaluated: GO, grade A.
pub async fn qualify(people: &mut Organisation, name: &str) {
    let evaluation = evaluate(people, name, 5).await;
    assert_eq!(
        (evaluation.result(), evaluation.grade.as_str()),
        (EvaluationResult::Go, "A")
    );
}

/// Says all six elements and has the deal evaluated with one answer, 0 to 5, to every question.
pub async fn evaluate(people: &mut Organisation, name: &str, answer: i32) -> Evaluation {
    let request = PublishEvaluationModelRequest {
        model: Some(model()),
        request_id: deal::id(),
        ..Default::default()
    };
    let mut manager = people.manager.evaluations.clone();
    manager.publish_evaluation_model(request).await.unwrap();
    for element in 1..=6 {
        let element = QualificationElement::try_from(element).unwrap();
        deal::element(&mut people.seller, name, element, Knowledge::Known).await;
    }
    let answer = |factor: &str| FactorAnswer {
        factor: factor.into(),
        answer,
    };
    let request = EvaluateOpportunityRequest {
        opportunity: name.into(),
        answers: vec![answer("funding"), answer("price")],
        request_id: deal::id(),
        ..Default::default()
    };
    let mut seller = people.seller.evaluations.clone();
    let evaluation = seller.evaluate_opportunity(request).await.unwrap();
    evaluation.into_inner().evaluation.unwrap()
}

/// A coach, and by way of him the chief.
pub async fn find_coach_and_key_persons(seller: &mut Client, opportunity: &Opportunity) {
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

/// Through the key node.
pub async fn advance(client: &mut Client, name: &str) -> Opportunity {
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
