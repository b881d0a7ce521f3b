//! What stands in the log of events.

use super::World;

impl World {
    /// How many events the log has of a type, e.g. `OpportunityChanged`.
    pub async fn events(&self, r#type: &str) -> i64 {
        let mut connection = self.superuser().await;
        let sql = "select count(*) from events.log where type = $1";
        let full = format!("keynode.pipeline.v1.{type}");
        sqlx::query_scalar(sql)
            .bind(full)
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }

    /// Subject and data of the newest event of a type.
    pub async fn last_event(&self, r#type: &str) -> (String, Vec<u8>) {
        let mut connection = self.superuser().await;
        let sql = "select subject, data from events.log where type = $1
                   order by transaction_id desc, position desc limit 1";
        let full = format!("keynode.pipeline.v1.{type}");
        sqlx::query_as(sql)
            .bind(full)
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }

    /// The versions of a subject in the order of the log.
    pub async fn sequences(&self, subject: &str) -> Vec<i64> {
        let mut connection = self.superuser().await;
        let sql =
            "select sequence from events.log where subject = $1 order by transaction_id, position";
        sqlx::query_scalar(sql)
            .bind(subject)
            .fetch_all(&mut connection)
            .await
            .unwrap()
    }
}
