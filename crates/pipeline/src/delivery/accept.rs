//! `PlanAcceptance` and `RecordAcceptance`: whether the customer accepts the work.

use std::collections::HashSet;

use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{Acceptance, AcceptanceResult};

use super::{MAX_NOTE, require_won};
use crate::error::Error;
use crate::ids::{ContactId, OpportunityId};
use crate::record_evidence::{Shown, accompany, take_back};
use crate::text::words;
use crate::{Pipeline, file_reference, opportunity, past, promises};

/// The evidence that it does.
pub(super) const KIND: &str = "acceptance";

const MOST_ATTEMPTS: usize = 20;
const MOST_SIGNERS: usize = 20;

pub async fn plan(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::PlanAcceptanceRequest,
) -> Result<proto::PlanAcceptanceResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let planned = request.planned_acceptance_date;
    bad.day("planned_acceptance_date", planned);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (delivery, deal) = super::change(w, call, deal, |_, delivery| {
            delivery.planned_acceptance_date = planned;
            Ok(())
        })
        .await?;
        Ok(proto::PlanAcceptanceResponse {
            delivery: Some(delivery),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn record(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::RecordAcceptanceRequest,
) -> Result<proto::RecordAcceptanceResponse, Error> {
    let (id, date, attempt) = read(call, &request)?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        if attempt.result() != AcceptanceResult::Rejected {
            promises::require_kept(w, deal.id).await?;
        }
        let (delivery, mut deal) = super::change(w, call, deal, |deal, delivery| {
            require_won(deal)?;
            check_room(&delivery.acceptances)?;
            delivery.acceptances.push(attempt.clone());
            Ok(())
        })
        .await?;
        if attempt.result() == AcceptanceResult::Rejected && deal.evidence.contains_key(KIND) {
            deal = take_back(w, call, deal, KIND).await?;
        }
        if attempt.result() == AcceptanceResult::Accepted {
            let shown = Shown {
                kind: KIND,
                date,
                note: &attempt.note,
            };
            deal = accompany(pipeline, call, w, deal, shown).await?;
        }
        Ok(proto::RecordAcceptanceResponse {
            delivery: Some(delivery),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(
    call: &Call,
    request: &proto::RecordAcceptanceRequest,
) -> Result<(OpportunityId, Date, Acceptance), Error> {
    let attempt = request.acceptance.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id = bad.name("name", &request.name);
    let day = attempt.acceptance_date;
    let date = past::required_day(&mut bad, "acceptance.acceptance_date", day, call.now);
    bad.required_enum::<AcceptanceResult>("acceptance.result", attempt.result);
    let protocol = attempt.protocol.as_ref();
    file_reference::check_optional(&mut bad, "acceptance.protocol", protocol);
    check_signers(&mut bad, &attempt.signers);
    let attempt = Acceptance {
        note: words(&mut bad, "acceptance.note", &attempt.note, MAX_NOTE),
        recorder: call.principal.subject.clone(),
        record_time: Some(wire::timestamp(call.now)),
        ..attempt
    };
    bad.finish()?;
    Ok((id, date, attempt))
}

fn check_signers(bad: &mut Violations, signers: &[String]) {
    let field = "acceptance.signers";
    if signers.len() > MOST_SIGNERS {
        let why = format!("must be at most {MOST_SIGNERS}, are {}", signers.len());
        bad.add(field, why);
        return;
    }
    let mut ids = HashSet::new();
    for (n, signer) in signers.iter().enumerate() {
        let ContactId(id) = bad.name(&format!("{field}[{n}]"), signer);
        ids.insert(id);
    }
    if ids.len() < signers.len() {
        bad.add(field, "must name each contact once");
    }
}

fn check_room(attempts: &[Acceptance]) -> Result<(), Error> {
    let mut bad = Violations::default();
    if attempts.len() >= MOST_ATTEMPTS {
        let why = format!("there are {MOST_ATTEMPTS} attempts already");
        bad.add("acceptance", why);
    }
    Ok(bad.finish()?)
}
