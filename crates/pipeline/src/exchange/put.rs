//! `PutExchangeRates`: rates of days, all or none.

use std::collections::HashSet;

use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::row::{self, Kept};
use crate::Pipeline;
use crate::error::Error;
use crate::money::{self, Least, Limits};

/// The subject of the events: a tenant has one set of rates.
const SUBJECT: &str = "exchangeRates/-";
const MAX_RATES: usize = 1000;
const MAX_SOURCE: usize = 200;
const RATE: Limits = Limits {
    least: Least::AboveZero,
    most: 1_000_000,
    digits: 12,
    unit: "",
};

pub async fn put(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::PutExchangeRatesRequest,
) -> Result<proto::PutExchangeRatesResponse, Error> {
    let rates = read(call, &request.rates)?;
    let work = async |w: &mut Writer<'_>| {
        log::take_turn(w, &[SUBJECT.to_owned()]).await?;
        let (mut before, mut after, mut answer) = (Vec::new(), Vec::new(), Vec::new());
        for rate in &rates {
            let found = row::of_day(w, &rate.from, &rate.to, rate.since).await?;
            let is_new = found.as_ref().is_none_or(|found| !is_same(found, rate));
            let kept = match found {
                Some(found) if !is_new => found,
                Some(found) => {
                    before.push(found.to_proto());
                    rate.clone()
                }
                None => Kept {
                    id: w.id(),
                    ..rate.clone()
                },
            };
            if is_new {
                row::save(w, &kept).await?;
                after.push(kept.to_proto());
            }
            answer.push(kept.to_proto());
        }
        if !after.is_empty() {
            let revision = row::revise(w).await?;
            let changed = proto::ExchangeRatesChanged { before, after };
            w.record(SUBJECT, revision, &changed);
        }
        Ok(proto::PutExchangeRatesResponse { rates: answer })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn is_same(stored: &Kept, news: &Kept) -> bool {
    stored.value == news.value && stored.source == news.source
}

fn read(call: &Call, rates: &[proto::ExchangeRate]) -> Result<Vec<Kept>, Error> {
    let mut bad = Violations::default();
    if rates.is_empty() || rates.len() > MAX_RATES {
        bad.add("rates", format!("must be 1 to {MAX_RATES}"));
        bad.finish()?;
        return Ok(Vec::new());
    }
    let mut seen = HashSet::new();
    let read = rates.iter().enumerate().map(|(n, rate)| {
        let kept = read_one(&mut bad, &format!("rates[{n}]"), rate, call);
        if !seen.insert((kept.from.clone(), kept.to.clone(), kept.since)) {
            bad.add(format!("rates[{n}]"), "has the pair and day of another one");
        }
        kept
    });
    let read = read.collect();
    bad.finish()?;
    Ok(read)
}

fn read_one(bad: &mut Violations, at: &str, rate: &proto::ExchangeRate, call: &Call) -> Kept {
    let from = money::currency(bad, &format!("{at}.from_currency"), &rate.from_currency);
    let to = money::currency(bad, &format!("{at}.to_currency"), &rate.to_currency);
    if from == to {
        bad.add(format!("{at}.to_currency"), "must be another currency");
    }
    let field = format!("{at}.valid_from_date");
    if rate.valid_from_date.is_none() {
        bad.add(field.as_str(), "must be given");
    }
    let since = bad.day(&field, rate.valid_from_date);
    let value = money::required_decimal(bad, &format!("{at}.rate"), &rate.rate, RATE);
    Kept {
        id: Uuid::nil(),
        from,
        to,
        since: since.unwrap_or(Date::MIN),
        value: value.unwrap_or(Decimal::ONE),
        source: bad.line(&format!("{at}.source"), &rate.source, MAX_SOURCE),
        recorder: call.principal.subject.clone(),
        recorded: call.now,
    }
}
