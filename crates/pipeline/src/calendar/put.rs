//! `GetWorkCalendar` and `PutWorkCalendar`.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::etag;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::{Calendar, row, unless_put};
use crate::Pipeline;
use crate::error::Error;

const SUBJECT: &str = "workCalendar";

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    _: proto::GetWorkCalendarRequest,
) -> Result<proto::GetWorkCalendarResponse, Error> {
    let found = pipeline
        .db
        .transaction(call.tenant()?, async |tx: &mut Tx| row::fetch(tx).await)
        .await?;
    Ok(proto::GetWorkCalendarResponse {
        calendar: Some(found.map_or_else(unless_put, |(message, _)| message)),
    })
}

pub async fn put(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::PutWorkCalendarRequest,
) -> Result<proto::PutWorkCalendarResponse, Error> {
    let message = request.calendar.clone().unwrap_or_default();
    let mut bad = Violations::default();
    Calendar::read(&mut bad, &message);
    bad.finish()?;
    let work = async |w: &mut Writer<'_>| {
        log::take_turn(w, &[SUBJECT.to_owned()]).await?;
        let found = row::fetch(w).await?;
        let revision = found.as_ref().map_or(0, |(_, revision)| *revision);
        etag::check(SUBJECT, &message.etag, revision)?;
        let mut after = proto::WorkCalendar {
            etag: String::new(),
            ..message.clone()
        };
        row::store(w, &after, revision + 1).await?;
        after.etag = (revision + 1).to_string();
        let changed = proto::WorkCalendarChanged {
            before: found.map(|(message, _)| message),
            after: Some(after.clone()),
        };
        w.record(SUBJECT, revision + 1, &changed);
        Ok(proto::PutWorkCalendarResponse {
            calendar: Some(after),
        })
    };
    pipeline.mutations.run(call, &request, work).await
}
