//! Migrations of databases that share a cluster.

use keynode_kit::migrate;
use keynode_kit::migrate::RolePassword;
use keynode_kit::testing;

use crate::world::PASSWORD;

#[tokio::test]
async fn databases_of_one_cluster_are_migrated_at_the_same_time() {
    let databases =
        futures_util::future::join_all((0..6).map(|_| testing::database("empty", async |_| {})))
            .await;
    let migrations = databases.iter().map(async |database| {
        let passwords = migrate::SERVICES.map(|service| RolePassword {
            service,
            password: Some(PASSWORD.to_owned().into()),
        });
        migrate::run(&database.superuser_url.parse().unwrap(), &passwords, &[]).await
    });
    for migrated in futures_util::future::join_all(migrations).await {
        migrated.unwrap();
    }
}
