//! Whoever is not a loser is not the survivor either, unless somebody decided otherwise.

use keynode_proto::accounts::v1::*;

use super::world::{World, reason_of, take};

struct Three {
    world: World,
    survivor: Account,
    loser: Account,
    third: Account,
}

impl Three {
    /// Three accounts that a scan takes for one.
    async fn new() -> Self {
        let world = World::new().await;
        let survivor = world.account(&world.admin, "宏远重工股份有限公司").await;
        let loser = world
            .account(&world.admin, "上海宏远重工有限责任公司")
            .await;
        let third = world.account(&world.admin, "宏远重工有限公司").await;
        let three = Self {
            world,
            survivor,
            loser,
            third,
        };
        three.scan().await;
        three
    }

    async fn scan(&self) {
        let mut matching = self.world.matching(&self.world.admin);
        let request = ScanDuplicatesRequest::default();
        take(matching.scan_duplicates(request).await);
    }

    async fn pairs(&self) -> Vec<DuplicateCandidate> {
        let mut matching = self.world.matching(&self.world.admin);
        let request = ListDuplicateCandidatesRequest::default();
        take(matching.list_duplicate_candidates(request).await).duplicate_candidates
    }

    /// The listed pair of two accounts.
    async fn pair(&self, a: &Account, b: &Account) -> Option<DuplicateCandidate> {
        let is_it = |pair: &DuplicateCandidate| {
            let both = [&pair.first, &pair.second];
            both.contains(&&a.name) && both.contains(&&b.name)
        };
        self.pairs().await.into_iter().find(is_it)
    }

    async fn decide(&self, a: &Account, b: &Account, decision: DuplicateDecision) -> String {
        let pair = self.pair(a, b).await.expect("the scan found it");
        let request = DecideDuplicateRequest {
            name: pair.name.clone(),
            decision: decision.into(),
            reason: "两家公司".to_owned(),
            ..Default::default()
        };
        let mut merges = self.world.merges(&self.world.admin);
        take(merges.decide_duplicate(request).await);
        pair.name
    }

    async fn undo(&self, merge: Merge) {
        let undo = UndoMergeRequest {
            name: merge.name,
            ..Default::default()
        };
        let mut merges = self.world.merges(&self.world.admin);
        take(merges.undo_merge(undo).await);
    }

    /// Takes the stored pairs of two accounts away as if no scan had seen them.
    async fn forget(&self, a: &Account, b: &Account) {
        let name = self.pair(a, b).await.unwrap().name;
        let id = name.rsplit('/').next().unwrap();
        let sql = format!("delete from accounts.duplicate_candidate where id = '{id}'");
        self.world.execute(&sql).await;
    }
}

use DuplicateDecision::{Distinct, Review};

#[tokio::test]
async fn who_is_not_the_loser_is_not_the_survivor() {
    let three = Three::new().await;
    let (survivor, loser, third) = (&three.survivor, &three.loser, &three.third);
    three.decide(loser, third, Distinct).await;
    let before = three.pair(survivor, third).await.unwrap();
    let merge = three.world.merge(survivor, &[loser]).await;
    assert!(three.pairs().await.is_empty());
    three.scan().await;
    assert!(three.pairs().await.is_empty(), "they do not come up again");
    let events = three.world.events(&before.name).await;
    let change: DuplicateCandidateChanged = events.last().unwrap().message();
    let after = change.after.unwrap();
    assert_eq!(
        (after.decision(), after.decision_reason.as_str()),
        (Distinct, "两家公司")
    );
    three.undo(merge).await;
    let open = three.pair(survivor, third).await.unwrap();
    assert_eq!(open.decision(), DuplicateDecision::Unspecified);
    assert!(three.pair(loser, third).await.is_none(), "decided before");
}

#[tokio::test]
async fn a_pair_that_no_scan_saw_comes_and_goes_with_the_merge() {
    let three = Three::new().await;
    let (survivor, loser, third) = (&three.survivor, &three.loser, &three.third);
    three.decide(loser, third, Distinct).await;
    three.forget(survivor, third).await;
    let count = "select count(*) from accounts.duplicate_candidate";
    assert_eq!(three.world.count(count).await, 2);
    let merge = three.world.merge(survivor, &[loser]).await;
    assert_eq!(three.world.count(count).await, 3);
    three.scan().await;
    assert!(three.pairs().await.is_empty());
    three.undo(merge).await;
    assert_eq!(three.world.count(count).await, 2);
    three.scan().await;
    assert!(
        three.pair(survivor, third).await.is_some(),
        "a scan finds it"
    );
}

#[tokio::test]
async fn what_was_decided_about_the_survivor_itself_stays() {
    let three = Three::new().await;
    let (survivor, loser, third) = (&three.survivor, &three.loser, &three.third);
    three.decide(loser, third, Distinct).await;
    three.decide(survivor, third, Review).await;
    let merge = three.world.merge(survivor, &[loser]).await;
    let open = three.pair(survivor, third).await.unwrap();
    assert_eq!(open.decision(), Review);
    three.undo(merge).await;
    let open = three.pair(survivor, third).await.unwrap();
    assert_eq!(open.decision(), Review);
}

#[tokio::test]
async fn what_was_decided_since_stays_when_the_merge_is_undone() {
    let three = Three::new().await;
    let (survivor, loser, third) = (&three.survivor, &three.loser, &three.third);
    three.decide(loser, third, Distinct).await;
    let pair = three.pair(survivor, third).await.unwrap().name;
    let merge = three.world.merge(survivor, &[loser]).await;
    let again = DecideDuplicateRequest {
        name: pair,
        decision: Distinct.into(),
        ..Default::default()
    };
    let mut merges = three.world.merges(&three.world.admin);
    take(merges.decide_duplicate(again).await);
    three.undo(merge).await;
    assert!(three.pair(survivor, third).await.is_none());
}

#[tokio::test]
async fn nothing_is_decided_about_an_account_that_was_merged() {
    let three = Three::new().await;
    let pair = three.pair(&three.loser, &three.third).await.unwrap();
    three.decide(&three.loser, &three.third, Distinct).await;
    three.world.merge(&three.survivor, &[&three.loser]).await;
    let request = DecideDuplicateRequest {
        name: pair.name,
        decision: Review.into(),
        ..Default::default()
    };
    let mut merges = three.world.merges(&three.world.admin);
    let refused = merges.decide_duplicate(request).await;
    assert_eq!(reason_of(refused), "DUPLICATE_MERGED");
}
