//! Pages by keyset (AIP-158): no depth limit, and a token is bound to its arguments.

mod dated;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keynode_proto::common::v1::ErrorReason;
use sha2::{Digest, Sha256};
use tonic::Code;
use uuid::Uuid;

use crate::error::Fault;
use crate::validate::Violations;

pub use self::dated::DatedPage;

const DEFAULT_SIZE: i32 = 50;
const MAX_SIZE: i32 = 1000;
const BINDING_BYTES: usize = 8;
const ID_BYTES: usize = 16;

/// One page of a list whose rows are ordered by a UUIDv7.
#[derive(Debug)]
pub struct Page {
    size: usize,
    /// Rows after this one; none on the first page.
    pub after: Option<Uuid>,
    /// What that row is ordered by before its id; empty on the first page and where nothing is.
    pub after_key: String,
    binding: [u8; BINDING_BYTES],
}

impl Page {
    /// Reads `page_size` and `page_token`. `arguments` are the method and every other
    /// argument of the list: a token is good for those only.
    ///
    /// # Errors
    /// `INVALID_REQUEST` for a negative size, `PAGE_TOKEN_INVALID` for a foreign token.
    pub fn open(size: i32, token: &str, arguments: &[&str]) -> Result<Self, Fault> {
        let size = read_size(size)?;
        let binding = bind(arguments);
        let (after, after_key) = if token.is_empty() {
            (None, String::new())
        } else {
            let (id, key) = read(token, binding).ok_or_else(bad_token)?;
            (Some(id), key)
        };
        Ok(Self {
            size,
            after,
            after_key,
            binding,
        })
    }

    /// How many rows to fetch: one more than the page, to know whether another follows.
    pub fn fetch(&self) -> i64 {
        self.size as i64 + 1
    }

    /// Cuts what was fetched to the page and makes the next token from the last row's key.
    pub fn close<T>(&self, rows: Vec<T>, key: impl Fn(&T) -> Uuid) -> (Vec<T>, String) {
        self.close_keyed(rows, |row| (String::new(), key(row)))
    }

    /// The same for rows that are ordered by something else before their id. The key is text
    /// that says it exactly.
    pub fn close_keyed<T>(
        &self,
        mut rows: Vec<T>,
        key: impl Fn(&T) -> (String, Uuid),
    ) -> (Vec<T>, String) {
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        let token = match rows.last().map(key) {
            Some((key, id)) if more => self.token(&key, id),
            _ => String::new(),
        };
        (rows, token)
    }

    fn token(&self, key: &str, after: Uuid) -> String {
        encoded(self.binding, &[after.as_bytes(), key.as_bytes()].concat())
    }
}

fn read_size(size: i32) -> Result<usize, Fault> {
    let mut bad = Violations::default();
    bad.page_size(size);
    bad.finish()?;
    let size = match size {
        0 => DEFAULT_SIZE,
        size => size.min(MAX_SIZE),
    };
    Ok(size.unsigned_abs() as usize)
}

fn bind(arguments: &[&str]) -> [u8; BINDING_BYTES] {
    let mut hash = Sha256::new();
    for argument in arguments {
        hash.update((argument.len() as u64).to_be_bytes());
        hash.update(argument.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    std::array::from_fn(|i| digest[i])
}

fn read(token: &str, binding: [u8; BINDING_BYTES]) -> Option<(Uuid, String)> {
    let tail = opened(token, binding)?;
    let (id, key) = tail.split_at_checked(ID_BYTES)?;
    let key = String::from_utf8(key.to_vec()).ok()?;
    Some((Uuid::from_slice(id).ok()?, key))
}

fn encoded(binding: [u8; BINDING_BYTES], key: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode([&binding[..], key].concat())
}

/// The key in a token that was issued for these arguments.
fn opened(token: &str, binding: [u8; BINDING_BYTES]) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (head, key) = bytes.split_at_checked(BINDING_BYTES)?;
    (head == binding).then(|| key.to_vec())
}

fn bad_token() -> Fault {
    Fault::new(
        Code::InvalidArgument,
        ErrorReason::PageTokenInvalid.as_str_name(),
        "page_token was not issued for these arguments; start again without it",
    )
    .zh("分页标记无效,请从第一页重新开始")
    .field("page_token", "was not issued for these arguments")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_to_the_next_row_of_the_same_list_only() {
        let keys: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
        let page = Page::open(2, "", &["list", "owner"]).unwrap();
        let (rows, token) = page.close(keys.clone(), |k| *k);
        assert_eq!(rows, keys[..2]);
        assert_eq!(
            Page::open(2, &token, &["list", "owner"]).unwrap().after,
            Some(keys[1])
        );
        let refused = Page::open(2, &token, &["list", "other"]).unwrap_err();
        assert_eq!(refused.reason(), "PAGE_TOKEN_INVALID");
    }

    #[test]
    fn a_token_keeps_what_rows_are_ordered_by() {
        let page = Page::open(1, "", &["by amount"]).unwrap();
        let rows = vec![("12.50", Uuid::max()), ("13", Uuid::nil())];
        let (_, token) = page.close_keyed(rows, |(key, id)| ((*key).to_owned(), *id));
        let next = Page::open(1, &token, &["by amount"]).unwrap();
        assert_eq!(
            (next.after_key.as_str(), next.after),
            ("12.50", Some(Uuid::max()))
        );
        assert!(Page::open(1, &token, &["by name"]).is_err());
    }

    #[test]
    fn the_last_page_has_no_token() {
        let page = Page::open(2, "", &[]).unwrap();
        assert_eq!(page.close(vec![Uuid::nil(), Uuid::max()], |k| *k).1, "");
    }

    #[test]
    fn sizes_are_defaulted_capped_and_refused() {
        assert_eq!(Page::open(0, "", &[]).unwrap().fetch(), 51);
        assert_eq!(Page::open(5000, "", &[]).unwrap().fetch(), 1001);
        assert_eq!(
            Page::open(-1, "", &[]).unwrap_err().reason(),
            "INVALID_REQUEST"
        );
    }

    #[test]
    fn nonsense_is_no_token() {
        for token in ["x", "äöü", "AAAA", &"A".repeat(500)] {
            assert_eq!(
                Page::open(1, token, &[]).unwrap_err().reason(),
                "PAGE_TOKEN_INVALID"
            );
        }
    }
}
