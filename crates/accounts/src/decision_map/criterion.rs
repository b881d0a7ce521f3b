//! Purchase criteria: by what the customer chooses, as far as the map needs it.

use keynode_proto::accounts::v1 as proto;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;

/// A map has so many at most.
pub const AT_MOST: usize = 50;

/// A row of `accounts.purchase_criterion`.
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    pub id: String,
    pub display_name: String,
    pub added_in: i64,
}

impl Criterion {
    pub fn to_proto(&self) -> proto::PurchaseCriterion {
        proto::PurchaseCriterion {
            id: self.id.clone(),
            display_name: self.display_name.clone(),
        }
    }
}

/// Whether a text may be the id of a criterion.
pub fn is_id(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// What an id has to look like, for a refusal.
pub const ID_FORM: &str = "must be 1 to 63 lower-case letters, digits and hyphens";

/// The criteria of these maps, each with its map.
pub async fn find_all(
    connection: &mut PgConnection,
    maps: &[Uuid],
) -> Result<Vec<(Uuid, Criterion)>, Error> {
    let rows = sqlx::query!(
        "select opportunity_id, id, display_name, added_in
         from accounts.purchase_criterion
         where opportunity_id = any($1) order by opportunity_id, added_in",
        maps,
    )
    .fetch_all(connection)
    .await?;
    let criterion = rows.into_iter().map(|row| {
        let criterion = Criterion {
            id: row.id,
            display_name: row.display_name,
            added_in: row.added_in,
        };
        (row.opportunity_id, criterion)
    });
    Ok(criterion.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_slug() {
        assert!(is_id("price") && is_id("2-years-of-service") && is_id(&"a".repeat(63)));
        for bad in ["", "Price", "价格", "a b", "a_b", &"a".repeat(64)] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}
