//! `SubmitBid` and `RecordNegotiatedTender`: the customer has our offer, the key node of the stage.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{Bid, BidKind, BidNegotiation, BidSubmission};

use super::{MAX_NOTE, requirement, undecided};
use crate::error::{Error, Missing};
use crate::ids::OpportunityId;
use crate::money::{self, SUM};
use crate::opportunity::{self, Opportunity};
use crate::record_evidence::{Shown, accompany};
use crate::text::words;
use crate::{Pipeline, file_reference, past};

pub async fn submit(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::SubmitBidRequest,
) -> Result<proto::SubmitBidResponse, Error> {
    let submission = request.submission.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let day = submission.submit_date;
    let date = past::required_day(&mut bad, "submission.submit_date", day, call.now);
    money::amount(&mut bad, "submission.price", submission.price.as_ref(), SUM);
    file_reference::check_optional(&mut bad, "submission.file", submission.file.as_ref());
    let submission = BidSubmission {
        note: words(&mut bad, "submission.note", &submission.note, MAX_NOTE),
        recorder: call.principal.subject.clone(),
        record_time: Some(wire::timestamp(call.now)),
        ..submission
    };
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let unclear = requirement::unclear(w, id).await?;
        let shown = Shown {
            kind: "bid_submitted",
            date,
            note: &submission.note.clone(),
        };
        let (bid, deal) = super::change(w, call, deal, |deal, bid| {
            let missing = undecided(deal, bid).into_iter();
            let unclear = unclear.iter().map(|number| unanswered(deal, number));
            require(deal, missing.chain(unclear).collect())?;
            bid.submission = Some(submission);
            Ok(())
        })
        .await?;
        let deal = accompany(pipeline, call, w, deal, shown).await?;
        Ok(proto::SubmitBidResponse {
            bid: Some(bid),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn negotiate(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::RecordNegotiatedTenderRequest,
) -> Result<proto::RecordNegotiatedTenderResponse, Error> {
    let negotiation = request.negotiation.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let day = negotiation.held_date;
    let date = past::required_day(&mut bad, "negotiation.held_date", day, call.now);
    let negotiation = BidNegotiation {
        note: words(&mut bad, "negotiation.note", &negotiation.note, MAX_NOTE),
        recorder: call.principal.subject.clone(),
        record_time: Some(wire::timestamp(call.now)),
        ..negotiation
    };
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let shown = Shown {
            kind: "negotiated_tender_held",
            date,
            note: &negotiation.note.clone(),
        };
        let (bid, deal) = super::change(w, call, deal, |deal, bid| {
            let missing = not_negotiated(deal, bid).into_iter();
            require(deal, missing.chain(undecided(deal, bid)).collect())?;
            bid.negotiation = Some(negotiation);
            Ok(())
        })
        .await?;
        let deal = accompany(pipeline, call, w, deal, shown).await?;
        Ok(proto::RecordNegotiatedTenderResponse {
            bid: Some(bid),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn require(deal: &Opportunity, missing: Vec<Missing>) -> Result<(), Error> {
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Error::BidNotReady {
            opportunity: deal.id,
            missing,
        }),
    }
}

fn not_negotiated(deal: &Opportunity, bid: &Bid) -> Option<Missing> {
    (bid.kind() != BidKind::Negotiated).then(|| Missing {
        kind: "KIND",
        subject: deal.id.to_string(),
        description: "the tender is NEGOTIATED; use UpdateBid".to_owned(),
    })
}

fn unanswered(deal: &Opportunity, number: &str) -> Missing {
    Missing {
        kind: "REQUIREMENT",
        subject: format!("{}/bidRequirements/{number}", deal.id),
        description:
            "it is known whether we meet this mandatory requirement; use BatchUpsertBidRequirements"
                .to_owned(),
    }
}
