use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::attribute_value::Value;
use keynode_proto::accounts::v1::*;

use super::accounts::{creating, updating};
use super::attributes::{declaring, valued};
use super::world::{World, bad_fields, id, nobody, reason_of, take};

/// What the list answers, by name.
async fn listed(world: &World, request: ListAccountsRequest) -> Vec<String> {
    let mut accounts = world.accounts(&world.admin);
    let found = take(accounts.list_accounts(request).await).accounts;
    found.into_iter().map(|account| account.name).collect()
}

async fn add(world: &World, account: Account) -> String {
    let mut accounts = world.accounts(&world.admin);
    take(accounts.create_account(creating(account)).await)
        .account
        .unwrap()
        .name
}

#[tokio::test]
async fn each_filter_finds_what_it_asks_and_nothing_else() {
    let world = World::new().await;
    let team = world.team("华北", "", "").await;
    take(
        world
            .attributes(&world.admin)
            .create_attribute(declaring("area", AttributeType::Number))
            .await,
    );
    world.account(&world.admin, "别的").await;
    let area = |text: &str| valued("area", Value::Number(text.to_owned()));
    let wanted = add(
        &world,
        Account {
            kind: AccountKind::Agent.into(),
            level: AccountLevel::Plant.into(),
            region: "西北".to_owned(),
            industry: "steel".to_owned(),
            team: team.name.clone(),
            tags: vec!["重点".to_owned(), "出口".to_owned()],
            attributes: vec![area("12.50")],
            ..Account::default()
        },
    )
    .await;
    let all = ListAccountsRequest::default();
    let get = GetAccountRequest {
        name: wanted.clone(),
    };
    let mut accounts = world.accounts(&world.admin);
    let since = take(accounts.get_account(get).await)
        .account
        .unwrap()
        .update_time;
    let filters = [
        ListAccountsRequest {
            kind: AccountKind::Agent.into(),
            ..all.clone()
        },
        ListAccountsRequest {
            level: AccountLevel::Plant.into(),
            ..all.clone()
        },
        ListAccountsRequest {
            region: "西北".to_owned(),
            ..all.clone()
        },
        ListAccountsRequest {
            industry: "steel".to_owned(),
            ..all.clone()
        },
        ListAccountsRequest {
            team: team.name.clone(),
            ..all.clone()
        },
        ListAccountsRequest {
            tag: "出口".to_owned(),
            ..all.clone()
        },
        ListAccountsRequest {
            attribute: Some(area("12.5")),
            ..all.clone()
        },
        ListAccountsRequest {
            updated_since: since,
            ..all.clone()
        },
        ListAccountsRequest {
            tag: "重点".to_owned(),
            attribute: Some(area("12.500")),
            region: "西北".to_owned(),
            ..all.clone()
        },
    ];
    for filter in filters {
        assert_eq!(
            listed(&world, filter.clone()).await,
            std::slice::from_ref(&wanted),
            "{filter:?}"
        );
    }
    let none = [
        ListAccountsRequest {
            tag: "口".to_owned(),
            ..all.clone()
        },
        ListAccountsRequest {
            attribute: Some(area("12.51")),
            ..all.clone()
        },
        ListAccountsRequest {
            tag: "重点".to_owned(),
            attribute: Some(area("1")),
            ..all
        },
    ];
    for filter in none {
        assert!(
            listed(&world, filter.clone()).await.is_empty(),
            "{filter:?}"
        );
    }
}

#[tokio::test]
async fn a_tag_that_was_taken_off_is_not_found() {
    let world = World::new().await;
    let tagged = |tags: &[&str]| Account {
        tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        ..Account::default()
    };
    let name = add(&world, tagged(&["a", "b"])).await;
    let fewer = Account {
        name: name.clone(),
        ..tagged(&["b"])
    };
    let mut accounts = world.accounts(&world.admin);
    take(accounts.update_account(updating(&fewer, &["tags"])).await);
    let with = |tag: &str| ListAccountsRequest {
        tag: tag.to_owned(),
        ..Default::default()
    };
    assert!(listed(&world, with("a")).await.is_empty());
    assert_eq!(listed(&world, with("b")).await, [name]);
}

#[tokio::test]
async fn tagged_accounts_are_listed_by_pages() {
    let world = World::new().await;
    let tagged = || Account {
        tags: vec!["重点".to_owned()],
        ..Account::default()
    };
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(add(&world, tagged()).await);
    }
    let mut request = ListAccountsRequest {
        page_size: 2,
        tag: "重点".to_owned(),
        ..Default::default()
    };
    let mut accounts = world.accounts(&world.admin);
    let first = take(accounts.list_accounts(request.clone()).await);
    request.page_token = first.next_page_token;
    let second = take(accounts.list_accounts(request.clone()).await);
    let both = first.accounts.into_iter().chain(second.accounts);
    assert_eq!(both.map(|a| a.name).collect::<Vec<_>>(), names);
    request.tag = "出口".to_owned();
    assert_eq!(
        reason_of(accounts.list_accounts(request).await),
        "PAGE_TOKEN_INVALID"
    );
}

