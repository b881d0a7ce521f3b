//! Whatever is sent is answered, or refused with a reason that a program understands. The
//! requests are made from the contract, so that no call is forgotten.

mod contract;
mod guards;
mod hostile;
mod lists;
mod names;
mod reasons;
mod sample;
mod values;
mod wire;

use std::collections::HashMap;
use std::sync::Arc;

use keynode_kit::client::Channel;
use keynode_proto::accounts::v1::imports_service_client::ImportsServiceClient;
use keynode_proto::accounts::v1::{Import, ImportDuplicates};
use prost::Message as _;
use prost_reflect::{DynamicMessage, Kind, MethodDescriptor, Value};
use tonic::Code;

use self::contract::{Contract, Place};
use self::sample::Records;
use self::wire::{Refusal, refused_row, send};
use super::bulk::begin;
use super::world::{World, take};

const MEGABYTE: usize = 1 << 20;

/// What a test needs to call anything.
struct Bench {
    contract: Contract,
    administrator: Channel,
    platform: Channel,
    service: Channel,
    records: Records,
    // Its server and its database end with it.
    _world: World,
}

impl Bench {
    async fn new() -> Arc<Self> {
        let world = World::new().await;
        let records = sample::records(&world).await;
        let administrator = world.server.connect(&world.admin);
        Arc::new(Self::with(world, administrator, records))
    }

    fn with(world: World, administrator: Channel, records: Records) -> Self {
        Self {
            contract: Contract::read(),
            administrator,
            platform: world.server.connect_platform(),
            service: world.server.connect_service("pipeline"),
            records,
            _world: world,
        }
    }

    /// As somebody who may call this.
    fn channel(&self, method: &MethodDescriptor) -> &Channel {
        match method.name() {
            "CreateTenant" | "ListTenants" => &self.platform,
            "ResolvePrincipal" => &self.service,
            _ => &self.administrator,
        }
    }

    async fn send(&self, method: &MethodDescriptor, message: Vec<u8>) -> Option<tonic::Status> {
        match send(self.channel(method), method, message).await {
            Ok(answer) => refused_row(method, answer),
            Err(status) => Some(status),
        }
    }

    /// A request that is as good as can be, and stores nothing.
    fn good(&self, method: &MethodDescriptor) -> DynamicMessage {
        let mut request = sample::request(&self.contract, &method.input(), &self.records);
        if let Some(field) = method.input().get_field_by_name("validate_only") {
            request.set_field(&field, Value::Bool(true));
        }
        request
    }

    fn places(&self, method: &MethodDescriptor) -> Vec<Place> {
        let mut places = Place::all_of(&self.contract, &method.input());
        // What a deal is opened with is the pipeline service's, which these tests play.
        places.retain(|place| place.head().name() != "opportunity" || place.is_whole());
        // A contact in a row of an account is at that account.
        if method.is_client_streaming() {
            let names = [
                "rows.contacts.contact.account",
                "rows.contacts.account_external_id",
            ];
            places.retain(|place| !names.contains(&place.path().as_str()));
        }
        // The name of what is to be made is passed over.
        if is_creation(method) {
            places.retain(|place| !self.contract.is_ignored(place.leaf()));
        } else {
            places.retain(|place| !self.contract.is_fixed(place.leaf()));
        }
        places
    }

    fn texts(&self, method: &MethodDescriptor) -> Vec<Place> {
        let mut places = self.places(method);
        places.retain(|place| place.leaf().kind() == Kind::String);
        places
    }

    /// The refusal of a request; none if it was taken.
    async fn refusal(
        &self,
        method: &MethodDescriptor,
        request: &DynamicMessage,
    ) -> Option<Refusal> {
        let refused = match method.is_client_streaming() {
            true => self.upload(method, request.clone()).await,
            false => self.send(method, request.encode_to_vec()).await,
        };
        refused.map(|status| Refusal::of(&status))
    }

    /// What became of a row that is uploaded, which only the results tell. It goes into an
    /// import of its own: a line is taken once.
    async fn upload(
        &self,
        method: &MethodDescriptor,
        mut request: DynamicMessage,
    ) -> Option<tonic::Status> {
        let import = Value::String(self.import().await.name);
        let usual = self.records.get("imports").cloned().map(Value::String);
        if request.get_field_by_name("import").as_deref() == usual.as_ref() {
            request.set_field_by_name("import", import.clone());
        }
        if let Some(refused) = self.send(method, request.encode_to_vec()).await {
            return Some(refused);
        }
        let results = self.contract.method("ListImportResults");
        let mut asked = DynamicMessage::new(results.input());
        asked.set_field_by_name("name", import);
        self.send(&results, asked.encode_to_vec()).await
    }

    async fn import(&self) -> Import {
        let mut imports = ImportsServiceClient::new(self.administrator.clone());
        let request = begin(sample::SYSTEM, ImportDuplicates::Create);
        take(imports.create_import(request).await).import.unwrap()
    }

    /// The refusal of a good request with one value changed.
    async fn changed(
        &self,
        method: &MethodDescriptor,
        place: &Place,
        to: Value,
    ) -> Option<Refusal> {
        let mut request = self.good(method);
        place.put(&mut request, to);
        self.refusal(method, &request).await
    }
}

fn is_creation(method: &MethodDescriptor) -> bool {
    ["Create", "Upsert", "BatchUpsert", "Upload"]
        .iter()
        .any(|verb| method.name().starts_with(verb))
}

