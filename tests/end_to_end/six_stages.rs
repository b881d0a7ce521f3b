//! A deal walks all six stages by its key nodes, while a replica is killed under it.

use keynode_proto::pipeline::v1::{ListStageMovesRequest, OpportunityStatus};
use keynode_proto::scoring::v1::DiagnoseOpportunityRequest;
use keynode_tests::{Deployment, Organisation};

use crate::deal;
use crate::stages::{advance, find_coach_and_key_persons, qualify};

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
