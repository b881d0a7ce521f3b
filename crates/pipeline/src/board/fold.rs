//! Folds what transactions appended into the cells of the board, in the background.

use std::time::Duration;

use keynode_kit::db::{Db, Tx};

use crate::error::Error;

/// Changes that are folded in one transaction.
const AT_ONCE: i32 = 5000;
/// A board is exact in between: this says only how much is added up when it is read.
const PAUSE: Duration = Duration::from_secs(1);

/// Folds for ever; any number of replicas may, one does at a time.
pub async fn fold_for_ever(db: &Db) {
    loop {
        match fold(db).await {
            Ok(folded) if folded >= AT_ONCE.into() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the board is not folded; trying again"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn fold(db: &Db) -> Result<i64, Error> {
    let fold = async |tx: &mut Tx| {
        let folded = sqlx::query_scalar!(r#"select pipeline.fold_board($1) as "folded!""#, AT_ONCE);
        Ok::<_, Error>(folded.fetch_one(&mut **tx).await?)
    };
    db.transaction_without_tenant(fold).await
}
