use keynode_proto::accounts::v1::*;

use super::world::{World, bad_fields, nobody, reason_of, request_id, take};

async fn twins(world: &World) -> (Account, Account) {
    let first = world.account(&world.admin, "宏远重工股份有限公司").await;
    let second = world
        .account(&world.admin, "上海宏远重工有限责任公司")
        .await;
    world.account(&world.admin, "鼎信通讯股份有限公司").await;
    (first, second)
}

async fn scan(world: &World, page_size: i32, page_token: &str) -> ScanDuplicatesResponse {
    let request = ScanDuplicatesRequest {
        page_size,
        page_token: page_token.to_owned(),
        ..Default::default()
    };
    take(world.matching(&world.admin).scan_duplicates(request).await)
}

async fn list(
    world: &World,
    caller: &keynode_kit::testing::Caller,
    request: ListDuplicateCandidatesRequest,
) -> ListDuplicateCandidatesResponse {
    take(
        world
            .matching(caller)
            .list_duplicate_candidates(request)
            .await,
    )
}

async fn all(world: &World, caller: &keynode_kit::testing::Caller) -> Vec<DuplicateCandidate> {
    list(world, caller, Default::default())
        .await
        .duplicate_candidates
}

#[tokio::test]
async fn accounts_that_are_there_twice_are_found_once() {
    let world = World::new().await;
    let (first, second) = twins(&world).await;
    let done = scan(&world, 0, "").await;
    assert_eq!((done.scanned, done.found, done.changed), (3, 1, 0));
    assert_eq!(done.next_page_token, "");
    let again = scan(&world, 0, "").await;
    assert_eq!((again.scanned, again.found, again.changed), (3, 0, 0));
    let pairs = all(&world, &world.admin).await;
    let [pair] = pairs.as_slice() else {
        panic!("{pairs:?}")
    };
    assert_eq!((&pair.first, &pair.second), (&first.name, &second.name));
    assert_eq!(pair.second_display_name, second.display_name);
    assert_eq!(pair.verdict(), MatchVerdict::Same);
    assert!(
        pair.reasons
            .iter()
            .any(|reason| reason.rule == "name.equal_core" || reason.rule == "name.contained")
    );
    let events = world.events(&pair.name).await;
    assert_eq!(events.len(), 1);
    let change: DuplicateCandidateChanged = events[0].message();
    assert_eq!((change.before, change.after.as_ref()), (None, Some(pair)));
}

