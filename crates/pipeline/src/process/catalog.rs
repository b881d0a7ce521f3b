//! Every process that a tenant's deals may follow: those of the release and the tenant's own.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use keynode_kit::call::TenantId;
use keynode_kit::error::Fault;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ProcessState;
use sqlx::PgConnection;

use super::row::{self, Kept};
use super::{DEFAULT, Process, SHIPPED, id_of, parse};
use crate::error::Error;

/// Every release ships the first version.
const OLDEST: i32 = 1;
/// Versions held ready at most: each is read from its file once.
const MOST_READY: usize = 1000;

/// By tenant, id and version.
type Ready = HashMap<(TenantId, String, i32), Arc<Process>>;

/// The processes; cheap to clone.
#[derive(Clone, Debug)]
pub struct Catalog {
    shipped: Arc<BTreeMap<String, BTreeMap<i32, Arc<Shipped>>>>,
    /// Published versions, which never change.
    ready: Arc<Mutex<Ready>>,
}

#[derive(Debug)]
struct Shipped {
    process: Arc<Process>,
    file: &'static str,
}

/// A version and where it is in its life.
#[derive(Clone, Debug)]
pub struct Version {
    pub process: Arc<Process>,
    pub file: String,
    /// None for one of the release.
    pub kept: Option<Kept>,
}

impl Catalog {
    /// The processes that come with this release.
    ///
    /// # Errors
    /// Names the exact place of what is wrong with a file.
    pub fn shipped() -> Result<Self, super::Error> {
        let mut shipped: BTreeMap<String, BTreeMap<i32, Arc<Shipped>>> = BTreeMap::new();
        for file in SHIPPED {
            let process = Arc::new(parse(file)?);
            let versions = shipped.entry(process.id.clone()).or_default();
            versions.insert(process.version, Arc::new(Shipped { process, file }));
        }
        Ok(Self {
            shipped: Arc::new(shipped),
            ready: Arc::default(),
        })
    }

    /// Whether the release has a process of this id.
    pub fn ships(&self, id: &str) -> bool {
        self.shipped.contains_key(id)
    }

    /// The version that a deal follows.
    ///
    /// # Errors
    /// `INTERNAL` when it is not there.
    pub async fn followed(
        &self,
        connection: &mut PgConnection,
        tenant: TenantId,
        (id, version): (&str, i32),
    ) -> Result<Arc<Process>, Error> {
        if let Some(shipped) = self.shipped.get(id).and_then(|all| all.get(&version)) {
            return Ok(shipped.process.clone());
        }
        let key = (tenant, id.to_owned(), version);
        if let Some(process) = self.lock().get(&key) {
            return Ok(process.clone());
        }
        let kept = row::version(connection, id, version).await?;
        let kept = kept.ok_or_else(|| {
            Fault::internal(format!("process {id} is not there in version {version}"))
        })?;
        Ok(self.read(tenant, &kept)?)
    }

