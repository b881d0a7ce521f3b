//! `ListExchangeRates`.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::row::{self, Kept};
use crate::Pipeline;
use crate::error::Error;
use crate::money;

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ListExchangeRatesRequest,
) -> Result<proto::ListExchangeRatesResponse, Error> {
    let (from, to) = (request.from_currency.as_str(), request.to_currency.as_str());
    let mut bad = Violations::default();
    for (field, code) in [("from_currency", from), ("to_currency", to)] {
        if !code.is_empty() {
            money::currency(&mut bad, field, code);
        }
    }
    bad.finish()?;
    let arguments = [call.method.as_str(), from, to];
    let page = Page::open(request.page_size, &request.page_token, &arguments)?;
    let named = |code| Some(code).filter(|code: &&str| !code.is_empty());
    let pair = (named(from), named(to));
    let work =
        async |tx: &mut Tx| Ok::<_, Error>(row::page(tx, pair, page.after, page.fetch()).await?);
    let rows = pipeline.db.transaction(call.tenant()?, work).await?;
    let (rows, next_page_token) = page.close(rows, |rate| rate.id);
    Ok(proto::ListExchangeRatesResponse {
        rates: rows.iter().map(Kept::to_proto).collect(),
        next_page_token,
    })
}
