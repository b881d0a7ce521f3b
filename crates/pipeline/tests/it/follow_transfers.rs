//! Open deals go where the records of a leaver go.

use keynode_kit::testing::Caller;
use keynode_proto::accounts::v1::territories_service_client::TerritoriesServiceClient;
use keynode_proto::accounts::v1::{CreateTerritoryRequest, Territory};
use keynode_proto::pipeline::v1::opportunity_row_result::Result as RowResult;
use keynode_proto::pipeline::v1::*;

use crate::market::{Market, id, with};
use crate::world::*;

impl Market {
    async fn deal(&self, owner: &Caller, account: &str) -> Opportunity {
        let deal = Opportunity {
            owner: owner.person_name(),
            ..with(account)
        };
        create(&mut self.world.manager(), deal).await
    }

    /// A deal that was lost before it came here.
    async fn lost(&self, owner: &Caller, account: &str) -> String {
        let opportunity = Opportunity {
            owner: owner.person_name(),
            external_key: key("lost"),
            ..with(account)
        };
        let row = OpportunityRow {
            opportunity: Some(opportunity),
            status: OpportunityStatus::Lost.into(),
            close_time: Some(prost_types::Timestamp {
                seconds: 1_780_000_000,
                nanos: 0,
            }),
            ..Default::default()
        };
        let results = upsert(&mut self.world.importer(), vec![row]).await.unwrap();
        let RowResult::Created(name) = &results[0] else {
            panic!("not created: {results:?}")
        };
        name.clone()
    }
}

#[tokio::test]
async fn open_deals_go_to_the_heir_once_and_closed_ones_stay() {
    let market = Market::new().await;
    let team = market.team().await;
    let (leaver, heir) = (market.seller("").await, market.seller(&team).await);
    let account = market.account(&leaver).await;
    let other = market.account(&market.admin).await;
    let deals = [
        market.deal(&leaver, &account).await,
        market.deal(&leaver, &other).await,
        market.deal(&leaver, "").await,
    ];
    let lost = market.lost(&leaver, &account).await;
    let not_his = market.deal(&market.admin, &account).await;
    let _replicas = (market.react(), market.react());
    market
        .transfer(&market.admin, &leaver, &heir.person_name())
        .await;
    let cause = market.newest("RecordsTransferred").await;
    for before in &deals {
        let after = market
            .until(&before.name, |deal| deal.owner == heir.person_name())
            .await;
        assert_eq!((&after.team, after.etag.as_str()), (&team, "2"));
        let told = market.told(&before.name).await;
        assert_eq!(told.len(), 2, "each event takes effect once");
        assert_eq!(
            (told[1].actor.as_str(), &told[1].cause),
            ("services/pipeline", &cause)
        );
        assert_eq!(told[1].change.before.as_ref(), Some(before));
        assert_eq!(told[1].change.after.as_ref(), Some(&after));
        let mut seen = market.world.opportunities(&heir);
        assert!(get(&mut seen, &before.name).await.is_ok());
        let mut unseen = market.world.opportunities(&leaver);
        assert_eq!(
            reason(get(&mut unseen, &before.name).await),
            "OPPORTUNITY_NOT_FOUND"
        );
    }
    market.caught_up().await;
    assert_eq!(market.read(&lost).await.owner, leaver.person_name());
    assert_eq!(market.read(&not_his.name).await, not_his);
}

#[tokio::test]
async fn a_transfer_while_nobody_follows_takes_effect_later() {
    let market = Market::new().await;
    let (leaver, heir) = (market.seller("").await, market.seller("").await);
    let account = market.account(&leaver).await;
    let first = market.deal(&leaver, &account).await;
    let replica = market.react();
    market
        .transfer(&market.admin, &leaver, &heir.person_name())
        .await;
    let given = |deal: &Opportunity| deal.owner == heir.person_name();
    market.until(&first.name, given).await;
    drop(replica);
    let second = market.deal(&leaver, "").await;
    market
        .transfer(&market.admin, &leaver, &heir.person_name())
        .await;
    let since = market.deal(&leaver, "").await;
    let _replica = market.react();
    market.until(&second.name, given).await;
    market.caught_up().await;
    assert_eq!(
        market.read(&since.name).await,
        since,
        "opened after the transfer"
    );
    assert_eq!(market.told(&first.name).await.len(), 2);
}

#[tokio::test]
async fn where_the_territories_decide_deals_go_with_their_account() {
    let market = Market::new().await;
    let team = market.team().await;
    let (leaver, owner) = (market.seller("").await, market.seller("").await);
    let account = market.account(&leaver).await;
    let territory = Territory {
        display_name: "西北".to_owned(),
        team: team.clone(),
        owner: owner.person_name(),
        accounts: vec![account.clone()],
        ..Territory::default()
    };
    let request = CreateTerritoryRequest {
        territory: Some(territory),
        ..Default::default()
    };
    let mut territories = TerritoriesServiceClient::new(market.world.server.connect(&market.admin));
    territories.create_territory(request).await.unwrap();
    let goes = market.deal(&leaver, &account).await;
    let stays = market.deal(&leaver, "").await;
    let _replica = market.react();
    market.transfer(&market.admin, &leaver, "").await;
    let after = market
        .until(&goes.name, |deal| deal.owner == owner.person_name())
        .await;
    assert_eq!(after.team, team);
    market.caught_up().await;
    assert_eq!(market.read(&stays.name).await, stays);
}

#[tokio::test]
async fn nobody_gives_away_deals_that_they_do_not_see() {
    let market = Market::new().await;
    let team = market.team().await;
    let (leaver, heir) = (market.seller(&team).await, market.seller(&team).await);
    let manager = Caller::person(market.world.tenant, "sales_manager").in_team(id(&team));
    let in_team = Opportunity {
        owner: leaver.person_name(),
        team: team.clone(),
        ..with("")
    };
    let seen = create(&mut market.world.manager(), in_team).await;
    let elsewhere = Opportunity {
        owner: leaver.person_name(),
        team: market.team().await,
        ..with("")
    };
    let unseen = create(&mut market.world.manager(), elsewhere).await;
    let _replica = market.react();
    market
        .transfer(&manager, &leaver, &heir.person_name())
        .await;
    market
        .until(&seen.name, |deal| deal.owner == heir.person_name())
        .await;
    market.caught_up().await;
    assert_eq!(market.read(&unseen.name).await, unseen);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_deals_that_are_given_away_leave_the_log_in_order() {
    let market = Market::new().await;
    let (a, b) = (market.seller("").await, market.seller("").await);
    let deal = market.deal(&a, "").await;
    let _replica = market.react();
    let (mut client, name) = (market.world.manager(), deal.name.clone());
    let writer = tokio::spawn(async move {
        for n in 0..60 {
            let news = Opportunity {
                name: name.clone(),
                product: format!("product {n}"),
                ..Opportunity::default()
            };
            update(&mut client, news, &["product"]).await.unwrap();
        }
    });
    for (from, to) in [(&a, &b), (&b, &a), (&a, &b)] {
        market
            .transfer(&market.admin, from, &to.person_name())
            .await;
        market
            .until(&deal.name, |deal| deal.owner == to.person_name())
            .await;
    }
    writer.await.unwrap();
    let expected: Vec<i64> = (1..=64).collect();
    assert_eq!(market.world.sequences(&deal.name).await, expected);
}
