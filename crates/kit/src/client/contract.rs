//! What the contracts say of a method: whether it streams and whether it may be repeated.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_types::method_options::IdempotencyLevel;
use prost_types::{DescriptorProto, FileDescriptorSet, MethodDescriptorProto};

/// What matters of a method for sending it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// The request is one message: it can be kept and sent again.
    pub(super) keeps: bool,
    /// The request or the answer is a stream, which may last.
    pub(super) streams: bool,
    reads: bool,
    /// The number of the request's field `request_id`.
    request_id: Option<u32>,
}

/// Every method of every contract by its gRPC path.
static SHAPES: LazyLock<HashMap<String, Shape>> = LazyLock::new(|| {
    let set = FileDescriptorSet::decode(keynode_proto::DESCRIPTOR_SET)
        .expect("the build encoded the contracts");
    shapes(&set)
});

/// The shape of the method with this path. Of a foreign method (health, reflection)
/// nothing is known: its request is not kept, the default deadline ends it.
pub(super) fn shape(path: &str) -> Shape {
    const FOREIGN: Shape = Shape {
        keeps: false,
        streams: false,
        reads: false,
        request_id: None,
    };
    SHAPES.get(path).copied().unwrap_or(FOREIGN)
}

impl Shape {
    /// Whether sending this gRPC body twice has the effect of sending it once.
    pub(super) fn repeatable(&self, body: &[u8]) -> bool {
        self.reads
            || self
                .request_id
                .is_some_and(|field| carries(body, field).unwrap_or(false))
    }
}

fn shapes(set: &FileDescriptorSet) -> HashMap<String, Shape> {
    let request_ids: HashMap<String, u32> = set
        .file
        .iter()
        .flat_map(|file| file.message_type.iter().map(move |m| (file.package(), m)))
        .filter_map(|(package, m)| Some((format!(".{package}.{}", m.name()), request_id(m)?)))
        .collect();
    let services = set
        .file
        .iter()
        .flat_map(|file| file.service.iter().map(move |s| (file.package(), s)));
    services
        .flat_map(|(package, s)| {
            s.method
                .iter()
                .map(move |m| (format!("/{package}.{}/{}", s.name(), m.name()), m))
        })
        .map(|(path, m)| (path, of(m, request_ids.get(m.input_type()).copied())))
        .collect()
}

fn of(method: &MethodDescriptorProto, request_id: Option<u32>) -> Shape {
    let level = method.options.as_ref().map(|o| o.idempotency_level());
    Shape {
        keeps: !method.client_streaming(),
        streams: method.client_streaming() || method.server_streaming(),
        reads: level == Some(IdempotencyLevel::NoSideEffects),
        request_id,
    }
}

fn request_id(message: &DescriptorProto) -> Option<u32> {
    let field = message.field.iter().find(|f| f.name() == "request_id")?;
    u32::try_from(field.number()).ok()
}

/// Whether the only message of a gRPC body holds something in a field of bytes or text;
/// none when the body is compressed or malformed.
fn carries(body: &[u8], field: u32) -> Option<bool> {
    let (prefix, mut message) = body.split_at_checked(5)?;
    if prefix.first() != Some(&0) {
        return None;
    }
    while !message.is_empty() {
        let (number, kind) = decode_key(&mut message).ok()?;
        if number == field && kind == WireType::LengthDelimited {
            return Some(decode_varint(&mut message).ok()? > 0);
        }
        skip_field(kind, number, &mut message, DecodeContext::default()).ok()?;
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use keynode_proto::accounts::v1::{CreatePersonRequest, CreateTenantRequest, Person};

    use super::*;

    fn framed(message: &impl prost::Message) -> Vec<u8> {
        let mut body = vec![0, 0, 0, 0, 0];
        message.encode(&mut body).expect("a vector grows");
        body
    }

    fn directory(method: &str) -> Shape {
        shape(&format!("/keynode.accounts.v1.DirectoryService/{method}"))
    }

    #[test]
    fn a_mutation_is_repeatable_only_with_its_request_id() {
        let person = Some(Person {
            display_name: "王芳".into(),
            ..Person::default()
        });
        let mut request = CreatePersonRequest {
            person,
            ..Default::default()
        };
        assert!(!directory("CreatePerson").repeatable(&framed(&request)));
        request.request_id = "0198".into();
        assert!(directory("CreatePerson").repeatable(&framed(&request)));
        let mut compressed = framed(&request);
        compressed[0] = 1;
        assert!(!directory("CreatePerson").repeatable(&compressed));
    }

    #[test]
    fn a_mutation_that_knows_no_request_id_is_not_repeatable() {
        let request = CreateTenantRequest {
            display_name: "A".into(),
            ..Default::default()
        };
        assert!(!directory("CreateTenant").repeatable(&framed(&request)));
    }

    #[test]
    fn a_read_is_repeatable_and_kept() {
        assert!(directory("ListRoles").repeatable(&[]));
        assert!(directory("ListRoles").keeps);
    }

    #[test]
    fn a_stream_is_not_kept_and_may_last() {
        let subscribe = shape("/keynode.notification.v1.FeedService/Subscribe");
        assert!(subscribe.streams && !subscribe.keeps);
    }

    #[test]
    fn a_foreign_method_is_not_kept() {
        let check = shape("/grpc.health.v1.Health/Check");
        assert!(!check.keeps && !check.repeatable(&[]));
    }
}
