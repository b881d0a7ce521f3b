//! The log is read without holes, where reading by position alone has them.

use keynode_kit::call::TenantId;
use keynode_kit::db::Db;
use keynode_kit::error::Fault;
use keynode_kit::log;
use keynode_kit::log::Cursor;

use crate::world::{append, count, read_settled, world};

/// What a reader by position alone would do: the negative control.
async fn read_by_position(db: &Db, tenant: TenantId, after: i64) -> Vec<(i64, String)> {
    let mut tx = db.begin(tenant).await.unwrap();
    sqlx::query_as("select position, subject from events.log where position > $1 order by position")
        .bind(after)
        .fetch_all(&mut *tx)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_late_commit_is_not_skipped_though_reading_by_position_skips_it() {
    let w = world().await;
    let mut late = w.db.begin(w.tenant).await.unwrap();
    append(&mut late, w.tenant, "teams/late").await.unwrap();
    let mut early = w.db.begin(w.tenant).await.unwrap();
    append(&mut early, w.tenant, "teams/early").await.unwrap();
    early.finish(Ok::<_, Fault>(())).await.unwrap();

    let naive = read_by_position(&w.db, w.tenant, 0).await;
    assert_eq!(
        naive.iter().map(|(_, s)| s.as_str()).collect::<Vec<_>>(),
        ["teams/early"]
    );
    let mut reader = w.db.begin(w.tenant).await.unwrap();
    let (safe, _) = log::read_tenant(&mut reader, Cursor::default(), &[], &[], 10, i64::MAX)
        .await
        .unwrap();
    reader.finish(Ok::<_, Fault>(())).await.unwrap();
    assert!(
        safe.is_empty(),
        "nothing is told while an earlier transaction is still running"
    );

    late.finish(Ok::<_, Fault>(())).await.unwrap();
    let safe = read_settled(&w, 2).await;
    let after_naive = read_by_position(&w.db, w.tenant, naive[0].0).await;
    assert!(
        after_naive.is_empty(),
        "the negative control loses the late event for ever"
    );
    assert_eq!(
        safe.iter().map(|e| e.subject.as_str()).collect::<Vec<_>>(),
        ["teams/late", "teams/early"]
    );
}

#[tokio::test]
async fn concurrent_writers_leave_no_hole_for_a_reader_that_follows() {
    let w = world().await;
    let writers: Vec<_> = (0..6)
        .map(|n| {
            let (db, tenant) = (w.db.clone(), w.tenant);
            tokio::spawn(async move {
                for i in 0..40 {
                    let mut tx = db.begin(tenant).await.unwrap();
                    append(&mut tx, tenant, &format!("teams/{n}-{i}"))
                        .await
                        .unwrap();
                    if (n + i) % 3 == 0 {
                        tokio::task::yield_now().await;
                    }
                    let result = if i % 10 == 9 {
                        Err(Fault::tenant_required())
                    } else {
                        Ok(())
                    };
                    let _ = tx.finish(result).await;
                }
            })
        })
        .collect();
    // Reads while they write.
    let all = futures_util::future::join_all(writers);
    let (seen, written) = tokio::join!(read_settled(&w, 6 * 36), all);
    written.into_iter().for_each(|writer| writer.unwrap());
    assert_eq!(count(&w.db, w.tenant).await, 6 * 36);
    let seen: Vec<String> = seen.into_iter().map(|e| e.subject).collect();
    let unique: std::collections::HashSet<_> = seen.iter().collect();
    assert_eq!(
        (seen.len(), unique.len()),
        (6 * 36, 6 * 36),
        "each committed event once, no rolled back one"
    );
}
