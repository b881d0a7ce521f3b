//! `SettleObjection`, `DropObjection` and `ReopenObjection`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{Objection, ObjectionResolution, ObjectionState};

use crate::error::Error;
use crate::ids::PersonId;
use crate::item::MAX_TEXT;
use crate::{Pipeline, item, names, opportunity, past};

pub async fn settle(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::SettleObjectionRequest,
) -> Result<proto::SettleObjectionResponse, Error> {
    let mut bad = Violations::default();
    let id = item::read_name::<Objection>(&mut bad, &request.name);
    let resolution = resolution(&mut bad, call, request.resolution.clone());
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let mut objection = open(item::find(w, id, &request.name).await?)?;
        objection.set_state(ObjectionState::Resolved);
        objection.resolution = Some(resolution);
        let (objection, opportunity) = item::put(w, call, deal, objection, "").await?;
        Ok(proto::SettleObjectionResponse {
            objection: Some(objection),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn drop(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::DropObjectionRequest,
) -> Result<proto::DropObjectionResponse, Error> {
    let mut bad = Violations::default();
    let id = item::read_name::<Objection>(&mut bad, &request.name);
    let reason = bad.required_text("reason", &request.reason, MAX_TEXT);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let mut objection = open(item::find(w, id, &request.name).await?)?;
        objection.set_state(ObjectionState::Dropped);
        let (objection, opportunity) = item::put(w, call, deal, objection, &reason).await?;
        Ok(proto::DropObjectionResponse {
            objection: Some(objection),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn reopen(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ReopenObjectionRequest,
) -> Result<proto::ReopenObjectionResponse, Error> {
    let mut bad = Violations::default();
    let id = item::read_name::<Objection>(&mut bad, &request.name);
    let reason = bad.required_text("reason", &request.reason, MAX_TEXT);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let mut objection: Objection = item::find(w, id, &request.name).await?;
        objection.set_state(ObjectionState::Open);
        objection.resolution = None;
        let (objection, opportunity) = item::put(w, call, deal, objection, &reason).await?;
        Ok(proto::ReopenObjectionResponse {
            objection: Some(objection),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

fn open(objection: Objection) -> Result<Objection, Error> {
    match objection.state() {
        ObjectionState::Open => Ok(objection),
        closed => Err(Error::ItemNotOpen {
            state: closed
                .as_str_name()
                .trim_start_matches("OBJECTION_STATE_")
                .to_owned(),
            item: objection.name,
        }),
    }
}

fn resolution(
    bad: &mut Violations,
    call: &Call,
    said: Option<ObjectionResolution>,
) -> ObjectionResolution {
    let mut resolution = said.unwrap_or_default();
    let text = &resolution.description;
    resolution.description = bad.required_text("resolution.description", text, MAX_TEXT);
    past::required_day(bad, "resolution.date", resolution.date, call.now);
    resolution.person = names::person(bad, "resolution.person", &resolution.person);
    if let (true, Some(person)) = (resolution.person.is_empty(), call.principal.person) {
        resolution.person = PersonId(person).to_string();
    }
    resolution
}
