//! What becomes of pairs that may be one, and of what else knows accounts.

use keynode_kit::testing::tenant;
use keynode_proto::accounts::v1::territories_service_client::TerritoriesServiceClient;
use keynode_proto::accounts::v1::*;

use super::market::{eventually, industry};
use super::world::{World, bad_fields, nobody, reason_of, request_id, take};

async fn pairs(world: &World) -> Vec<DuplicateCandidate> {
    let request = ListDuplicateCandidatesRequest::default();
    let mut matching = world.matching(&world.admin);
    take(matching.list_duplicate_candidates(request).await).duplicate_candidates
}

async fn scan(world: &World) -> ScanDuplicatesResponse {
    let request = ScanDuplicatesRequest::default();
    take(world.matching(&world.admin).scan_duplicates(request).await)
}

/// Two accounts that may be one, and the pair of them.
pub async fn twins(world: &World) -> (Account, Account, DuplicateCandidate) {
    let first = world.account(&world.admin, "宏远重工股份有限公司").await;
    let second = world
        .account(&world.admin, "上海宏远重工有限责任公司")
        .await;
    scan(world).await;
    let pair = pairs(world).await.remove(0);
    (first, second, pair)
}

fn deciding(pair: &DuplicateCandidate, decision: DuplicateDecision) -> DecideDuplicateRequest {
    DecideDuplicateRequest {
        name: pair.name.clone(),
        decision: decision.into(),
        reason: "问过财务".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn two_customers_are_never_listed_again_and_doubts_stay_in_the_list() {
    let world = World::new().await;
    let (_, _, pair) = twins(&world).await;
    let mut merges = world.merges(&world.admin);
    let review = deciding(&pair, DuplicateDecision::Review);
    let decided = take(merges.decide_duplicate(review).await);
    let decided = decided.duplicate_candidate.unwrap();
    assert_eq!(decided.decision(), DuplicateDecision::Review);
    assert_eq!(decided.decider, world.admin.person_name());
    assert_eq!(decided.decision_reason, "问过财务");
    assert_eq!(pairs(&world).await, [decided]);
    let distinct = deciding(&pair, DuplicateDecision::Distinct);
    take(merges.decide_duplicate(distinct).await);
    assert!(pairs(&world).await.is_empty());
    assert_eq!(scan(&world).await.found, 0);
    assert!(pairs(&world).await.is_empty());
    let review = deciding(&pair, DuplicateDecision::Review);
    take(merges.decide_duplicate(review).await);
    assert_eq!(pairs(&world).await.len(), 1, "somebody thought again");
    assert_eq!(world.events(&pair.name).await.len(), 4);
}

#[tokio::test]
async fn a_decision_is_checked() {
    let world = World::new().await;
    let (_, _, pair) = twins(&world).await;
    let mut merges = world.merges(&world.admin);
    let bad = DecideDuplicateRequest {
        name: "x".to_owned(),
        reason: "x".repeat(2001),
        ..Default::default()
    };
    let bad = merges.decide_duplicate(bad).await;
    assert_eq!(bad_fields(bad), ["decision", "name", "reason"]);
    let merged = deciding(&pair, DuplicateDecision::Merged);
    assert_eq!(
        bad_fields(merges.decide_duplicate(merged).await),
        ["decision"]
    );
    let distinct = deciding(&pair, DuplicateDecision::Distinct);
    let lost = DecideDuplicateRequest {
        name: nobody("duplicateCandidates"),
        ..distinct.clone()
    };
    let lost = merges.decide_duplicate(lost).await;
    assert_eq!(reason_of(lost), "DUPLICATE_CANDIDATE_NOT_FOUND");
    let stale = DecideDuplicateRequest {
        etag: "7".to_owned(),
        ..distinct.clone()
    };
    assert_eq!(
        reason_of(merges.decide_duplicate(stale).await),
        "ETAG_MISMATCH"
    );
    let check = DecideDuplicateRequest {
        validate_only: true,
        ..distinct.clone()
    };
    take(merges.decide_duplicate(check).await);
    assert_eq!(pairs(&world).await, std::slice::from_ref(&pair));
    let keyed = DecideDuplicateRequest {
        request_id: request_id(),
        ..distinct.clone()
    };
    let first = take(merges.decide_duplicate(keyed.clone()).await);
    assert_eq!(take(merges.decide_duplicate(keyed.clone()).await), first);
    assert_eq!(world.events(&pair.name).await.len(), 2);
    let other = DecideDuplicateRequest {
        reason: String::new(),
        ..keyed
    };
    assert_eq!(
        reason_of(merges.decide_duplicate(other).await),
        "REQUEST_ID_REUSED"
    );
    let foreign = world.settle(tenant()).await;
    let refused = world
        .merges(&foreign)
        .decide_duplicate(distinct.clone())
        .await;
    assert_eq!(reason_of(refused), "DUPLICATE_CANDIDATE_NOT_FOUND");
    let seller = world.seller("").await;
    let refused = world.merges(&seller).decide_duplicate(distinct).await;
    assert_eq!(reason_of(refused), "PERMISSION_DENIED");
}

#[tokio::test]
async fn a_merge_settles_its_pairs_until_it_is_undone() {
    let world = World::new().await;
    let (first, second, pair) = twins(&world).await;
    let merge = world.merge(&first, &[&second]).await;
    assert_eq!(merge.moved.unwrap().duplicate_candidates, 1);
    assert!(pairs(&world).await.is_empty());
    let distinct = deciding(&pair, DuplicateDecision::Distinct);
    let refused = world.merges(&world.admin).decide_duplicate(distinct).await;
    assert_eq!(reason_of(refused), "DUPLICATE_MERGED");
    let undo = UndoMergeRequest {
        name: merge.name,
        ..Default::default()
    };
    take(world.merges(&world.admin).undo_merge(undo).await);
    let open = pairs(&world).await;
    assert_eq!((open.len(), open[0].name.as_str()), (1, pair.name.as_str()));
    assert_eq!(open[0].decision(), DuplicateDecision::Unspecified);
}

#[tokio::test]
async fn segments_and_territories_follow() {
    let world = World::new().await;
    world.react();
    let survivor = world.account(&world.admin, "宏远重工").await;
    let loser = Account {
        display_name: "宏远".to_owned(),
        industry: "steel".to_owned(),
        ..Account::default()
    };
    let loser = world.told(loser).await;
    let segment = world.segment(vec![industry("steel")]).await;
    let members = || async {
        let request = ListSegmentMembersRequest {
            segment: segment.name.clone(),
            ..Default::default()
        };
        let mut segments = world.segments(&world.admin);
        let members = take(segments.list_segment_members(request).await).members;
        members.into_iter().map(|m| m.account).collect::<Vec<_>>()
    };
    eventually(members, |found| *found == [loser.name.clone()]).await;
    let team = world.team("北方", "", "").await;
    let territory = Territory {
        display_name: "北方".to_owned(),
        team: team.name,
        accounts: vec![loser.name.clone()],
        ..Territory::default()
    };
    let create = CreateTerritoryRequest {
        territory: Some(territory),
        ..Default::default()
    };
    let mut territories = TerritoriesServiceClient::new(world.server.connect(&world.admin));
    let territory = take(territories.create_territory(create).await);
    let name = territory.territory.unwrap().name;
    let merge = world.merge(&survivor, &[&loser]).await;
    eventually(members, |found| *found == [survivor.name.clone()]).await;
    let get = GetTerritoryRequest { name };
    let named = take(territories.get_territory(get.clone()).await).territory;
    assert_eq!(
        named.unwrap().accounts,
        std::slice::from_ref(&survivor.name)
    );
    let undo = UndoMergeRequest {
        name: merge.name,
        ..Default::default()
    };
    take(world.merges(&world.admin).undo_merge(undo).await);
    eventually(members, |found| *found == [loser.name.clone()]).await;
    let named = take(territories.get_territory(get).await).territory;
    assert_eq!(named.unwrap().accounts, [loser.name]);
}
