//! `ListActivities`: the activities of a deal, newest first.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::page::Page;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1::{
    ActivityKind, ActivityState, ListActivitiesRequest, ListActivitiesResponse,
};

use crate::activity::row::{self, Filter};
use crate::activity::{Activity, kind_name, state_name};
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::{Pipeline, opportunity};

pub async fn list(
    pipeline: &Pipeline,
    call: &Call,
    request: ListActivitiesRequest,
) -> Result<ListActivitiesResponse, Error> {
    let (id, filter) = read(&request)?;
    let (state, kind) = (request.state.to_string(), request.kind.to_string());
    let page = Page::open(
        request.page_size,
        &request.page_token,
        &[&call.method, &request.parent, &state, &kind],
    )?;
    let rows = pipeline
        .db
        .transaction(call.tenant()?, async |tx: &mut Tx| {
            opportunity::read(tx, call, id).await?;
            row::newest(tx, id, filter, page.after, page.fetch()).await
        })
        .await?;
    let (rows, next_page_token) = page.close(rows, |activity| activity.id);
    Ok(ListActivitiesResponse {
        activities: rows.iter().map(Activity::to_proto).collect(),
        next_page_token,
    })
}

fn read(request: &ListActivitiesRequest) -> Result<(OpportunityId, Filter), Error> {
    let mut bad = Violations::default();
    let id = bad.name("parent", &request.parent);
    let state: ActivityState = bad.optional_enum("state", request.state);
    let kind: ActivityKind = bad.optional_enum("kind", request.kind);
    bad.finish()?;
    let filter = Filter {
        state: (state != ActivityState::Unspecified).then(|| state_name(state)),
        kind: (kind != ActivityKind::Unspecified).then(|| kind_name(kind)),
    };
    Ok((id, filter))
}
