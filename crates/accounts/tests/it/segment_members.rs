use keynode_kit::testing::{Caller, tenant};
use keynode_proto::accounts::v1::*;

use super::market::{creating, eventually, industry, staff, within};
use super::world::{World, bad_fields, mask, nobody, reason_of, take};

/// An account of `by` in an industry with a number of people; none = unknown.
async fn customer(world: &World, by: &Caller, industry: &str, people: Option<i64>) -> String {
    let request = CreateAccountRequest {
        account: Some(Account {
            display_name: "客户".to_owned(),
            industry: industry.to_owned(),
            employee_count: people,
            ..Account::default()
        }),
        ..Default::default()
    };
    take(world.accounts(by).create_account(request).await)
        .account
        .unwrap()
        .name
}

async fn members(world: &World, by: &Caller, segment: &str, of: SegmentMembership) -> Vec<String> {
    let request = ListSegmentMembersRequest {
        segment: segment.to_owned(),
        membership: of.into(),
        ..Default::default()
    };
    let answer = take(world.segments(by).list_segment_members(request).await);
    answer.members.into_iter().map(|it| it.account).collect()
}

async fn expect(world: &World, segment: &str, expected: &[&str]) {
    let ask = || members(world, &world.admin, segment, SegmentMembership::Member);
    eventually(ask, |found| found.iter().eq(expected.iter())).await;
}

async fn count(world: &World, by: &Caller, segment: &str) -> CountSegmentMembersResponse {
    let request = CountSegmentMembersRequest {
        segment: segment.to_owned(),
    };
    take(world.segments(by).count_segment_members(request).await)
}

async fn change(world: &World, account: Account, path: &str) {
    let request = UpdateAccountRequest {
        account: Some(account),
        update_mask: mask(&[path]),
        ..Default::default()
    };
    take(world.accounts(&world.admin).update_account(request).await);
}

#[tokio::test]
async fn members_are_those_there_before_and_those_who_come() {
    let world = World::new().await;
    let large = customer(&world, &world.admin, "Chemicals", Some(500)).await;
    let small = customer(&world, &world.admin, "chemicals", Some(5)).await;
    let unknown = customer(&world, &world.admin, "ＣＨＥＭＩＣＡＬＳ", None).await;
    let segment = world
        .segment(vec![industry("chemicals"), staff(100)])
        .await
        .name;
    assert!(count(&world, &world.admin, &segment).await.recomputing);
    world.react();
    expect(&world, &segment, &[&large]).await;
    let undetermined = members(
        &world,
        &world.admin,
        &segment,
        SegmentMembership::Undetermined,
    );
    assert_eq!(
        undetermined.await,
        [unknown.as_str()],
        "never counted as a member"
    );

    let grown = Account {
        name: small.clone(),
        employee_count: Some(100),
        ..Account::default()
    };
    change(&world, grown, "employee_count").await;
    expect(&world, &segment, &[&large, &small]).await;
    let moved = Account {
        name: large.clone(),
        industry: "steel".to_owned(),
        ..Account::default()
    };
    change(&world, moved, "industry").await;
    expect(&world, &segment, &[&small]).await;
    let new = customer(&world, &world.admin, "chemicals", Some(100)).await;
    expect(&world, &segment, &[&small, &new]).await;

    let ask = || count(&world, &world.admin, &segment);
    let counted = eventually(ask, |counted| !counted.recomputing).await;
    assert_eq!((counted.members, counted.undetermined), (2, 1));
}

