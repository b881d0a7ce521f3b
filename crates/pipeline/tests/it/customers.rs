//! Deals name accounts that are there, that the caller sees, and by their own names.

use keynode_kit::testing::{Caller, tenant};
use keynode_proto::pipeline::v1::opportunity_row_result::Result as RowResult;
use keynode_proto::pipeline::v1::*;
use tonic::Status;

use crate::batch::row_reason;
use crate::market::{Market, with};
use crate::world::*;

async fn try_create(
    client: &mut Opportunities,
    opportunity: Opportunity,
) -> Result<Opportunity, Status> {
    let request = CreateOpportunityRequest {
        opportunity: Some(opportunity),
        request_id: request_id(),
        ..Default::default()
    };
    let answer = client.create_opportunity(request).await?;
    Ok(answer.into_inner().opportunity.unwrap())
}

async fn listed(client: &mut Opportunities, account: &str) -> Vec<String> {
    let request = ListOpportunitiesRequest {
        account: account.to_owned(),
        ..Default::default()
    };
    let answer = client.list_opportunities(request).await.unwrap();
    let deals = answer.into_inner().opportunities.into_iter();
    deals.map(|deal| deal.name).collect()
}

fn nobody() -> String {
    format!("accounts/{}", uuid::Uuid::now_v7())
}

fn row_of(id: &str, account: &str) -> OpportunityRow {
    OpportunityRow {
        opportunity: Some(Opportunity {
            external_key: key(id),
            ..with(account)
        }),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_deal_names_an_account_that_is_there_and_seen() {
    let market = Market::new().await;
    let (mine, colleague) = (market.seller("").await, market.seller("").await);
    let account = market.account(&mine).await;
    let mut client = market.world.opportunities(&mine);
    let deal = try_create(&mut client, with(&account)).await.unwrap();
    assert_eq!(deal.account, account);
    let stranger = Caller::person(tenant(), "administrator");
    let stranger = market.settle(stranger).await;
    for (client, account) in [
        (&mut client, &nobody()),
        (&mut market.world.opportunities(&colleague), &account),
        (&mut market.world.opportunities(&stranger), &account),
    ] {
        let refused = try_create(client, with(account)).await;
        assert_eq!(reason(refused), "ACCOUNT_NOT_FOUND");
        let elsewhere = Opportunity {
            account: account.clone(),
            ..create(client, named("x")).await
        };
        let refused = update(client, elsewhere, &["account"]).await;
        assert_eq!(reason(refused), "ACCOUNT_NOT_FOUND");
    }
    let known = listed(&mut market.world.manager(), &account).await;
    assert_eq!(known, [deal.name], "what was refused is not stored");
}

#[tokio::test]
async fn an_account_that_stays_is_nobodys_question() {
    let market = Market::new().await;
    let (mine, other) = (market.seller("").await, market.seller("").await);
    let account = market.account(&other).await;
    let given = Opportunity {
        owner: mine.person_name(),
        ..with(&account)
    };
    let deal = create(&mut market.world.manager(), given).await;
    let mut client = market.world.opportunities(&mine);
    let changed = Opportunity {
        product: "阀门".to_owned(),
        ..deal.clone()
    };
    let after = update(&mut client, changed, &[]).await.unwrap();
    assert_eq!((after.product.as_str(), after.account), ("阀门", account));
}

#[tokio::test]
async fn the_name_of_a_merged_account_is_replaced_by_that_it_leads_to() {
    let market = Market::new().await;
    let admin = market.admin.clone();
    let (survivor, loser) = (market.account(&admin).await, market.account(&admin).await);
    market.merge(&survivor, &loser).await;
    let mut client = market.world.manager();
    let deal = create(&mut client, with(&loser)).await;
    assert_eq!(deal.account, survivor);
    let other = create(&mut client, named("x")).await;
    let moved = Opportunity {
        account: loser.clone(),
        ..other
    };
    let moved = update(&mut client, moved, &["account"]).await.unwrap();
    assert_eq!(moved.account, survivor);
    let mut importer = market.world.importer();
    let rows = || vec![row_of("1", &loser), row_of("2", &survivor)];
    let results = upsert(&mut importer, rows()).await.unwrap();
    for result in &results {
        let RowResult::Created(name) = result else {
            panic!("not created: {result:?}")
        };
        assert_eq!(market.read(name).await.account, survivor);
    }
    let again = upsert(&mut importer, rows()).await.unwrap();
    for result in &again {
        assert!(matches!(result, RowResult::Unchanged(_)), "{result:?}");
    }
}

#[tokio::test]
async fn rows_of_unknown_accounts_are_refused_one_by_one() {
    let market = Market::new().await;
    let account = market.account(&market.admin).await;
    let mut importer = market.world.importer();
    let rows = vec![
        row_of("1", &account),
        row_of("2", &nobody()),
        row_of("3", ""),
    ];
    let results = upsert(&mut importer, rows).await.unwrap();
    assert!(matches!(&results[0], RowResult::Created(_)));
    assert_eq!(row_reason(&results[1]), "ACCOUNT_NOT_FOUND");
    assert!(matches!(&results[2], RowResult::Created(_)));
    let changed = vec![row_of("1", &nobody()), row_of("3", &account)];
    let results = upsert(&mut importer, changed).await.unwrap();
    assert_eq!(row_reason(&results[0]), "ACCOUNT_NOT_FOUND");
    assert!(matches!(&results[1], RowResult::Updated(_)));
    assert_eq!(market.world.events("OpportunityChanged").await, 3);
}

#[tokio::test]
async fn without_accounts_nothing_is_stored_that_names_one() {
    let world = world().await;
    let mut client = world.manager();
    let refused = try_create(&mut client, with(&nobody())).await;
    assert_eq!(reason(refused), "UNAVAILABLE");
    let rows = vec![row_of("1", &nobody()), row_of("2", "")];
    let refused = upsert(&mut world.importer(), rows).await;
    assert_eq!(reason(refused), "UNAVAILABLE");
    assert_eq!(world.events("OpportunityChanged").await, 0);
    let deal = create(&mut client, named("x")).await;
    let named = Opportunity {
        account: nobody(),
        product: "阀门".to_owned(),
        ..deal
    };
    let refused = update(&mut client, named.clone(), &["account"]).await;
    assert_eq!(reason(refused), "UNAVAILABLE");
    let other = update(&mut client, named, &["product"]).await.unwrap();
    assert_eq!(
        (other.product.as_str(), other.account.as_str()),
        ("阀门", "")
    );
}

#[tokio::test]
async fn whoever_may_read_no_accounts_names_none() {
    let market = Market::new().await;
    let account = market.account(&market.admin).await;
    let scoped = Caller {
        scopes: vec!["pipeline"],
        ..market.admin.clone()
    };
    let mut client = market.world.opportunities(&scoped);
    let refused = try_create(&mut client, with(&account)).await;
    assert_eq!(reason(refused), "PERMISSION_DENIED");
    create(&mut client, named("x")).await;
}

#[tokio::test]
async fn a_repeat_is_answered_though_the_account_is_merged_by_then() {
    let market = Market::new().await;
    let admin = market.admin.clone();
    let (survivor, loser) = (market.account(&admin).await, market.account(&admin).await);
    let mut client = market.world.opportunities(&admin);
    let request = CreateOpportunityRequest {
        opportunity: Some(with(&loser)),
        request_id: request_id(),
        ..Default::default()
    };
    let first = client.create_opportunity(request.clone()).await.unwrap();
    market.merge(&survivor, &loser).await;
    let again = client.create_opportunity(request).await.unwrap();
    assert_eq!(again.into_inner(), first.into_inner());
}
