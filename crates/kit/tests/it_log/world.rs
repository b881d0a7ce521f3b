//! A database of a test, one service's view of it, and what several tests do with it.

use keynode_kit::call::Call;
use keynode_kit::call::Principal;
use keynode_kit::call::TenantId;
use keynode_kit::call::Visibility;
use keynode_kit::clock::Clock;
use keynode_kit::db::Db;
use keynode_kit::db::PoolSettings;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::log;
use keynode_kit::log::Cursor;
use keynode_kit::log::Entry;
use keynode_kit::log::Origin;
use keynode_kit::migrate;
use keynode_kit::migrate::RolePassword;
use keynode_kit::mutation::Writer;
use keynode_kit::testing;
use keynode_kit::testing::TestDatabase;
use keynode_proto::accounts::v1::TeamChanged;
use std::time::Duration;

pub const PASSWORD: &str = "of-a-test";

pub struct World {
    pub database: TestDatabase,
    pub db: Db,
    pub tenant: TenantId,
}

pub async fn world() -> World {
    let database = testing::database("log", async |url| {
        let passwords = migrate::SERVICES.map(|service| RolePassword {
            service,
            password: Some(PASSWORD.to_owned().into()),
        });
        migrate::run(&url.parse().unwrap(), &passwords, &[])
            .await
            .unwrap();
    })
    .await;
    let db = Db::new(
        database
            .url_for("keynode_notification", PASSWORD)
            .parse()
            .unwrap(),
        &PoolSettings::default(),
    );
    World {
        database,
        db,
        tenant: testing::tenant(),
    }
}

pub fn origin(tenant: TenantId) -> Origin {
    Origin {
        tenant,
        service: "notification",
        actor: "people/test".into(),
        cause: String::new(),
        trace_id: String::new(),
        occurred_at: Clock::system().now(),
    }
}

pub fn call(tenant: TenantId) -> Call {
    Call {
        principal: Principal {
            tenant: Some(tenant),
            subject: "people/test".into(),
            person: None,
            team: None,
            roles: vec![],
            scopes: vec![],
            visibility: Visibility::All,
        },
        method: "/test/CreateTeam".into(),
        now: Clock::system().now(),
        deadline: None,
        trace_id: String::new(),
        authorization: None,
        reveals: false,
        rights: Default::default(),
    }
}

pub async fn append(tx: &mut Tx, tenant: TenantId, subject: &str) -> Result<(), sqlx::Error> {
    let mut writer = Writer::new(tx, Clock::system());
    writer.record(subject, 1, &TeamChanged::default());
    writer.append(&origin(tenant)).await
}

pub async fn count(db: &Db, tenant: TenantId) -> i64 {
    let mut tx = db.begin(tenant).await.unwrap();
    sqlx::query_scalar("select count(*) from events.log")
        .fetch_one(&mut *tx)
        .await
        .unwrap()
}

/// Reads on until `expected` events came or ten seconds passed: other tests' transactions
/// in the same cluster hold what is settled back, too.
pub async fn read_settled(w: &World, expected: usize) -> Vec<Entry> {
    let (mut seen, mut cursor) = (Vec::new(), Cursor::default());
    for _ in 0..1000 {
        let mut tx = w.db.begin(w.tenant).await.unwrap();
        let (entries, _) = log::read_tenant(&mut tx, cursor, &[], &[], 7, i64::MAX)
            .await
            .unwrap();
        tx.finish(Ok::<_, Fault>(())).await.unwrap();
        if let Some(last) = entries.last() {
            cursor = last.cursor;
        } else {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        seen.extend(entries);
        if seen.len() >= expected {
            break;
        }
    }
    seen
}