#[tokio::test]
async fn an_ancestor_finds_the_whole_subtree_as_far_as_it_is_seen() {
    let world = World::new().await;
    let group = world.account(&world.admin, "集团").await;
    let under = |parent: &str, owner: &str| Account {
        parent: parent.to_owned(),
        owner: owner.to_owned(),
        ..Account::default()
    };
    let company = add(&world, under(&group.name, "")).await;
    let seller = world.seller("").await;
    let plant = add(&world, under(&company, &seller.person_name())).await;
    let request = ListAccountsRequest {
        ancestor: group.name.clone(),
        ..Default::default()
    };
    assert_eq!(
        listed(&world, request.clone()).await,
        [company, plant.clone()]
    );
    let mut accounts = world.accounts(&seller);
    let seen = take(accounts.list_accounts(request.clone()).await).accounts;
    assert_eq!(seen, [], "the group itself is out of sight");
    let given = Account {
        owner: seller.person_name(),
        ..group
    };
    let request_of_group = updating(&given, &["owner"]);
    take(
        world
            .accounts(&world.admin)
            .update_account(request_of_group)
            .await,
    );
    let seen = take(accounts.list_accounts(request).await).accounts;
    assert_eq!(seen.iter().map(|a| &a.name).collect::<Vec<_>>(), [&plant]);
}

#[tokio::test]
async fn every_bad_filter_is_named_at_once() {
    let world = World::new().await;
    let bad = ListAccountsRequest {
        kind: 99,
        level: 99,
        team: "x".to_owned(),
        ancestor: "y".to_owned(),
        tag: "长".repeat(65),
        attribute: Some(valued("nothing", Value::Text("长".repeat(201)))),
        updated_since: Some(prost_types::Timestamp {
            seconds: 0,
            nanos: -1,
        }),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(world.accounts(&world.admin).list_accounts(bad).await),
        [
            "ancestor",
            "attribute.attribute",
            "attribute.text",
            "kind",
            "level",
            "tag",
            "team",
            "updated_since"
        ]
    );
}

#[tokio::test]
async fn many_accounts_are_read_at_once_and_the_missing_are_named() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let (one, two) = (
        world.account(&seller, "一").await,
        world.account(&seller, "二").await,
    );
    let hidden = world.account(&world.admin, "三").await;
    let gone = nobody("accounts");
    let request = BatchGetAccountsRequest {
        names: [&two.name, &hidden.name, &one.name, &gone, &two.name]
            .map(Clone::clone)
            .to_vec(),
    };
    let answer = take(
        world
            .accounts(&seller)
            .batch_get_accounts(request.clone())
            .await,
    );
    assert_eq!(answer.accounts, [two, one]);
    assert_eq!(answer.missing, [hidden.name, gone]);
    let other = world.settle(tenant()).await;
    let answer = take(world.accounts(&other).batch_get_accounts(request).await);
    assert_eq!((answer.accounts.len(), answer.missing.len()), (0, 4));
}

#[tokio::test]
async fn a_batch_of_names_is_bounded_and_well_formed() {
    let world = World::new().await;
    let mut accounts = world.accounts(&world.admin);
    for names in [Vec::new(), vec![nobody("accounts"); 1001]] {
        let request = BatchGetAccountsRequest { names };
        assert_eq!(
            bad_fields(accounts.batch_get_accounts(request).await),
            ["names"]
        );
    }
    let request = BatchGetAccountsRequest {
        names: vec![nobody("accounts"), "x".to_owned(), nobody("contacts")],
    };
    assert_eq!(
        bad_fields(accounts.batch_get_accounts(request).await),
        ["names[1]", "names[2]"]
    );
}

#[tokio::test]
async fn a_list_by_tag_runs_along_the_index() {
    let world = World::new().await;
    let name = add(
        &world,
        Account {
            tags: vec!["重点".to_owned()],
            ..Account::default()
        },
    )
    .await;
    let terms = format!(
        "insert into accounts.account_term
         select '{}', 'x' || n, '{}' from generate_series(1, 5000) n",
        world.tenant,
        id(&name)
    );
    world.execute(&terms).await;
    world.execute("analyze accounts.account_term").await;
    let plan = "set enable_seqscan = off; set role keynode_accounts;";
    world
        .execute(&format!(
            "{plan} set keynode.tenant_id = '{}';
             do $$ declare line text; plan text := ''; begin
               for line in explain select a.id from accounts.account_term t
                 join accounts.account a on a.tenant_id = t.tenant_id and a.id = t.account_id
                 where t.term = 'tag:重点' and t.account_id > '{}' order by a.id limit 51
               loop plan := plan || line; end loop;
               if plan not like '%account_term_pkey%' then raise exception '%', plan; end if;
             end $$",
            world.tenant,
            uuid::Uuid::nil()
        ))
        .await;
}
