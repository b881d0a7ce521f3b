//! How the database answered, told by the database itself: the plans of the statements that
//! the service really sent.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection};

use crate::world::World;

/// Tables with so many rows that no read may go through all of them.
const LARGE: [&str; 3] = ["opportunity", "opportunity_attribute", "opportunity_text"];

/// Follows what the service asks the database.
pub struct Plans {
    connection: PgConnection,
    log: String,
}

/// What the statements of one call did.
#[derive(Debug, Default)]
pub struct Plan {
    pub text: String,
}

impl Plans {
    /// From now on every statement of the service leaves its plan in the log of the server.
    pub async fn follow(world: &World) -> Self {
        let mut connection = world.superuser().await;
        let name: String = sqlx::query_scalar("select current_database()::text")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        let settings = [
            ("session_preload_libraries", "auto_explain"),
            ("auto_explain.log_min_duration", "0"),
            ("auto_explain.log_analyze", "on"),
            ("auto_explain.log_timing", "off"),
            ("auto_explain.log_nested_statements", "on"),
        ];
        let set =
            settings.map(|(key, to)| format!("alter database \"{name}\" set {key} = '{to}';"));
        sqlx::raw_sql(AssertSqlSafe(format!(
            "load 'auto_explain'; {}",
            set.concat()
        )))
        .execute(&mut connection)
        .await
        .unwrap();
        // Only new connections take these settings.
        let end = "select pg_terminate_backend(pid) from pg_stat_activity
                   where datname = current_database() and usename = 'keynode_pipeline'";
        sqlx::query(end).execute(&mut connection).await.unwrap();
        let folder: String = sqlx::query_scalar("select current_setting('data_directory')")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        Self {
            connection,
            log: format!("{folder}/../log"),
        }
    }

    async fn end_of_log(&mut self) -> i64 {
        sqlx::query_scalar("select size from pg_stat_file($1)")
            .bind(&self.log)
            .fetch_one(&mut self.connection)
            .await
            .unwrap()
    }

    /// What the database did for a call, and the answer.
    pub async fn of<T>(&mut self, call: impl Future<Output = T>) -> (Plan, T) {
        let from = self.end_of_log().await;
        let answer = call.await;
        // A statement is told after it has answered.
        tokio::time::sleep(Duration::from_millis(30)).await;
        let size = self.end_of_log().await - from;
        let log: Vec<u8> = sqlx::query_scalar("select pg_read_binary_file($1, $2, $3)")
            .bind(&self.log)
            .bind(from)
            .bind(size)
            .fetch_one(&mut self.connection)
            .await
            .unwrap();
        let processes: Vec<i32> = sqlx::query_scalar(
            "select pid from pg_stat_activity
             where datname = current_database() and usename = 'keynode_pipeline'",
        )
        .fetch_all(&mut self.connection)
        .await
        .unwrap();
        let text = String::from_utf8_lossy(&log);
        let text = of_processes(&text, &processes);
        (Plan { text }, answer)
    }
}

/// The entries of a log that these processes wrote; the lines of one begin with a tab but
/// for the first.
fn of_processes(log: &str, processes: &[i32]) -> String {
    let marks: Vec<String> = processes.iter().map(|pid| format!("[{pid}]")).collect();
    let mut is_ours = false;
    let mut kept = String::new();
    for line in log.lines() {
        if !line.starts_with('\t') {
            is_ours = marks.iter().any(|mark| line.contains(mark));
        }
        if is_ours {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

impl Plan {
    /// The nodes that read tables: `Index Scan using account_owner_idx`.
    pub fn reads(&self) -> BTreeSet<String> {
        let nodes = self.text.lines().filter(|line| line.contains("(cost="));
        nodes
            .filter(|line| line.contains(" Scan ") && !line.contains("never executed"))
            .filter_map(|line| {
                let node = line.trim().trim_start_matches("->").trim();
                let node = node.split("  (cost").next()?;
                let is_index = node.contains(" using ");
                let end = if is_index { node.find(" on ") } else { None };
                Some(node.get(..end.unwrap_or(node.len()))?.to_owned())
            })
            .filter(|node| !node.contains("Function Scan") && !node.contains("CTE Scan"))
            .collect()
    }

    /// The large tables that were gone through from end to end.
    pub fn gone_through(&self) -> Vec<&'static str> {
        let reads = self.reads();
        let scans = |table: &str| {
            reads.iter().any(|node| {
                let rest = node.split("Seq Scan on ").nth(1);
                rest.is_some_and(|rest| rest.split(' ').next() == Some(table))
            })
        };
        LARGE.into_iter().filter(|table| scans(table)).collect()
    }

    /// Rows that were looked at in vain.
    pub fn rows_removed(&self) -> u64 {
        let numbers = self.text.lines().filter_map(|line| {
            let (what, number) = line.trim().split_once(": ")?;
            what.starts_with("Rows Removed by")
                .then(|| number.parse::<f64>().unwrap() as u64)
        });
        numbers.sum()
    }
}
