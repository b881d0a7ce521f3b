//! `RecordEvidence`: something that happened and counts for a key node.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{RecordEvidenceRequest, RecordEvidenceResponse};

use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Evidence};
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
            opportunity::save_evidence(w, id, &kind, &evidence).await?;
            let after = change(w, call, before, |after| {
                after.evidence.insert(kind, evidence);
            })
            .await?;
            Ok(RecordEvidenceResponse {
                opportunity: Some(after.to_proto()),
            })
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
    if request.date.is_none() {
        bad.add("date", "must be given");
    }
    let date = bad.date("date", request.date);
    past::day(&mut bad, "date", date, call.now);
    let evidence = Evidence {
        date: date.unwrap_or_default(),
        note: bad.text("note", &request.note, MAX_NOTE),
        recorder: call.principal.subject.clone(),
        recorded: call.now,
    };
    bad.finish()?;
    Ok((id, kind, evidence))
}

fn check_kind(process: &Process, kind: &str) -> Result<(), Error> {
    if process.evidence_kinds().any(|known| known == kind) {
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
