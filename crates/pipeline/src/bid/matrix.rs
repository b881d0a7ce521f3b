//! The requirement matrix listed, put and cut: `ListBidRequirements`,
//! `BatchUpsertBidRequirements`, `BatchDeleteBidRequirements`.

use std::collections::{BTreeMap, HashSet};

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::mutation::Writer;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{Bid, BidRequirement, BidRequirementsChanged, Compliance};
use uuid::Uuid;

use super::{MAX_NOTE, requirement};
use crate::error::Error;
use crate::ids::{OpportunityId, PersonId};
use crate::opportunity::{self, Opportunity};
use crate::text::words;
use crate::{Pipeline, dossier};

const MAX_NUMBER: usize = 64;
const MAX_TEXT: usize = 1000;
/// Rows of one request: what changed must fit into one event.
const MOST_AT_ONCE: usize = 200;
const MOST: i32 = 1000;

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListBidRequirementsRequest,
) -> Result<proto::ListBidRequirementsResponse, Error> {
    let id = opportunity::id("parent", &request.parent)?;
    let open_only = request.open_only.to_string();
    let arguments = [&call.method, &request.parent, &open_only];
    let arguments = arguments.map(String::as_str);
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    // Pages go by UUIDs; the place of a row is put into one.
    let after = page.after.map_or(0, |place| place.as_u128());
    let after = i32::try_from(after).unwrap_or(i32::MAX);
    let work = async |tx: &mut Tx| {
        opportunity::read(tx, call, id).await?;
        let from = (after, request.open_only);
        Ok::<_, Error>(requirement::page(tx, id, from, page.fetch()).await?)
    };
    let rows = pipeline.db.transaction(call.tenant()?, work).await?;
    let (rows, next_page_token) = page.close(rows, |row| {
        Uuid::from_u128(u128::from(row.position.unsigned_abs()))
    });
    Ok(proto::ListBidRequirementsResponse {
        requirements: rows.into_iter().map(|row| row.requirement).collect(),
        next_page_token,
    })
}

pub async fn upsert(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::BatchUpsertBidRequirementsRequest,
) -> Result<proto::BatchUpsertBidRequirementsResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("parent", &request.parent);
    let rows = read(&mut bad, &request.requirements);
    bad.finish()?;
    let numbers: Vec<String> = rows.iter().map(|row| row.number.clone()).collect();
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let before = requirement::by_numbers(w, id, &numbers).await?;
        let after: Vec<BidRequirement> = changed(&before, &rows);
        let (unchanged, updated) = (
            rows.len() - after.len(),
            after.len() + before.len() - rows.len(),
        );
        let before = before
            .into_iter()
            .filter(|row| is_among(&after, row))
            .collect();
        requirement::put(w, id, &after).await?;
        let created = count(after.len() - updated);
        let (bid, deal) = settle(w, call, deal, before, after).await?;
        Ok(proto::BatchUpsertBidRequirementsResponse {
            created,
            updated: count(updated),
            unchanged: count(unchanged),
            bid: Some(bid),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn delete(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::BatchDeleteBidRequirementsRequest,
) -> Result<proto::BatchDeleteBidRequirementsResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("parent", &request.parent);
    let mut numbers = Vec::new();
    if is_some_at_once(&mut bad, "numbers", request.numbers.len()) {
        for (n, number) in request.numbers.iter().enumerate() {
            numbers.push(bad.name_text(&format!("numbers[{n}]"), number, MAX_NUMBER));
        }
    }
    check_once(&mut bad, "numbers", &numbers);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let before = requirement::by_numbers(w, id, &numbers).await?;
        let known: HashSet<&String> = before.iter().map(|row| &row.number).collect();
        let missing = numbers.iter().filter(|number| !known.contains(number));
        let missing: Vec<String> = missing.cloned().collect();
        if !missing.is_empty() {
            return Err(Error::BidRequirementNotFound(missing));
        }
        requirement::remove(w, id, &numbers).await?;
        let (bid, deal) = settle(w, call, deal, before, Vec::new()).await?;
        Ok(proto::BatchDeleteBidRequirementsResponse {
            bid: Some(bid),
            opportunity: Some(deal.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

/// Counts the matrix anew after rows changed, with the event of it.
async fn settle(
    w: &mut Writer<'_>,
    call: &Call,
    deal: Opportunity,
    before: Vec<BidRequirement>,
    after: Vec<BidRequirement>,
) -> Result<(Bid, Opportunity), Error> {
    let mut bid: Bid = dossier::load(w, deal.id).await?;
    if before.is_empty() && after.is_empty() {
        return Ok((super::to_proto(&bid), deal));
    }
    let summary = requirement::summary(w, deal.id).await?;
    let mut bad = Violations::default();
    if summary.total > MOST {
        let why = format!("must be at most {MOST} in all, would be {}", summary.total);
        bad.add("requirements", why);
    }
    bad.finish()?;
    bid.requirements = Some(summary).filter(|summary| summary.total > 0);
    let told = |opportunity| BidRequirementsChanged {
        before,
        after,
        bid: Some(super::to_proto(&bid)),
        opportunity: Some(opportunity),
    };
    let deal = dossier::store(w, call, deal, &bid, told).await?;
    Ok((super::to_proto(&bid), deal))
}

/// The rows that are not there already as they are put.
fn changed(before: &[BidRequirement], rows: &[BidRequirement]) -> Vec<BidRequirement> {
    let known: BTreeMap<&String, &BidRequirement> =
        before.iter().map(|row| (&row.number, row)).collect();
    let is_new = |row: &&BidRequirement| known.get(&row.number) != Some(row);
    rows.iter().filter(is_new).cloned().collect()
}

fn is_among(rows: &[BidRequirement], row: &BidRequirement) -> bool {
    rows.iter().any(|other| other.number == row.number)
}

fn read(bad: &mut Violations, rows: &[BidRequirement]) -> Vec<BidRequirement> {
    if !is_some_at_once(bad, "requirements", rows.len()) {
        return Vec::new();
    }
    let rows = rows.iter().enumerate();
    let rows: Vec<BidRequirement> = rows
        .map(|(n, row)| read_row(bad, &format!("requirements[{n}]"), row))
        .collect();
    let numbers: Vec<String> = rows.iter().map(|row| row.number.clone()).collect();
    check_once(bad, "requirements", &numbers);
    rows
}

fn read_row(bad: &mut Violations, at: &str, row: &BidRequirement) -> BidRequirement {
    bad.optional_enum::<Compliance>(&format!("{at}.compliance"), row.compliance);
    let responsible = format!("{at}.responsible");
    let responsible: Option<PersonId> = bad.optional_name(&responsible, &row.responsible);
    BidRequirement {
        number: bad.name_text(&format!("{at}.number"), &row.number, MAX_NUMBER),
        text: bad.required_text(&format!("{at}.text"), &row.text, MAX_TEXT),
        response: words(bad, &format!("{at}.response"), &row.response, MAX_NOTE),
        responsible: responsible.map_or_else(String::new, |person| person.to_string()),
        ..row.clone()
    }
}

fn is_some_at_once(bad: &mut Violations, field: &str, given: usize) -> bool {
    let is_some = (1..=MOST_AT_ONCE).contains(&given);
    if !is_some {
        let why = format!("must be 1 to {MOST_AT_ONCE}, are {given}");
        bad.add(field, why);
    }
    is_some
}

fn check_once(bad: &mut Violations, field: &str, numbers: &[String]) {
    let once: HashSet<&String> = numbers.iter().collect();
    if once.len() < numbers.len() {
        bad.add(field, "must name each number once");
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