#[tokio::test]
async fn new_criteria_find_the_members_anew_in_batches() {
    let world = World::new().await;
    let segment = world.segment(vec![staff(100)]).await;
    let part = CreateSegmentRequest {
        segment: Some(Segment {
            display_name: "部分".to_owned(),
            criteria: vec![industry("steel")],
            parent: segment.name.clone(),
            ..Segment::default()
        }),
        ..Default::default()
    };
    let part = take(world.segments(&world.admin).create_segment(part).await)
        .segment
        .unwrap();
    // More than two batches, and only half of them in steel.
    let sql = format!(
        "insert into accounts.account (tenant_id, id, version, created_at, updated_at, display_name, industry,
           location, employee_count)
         select '{}', gen_random_uuid(), 1, now(), now(), 'x', case when n % 2 = 0 then 'steel' else 'oil' end, '', 50
         from generate_series(1, 2500) n",
        world.tenant.0
    );
    world.execute(&sql).await;
    world.react();
    let settled = |members: i64| {
        move |counted: &CountSegmentMembersResponse| {
            (counted.members, counted.recomputing) == (members, false)
        }
    };
    eventually(|| count(&world, &world.admin, &segment.name), settled(0)).await;
    let wider = UpdateSegmentRequest {
        segment: Some(Segment {
            criteria: vec![staff(50)],
            ..segment.clone()
        }),
        update_mask: mask(&["criteria"]),
        ..Default::default()
    };
    take(world.segments(&world.admin).update_segment(wider).await);
    eventually(|| count(&world, &world.admin, &segment.name), settled(2500)).await;
    eventually(|| count(&world, &world.admin, &part.name), settled(1250)).await;
    for name in [&part.name, &segment.name] {
        let delete = DeleteSegmentRequest {
            name: name.clone(),
            ..Default::default()
        };
        take(world.segments(&world.admin).delete_segment(delete).await);
    }
    eventually(|| count(&world, &world.admin, &segment.name), settled(0)).await;
}

#[tokio::test]
async fn a_group_goes_with_its_head() {
    let world = World::new().await;
    let head = world.account(&world.admin, "集团").await;
    let company = world.account(&world.admin, "公司").await;
    let plant = world.account(&world.admin, "工厂").await;
    let below = |child: &Account, parent: &str| Account {
        name: child.name.clone(),
        parent: parent.to_owned(),
        ..Account::default()
    };
    change(&world, below(&plant, &company.name), "parent").await;
    let segment = world.segment(vec![within(&head.name)]).await.name;
    world.react();
    expect(&world, &segment, &[&head.name]).await;
    change(&world, below(&company, &head.name), "parent").await;
    expect(&world, &segment, &[&head.name, &company.name, &plant.name]).await;
    change(&world, below(&company, ""), "parent").await;
    expect(&world, &segment, &[&head.name]).await;
}

#[tokio::test]
async fn who_does_not_see_an_account_does_not_see_it_in_a_segment() {
    let world = World::new().await;
    let (owner, stranger) = (world.seller("").await, world.seller("").await);
    let account = customer(&world, &owner, "steel", Some(10)).await;
    let segment = world.segment(vec![staff(10)]).await.name;
    world.react();
    expect(&world, &segment, &[&account]).await;
    let seen = |by| members(&world, by, &segment, SegmentMembership::Member);
    assert_eq!(seen(&owner).await, [account.as_str()]);
    assert!(seen(&stranger).await.is_empty());
    assert_eq!(count(&world, &owner, &segment).await.members, 1);
    assert_eq!(count(&world, &stranger, &segment).await.members, 0);

    let asked = ListAccountSegmentsRequest {
        account: account.clone(),
        ..Default::default()
    };
    let listed = take(
        world
            .segments(&owner)
            .list_account_segments(asked.clone())
            .await,
    );
    let expected = AccountSegment {
        segment: segment.clone(),
        display_name: "化工大客户".to_owned(),
        membership: SegmentMembership::Member.into(),
    };
    assert_eq!(listed.segments, [expected]);
    let hidden = world
        .segments(&stranger)
        .list_account_segments(asked.clone())
        .await;
    assert_eq!(reason_of(hidden), "ACCOUNT_NOT_FOUND");
    let foreign = world.settle(tenant()).await;
    let foreign = world.segments(&foreign).list_account_segments(asked).await;
    assert_eq!(reason_of(foreign), "ACCOUNT_NOT_FOUND");
}

