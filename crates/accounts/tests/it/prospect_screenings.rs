use keynode_proto::accounts::v1::screening_criterion::Check;
use keynode_proto::accounts::v1::*;

use super::prospecting::{both, chemical_plants, cny, criterion, plant};
use super::world::{World, bad_fields, mask, nobody, reason_of, request_id, take};

fn screening(prospect: &str, definition: &str) -> ScreenProspectRequest {
    ScreenProspectRequest {
        name: prospect.to_owned(),
        target_definition: definition.to_owned(),
        ..Default::default()
    }
}

fn verdicts(screening: &Screening) -> Vec<(String, ScreeningVerdict)> {
    let verdict = |one: &CriterionScreening| (one.criterion.clone(), one.verdict());
    screening.criteria.iter().map(verdict).collect()
}

#[tokio::test]
async fn a_screening_says_of_each_criterion_what_it_saw() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let definition = world.published(chemical_plants()).await;
    let unknown = Prospect {
        budget: None,
        need: String::new(),
        ..plant()
    };
    let listed = world.prospect(&seller, unknown).await;
    let mut prospects = world.prospects(&seller);
    let mut request = ScreenProspectRequest {
        request_id: request_id(),
        ..screening(&listed.name, &definition.name)
    };
    let asked = ScreenProspectRequest {
        validate_only: true,
        ..screening(&listed.name, &definition.name)
    };
    let foreseen = take(prospects.screen_prospect(asked).await);
    assert_eq!(world.read_prospect(&listed.name).await, listed);
    let first = take(prospects.screen_prospect(request.clone()).await);
    assert_eq!(
        take(prospects.screen_prospect(request.clone()).await),
        first
    );
    request.target_definition.clear();
    assert_eq!(
        reason_of(prospects.screen_prospect(request).await),
        "REQUEST_ID_REUSED"
    );
    let screened = first.prospect.unwrap();
    assert_eq!(foreseen.prospect.unwrap().state(), screened.state());
    assert_eq!(screened.state(), ProspectState::Undetermined);
    assert_eq!(screened.target_definition, definition.name);
    let result = screened.screening.clone().unwrap();
    assert_eq!(
        verdicts(&result),
        [
            ("industry".to_owned(), ScreeningVerdict::Passed),
            ("budget".to_owned(), ScreeningVerdict::Unknown),
            ("size".to_owned(), ScreeningVerdict::Passed),
            ("need".to_owned(), ScreeningVerdict::Unknown),
        ]
    );
    assert_eq!(
        (result.min_score, result.max_score, result.pass_percent),
        (60, 100, 60)
    );
    assert_eq!(
        (result.target_definition_version, result.prospect_version),
        (1, 1)
    );
    assert_eq!(result.actor, seller.person_name());
    assert_eq!(
        result.criteria[2].reason,
        both(
            "年收入:CNY 50000000;要求:不低于 CNY 10000000",
            "the annual revenue is CNY 50000000; asked: at least CNY 10000000"
        )
    );
    assert_eq!(world.events(&listed.name).await.len(), 2);
}

#[tokio::test]
async fn facts_learned_put_a_prospect_back_on_the_list_until_it_is_screened_again() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let qualified = world.qualified(&seller).await;
    let broke = Prospect {
        budget: cny(0),
        ..qualified.clone()
    };
    let update = UpdateProspectRequest {
        prospect: Some(broke),
        update_mask: mask(&["budget"]),
        ..Default::default()
    };
    let told = take(world.prospects(&seller).update_prospect(update).await);
    let told = told.prospect.unwrap();
    assert_eq!(told.state(), ProspectState::Listed);
    assert_eq!(told.screening, qualified.screening, "kept for the record");
    let again = world.screened(&seller, &told.name, "").await;
    assert_eq!(again.state(), ProspectState::Unqualified);
    assert_eq!(
        verdicts(&again.screening.unwrap())[1],
        ("budget".to_owned(), ScreeningVerdict::Failed)
    );
}

#[tokio::test]
async fn a_person_answers_what_no_fact_says() {
    let world = World::new().await;
    let manual = Check::Manual(ManualQuestion {
        question: both("付款信用好吗?", "do they pay?"),
    });
    let definition = TargetDefinition {
        criteria: vec![criterion("pays", None, manual)],
        pass_percent: 0,
        ..chemical_plants()
    };
    let definition = world.published(definition).await;
    let answer = ScreeningAnswer {
        criterion: "pays".to_owned(),
        yes: true,
        evidence: "银行资信报告".to_owned(),
    };
    let answered = Prospect {
        answers: vec![answer],
        ..plant()
    };
    let answered = world.prospect(&world.admin, answered).await;
    let silent = world.prospect(&world.admin, plant()).await;
    let screened = |name: String| {
        let (world, definition) = (&world, &definition.name);
        async move {
            world
                .screened(&world.admin, &name, definition)
                .await
                .state()
        }
    };
    assert_eq!(screened(answered.name).await, ProspectState::Qualified);
    assert_eq!(screened(silent.name).await, ProspectState::Undetermined);
}

#[tokio::test]
async fn a_prospect_keeps_the_version_that_it_was_screened_by() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let qualified = world.qualified(&seller).await;
    let mut definitions = world.target_definitions(&world.admin);
    let revise = ReviseTargetDefinitionRequest {
        name: qualified.target_definition.clone(),
        ..Default::default()
    };
    let draft = take(definitions.revise_target_definition(revise).await);
    let draft = draft.target_definition.unwrap();
    let mut prospects = world.prospects(&seller);
    let by_draft = screening(&qualified.name, &draft.name);
    assert_eq!(
        reason_of(prospects.screen_prospect(by_draft.clone()).await),
        "TARGET_DEFINITION_NOT_PUBLISHED"
    );
    let publish = PublishTargetDefinitionRequest {
        name: draft.name.clone(),
        ..Default::default()
    };
    take(definitions.publish_target_definition(publish).await);
    assert_eq!(world.read_prospect(&qualified.name).await, qualified);
    let again = take(prospects.screen_prospect(by_draft).await);
    let again = again.prospect.unwrap().screening.unwrap();
    assert_eq!(
        (again.target_definition, again.target_definition_version),
        (draft.name, 2)
    );
}

#[tokio::test]
async fn a_screening_needs_a_definition_that_is_in_force() {
    let world = World::new().await;
    let listed = world.prospect(&world.admin, plant()).await;
    let mut prospects = world.prospects(&world.admin);
    let none = prospects.screen_prospect(screening(&listed.name, "")).await;
    assert_eq!(bad_fields(none), ["target_definition"]);
    let nowhere = screening(&listed.name, &nobody("targetDefinitions"));
    assert_eq!(
        reason_of(prospects.screen_prospect(nowhere).await),
        "TARGET_DEFINITION_NOT_FOUND"
    );
    let definition = world.published(chemical_plants()).await;
    let stale = ScreenProspectRequest {
        etag: "9".to_owned(),
        ..screening(&listed.name, &definition.name)
    };
    assert_eq!(
        reason_of(prospects.screen_prospect(stale).await),
        "ETAG_MISMATCH"
    );
    let retire = RetireTargetDefinitionRequest {
        name: definition.name.clone(),
        ..Default::default()
    };
    let mut definitions = world.target_definitions(&world.admin);
    take(definitions.retire_target_definition(retire).await);
    let retired = screening(&listed.name, &definition.name);
    assert_eq!(
        reason_of(prospects.screen_prospect(retired).await),
        "TARGET_DEFINITION_NOT_PUBLISHED"
    );
}
