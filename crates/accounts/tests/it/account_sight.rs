use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::accounts::{creating, key, updating};
use super::world::{World, bad_fields, id, metadata, reason, reason_of, refused, take};

#[tokio::test]
async fn an_account_is_seen_by_owner_team_and_those_above_only() {
    let world = World::new().await;
    let team = world.team("华北", "", "").await;
    let owner = world.seller(&team.name).await;
    let account = world.account(&owner, "宁夏化工").await;
    assert_eq!(
        (account.owner.clone(), account.team.clone()),
        (owner.person_name(), team.name.clone())
    );

    let colleague = world.seller(&team.name).await;
    let in_team = colleague.clone().in_team(id(&team.name));
    let get = GetAccountRequest {
        name: account.name.clone(),
    };
    for (caller, sees) in [
        (&owner, true),
        (&in_team, true),
        (&world.admin, true),
        (&colleague, false),
    ] {
        let mut accounts = world.accounts(caller);
        let found = accounts.get_account(get.clone()).await;
        let listed = take(accounts.list_accounts(ListAccountsRequest::default()).await).accounts;
        assert_eq!((found.is_ok(), listed.len()), (sees, usize::from(sees)));
    }
    let mut hidden = world.accounts(&colleague);
    assert_eq!(
        reason_of(hidden.get_account(get.clone()).await),
        "ACCOUNT_NOT_FOUND"
    );
    assert_eq!(
        reason_of(hidden.update_account(updating(&account, &[])).await),
        "ACCOUNT_NOT_FOUND"
    );
    let under = Account {
        parent: account.name.clone(),
        ..Account::default()
    };
    assert_eq!(
        reason_of(hidden.create_account(creating(under)).await),
        "ACCOUNT_NOT_FOUND"
    );
    let other = world.settle(tenant()).await;
    assert_eq!(
        reason_of(world.accounts(&other).get_account(get).await),
        "ACCOUNT_NOT_FOUND"
    );
}

#[tokio::test]
async fn nobody_gives_a_record_to_whom_they_do_not_see() {
    let world = World::new().await;
    let (own, far) = (
        world.team("华北", "", "").await,
        world.team("华南", "", "").await,
    );
    let seller = world.seller(&own.name).await;
    let stranger = world.seller(&far.name).await;
    let mut accounts = world.accounts(&seller);
    let gift = Account {
        owner: stranger.person_name(),
        team: far.name.clone(),
        ..Account::default()
    };
    assert_eq!(
        bad_fields(accounts.create_account(creating(gift)).await),
        ["account.owner", "account.team"]
    );
    let account = world.account(&seller, "宁夏化工").await;
    let given = Account {
        owner: stranger.person_name(),
        ..account.clone()
    };
    assert_eq!(
        bad_fields(accounts.update_account(updating(&given, &["owner"])).await),
        ["account.owner"]
    );
    let given = take(
        world
            .accounts(&world.admin)
            .update_account(updating(&given, &["owner"]))
            .await,
    );
    assert_eq!(given.account.unwrap().owner, stranger.person_name());
}

#[tokio::test]
async fn a_program_may_leave_an_account_without_owner() {
    let world = World::new().await;
    let mut accounts = world.accounts(&Caller::integrator(world.tenant));
    let made = take(accounts.create_account(creating(Account::default())).await)
        .account
        .unwrap();
    assert_eq!((made.owner.as_str(), made.team.as_str()), ("", ""));
}

#[tokio::test]
async fn a_taken_key_names_its_holder_to_those_who_see_it() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let keyed = creating(Account {
        external_key: key("1"),
        ..Account::default()
    });
    let holder = take(
        world
            .accounts(&world.admin)
            .create_account(keyed.clone())
            .await,
    )
    .account
    .unwrap();
    let seen = refused(
        world
            .accounts(&world.admin)
            .create_account(keyed.clone())
            .await,
    );
    assert_eq!(
        (reason(&seen).as_str(), metadata(&seen, "name")),
        ("EXTERNAL_KEY_TAKEN", Some(holder.name))
    );
    let hidden = refused(world.accounts(&seller).create_account(keyed).await);
    assert_eq!(
        (reason(&hidden).as_str(), metadata(&hidden, "name")),
        ("EXTERNAL_KEY_TAKEN", None)
    );
    let mine = world.account(&seller, "宁夏化工").await;
    let taking = updating(
        &Account {
            external_key: key("1"),
            ..mine
        },
        &["external_key"],
    );
    assert_eq!(
        reason_of(world.accounts(&seller).update_account(taking).await),
        "EXTERNAL_KEY_TAKEN"
    );
}