#[tokio::test]
async fn members_and_segments_of_an_account_come_in_pages() {
    let world = World::new().await;
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(customer(&world, &world.admin, "steel", Some(1)).await);
    }
    let mut segments = world.segments(&world.admin);
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(world.segment(vec![staff(1)]).await.name);
    }
    world.react();
    for segment in &made {
        expect(
            &world,
            segment,
            &names.iter().map(String::as_str).collect::<Vec<_>>(),
        )
        .await;
    }
    let mut list = ListSegmentMembersRequest {
        segment: made[0].clone(),
        page_size: 2,
        ..Default::default()
    };
    let first = take(segments.list_segment_members(list.clone()).await);
    list.page_token = first.next_page_token;
    let second = take(segments.list_segment_members(list.clone()).await);
    assert_eq!(
        (first.members.len(), second.members[0].account.as_str()),
        (2, names[2].as_str())
    );
    list.membership = SegmentMembership::Undetermined.into();
    let other = segments.list_segment_members(list).await;
    assert_eq!(reason_of(other), "PAGE_TOKEN_INVALID");

    let mut list = ListAccountSegmentsRequest {
        account: names[0].clone(),
        page_size: 2,
        ..Default::default()
    };
    let first = take(segments.list_account_segments(list.clone()).await);
    list.page_token = first.next_page_token;
    let second = take(segments.list_account_segments(list.clone()).await);
    assert_eq!(
        (first.segments.len(), second.segments[0].segment.as_str()),
        (2, made[2].as_str())
    );
    list.account = names[1].clone();
    let other = segments.list_account_segments(list).await;
    assert_eq!(reason_of(other), "PAGE_TOKEN_INVALID");
}

#[tokio::test]
async fn members_of_nothing_are_not_listed() {
    let world = World::new().await;
    let mut segments = world.segments(&world.admin);
    let bad = ListSegmentMembersRequest {
        segment: "x".to_owned(),
        membership: 9,
        ..Default::default()
    };
    let bad = segments.list_segment_members(bad).await;
    assert_eq!(bad_fields(bad), ["membership", "segment"]);
    let lost = ListSegmentMembersRequest {
        segment: nobody("segments"),
        ..Default::default()
    };
    assert_eq!(
        reason_of(segments.list_segment_members(lost).await),
        "SEGMENT_NOT_FOUND"
    );
    let count = |segment: String| CountSegmentMembersRequest { segment };
    let bad = segments.count_segment_members(count("x".to_owned())).await;
    assert_eq!(bad_fields(bad), ["segment"]);
    let lost = segments
        .count_segment_members(count(nobody("segments")))
        .await;
    assert_eq!(reason_of(lost), "SEGMENT_NOT_FOUND");
    let list = ListAccountSegmentsRequest {
        account: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(segments.list_account_segments(list).await),
        ["account"]
    );
}

#[tokio::test]
async fn a_group_that_the_caller_does_not_see_is_no_criterion() {
    let world = World::new().await;
    let owner = world.seller("").await;
    let hidden = world.account(&owner, "集团").await;
    let manager = Caller {
        roles: vec!["sales_manager"],
        ..world.seller("").await
    };
    let request = creating(vec![within(&hidden.name)]);
    let refused = world.segments(&manager).create_segment(request).await;
    assert_eq!(reason_of(refused), "ACCOUNT_NOT_FOUND");
}

/// Whoever writes members last has seen the newest account and the newest criteria.
#[tokio::test]
async fn no_change_is_lost_while_members_are_found_anew() {
    let world = World::new().await;
    let mut accounts = Vec::new();
    for _ in 0..12 {
        accounts.push(customer(&world, &world.admin, "steel", Some(1)).await);
    }
    let segment = world.segment(vec![staff(100)]).await;
    world.react();
    world.warm_up().await;
    let writers: Vec<_> = (accounts.iter().cloned().enumerate())
        .map(|(n, name)| {
            let mut client = world.accounts(&world.admin);
            tokio::spawn(async move {
                for round in 0..8 {
                    let people = if (n + round) % 2 == 0 { 10 } else { 200 };
                    let account = Account {
                        name: name.clone(),
                        employee_count: Some(people),
                        ..Account::default()
                    };
                    let request = UpdateAccountRequest {
                        account: Some(account),
                        ..Default::default()
                    };
                    take(client.update_account(request).await);
                }
            })
        })
        .collect();
    for at_least in [5, 300, 100, 9, 150] {
        let request = UpdateSegmentRequest {
            segment: Some(Segment {
                name: segment.name.clone(),
                criteria: vec![staff(at_least)],
                ..Segment::default()
            }),
            ..Default::default()
        };
        take(world.segments(&world.admin).update_segment(request).await);
    }
    for writer in writers {
        writer.await.unwrap();
    }
    // The last round was the eighth: every second account has 200 people.
    let expected: Vec<&str> = accounts.iter().step_by(2).map(String::as_str).collect();
    expect(&world, &segment.name, &expected).await;
    let ask = || count(&world, &world.admin, &segment.name);
    let counted = eventually(ask, |counted| !counted.recomputing).await;
    assert_eq!((counted.members, counted.undetermined), (6, 0));
}
