//! A deal: what is known of it and where it stands.

mod found;
mod parts;
mod row;
mod save;
mod wire;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::etag;
use keynode_kit::log;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::element_state::Details;
use keynode_proto::pipeline::v1::{ContactLevel, Knowledge, QualificationElement};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::dossier::Dossier;
use crate::element::details::Budget;
use crate::error::Error;
use crate::fact::Deal;
use crate::gate::Facts;
use crate::ids::OpportunityId;
use crate::process::{Process, Stage};
use crate::stage::{Moved, Standing};
use crate::stage_probability;
use crate::terms::Terms;
use crate::work::{Waiver, Work};

pub use found::{Change, catch_up, folded, index, pieces_asked};
pub use row::{by_external_keys, fetch};
pub use save::{delete_evidence, save, save_element, save_evidence};

pub(crate) use save::Record;

/// A deal with one customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Opportunity {
    pub id: OpportunityId,
    /// One more with every event of the deal.
    pub version: i64,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub terms: Terms,
    /// The id of the process, without its collection.
    pub process: String,
    pub process_version: i32,
    /// The id of the stage at the position of `standing`.
    pub stage: String,
    pub standing: Standing,
    /// What is missing here was never recorded.
    pub elements: BTreeMap<QualificationElement, Element>,
    pub buying_step: Option<BuyingStep>,
    /// By kind; the latest of each.
    pub evidence: BTreeMap<String, Evidence>,
    /// Of the latest evaluation that a move saw.
    pub grade: Option<String>,
    /// By experience with the process, 0 to 1.
    pub stage_probability: Option<f64>,
    pub contact_level: ContactLevel,
    pub pause: Option<Pause>,
    /// Set while it is lost.
    pub loss: Option<Loss>,
    /// What is done, by work item.
    pub work: BTreeMap<String, Work>,
    /// What need not be met, by criterion.
    pub waivers: BTreeMap<String, Waiver>,
    /// What somebody holds; never touched by what is computed, nor the other way round.
    pub manual_probability: Option<ManualProbability>,
    pub computed_probability: Option<ComputedProbability>,
}

/// How likely somebody holds a deal to be won.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManualProbability {
    /// 0 to 100.
    pub percent: i32,
    pub reason: String,
    pub actor: String,
    pub set: Timestamp,
}

/// How likely a deal is to be won by its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComputedProbability {
    /// 0 to 100.
    pub percent: Decimal,
    /// Empty when it did not say.
    pub model: String,
    pub computed: Timestamp,
}

/// A wait for a known reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub reason: String,
    pub resume: Date,
    pub started: Timestamp,
    pub actor: String,
}

/// Why a deal was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The id of one of the process's reasons.
    pub reason: String,
    pub note: String,
    /// Empty when unknown, or nobody.
    pub winner: String,
}

/// What is known of a qualification element (R12).
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    pub knowledge: Knowledge,
    pub value: String,
    pub source: String,
    /// Who at the customer says so, a contact of the accounts service.
    pub person: Option<Uuid>,
    /// Of the element itself, in parts.
    pub details: Option<Details>,
    pub learned: Option<Date>,
    pub recorder: String,
    pub recorded: Timestamp,
}

/// Where the customer stands (R4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuyingStep {
    pub step: i32,
    pub evidence: String,
    /// Why the customer jumped or stepped back; empty when it took the next step.
    pub reason: String,
    pub recorded: Timestamp,
}

/// Something that happened and counts for a key node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub date: Date,
    pub note: String,
    pub recorder: String,
    pub recorded: Timestamp,
}

impl Opportunity {
    /// A deal that enters its process where that was decided.
    pub fn enter(
        id: OpportunityId,
        terms: Terms,
        process: &Process,
        moved: &Moved,
        now: Timestamp,
    ) -> Self {
        let standing = moved.to().clone();
        Self {
            id,
            version: 1,
            created: now,
            updated: now,
            terms,
            process: process.id.clone(),
            process_version: process.version,
            stage: process
                .stage_at(standing.position())
                .map_or_else(String::new, |stage| stage.id.clone()),
            standing,
            elements: BTreeMap::new(),
            buying_step: None,
            evidence: BTreeMap::new(),
            grade: None,
            stage_probability: stage_probability::by_stage(process, moved.to()),
            contact_level: ContactLevel::Unspecified,
            pause: None,
            loss: None,
            work: BTreeMap::new(),
            waivers: BTreeMap::new(),
            manual_probability: None,
            computed_probability: None,
        }
    }

