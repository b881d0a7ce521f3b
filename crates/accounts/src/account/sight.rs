//! How a list of what belongs to accounts is read for a caller who does not see them all.

use keynode_kit::call::Call;
use sqlx::PgConnection;

use crate::error::Error;

/// Whoever sees at most so many accounts is answered along those, not along all records in
/// order: somebody's few records may stand at the end of millions.
const SOME: i64 = 50_000;

/// Plans the statements of this transaction for the values at hand, so that each filter
/// finds its index: one plan for all values would read everything in order.
pub async fn plan_for_values(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("set local plan_cache_mode = force_custom_plan")
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether the caller sees some accounts only.
pub async fn is_of_some(connection: &mut PgConnection, call: &Call) -> Result<bool, Error> {
    let (all, me, teams) = call.visibility_parameters();
    if all {
        return Ok(false);
    }
    let seen = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
             (select from accounts.account where owner_id = $1 limit $3)
             union all
             (select from accounts.account where team_id = any($2) limit $3)
           ) as mine"#,
        me,
        &teams,
        SOME + 1,
    )
    .fetch_one(connection)
    .await?;
    Ok(seen <= SOME)
}
