//! Nobody takes all the streams: each caller has a share of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use tonic::body::Body;

use super::limit::{shed, while_open};
use super::method::Methods;
use super::step::{Inner, Next, Step};
use crate::call::{Call, TenantId};

/// The step that counts the streams of each caller; below authentication, which says who
/// calls. What needs no caller (health, reflection) is not counted.
#[derive(Clone)]
pub struct Shares {
    pub methods: Arc<Methods>,
    /// Streams of one caller at most.
    pub each: usize,
    pub open: Open,
}

/// How many streams each caller has open.
pub type Open = Arc<Mutex<HashMap<Who, usize>>>;

/// A principal: all keys and tokens of one count together.
type Who = (Option<TenantId>, String);

/// One stream of a caller's share.
struct Place {
    who: Who,
    open: Open,
}

impl Shares {
    fn take(&self, who: Who) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = open.get(&who).copied().unwrap_or_default();
        if taken >= self.each {
            return None;
        }
        open.insert(who.clone(), taken + 1);
        drop(open);
        Some(Place {
            who,
            open: Arc::clone(&self.open),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.who) {
            Some(taken) if *taken > 1 => *taken -= 1,
            _ => drop(open.remove(&self.who)),
        }
    }
}

impl Step for Shares {
    async fn around<S: Inner>(self, request: Request<Body>, next: Next<S>) -> Response<Body> {
        let path = request.uri().path();
        let is_unary = self
            .methods
            .shape(path)
            .is_none_or(|shape| shape.is_unary());
        let call = request.extensions().get::<Call>().filter(|_| !is_unary);
        let Some(Call { principal, .. }) = call else {
            return next.run(request).await;
        };
        match self.take((principal.tenant, principal.subject.clone())) {
            Some(place) => while_open(next.run(request).await, place),
            None => shed(&self.methods, path, "streams of one caller"),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn shares(each: usize) -> Shares {
        Shares {
            methods: Arc::new(Methods::read(&[]).unwrap()),
            each,
            open: Open::default(),
        }
    }

    #[test]
    fn a_caller_who_has_all_of_a_share_leaves_others_theirs() {
        let shares = shares(2);
        let who = |name: &str| (Some(TenantId(Uuid::nil())), name.to_owned());
        let held: Vec<Place> = (0..2).map(|_| shares.take(who("a")).unwrap()).collect();
        assert!(shares.take(who("a")).is_none());
        assert!(shares.take(who("b")).is_some());
        let elsewhere = (Some(TenantId(Uuid::max())), "a".to_owned());
        assert!(
            shares.take(elsewhere).is_some(),
            "the same id in another tenant"
        );
        drop(held);
        assert!(shares.take(who("a")).is_some());
        assert!(
            shares.open.lock().unwrap().is_empty(),
            "nobody is remembered"
        );
    }
}