    /// The text that guards changes.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }

    /// The stage that it is in, of its process.
    ///
    /// # Errors
    /// `INTERNAL` when the process does not have it.
    pub fn stage_in<'p>(&self, process: &'p Process) -> Result<&'p Stage, Error> {
        process.stage_at(self.standing.position()).ok_or_else(|| {
            Fault::internal(format!(
                "{} is in stage {}, which its process does not have",
                self.id, self.stage
            ))
            .into()
        })
    }

    /// What pipeline itself knows for judging key nodes.
    pub fn facts(&self, dossier: Dossier) -> Facts {
        Facts {
            elements: self
                .elements
                .iter()
                .map(|(element, state)| (*element, state.knowledge))
                .collect(),
            evidence: self
                .evidence
                .iter()
                .map(|(kind, evidence)| (kind.clone(), evidence.date))
                .collect(),
            deal: self.deal(),
            budget: self.budget(),
            dossier,
            work: self.days_of_work(),
            waived: self.waivers.keys().cloned().collect(),
            map: None,
            evaluation: None,
        }
    }

    /// The work that is done, by item, each with its day.
    pub fn days_of_work(&self) -> BTreeMap<String, Date> {
        let days = self
            .work
            .iter()
            .map(|(item, work)| (item.clone(), work.done));
        days.collect()
    }

    fn budget(&self) -> Budget {
        let state = self.elements.get(&QualificationElement::Budget);
        Budget::of(state.and_then(|state| state.details.as_ref()))
    }

    fn deal(&self) -> Deal {
        let terms = &self.terms;
        Deal {
            amount: terms.amount.as_ref().and_then(|it| it.value.to_f64()),
            currency: terms.amount.as_ref().map(|it| it.currency.clone()),
            non_standard: terms.non_standard,
            competitors: terms.competitors.clone(),
            buying_step: self.buying_step.as_ref().map(|state| state.step),
            entry_buying_step: terms.entry_buying_step,
        }
    }

    /// Counts a change: with every one comes one event.
    pub fn touch(&mut self, now: Timestamp) {
        self.version += 1;
        self.updated = now;
    }

    /// Refuses a change of a version that the caller has not seen.
    ///
    /// # Errors
    /// `ETAG_MISMATCH` unless `etag` is empty or this version's.
    pub fn check_etag(&self, etag: &str) -> Result<(), Error> {
        Ok(etag::check(&self.id.to_string(), etag, self.version)?)
    }
}

/// Reads the name of a deal.
///
/// # Errors
/// `INVALID_REQUEST` naming the field.
pub fn id(field: &str, name: &str) -> Result<OpportunityId, Error> {
    let mut bad = Violations::default();
    let id = bad.name(field, name);
    bad.finish()?;
    Ok(id)
}

/// Reads a deal that the caller sees.
///
/// # Errors
/// `OPPORTUNITY_NOT_FOUND` when there is none or the caller does not see it.
pub async fn read(
    connection: &mut PgConnection,
    call: &Call,
    id: OpportunityId,
) -> Result<Opportunity, Error> {
    let found = fetch(connection, &[id.0]).await?.pop();
    found
        .filter(|found| call.sees(found.terms.owner, found.terms.team))
        .ok_or(Error::OpportunityNotFound(id))
}

/// The same, for a change: locked until the transaction ends.
///
/// # Errors
/// As [`read`], and `ETAG_MISMATCH` when `etag` is of another version.
pub async fn lock(
    connection: &mut PgConnection,
    call: &Call,
    id: OpportunityId,
    etag: &str,
) -> Result<Opportunity, Error> {
    lock_all(connection, &[id]).await?;
    let found = read(connection, call, id).await?;
    found.check_etag(etag)?;
    Ok(found)
}

/// Locks deals, always in the same order. Called once and before anything is written, so
/// that the log has their versions in order.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_all(
    connection: &mut PgConnection,
    ids: &[OpportunityId],
) -> Result<(), sqlx::Error> {
    let subjects: Vec<String> = ids.iter().map(ToString::to_string).collect();
    log::take_turn(connection, &subjects).await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query_scalar!(
        "select id from pipeline.opportunity where id = any($1) order by id for update",
        &ids
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}
