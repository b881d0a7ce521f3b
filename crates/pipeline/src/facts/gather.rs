//! Reads what is recorded of some deals, in as many statements as of one.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::wire;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::GetOpportunityFactsResponse;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::activity::{Activity, row as activity};
use crate::calendar::{self, Calendar};
use crate::dossier::Dossier;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Opportunity};
use crate::process::Process;
use crate::{Pipeline, bid, gate, hearing, purchase_criteria, stall};

const MAX_ACTIVITIES: i64 = 100;

/// The facts of those of the deals that the caller sees, in the order asked for.
pub(super) async fn gather(
    pipeline: &Pipeline,
    call: &Call,
    ids: &[OpportunityId],
) -> Result<Vec<GetOpportunityFactsResponse>, Error> {
    let read = async |tx: &mut Tx| Gathered::read(pipeline, tx, call, ids).await;
    let mut gathered = pipeline.db.transaction(call.tenant()?, read).await?;
    let mut deals: HashMap<Uuid, Opportunity> = gathered
        .deals
        .drain(..)
        .map(|deal| (deal.id.0, deal))
        .collect();
    let found = ids.iter().filter_map(|id| deals.remove(&id.0));
    found.map(|deal| gathered.tell(call, deal)).collect()
}

/// What was read of all deals.
struct Gathered {
    deals: Vec<Opportunity>,
    /// In the order of no matter what.
    processes: Vec<Arc<Process>>,
    activities: HashMap<Uuid, Vec<Activity>>,
    dossiers: HashMap<Uuid, Dossier>,
    idle_since: HashMap<Uuid, Timestamp>,
    close_dates: HashMap<Uuid, proto::CloseDateHistory>,
    calendar: Calendar,
}

impl Gathered {
    async fn read(
        pipeline: &Pipeline,
        tx: &mut Tx,
        call: &Call,
        ids: &[OpportunityId],
    ) -> Result<Self, Error> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let mut deals = opportunity::fetch(tx, &ids).await?;
        deals.retain(|deal| call.sees(deal.terms.owner, deal.terms.team));
        let seen: Vec<Uuid> = deals.iter().map(|deal| deal.id.0).collect();
        let mut processes: Vec<Arc<Process>> = Vec::new();
        for deal in &deals {
            if !processes.iter().any(|process| is_followed(process, deal)) {
                processes.push(pipeline.process_of(tx, call, deal).await?);
            }
        }
        let mut activities: HashMap<Uuid, Vec<Activity>> = HashMap::new();
        for one in activity::newest_of_each(tx, &seen, MAX_ACTIVITIES).await? {
            activities.entry(one.opportunity.0).or_default().push(one);
        }
        Ok(Self {
            activities,
            dossiers: Dossier::load_all(tx, &seen).await?,
            idle_since: stall::row::idle_since_of_each(tx, &seen).await?,
            close_dates: close_dates(tx, &seen).await?,
            calendar: calendar::row::in_force(tx).await?,
            deals,
            processes,
        })
    }

    fn tell(
        &mut self,
        call: &Call,
        deal: Opportunity,
    ) -> Result<GetOpportunityFactsResponse, Error> {
        let process = self.processes.iter().find(|it| is_followed(it, &deal));
        let process = process.expect("the process of every deal was read").clone();
        let activities = self.activities.remove(&deal.id.0).unwrap_or_default();
        let dossier = self.dossiers.remove(&deal.id.0).unwrap_or_default();
        let mut answer = recorded(&dossier, call.reveals)?;
        answer.contract.get_or_insert_default().name = deal.id.to_string();
        let purchase_criteria = answer.purchase_criteria.get_or_insert_default();
        answer.warnings = purchase_criteria::warnings(&deal, &process, purchase_criteria);
        let facts = deal.facts(dossier);
        let gates = process.stages.iter().map(|stage| {
            let basis = hearing::basis(&deal, &facts);
            hearing::to_proto(&gate::judge(stage, &facts), basis)
        });
        Ok(GetOpportunityFactsResponse {
            gates: gates.collect(),
            stall_time: self.stall_time(&process, &deal).map(wire::timestamp),
            close_date_history: self.close_dates.remove(&deal.id.0),
            process: Some(process.to_proto()),
            activities: activities.iter().map(Activity::to_proto).collect(),
            opportunity: Some(deal.to_proto()),
            ..answer
        })
    }

    /// When the deal stalls, or did; none when it never does, or not now.
    fn stall_time(&self, process: &Process, deal: &Opportunity) -> Option<Timestamp> {
        let limit = stall::limit(process, deal);
        let runs =
            deal.status() == proto::OpportunityStatus::Open && deal.pause.is_none() && limit > 0;
        let since = self.idle_since.get(&deal.id.0).filter(|_| runs)?;
        self.calendar.after(*since, limit)
    }
}

fn is_followed(process: &Process, deal: &Opportunity) -> bool {
    process.id == deal.process && process.version == deal.process_version
}

/// What the parts of the deal say. Costs, margin and floor are told nowhere; what follows from
/// them only to whom `reveals` tells it.
fn recorded(dossier: &Dossier, reveals: bool) -> Result<GetOpportunityFactsResponse, Error> {
    let pursuit: proto::PursuitCosts = dossier.part()?;
    let mut told = proto::PursuitFacts {
        entries: i32::try_from(pursuit.costs.len()).unwrap_or(i32::MAX),
        ..proto::PursuitFacts::default()
    };
    if reveals {
        told.alarm = pursuit.alarm;
    }
    Ok(GetOpportunityFactsResponse {
        needs: dossier.part::<proto::Needs>()?.needs,
        objections: dossier.part::<proto::Objections>()?.objections,
        customer_requests: dossier.part::<proto::CustomerRequests>()?.requests,
        promises: dossier.part::<proto::Promises>()?.promises,
        purchase_criteria: Some(dossier.part()?),
        bid: Some(bid::to_proto(&dossier.part()?)),
        contract: Some(dossier.part()?),
        price_proposal: dossier.part::<proto::Pricing>()?.proposal,
        pursuit: Some(told),
        ..GetOpportunityFactsResponse::default()
    })
}

/// How the closing dates moved, of deals that ever had one.
async fn close_dates(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, proto::CloseDateHistory>, Error> {
    let rows = sqlx::query!(
        r#"select id, coalesce(close_first_on, expected_close_on) as "first_on!: jiff_sqlx::Date",
                  close_postponements, close_postponed_days,
                  close_postponed_at as "postponed_at: jiff_sqlx::Timestamp"
           from pipeline.opportunity
           where id = any($1) and coalesce(close_first_on, expected_close_on) is not null"#,
        ids,
    )
    .fetch_all(connection)
    .await?;
    let histories = rows.into_iter().map(|row| {
        let history = proto::CloseDateHistory {
            first_date: Some(wire::date(row.first_on.to_jiff())),
            postponements: row.close_postponements,
            postponed_days: row.close_postponed_days,
            last_postpone_time: row.postponed_at.map(|at| wire::timestamp(at.to_jiff())),
        };
        (row.id, history)
    });
    Ok(histories.collect())
}
