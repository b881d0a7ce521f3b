//! What a call to pipeline can be refused for. What people and programs are told of it stands in
//! a file for each subject.

mod commerce;
mod deal;
mod delivery;
mod dossier;
mod key_node;
mod process;
mod retry;

use jiff::civil::Date;
use keynode_kit::answers;
use keynode_kit::db::constraint;
use keynode_kit::error::{Explain, Fault};
use keynode_proto::pipeline::v1::ErrorReason;
use tonic::Code;

use crate::ids::{AccountId, OpportunityId, PersonId};

pub use self::commerce::NoApprover;
pub use self::delivery::Missing;
pub use self::key_node::{NotReached, Unmet};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is not there")]
    OpportunityNotFound(OpportunityId),
    #[error("{0} is not there")]
    AccountNotFound(AccountId),
    #[error("{0} is not there")]
    OwnerNotFound(PersonId),
    #[error("process {process:?} is not there in version {version}")]
    ProcessNotFound { process: String, version: i32 },
    #[error("{process} has no stage {stage:?}")]
    StageNotFound { process: String, stage: String },
    #[error("the key node of {} is not reached", .0.stage)]
    KeyNodeNotReached(Box<NotReached>),
    #[error("the key node of {stage} is reached")]
    KeyNodeReached {
        opportunity: OpportunityId,
        stage: String,
    },
    #[error("{opportunity} is closed: {status}")]
    OpportunityClosed {
        opportunity: OpportunityId,
        status: &'static str,
    },
    #[error("{stage} cannot be forced")]
    StageNotForcible {
        opportunity: OpportunityId,
        stage: String,
    },
    #[error("the buying step goes from {from} to {to}")]
    BuyingStepSkipped {
        opportunity: OpportunityId,
        from: i32,
        to: i32,
    },
    #[error("another opportunity has this external key")]
    ExternalKeyTaken,
    #[error("{opportunity} is open")]
    OpportunityOpen { opportunity: OpportunityId },
    #[error("the stage asked for does not come before {stage}")]
    StageNotEarlier {
        opportunity: OpportunityId,
        stage: String,
    },
    #[error("{stage} is not the stage that wins")]
    StageDoesNotWin {
        opportunity: OpportunityId,
        stage: String,
    },
    #[error("the level of contact is not lower")]
    ContactLevelNotLower { opportunity: OpportunityId },
    #[error("the level of contact is not higher")]
    ContactLevelNotHigher { opportunity: OpportunityId },
    #[error(transparent)]
    ProcessFileInvalid(crate::process::Error),
    #[error("{0} comes with the release")]
    ProcessShipped(String),
    #[error("{process} is not published in version {version}")]
    ProcessNotPublished { process: String, version: i32 },
    #[error("{0} is the default")]
    ProcessIsDefault(String),
    #[error("{process} has no work item {item:?}")]
    WorkItemNotFound { process: String, item: String },
    #[error("{process} has no criterion {criterion:?}")]
    CriterionNotFound { process: String, criterion: String },
    #[error("no opportunity has the key {id:?} of {system:?}")]
    ExternalKeyUnknown { system: String, id: String },
    #[error("promises of {opportunity} are open")]
    PromisesOpen {
        opportunity: OpportunityId,
        promises: Vec<String>,
    },
    #[error("{opportunity} was moved here")]
    OpportunityWorkedHere { opportunity: OpportunityId },
    #[error("there is no activity {0:?}")]
    ActivityNotFound(String),
    #[error("{activity} is {state}, not PLANNED")]
    ActivityNotPlanned {
        activity: String,
        state: &'static str,
    },
    #[error("{activity} is {state}, not DONE")]
    ActivityNotDone {
        activity: String,
        state: &'static str,
    },
    #[error("{0} was cancelled")]
    ActivityCancelled(String),
    #[error("{0} has no open next action")]
    NextActionNotOpen(String),
    #[error("there is no need {0:?}")]
    NeedNotFound(String),
    #[error("there is no objection {0:?}")]
    ObjectionNotFound(String),
    #[error("there is no request {0:?}")]
    CustomerRequestNotFound(String),
    #[error("there is no promise {0:?}")]
    PromiseNotFound(String),
    #[error("{item} is {state}")]
    ItemNotOpen { item: String, state: String },
    #[error("{need} is served by {request}")]
    NeedInUse { need: String, request: String },
    #[error("{criterion} may not be waived by the caller")]
    WaiverNotAllowed {
        criterion: String,
        roles: Vec<String>,
    },
    #[error("there is no purchase criterion {0:?}")]
    PurchaseCriterionNotFound(String),
    #[error("the purchase criteria of {0} are final")]
    PurchaseCriteriaFinal(OpportunityId),
    #[error("{0} has no purchase criteria")]
    PurchaseCriteriaEmpty(OpportunityId),
    #[error("there are no requirements {0:?}")]
    BidRequirementNotFound(Vec<String>),
    #[error("the bid for {opportunity} is not ready")]
    BidNotReady {
        opportunity: OpportunityId,
        missing: Vec<Missing>,
    },
    #[error("no bid for {0} was handed in")]
    BidNotSubmitted(OpportunityId),
    #[error("there is no milestone {0:?}")]
    MilestoneNotFound(String),
    #[error("there is no finding {0:?}")]
    FindingNotFound(String),
    #[error("{opportunity} was not won: {status}")]
    OpportunityNotWon {
        opportunity: OpportunityId,
        status: &'static str,
    },
    #[error("the project of {opportunity} is not ready to be closed")]
    ProjectNotReady {
        opportunity: OpportunityId,
        missing: Vec<Missing>,
    },
    #[error("{opportunity} follows {process} in that version already")]
    ProcessUnchanged {
        opportunity: OpportunityId,
        process: String,
    },
    #[error("there is no exchange rate of {from} to {to} on {day}")]
    ExchangeRateNotFound { from: String, to: String, day: Date },
    #[error("a sum is too large")]
    AmountTooLarge,
    #[error("there is no approval {0:?}")]
    ApprovalNotFound(String),
    #[error("{approval} is {state}")]
    ApprovalClosed {
        approval: String,
        state: &'static str,
    },
    #[error("{0} waits")]
    ApprovalPending(String),
    #[error("{limit} approvals before {approval} were withdrawn")]
    ApprovalMustBeDecided { approval: String, limit: usize },
    #[error("{approval} is not the caller's to decide")]
    ApproverRequired { approval: String, why: NoApprover },
    #[error("there are no approval rules {0}")]
    ApprovalRulesNotFound(i64),
    #[error("there is no delegation {0:?}")]
    DelegationNotFound(String),
    #[error("{name} is {state}")]
    ContractStateUnfit { name: String, state: &'static str },
    #[error("there is no amendment {0:?}")]
    AmendmentNotFound(String),
    #[error("there is no pursuit cost {0:?}")]
    PursuitCostNotFound(String),
    #[error("there is no {0}")]
    AttributeNotFound(String),
    #[error("{0} exists already")]
    AttributeExists(String),
    #[error("there are {0} attributes already")]
    AttributeLimitReached(usize),
    #[error("the sum of {currency} in {stage} is too large")]
    BoardSumTooLarge { stage: String, currency: String },
    #[error("{0} changed meanwhile")]
    Conflict(String),
    #[error("the {0} service does not answer")]
    PeerUnavailable(&'static str),
    #[error(transparent)]
    Common(#[from] Fault),
}

answers!(Error);

impl Explain for Error {
    fn explain(&self) -> Fault {
        match self {
            Self::OpportunityNotFound(_)
            | Self::AccountNotFound(_)
            | Self::OwnerNotFound(_)
            | Self::ExternalKeyTaken
            | Self::ExternalKeyUnknown { .. }
            | Self::OpportunityClosed { .. }
            | Self::OpportunityOpen { .. }
            | Self::OpportunityWorkedHere { .. }
            | Self::BuyingStepSkipped { .. }
            | Self::ContactLevelNotLower { .. }
            | Self::ContactLevelNotHigher { .. }
            | Self::BoardSumTooLarge { .. }
            | Self::AttributeNotFound(_)
            | Self::AttributeExists(_)
            | Self::AttributeLimitReached(_) => deal::explain(self),
            Self::KeyNodeNotReached(_)
            | Self::KeyNodeReached { .. }
            | Self::StageNotFound { .. }
            | Self::StageNotForcible { .. }
            | Self::StageNotEarlier { .. }
            | Self::StageDoesNotWin { .. }
            | Self::WorkItemNotFound { .. }
            | Self::CriterionNotFound { .. }
            | Self::WaiverNotAllowed { .. } => key_node::explain(self),
            Self::ProcessNotFound { .. }
            | Self::ProcessFileInvalid(_)
            | Self::ProcessShipped(_)
            | Self::ProcessNotPublished { .. }
            | Self::ProcessIsDefault(_)
            | Self::ProcessUnchanged { .. } => process::explain(self),
            Self::ActivityNotFound(_)
            | Self::ActivityNotPlanned { .. }
            | Self::ActivityNotDone { .. }
            | Self::ActivityCancelled(_)
            | Self::NextActionNotOpen(_)
            | Self::NeedNotFound(_)
            | Self::NeedInUse { .. }
            | Self::ObjectionNotFound(_)
            | Self::CustomerRequestNotFound(_)
            | Self::PromiseNotFound(_)
            | Self::PromisesOpen { .. }
            | Self::ItemNotOpen { .. }
            | Self::PurchaseCriterionNotFound(_)
            | Self::PurchaseCriteriaFinal(_)
            | Self::PurchaseCriteriaEmpty(_) => dossier::explain(self),
            Self::BidRequirementNotFound(_)
            | Self::BidNotReady { .. }
            | Self::BidNotSubmitted(_)
            | Self::MilestoneNotFound(_)
            | Self::FindingNotFound(_)
            | Self::OpportunityNotWon { .. }
            | Self::ProjectNotReady { .. } => delivery::explain(self),
            Self::ExchangeRateNotFound { .. }
            | Self::AmountTooLarge
            | Self::ApprovalNotFound(_)
            | Self::ApprovalClosed { .. }
            | Self::ApprovalPending(_)
            | Self::ApprovalMustBeDecided { .. }
            | Self::ApproverRequired { .. }
            | Self::ApprovalRulesNotFound(_)
            | Self::DelegationNotFound(_)
            | Self::ContractStateUnfit { .. }
            | Self::AmendmentNotFound(_)
            | Self::PursuitCostNotFound(_) => commerce::explain(self),
            Self::Conflict(_) | Self::PeerUnavailable(_) => retry::explain(self),
            Self::Common(fault) => fault.clone(),
        }
    }
}

fn fault(code: Code, reason: ErrorReason, message: String, zh: impl Into<String>) -> Fault {
    Fault::new(code, reason.as_str_name(), message).zh(zh)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match constraint(&error) {
            Some("opportunity_external_key" | "opportunity_key_pkey") => Self::ExternalKeyTaken,
            _ => Self::Common(Fault::from(error)),
        }
    }
}
