//! `UpdateActivity`, `CompleteActivity` and `CancelActivity`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::ActivityState;

use super::taking_up;
use crate::activity::{self, Activity, check, row};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::Opportunity;
use crate::{Pipeline, dossier, mask, opportunity};

const MAX_REASON: usize = 2000;

/// An activity to be changed, locked with its deal.
pub struct Locked {
    pub parent: Opportunity,
    pub before: Activity,
}

impl Locked {
    /// Locks an activity of a deal that the caller sees.
    ///
    /// # Errors
    /// `OPPORTUNITY_NOT_FOUND`, `ACTIVITY_NOT_FOUND`, `ETAG_MISMATCH`.
    pub async fn take(
        w: &mut Writer<'_>,
        call: &Call,
        deal: OpportunityId,
        (name, etag): (&str, &str),
    ) -> Result<Self, Error> {
        let parent = opportunity::lock(w, call, deal, "").await?;
        let before = activity::find(w, deal, name).await?;
        before.check_etag(etag)?;
        Ok(Self { parent, before })
    }

    /// Stores what became of it, with its event; no change, no event.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn save(
        &self,
        w: &mut Writer<'_>,
        call: &Call,
        said: proto::Activity,
        reason: &str,
    ) -> Result<Activity, Error> {
        if said == self.before.said {
            return Ok(self.before.clone());
        }
        let mut after = Activity {
            said,
            ..self.before.clone()
        };
        after.touch(call.now);
        row::save(w, &after).await?;
        let changed = after.changed(&self.before, self.parent.to_proto(), reason);
        w.record(after.name(), after.version, &changed);
        Ok(after)
    }

    /// As a request would leave it in this state, checked. What became of its next action stays.
    fn merged(
        &self,
        call: &Call,
        state: ActivityState,
        (message, news): (&str, &proto::Activity),
        paths: Option<&prost_types::FieldMask>,
    ) -> Result<proto::Activity, Error> {
        let stored = &self.before.said;
        let mut said = mask::apply(stored, news, paths, check::SAID)?;
        said.set_state(state);
        if let Some(next) = &mut said.next_action {
            let known = stored.next_action.as_ref();
            next.settlement = known.and_then(|known| known.settlement.clone());
        }
        let mut bad = Violations::default();
        check::check(&mut bad, message, &mut said, call.now);
        bad.finish()?;
        Ok(said)
    }

    fn require_planned(&self) -> Result<(), Error> {
        match self.before.state() {
            ActivityState::Planned => Ok(()),
            state => Err(Error::ActivityNotPlanned {
                activity: self.before.name(),
                state: activity::state_name(state),
            }),
        }
    }
}

/// Whose activity a request names.
pub fn deal_of(bad: &mut Violations, field: &str, name: &str) -> OpportunityId {
    dossier::deal_of(bad, field, name, activity::COLLECTION)
}

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::UpdateActivityRequest,
) -> Result<proto::UpdateActivityResponse, Error> {
    let news = request.activity.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let deal = deal_of(&mut bad, "activity.name", &news.name);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let locked = Locked::take(w, call, deal, (&news.name, &news.etag)).await?;
        let before = &locked.before;
        if before.state() == ActivityState::Cancelled {
            return Err(Error::ActivityCancelled(before.name()));
        }
        let paths = request.update_mask.as_ref();
        let said = locked.merged(call, before.state(), ("activity", &news), paths)?;
        let after = locked.save(w, call, said, "").await?;
        taking_up::follow(w, call, &locked.parent, Some(before), &after, "activity").await?;
        Ok(proto::UpdateActivityResponse {
            activity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn complete(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CompleteActivityRequest,
) -> Result<proto::CompleteActivityResponse, Error> {
    let results = request.results.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let deal = deal_of(&mut bad, "name", &request.name);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let locked = Locked::take(w, call, deal, (&request.name, &request.etag)).await?;
        locked.require_planned()?;
        let said = locked.merged(call, ActivityState::Done, ("results", &results), None)?;
        let after = locked.save(w, call, said, "").await?;
        let before = Some(&locked.before);
        taking_up::follow(w, call, &locked.parent, before, &after, "results").await?;
        Ok(proto::CompleteActivityResponse {
            activity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn cancel(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CancelActivityRequest,
) -> Result<proto::CancelActivityResponse, Error> {
    let mut bad = Violations::default();
    let deal = deal_of(&mut bad, "name", &request.name);
    let reason = bad.required_text("reason", &request.reason, MAX_REASON);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let locked = Locked::take(w, call, deal, (&request.name, &request.etag)).await?;
        locked.require_planned()?;
        let mut said = locked.before.said.clone();
        said.set_state(ActivityState::Cancelled);
        said.cancel_reason.clone_from(&reason);
        let after = locked.save(w, call, said, &reason).await?;
        Ok(proto::CancelActivityResponse {
            activity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
