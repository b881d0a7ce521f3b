//! The pool when the network to Postgres goes silent: no FIN, no RST, nothing.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use keynode_kit::db::{Db, PoolSettings};
use keynode_kit::migrate::{self, RolePassword};
use keynode_kit::testing;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const PASSWORD: &str = "of-a-test";

/// Passes bytes on, until the connections of an epoch are silenced for ever.
struct Proxy {
    address: SocketAddr,
    epoch: watch::Sender<u64>,
}

impl Proxy {
    async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (epoch, silenced) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(target).await.unwrap();
                let born = *silenced.borrow();
                tokio::spawn(pass(near, far, silenced.clone(), born));
            }
        });
        Self { address, epoch }
    }

    /// Connections of now never pass a byte again; new ones work.
    fn silence(&self) {
        self.epoch.send_modify(|epoch| *epoch += 1);
    }
}

async fn pass(near: TcpStream, far: TcpStream, mut silenced: watch::Receiver<u64>, born: u64) {
    let (mut near_in, mut near_out) = near.into_split();
    let (mut far_in, mut far_out) = far.into_split();
    let (mut a, mut b) = ([0; 8192], [0; 8192]);
    loop {
        tokio::select! {
            biased;
            () = silence(&mut silenced, born) => break,
            read = near_in.read(&mut a) => match read {
                Ok(n @ 1..) => far_out.write_all(a.get(..n).unwrap()).await.unwrap(),
                _ => return,
            },
            read = far_in.read(&mut b) => match read {
                Ok(n @ 1..) => near_out.write_all(b.get(..n).unwrap()).await.unwrap(),
                _ => return,
            },
        }
    }
    // Both sockets stay open and say nothing.
    let _held: Arc<_> = Arc::new((near_in, near_out, far_in, far_out));
    std::future::pending::<()>().await;
}

/// Ends when connections of this epoch are silenced.
async fn silence(silenced: &mut watch::Receiver<u64>, born: u64) {
    let _ = silenced.wait_for(|epoch| *epoch != born).await;
}

async fn migrated(url: &str) {
    let passwords = migrate::SERVICES.map(|service| RolePassword {
        service,
        password: Some(PASSWORD.to_owned().into()),
    });
    migrate::run(&url.parse().unwrap(), &passwords, &[])
        .await
        .unwrap();
}

#[tokio::test]
async fn silent_connections_leave_the_pool_and_it_serves_again() {
    let database = testing::database("silent", migrated).await;
    let options: PgConnectOptions = database
        .url_for("keynode_accounts", PASSWORD)
        .parse()
        .unwrap();
    let target = format!("{}:{}", options.get_host(), options.get_port());
    let proxy = Proxy::to(target.parse().unwrap()).await;
    let settings = PoolSettings {
        max_connections: 1,
        acquire_timeout: Duration::from_secs(2),
        transaction_timeout: Duration::from_secs(2),
    };
    let db = Db::new(
        options.host("127.0.0.1").port(proxy.address.port()),
        &settings,
    );
    db.check("events").await.unwrap();
    for _ in 0..6 {
        proxy.silence();
        // Noticed by this check, or when the connection was given back before it.
        if let Err(refused) = db.check("events").await {
            assert_eq!(refused.reason(), "UNAVAILABLE");
        }
        db.check("events").await.unwrap();
    }
    proxy.silence();
    tokio::time::timeout(Duration::from_secs(10), db.close())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_database_that_is_not_as_needed_says_so_and_blames_nobody() {
    let database = testing::database("silent", migrated).await;
    let sound: PgConnectOptions = database
        .url_for("keynode_accounts", PASSWORD)
        .parse()
        .unwrap();
    for wrong in [
        sound.clone().password("wrong"),
        sound.clone().database("nowhere"),
    ] {
        let refused = Db::new(wrong, &PoolSettings::default())
            .check("events")
            .await
            .unwrap_err();
        assert_eq!(refused.reason(), "UNAVAILABLE", "{refused}");
    }
    let refused = Db::new(sound, &PoolSettings::default())
        .check("no_such_schema")
        .await
        .unwrap_err();
    assert!(refused.message().contains("keynode migrate"), "{refused}");
}
