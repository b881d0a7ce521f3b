//! The contract as data: its mutations and lists, and what the comments say of a field.

use std::collections::HashMap;

use keynode_proto::DESCRIPTOR_SET;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use prost_reflect::{MethodDescriptor, ReflectMessage as _, Value};
use prost_types::{DescriptorProto, FileDescriptorSet};

use super::wire::Refusal;

const PACKAGE: &str = "keynode.accounts.v1.";
/// Field numbers of descriptor.proto, of which source locations are made.
const MESSAGE: i32 = 4;
const NESTED: i32 = 3;
const FIELD: i32 = 2;

pub struct Contract {
    pool: DescriptorPool,
    /// Full name of a field → its comment.
    comments: HashMap<String, String>,
}

impl Contract {
    pub fn read() -> Self {
        let set = FileDescriptorSet::decode(DESCRIPTOR_SET).unwrap();
        let mut comments = HashMap::new();
        for file in set
            .file
            .iter()
            .filter(|f| f.package().starts_with("keynode."))
        {
            let said: HashMap<&[i32], &str> = file
                .source_code_info
                .iter()
                .flat_map(|info| &info.location)
                .map(|l| (l.path.as_slice(), l.leading_comments()))
                .collect();
            for (index, message) in file.message_type.iter().enumerate() {
                let path = vec![MESSAGE, index as i32];
                read_message(message, file.package(), path, &said, &mut comments);
            }
        }
        let pool = DescriptorPool::decode(DESCRIPTOR_SET).unwrap();
        Self { pool, comments }
    }

    /// Every call that is answered with one message. What is sent as a stream may be one
    /// message too.
    pub fn methods(&self) -> impl Iterator<Item = MethodDescriptor> {
        self.pool
            .services()
            .filter(|service| service.full_name().starts_with(PACKAGE))
            .flat_map(|service| service.methods().collect::<Vec<_>>())
            .filter(|method| !method.is_server_streaming())
    }

    pub fn method(&self, name: &str) -> MethodDescriptor {
        let found = self.methods().find(|method| method.name() == name);
        found.unwrap()
    }

    pub fn asking_for(&self, field: &str) -> Vec<MethodDescriptor> {
        self.methods()
            .filter(|method| method.input().get_field_by_name(field).is_some())
            .collect()
    }

    /// Every call that changes something. An upload is repeated by its lines.
    pub fn mutations(&self) -> Vec<MethodDescriptor> {
        let mut mutations = self.asking_for("request_id");
        mutations.extend(self.methods().filter(MethodDescriptor::is_client_streaming));
        mutations
    }

    /// Every call that answers in pages.
    pub fn lists(&self) -> Vec<MethodDescriptor> {
        self.asking_for("page_token")
    }

    fn comment(&self, field: &FieldDescriptor) -> &str {
        self.comments
            .get(field.full_name())
            .map(String::as_str)
            .unwrap_or_default()
    }

    /// The collection of the records that a field names; none if it is no name of a record.
    pub fn collection(&self, field: &FieldDescriptor) -> Option<String> {
        let comment = self.comment(field).trim_start();
        // A part of the name of what is to be made.
        if comment.starts_with("The id ") {
            return None;
        }
        let name = comment.split('`').find(|word| word.contains("/{"))?;
        let (collection, rest) = name.split_once('/')?;
        let collection = match rest.strip_prefix("{id}")? {
            "" => collection.to_owned(),
            single => format!("{collection}{single}"),
        };
        (field.kind() == Kind::String).then_some(collection)
    }

    /// Whether what an update says in a field is passed over.
    pub fn is_fixed(&self, field: &FieldDescriptor) -> bool {
        self.comment(field).contains("Does not change")
    }

    /// Whether what callers send in a field is passed over.
    pub fn is_ignored(&self, field: &FieldDescriptor) -> bool {
        self.comment(field).contains("Output only")
    }
}

fn read_message(
    message: &DescriptorProto,
    above: &str,
    path: Vec<i32>,
    said: &HashMap<&[i32], &str>,
    comments: &mut HashMap<String, String>,
) {
    let name = format!("{above}.{}", message.name());
    let at = |kind: i32, index: usize| [path.as_slice(), &[kind, index as i32]].concat();
    for (index, field) in message.field.iter().enumerate() {
        let comment = said
            .get(at(FIELD, index).as_slice())
            .copied()
            .unwrap_or_default();
        comments.insert(
            format!("{name}.{}", field.name()),
            comment.replace('\n', " "),
        );
    }
    for (index, nested) in message.nested_type.iter().enumerate() {
        read_message(nested, &name, at(NESTED, index), said, comments);
    }
}

