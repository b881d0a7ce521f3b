//! Values that are refused wherever they stand, each by the name of its field.

use std::sync::Arc;

use tonic::Code;

use super::wire::Refusal;
use super::{Bench, hostile, nothing_in, of_each};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_mutation_takes_a_value_that_is_absurd() {
    let bench = Bench::new().await;
    let methods = bench.contract.mutations();
    let wrong = of_each(methods, &bench, async |bench: Arc<Bench>, method| {
        let mut wrong = Vec::new();
        let usual = bench.refusal(&method, &bench.good(&method)).await;
        for place in bench.places(&method) {
            for value in hostile::absurd(place.leaf()) {
                let what = format!("{} {} = {value:?}", method.name(), place.path());
                let refusal = bench.changed(&method, &place, value).await;
                let is_right = |refusal: &Refusal| {
                    refusal.code == Code::InvalidArgument && place.is_named_in(refusal)
                };
                // Where nothing is taken, it cannot be told what is refused for what.
                let is_untold = refusal.is_some() && refusal == usual;
                if !is_untold && !refusal.as_ref().is_some_and(is_right) {
                    wrong.push(format!("{what}: {refusal:?}"));
                }
            }
        }
        wrong
    })
    .await;
    nothing_in(&wrong);
}
