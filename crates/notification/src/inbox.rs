//! The inbox: three RPCs, each on the caller's own notices only.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::notification::v1::inbox_service_server::InboxService;
use keynode_proto::notification::v1::*;
use tonic::{Request, Response, Status};

use crate::Notification;
use crate::error::Error;
use crate::notice::{self, NoticeId};

/// Notices are counted up to here.
const COUNTED: i64 = 1000;

#[tonic::async_trait]
impl InboxService for Notification {
    async fn list_notices(
        &self,
        request: Request<ListNoticesRequest>,
    ) -> Result<Response<ListNoticesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            list(self, &call, request.into_inner()).await?,
        ))
    }

    async fn count_unacknowledged_notices(
        &self,
        request: Request<CountUnacknowledgedNoticesRequest>,
    ) -> Result<Response<CountUnacknowledgedNoticesResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(count(self, &call).await?))
    }

    async fn acknowledge_notice(
        &self,
        request: Request<AcknowledgeNoticeRequest>,
    ) -> Result<Response<AcknowledgeNoticeResponse>, Status> {
        let call = Call::of(&request)?;
        Ok(Response::new(
            acknowledge(self, &call, request.into_inner()).await?,
        ))
    }
}

async fn list(
    service: &Notification,
    call: &Call,
    request: ListNoticesRequest,
) -> Result<ListNoticesResponse, Error> {
    let open_only = request.unacknowledged_only;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &[
            &call.method,
            &call.principal.subject,
            if open_only { "open" } else { "all" },
        ],
    )?;
    let Some(person) = call.principal.person else {
        return Ok(ListNoticesResponse::default());
    };
    let rows = service
        .db
        .transaction(call.tenant()?, async |tx: &mut Tx| {
            Ok::<_, Error>(notice::list(tx, person, open_only, page.after, page.fetch()).await?)
        })
        .await?;
    let (rows, next_page_token) = page.close(rows, |row| row.id);
    Ok(ListNoticesResponse {
        notices: rows.iter().map(notice::Row::to_proto).collect(),
        next_page_token,
    })
}

async fn count(
    service: &Notification,
    call: &Call,
) -> Result<CountUnacknowledgedNoticesResponse, Error> {
    let Some(person) = call.principal.person else {
        return Ok(CountUnacknowledgedNoticesResponse::default());
    };
    let open = service
        .db
        .transaction(call.tenant()?, async |tx: &mut Tx| {
            Ok::<_, Error>(notice::count_open(tx, person, COUNTED).await?)
        })
        .await?;
    Ok(CountUnacknowledgedNoticesResponse {
        count: i32::try_from(open).unwrap_or(i32::MAX),
    })
}

async fn acknowledge(
    service: &Notification,
    call: &Call,
    request: AcknowledgeNoticeRequest,
) -> Result<AcknowledgeNoticeResponse, Error> {
    let mut bad = Violations::default();
    let id: NoticeId = bad.name("name", &request.name);
    bad.finish()?;
    let missing = || Error::NoticeNotFound(request.name.clone());
    let person = call.principal.person.ok_or_else(missing)?;
    service
        .mutations
        .run(call, &request, async |writer: &mut Writer<'_>| {
            log::take_turn(writer, &[id.to_string()]).await?;
            let before = notice::lock(writer, id, person)
                .await?
                .ok_or_else(missing)?;
            if before.is_acknowledged() {
                return Ok(AcknowledgeNoticeResponse {
                    notice: Some(before.to_proto()),
                });
            }
            let after = notice::acknowledge(writer, before.id, call.now).await?;
            let change = NoticeChanged {
                before: Some(before.to_proto()),
                after: Some(after.to_proto()),
            };
            writer.record(id.to_string(), after.version, &change);
            Ok::<_, Error>(AcknowledgeNoticeResponse {
                notice: change.after,
            })
        })
        .await
}
