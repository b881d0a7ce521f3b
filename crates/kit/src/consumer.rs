//! Reactions to the log: each entry takes effect once, however many replicas run and
//! whenever one is killed, because the place reached commits with the effect.

use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::clock::Clock;
use crate::db::{Db, Tx};
use crate::error::Fault;
use crate::log::{self, Cursor, Entry};

const MEASURE_EVERY: Duration = Duration::from_secs(5);
const RELEASE_WITHIN: Duration = Duration::from_secs(1);
/// The lag is counted up to here.
const COUNTED: i32 = 10_000;

/// How eagerly consumers read the log.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Between two looks when there was nothing. Looking costs one index probe; NOTIFY is
    /// not used because it makes commits queue for one lock.
    #[serde(with = "humantime_serde")]
    pub poll: Duration,
    /// Entries per step at most.
    pub batch: u32,
    /// After this long without a sign of life another replica takes over.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(200),
            batch: 200,
            lease: Duration::from_secs(10),
        }
    }
}

/// What a service does about entries of the log.
pub trait Reaction: Send + Sync + 'static {
    /// What one entry leads to; decided outside the transaction, applied in it.
    type Effect: Clone + Send + Sync;

    /// Effects applied in one transaction at most, those of one entry always together: few
    /// enough not to keep the log's readers waiting; 1 where an effect looks at what those
    /// before it left.
    const TOGETHER: usize = 50;

    /// Decides what an entry leads to. May call other services; may run twice.
    fn decide(
        &self,
        entry: &Entry,
    ) -> impl Future<Output = Result<Vec<Self::Effect>, Fault>> + Send;

    /// Takes the turns of what the effects will change, in the transaction that applies them
    /// and before anything is written in it: whoever waits later than that writes the log out
    /// of order, see [`log::take_turn`]. Only what writes events of subjects that others
    /// change too needs it.
    fn prepare(
        &self,
        _tx: &mut Tx,
        _effects: &mut [Self::Effect],
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        async { Ok(()) }
    }

    /// Applies an effect, in the entry's tenant and in the transaction that moves the
    /// consumer's place: it happens once.
    fn apply(
        &self,
        tx: &mut Tx,
        entry: &Entry,
        effect: Self::Effect,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// Entries that take effect together: of one tenant, as far as they have effects.
struct Group<'e, Effect> {
    entries: Vec<(&'e Entry, Vec<Effect>)>,
}

impl<Effect> Default for Group<'_, Effect> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<Effect> Group<'_, Effect> {
    /// Whether an entry with these effects may join, when so many are applied together.
    fn takes(&self, entry: &Entry, effects: &[Effect], together: usize) -> bool {
        let mut effective = self.entries.iter().filter(|(_, it)| !it.is_empty());
        let Some((first, _)) = effective.clone().next().filter(|_| !effects.is_empty()) else {
            return true;
        };
        let applied: usize = effective.by_ref().map(|(_, it)| it.len()).sum();
        first.tenant == entry.tenant && applied + effects.len() <= together
    }
}

/// Follows the log for one reaction. Any number of replicas may run it: one works, the
/// others wait for its lease to end.
///
/// The service's schema holds the place in a table `consumer (name text primary key,
/// transaction_id bigint, position bigint, holder uuid, held_until timestamptz)`.
#[derive(Debug)]
pub struct Consumer<R> {
    db: Db,
    settings: Settings,
    schema: &'static str,
    name: &'static str,
    holder: Uuid,
    reaction: R,
}

impl<R: Reaction> Consumer<R> {
    pub fn new(
        db: Db,
        clock: Clock,
        settings: Settings,
        schema: &'static str,
        name: &'static str,
        reaction: R,
    ) -> Self {
        let holder = clock.id();
        Self {
            db,
            settings,
            schema,
            name,
            holder,
            reaction,
        }
    }

    /// Measures the lag again and again.
    async fn watch(&self) {
        loop {
            if let Err(fault) = self.measure().await {
                tracing::debug!(consumer = self.name, %fault, "the lag cannot be measured");
            }
            tokio::time::sleep(MEASURE_EVERY).await;
        }
    }

    /// Runs until `shutdown` ends. Errors are logged and tried again with a growing pause.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let work = async {
            let mut failures = 0_u32;
            loop {
                let pause = match self.step().await {
                    Ok(done) if done > 0 => {
                        failures = 0;
                        continue;
                    }
                    Ok(_) => {
                        failures = 0;
                        self.settings.poll
                    }
                    Err(fault) => {
                        failures = failures.saturating_add(1);
                        tracing::warn!(consumer = self.name, %fault, failures, "the log cannot be followed; trying again");
                        (self.settings.poll * 2_u32.saturating_pow(failures.min(6)))
                            .min(Duration::from_secs(10))
                    }
                };
                tokio::time::sleep(pause).await;
            }
        };
        tokio::select! {
            () = work => {}
            () = self.watch() => {}
            () = shutdown => self.release().await,
        }
    }

    /// Handles what is there, at most one batch, and says how many entries that was.
    ///
    /// # Errors
    /// Why the batch could not be finished; entries before the failing one took effect.
    pub async fn step(&self) -> Result<usize, Fault> {
        let Some(place) = self.claim().await? else {
            return Ok(0);
        };
        let entries = self.read(place).await?;
        let mut place = place;
        let mut group = Group::default();
        for entry in &entries {
            let effects = match self.reaction.decide(entry).await {
                Ok(effects) => effects,
                Err(fault) => {
                    self.settle_group(place, group).await?;
                    return Err(fault);
                }
            };
            if !group.takes(entry, &effects, R::TOGETHER) {
                match self.settle_group(place, std::mem::take(&mut group)).await? {
                    Some(reached) => place = reached,
                    // Another replica took over meanwhile; it goes on from its own place.
                    None => return Ok(0),
                }
            }
            group.entries.push((entry, effects));
        }
        let done = self.settle_group(place, group).await?;
        Ok(done.map_or(0, |_| entries.len()))
    }

    /// Settles entries in one transaction, or, if one of them fails, each alone: those before
    /// it take effect. Answers the place reached; none when another replica took over.
    async fn settle_group(
        &self,
        from: Cursor,
        group: Group<'_, R::Effect>,
    ) -> Result<Option<Cursor>, Fault> {
        let Some((last, _)) = group.entries.last() else {
            return Ok(Some(from));
        };
        let reached = last.cursor;
        match self.settle(from, &group.entries).await {
            Ok(is_ours) => return Ok(is_ours.then_some(reached)),
            Err(fault) if group.entries.len() == 1 => return Err(fault),
            Err(fault) => {
                tracing::debug!(consumer = self.name, %fault, "entries are settled one by one");
            }
        }
        let mut place = from;
        for alone in group.entries.chunks(1) {
            if !self.settle(place, alone).await? {
                return Ok(None);
            }
            place = alone.last().map_or(place, |(entry, _)| entry.cursor);
        }
        Ok(Some(reached))
    }

    /// Takes or renews the lease and answers the place reached; none when another holds it.
    async fn claim(&self) -> Result<Option<Cursor>, Fault> {
        let table = self.table();
        let sql = format!(
            "insert into {table} as c (name, transaction_id, position, holder, held_until) \
             values ($1, 0, 0, $2, now() + $3 * interval '1 millisecond') \
             on conflict (name) do update set holder = $2, held_until = excluded.held_until \
             where c.holder = $2 or c.held_until < now() \
             returning transaction_id, position"
        );
        let claimed = self
            .db
            .transaction_without_tenant(async |tx: &mut Tx| {
                let place = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(sql))
                    .bind(self.name)
                    .bind(self.holder)
                    .bind(self.settings.lease.as_millis() as f64)
                    .fetch_optional(&mut **tx)
                    .await?;
                Ok::<_, Fault>(place)
            })
            .await?;
        Ok(claimed.map(|(transaction_id, position)| Cursor {
            transaction_id,
            position,
        }))
    }

    async fn read(&self, after: Cursor) -> Result<Vec<Entry>, Fault> {
        let at_most = i32::try_from(self.settings.batch).unwrap_or(i32::MAX);
        self.db
            .transaction_without_tenant(async |tx: &mut Tx| log::read_all(tx, after, at_most).await)
            .await
    }

    /// Applies the effects and moves the place behind the last entry, or neither.
    async fn settle(
        &self,
        from: Cursor,
        entries: &[(&Entry, Vec<R::Effect>)],
    ) -> Result<bool, Fault> {
        let work = async |tx: &mut Tx| {
            let mut entries = entries.to_vec();
            for (_, effects) in &mut entries {
                self.reaction.prepare(tx, effects).await?;
            }
            self.move_place(tx, from, entries).await
        };
        match entries.iter().find(|(_, effects)| !effects.is_empty()) {
            Some((entry, _)) => self.db.transaction(entry.tenant, work).await,
            None => self.db.transaction_without_tenant(work).await,
        }
    }

    async fn move_place(
        &self,
        tx: &mut Tx,
        from: Cursor,
        entries: Vec<(&Entry, Vec<R::Effect>)>,
    ) -> Result<bool, Fault> {
        let reached = entries.last().map_or(from, |(entry, _)| entry.cursor);
        let sql = format!(
            "update {} set transaction_id = $1, position = $2, \
             held_until = now() + $3 * interval '1 millisecond' \
             where name = $4 and holder = $5 and transaction_id = $6 and position = $7",
            self.table()
        );
        let moved = sqlx::query(AssertSqlSafe(sql))
            .bind(reached.transaction_id)
            .bind(reached.position)
            .bind(self.settings.lease.as_millis() as f64)
            .bind(self.name)
            .bind(self.holder)
            .bind(from.transaction_id)
            .bind(from.position)
            .execute(&mut **tx)
            .await?;
        if moved.rows_affected() == 0 {
            return Ok(false);
        }
        for (entry, effects) in entries {
            for effect in effects {
                self.reaction.apply(tx, entry, effect).await?;
            }
        }
        Ok(true)
    }

    /// Lets another replica go on at once. Best effort: the lease ends by itself.
    async fn release(&self) {
        let sql = format!(
            "update {} set held_until = now() where name = $1 and holder = $2",
            self.table()
        );
        let released = self.db.transaction_without_tenant(async |tx: &mut Tx| {
            sqlx::query(AssertSqlSafe(sql))
                .bind(self.name)
                .bind(self.holder)
                .execute(&mut **tx)
                .await?;
            Ok::<_, Fault>(())
        });
        match tokio::time::timeout(RELEASE_WITHIN, released).await {
            Ok(Ok(())) => {}
            _ => tracing::debug!(
                consumer = self.name,
                "the lease was not released and will run out"
            ),
        }
    }

    /// Tells how far behind the consumer is, from the log's own end: also while it fails,
    /// while another replica works, and while a long transaction holds the log back.
    async fn measure(&self) -> Result<(), Fault> {
        let table = self.table();
        let sql = format!(
            "select b.entries, extract(epoch from now() - b.oldest)::float8 \
             from (select transaction_id, position from {table} where name = $1) as c, \
             events.behind(c.transaction_id, c.position, $2) as b"
        );
        let behind = self
            .db
            .transaction_without_tenant(async |tx: &mut Tx| {
                let behind = sqlx::query_as::<_, (i64, Option<f64>)>(AssertSqlSafe(sql))
                    .bind(self.name)
                    .bind(COUNTED)
                    .fetch_optional(&mut **tx)
                    .await?;
                Ok::<_, Fault>(behind)
            })
            .await?;
        let (entries, seconds) = behind.unwrap_or_default();
        metrics::gauge!("keynode_event_lag", "consumer" => self.name).set(entries as f64);
        metrics::gauge!("keynode_event_lag_seconds", "consumer" => self.name)
            .set(seconds.unwrap_or(0.0));
        Ok(())
    }

    fn table(&self) -> String {
        format!("{}.consumer", self.schema)
    }
}
