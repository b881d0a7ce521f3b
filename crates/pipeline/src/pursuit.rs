//! What pursuing a deal costs us, against what it is expected to bring (T6).

pub mod read;
pub mod record;
mod row;
pub mod settings;
pub mod summary;

use jiff::civil::Date;
use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::PursuitAlarm;
use serde_json::{Value as Json, json};
use sqlx::PgConnection;

use self::summary::{Return, Summary};
use crate::dossier::{self, Dossier, Part};
use crate::error::Error;
use crate::opportunity::Opportunity;
use crate::{exchange, money, pricing};

/// The collection in names.
const COLLECTION: &str = "pursuitCosts";

impl Part for proto::PursuitCosts {
    const NAME: &'static str = "pursuit";
}

/// What criteria may read: the alarm, and no figure. Unknown without spend or expected margin.
pub fn fact(dossier: &Dossier) -> Json {
    let part: proto::PursuitCosts = dossier.part().unwrap_or_default();
    match part.alarm() {
        PursuitAlarm::Unspecified => Json::Null,
        alarm => json!({ "alarm": alarm_name(alarm) }),
    }
}

/// The same of a deal of which everything is known.
pub fn sample() -> Json {
    json!({ "alarm": alarm_name(PursuitAlarm::None) })
}

fn alarm_name(alarm: PursuitAlarm) -> &'static str {
    alarm.as_str_name().trim_start_matches("PURSUIT_ALARM_")
}

/// Sums entries up and holds them against the margin that is expected.
///
/// # Errors
/// When the database does not answer.
async fn assess(
    connection: &mut PgConnection,
    deal: &Opportunity,
    costs: &[proto::PursuitCost],
    today: Date,
) -> Result<Summary, Error> {
    let pricing: proto::Pricing = dossier::load(connection, deal.id).await?;
    let figures = pricing::assess(connection, deal, &pricing, None, today).await?;
    let first = costs
        .first()
        .and_then(|cost| money::stored(cost.amount.as_ref()));
    let currency = pricing::currency(deal, &pricing).or(first.map(|first| first.currency));
    let named = costs.iter().filter_map(|cost| cost.amount.as_ref());
    let named = named.map(|amount| amount.currency_code.clone());
    let currencies: Vec<String> = named.chain(currency.clone()).collect();
    let days = costs
        .iter()
        .filter_map(|cost| wire::read_date(cost.date.as_ref()?).ok());
    let days: Vec<Date> = days.collect();
    let span = days.iter().min().copied().zip(days.iter().max().copied());
    let rates = exchange::load(connection, &currencies, span.unwrap_or((today, today))).await?;
    let settings = row::settings(connection).await?;
    let expected = Return {
        margin: figures.margin,
        amount: deal.terms.amount.clone(),
    };
    Ok(summary::sum(costs, currency, &rates, &expected, &settings))
}

/// Brings what criteria read of the alarm up to what it is by now, with a change of price or costs of
/// the deal and without an event of its own: that there is one would tell that the alarm changed.
/// Deals without spend have none.
///
/// # Errors
/// When the database does not answer.
pub async fn refresh(w: &mut Writer<'_>, call: &Call, deal: &Opportunity) -> Result<(), Error> {
    let mut part: proto::PursuitCosts = dossier::load(w, deal.id).await?;
    if part.costs.is_empty() {
        return Ok(());
    }
    part.set_alarm(assess(w, deal, &part.costs, call.today()).await?.alarm);
    Ok(dossier::put(w, deal.id, &part).await?)
}