#[tokio::test]
async fn a_scan_goes_on_page_by_page() {
    let world = World::new().await;
    twins(&world).await;
    let (mut token, mut scanned, mut found, mut pages) = (String::new(), 0, 0, 0);
    loop {
        let done = scan(&world, 1, &token).await;
        (scanned, found, pages) = (scanned + done.scanned, found + done.found, pages + 1);
        token = done.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((scanned, found, pages), (3, 1, 3));
    let request = ScanDuplicatesRequest {
        page_token: "nonsense".to_owned(),
        ..Default::default()
    };
    let refused = world.matching(&world.admin).scan_duplicates(request).await;
    assert_eq!(reason_of(refused), "PAGE_TOKEN_INVALID");
    let request = ScanDuplicatesRequest {
        page_size: -1,
        ..Default::default()
    };
    let refused = world.matching(&world.admin).scan_duplicates(request).await;
    assert_eq!(bad_fields(refused), ["page_size"]);
}

#[tokio::test]
async fn a_page_with_many_pairs_ends_early_and_the_scan_goes_on() {
    let world = World::new().await;
    for _ in 0..60 {
        world.account(&world.admin, "宏远重工股份有限公司").await;
    }
    let first = scan(&world, 200, "").await;
    assert!((1..60).contains(&first.scanned), "{first:?}");
    let (mut token, mut scanned) = (first.next_page_token, first.scanned);
    while !token.is_empty() {
        let done = scan(&world, 200, &token).await;
        (token, scanned) = (done.next_page_token, scanned + done.scanned);
    }
    assert_eq!(scanned, 60);
}

#[tokio::test]
async fn a_pair_whose_names_part_gets_its_score_anew() {
    let world = World::new().await;
    let (_, second) = twins(&world).await;
    scan(&world, 0, "").await;
    let before = all(&world, &world.admin).await.remove(0);
    let request = UpdateAccountRequest {
        account: Some(Account {
            name: second.name.clone(),
            display_name: "广州鸿运食品有限公司".to_owned(),
            ..Account::default()
        }),
        ..Default::default()
    };
    take(world.accounts(&world.admin).update_account(request).await);
    let done = scan(&world, 0, "").await;
    assert_eq!((done.found, done.changed), (0, 1));
    let after = all(&world, &world.admin).await.remove(0);
    assert!(after.score < 0.2 && after.etag == "2", "{after:?}");
    assert_eq!(after.name, before.name);
    assert_eq!(world.events(&after.name).await.len(), 2);
}

#[tokio::test]
async fn a_decided_pair_is_left_alone() {
    let world = World::new().await;
    twins(&world).await;
    scan(&world, 0, "").await;
    let decide = "update accounts.duplicate_candidate set decision = 'new', decided_by = 'people/x', decided_at = now(), score = 0.3";
    world.execute(decide).await;
    let done = scan(&world, 0, "").await;
    assert_eq!((done.found, done.changed), (0, 0));
    assert!(all(&world, &world.admin).await.is_empty());
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_was_and_a_check_stores_nothing() {
    let world = World::new().await;
    twins(&world).await;
    let mut matching = world.matching(&world.admin);
    let check = ScanDuplicatesRequest {
        validate_only: true,
        ..Default::default()
    };
    assert_eq!(take(matching.scan_duplicates(check).await).found, 1);
    assert!(all(&world, &world.admin).await.is_empty());
    let request = ScanDuplicatesRequest {
        request_id: request_id(),
        ..Default::default()
    };
    let first = take(matching.scan_duplicates(request.clone()).await);
    assert_eq!(take(matching.scan_duplicates(request.clone()).await), first);
    let pair = all(&world, &world.admin).await.remove(0);
    assert_eq!(world.events(&pair.name).await.len(), 1);
    let other = ScanDuplicatesRequest {
        page_size: 7,
        ..request
    };
    assert_eq!(
        reason_of(matching.scan_duplicates(other).await),
        "REQUEST_ID_REUSED"
    );
}

#[tokio::test]
async fn two_scans_at_once_find_a_pair_once() {
    let world = World::new().await;
    twins(&world).await;
    world.warm_up().await;
    let scans = (0..4).map(|_| {
        let mut matching = world.matching(&world.admin);
        tokio::spawn(async move {
            take(
                matching
                    .scan_duplicates(ScanDuplicatesRequest::default())
                    .await,
            )
            .found
        })
    });
    let mut found = 0;
    for scan in scans.collect::<Vec<_>>() {
        found += scan.await.unwrap();
    }
    assert_eq!(found, 1);
    assert_eq!(all(&world, &world.admin).await.len(), 1);
}

#[tokio::test]
async fn a_pair_is_told_to_who_sees_both_alone() {
    let world = World::new().await;
    let seller = world.seller("").await;
    let mine = world.account(&seller, "宏远重工股份有限公司").await;
    let hidden = world
        .account(&world.admin, "上海宏远重工有限责任公司")
        .await;
    scan(&world, 0, "").await;
    assert_eq!(all(&world, &seller).await, []);
    let of = |account: &str| ListDuplicateCandidatesRequest {
        account: account.to_owned(),
        ..Default::default()
    };
    let of_mine = list(&world, &seller, of(&mine.name)).await;
    assert_eq!(of_mine.duplicate_candidates, []);
    for unseen in [hidden.name.clone(), nobody("accounts")] {
        let mut matching = world.matching(&seller);
        let refused = matching.list_duplicate_candidates(of(&unseen)).await;
        assert_eq!(reason_of(refused), "ACCOUNT_NOT_FOUND");
    }
    let twin = world.account(&seller, "广州宏远重工股份公司").await;
    scan(&world, 0, "").await;
    let pairs = all(&world, &seller).await;
    let [pair] = pairs.as_slice() else {
        panic!("{pairs:?}")
    };
    assert_eq!((&pair.first, &pair.second), (&mine.name, &twin.name));
    assert!(!pair.reasons.is_empty());
    let refused = world
        .matching(&seller)
        .scan_duplicates(ScanDuplicatesRequest::default())
        .await;
    assert_eq!(reason_of(refused), "PERMISSION_DENIED");
}

#[tokio::test]
async fn the_list_is_paged_and_restricted() {
    let world = World::new().await;
    let (first, _) = twins(&world).await;
    world.account(&world.admin, "广州宏远重工股份公司").await;
    scan(&world, 0, "").await;
    let everything = all(&world, &world.admin).await;
    assert_eq!(everything.len(), 3);
    let request = ListDuplicateCandidatesRequest {
        page_size: 2,
        ..Default::default()
    };
    let page = list(&world, &world.admin, request.clone()).await;
    assert_eq!(page.duplicate_candidates, everything[..2]);
    let next = ListDuplicateCandidatesRequest {
        page_token: page.next_page_token,
        ..request
    };
    let rest = list(&world, &world.admin, next.clone()).await;
    assert_eq!(
        (
            rest.duplicate_candidates.as_slice(),
            rest.next_page_token.as_str()
        ),
        (&everything[2..], "")
    );
    let foreign = ListDuplicateCandidatesRequest {
        account: first.name.clone(),
        ..next
    };
    let refused = world
        .matching(&world.admin)
        .list_duplicate_candidates(foreign)
        .await;
    assert_eq!(reason_of(refused), "PAGE_TOKEN_INVALID");
    let of = |account: String, min_score| ListDuplicateCandidatesRequest {
        account,
        min_score,
        ..Default::default()
    };
    let of_first = list(&world, &world.admin, of(first.name, 0.0)).await;
    assert_eq!(of_first.duplicate_candidates.len(), 2);
    let refused = world
        .matching(&world.admin)
        .list_duplicate_candidates(of(nobody("accounts"), 0.0))
        .await;
    assert_eq!(reason_of(refused), "ACCOUNT_NOT_FOUND");
    let refused = world
        .matching(&world.admin)
        .list_duplicate_candidates(of("x".to_owned(), -1.0))
        .await;
    assert_eq!(bad_fields(refused), ["account", "min_score"]);
}
