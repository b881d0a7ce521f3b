//! Every change runs through here: idempotent by `request_id`, checkable with
//! `validate_only`, and with its events in the transaction that it runs in.

use std::ops::{Deref, DerefMut};

use prost::{Message, Name};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::call::{Call, TenantId};
use crate::clock::Clock;
use crate::db::{Db, Tx, constraint};
use crate::error::Fault;
use crate::log::{self, NewEntry, Origin, RequestRecord};
use crate::validate::Violations;

/// The transaction of a change, and the events it will leave behind.
#[derive(Debug)]
pub struct Writer<'t> {
    tx: &'t mut Tx,
    clock: Clock,
    entries: Vec<NewEntry>,
}

impl<'t> Writer<'t> {
    pub fn new(tx: &'t mut Tx, clock: Clock) -> Self {
        Self {
            tx,
            clock,
            entries: Vec::new(),
        }
    }

    /// Notes that a subject changed. `sequence` is the subject's version after the
    /// change: 1 on creation, and one more with every event of the subject.
    pub fn record<M: Message + Name>(
        &mut self,
        subject: impl Into<String>,
        sequence: i64,
        change: &M,
    ) {
        self.entries.push(NewEntry {
            id: self.clock.id(),
            r#type: M::full_name(),
            subject: subject.into(),
            sequence,
            data: change.encode_to_vec(),
        });
    }

    /// A new id for something that is being created.
    pub fn id(&self) -> Uuid {
        self.clock.id()
    }

    /// Writes the events. Outside [`run`], where a reaction changes something.
    ///
    /// # Errors
    /// When the log refuses them.
    pub async fn append(self, origin: &Origin) -> Result<(), sqlx::Error> {
        if self.entries.is_empty() {
            return Ok(());
        }
        log::append(self.tx, origin, &self.entries, None).await
    }
}

impl Deref for Writer<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.tx
    }
}

impl DerefMut for Writer<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.tx
    }
}

/// What a service's mutations share.
#[derive(Clone, Debug)]
pub struct Mutations {
    pub db: Db,
    pub service: &'static str,
    pub clock: Clock,
}

/// How the transaction of a mutation ended short of success.
enum Interrupted<Answer, E> {
    /// Answered from the log, or only checked: nothing is to be stored.
    Answered(Answer),
    /// The same request committed while this one ran: answer from its row.
    Raced,
    Failed(E),
}

impl<Answer, E> From<Fault> for Interrupted<Answer, E>
where
    E: From<Fault>,
{
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.into())
    }
}

