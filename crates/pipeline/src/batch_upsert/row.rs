//! One row of a batch: what it says and what becomes of it.

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::OpportunityStatus;
use uuid::Uuid;

use super::{Fate, Processes};
use crate::attribute::values::{Declarations, Values};
use crate::customer::Customers;
use crate::error::Error;
use crate::opportunity::Opportunity;
use crate::owner::Owners;
use crate::process::{Process, Stage};
use crate::stage::{Move, Status, Track, decide};
use crate::stage_move::Entry;
use crate::terms::{Field, Key, Terms};
use crate::{past, processes, status};

const MAX_STAGE: usize = 200;

/// A row whose fields are sound as far as they can be judged alone.
pub(super) struct Row<'r> {
    message: &'r proto::OpportunityRow,
    opportunity: proto::Opportunity,
    terms: Terms,
}

/// What rows are judged by, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Seen<'s> {
    pub(super) call: &'s Call,
    pub(super) customers: &'s Customers,
    pub(super) owners: &'s Owners,
    pub(super) declared: &'s Declarations,
}

impl<'r> Row<'r> {
    pub(super) fn read(message: &'r proto::OpportunityRow) -> Result<Self, Error> {
        let opportunity = message.opportunity.clone().unwrap_or_default();
        let mut bad = Violations::default();
        let terms = Terms::read(&mut bad, "opportunity", &opportunity, i32::MAX);
        if opportunity.external_key.is_none() {
            bad.add("opportunity.external_key", "must be given");
        }
        bad.finish()?;
        Ok(Self {
            message,
            opportunity,
            terms,
        })
    }

    /// The keys under which its deal is known, or to be known.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.terms.keys()
    }

    /// The account that it names.
    pub(super) fn account(&self) -> Option<Uuid> {
        self.terms.account
    }

    pub(super) fn has_attributes(&self) -> bool {
        !self.terms.attributes.is_empty()
    }

    /// Whether it names an account that the deal, if there is one, does not have yet.
    pub(super) fn names_another_account(&self, before: Option<&Opportunity>) -> bool {
        self.terms.account.is_some()
            && self.terms.account != before.and_then(|before| before.terms.account)
    }

    /// The person to whom it gives the deal.
    pub(super) fn owner(&self) -> Option<Uuid> {
        self.terms.owner
    }

    /// Whether it gives the deal to somebody who does not have it yet, and is not the caller.
    pub(super) fn names_another_owner(&self, call: &Call, before: Option<&Opportunity>) -> bool {
        let owner = self.terms.owner;
        owner.is_some()
            && owner != call.principal.person
            && owner != before.and_then(|before| before.terms.owner)
    }

    /// A deal that is there takes what the row sets, and stays where it stands.
    pub(super) fn change(
        mut self,
        Seen {
            call,
            customers,
            owners,
            declared,
        }: Seen<'_>,
        before: Opportunity,
    ) -> Result<Fate, Error> {
        if !call.sees(before.terms.owner, before.terms.team) {
            return Err(Error::OpportunityNotFound(before.id));
        }
        if self.names_another_account(Some(&before)) {
            self.terms.account = self.customer(customers)?;
        }
        self.terms = self.terms.with_known_keys(&before.terms);
        let mut fields = self.terms.set_fields();
        // Set once (R3): what is known here stays.
        fields.retain(|field| {
            *field != Field::EntryBuyingStep || before.terms.entry_buying_step.is_none()
        });
        let terms = before.terms.clone().with(&fields, self.terms);
        if terms == before.terms {
            return Ok(Fate::Unchanged(Box::new(before)));
        }
        let mut bad = Violations::default();
        terms.check_keys(&mut bad, "opportunity");
        terms.check_owner(&mut bad, "opportunity", call, before.terms.team);
        let known = &before.terms.attributes;
        terms.check_attributes(&mut bad, &self.opportunity, known, declared);
        bad.finish()?;
        if terms.owner != before.terms.owner {
            owners.check(terms.owner)?;
        }
        let mut after = before.clone();
        after.terms = terms;
        after.touch(call.now);
        Ok(Fate::Updated {
            before: Box::new(before),
            after: Box::new(after),
        })
    }

    /// The account that the name leads to.
    fn customer(&self, customers: &Customers) -> Result<Option<Uuid>, Error> {
        let find = |named| customers.find(named);
        self.terms.account.map(find).transpose()
    }

    /// A new deal enters where the other system says.
    pub(super) fn enter(
        mut self,
        Seen {
            call,
            customers,
            owners,
            declared,
        }: Seen<'_>,
        processes: &Processes,
        id: Uuid,
    ) -> Result<Fate, Error> {
        let process = self.process(processes)?;
        let stage = self.stage(process)?;
        let mut bad = Violations::default();
        let entered = past::happened(
            &mut bad,
            "stage_enter_time",
            self.message.stage_enter_time.as_ref(),
            call.now,
        );
        let status = self.status(&mut bad, call.now);
        check_times(&mut bad, entered, status);
        check_status(&mut bad, process.track(), stage.position, status);
        let customer = self.customer(customers);
        self.terms.account = customer.as_ref().ok().copied().flatten();
        let owner = self.terms.owner;
        let terms = self.terms.owned_by_default(call, owners);
        terms.check_name(&mut bad, "opportunity");
        terms.check_keys(&mut bad, "opportunity");
        terms.check_owner(&mut bad, "opportunity", call, None);
        terms.check_attributes(&mut bad, &self.opportunity, &Values::new(), declared);
        let steps = process.track().last;
        bad.range(
            "opportunity.entry_buying_step",
            terms.entry_buying_step.unwrap_or_default().into(),
            0..=steps.into(),
        );
        bad.finish()?;
        customer?;
        owners.check(owner)?;
        let carry = Move::Carry {
            position: stage.position,
            status,
            // What is over was entered before it ended.
            entered: entered.or(status.closed_at()).unwrap_or(call.now),
        };
        let moved = decide(process.track(), carry, call.now)
            .map_err(|blocked| Fault::internal(format!("an imported deal is {blocked:?}")))?;
        let opportunity = Opportunity::enter(id.into(), terms, process, &moved, call.now);
        Ok(Fate::Created(Box::new(Entry { opportunity, moved })))
    }

    /// The process that a new deal is to follow.
    pub(super) fn process_name(&self) -> &str {
        &self.opportunity.process
    }

    fn process<'p>(&self, processes: &'p Processes) -> Result<&'p Process, Error> {
        let name = self.process_name();
        let mut bad = Violations::default();
        processes::check_name(&mut bad, "opportunity.process", name);
        bad.finish()?;
        let found = processes.get(name).map(AsRef::as_ref);
        found.ok_or_else(|| processes::not_found(name, 0))
    }

    fn stage<'p>(&self, process: &'p Process) -> Result<&'p Stage, Error> {
        let id = &self.message.stage;
        let mut bad = Violations::default();
        bad.text("stage", id, MAX_STAGE);
        bad.finish()?;
        let found = if id.is_empty() {
            process.stage_at(1)
        } else {
            process.stage(id)
        };
        found.ok_or_else(|| Error::StageNotFound {
            process: process.name(),
            stage: id.clone(),
        })
    }

    fn status(&self, bad: &mut Violations, now: Timestamp) -> Status {
        let kind = match bad.optional_enum("status", self.message.status) {
            OpportunityStatus::Unspecified => OpportunityStatus::Open,
            kind => kind,
        };
        let closed = past::happened(bad, "close_time", self.message.close_time.as_ref(), now);
        status::of(kind, closed).unwrap_or_else(|| {
            let why = match kind {
                OpportunityStatus::Open => "must be unset while the status is OPEN",
                _ => "must be given unless the status is OPEN",
            };
            bad.add("close_time", why);
            Status::Open
        })
    }
}

