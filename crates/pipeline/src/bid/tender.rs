//! `UpdateBid`: what is known of the tender.

use std::collections::HashSet;

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{
    Bid, BidDates, BidKind, CompetitorPrice, RankedSupplier, SupplierRanking, TenderDocument,
};

use super::{MAX_NAME, MAX_SOURCE};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::money::{self, SUM};
use crate::{Pipeline, file_reference, mask, opportunity, past};

const CHANGEABLE: [&str; 5] = [
    "kind",
    "documents",
    "dates",
    "competitor_prices",
    "supplier_ranking",
];
const MOST: usize = 50;

pub async fn update(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::UpdateBidRequest,
) -> Result<proto::UpdateBidResponse, Error> {
    let message = request.bid.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let news = read(&mut bad, call.now, message);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let (bid, deal) = super::change(w, call, deal, |_, bid| {
            *bid = mask::apply(bid, &news, request.update_mask.as_ref(), &CHANGEABLE)?;
            Ok(())
        })
        .await?;
        Ok(proto::UpdateBidResponse {
            bid: Some(bid),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn read(bad: &mut Violations, now: Timestamp, message: Bid) -> Bid {
    bad.optional_enum::<BidKind>("bid.kind", message.kind);
    if let Some(dates) = &message.dates {
        check_dates(bad, dates);
    }
    let ranking = message.supplier_ranking;
    Bid {
        documents: list(bad, "bid.documents", message.documents, |bad, at, it| {
            document(bad, now, at, it)
        }),
        competitor_prices: list(
            bad,
            "bid.competitor_prices",
            message.competitor_prices,
            |bad, at, it| price(bad, now, at, it),
        ),
        supplier_ranking: ranking.map(|ranking| read_ranking(bad, now, ranking)),
        ..message
    }
}

/// Reads a list as far as it is not too long.
fn list<T>(
    bad: &mut Violations,
    field: &str,
    items: Vec<T>,
    read: impl Fn(&mut Violations, &str, T) -> T,
) -> Vec<T> {
    if items.len() > MOST {
        bad.add(
            field,
            format!("must be at most {MOST}, are {}", items.len()),
        );
        return Vec::new();
    }
    let items = items.into_iter().enumerate();
    items
        .map(|(n, item)| read(bad, &format!("{field}[{n}]"), item))
        .collect()
}

fn document(
    bad: &mut Violations,
    now: Timestamp,
    at: &str,
    document: TenderDocument,
) -> TenderDocument {
    file_reference::check_optional(bad, &format!("{at}.file"), document.file.as_ref());
    let (published, fetched) = (document.published_date, document.fetched_date);
    past::optional_day(bad, &format!("{at}.published_date"), published, now);
    past::optional_day(bad, &format!("{at}.fetched_date"), fetched, now);
    TenderDocument {
        display_name: bad.name_text(
            &format!("{at}.display_name"),
            &document.display_name,
            MAX_NAME,
        ),
        ..document
    }
}

fn check_dates(bad: &mut Violations, dates: &BidDates) {
    let at = |field: &str| format!("bid.dates.{field}");
    let from = bad.day(&at("documents_from_date"), dates.documents_from_date);
    let until = bad.day(&at("documents_until_date"), dates.documents_until_date);
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        let why = "must not be before documents_from_date";
        bad.add(at("documents_until_date"), why);
    }
    moment(bad, "questions_until_time", dates.questions_until_time);
    let deadline = dates.submission_deadline_time;
    let deadline = moment(bad, "submission_deadline_time", deadline);
    let opening = moment(bad, "opening_time", dates.opening_time);
    if deadline
        .zip(opening)
        .is_some_and(|(deadline, opening)| opening < deadline)
    {
        let why = "must not be before submission_deadline_time";
        bad.add(at("opening_time"), why);
    }
    let expected = dates.decision_expected_date;
    bad.day(&at("decision_expected_date"), expected);
}

fn moment(
    bad: &mut Violations,
    field: &str,
    value: Option<prost_types::Timestamp>,
) -> Option<Timestamp> {
    match wire::read_timestamp(&value?) {
        Ok(moment) => Some(moment),
        Err(error) => {
            bad.add(format!("bid.dates.{field}"), error.to_string());
            None
        }
    }
}

fn price(
    bad: &mut Violations,
    now: Timestamp,
    at: &str,
    expected: CompetitorPrice,
) -> CompetitorPrice {
    let field = format!("{at}.price");
    if expected.price.is_none() {
        bad.add(&field, "must be given");
    }
    money::amount(bad, &field, expected.price.as_ref(), SUM);
    let learned = format!("{at}.learned_date");
    past::optional_day(bad, &learned, expected.learned_date, now);
    let competitor = format!("{at}.competitor");
    CompetitorPrice {
        competitor: bad.name_text(&competitor, &expected.competitor, MAX_NAME),
        source: bad.text(&format!("{at}.source"), &expected.source, MAX_SOURCE),
        ..expected
    }
}

fn read_ranking(bad: &mut Violations, now: Timestamp, ranking: SupplierRanking) -> SupplierRanking {
    let field = "bid.supplier_ranking.suppliers";
    let learned = "bid.supplier_ranking.learned_date";
    past::optional_day(bad, learned, ranking.learned_date, now);
    let suppliers = list(bad, field, ranking.suppliers, |bad, at, it| {
        let name = format!("{at}.supplier");
        RankedSupplier {
            supplier: match it.ours {
                true => bad.line(&name, &it.supplier, MAX_NAME),
                false => bad.name_text(&name, &it.supplier, MAX_NAME),
            },
            ours: it.ours,
        }
    });
    if suppliers.iter().filter(|it| it.ours).count() > 1 {
        bad.add(field, "must mark us once at most");
    }
    let named: HashSet<&str> = suppliers.iter().map(|it| it.supplier.as_str()).collect();
    if named.len() < suppliers.len() {
        bad.add(field, "must name each supplier once");
    }
    let source = "bid.supplier_ranking.source";
    SupplierRanking {
        source: bad.text(source, &ranking.source, MAX_SOURCE),
        suppliers,
        learned_date: ranking.learned_date,
    }
}
