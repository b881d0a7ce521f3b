//! Looks at timers that are due, and tells of deals that are stalled.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use keynode_kit::call::TenantId;
use keynode_kit::db::Tx;
use keynode_kit::error::Fault;
use keynode_kit::log::Origin;
use keynode_kit::mutation::Writer;
use keynode_proto::pipeline::v1::{OpportunityStalled, OpportunityStatus};
use uuid::Uuid;

use super::row::{self, Outcome, Timer};
use super::{limit, state};
use crate::Pipeline;
use crate::calendar::{self, Calendar};
use crate::error::Error;
use crate::opportunity::{self, Opportunity};
use crate::process::Process;

/// Between two looks when nothing was due.
const TICK: Duration = Duration::from_secs(2);
/// Timers looked at in one transaction at most.
const TOGETHER: i32 = 200;

/// Looks at timers until `shutdown` ends.
pub async fn run(pipeline: &Pipeline, shutdown: impl Future<Output = ()>) {
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let rest = match look(pipeline).await {
            Ok(0) => TICK,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::warn!(%error, "timers of stalled deals are not looked at");
                TICK
            }
        };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = &mut shutdown => return,
        }
    }
}

/// Looks at some timers that are due; how many.
async fn look(pipeline: &Pipeline) -> Result<usize, Error> {
    let now = pipeline.clock.now();
    let due = pipeline
        .db
        .transaction_without_tenant(async |tx: &mut Tx| {
            Ok::<_, Error>(row::due(tx, now, TOGETHER).await?)
        })
        .await?;
    let mut by_tenant: BTreeMap<TenantId, Vec<Uuid>> = BTreeMap::new();
    for (tenant, deal) in due {
        by_tenant.entry(tenant).or_default().push(deal);
    }
    let mut seen = 0;
    for (tenant, deals) in by_tenant {
        let work = async |tx: &mut Tx| look_at(pipeline, tx, tenant, &deals).await;
        seen += pipeline.db.transaction(tenant, work).await?;
    }
    Ok(seen)
}

async fn look_at(
    pipeline: &Pipeline,
    tx: &mut Tx,
    tenant: TenantId,
    deals: &[Uuid],
) -> Result<usize, Error> {
    let timers = row::take(tx, deals, pipeline.clock.now()).await?;
    let ids: Vec<Uuid> = timers.iter().map(|timer| timer.deal).collect();
    let mut found: BTreeMap<Uuid, Opportunity> = BTreeMap::new();
    for deal in opportunity::fetch(tx, &ids).await? {
        found.insert(deal.id.0, deal);
    }
    let calendar = calendar::row::in_force(tx).await?;
    let mut w = Writer::new(tx, pipeline.clock.clone());
    let mut outcomes = Vec::with_capacity(timers.len());
    for timer in &timers {
        let deal = found.get(&timer.deal);
        let deal = deal.ok_or_else(|| Fault::internal("a timer without its deal"))?;
        let process = pipeline
            .processes
            .followed(&mut w, tenant, (&deal.process, deal.process_version))
            .await?;
        outcomes.push(judge(pipeline, &mut w, &calendar, &process, deal, *timer));
    }
    row::settle(&mut w, &outcomes).await?;
    w.append(&origin(pipeline, tenant)).await?;
    Ok(timers.len())
}

/// When to look again, or that it is told now.
fn judge(
    pipeline: &Pipeline,
    w: &mut Writer<'_>,
    calendar: &Calendar,
    process: &Process,
    deal: &Opportunity,
    timer: Timer,
) -> Outcome {
    let now = pipeline.clock.now();
    let stalled = state(calendar, process, deal, timer.idle_since, now);
    let is_open = deal.status() == OpportunityStatus::Open;
    let never = Outcome {
        id: timer.deal,
        due_at: None,
        told_at: None,
        told: timer.told,
    };
    if !is_open || stalled.paused || stalled.stall_days == 0 {
        return never;
    }
    if !stalled.stalled {
        return Outcome {
            due_at: calendar.after(timer.idle_since, limit(process, deal)),
            ..never
        };
    }
    let told = timer.told + 1;
    let event = OpportunityStalled {
        stage_name: process.stage_name(&deal.stage),
        opportunity: Some(deal.to_proto()),
        idle_since: stalled.idle_since,
        idle_days: stalled.idle_days,
        stall_days: stalled.stall_days,
    };
    w.record(format!("{}/stall", deal.id), told, &event);
    Outcome {
        told_at: Some(now),
        told,
        ..never
    }
}

fn origin(pipeline: &Pipeline, tenant: TenantId) -> Origin {
    Origin {
        tenant,
        service: "pipeline",
        actor: "services/pipeline".to_owned(),
        cause: String::new(),
        trace_id: String::new(),
        occurred_at: pipeline.clock.now(),
    }
}
