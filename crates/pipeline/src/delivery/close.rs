//! `CloseProject`: the end of the project, once it is accepted and nothing stands in its way.

use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::error::Fault;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{AcceptanceResult, Delivery, ProjectClosing};

use super::{MAX_NOTE, accept, accepted, blocking, require_won};
use crate::error::{Error, Missing};
use crate::ids::OpportunityId;
use crate::opportunity::{self, Opportunity};
use crate::record_evidence::{Shown, accompany};
use crate::text::words;
use crate::{Pipeline, past};

/// The evidence that it is closed.
const KIND: &str = "project_closed";

pub async fn close(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::CloseProjectRequest,
) -> Result<proto::CloseProjectResponse, Error> {
    let (id, date, closing) = read(call, &request)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (delivery, mut deal) = super::change(w, call, deal, |deal, delivery| {
            require_won(deal)?;
            require_ready(deal, delivery)?;
            delivery.closing = Some(closing.clone());
            Ok(())
        })
        .await?;
        if let Some((date, note)) = accepted_with_findings(&delivery)? {
            let kind = accept::KIND;
            let shown = Shown { kind, date, note };
            deal = accompany(pipeline, call, w, deal, shown).await?;
        }
        let shown = Shown {
            kind: KIND,
            date,
            note: &closing.note,
        };
        let deal = accompany(pipeline, call, w, deal, shown).await?;
        Ok(proto::CloseProjectResponse {
            delivery: Some(delivery),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(
    call: &Call,
    request: &proto::CloseProjectRequest,
) -> Result<(OpportunityId, Date, ProjectClosing), Error> {
    let closing = request.closing.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id = bad.name("name", &request.name);
    let day = closing.close_date;
    let date = past::required_day(&mut bad, "closing.close_date", day, call.now);
    let closing = ProjectClosing {
        note: words(&mut bad, "closing.note", &closing.note, MAX_NOTE),
        recorder: call.principal.subject.clone(),
        record_time: Some(wire::timestamp(call.now)),
        ..closing
    };
    bad.finish()?;
    Ok((id, date, closing))
}

fn require_ready(deal: &Opportunity, delivery: &Delivery) -> Result<(), Error> {
    let unaccepted = accepted(delivery).is_none().then(|| Missing {
        kind: "ACCEPTANCE",
        subject: deal.id.to_string(),
        description: "the customer accepted the work; use RecordAcceptance".to_owned(),
    });
    let unresolved = blocking(delivery).map(|finding| Missing {
        kind: "FINDING",
        subject: finding.name.clone(),
        description: "this blocking finding is put right; use UpdateFinding".to_owned(),
    });
    let missing: Vec<Missing> = unaccepted.into_iter().chain(unresolved).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Error::ProjectNotReady {
            opportunity: deal.id,
            missing,
        }),
    }
}

/// An acceptance that counts only now that what it found stands in nobody's way.
fn accepted_with_findings(delivery: &Delivery) -> Result<Option<(Date, &str)>, Error> {
    let attempt = accepted(delivery);
    let attempt = attempt.filter(|it| it.result() == AcceptanceResult::AcceptedWithFindings);
    let Some(attempt) = attempt else {
        return Ok(None);
    };
    let day = attempt.acceptance_date.unwrap_or_default();
    let date = wire::read_date(&day).map_err(Fault::internal)?;
    Ok(Some((date, &attempt.note)))
}
