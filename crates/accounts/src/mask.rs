//! Update masks (AIP-134): which fields of a stored message a caller replaces.

use keynode_kit::validate::Violations;
use prost_types::FieldMask;

/// A message with fields that callers may change.
pub trait Maskable: Clone {
    /// Takes one field from `sent`; false when no such field may be changed.
    fn take(&mut self, sent: &Self, path: &str) -> bool;
    /// The changeable fields that are set.
    fn set_paths(&self) -> Vec<&'static str>;
}

/// Declares the fields of a message that callers may change.
macro_rules! maskable {
    ($message:ty: $($field:ident),+) => {
        impl $crate::mask::Maskable for $message {
            fn take(&mut self, sent: &Self, path: &str) -> bool {
                match path {
                    $(stringify!($field) => self.$field = sent.$field.clone(),)+
                    _ => return false,
                }
                true
            }

            fn set_paths(&self) -> Vec<&'static str> {
                let unset = Self::default();
                [$((stringify!($field), self.$field != unset.$field)),+]
                    .into_iter()
                    .filter_map(|(path, is_set)| is_set.then_some(path))
                    .collect()
            }
        }
    };
}
pub(crate) use maskable;

/// The stored message with the masked fields of the sent one; an empty mask names every
/// field that is set.
pub fn merge<M: Maskable>(
    stored: &M,
    sent: &M,
    mask: Option<&FieldMask>,
    bad: &mut Violations,
) -> M {
    let mut merged = stored.clone();
    let named = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    for path in named {
        if !merged.take(sent, path) {
            bad.add(
                "update_mask",
                format!("`{path}` is no field that can be changed"),
            );
        }
    }
    if named.is_empty() {
        for path in sent.set_paths() {
            merged.take(sent, path);
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Note {
        name: String,
        title: String,
        body: String,
    }

    maskable!(Note: title, body);

    fn note(name: &str, title: &str, body: &str) -> Note {
        Note {
            name: name.to_owned(),
            title: title.to_owned(),
            body: body.to_owned(),
        }
    }

    fn merged(sent: &Note, paths: &[&str]) -> (Note, bool) {
        let mask = FieldMask {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
        };
        let mut bad = Violations::default();
        let merged = merge(&note("n", "old", "old"), sent, Some(&mask), &mut bad);
        (merged, bad.is_empty())
    }

    #[test]
    fn a_mask_takes_what_it_names_also_when_it_is_empty() {
        assert_eq!(
            merged(&note("x", "", "new"), &["title"]),
            (note("n", "", "old"), true)
        );
    }

    #[test]
    fn no_mask_takes_what_is_set() {
        assert_eq!(
            merged(&note("x", "", "new"), &[]),
            (note("n", "old", "new"), true)
        );
    }

    #[test]
    fn unknown_and_output_only_paths_are_bad() {
        assert!(!merged(&note("x", "", ""), &["name"]).1);
        assert!(!merged(&note("x", "", ""), &["author"]).1);
    }
}
