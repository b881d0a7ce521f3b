use keynode_proto::accounts::v1::*;
use keynode_proto::common::v1::ExternalKey;
use keynode_proto::google::r#type::Money;

use super::world::{
    World, bad_fields, mask, metadata, nobody, reason, reason_of, refused, request_id, take,
};

pub fn creating(account: Account) -> CreateAccountRequest {
    let account = Account {
        display_name: "宁夏化工".to_owned(),
        ..account
    };
    CreateAccountRequest {
        account: Some(account),
        ..Default::default()
    }
}

pub fn updating(account: &Account, paths: &[&str]) -> UpdateAccountRequest {
    UpdateAccountRequest {
        account: Some(account.clone()),
        update_mask: mask(paths),
        ..Default::default()
    }
}

fn moving(account: &Account, parent: &str) -> UpdateAccountRequest {
    let moved = Account {
        name: account.name.clone(),
        parent: parent.to_owned(),
        ..Account::default()
    };
    updating(&moved, &["parent"])
}

pub fn key(external_id: &str) -> Option<ExternalKey> {
    Some(ExternalKey {
        source_system: "sap".to_owned(),
        external_id: external_id.to_owned(),
    })
}

#[tokio::test]
async fn an_account_is_added_read_and_changed() {
    let world = World::new().await;
    let mut accounts = world.accounts(&world.admin);
    let money = Money {
        currency_code: "CNY".to_owned(),
        units: 120_000_000,
        nanos: 500_000_000,
    };
    let sent = Account {
        industry: "chemicals".to_owned(),
        location: "Ningxia".to_owned(),
        annual_revenue: Some(money),
        employee_count: Some(0),
        external_key: key("1"),
        ..Account::default()
    };
    let made = take(accounts.create_account(creating(sent.clone())).await)
        .account
        .unwrap();
    assert_eq!(made.owner, world.admin.person_name());
    assert_eq!(
        (made.annual_revenue.clone(), made.employee_count),
        (sent.annual_revenue, Some(0))
    );
    assert_eq!(made.founded_year, None, "unknown stays unknown");
    let read = take(
        accounts
            .get_account(GetAccountRequest {
                name: made.name.clone(),
            })
            .await,
    )
    .account
    .unwrap();
    assert_eq!(read, made);
    let wanted = Account {
        annual_revenue: None,
        industry: "steel".to_owned(),
        ..made.clone()
    };
    let changed = take(
        accounts
            .update_account(updating(&wanted, &["annual_revenue"]))
            .await,
    )
    .account
    .unwrap();
    assert_eq!(
        (changed.annual_revenue.clone(), changed.industry.as_str()),
        (None, "chemicals")
    );
    let change: AccountChanged = world.events(&made.name).await[1].message();
    assert_eq!(
        (change.before.unwrap(), change.after.unwrap()),
        (made, changed)
    );
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let world = World::new().await;
    let mut accounts = world.accounts(&world.admin);
    let bad = Account {
        parent: "x".to_owned(),
        owner: "y".to_owned(),
        team: "z".to_owned(),
        annual_revenue: Some(Money {
            currency_code: "元".to_owned(),
            units: 1,
            nanos: 0,
        }),
        employee_count: Some(-1),
        founded_year: Some(0),
        ..Account::default()
    };
    let fields = [
        "annual_revenue",
        "display_name",
        "employee_count",
        "founded_year",
        "owner",
        "parent",
        "team",
    ]
    .map(|field| format!("account.{field}"));
    let request = CreateAccountRequest {
        account: Some(bad),
        ..Default::default()
    };
    assert_eq!(bad_fields(accounts.create_account(request).await), fields);
    let loss = Account {
        annual_revenue: Some(Money {
            currency_code: "CNY".to_owned(),
            units: -1,
            nanos: 0,
        }),
        ..Account::default()
    };
    assert_eq!(
        bad_fields(accounts.create_account(creating(loss)).await),
        ["account.annual_revenue"]
    );
    let made = world.account(&world.admin, "宁夏化工").await;
    assert_eq!(
        bad_fields(
            accounts
                .update_account(updating(&made, &["create_time"]))
                .await
        ),
        ["update_mask"]
    );
}

#[tokio::test]
async fn what_an_account_refers_to_must_be_there() {
    let world = World::new().await;
    let mut accounts = world.accounts(&world.admin);
    let of_nobody = Account {
        owner: nobody("people"),
        ..Account::default()
    };
    assert_eq!(
        reason_of(accounts.create_account(creating(of_nobody)).await),
        "PERSON_NOT_FOUND"
    );
    let of_no_team = Account {
        team: nobody("teams"),
        ..Account::default()
    };
    assert_eq!(
        reason_of(accounts.create_account(creating(of_no_team)).await),
        "TEAM_NOT_FOUND"
    );
    let orphan = Account {
        parent: nobody("accounts"),
        ..Account::default()
    };
    assert_eq!(
        reason_of(accounts.create_account(creating(orphan)).await),
        "ACCOUNT_NOT_FOUND"
    );
    let made = world.account(&world.admin, "宁夏化工").await;
    assert_eq!(
        reason_of(
            accounts
                .update_account(moving(&made, &nobody("accounts")))
                .await
        ),
        "ACCOUNT_NOT_FOUND"
    );
    let given = Account {
        owner: nobody("people"),
        ..made
    };
    assert_eq!(
        reason_of(accounts.update_account(updating(&given, &["owner"])).await),
        "PERSON_NOT_FOUND"
    );
}

