//! What stands beside the records in a request: masks, ids of requests, pages.

use std::sync::Arc;

use prost_reflect::{DynamicMessage, Kind, MethodDescriptor, Value};
use tonic::Code;

use super::wire::Refusal;
use super::{Bench, hostile, nothing_in, of_each};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn masks_of_fields_that_cannot_be_changed_are_refused() {
    let bench = Bench::new().await;
    let methods = bench.contract.asking_for("update_mask");
    let wrong = of_each(methods, &bench, async |bench: Arc<Bench>, method| {
        let mut wrong = Vec::new();
        let field = method.input().get_field_by_name("update_mask").unwrap();
        let Kind::Message(of) = field.kind() else {
            unreachable!()
        };
        for path in [
            "no_such_field",
            "name",
            "create_time",
            "etag",
            "*",
            "a.b",
            "",
        ] {
            let mut request = bench.good(&method);
            request.set_field(&field, hostile::mask(&of, path));
            let refusal = bench.refusal(&method, &request).await;
            let is_named = refusal
                .as_ref()
                .is_some_and(|r| r.fields.contains(&"update_mask".to_owned()));
            if !is_named {
                wrong.push(format!("{} {path:?}: {refusal:?}", method.name()));
            }
        }
        wrong
    })
    .await;
    nothing_in(&wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_id_that_is_no_uuid_is_refused() {
    let bench = Bench::new().await;
    let wrong = of_each(
        bench.contract.asking_for("request_id"),
        &bench,
        async |bench: Arc<Bench>, method| {
            let mut request = bench.good(&method);
            request.set_field_by_name("request_id", Value::String("not a uuid".to_owned()));
            let refusal = bench.refusal(&method, &request).await;
            let is_named = |refusal: &Refusal| {
                refusal.code == Code::InvalidArgument && !refusal.fields.is_empty()
            };
            match refusal {
                Some(refusal) if is_named(&refusal) => Vec::new(),
                other => vec![format!("{}: {other:?}", method.name())],
            }
        },
    )
    .await;
    nothing_in(&wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_cannot_be_are_refused_by_every_list() {
    // A token of the right length that no list has given.
    const FOREIGN: &str = "AAAAAAAAAAABkLWgAAB8AIAAAAAAAAAB";
    let bench = Bench::new().await;
    let wrong = of_each(
        bench.contract.lists(),
        &bench,
        async |bench: Arc<Bench>, method| {
            let cases = [
                ("page_size", Value::I32(-1), "INVALID_REQUEST"),
                ("page_size", Value::I32(i32::MIN), "INVALID_REQUEST"),
                (
                    "page_token",
                    Value::String("垃圾".to_owned()),
                    "PAGE_TOKEN_INVALID",
                ),
                (
                    "page_token",
                    Value::String(FOREIGN.to_owned()),
                    "PAGE_TOKEN_INVALID",
                ),
                (
                    "page_token",
                    Value::String("A".repeat(100_000)),
                    "PAGE_TOKEN_INVALID",
                ),
            ];
            let mut wrong = Vec::new();
            for (field, value, reason) in cases {
                // Filters left out: what they name is tested elsewhere.
                let mut request = bench.named_only(&method);
                request.set_field_by_name(field, value.clone());
                let refusal = bench.refusal(&method, &request).await;
                let is_right = refusal.as_ref().is_some_and(|r| {
                    r.code == Code::InvalidArgument && r.reason == reason && r.fields == [field]
                });
                if !is_right {
                    wrong.push(format!(
                        "{} {field} {value:.40?}: {refusal:?}",
                        method.name()
                    ));
                }
            }
            wrong
        },
    )
    .await;
    nothing_in(&wrong);
}

impl Bench {
    /// A request of a list with nothing but the records that it asks about.
    fn named_only(&self, method: &MethodDescriptor) -> DynamicMessage {
        let mut request = self.good(method);
        for place in self.places(method) {
            let names = self.contract.collection(place.leaf()).is_some();
            if !names {
                request.clear_field(place.head());
            }
        }
        request
    }
}
