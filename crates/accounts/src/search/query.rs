//! What was typed, and in which ways a name may fit it.

use keynode_kit::call::TenantId;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::SearchRank;

use super::entry::{Kind, asked};
use crate::error::Error;
use crate::matching::fold::compact;

const DEFAULT_RESULTS: i64 = 20;
const MAX_RESULTS: i32 = 200;

/// A search that is well-formed.
#[derive(Clone, Debug)]
pub struct Query {
    /// Folded, without blanks.
    pub typed: String,
    pub results: i64,
    /// Numbers of the pieces that a name must have to contain it.
    pub pieces: Vec<i32>,
}

impl Query {
    pub fn read(
        tenant: TenantId,
        kind: Kind,
        query: &str,
        max_results: i32,
    ) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let text = bad.required_text("query", query, 100);
        let typed = compact(&text);
        if typed.is_empty() && !text.is_empty() {
            bad.add("query", "must have a letter or a digit");
        }
        if max_results < 0 {
            bad.add("max_results", "must not be negative; 0 means the default");
        }
        bad.finish()?;
        Ok(Self {
            pieces: asked(tenant, kind, &typed),
            typed,
            results: match max_results {
                0 => DEFAULT_RESULTS,
                most => most.min(MAX_RESULTS).into(),
            },
        })
    }

    /// The first text behind all that begin with what was typed.
    pub fn end(&self) -> String {
        format!("{}{}", self.typed, char::MAX)
    }

    /// How a folded name fits, if it does.
    pub fn rank(&self, name: &str, initials: &str, pinyin: &str) -> Option<SearchRank> {
        let typed = self.typed.as_str();
        let fits = [
            (SearchRank::Exact, name == typed),
            (SearchRank::Prefix, name.starts_with(typed)),
            (SearchRank::Substring, name.contains(typed)),
            (SearchRank::Initials, initials.starts_with(typed)),
            (SearchRank::Pinyin, pinyin.starts_with(typed)),
        ];
        fits.into_iter()
            .find_map(|(rank, fits)| fits.then_some(rank))
    }

    pub fn is_one_character(&self) -> bool {
        self.typed.chars().nth(1).is_none()
    }

    /// Whether it can be Pinyin: Chinese itself is never read.
    pub fn may_be_pinyin(&self) -> bool {
        self.typed.chars().any(|c| c.is_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_way_to_fit_counts() {
        let tenant = TenantId(uuid::Uuid::nil());
        let rank = |query: &str, name: &str| {
            let query = Query::read(tenant, Kind::Account, query, 0).unwrap();
            let reading = super::super::pinyin::read(name).remove(0);
            query.rank(name, &reading.initials, &reading.whole)
        };
        assert_eq!(rank("上海 机场", "上海机场"), Some(SearchRank::Exact));
        assert_eq!(rank("上海", "上海机场"), Some(SearchRank::Prefix));
        assert_eq!(rank("机场", "上海机场"), Some(SearchRank::Substring));
        assert_eq!(rank("SHJ", "上海机场"), Some(SearchRank::Initials));
        assert_eq!(rank("shanghaiji", "上海机场"), Some(SearchRank::Pinyin));
        assert_eq!(rank("北京", "上海机场"), None);
    }

    #[test]
    fn what_has_no_letter_is_refused() {
        let tenant = TenantId(uuid::Uuid::nil());
        assert!(Query::read(tenant, Kind::Account, " *** ", 0).is_err());
        assert!(Query::read(tenant, Kind::Account, "", -1).is_err());
    }
}
