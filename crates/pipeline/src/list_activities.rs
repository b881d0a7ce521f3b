//! `ListActivities`: the activities of a deal, newest first.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_proto::pipeline::v1::{ListActivitiesRequest, ListActivitiesResponse};

use crate::activity::{self, Activity};
use crate::error::Error;
use crate::{Pipeline, opportunity};

pub async fn list_activities(
    pipeline: &Pipeline,
    call: &Call,
    request: ListActivitiesRequest,
) -> Result<ListActivitiesResponse, Error> {
    let id = opportunity::id("parent", &request.parent)?;
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &[&call.method, &request.parent],
    )?;
    let rows = pipeline
        .db
        .transaction(call.tenant()?, async |tx: &mut Tx| {
            opportunity::read(tx, call, id).await?;
            Ok::<_, Error>(activity::newest(tx, id, page.after, page.fetch()).await?)
        })
        .await?;
    let (rows, next_page_token) = page.close(rows, |activity| activity.id);
    Ok(ListActivitiesResponse {
        activities: rows.iter().map(Activity::to_proto).collect(),
        next_page_token,
    })
}
