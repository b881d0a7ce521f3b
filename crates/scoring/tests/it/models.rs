use keynode_kit::testing::{self, Caller};
use keynode_proto::scoring::v1::{
    EvaluationModel, GetEvaluationModelRequest, ListEvaluationModelsRequest,
    PublishEvaluationModelRequest,
};
use keynode_scoring::example_model;
use tonic::Code;
use uuid::Uuid;

use crate::world::{Evaluations, World, bad_fields, publishing, reason};

fn getting(name: &str, version: i32) -> GetEvaluationModelRequest {
    GetEvaluationModelRequest {
        name: name.to_owned(),
        version,
    }
}

#[tokio::test]
async fn versions_follow_each_other_and_never_change() {
    let world = World::new().await;
    let first = world.publish("example").await;
    let mut client = world.evaluations(&world.manager());
    let mut changed = publishing("example");
    changed.model.as_mut().unwrap().pass_score = 70.0;
    let second = client
        .publish_evaluation_model(changed)
        .await
        .unwrap()
        .into_inner()
        .model
        .unwrap();
    assert_eq!((first.version, second.version), (1, 2));
    assert!(first.publish_time.is_some());

    let mut get = async |version| {
        let answer = client
            .get_evaluation_model(getting("evaluationModels/example", version))
            .await;
        answer.unwrap().into_inner().model.unwrap()
    };
    assert_eq!(get(0).await, second, "0 is the newest");
    assert_eq!(get(1).await, first);
    assert_eq!(get(2).await.pass_score, 70.0);
    assert_eq!(world.events_of("evaluationModels/example").await, 2);
}

#[tokio::test]
async fn a_model_or_version_that_is_not_there_is_not_found() {
    let world = World::new().await;
    world.publish("example").await;
    let mut client = world.evaluations(&world.manager());
    for (name, version) in [
        ("evaluationModels/other", 0),
        ("evaluationModels/example", 2),
    ] {
        let refused = client
            .get_evaluation_model(getting(name, version))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
        assert_eq!(reason(&refused), "EVALUATION_MODEL_NOT_FOUND");
    }
    let refused = client
        .get_evaluation_model(getting("models/X", -1))
        .await
        .unwrap_err();
    assert_eq!(bad_fields(&refused), ["name", "version"]);
}

#[tokio::test]
async fn another_tenants_models_are_not_there() {
    let world = World::new().await;
    world.publish("example").await;
    let stranger = Caller::person(testing::tenant(), "sales_manager");
    let mut client = world.evaluations(&stranger);
    let refused = client
        .get_evaluation_model(getting("evaluationModels/example", 0))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "EVALUATION_MODEL_NOT_FOUND");
    assert_eq!(list(&mut client, 0, "").await.0, Vec::<String>::new());
    let own = client
        .publish_evaluation_model(publishing("example"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        own.model.unwrap().version,
        1,
        "versions are counted per tenant"
    );
}

#[tokio::test]
async fn everything_wrong_with_a_model_is_named_at_once() {
    let world = World::new().await;
    let mut client = world.evaluations(&world.manager());
    let mut bad = publishing("Example!");
    let model = bad.model.as_mut().unwrap();
    model.factors[0].weight = -1.0;
    model.factors[1].id = model.factors[2].id.clone();
    model.required_elements.push(99);
    model.grade_rules[0].grade = "S".to_owned();
    let refused = client.publish_evaluation_model(bad).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::InvalidArgument, "INVALID_REQUEST".to_owned())
    );
    let expected = [
        "model.name",
        "model.factors[0].weight",
        "model.factors[2].id",
        "model.required_elements[6]",
        "model.grade_rules[0].grade",
    ];
    assert_eq!(bad_fields(&refused), expected);

    let refused = client
        .publish_evaluation_model(PublishEvaluationModelRequest::default())
        .await
        .unwrap_err();
    assert!(bad_fields(&refused).contains(&"model".to_owned()));
}

#[tokio::test]
async fn a_seller_may_not_publish() {
    let world = World::new().await;
    let mut client = world.evaluations(&Caller::seller(world.tenant));
    let refused = client
        .publish_evaluation_model(publishing("example"))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::PermissionDenied, "PERMISSION_DENIED".to_owned())
    );
}

