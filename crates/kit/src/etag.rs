//! Guards an update against a change that its author has not seen (AIP-154).

use crate::error::Fault;

/// Passes when the caller sent no etag or the one of the stored version.
///
/// # Errors
/// `ETAG_MISMATCH`, naming the resource.
pub fn check(resource: &str, sent: &str, version: i64) -> Result<(), Fault> {
    match sent.is_empty() || sent == version.to_string() {
        true => Ok(()),
        false => Err(Fault::etag_mismatch(resource)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_version_or_none_passes() {
        assert!(check("people/1", "", 7).is_ok());
        assert!(check("people/1", "7", 7).is_ok());
        for foreign in ["6", "07", "\"7\"", "seven"] {
            assert_eq!(
                check("people/1", foreign, 7).unwrap_err().reason(),
                "ETAG_MISMATCH"
            );
        }
    }
}