#[tokio::test]
async fn an_account_above_itself_is_refused_with_the_loop() {
    let world = World::new().await;
    let mut accounts = world.accounts(&world.admin);
    let group = world.account(&world.admin, "集团").await;
    let plant = world.account(&world.admin, "工厂").await;
    take(accounts.update_account(moving(&plant, &group.name)).await);
    let status = refused(accounts.update_account(moving(&group, &plant.name)).await);
    assert_eq!(reason(&status), "ACCOUNT_CYCLE");
    let loop_ = metadata(&status, "loop").unwrap();
    assert!(
        loop_.contains(&group.name) && loop_.contains(&plant.name),
        "{loop_}"
    );
    assert_eq!(
        reason_of(accounts.update_account(moving(&plant, &plant.name)).await),
        "ACCOUNT_CYCLE"
    );
    let under = ListAccountsRequest {
        parent: group.name.clone(),
        ..Default::default()
    };
    let listed = take(accounts.list_accounts(under).await).accounts;
    assert_eq!(
        listed
            .iter()
            .map(|account| &account.name)
            .collect::<Vec<_>>(),
        [&plant.name]
    );
}

#[tokio::test]
async fn two_moves_at_once_make_no_loop_together() {
    let world = World::new().await;
    world.warm_up().await;
    for _ in 0..5 {
        let (a, b) = (
            world.account(&world.admin, "a").await,
            world.account(&world.admin, "b").await,
        );
        let (mut one, mut two) = (world.accounts(&world.admin), world.accounts(&world.admin));
        let (first, second) = tokio::join!(
            one.update_account(moving(&a, &b.name)),
            two.update_account(moving(&b, &a.name))
        );
        let refused = [first.err(), second.err()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>();
        assert_eq!(
            refused.iter().map(reason).collect::<Vec<_>>(),
            ["ACCOUNT_CYCLE"]
        );
    }
}

#[tokio::test]
async fn repeats_checks_and_stale_etags_are_told_apart() {
    let world = World::new().await;
    let mut accounts = world.accounts(&world.admin);
    let mut request = CreateAccountRequest {
        request_id: request_id(),
        ..creating(Account::default())
    };
    let first = take(accounts.create_account(request.clone()).await);
    assert_eq!(take(accounts.create_account(request.clone()).await), first);
    let account = first.account.unwrap();
    assert_eq!(world.events(&account.name).await.len(), 1);
    request.account.as_mut().unwrap().industry = "steel".to_owned();
    assert_eq!(
        reason_of(accounts.create_account(request).await),
        "REQUEST_ID_REUSED"
    );

    let renamed = Account {
        display_name: "宁夏".to_owned(),
        ..account.clone()
    };
    let check = UpdateAccountRequest {
        validate_only: true,
        ..updating(&renamed, &["display_name"])
    };
    assert_eq!(
        take(accounts.update_account(check).await)
            .account
            .unwrap()
            .display_name,
        "宁夏"
    );
    let read = take(
        accounts
            .get_account(GetAccountRequest {
                name: account.name.clone(),
            })
            .await,
    );
    assert_eq!(read.account, Some(account));
    take(
        accounts
            .update_account(updating(&renamed, &["display_name"]))
            .await,
    );
    let stale = accounts
        .update_account(updating(&renamed, &["display_name"]))
        .await;
    assert_eq!(reason_of(stale), "ETAG_MISMATCH");
}

#[tokio::test]
async fn accounts_are_listed_by_pages_and_filters() {
    let world = World::new().await;
    let mut accounts = world.accounts(&world.admin);
    let mut names = Vec::new();
    for number in 0..5 {
        names.push(world.account(&world.admin, &format!("{number}")).await.name);
    }
    let mut request = ListAccountsRequest {
        page_size: 2,
        owner: world.admin.person_name(),
        ..Default::default()
    };
    let mut listed = Vec::new();
    loop {
        let page = take(accounts.list_accounts(request.clone()).await);
        listed.extend(page.accounts.into_iter().map(|account| account.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(listed, names);
    request.owner = String::new();
    assert_eq!(
        reason_of(accounts.list_accounts(request).await),
        "PAGE_TOKEN_INVALID"
    );
    let imported = ListAccountsRequest {
        source_system: "sap".to_owned(),
        ..Default::default()
    };
    assert!(
        take(accounts.list_accounts(imported).await)
            .accounts
            .is_empty()
    );
    let bad = ListAccountsRequest {
        parent: "x".to_owned(),
        owner: "y".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(accounts.list_accounts(bad).await),
        ["owner", "parent"]
    );
}
