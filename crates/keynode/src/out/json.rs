//! Messages of the contracts as JSON, with the names of the contracts.

use std::sync::LazyLock;

use anyhow::Context as _;
use prost_reflect::prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage};

static CONTRACTS: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(keynode_proto::DESCRIPTOR_SET).expect("the build encoded the contracts")
});

/// The message as protobuf JSON. What an `Any` holds is shown too.
///
/// # Errors
/// When an `Any` holds a type that this release does not know.
pub fn of<M: Message + Name>(message: &M) -> anyhow::Result<serde_json::Value> {
    let name = M::full_name();
    let descriptor = CONTRACTS
        .get_message_by_name(&name)
        .with_context(|| format!("{name} is in no contract"))?;
    let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())?;
    serde_json::to_value(&dynamic)
        .with_context(|| format!("{name} holds a type that this release does not know; upgrade"))
}

#[cfg(test)]
mod tests {
    use keynode_proto::events::v1::Event;
    use keynode_proto::notification::v1::{Notice, NoticeChanged};

    use super::*;

    #[test]
    fn what_an_event_carries_is_shown() {
        let after = Some(Notice {
            kind: "won".into(),
            ..Notice::default()
        });
        let change = NoticeChanged {
            before: None,
            after,
        };
        let data = prost_types::Any {
            type_url: NoticeChanged::type_url(),
            value: change.encode_to_vec(),
        };
        let event = Event {
            subject: "notices/1".into(),
            sequence: 3,
            data: Some(data),
            ..Event::default()
        };
        let json = of(&event).unwrap();
        assert_eq!(json["data"]["after"]["kind"], "won");
        assert_eq!(json["subject"], "notices/1");
    }
}
