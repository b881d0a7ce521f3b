//! Calls with bytes of any shape, as a client might send them that was not generated.

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use keynode_kit::client::Channel;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

/// Sends a message as it is.
pub async fn send(
    channel: &Channel,
    method: &MethodDescriptor,
    message: Vec<u8>,
) -> Result<Bytes, Status> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let path = PathAndQuery::try_from(path).unwrap();
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await?;
    let answer = client.unary(Request::new(message), path, Raw).await?;
    Ok(answer.into_inner())
}

#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// The refusal of the first row that an answer tells to be refused, if there is one.
pub fn refused_row(method: &MethodDescriptor, answer: Bytes) -> Option<Status> {
    let answer = DynamicMessage::decode(method.output(), answer).unwrap();
    let error = first_error(&answer)?;
    let told = keynode_proto::google::rpc::Status::decode(error.as_slice()).unwrap();
    Some(Status::with_details(
        told.code.into(),
        told.message,
        error.into(),
    ))
}

/// The first `error` of a row, or of a row within a row.
fn first_error(message: &DynamicMessage) -> Option<Vec<u8>> {
    let lists = message.fields().filter(|(field, _)| field.is_list());
    let mut rows = lists
        .flat_map(|(_, rows)| rows.as_list().unwrap_or_default())
        .filter_map(Value::as_message);
    rows.find_map(|row| match row.has_field_by_name("error") {
        true => Some(
            row.get_field_by_name("error")?
                .as_message()?
                .encode_to_vec(),
        ),
        false => first_error(row),
    })
}

/// What a refusal says: its code, its reason, and the bad fields without indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: tonic::Code,
    pub reason: String,
    pub domain: String,
    pub fields: Vec<String>,
}

impl Refusal {
    pub fn of(status: &Status) -> Self {
        let info = status.get_details_error_info();
        let bad = status.get_details_bad_request();
        let violations = bad.into_iter().flat_map(|bad| bad.field_violations);
        let mut fields: Vec<String> = violations.map(|v| without_indexes(&v.field)).collect();
        fields.sort();
        fields.dedup();
        Self {
            code: status.code(),
            reason: info.as_ref().map(|i| i.reason.clone()).unwrap_or_default(),
            domain: info.map(|info| info.domain).unwrap_or_default(),
            fields,
        }
    }

    /// Whether a program can tell from it that the request was at fault, or what stands
    /// against it.
    pub fn is_clear(&self) -> bool {
        let is_fault_of_ours = matches!(
            self.code,
            tonic::Code::Internal | tonic::Code::Unknown | tonic::Code::DataLoss
        );
        !is_fault_of_ours && self.domain == "keynode" && !self.reason.is_empty()
    }
}

/// `rows[3].account` is `rows.account`.
fn without_indexes(field: &str) -> String {
    let mut parts = field.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once(']').map_or("", |(_, rest)| rest)
    })
}
