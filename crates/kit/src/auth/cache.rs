//! Answers kept for a short while, asked for once at a time.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::Instant;

/// Answers by key. An answer counts from the moment its question was put: whoever
/// comes within `ttl` of that shares it, also while it is still under way, so nobody
/// acts on anything older than `ttl`.
pub(super) struct Cache<K, V: Clone> {
    ttl: Duration,
    capacity: usize,
    entries: Mutex<Entries<K, V>>,
}

struct Entries<K, V: Clone> {
    by_key: HashMap<K, Entry<V>>,
    /// Oldest first; may name entries that were replaced since.
    by_age: VecDeque<(K, Instant)>,
}

struct Entry<V: Clone> {
    asked: Instant,
    answer: Shared<BoxFuture<'static, V>>,
}

impl<K: Clone + Eq + Hash, V: Clone> Cache<K, V> {
    pub(super) fn new(ttl: Duration, capacity: usize) -> Self {
        let entries = Entries {
            by_key: HashMap::new(),
            by_age: VecDeque::new(),
        };
        Self {
            ttl,
            capacity,
            entries: Mutex::new(entries),
        }
    }

    /// The answer for `key`; `ask` puts the question when there is none to share.
    pub(super) fn get(
        &self,
        key: K,
        ask: impl FnOnce() -> BoxFuture<'static, V>,
    ) -> Shared<BoxFuture<'static, V>> {
        let now = Instant::now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |entry: &&Entry<V>| now.duration_since(entry.asked) < self.ttl;
        if let Some(entry) = entries.by_key.get(&key).filter(fresh) {
            return entry.answer.clone();
        }
        let answer = ask().shared();
        entries.insert(
            key,
            Entry {
                asked: now,
                answer: answer.clone(),
            },
        );
        entries.shrink(self.capacity, now.checked_sub(self.ttl));
        answer
    }

    /// Drops what is kept for `key`, if it is this answer.
    pub(super) fn forget(&self, key: &K, answer: &Shared<BoxFuture<'static, V>>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries
            .by_key
            .get(key)
            .is_some_and(|entry| entry.answer.ptr_eq(answer))
        {
            entries.by_key.remove(key);
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.entries.lock().unwrap().by_key.len()
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Entries<K, V> {
    fn insert(&mut self, key: K, entry: Entry<V>) {
        self.by_age.push_back((key.clone(), entry.asked));
        self.by_key.insert(key, entry);
    }

    /// Lets go of what is stale, and of the oldest beyond the capacity.
    fn shrink(&mut self, capacity: usize, stale: Option<Instant>) {
        while let Some((_, asked)) = self.by_age.front() {
            if self.by_age.len() <= capacity && stale.is_none_or(|stale| *asked > stale) {
                return;
            }
            let Some((key, asked)) = self.by_age.pop_front() else {
                return;
            };
            if self
                .by_key
                .get(&key)
                .is_some_and(|entry| entry.asked == asked)
            {
                self.by_key.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const TTL: Duration = Duration::from_millis(500);

    /// Counts how often it is asked; answers with the count after 100 ms.
    fn counting(count: &Arc<AtomicUsize>) -> impl FnOnce() -> BoxFuture<'static, usize> {
        let count = count.clone();
        move || {
            let n = count.fetch_add(1, Ordering::SeqCst) + 1;
            async move {
                tokio::time::sleep(Duration::from_millis(100)).await;
                n
            }
            .boxed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn callers_at_once_share_one_question() {
        let (cache, count) = (Cache::new(TTL, 10), Arc::default());
        let (a, b) = tokio::join!(
            cache.get("key", counting(&count)),
            cache.get("key", counting(&count))
        );
        assert_eq!((a, b, count.load(Ordering::SeqCst)), (1, 1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_counts_from_its_question() {
        let (cache, count) = (Cache::new(TTL, 10), Arc::default());
        cache.get("key", counting(&count)).await;
        tokio::time::advance(Duration::from_millis(399)).await;
        assert_eq!(cache.get("key", counting(&count)).await, 1);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(cache.get("key", counting(&count)).await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_goes_away_leaves_the_others_their_answer() {
        let (cache, count) = (Cache::new(TTL, 10), Arc::default());
        let first = tokio::spawn(cache.get("key", counting(&count)));
        tokio::task::yield_now().await;
        let second = tokio::spawn(cache.get("key", counting(&count)));
        tokio::task::yield_now().await;
        first.abort();
        assert_eq!(second.await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_go_when_it_is_full_and_the_stale_in_any_case() {
        let (cache, count) = (Cache::new(TTL, 3), Arc::default());
        for key in 0..5 {
            drop(cache.get(key, counting(&count)));
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(cache.len(), 3);
        let before = count.load(Ordering::SeqCst);
        drop(cache.get(4, counting(&count)));
        assert_eq!(count.load(Ordering::SeqCst), before);
        tokio::time::advance(TTL).await;
        drop(cache.get(9, counting(&count)));
        assert_eq!(cache.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_forgotten_answer_is_asked_for_again() {
        let (cache, count) = (Cache::new(TTL, 10), Arc::default());
        let first = cache.get("key", counting(&count));
        first.clone().await;
        cache.forget(&"key", &first);
        assert_eq!(cache.get("key", counting(&count)).await, 2);
    }
}
