//! `KeepPromise`, `BreakPromise`, `ReleasePromise` and `ReopenPromise`.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::google::r#type::Date;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::{Promise, PromiseSettlement, PromiseState};

use super::not_before;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::item::MAX_TEXT;
use crate::{Pipeline, item, opportunity, past};

/// What became of a promise, as a request says it.
struct Order<'r> {
    id: OpportunityId,
    name: &'r str,
    etag: &'r str,
    state: PromiseState,
    settlement: PromiseSettlement,
}

impl<'r> Order<'r> {
    fn read(
        call: &Call,
        (name, etag): (&'r str, &'r str),
        state: PromiseState,
        (note, date): (&str, Option<Date>),
    ) -> Result<Self, Error> {
        let mut bad = Violations::default();
        let id = item::read_name::<Promise>(&mut bad, name);
        let note = match state {
            PromiseState::Kept => bad.text("note", note, MAX_TEXT),
            _ => bad.required_text("note", note, MAX_TEXT),
        };
        past::required_day(&mut bad, "date", date, call.now);
        bad.finish()?;
        let actor = call.principal.subject.clone();
        Ok(Self {
            id,
            name,
            etag,
            state,
            settlement: PromiseSettlement { note, date, actor },
        })
    }

    async fn carry_out(
        self,
        w: &mut Writer<'_>,
        call: &Call,
    ) -> Result<(Promise, proto::Opportunity), Error> {
        let deal = opportunity::lock(w, call, self.id, self.etag).await?;
        let mut promise: Promise = item::find(w, self.id, self.name).await?;
        require_open(&promise)?;
        let mut bad = Violations::default();
        let settled = self.settlement.date;
        not_before(&mut bad, "date", settled, promise.promise_date);
        bad.finish()?;
        promise.set_state(self.state);
        promise.settlement = Some(self.settlement);
        item::put(w, call, deal, promise, "").await
    }
}

fn require_open(promise: &Promise) -> Result<(), Error> {
    let state = promise.state();
    match state {
        PromiseState::Open => Ok(()),
        closed => Err(Error::ItemNotOpen {
            item: promise.name.clone(),
            state: closed
                .as_str_name()
                .trim_start_matches("PROMISE_STATE_")
                .to_owned(),
        }),
    }
}

pub async fn keep(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::KeepPromiseRequest,
) -> Result<proto::KeepPromiseResponse, Error> {
    let (which, said) = (
        (&*request.name, &*request.etag),
        (&*request.note, request.date),
    );
    let order = Order::read(call, which, PromiseState::Kept, said)?;
    let work = async |w: &mut Writer<'_>| {
        let (promise, opportunity) = order.carry_out(w, call).await?;
        Ok(proto::KeepPromiseResponse {
            promise: Some(promise),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn r#break(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::BreakPromiseRequest,
) -> Result<proto::BreakPromiseResponse, Error> {
    let (which, said) = (
        (&*request.name, &*request.etag),
        (&*request.note, request.date),
    );
    let order = Order::read(call, which, PromiseState::Broken, said)?;
    let work = async |w: &mut Writer<'_>| {
        let (promise, opportunity) = order.carry_out(w, call).await?;
        Ok(proto::BreakPromiseResponse {
            promise: Some(promise),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn release(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ReleasePromiseRequest,
) -> Result<proto::ReleasePromiseResponse, Error> {
    let (which, said) = (
        (&*request.name, &*request.etag),
        (&*request.note, request.date),
    );
    let order = Order::read(call, which, PromiseState::Released, said)?;
    let work = async |w: &mut Writer<'_>| {
        let (promise, opportunity) = order.carry_out(w, call).await?;
        Ok(proto::ReleasePromiseResponse {
            promise: Some(promise),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}

pub async fn reopen(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ReopenPromiseRequest,
) -> Result<proto::ReopenPromiseResponse, Error> {
    let mut bad = Violations::default();
    let id = item::read_name::<Promise>(&mut bad, &request.name);
    let reason = bad.required_text("reason", &request.reason, MAX_TEXT);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        let deal = opportunity::lock(w, call, id, &request.etag).await?;
        let mut promise: Promise = item::find(w, id, &request.name).await?;
        promise.set_state(PromiseState::Open);
        promise.settlement = None;
        let (promise, opportunity) = item::put(w, call, deal, promise, &reason).await?;
        Ok(proto::ReopenPromiseResponse {
            promise: Some(promise),
            opportunity: Some(opportunity),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
