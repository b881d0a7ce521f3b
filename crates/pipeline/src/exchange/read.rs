//! `GetConversion`: a sum in another currency, with the rate of a day.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;

use super::row;
use crate::Pipeline;
use crate::error::Error;
use crate::money::{self, ANY};
use crate::terms::Amount;

pub async fn convert(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetConversionRequest,
) -> Result<proto::GetConversionResponse, Error> {
    let mut bad = Violations::default();
    let sum = money::required_amount(&mut bad, "amount", request.amount.as_ref(), ANY);
    let to = money::currency(&mut bad, "to_currency", &request.to_currency);
    let day = bad.date("date", request.date);
    bad.finish()?;
    let Some(sum) = sum else {
        return Ok(proto::GetConversionResponse::default());
    };
    let day = day.unwrap_or_else(|| call.today());
    let work = async |tx: &mut Tx| {
        let pair = [sum.currency.clone(), to.clone()];
        let rates = row::load(tx, &pair, (day, day)).await?;
        let converted = rates.convert(&sum, &to, day)?;
        let found = rates.find(&sum.currency, &to, day);
        let (from, to) = match found.is_some_and(|found| found.inverse) {
            true => (&to, &sum.currency),
            false => (&sum.currency, &to),
        };
        let rate = match found {
            Some(found) => row::of_day(tx, from, to, found.since).await?,
            None => None,
        };
        Ok::<_, Error>(proto::GetConversionResponse {
            amount: Some(to_wire(&converted)?),
            rate: rate.map(|rate| rate.to_proto()),
            inverse: found.is_some_and(|found| found.inverse),
        })
    };
    pipeline.db.transaction(call.tenant()?, work).await
}

fn to_wire(sum: &Amount) -> Result<keynode_proto::google::r#type::Money, Error> {
    wire::money(&sum.currency, sum.value).map_err(|_| Error::AmountTooLarge)
}
