use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::world::{World, bad_fields, reason_of, request_id, take};

async fn read(world: &World, by: &Caller, name: &str) -> AttractivenessModel {
    let request = GetAttractivenessModelRequest {
        name: name.to_owned(),
    };
    take(world.segments(by).get_attractiveness_model(request).await)
        .model
        .unwrap()
}

fn publishing(model: &AttractivenessModel) -> PublishAttractivenessModelRequest {
    PublishAttractivenessModelRequest {
        model: Some(model.clone()),
        request_id: request_id(),
        validate_only: false,
    }
}

/// The model in force with another threshold.
async fn stricter(world: &World, from: i32) -> AttractivenessModel {
    AttractivenessModel {
        important_from: from,
        ..read(world, &world.admin, "").await
    }
}

#[tokio::test]
async fn a_published_version_is_in_force_and_never_changes() {
    let world = World::new().await;
    let shipped = read(&world, &world.admin, "").await;
    assert_eq!((shipped.version, shipped.factors.len()), (0, 5));
    let mut segments = world.segments(&world.admin);
    let request = publishing(&stricter(&world, 80).await);
    let first = take(segments.publish_attractiveness_model(request.clone()).await);
    let again = take(segments.publish_attractiveness_model(request.clone()).await);
    assert_eq!(again, first);
    let mut other = request;
    other.model.as_mut().unwrap().important_from = 81;
    let reused = segments.publish_attractiveness_model(other).await;
    assert_eq!(reason_of(reused), "REQUEST_ID_REUSED");
    let first = first.model.unwrap();
    assert_eq!(
        (first.name.as_str(), first.important_from),
        ("attractivenessModels/1", 80)
    );
    let request = publishing(&stricter(&world, 90).await);
    let second = take(segments.publish_attractiveness_model(request).await);
    let second = second.model.unwrap();
    assert_eq!(read(&world, &world.admin, "").await, second);
    assert_eq!(
        read(&world, &world.admin, "attractivenessModels/1").await,
        first
    );
    assert_eq!(
        read(&world, &world.admin, "attractivenessModels/0").await,
        shipped
    );

    let events = world.events("attractivenessModel").await;
    let change: AttractivenessModelPublished = events[1].message();
    assert_eq!(
        (change.before, change.after),
        (Some(first.clone()), Some(second.clone()))
    );
    let mut list = ListAttractivenessModelsRequest {
        page_size: 1,
        ..Default::default()
    };
    let page = take(segments.list_attractiveness_models(list.clone()).await);
    list.page_token = page.next_page_token;
    assert_eq!(page.models, [first]);
    let page = take(segments.list_attractiveness_models(list.clone()).await);
    assert_eq!(
        (page.models, page.next_page_token.as_str()),
        (vec![second], "")
    );
    list.page_token = "x".to_owned();
    let refused = segments.list_attractiveness_models(list).await;
    assert_eq!(reason_of(refused), "PAGE_TOKEN_INVALID");
}

#[tokio::test]
async fn weights_that_do_not_total_100_are_refused() {
    let world = World::new().await;
    let mut segments = world.segments(&world.admin);
    for weight in [19, 21] {
        let mut model = read(&world, &world.admin, "").await;
        model.factors[0].weight = weight;
        let refused = segments
            .publish_attractiveness_model(publishing(&model))
            .await;
        assert_eq!(bad_fields(refused), ["model.factors"]);
    }
    let nothing = PublishAttractivenessModelRequest::default();
    let refused = segments.publish_attractiveness_model(nothing).await;
    assert_eq!(
        bad_fields(refused).len(),
        6,
        "no factors, no weights, no thresholds"
    );
    assert_eq!(read(&world, &world.admin, "").await.version, 0);
}

#[tokio::test]
async fn a_model_belongs_to_its_tenant_and_is_published_by_who_may() {
    let world = World::new().await;
    let model = stricter(&world, 80).await;
    let check = PublishAttractivenessModelRequest {
        validate_only: true,
        ..publishing(&model)
    };
    let mut segments = world.segments(&world.admin);
    take(segments.publish_attractiveness_model(check).await);
    assert_eq!(read(&world, &world.admin, "").await.version, 0);
    take(
        segments
            .publish_attractiveness_model(publishing(&model))
            .await,
    );
    let other = world.settle(tenant()).await;
    assert_eq!(read(&world, &other, "").await.version, 0);
    let get = |name: &str| GetAttractivenessModelRequest {
        name: name.to_owned(),
    };
    let mut foreign = world.segments(&other);
    let lost = foreign
        .get_attractiveness_model(get("attractivenessModels/1"))
        .await;
    assert_eq!(reason_of(lost), "ATTRACTIVENESS_MODEL_NOT_FOUND");
    let bad = foreign.get_attractiveness_model(get("x")).await;
    assert_eq!(bad_fields(bad), ["name"]);
    let seller = world.seller("").await;
    let mut reader = world.segments(&seller);
    let refused = reader
        .publish_attractiveness_model(publishing(&model))
        .await;
    assert_eq!(reason_of(refused), "PERMISSION_DENIED");
}

#[tokio::test]
async fn versions_published_at_once_follow_each_other() {
    let world = World::new().await;
    let model = stricter(&world, 80).await;
    world.warm_up().await;
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let (mut segments, request) = (world.segments(&world.admin), publishing(&model));
            tokio::spawn(async move { take(segments.publish_attractiveness_model(request).await) })
        })
        .collect();
    let mut versions = Vec::new();
    for writer in writers {
        versions.push(writer.await.unwrap().model.unwrap().version);
    }
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(
        world.feed("attractivenessModel").await,
        [1, 2, 3, 4, 5, 6, 7, 8]
    );
}
