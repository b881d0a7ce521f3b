//! The keys of other systems, as columns and as a message.

use keynode_proto::common::v1::ExternalKey;

/// The message for two columns of which both or none are set.
pub fn to_proto(
    source_system: Option<&String>,
    external_id: Option<&String>,
) -> Option<ExternalKey> {
    Some(ExternalKey {
        source_system: source_system?.clone(),
        external_id: external_id?.clone(),
    })
}
