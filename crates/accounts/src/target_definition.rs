//! Who counts as a target customer: versions that never change once published (R30).

pub mod complete;
pub mod create;
pub mod criterion;
pub mod publish;
pub mod read;
pub mod retire;
pub mod revise;
pub mod update;

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::{etag, wire};
use keynode_proto::accounts::v1 as proto;
use keynode_proto::accounts::v1::{TargetDefinitionChanged, TargetDefinitionState};
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Error;
use crate::ids::TargetDefinitionId;
use crate::mask::maskable;
use crate::prospect::refusal::Refusal;

const MAX_CRITERIA: usize = 50;

/// A row of `accounts.target_definition`.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetDefinition {
    pub id: Uuid,
    /// The first of its revisions.
    pub root_id: Uuid,
    /// Of the record: one more with every event.
    pub version: i64,
    pub record: proto::TargetDefinition,
}

maskable!(proto::TargetDefinition: display_name, description, criteria, pass_percent);

impl TargetDefinition {
    /// A first draft about which nothing is said yet.
    pub fn new(id: Uuid, now: Timestamp) -> Self {
        let record = proto::TargetDefinition {
            version: 1,
            ..proto::TargetDefinition::default()
        };
        Self {
            id,
            root_id: id,
            version: 1,
            record,
        }
        .begun(now)
    }

    /// A draft with the contents of this version.
    fn revision(&self, id: Uuid, number: i32, now: Timestamp) -> Self {
        let record = proto::TargetDefinition {
            version: number,
            previous: self.record.name.clone(),
            ..self.record.clone()
        };
        Self {
            id,
            root_id: self.root_id,
            version: 1,
            record,
        }
        .begun(now)
    }

    fn begun(mut self, now: Timestamp) -> Self {
        self.record.name = self.name().to_string();
        self.record.etag = self.version.to_string();
        self.record.create_time = Some(wire::timestamp(now));
        self.record.update_time = Some(wire::timestamp(now));
        self.record.set_state(TargetDefinitionState::Draft);
        self
    }

    /// The same definition with what a caller says of it.
    pub fn told(&self, sent: &proto::TargetDefinition, bad: &mut Violations) -> Self {
        bad.range(
            "target_definition.pass_percent",
            sent.pass_percent.into(),
            0..=100,
        );
        let record = proto::TargetDefinition {
            display_name: bad.name_text("target_definition.display_name", &sent.display_name, 200),
            description: bad.text("target_definition.description", &sent.description, 4000),
            criteria: read_criteria(&sent.criteria, bad),
            pass_percent: sent.pass_percent,
            ..self.record.clone()
        };
        Self {
            record,
            ..self.clone()
        }
    }

    /// The definition after a change at `now`.
    fn touched(mut self, now: Timestamp) -> Self {
        self.version += 1;
        self.record.etag = self.version.to_string();
        self.record.update_time = Some(wire::timestamp(now));
        self
    }

    pub fn name(&self) -> TargetDefinitionId {
        TargetDefinitionId(self.id)
    }

    /// Only what is in force screens anybody.
    ///
    /// # Errors
    /// `TARGET_DEFINITION_NOT_PUBLISHED`.
    pub fn check_published(&self) -> Result<(), Refusal> {
        match self.record.state() {
            TargetDefinitionState::Published => Ok(()),
            state => Err(Refusal::DefinitionNotPublished {
                definition: self.name(),
                state,
            }),
        }
    }

    fn check_draft(&self) -> Result<(), Refusal> {
        match self.record.state() {
            TargetDefinitionState::Draft => Ok(()),
            _ => Err(Refusal::DefinitionNotDraft(self.name())),
        }
    }
}

fn read_criteria(
    sent: &[proto::ScreeningCriterion],
    bad: &mut Violations,
) -> Vec<proto::ScreeningCriterion> {
    let field = "target_definition.criteria";
    if sent.len() > MAX_CRITERIA {
        bad.add(field, format!("must be at most {MAX_CRITERIA}"));
        return Vec::new();
    }
    for (index, criterion) in sent.iter().enumerate() {
        if sent[..index]
            .iter()
            .any(|earlier| earlier.id == criterion.id)
        {
            bad.add(format!("{field}[{index}].id"), "must not be used twice");
        }
    }
    sent.iter()
        .enumerate()
        .map(|(index, criterion)| criterion::read(criterion, &format!("{field}[{index}]"), bad))
        .collect()
}

/// Reads one definition.
pub async fn find(
    connection: &mut PgConnection,
    id: TargetDefinitionId,
) -> Result<TargetDefinition, Error> {
    let row = sqlx::query!(
        "select id, root_id, version, record from accounts.target_definition where id = $1",
        id.0,
    )
    .fetch_optional(connection)
    .await?
    .ok_or(Refusal::DefinitionNotFound(id))?;
    Ok(TargetDefinition {
        id: row.id,
        root_id: row.root_id,
        version: row.version,
        record: decode(&row.record)?,
    })
}

/// Reads one definition and keeps other writers away until the transaction ends.
async fn lock(
    connection: &mut PgConnection,
    id: TargetDefinitionId,
    etag: &str,
) -> Result<TargetDefinition, Error> {
    log::take_turn(connection, &[id.to_string()]).await?;
    sqlx::query!(
        "select id from accounts.target_definition where id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut *connection)
    .await?;
    let definition = find(connection, id).await?;
    etag::check(&id.to_string(), etag, definition.version)?;
    Ok(definition)
}

async fn insert(w: &mut Writer<'_>, definition: &TargetDefinition) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.target_definition (tenant_id, id, root_id, revision, version, state, record)
         values (events.tenant_id(), $1, $2, $3, $4, $5, $6)",
        definition.id,
        definition.root_id,
        definition.record.version,
        definition.version,
        definition.record.state,
        definition.record.encode_to_vec(),
    )
    .execute(&mut **w)
    .await?;
    record(w, None, definition);
    Ok(())
}

/// Stores the next version of the record, and its event.
async fn store(
    w: &mut Writer<'_>,
    call: &Call,
    before: &TargetDefinition,
    after: TargetDefinition,
) -> Result<TargetDefinition, Error> {
    let after = after.touched(call.now);
    sqlx::query!(
        "update accounts.target_definition set version = $2, state = $3, record = $4 where id = $1",
        after.id,
        after.version,
        after.record.state,
        after.record.encode_to_vec(),
    )
    .execute(&mut **w)
    .await?;
    record(w, Some(before), &after);
    Ok(after)
}

fn record(w: &mut Writer<'_>, before: Option<&TargetDefinition>, after: &TargetDefinition) {
    let change = TargetDefinitionChanged {
        before: before.map(|before| before.record.clone()),
        after: Some(after.record.clone()),
    };
    w.record(after.name().to_string(), after.version, &change);
}

fn decode(record: &[u8]) -> Result<proto::TargetDefinition, Error> {
    proto::TargetDefinition::decode(record).map_err(|error| Fault::internal(error).into())
}
