//! Work that is done and waivers, in the database.

use std::collections::{BTreeMap, HashMap};

use jiff_sqlx::ToSqlx as _;
use keynode_kit::error::Fault;
use keynode_proto::pipeline::v1::WorkEvidence;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Waiver, Work};
use crate::error::Error;
use crate::ids::OpportunityId;

type ByDeal<T> = HashMap<Uuid, BTreeMap<String, T>>;

/// What is done of each of these deals, by work item.
///
/// # Errors
/// When the database does not answer.
pub async fn load_work(
    connection: &mut PgConnection,
    deals: &[Uuid],
) -> Result<ByDeal<Work>, Error> {
    let rows = sqlx::query!(
        "select opportunity_id, work_item, done_on, evidence, recorder, recorded_at
         from pipeline.work_done where opportunity_id = any($1)",
        deals,
    )
    .fetch_all(connection)
    .await?;
    let mut found = ByDeal::new();
    for row in rows {
        let evidence = WorkEvidence::decode(row.evidence.as_slice()).map_err(Fault::internal)?;
        let work = Work {
            done: row.done_on.to_jiff(),
            evidence: Some(evidence).filter(|it| it.evidence.is_some()),
            recorder: row.recorder,
            recorded: row.recorded_at.to_jiff(),
        };
        let of_deal = found.entry(row.opportunity_id).or_default();
        of_deal.insert(row.work_item, work);
    }
    Ok(found)
}

/// What is waived of each of these deals, by criterion.
///
/// # Errors
/// When the database does not answer.
pub async fn load_waivers(
    connection: &mut PgConnection,
    deals: &[Uuid],
) -> Result<ByDeal<Waiver>, Error> {
    let rows = sqlx::query!(
        "select opportunity_id, criterion, reason, actor, waived_at
         from pipeline.waiver where opportunity_id = any($1)",
        deals,
    )
    .fetch_all(connection)
    .await?;
    let mut found = ByDeal::new();
    for row in rows {
        let waiver = Waiver {
            reason: row.reason,
            actor: row.actor,
            waived: row.waived_at.to_jiff(),
        };
        let of_deal = found.entry(row.opportunity_id).or_default();
        of_deal.insert(row.criterion, waiver);
    }
    Ok(found)
}

/// Stores that a work item is done.
///
/// # Errors
/// When the database does not answer.
pub async fn save_work(
    connection: &mut PgConnection,
    deal: OpportunityId,
    item: &str,
    work: &Work,
) -> Result<(), sqlx::Error> {
    let evidence = work.evidence.as_ref().map(WorkEvidence::encode_to_vec);
    sqlx::query!(
        "insert into pipeline.work_done (opportunity_id, work_item, done_on, evidence, recorder, recorded_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant_id, opportunity_id, work_item) do update
         set done_on = excluded.done_on, evidence = excluded.evidence, recorder = excluded.recorder,
             recorded_at = excluded.recorded_at",
        deal.0,
        item,
        work.done.to_sqlx() as _,
        evidence.unwrap_or_default(),
        work.recorder,
        work.recorded.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores that it is not.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_work(
    connection: &mut PgConnection,
    deal: OpportunityId,
    item: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from pipeline.work_done where opportunity_id = $1 and work_item = $2",
        deal.0,
        item
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores a waiver.
///
/// # Errors
/// When the database does not answer.
pub async fn save_waiver(
    connection: &mut PgConnection,
    deal: OpportunityId,
    criterion: &str,
    waiver: &Waiver,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into pipeline.waiver (opportunity_id, criterion, reason, actor, waived_at)
         values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, opportunity_id, criterion) do update
         set reason = excluded.reason, actor = excluded.actor, waived_at = excluded.waived_at",
        deal.0,
        criterion,
        waiver.reason,
        waiver.actor,
        waiver.waived.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes a waiver back.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_waiver(
    connection: &mut PgConnection,
    deal: OpportunityId,
    criterion: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from pipeline.waiver where opportunity_id = $1 and criterion = $2",
        deal.0,
        criterion
    )
    .execute(connection)
    .await?;
    Ok(())
}
