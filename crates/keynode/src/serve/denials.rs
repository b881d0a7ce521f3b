//! The log of denials: written aside, so that a refusal costs its caller nothing more, and
//! bounded, so that a flood of refusals cannot become a flood of rows.

use std::sync::Arc;
use std::time::Duration;

use keynode_kit::auth::Denial;
use keynode_kit::db::Db;
use keynode_kit::denial;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Denials that wait to be written; more are counted and dropped.
const WAITING: usize = 256;
/// Between two rows at least: at most a hundred a second.
const PACE: Duration = Duration::from_millis(10);

/// A hook that logs denials of known callers to the database.
pub fn log_to(
    db: Db,
    background: &TaskTracker,
    stop: CancellationToken,
) -> Arc<dyn Fn(Denial) + Send + Sync> {
    let (sender, mut receiver) = mpsc::channel::<Denial>(WAITING);
    background.spawn(async move {
        loop {
            let denial = tokio::select! {
                denial = receiver.recv() => denial,
                () = stop.cancelled() => receiver.try_recv().ok(),
            };
            let Some(denial) = denial else { return };
            if let Err(fault) = denial::write(&db, &denial).await {
                tracing::warn!(%fault, "a denial could not be logged");
            }
            tokio::time::sleep(PACE).await;
        }
    });
    Arc::new(move |denial| {
        if denial.tenant.is_some() && sender.try_send(denial).is_err() {
            metrics::counter!("keynode_denials_dropped_total").increment(1);
        }
    })
}