    /// Has replicas of the release before find the version of the release that a new deal follows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remember(
        &self,
        connection: &mut PgConnection,
        process: &Process,
        now: Timestamp,
    ) -> Result<(), Error> {
        let shipped = self.shipped.get(&process.id);
        let shipped = shipped.and_then(|versions| versions.get(&process.version));
        if let Some(shipped) = shipped.filter(|_| process.version > OLDEST) {
            let which = (process.id.as_str(), process.version);
            row::remember(connection, which, shipped.file, now).await?;
        }
        Ok(())
    }

    /// The version that a request names: name empty = the tenant's default, version 0 = the
    /// newest that is published.
    ///
    /// # Errors
    /// `PROCESS_NOT_FOUND`.
    pub async fn find(
        &self,
        connection: &mut PgConnection,
        tenant: TenantId,
        name: &str,
        version: i32,
    ) -> Result<Version, Error> {
        let missing = || Error::ProcessNotFound {
            process: name.to_owned(),
            version,
        };
        let id = match name {
            "" => self.default(connection).await?,
            name => id_of(name).ok_or_else(missing)?.to_owned(),
        };
        if let Some(versions) = self.shipped.get(&id) {
            let found = match version {
                0 => versions.values().next_back(),
                version => versions.get(&version),
            };
            return found.map(Version::shipped).ok_or_else(missing);
        }
        let kept = match version {
            0 => row::in_force(connection, &id).await?,
            version => row::version(connection, &id, version).await?,
        };
        let kept = kept.filter(|kept| kept.state != ProcessState::Unspecified);
        self.version(tenant, kept.ok_or_else(missing)?)
    }

    /// Every version of a process, newest first; none for an id that is no process.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn versions(
        &self,
        connection: &mut PgConnection,
        tenant: TenantId,
        id: &str,
    ) -> Result<Vec<Version>, Error> {
        if let Some(versions) = self.shipped.get(id) {
            return Ok(versions.values().rev().map(Version::shipped).collect());
        }
        let kept = row::versions(connection, id).await?.into_iter();
        let kept = kept.filter(|kept| kept.state != ProcessState::Unspecified);
        kept.map(|kept| self.version(tenant, kept)).collect()
    }

    /// What new deals may follow, each in its version in force, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn in_force(
        &self,
        connection: &mut PgConnection,
        tenant: TenantId,
    ) -> Result<Vec<Version>, Error> {
        let own = row::all_in_force(connection).await?.into_iter();
        let own = own.filter(|kept| !self.ships(&kept.id));
        let own: Result<Vec<Version>, Error> = own.map(|kept| self.version(tenant, kept)).collect();
        let shipped = self
            .shipped
            .values()
            .filter_map(|all| all.values().next_back());
        let mut all: Vec<Version> = shipped.map(Version::shipped).chain(own?).collect();
        all.sort_by(|a, b| a.process.id.cmp(&b.process.id));
        Ok(all)
    }

    /// The id of the process of deals that name none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn default(&self, connection: &mut PgConnection) -> Result<String, Error> {
        Ok(row::default(connection)
            .await?
            .unwrap_or_else(|| DEFAULT.to_owned()))
    }

    /// A version of the tenant's own, read from its file.
    ///
    /// # Errors
    /// `INTERNAL` when a file that was sound once is not any more.
    pub fn version(&self, tenant: TenantId, kept: Kept) -> Result<Version, Error> {
        Ok(Version {
            process: self.read(tenant, &kept)?,
            file: kept.file.clone(),
            kept: Some(kept),
        })
    }

    fn read(&self, tenant: TenantId, kept: &Kept) -> Result<Arc<Process>, Fault> {
        let key = (tenant, kept.id.clone(), kept.version);
        if let Some(process) = self.lock().get(&key) {
            return Ok(process.clone());
        }
        let mut process = parse(&kept.file).map_err(Fault::internal)?;
        process.version = kept.version;
        let process = Arc::new(process);
        if kept.published.is_some() {
            let mut ready = self.lock();
            if ready.len() >= MOST_READY {
                ready.clear();
            }
            ready.insert(key, process.clone());
        }
        Ok(process)
    }

    fn lock(&self) -> MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Version {
    fn shipped(shipped: &Arc<Shipped>) -> Self {
        Self {
            process: shipped.process.clone(),
            file: shipped.file.to_owned(),
            kept: None,
        }
    }

    /// Whether new deals may follow it.
    pub fn is_published(&self) -> bool {
        self.state() == ProcessState::Published
    }

    pub fn state(&self) -> ProcessState {
        self.kept
            .as_ref()
            .map_or(ProcessState::Published, |kept| kept.state)
    }

    /// The version for the wire; `default` is the id of the tenant's default process.
    pub fn to_proto(&self, default: &str) -> proto::Process {
        let time = |at: Timestamp| keynode_kit::wire::timestamp(at);
        let kept = self.kept.as_ref();
        proto::Process {
            state: self.state().into(),
            etag: kept
                .map(|kept| kept.revision.to_string())
                .unwrap_or_default(),
            shipped: kept.is_none(),
            default: self.process.id == default && self.is_published(),
            publish_time: kept.and_then(|kept| kept.published).map(time),
            retire_time: kept.and_then(|kept| kept.retired).map(time),
            ..self.process.to_proto()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processes_of_the_release_are_sound() {
        let catalog = Catalog::shipped().unwrap();
        assert!(catalog.ships(DEFAULT));
        assert!(!catalog.ships("other"));
    }
}
