//! How likely deals are won, by models that were learnt from deals that ended ([`crate::learn`]).

pub(crate) mod explain;
pub(crate) mod get;
mod id;
pub(crate) mod list;
pub(crate) mod measure;
mod options;
pub(crate) mod production;
pub(crate) mod promote;
mod rows;
pub(crate) mod score;
mod stream;
pub(crate) mod train;
mod version;
pub(crate) mod what_if;
mod wire;

use std::sync::Arc;

use keynode_kit::error::Fault;
use tokio::sync::Semaphore;

pub use self::id::{VersionName, WinModelId};

/// So many trainings run at once; others wait their turn.
const AT_ONCE: usize = 1;

/// Keeps trainings, which take a processor for long, from taking all of them.
#[derive(Clone, Debug)]
pub(crate) struct Trainings(Arc<Semaphore>);

impl Default for Trainings {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Trainings {
    /// Runs work that computes for long beside the runtime. Who goes away while it runs does not
    /// let the next one in before it has ended.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let turn = self.0.clone().acquire_owned().await;
        let turn = turn.map_err(Fault::internal)?;
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(Fault::internal)
    }
}
