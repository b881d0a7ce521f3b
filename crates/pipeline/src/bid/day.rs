//! `RecordBidDayItem`: what there is to prepare for the bid and to do on its day (E5).

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{Bid, BidDayItem, BidDayItemKind, JuryQuestion};

use super::MAX_NOTE;
use crate::error::Error;
use crate::ids::{OpportunityId, PersonId};
use crate::text::words;
use crate::{Pipeline, opportunity, past};

const MOST_QUESTIONS: usize = 50;

/// In the order of the day.
const KINDS: [BidDayItemKind; 7] = [
    BidDayItemKind::DocumentsFetched,
    BidDayItemKind::StandardDocuments,
    BidDayItemKind::Response,
    BidDayItemKind::Qualification,
    BidDayItemKind::CommercialStatement,
    BidDayItemKind::Sample,
    BidDayItemKind::JuryQuestions,
];

/// Every item, also those of which nothing is recorded.
pub(super) fn all(bid: &Bid) -> Vec<BidDayItem> {
    let recorded = |kind| bid.day_items.iter().find(|item| item.kind() == kind);
    let item = |kind: BidDayItemKind| {
        recorded(kind).cloned().unwrap_or(BidDayItem {
            kind: kind.into(),
            ..BidDayItem::default()
        })
    };
    KINDS.into_iter().map(item).collect()
}

pub async fn record(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::RecordBidDayItemRequest,
) -> Result<proto::RecordBidDayItemResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let item = request.item.clone().unwrap_or_default();
    let item = BidDayItem {
        recorder: call.principal.subject.clone(),
        record_time: Some(wire::timestamp(call.now)),
        ..read(&mut bad, call.now, item)
    };
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (bid, deal) = super::change(w, call, deal, |_, bid| {
            bid.day_items.retain(|other| other.kind != item.kind);
            bid.day_items.push(item);
            Ok(())
        })
        .await?;
        Ok(proto::RecordBidDayItemResponse {
            bid: Some(bid),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(bad: &mut Violations, now: Timestamp, item: BidDayItem) -> BidDayItem {
    let kind: BidDayItemKind = bad.required_enum("item.kind", item.kind);
    past::optional_day(bad, "item.done_date", item.done_date, now);
    bad.optional_name::<PersonId>("item.doer", &item.doer);
    if kind != BidDayItemKind::JuryQuestions && !item.questions.is_empty() {
        bad.add("item.questions", "go with JURY_QUESTIONS only");
    }
    BidDayItem {
        note: words(bad, "item.note", &item.note, MAX_NOTE),
        questions: questions(bad, item.questions),
        ..item
    }
}

fn questions(bad: &mut Violations, asked: Vec<JuryQuestion>) -> Vec<JuryQuestion> {
    if asked.len() > MOST_QUESTIONS {
        let why = format!("must be at most {MOST_QUESTIONS}, are {}", asked.len());
        bad.add("item.questions", why);
        return Vec::new();
    }
    let asked = asked.into_iter().enumerate();
    let read = asked.map(|(n, it)| {
        let at = format!("item.questions[{n}]");
        JuryQuestion {
            question: bad.required_text(&format!("{at}.question"), &it.question, MAX_NOTE),
            answer: words(bad, &format!("{at}.answer"), &it.answer, MAX_NOTE),
        }
    });
    read.collect()
}