/// A deal ends in the stage in which it is lost or given up. A won one goes on: it enters
/// its delivery when it is won or later.
fn check_times(bad: &mut Violations, entered: Option<Timestamp>, status: Status) {
    if let (Some(entered), Status::Lost { at } | Status::Abandoned { at }) = (entered, status)
        && at < entered
    {
        bad.add("close_time", "must not be before stage_enter_time");
    }
}

/// A deal is won by the key node of the stage that wins and by nothing else, so that its
/// status says on which side of it the deal stands.
pub(crate) fn check_status(bad: &mut Violations, track: Track, position: i32, status: Status) {
    let wins = track.wins;
    let (fits, rule) = match status {
        Status::Open => (
            position <= wins,
            format!("OPEN ends with stage {wins}, which wins"),
        ),
        Status::Won { .. } => (
            position > wins,
            format!("WON begins after stage {wins}, which wins"),
        ),
        Status::Completed { .. } => (
            position == track.last,
            format!("COMPLETED is for stage {}, the last", track.last),
        ),
        Status::Lost { .. } | Status::Abandoned { .. } => (
            position <= wins,
            format!("LOST and ABANDONED end with stage {wins}, which wins"),
        ),
    };
    if !fits {
        bad.add("status", format!("{rule}; this is stage {position}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_fits_one_side_of_the_stage_that_wins() {
        let track = Track { wins: 3, last: 5 };
        let at = Timestamp::UNIX_EPOCH;
        let stages = |status: Status| -> Vec<i32> {
            let fits = |position: &i32| {
                let mut bad = Violations::default();
                check_status(&mut bad, track, *position, status);
                bad.is_empty()
            };
            (1..=5).filter(fits).collect()
        };
        assert_eq!(stages(Status::Open), [1, 2, 3]);
        assert_eq!(stages(Status::Lost { at }), [1, 2, 3]);
        assert_eq!(stages(Status::Abandoned { at }), [1, 2, 3]);
        assert_eq!(stages(Status::Won { at }), [4, 5]);
        assert_eq!(stages(Status::Completed { at }), [5]);
    }

    #[test]
    fn what_is_lost_ends_after_it_entered_and_what_is_won_goes_on() {
        let second = |second| Timestamp::from_second(second).expect("a second after 1970");
        let refused = |entered: i64, status: Status| {
            let mut bad = Violations::default();
            check_times(&mut bad, Some(second(entered)), status);
            !bad.is_empty()
        };
        let at = second(1);
        assert!(refused(2, Status::Lost { at }) && refused(2, Status::Abandoned { at }));
        assert!(!refused(1, Status::Lost { at }) && !refused(0, Status::Lost { at }));
        assert!(!refused(2, Status::Won { at }) && !refused(2, Status::Completed { at }));
    }
}