#[tokio::test]
async fn a_repeat_answers_as_the_first_and_publishes_nothing() {
    let world = World::new().await;
    let mut client = world.evaluations(&world.manager());
    let request = PublishEvaluationModelRequest {
        request_id: Uuid::now_v7().to_string(),
        ..publishing("example")
    };
    let first = client
        .publish_evaluation_model(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = client
        .publish_evaluation_model(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    assert_eq!(world.events_of("evaluationModels/example").await, 1);

    let other = PublishEvaluationModelRequest {
        request_id: request.request_id,
        ..publishing("other")
    };
    let refused = client.publish_evaluation_model(other).await.unwrap_err();
    assert_eq!(reason(&refused), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn checking_only_stores_nothing() {
    let world = World::new().await;
    let mut client = world.evaluations(&world.manager());
    let request = PublishEvaluationModelRequest {
        validate_only: true,
        ..publishing("example")
    };
    let checked = client
        .publish_evaluation_model(request)
        .await
        .unwrap()
        .into_inner()
        .model
        .unwrap();
    assert_eq!(checked.version, 1);
    let refused = client
        .get_evaluation_model(getting("evaluationModels/example", 0))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "EVALUATION_MODEL_NOT_FOUND");
    assert_eq!(world.events_of("evaluationModels/example").await, 0);
}

#[tokio::test]
async fn who_publish_at_once_get_versions_of_their_own() {
    let world = World::new().await;
    let client = world.evaluations(&world.manager());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let mut client = client.clone();
        tasks.spawn(async move { client.publish_evaluation_model(publishing("example")).await });
    }
    let answers = tasks.join_all().await;
    let mut versions: Vec<i32> = answers
        .into_iter()
        .map(|answer| answer.unwrap().into_inner().model.unwrap().version)
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7, 8]);
}

/// The names and versions of a page, and the token of the next one.
async fn list(client: &mut Evaluations, page_size: i32, token: &str) -> (Vec<String>, String) {
    let request = ListEvaluationModelsRequest {
        page_size,
        page_token: token.to_owned(),
    };
    let answer = client
        .list_evaluation_models(request)
        .await
        .unwrap()
        .into_inner();
    let name = |model: &EvaluationModel| {
        format!(
            "{} {}",
            model.name.replace("evaluationModels/", ""),
            model.version
        )
    };
    (
        answer.models.iter().map(name).collect(),
        answer.next_page_token,
    )
}

#[tokio::test]
async fn models_are_listed_by_name_in_their_newest_version() {
    let world = World::new().await;
    for id in ["c", "a", "b-2", "b", "a"] {
        world.publish(id).await;
    }
    let mut client = world.evaluations(&Caller::seller(world.tenant));
    assert_eq!(
        list(&mut client, 0, "").await,
        (
            vec!["a 2".into(), "b 1".into(), "b-2 1".into(), "c 1".into()],
            String::new()
        )
    );

    let (first, token) = list(&mut client, 3, "").await;
    assert_eq!(first, ["a 2", "b 1", "b-2 1"]);
    // The last model listed changes between the pages: the place stays.
    world.publish("b-2").await;
    let (second, end) = list(&mut client, 3, &token).await;
    assert_eq!((second, end), (vec!["c 1".to_owned()], String::new()));
}

#[tokio::test]
async fn a_bad_page_is_refused() {
    let world = World::new().await;
    let mut client = world.evaluations(&world.manager());
    let request = |page_size, token: &str| ListEvaluationModelsRequest {
        page_size,
        page_token: token.to_owned(),
    };
    let refused = client
        .list_evaluation_models(request(-1, ""))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "INVALID_REQUEST");
    let refused = client
        .list_evaluation_models(request(0, "nonsense"))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
}

#[tokio::test]
async fn the_example_is_published_as_it_is_shown() {
    let world = World::new().await;
    let published = world.publish("example").await;
    let shown = EvaluationModel {
        version: 1,
        publish_time: published.publish_time,
        ..example_model()
    };
    assert_eq!(published, shown);
}
