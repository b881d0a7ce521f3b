//! Lists, which are asked for with filters and pages together.

use std::sync::Arc;

use prost_reflect::{Kind, Value};

use super::{Bench, nothing_in, of_each};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_filters_and_a_bad_page_are_named_together() {
    let bench = Bench::new().await;
    let wrong = of_each(
        bench.contract.lists(),
        &bench,
        async |bench: Arc<Bench>, method| {
            let mut all = bench.good(&method);
            let mut named = Vec::new();
            for place in bench.places(&method) {
                let value = match place.leaf().kind() {
                    Kind::String => Value::String("长\0".repeat(10_000)),
                    Kind::Enum(_) => Value::EnumNumber(-1),
                    Kind::Int32 => Value::I32(-1),
                    _ => continue,
                };
                // These are read once the rest is known: tokens are bound to it.
                if place.is_choice() || ["page_token", "request_id"].contains(&place.leaf().name())
                {
                    continue;
                }
                let refusal = bench.changed(&method, &place, value.clone()).await;
                if refusal.is_some_and(|refusal| place.is_named_in(&refusal)) {
                    place.put(&mut all, value);
                    named.push(place);
                }
            }
            let refusal = bench.refusal(&method, &all).await.unwrap();
            named.retain(|place| !place.is_named_in(&refusal));
            let what = |place: super::Place| {
                let (method, path) = (method.name(), place.path());
                format!("{method} {path} is not among {:?}", refusal.fields)
            };
            named.into_iter().map(what).collect()
        },
    )
    .await;
    nothing_in(&wrong);
}
