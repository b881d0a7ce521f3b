//! Whether each service of this process can do its work.

use std::time::Duration;

use keynode_kit::db::Db;
use keynode_kit::ops::Readiness;
use tokio_util::sync::CancellationToken;

/// While the database is awaited, and while all is well.
const EAGER: Duration = Duration::from_millis(10);
const CALM: Duration = Duration::from_secs(2);

/// Looks at the service's database again and again and says whether it serves.
pub async fn watch(db: Db, service: &'static str, readiness: Readiness, stop: CancellationToken) {
    let mut pause = EAGER;
    loop {
        match db.check(service).await {
            Ok(()) => {
                readiness.set(service, true, "");
                pause = CALM;
            }
            Err(fault) => {
                readiness.set(service, false, fault.message());
                pause = (pause * 2).clamp(EAGER, CALM);
            }
        }
        db.observe();
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