/// Runs a check on many methods at once; answers what each found wrong.
async fn of_each<F, T>(methods: Vec<MethodDescriptor>, bench: &Arc<Bench>, check: F) -> Vec<String>
where
    F: Fn(Arc<Bench>, MethodDescriptor) -> T,
    T: Future<Output = Vec<String>> + Send + 'static,
{
    assert!(!methods.is_empty());
    let mut wrong = Vec::new();
    for some in methods.chunks(6) {
        let checks: Vec<_> = some
            .iter()
            .map(|method| tokio::spawn(check(bench.clone(), method.clone())))
            .collect();
        for check in checks {
            wrong.extend(check.await.unwrap());
        }
    }
    wrong
}

#[track_caller]
fn nothing_in(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Otherwise a bad value would be refused together with everything else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn most_requests_that_are_made_from_the_contract_are_taken() {
    let bench = Bench::new().await;
    let methods: Vec<_> = bench.contract.methods().collect();
    let all = methods.len();
    let refused = of_each(methods, &bench, async |bench: Arc<Bench>, method| {
        let refusal = bench.refusal(&method, &bench.good(&method)).await;
        let what = |refusal| format!("{}: {refusal:?}", method.name());
        refusal.map(what).into_iter().collect()
    })
    .await;
    assert!(
        refused.len() * 4 < all,
        "{} of {all}:\n{}",
        refused.len(),
        refused.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_value_of_any_field_is_an_internal_error() {
    let bench = Bench::new().await;
    let methods = bench.contract.methods().collect();
    let wrong = of_each(methods, &bench, async |bench: Arc<Bench>, method| {
        let mut wrong = Vec::new();
        for place in bench.places(&method) {
            for value in hostile::values(place.leaf()) {
                let what = format!("{} {} = {value:?}", method.name(), place.path());
                match bench.changed(&method, &place, value).await {
                    Some(refusal) if !refusal.is_clear() => {
                        wrong.push(format!("{what}: {refusal:?}"))
                    }
                    _ => {}
                }
            }
        }
        wrong
    })
    .await;
    nothing_in(&wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_of_a_megabyte_is_refused_by_every_field_of_every_mutation() {
    let bench = Bench::new().await;
    let wrong = of_each(
        bench.contract.mutations(),
        &bench,
        async |bench: Arc<Bench>, method| {
            let mut wrong = Vec::new();
            for place in bench.texts(&method) {
                let text = Value::String("长".repeat(MEGABYTE / 3));
                let what = format!("{} {}", method.name(), place.path());
                match bench.changed(&method, &place, text).await {
                    Some(refusal) if refusal.is_clear() => {}
                    other => wrong.push(format!("{what}: {other:?}")),
                }
            }
            wrong
        },
    )
    .await;
    nothing_in(&wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bad_text_is_named_however_many_there_are() {
    let bench = Bench::new().await;
    let wrong = of_each(
        bench.contract.mutations(),
        &bench,
        async |bench: Arc<Bench>, method| {
            let text = || Value::String("长".repeat(10_000));
            let mut together: HashMap<String, Vec<Place>> = HashMap::new();
            for place in bench.texts(&method) {
                // Without these there is nothing to compare with, or only one of them is sent.
                if place.is_choice()
                    || ["criterion", "external_ids", "import", "name", "request_id"]
                        .contains(&place.leaf().name())
                {
                    continue;
                }
                let refusal = bench.changed(&method, &place, text()).await;
                if refusal.is_some_and(|refusal| place.is_named_in(&refusal)) {
                    together
                        .entry(place.teller(&method))
                        .or_default()
                        .push(place);
                }
            }
            let mut wrong = Vec::new();
            for mut places in together.into_values() {
                let mut all = bench.good(&method);
                places.iter().for_each(|place| place.put(&mut all, text()));
                let refusal = bench.refusal(&method, &all).await.unwrap();
                places.retain(|place| !place.is_named_in(&refusal));
                wrong.extend(places.into_iter().map(|place| {
                    let (method, path) = (method.name(), place.path());
                    format!("{method} {path} is not among {:?}", refusal.fields)
                }));
            }
            wrong
        },
    )
    .await;
    nothing_in(&wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_utf8_are_refused() {
    const MARK: &str = "\u{7f}mark\u{7f}";
    let bench = Bench::new().await;
    let methods = bench.contract.methods().collect();
    let wrong = of_each(methods, &bench, async |bench: Arc<Bench>, method| {
        let mut wrong = Vec::new();
        for place in bench.texts(&method) {
            let mut request = bench.good(&method);
            place.put(&mut request, Value::String(MARK.to_owned()));
            let mut bytes = request.encode_to_vec();
            let at = bytes
                .windows(MARK.len())
                .position(|w| w == MARK.as_bytes())
                .unwrap();
            bytes[at..at + 2].copy_from_slice(&[0xff, 0xc0]);
            let status = bench.send(&method, bytes).await.unwrap();
            let refusal = Refusal::of(&status);
            let is_right =
                refusal.code == Code::InvalidArgument && refusal.reason == "INVALID_REQUEST";
            if !is_right {
                wrong.push(format!("{} {}: {refusal:?}", method.name(), place.path()));
            }
        }
        wrong
    })
    .await;
    nothing_in(&wrong);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_over_the_limit_is_refused_with_the_limit() {
    let bench = Bench::new().await;
    let methods = bench.contract.methods().collect();
    let wrong = of_each(methods, &bench, async |bench: Arc<Bench>, method| {
        let status = bench.send(&method, vec![0; 5 * MEGABYTE]).await.unwrap();
        let refusal = Refusal::of(&status);
        let is_right = refusal.code == Code::ResourceExhausted
            && refusal.reason == "MESSAGE_TOO_LARGE"
            && super::world::metadata(&status, "limit_bytes").as_deref() == Some("4194304");
        if is_right {
            Vec::new()
        } else {
            vec![format!("{}: {refusal:?}", method.name())]
        }
    })
    .await;
    nothing_in(&wrong);
}
