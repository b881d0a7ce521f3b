//! Request ids that are the same at every load, so that a step is done once.

use sha2::{Digest as _, Sha256};
use uuid::Builder;

/// The id of one step of the script, e.g. `["deal", "element", "need"]`.
pub fn request_id(step: &[&str]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"keynode demo");
    for part in step {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_one_id_for_ever() {
        assert_eq!(request_id(&["a", "b"]), request_id(&["a", "b"]));
        assert_ne!(request_id(&["a", "b"]), request_id(&["ab"]));
        assert_ne!(request_id(&["a", "b"]), request_id(&["b", "a"]));
    }
}