/// Where a value stands in a request: the fields that lead to it. Of a list it is the
/// first element.
#[derive(Clone)]
pub struct Place(Vec<FieldDescriptor>);

impl Place {
    /// Every place of a message that holds a value, but for those that are passed over.
    pub fn all_of(contract: &Contract, message: &MessageDescriptor) -> Vec<Self> {
        let mut found = Vec::new();
        collect(contract, message, &mut Vec::new(), &mut found);
        found
    }

    pub fn head(&self) -> &FieldDescriptor {
        self.0.first().unwrap()
    }

    /// Whether it is a field of the request itself.
    pub fn is_whole(&self) -> bool {
        self.0.len() == 1
    }

    /// Whether another value may stand in its stead.
    pub fn is_choice(&self) -> bool {
        self.0
            .iter()
            .any(|field| field.containing_oneof().is_some())
    }

    pub fn leaf(&self) -> &FieldDescriptor {
        self.0.last().unwrap()
    }

    /// What refuses it together with others: the call, a row, or what is in a row.
    pub fn teller(&self, method: &MethodDescriptor) -> String {
        let names = self.0.iter().map(FieldDescriptor::name);
        let way: Vec<&str> = match self.head().is_list() {
            // The ids of rows must differ, for which the call is refused.
            true if way_is(&self.0, &["people", "external_id"]) => Vec::new(),
            true if way_is(&self.0, &["teams", "external_id"]) => Vec::new(),
            true if method.is_client_streaming() && self.path().contains(".contacts") => {
                names.take(2).collect()
            }
            true => names.take(1).collect(),
            false => Vec::new(),
        };
        way.join(".")
    }

    /// Whether a refusal names it, or what it is a part of. Of a row it says where in the
    /// row, or in the record that the row is about.
    pub fn is_named_in(&self, refusal: &Refusal) -> bool {
        let (path, last) = (self.path(), format!(".{}", self.leaf().name()));
        let is_in_row = |field: &str| {
            let is_part = path.contains(&format!(".{field}."));
            is_part || path.ends_with(&format!(".{field}")) || field.ends_with(&last)
        };
        refusal.fields.iter().any(|field| {
            let is_part = path.starts_with(&format!("{field}."));
            *field == path || is_part || self.head().is_list() && is_in_row(field)
        })
    }

    /// As violations name it, without indexes.
    pub fn path(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(FieldDescriptor::name).collect();
        names.join(".")
    }

    /// Puts a value there.
    pub fn put(&self, message: &mut DynamicMessage, value: Value) {
        put(message, &self.0, value);
    }
}

fn way_is(way: &[FieldDescriptor], names: &[&str]) -> bool {
    way.iter()
        .map(FieldDescriptor::name)
        .eq(names.iter().copied())
}

fn collect(
    contract: &Contract,
    message: &MessageDescriptor,
    way: &mut Vec<FieldDescriptor>,
    found: &mut Vec<Place>,
) {
    for field in message.fields().filter(|field| !field.is_map()) {
        if contract.is_ignored(&field) && field.name() != "name" {
            continue;
        }
        way.push(field.clone());
        match field.kind() {
            Kind::Message(inner) if is_compound(&inner) => {
                let is_loop = way
                    .iter()
                    .filter(|f| f.full_name() == field.full_name())
                    .count()
                    > 1;
                if !is_loop {
                    collect(contract, &inner, way, found);
                }
            }
            _ => found.push(Place(way.clone())),
        }
        way.pop();
    }
}

/// Dates, times, sums and masks are values of their own.
pub fn is_compound(message: &MessageDescriptor) -> bool {
    message.full_name().starts_with("keynode.")
}

fn put(message: &mut DynamicMessage, way: &[FieldDescriptor], value: Value) {
    let (field, rest) = way.split_first().unwrap();
    let inner = match rest {
        [] => value,
        _ => {
            let mut inner = first(message, field);
            put(&mut inner, rest, value);
            Value::Message(inner)
        }
    };
    let inner = match field.is_list() {
        true => Value::List(vec![inner]),
        false => inner,
    };
    message.set_field(field, inner);
}

/// The message in a field, or the first of a list, as it stands.
fn first(message: &DynamicMessage, field: &FieldDescriptor) -> DynamicMessage {
    let value = message.get_field(field).into_owned();
    let found = match value {
        Value::Message(inner) => Some(inner),
        Value::List(items) => items
            .into_iter()
            .next()
            .and_then(|item| item.as_message().cloned()),
        _ => None,
    };
    let Kind::Message(inner) = field.kind() else {
        unreachable!("a way leads through messages")
    };
    found
        .filter(|found| found.descriptor() == inner)
        .unwrap_or_else(|| DynamicMessage::new(inner))
}
