//! `RecordBidResult`: how the tender ended.

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{BidOutcome, BidResult};

use super::{MAX_NAME, MAX_NOTE, was_offered};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::money::{self, SUM};
use crate::text::words;
use crate::{Pipeline, opportunity, past};

const MOST_SUPPLIERS: i64 = 1000;

pub async fn record(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::RecordBidResultRequest,
) -> Result<proto::RecordBidResultResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let result = request.result.clone().unwrap_or_default();
    let result = BidResult {
        recorder: call.principal.subject.clone(),
        record_time: Some(wire::timestamp(call.now)),
        ..read(&mut bad, call.now, result)
    };
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (bid, deal) = super::change(w, call, deal, |deal, bid| {
            let is_offered = was_offered(bid.submission.as_ref(), bid.negotiation.as_ref());
            if result.outcome() == BidOutcome::Won && !is_offered {
                return Err(Error::BidNotSubmitted(deal.id));
            }
            bid.result = Some(result);
            Ok(())
        })
        .await?;
        Ok(proto::RecordBidResultResponse {
            bid: Some(bid),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(bad: &mut Violations, now: Timestamp, result: BidResult) -> BidResult {
    let outcome: BidOutcome = bad.required_enum("result.outcome", result.outcome);
    let winner = bad.line("result.winner", &result.winner, MAX_NAME);
    if outcome != BidOutcome::Lost && !winner.is_empty() {
        bad.add("result.winner", "goes with LOST only");
    }
    money::amount(
        bad,
        "result.winning_price",
        result.winning_price.as_ref(),
        SUM,
    );
    let is_won = matches!(outcome, BidOutcome::Won | BidOutcome::Lost);
    if !is_won && result.winning_price.is_some() {
        bad.add("result.winning_price", "goes with WON and LOST only");
    }
    bad.range(
        "result.our_rank",
        result.our_rank.into(),
        0..=MOST_SUPPLIERS,
    );
    match outcome {
        BidOutcome::Pending => {
            past::optional_day(bad, "result.result_date", result.result_date, now);
        }
        _ => {
            past::required_day(bad, "result.result_date", result.result_date, now);
        }
    }
    BidResult {
        winner,
        note: words(bad, "result.note", &result.note, MAX_NOTE),
        ..result
    }
}
