//! Deals go with accounts that are merged, and back when that is undone.

use keynode_proto::accounts::v1::decision_maps_service_client::DecisionMapsServiceClient;
use keynode_proto::accounts::v1::{CreateDecisionMapRequest, GetDecisionMapRequest};
use keynode_proto::pipeline::v1::*;

use crate::market::{Market, with};
use crate::world::*;

/// Creates a deal, again as long as its account is being merged.
async fn persist(client: &mut Opportunities, deal: Opportunity) -> Opportunity {
    for _ in 0..1000 {
        let request = CreateOpportunityRequest {
            opportunity: Some(deal.clone()),
            ..Default::default()
        };
        match client.create_opportunity(request).await {
            Ok(answer) => return answer.into_inner().opportunity.unwrap(),
            refused => assert_eq!(reason(refused), "CONFLICT"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("still merged")
}

impl Market {
    async fn two_accounts(&self) -> (String, String) {
        (
            self.account(&self.admin).await,
            self.account(&self.admin).await,
        )
    }

    /// The account of a deal's decision map.
    async fn map_account(&self, deal: &str) -> String {
        let request = GetDecisionMapRequest {
            name: format!("{deal}/decisionMap"),
        };
        let mut maps = DecisionMapsServiceClient::new(self.world.server.connect(&self.admin));
        let answer = maps.get_decision_map(request).await.unwrap();
        answer.into_inner().decision_map.unwrap().account
    }

    async fn map(&self, deal: &str, account: &str) {
        let request = CreateDecisionMapRequest {
            opportunity: deal.to_owned(),
            account: account.to_owned(),
            ..Default::default()
        };
        let mut maps = DecisionMapsServiceClient::new(self.world.server.connect(&self.admin));
        maps.create_decision_map(request).await.unwrap();
    }
}

#[tokio::test]
async fn deals_of_a_merged_account_are_the_survivors_until_it_is_undone() {
    let market = Market::new().await;
    let (survivor, loser) = market.two_accounts().await;
    let mut client = market.world.manager();
    let before = create(&mut client, with(&loser)).await;
    let untouched = create(&mut client, with(&survivor)).await;
    market.map(&before.name, &loser).await;
    let _replicas = (market.react(), market.react());
    let merge = market.merge(&survivor, &loser).await;
    let cause = market.newest("AccountsMerged").await;
    let after = market
        .until(&before.name, |deal| deal.account == survivor)
        .await;
    assert_eq!(market.map_account(&before.name).await, survivor);
    let told = market.told(&before.name).await;
    assert_eq!(told.len(), 2);
    assert_eq!(
        (told[1].actor.as_str(), &told[1].cause),
        ("services/pipeline", &cause)
    );
    assert_eq!(told[1].change.before.as_ref(), Some(&before));
    assert_eq!(told[1].change.after.as_ref(), Some(&after));
    let request = ListOpportunitiesRequest {
        account: loser.clone(),
        ..Default::default()
    };
    let listed = client.list_opportunities(request).await.unwrap();
    let listed = listed.into_inner().opportunities;
    assert_eq!(listed, [after, untouched.clone()], "its name leads on");
    market.undo(&merge).await;
    let back = market
        .until(&before.name, |deal| deal.account == loser)
        .await;
    assert_eq!((back.etag.as_str(), back.product), ("3", before.product));
    assert_eq!(market.map_account(&before.name).await, loser);
    market.caught_up().await;
    assert_eq!(market.read(&untouched.name).await, untouched);
}

#[tokio::test]
async fn a_deal_that_was_given_another_account_stays_there() {
    let market = Market::new().await;
    let (survivor, loser) = market.two_accounts().await;
    let third = market.account(&market.admin).await;
    let mut client = market.world.manager();
    let moved_on = create(&mut client, with(&loser)).await;
    let changed = create(&mut client, with(&loser)).await;
    let _replica = market.react();
    let merge = market.merge(&survivor, &loser).await;
    let is_there = |deal: &Opportunity| deal.account == survivor;
    market.until(&moved_on.name, is_there).await;
    let elsewhere = Opportunity {
        name: moved_on.name.clone(),
        account: third.clone(),
        ..Opportunity::default()
    };
    update(&mut client, elsewhere, &["account"]).await.unwrap();
    let otherwise = Opportunity {
        name: changed.name.clone(),
        product: "阀门".to_owned(),
        ..Opportunity::default()
    };
    update(&mut client, otherwise, &["product"]).await.unwrap();
    let added = create(&mut client, with(&loser)).await;
    assert_eq!(added.account, survivor);
    market.undo(&merge).await;
    let back = market
        .until(&changed.name, |deal| deal.account == loser)
        .await;
    assert_eq!(back.product, "阀门", "what was said of it since is kept");
    market.caught_up().await;
    assert_eq!(market.read(&moved_on.name).await.account, third);
    assert_eq!(market.read(&added.name).await.account, survivor);
}

#[tokio::test]
async fn accounts_merged_twice_lead_on_and_back_step_by_step() {
    let market = Market::new().await;
    let (second, first) = market.two_accounts().await;
    let last = market.account(&market.admin).await;
    let mut client = market.world.manager();
    let deal = create(&mut client, with(&first)).await.name;
    let merge = market.merge(&second, &first).await;
    let further = market.merge(&last, &second).await;
    let _replica = market.react();
    market.until(&deal, |deal| deal.account == last).await;
    assert_eq!(create(&mut client, with(&first)).await.account, last);
    market.undo(&further).await;
    market.until(&deal, |deal| deal.account == second).await;
    market.undo(&merge).await;
    market.until(&deal, |deal| deal.account == first).await;
    market.caught_up().await;
    assert_eq!(create(&mut client, with(&first)).await.account, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deal_that_comes_while_accounts_are_merged_is_not_left_behind() {
    let market = Market::new().await;
    let (survivor, loser) = market.two_accounts().await;
    let _replica = market.react();
    let writers: Vec<_> = (0..6)
        .map(|_| {
            let (mut client, loser) = (market.world.manager(), loser.clone());
            tokio::spawn(async move {
                let mut names = Vec::new();
                for _ in 0..10 {
                    names.push(persist(&mut client, with(&loser)).await.name);
                }
                names
            })
        })
        .collect();
    market.merge(&survivor, &loser).await;
    for writer in writers {
        for name in writer.await.unwrap() {
            market.until(&name, |deal| deal.account == survivor).await;
        }
    }
}

#[tokio::test]
async fn an_account_that_was_just_taken_apart_is_not_taken_for_its_survivor() {
    let market = Market::new().await;
    let (survivor, loser) = market.two_accounts().await;
    let replica = market.react();
    let merge = market.merge(&survivor, &loser).await;
    market.caught_up().await;
    let mut client = market.world.manager();
    assert_eq!(create(&mut client, with(&loser)).await.account, survivor);
    // Nobody follows the log while the merge is undone.
    drop(replica);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    market.undo(&merge).await;
    let request = CreateOpportunityRequest {
        opportunity: Some(with(&loser)),
        ..Default::default()
    };
    assert_eq!(reason(client.create_opportunity(request).await), "CONFLICT");
    let other = create(&mut client, with(&survivor)).await;
    let given = Opportunity {
        name: other.name.clone(),
        account: loser.clone(),
        ..Opportunity::default()
    };
    assert_eq!(
        reason(update(&mut client, given, &["account"]).await),
        "CONFLICT"
    );
    let _replica = market.react();
    assert_eq!(persist(&mut client, with(&loser)).await.account, loser);
}
