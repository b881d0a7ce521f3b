//! Names of records that are not there for the caller.

use std::sync::Arc;

use keynode_kit::testing::tenant;
use prost_reflect::Value;
use tonic::Code;

use super::wire::Refusal;
use super::{Bench, nothing_in, of_each, sample};
use crate::it::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_of_other_tenants_are_answered_like_names_of_nothing() {
    let mut world = World::new().await;
    let (administrator, records) = (
        world.server.connect(&world.admin),
        sample::records(&world).await,
    );
    world.admin = world.settle(tenant()).await;
    let theirs = Arc::new(sample::records(&world).await);
    let bench = Arc::new(Bench::with(world, administrator, records));
    let methods = bench.contract.methods().collect();
    let wrong = of_each(methods, &bench, |bench: Arc<Bench>, method| {
        let theirs = theirs.clone();
        async move {
            let mut wrong = Vec::new();
            for place in bench.places(&method) {
                let Some(collection) = bench.contract.collection(place.leaf()) else {
                    continue;
                };
                // Deals belong to the pipeline service, which these tests play; attributes
                // are named by words, the same in each tenant.
                if collection == "opportunities" || collection == "attributes" {
                    continue;
                }
                let Some(name) = theirs.get(&collection) else {
                    continue;
                };
                let foreign = bench
                    .changed(&method, &place, Value::String(name.clone()))
                    .await;
                let nothing = Value::String(sample::nothing(&collection));
                let nothing = bench.changed(&method, &place, nothing).await;
                let is_clear = foreign.as_ref().is_none_or(Refusal::is_clear);
                if foreign != nothing || !is_clear {
                    let what = format!("{} {}", method.name(), place.path());
                    wrong.push(format!("{what}: {foreign:?}, but of nothing {nothing:?}"));
                }
            }
            wrong
        }
    })
    .await;
    nothing_in(&wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_none_are_refused() {
    let bench = Bench::new().await;
    let methods = bench.contract.methods().collect();
    let wrong = of_each(methods, &bench, async |bench: Arc<Bench>, method| {
        let mut wrong = Vec::new();
        for place in bench.places(&method) {
            if bench.contract.collection(place.leaf()).is_none() {
                continue;
            }
            for name in [
                "garbage",
                "accounts/1",
                "accounts/",
                "/",
                "nobodies/0190b5a0-0000-7000-8000-000000000001",
            ] {
                let name = Value::String(name.to_owned());
                let what = format!("{} {} = {name:?}", method.name(), place.path());
                match bench.changed(&method, &place, name).await {
                    Some(refusal) if refusal.is_clear() => {}
                    other => wrong.push(format!("{what}: {other:?}")),
                }
            }
        }
        wrong
    })
    .await;
    nothing_in(&wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_of_nothing_are_refused_with_what_was_not_found() {
    let bench = Bench::new().await;
    let methods = bench.contract.mutations();
    let wrong = of_each(methods, &bench, async |bench: Arc<Bench>, method| {
        let mut wrong = Vec::new();
        let usual = bench.refusal(&method, &bench.good(&method)).await;
        for place in bench.places(&method) {
            let collection = bench.contract.collection(place.leaf());
            // Deals belong to the pipeline service, which these tests play.
            let Some(collection) = collection.filter(|it| it != "opportunities") else {
                continue;
            };
            let nothing = Value::String(sample::nothing(&collection));
            let refusal = bench.changed(&method, &place, nothing).await;
            let is_right = |refusal: &Refusal| {
                let is_missed =
                    refusal.code == Code::NotFound && refusal.reason.ends_with("_NOT_FOUND");
                is_missed || place.is_named_in(refusal)
            };
            // Where nothing is taken, it cannot be told what is refused for what.
            let is_untold = refusal.is_some() && refusal == usual;
            if !is_untold && !refusal.as_ref().is_some_and(is_right) {
                wrong.push(format!("{} {}: {refusal:?}", method.name(), place.path()));
            }
        }
        wrong
    })
    .await;
    nothing_in(&wrong);
}
