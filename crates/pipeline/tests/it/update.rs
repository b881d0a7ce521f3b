use keynode_proto::pipeline::v1::*;

use crate::world::*;

#[tokio::test]
async fn an_update_changes_what_the_mask_names() {
    let world = world().await;
    let mut client = world.manager();
    let before = create(&mut client, full()).await;
    let news = Opportunity {
        name: before.name.clone(),
        product: "阀门".to_owned(),
        ..named("other")
    };
    let after = update(&mut client, news, &["product", "non_standard", "amount"])
        .await
        .unwrap();
    assert_eq!(
        (after.product.as_str(), after.non_standard, &after.amount),
        ("阀门", None, &None)
    );
    assert_eq!(after.display_name, before.display_name, "not in the mask");
    assert_eq!(after.etag, "2");
    assert_eq!(get(&mut client, &before.name).await.unwrap(), after);
}

#[tokio::test]
async fn an_update_without_mask_takes_every_field_that_is_set() {
    let world = world().await;
    let mut client = world.manager();
    let before = create(&mut client, full()).await;
    let news = Opportunity {
        name: before.name.clone(),
        ..named("other")
    };
    let after = update(&mut client, news, &[]).await.unwrap();
    assert_eq!(
        (after.display_name.as_str(), &after.product),
        ("other", &before.product)
    );
}

#[tokio::test]
async fn an_update_that_changes_nothing_leaves_no_event() {
    let world = world().await;
    let mut client = world.manager();
    let before = create(&mut client, full()).await;
    let after = update(&mut client, before.clone(), &["product", "amount"])
        .await
        .unwrap();
    assert_eq!(after, before);
    assert_eq!(world.events("OpportunityChanged").await, 1);
}

#[tokio::test]
async fn stage_and_status_are_not_for_update() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, full()).await;
    for path in [
        "stage",
        "status",
        "elements",
        "buying_step",
        "evidence",
        "process",
        "name",
        "nonsense",
    ] {
        let answer = update(&mut client, deal.clone(), &[path]).await;
        assert_eq!(fields(answer), ["update_mask"], "{path}");
    }
}

#[tokio::test]
async fn the_buying_step_of_entry_is_set_once() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, full()).await;
    let changed = Opportunity {
        entry_buying_step: 3,
        ..deal
    };
    let answer = update(&mut client, changed, &["entry_buying_step"]).await;
    assert_eq!(fields(answer), ["opportunity.entry_buying_step"]);
    let unknown = create(&mut client, named("x")).await;
    let set = Opportunity {
        entry_buying_step: 3,
        ..unknown.clone()
    };
    assert_eq!(
        update(&mut client, set, &["entry_buying_step"])
            .await
            .unwrap()
            .entry_buying_step,
        3
    );
    let beyond = Opportunity {
        entry_buying_step: 7,
        ..create(&mut client, named("y")).await
    };
    assert_eq!(
        fields(update(&mut client, beyond, &["entry_buying_step"]).await),
        ["opportunity.entry_buying_step"]
    );
}

#[tokio::test]
async fn a_stale_etag_is_refused() {
    let world = world().await;
    let mut client = world.manager();
    let seen = create(&mut client, full()).await;
    let changed = Opportunity {
        product: "阀门".to_owned(),
        ..seen.clone()
    };
    update(&mut client, changed.clone(), &["product"])
        .await
        .unwrap();
    assert_eq!(
        reason(update(&mut client, changed, &["product"]).await),
        "ETAG_MISMATCH"
    );
}

#[tokio::test]
async fn concurrent_writers_lose_nothing() {
    let world = world().await;
    let mut client = world.manager();
    let deal = create(&mut client, named("x")).await;
    let writers = (0..8).map(|n| {
        let (mut client, deal) = (client.clone(), deal.clone());
        tokio::spawn(async move {
            let news = Opportunity {
                etag: String::new(),
                product: format!("product {n}"),
                ..deal
            };
            update(&mut client, news, &["product"]).await.unwrap();
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(get(&mut client, &deal.name).await.unwrap().etag, "9");
    assert_eq!(world.events("OpportunityChanged").await, 9);
}
