//! Update masks: which fields of a message a caller wants changed.

use std::sync::LazyLock;

use keynode_kit::error::Fault;
use keynode_kit::validate::Violations;
use keynode_proto::DESCRIPTOR_SET;
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage};
use prost_types::FieldMask;

use crate::error::Error;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(DESCRIPTOR_SET).expect("the contracts of a release are sound")
});

/// What is stored, with the fields of `news` that the mask names, all of them from `allowed`;
/// an empty mask names every allowed field that is set.
///
/// # Errors
/// `INVALID_REQUEST` on `update_mask` for every path that cannot be changed.
pub fn apply<M: Message + Name + Default>(
    stored: &M,
    news: &M,
    mask: Option<&FieldMask>,
    allowed: &[&str],
) -> Result<M, Error> {
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    let mut bad = Violations::default();
    for path in paths.iter().filter(|it| !allowed.contains(&it.as_str())) {
        bad.add(
            "update_mask",
            format!("{path:?} is no field that can be changed here"),
        );
    }
    bad.finish()?;
    let (mut into, from) = (dynamic(stored)?, dynamic(news)?);
    for name in allowed {
        let is_meant = match paths {
            [] => from.has_field_by_name(name),
            paths => paths.iter().any(|path| path == name),
        };
        if !is_meant {
            continue;
        }
        into.clear_field_by_name(name);
        if from.has_field_by_name(name)
            && let Some(value) = from.get_field_by_name(name)
        {
            into.set_field_by_name(name, value.into_owned());
        }
    }
    Ok(into.transcode_to().map_err(Fault::internal)?)
}

fn dynamic<M: Message + Name>(message: &M) -> Result<DynamicMessage, Error> {
    let descriptor = POOL.get_message_by_name(&M::full_name());
    let descriptor = descriptor
        .ok_or_else(|| Fault::internal(format!("{} is in no contract", M::full_name())))?;
    let bytes = message.encode_to_vec();
    Ok(DynamicMessage::decode(descriptor, bytes.as_slice()).map_err(Fault::internal)?)
}

#[cfg(test)]
mod tests {
    use keynode_proto::pipeline::v1::Loss;

    use super::*;

    fn loss(reason: &str, note: &str, winner: &str) -> Loss {
        Loss {
            reason: reason.to_owned(),
            note: note.to_owned(),
            winner: winner.to_owned(),
        }
    }

    fn mask(paths: &[&str]) -> FieldMask {
        FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    #[test]
    fn the_fields_of_the_mask_are_taken_also_when_they_are_empty() {
        let (stored, news) = (loss("price", "old", "X"), loss("late_entry", "", "Y"));
        let allowed = ["reason", "note"];
        let after = apply(&stored, &news, Some(&mask(&["note"])), &allowed).unwrap();
        assert_eq!(after, loss("price", "", "X"));
    }

    #[test]
    fn without_a_mask_every_allowed_field_that_is_set_is_taken() {
        let (stored, news) = (loss("price", "old", "X"), loss("late_entry", "", "Y"));
        let after = apply(&stored, &news, None, &["reason", "note"]).unwrap();
        assert_eq!(after, loss("late_entry", "old", "X"));
    }

    #[test]
    fn a_field_that_cannot_be_changed_is_refused() {
        let (stored, news) = (Loss::default(), Loss::default());
        for path in ["winner", "nothing", ""] {
            assert!(apply(&stored, &news, Some(&mask(&[path])), &["note"]).is_err());
        }
    }
}
