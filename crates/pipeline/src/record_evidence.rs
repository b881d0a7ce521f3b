//! `RecordEvidence`: something that happened and counts for a key node.

use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{RecordEvidenceRequest, RecordEvidenceResponse};

use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Evidence, Opportunity};
use crate::process::Process;
use crate::update::change;
use crate::{Pipeline, past};

const MAX_KIND: usize = 64;
const MAX_NOTE: usize = 2000;

pub async fn record_evidence(
    pipeline: &Pipeline,
    call: &Call,
    request: RecordEvidenceRequest,
) -> Result<RecordEvidenceResponse, Error> {
    let (id, kind, evidence) = read(call, &request)?;
    pipeline
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = opportunity::lock(w, call, id, &request.etag).await?;
            check_kind(&*pipeline.process_of(w, call, &before).await?, &kind)?;
            let after = record(w, call, before, kind, evidence).await?;
            Ok(RecordEvidenceResponse {
                opportunity: Some(after.to_proto()),
            })
        })
        .await
}

/// Records what another record of a locked deal shows, if its process names that kind of evidence.
///
/// # Errors
/// When the database does not answer.
pub async fn accompany(
    pipeline: &Pipeline,
    call: &Call,
    w: &mut Writer<'_>,
    deal: Opportunity,
    shown: Shown<'_>,
) -> Result<Opportunity, Error> {
    let process = pipeline.process_of(w, call, &deal).await?;
    if !names(&process, shown.kind) {
        return Ok(deal);
    }
    let evidence = Evidence {
        date: shown.date,
        note: shown.note.to_owned(),
        recorder: call.principal.subject.clone(),
        recorded: call.now,
    };
    record(w, call, deal, shown.kind.to_owned(), evidence).await
}

/// Takes back what turned out not to hold any more.
///
/// # Errors
/// When the database does not answer.
pub async fn take_back(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    kind: &str,
) -> Result<Opportunity, Error> {
    opportunity::delete_evidence(w, deal.id, kind).await?;
    change(w, call, deal, |after| {
        after.evidence.remove(kind);
    })
    .await
}

/// What a record shows, on which day.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub kind: &'a str,
    pub date: Date,
    pub note: &'a str,
}

async fn record(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    kind: String,
    evidence: Evidence,
) -> Result<Opportunity, Error> {
    opportunity::save_evidence(w, deal.id, &kind, &evidence).await?;
    change(w, call, deal, |after| {
        after.evidence.insert(kind, evidence);
    })
    .await
}

fn read(
    call: &Call,
    request: &RecordEvidenceRequest,
) -> Result<(OpportunityId, String, Evidence), Error> {
    let mut bad = Violations::default();
    let id = bad.name("name", &request.name);
    let kind = bad.required_text("kind", &request.kind, MAX_KIND);
    let evidence = Evidence {
        date: past::required_day(&mut bad, "date", request.date, call.now),
        note: bad.text("note", &request.note, MAX_NOTE),
        recorder: call.principal.subject.clone(),
        recorded: call.now,
    };
    bad.finish()?;
    Ok((id, kind, evidence))
}

fn check_kind(process: &Process, kind: &str) -> Result<(), Error> {
    if names(process, kind) {
        return Ok(());
    }
    let known: Vec<&str> = process.evidence_kinds().collect();
    let mut bad = Violations::default();
    bad.add(
        "kind",
        format!("must be one that the process names: {}", known.join(", ")),
    );
    Ok(bad.finish()?)
}

fn names(process: &Process, kind: &str) -> bool {
    process.evidence_kinds().any(|known| known == kind)
}
