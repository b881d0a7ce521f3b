//! Pages of lists that are ordered by a day.

use jiff::civil::Date;
use uuid::Uuid;

use super::{BINDING_BYTES, bad_token, bind, encoded, opened, read_size};
use crate::error::Fault;

/// A day as ten characters, e.g. `2026-07-01`.
const DAY_BYTES: usize = 10;

/// One page of a list whose rows are ordered by a day and, on one day, by a UUIDv7.
#[derive(Debug)]
pub struct DatedPage {
    size: usize,
    /// Rows after this one; none on the first page.
    pub after: Option<(Date, Uuid)>,
    binding: [u8; BINDING_BYTES],
}

impl DatedPage {
    /// As [`super::Page::open`].
    ///
    /// # Errors
    /// `INVALID_REQUEST` for a negative size, `PAGE_TOKEN_INVALID` for a foreign token.
    pub fn open(size: i32, token: &str, arguments: &[&str]) -> Result<Self, Fault> {
        let size = read_size(size)?;
        let binding = bind(arguments);
        let after = match token {
            "" => None,
            token => Some(read(token, binding).ok_or_else(bad_token)?),
        };
        Ok(Self {
            size,
            after,
            binding,
        })
    }

    /// How many rows to fetch: one more than the page, to know whether another follows.
    pub fn fetch(&self) -> i64 {
        self.size as i64 + 1
    }

    /// Cuts what was fetched to the page and makes the next token from the last row's key.
    pub fn close<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> (Date, Uuid)) -> (Vec<T>, String) {
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        let token = match rows.last().map(key) {
            Some((day, id)) if more => {
                let day = day.to_string();
                encoded(self.binding, &[day.as_bytes(), id.as_bytes()].concat())
            }
            _ => String::new(),
        };
        (rows, token)
    }
}

fn read(token: &str, binding: [u8; BINDING_BYTES]) -> Option<(Date, Uuid)> {
    let key = opened(token, binding)?;
    let (day, id) = key.split_at_checked(DAY_BYTES)?;
    let day = std::str::from_utf8(day).ok()?.parse().ok()?;
    Some((day, Uuid::from_slice(id).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_to_the_next_day_of_the_same_list_only() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let rows = [
            (day("2026-07-01"), Uuid::from_u128(9)),
            (day("2026-07-02"), Uuid::from_u128(1)),
            (day("9999-12-31"), Uuid::from_u128(2)),
        ];
        let page = DatedPage::open(2, "", &["list"]).unwrap();
        let (shown, token) = page.close(rows.to_vec(), |row| *row);
        assert_eq!(shown, rows[..2]);
        let next = DatedPage::open(2, &token, &["list"]).unwrap();
        assert_eq!(next.after, Some(rows[1]));
        assert_eq!(next.close(vec![rows[2]], |row| *row).1, "");
        for (token, arguments) in [(token.as_str(), "other"), ("x", "list"), ("AAAA", "list")] {
            let refused = DatedPage::open(2, token, &[arguments]).unwrap_err();
            assert_eq!(refused.reason(), "PAGE_TOKEN_INVALID");
        }
        assert_eq!(
            DatedPage::open(-1, "", &[]).unwrap_err().reason(),
            "INVALID_REQUEST"
        );
    }
}