impl Mutations {
    /// Runs `work` once per `request_id`, in the caller's tenant.
    ///
    /// A repeat is answered from the row that the first left, if its parameters are the
    /// same. With `validate_only` the work is done and rolled back.
    ///
    /// # Errors
    /// What `work` answers; `REQUEST_ID_REUSED` for a repeat with other parameters.
    pub async fn run<Request, Answer, E>(
        &self,
        call: &Call,
        request: &Request,
        work: impl AsyncFnOnce(&mut Writer<'_>) -> Result<Answer, E>,
    ) -> Result<Answer, E>
    where
        Request: Message + keynode_proto::Mutation,
        Answer: Message + Default,
        E: From<Fault>,
    {
        let tenant = call.tenant().map_err(E::from)?;
        self.run_in(tenant, call, request, work).await
    }

    /// The same in a tenant that the caller does not belong to: for the platform's work.
    ///
    /// # Errors
    /// As [`Mutations::run`].
    pub async fn run_in<Request, Answer, E>(
        &self,
        tenant: TenantId,
        call: &Call,
        request: &Request,
        work: impl AsyncFnOnce(&mut Writer<'_>) -> Result<Answer, E>,
    ) -> Result<Answer, E>
    where
        Request: Message + keynode_proto::Mutation,
        Answer: Message + Default,
        E: From<Fault>,
    {
        let key = RequestKey::read(call, request).map_err(E::from)?;
        let done = self
            .db
            .transaction(tenant, async |tx: &mut Tx| {
                self.attempt(tx, tenant, call, request, key.as_ref(), work)
                    .await
            })
            .await;
        match (done, key) {
            (Ok(answer) | Err(Interrupted::Answered(answer)), _) => Ok(answer),
            (Err(Interrupted::Failed(error)), _) => Err(error),
            (Err(Interrupted::Raced), Some(key)) => self.answer_of_winner(tenant, call, &key).await,
            (Err(Interrupted::Raced), None) => {
                Err(Fault::internal("a request without id raced itself").into())
            }
        }
    }

    /// Runs `work` in the caller's tenant, for a change that carries no `request_id` because each
    /// thing in it has an id of its own by which it happens once.
    ///
    /// # Errors
    /// What `work` answers.
    pub async fn write<Answer, E>(
        &self,
        call: &Call,
        work: impl AsyncFnOnce(&mut Writer<'_>) -> Result<Answer, E>,
    ) -> Result<Answer, E>
    where
        E: From<Fault>,
    {
        let tenant = call.tenant().map_err(E::from)?;
        let write = async |tx: &mut Tx| {
            let mut writer = Writer::new(tx, self.clock.clone());
            let answer = work(&mut writer).await?;
            let origin = self.origin(tenant, call, None);
            writer.append(&origin).await.map_err(Fault::from)?;
            Ok(answer)
        };
        self.db.transaction(tenant, write).await
    }

    async fn attempt<Request, Answer, E>(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        call: &Call,
        request: &Request,
        key: Option<&RequestKey>,
        work: impl AsyncFnOnce(&mut Writer<'_>) -> Result<Answer, E>,
    ) -> Result<Answer, Interrupted<Answer, E>>
    where
        Request: keynode_proto::Mutation,
        Answer: Message + Default,
        E: From<Fault>,
    {
        if let Some(key) = key {
            let (actor, method) = (&call.principal.subject, &call.method);
            log::take_request(tx, actor, method, key.id)
                .await
                .map_err(Fault::from)?;
            if let Some(answer) = key.earlier_answer(tx, call).await? {
                return Err(Interrupted::Answered(answer));
            }
        }
        let mut writer = Writer::new(tx, self.clock.clone());
        let answer = work(&mut writer).await.map_err(Interrupted::Failed)?;
        if request.validate_only() {
            return Err(Interrupted::Answered(answer));
        }
        let entries = std::mem::take(&mut writer.entries);
        let record = key.map(|key| key.record(call, answer.encode_to_vec()));
        if entries.is_empty() {
            if let Some(record) = &record {
                // Nothing changed, and nothing is to change when this is repeated.
                log::keep_answer(tx, &call.principal.subject, record)
                    .await
                    .map_err(Fault::from)?;
            }
            return Ok(answer);
        }
        match log::append(
            tx,
            &self.origin(tenant, call, key),
            &entries,
            record.as_ref(),
        )
        .await
        {
            Ok(()) => Ok(answer),
            Err(error) if constraint(&error) == Some("log_request_key") => Err(Interrupted::Raced),
            Err(error) => Err(Fault::from(error).into()),
        }
    }

    fn origin(&self, tenant: TenantId, call: &Call, key: Option<&RequestKey>) -> Origin {
        Origin {
            tenant,
            service: self.service,
            actor: call.principal.subject.clone(),
            cause: key
                .map(|key| format!("requests/{}", key.id))
                .unwrap_or_default(),
            trace_id: call.trace_id.clone(),
            occurred_at: call.now,
        }
    }

    async fn answer_of_winner<Answer, E>(
        &self,
        tenant: TenantId,
        call: &Call,
        key: &RequestKey,
    ) -> Result<Answer, E>
    where
        Answer: Message + Default,
        E: From<Fault>,
    {
        let found: Result<Option<Answer>, Fault> = self
            .db
            .transaction(tenant, async |tx: &mut Tx| {
                key.earlier_answer(tx, call).await
            })
            .await;
        found?.ok_or_else(|| Fault::internal("the request that won a race is gone").into())
    }
}

/// The id of a request and what its parameters were.
struct RequestKey {
    id: Uuid,
    fingerprint: [u8; 32],
}

impl RequestKey {
    fn read<R: Message + keynode_proto::Mutation>(
        call: &Call,
        request: &R,
    ) -> Result<Option<Self>, Fault> {
        if request.request_id().is_empty() {
            return Ok(None);
        }
        let Ok(id) = Uuid::try_parse(request.request_id()) else {
            let mut bad = Violations::default();
            bad.add("request_id", "must be a UUID or empty");
            return bad.finish().map(|()| None);
        };
        let mut hash = Sha256::new();
        hash.update(call.method.as_bytes());
        hash.update(request.encode_to_vec());
        Ok(Some(Self {
            id,
            fingerprint: hash.finalize().into(),
        }))
    }

    async fn earlier_answer<A: Message + Default>(
        &self,
        connection: &mut PgConnection,
        call: &Call,
    ) -> Result<Option<A>, Fault> {
        let found =
            log::find_request(connection, &call.principal.subject, &call.method, self.id).await?;
        let Some((fingerprint, answer)) = found else {
            return Ok(None);
        };
        if fingerprint != self.fingerprint {
            return Err(Fault::request_id_reused(&self.id.to_string()));
        }
        A::decode(answer.as_slice())
            .map(Some)
            .map_err(Fault::internal)
    }

    fn record(&self, call: &Call, answer: Vec<u8>) -> RequestRecord {
        RequestRecord {
            method: call.method.clone(),
            request_id: self.id,
            fingerprint: self.fingerprint,
            answer,
        }
    }
}
