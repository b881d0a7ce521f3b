//! `WaiveCriterion` and `RevokeWaiver`: what need not be met, by whom the process lets waive it.

use std::collections::BTreeMap;

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::{Waiver, delete_waiver, save_waiver};
use crate::Pipeline;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Opportunity};
use crate::process::Process;
use crate::update::change_because;

const MAX_ID: usize = 64;
const MAX_REASON: usize = 2000;

/// What is to be waived, or no longer.
struct Order {
    id: OpportunityId,
    criterion: String,
    reason: String,
}

impl Order {
    fn read(name: &str, criterion: &str, reason: &str) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let order = Self {
            id: bad.name("name", name),
            criterion: bad.required_text("criterion", criterion, MAX_ID),
            reason: bad.required_text("reason", reason, MAX_REASON),
        };
        bad.finish()?;
        Ok(order)
    }

    /// The deal, locked, if the caller may waive the criterion.
    async fn take(
        &self,
        pipeline: &Pipeline,
        call: &Call,
        w: &mut Writer<'_>,
        etag: &str,
    ) -> Result<Opportunity, Error> {
        let before = opportunity::lock(w, call, self.id, etag).await?;
        let process = pipeline.process_of(w, call, &before).await?;
        check(&process, &self.criterion, call)?;
        Ok(before)
    }
}

fn check(process: &Process, criterion: &str, call: &Call) -> Result<(), Error> {
    let mut criteria = process
        .stages
        .iter()
        .flat_map(|stage| &stage.key_node.criteria);
    let found = criteria.find(|known| known.id == criterion);
    let found = found.ok_or_else(|| Error::CriterionNotFound {
        process: process.name(),
        criterion: criterion.to_owned(),
    })?;
    let roles = &found.waivable_by;
    match call.principal.roles.iter().any(|role| roles.contains(role)) {
        true => Ok(()),
        false => Err(Error::WaiverNotAllowed {
            criterion: criterion.to_owned(),
            roles: roles.clone(),
        }),
    }
}

pub async fn waive(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::WaiveCriterionRequest,
) -> Result<proto::WaiveCriterionResponse, Error> {
    let order = Order::read(&request.name, &request.criterion, &request.reason)?;
    let waiver = Waiver {
        reason: order.reason.clone(),
        actor: call.principal.subject.clone(),
        waived: call.now,
    };
    let work = async |w: &mut Writer<'_>| {
        let before = order.take(pipeline, call, w, &request.etag).await?;
        save_waiver(w, order.id, &order.criterion, &waiver).await?;
        let set = |waivers: &mut BTreeMap<String, Waiver>| {
            waivers.insert(order.criterion.clone(), waiver.clone());
        };
        let after =
            change_because(w, call, before, &order.reason, |it| set(&mut it.waivers)).await?;
        Ok(proto::WaiveCriterionResponse {
            opportunity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn revoke(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::RevokeWaiverRequest,
) -> Result<proto::RevokeWaiverResponse, Error> {
    let order = Order::read(&request.name, &request.criterion, &request.reason)?;
    let work = async |w: &mut Writer<'_>| {
        let before = order.take(pipeline, call, w, &request.etag).await?;
        delete_waiver(w, order.id, &order.criterion).await?;
        let after = change_because(w, call, before, &order.reason, |after| {
            after.waivers.remove(&order.criterion);
        })
        .await?;
        Ok(proto::RevokeWaiverResponse {
            opportunity: Some(after.to_proto()),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
