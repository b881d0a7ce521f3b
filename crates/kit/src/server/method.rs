//! What the contracts say about a path: whether it exists, whether it streams, and
//! what it is called in metrics.

use std::collections::BTreeMap;

use prost::Message;
use prost_types::FileDescriptorSet;

/// What every server has besides the contracts: health and reflection.
const STANDARD: [(&str, Shape); 5] = [
    ("/grpc.health.v1.Health/Check", Shape::UNARY),
    ("/grpc.health.v1.Health/List", Shape::UNARY),
    (
        "/grpc.health.v1.Health/Watch",
        Shape {
            answers_stream: true,
            asks_stream: false,
        },
    ),
    (
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        Shape::BOTH,
    ),
    (
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        Shape::BOTH,
    ),
];

/// A longer path is nobody's typing error and costs too much to compare.
const LONGEST_COMPARED: usize = 160;

/// Which sides of a method are streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub asks_stream: bool,
    pub answers_stream: bool,
}

impl Shape {
    const UNARY: Self = Self {
        asks_stream: false,
        answers_stream: false,
    };
    const BOTH: Self = Self {
        asks_stream: true,
        answers_stream: true,
    };

    pub fn is_unary(self) -> bool {
        self == Self::UNARY
    }
}

/// Every method that a Keynode server can have.
#[derive(Debug)]
pub struct Methods(BTreeMap<String, Shape>);

impl Methods {
    /// The methods of an encoded `FileDescriptorSet` and the standard ones.
    ///
    /// # Errors
    /// When the bytes are not a descriptor set.
    pub fn read(descriptor_set: &[u8]) -> Result<Self, prost::DecodeError> {
        let set = FileDescriptorSet::decode(descriptor_set)?;
        let mut methods: BTreeMap<_, _> = STANDARD
            .iter()
            .map(|(path, shape)| ((*path).to_owned(), *shape))
            .collect();
        for file in &set.file {
            for service in &file.service {
                methods.extend(service.method.iter().map(|method| {
                    let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                    (path, shape(method))
                }));
            }
        }
        Ok(Self(methods))
    }

    /// The shape of a known method.
    pub fn shape(&self, path: &str) -> Option<Shape> {
        self.0.get(path).copied()
    }

    /// The known method most like this path, if any is like it at all.
    pub fn nearest(&self, path: &str) -> Option<&str> {
        if path.len() > LONGEST_COMPARED {
            return None;
        }
        self.0
            .keys()
            .map(|known| (strsim::normalized_levenshtein(path, known), known))
            .filter(|(likeness, _)| *likeness > 0.5)
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, known)| known.as_str())
    }

    /// The labels `(service, method)` of a path in metrics, e.g. `("pipeline",
    /// "OpportunityService/GetOpportunity")`. Paths that nobody declared share one
    /// pair, or callers could make as many time series as they like.
    pub fn labels(&self, path: &str) -> (String, String) {
        match self.0.contains_key(path) {
            true => (service(path).to_owned(), method(path).to_owned()),
            false => ("unknown".to_owned(), "unknown".to_owned()),
        }
    }
}

fn shape(method: &prost_types::MethodDescriptorProto) -> Shape {
    Shape {
        asks_stream: method.client_streaming(),
        answers_stream: method.server_streaming(),
    }
}

/// The second word of the package: `keynode.pipeline.v1.X` → `pipeline`.
pub fn service(path: &str) -> &str {
    path.split('.').nth(1).unwrap_or("unknown")
}

/// The path without the package: `/keynode.pipeline.v1.X/Y` → `X/Y`.
fn method(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Whether the path belongs to health or reflection, which must answer an operator
/// also when the server is overloaded.
pub fn is_standard(path: &str) -> bool {
    path.starts_with("/grpc.health.") || path.starts_with("/grpc.reflection.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn methods() -> Methods {
        Methods::read(keynode_proto::DESCRIPTOR_SET).unwrap()
    }

    #[test]
    fn every_method_of_the_contracts_is_known() {
        let methods = methods();
        for method in keynode_proto::METHODS {
            assert!(methods.shape(method.path).is_some(), "{}", method.path);
        }
    }

    #[test]
    fn a_typing_error_finds_the_method_meant() {
        let methods = methods();
        assert_eq!(
            methods.nearest("/grpc.health.v1.Health/Chek"),
            Some("/grpc.health.v1.Health/Check"),
        );
        assert_eq!(methods.nearest("/favicon.ico"), None);
        assert_eq!(methods.nearest(&format!("/{}", "x".repeat(10_000))), None);
    }

    #[test]
    fn labels_are_short_and_few() {
        let methods = methods();
        let path = keynode_proto::METHODS[0].path;
        let (service, method) = methods.labels(path);
        assert!(
            path.starts_with(&format!("/keynode.{service}.v1.")),
            "{service}"
        );
        assert!(path.ends_with(&format!(".{method}")), "{method}");
        assert_eq!(methods.labels("/made.up/Path").0, "unknown");
    }

    #[test]
    fn watching_health_is_a_stream() {
        let shape = methods().shape("/grpc.health.v1.Health/Watch").unwrap();
        assert!(shape.answers_stream && !shape.asks_stream && !shape.is_unary());
    }
}
