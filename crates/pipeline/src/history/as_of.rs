//! `GetOpportunityAsOf`: a deal as it stood at a moment.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::validate::Violations;
use keynode_kit::{name, wire};
use keynode_proto::pipeline::v1 as proto;
use prost::Message as _;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::Moment;
use super::changes::Event;
use super::row::{self, Stood};
use crate::error::Error;
use crate::ids::{OpportunityId, PersonId};
use crate::process::Process;
use crate::{Pipeline, opportunity, status};

pub async fn as_of(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetOpportunityAsOfRequest,
) -> Result<proto::GetOpportunityAsOfResponse, Error> {
    let mut bad = Violations::default();
    let id: OpportunityId = bad.name("name", &request.name);
    let times = (request.as_of_time.as_ref(), request.known_time.as_ref());
    let moment = Moment::read(&mut bad, times, call.now);
    bad.finish()?;
    let work = async |tx: &mut Tx| {
        opportunity::read(tx, call, id).await?;
        let stood = row::stood(tx, id, moment).await?;
        let stood = stood.ok_or(Error::OpportunityNotFound(id))?;
        let worth = row::worth(tx, id, moment).await?;
        let record = recorded(tx, id, moment).await?;
        let followed = record
            .process
            .strip_prefix("processes/")
            .unwrap_or_default();
        let process = pipeline
            .processes
            .followed(tx, call.tenant()?, (followed, record.process_version))
            .await?;
        overlay(record, &stood, worth, &process)
    };
    let found = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(proto::GetOpportunityAsOfResponse {
        opportunity: Some(found),
    })
}

/// The deal as it was recorded by then; as it was first recorded where that was later.
async fn recorded(
    connection: &mut PgConnection,
    id: OpportunityId,
    moment: Moment,
) -> Result<proto::Opportunity, Error> {
    let until: Timestamp = moment.as_of.min(moment.known);
    let row = sqlx::query!(
        r#"(select 0 as "rank!", type as "type!", data as "data!" from events.log
            where subject = $1 and recorded_at <= $2 order by sequence desc limit 1)
           union all
           (select 1, type, data from events.log where subject = $1 order by sequence limit 1)
           order by 1 limit 1"#,
        id.to_string(),
        until.to_sqlx() as _,
    )
    .fetch_optional(connection)
    .await?;
    let row = row.ok_or(Error::OpportunityNotFound(id))?;
    let event = Event::read(&row.r#type, &row.data)?;
    let bytes = event
        .opportunity()
        .ok_or_else(|| Fault::internal(format!("{} tells of no deal", row.r#type)))?;
    Ok(proto::Opportunity::decode(bytes.as_slice()).map_err(Fault::internal)?)
}

/// With what is known of the moment itself.
fn overlay(
    record: proto::Opportunity,
    stood: &Stood,
    worth: Option<(String, Decimal)>,
    process: &Process,
) -> Result<proto::Opportunity, Error> {
    let amount = worth.map(|(currency, value)| wire::money(&currency, value));
    let status = status::parse(&stood.status);
    let stays = record.stage == stood.stage && record.status() == status;
    let position = process
        .stage(&stood.stage)
        .map_or(record.stage_position, |stage| stage.position);
    let since = Some(wire::timestamp(stood.occurred));
    let step = record.buying_step.as_ref().map(|state| state.step);
    let mut then = proto::Opportunity {
        owner: name::optional::<PersonId>(stood.owner),
        amount: amount.transpose().map_err(Fault::internal)?,
        ..record
    };
    if !stays {
        then.stage.clone_from(&stood.stage);
        then.stage_position = position;
        then.set_status(status);
        then.stage_enter_time = since;
        then.close_time = since.filter(|_| status != proto::OpportunityStatus::Open);
        then.inflation = step.map(|step| (position - step).max(0));
        then.stage_probability = None;
        then.loss = then
            .loss
            .filter(|_| status == proto::OpportunityStatus::Lost);
    }
    Ok(then)
}
