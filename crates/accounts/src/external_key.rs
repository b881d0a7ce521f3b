//! The keys of other systems, as columns and as a message.

use keynode_proto::common::v1::ExternalKey;
use serde::{Deserialize, Serialize};

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

/// Source system and external id; in JSON a pair.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(String, String)", into = "(String, String)")]
pub struct Key {
    pub source_system: String,
    pub external_id: String,
}

impl From<(String, String)> for Key {
    fn from((source_system, external_id): (String, String)) -> Self {
        Self {
            source_system,
            external_id,
        }
    }
}

impl From<Key> for (String, String) {
    fn from(key: Key) -> Self {
        (key.source_system, key.external_id)
    }
}

impl Key {
    /// A key without the blanks around its parts, if both are there.
    pub fn trimmed(key: &ExternalKey) -> Option<Self> {
        let key = Self {
            source_system: key.source_system.trim().to_owned(),
            external_id: key.external_id.trim().to_owned(),
        };
        (!key.source_system.is_empty() && !key.external_id.is_empty()).then_some(key)
    }

    /// The key that a message holds, if it is a whole one.
    pub fn read(sent: Option<&ExternalKey>) -> Option<Self> {
        Self::trimmed(sent?)
    }

    pub fn to_proto(&self) -> ExternalKey {
        ExternalKey {
            source_system: self.source_system.clone(),
            external_id: self.external_id.clone(),
        }
    }
}
