//! `PauseOpportunity` and `ResumeOpportunity`: a deal that waits raises no alarm.

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::{Order, require_open};
use crate::error::Error;
use crate::opportunity::{self, Pause};
use crate::update::change;
use crate::{Pipeline, ids::OpportunityId};

const LONGEST_YEARS: i32 = 5;

pub async fn pause(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::PauseOpportunityRequest,
) -> Result<proto::PauseOpportunityResponse, Error> {
    let mut bad = Violations::default();
    let order = Order::read(&mut bad, &request.name, &request.etag, &request.reason);
    let resume = resume_date(&mut bad, call, &request);
    bad.finish()?;
    let pause = Pause {
        reason: order.reason,
        resume: resume.unwrap_or_default(),
        started: call.now,
        actor: call.principal.subject.clone(),
    };
    let work = async |w: &mut Writer<'_>| {
        let before = opportunity::lock(w, call, order.id, &order.etag).await?;
        require_open(&before)?;
        // It waits since it began to, whatever the reason is now.
        let started = before
            .pause
            .as_ref()
            .map_or(call.now, |pause| pause.started);
        let after = change(w, call, before, |after| {
            after.pause = Some(Pause { started, ..pause });
        })
        .await?;
        Ok(proto::PauseOpportunityResponse {
            opportunity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

/// After today wherever today is, and within some years.
fn resume_date(
    bad: &mut Violations,
    call: &Call,
    request: &proto::PauseOpportunityRequest,
) -> Option<Date> {
    let field = "resume_date";
    if request.resume_date.is_none() {
        bad.add(field, "must be given");
    }
    let date = bad.day(field, request.resume_date)?;
    let today = call.now.to_zoned(TimeZone::UTC).date();
    let last = today.saturating_add(LONGEST_YEARS.years());
    if date <= today || date > last {
        bad.add(field, format!("must be after {today} and until {last}"));
    }
    Some(date)
}

pub async fn resume(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ResumeOpportunityRequest,
) -> Result<proto::ResumeOpportunityResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let before = opportunity::lock(w, call, id, &request.etag).await?;
        let after = change(w, call, before, |after| after.pause = None).await?;
        Ok(proto::ResumeOpportunityResponse {
            opportunity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
