//! Long-lived secrets of people and programs.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::call::TenantId;

/// What every key begins with, so that scanners for leaked secrets find them.
pub(super) const PREFIX: &str = "knk_";

const RANDOM_BYTES: usize = 32;

/// A key as its owner holds it: `knk_<tenant><key id>_<256 random bits>`. The ids say
/// where to look; only the whole string proves anything.
#[derive(Clone, Debug)]
pub struct ApiKey {
    tenant: TenantId,
    id: Uuid,
    secret: SecretString,
}

/// What is kept of a key: SHA-256 of the whole string. A slow hash would protect
/// nothing, as 256 random bits cannot be guessed.
#[derive(Clone, Copy)]
pub struct ApiKeyHash([u8; 32]);

impl ApiKey {
    /// A new key and the hash to keep of it.
    pub fn generate(tenant: TenantId, id: Uuid) -> (Self, ApiKeyHash) {
        let random = URL_SAFE_NO_PAD.encode(rand::random::<[u8; RANDOM_BYTES]>());
        let secret = format!("{PREFIX}{}{}_{random}", tenant.0.simple(), id.simple());
        let key = Self {
            tenant,
            id,
            secret: secret.into(),
        };
        let hash = key.hash();
        (key, hash)
    }

    /// A key as it was sent; none when it does not have the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let (ids, random) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let (tenant, id) = ids.split_at_checked(32)?;
        let bytes = URL_SAFE_NO_PAD.decode(random).ok()?;
        let (tenant, id) = (simple(tenant)?, simple(id)?);
        (bytes.len() == RANDOM_BYTES).then(|| Self {
            tenant: TenantId(tenant),
            id,
            secret: text.to_owned().into(),
        })
    }

    /// The tenant that the key claims to belong to.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The id of the key's record, `apiKeys/{id}`.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The secret itself: for the answer that shows it once, and for the Directory.
    pub fn expose(&self) -> &str {
        self.secret.expose_secret()
    }

    pub fn hash(&self) -> ApiKeyHash {
        ApiKeyHash(Sha256::digest(self.expose()).into())
    }
}

/// A UUID of 32 hex digits; other spellings would give one key several forms.
fn simple(text: &str) -> Option<Uuid> {
    let canonical = text.len() == 32 && !text.contains(|c: char| c.is_ascii_uppercase());
    canonical.then(|| Uuid::try_parse(text).ok()).flatten()
}

impl ApiKeyHash {
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for ApiKeyHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for ApiKeyHash {
    type Error = std::array::TryFromSliceError;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(Self)
    }
}

/// Takes the same time whether or not the first bytes agree.
impl PartialEq for ApiKeyHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for ApiKeyHash {}

impl fmt::Debug for ApiKeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generated() -> (ApiKey, ApiKeyHash) {
        ApiKey::generate(TenantId(Uuid::now_v7()), Uuid::now_v7())
    }

    #[test]
    fn a_generated_key_is_read_back_and_has_the_same_hash() {
        let (key, hash) = generated();
        let read = ApiKey::parse(key.expose()).unwrap();
        assert_eq!((read.tenant(), read.id()), (key.tenant(), key.id()));
        assert_eq!(read.hash(), hash);
        assert_eq!(key.expose().len(), PREFIX.len() + 64 + 1 + 43);
    }

    #[test]
    fn two_keys_with_the_same_ids_differ() {
        let (tenant, id) = (TenantId(Uuid::nil()), Uuid::nil());
        assert_ne!(
            ApiKey::generate(tenant, id).1,
            ApiKey::generate(tenant, id).1
        );
    }

    #[test]
    fn a_changed_id_changes_the_hash() {
        let (key, hash) = generated();
        let other = key
            .expose()
            .replace(&key.id().simple().to_string(), &"0".repeat(32));
        assert_ne!(ApiKey::parse(&other).unwrap().hash(), hash);
    }

    #[test]
    fn other_forms_are_refused() {
        let (key, _) = generated();
        let good = key.expose();
        let short: String = good.chars().take(good.len() - 1).collect();
        let bad = [
            "",
            "knk_",
            "knk__",
            "knk_销售_密钥",
            &short,
            &good.replace("knk_", "KNK_"),
            &format!("{good}A"),
            &good.replacen(
                &key.tenant().0.simple().to_string(),
                &key.tenant().to_string(),
                1,
            ),
        ];
        for text in bad {
            assert!(ApiKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_secret_is_not_in_debug_output() {
        let (key, _) = generated();
        let random = key.expose().splitn(3, '_').nth(2).unwrap().to_owned();
        assert!(!format!("{key:?}").contains(&random));
    }
}
