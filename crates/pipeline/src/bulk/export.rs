//! `ExportOpportunities`: every deal that the caller sees, page by page.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;
use keynode_proto::pipeline::v1::OpportunityStatus;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use uuid::Uuid;

use super::{Answers, row};
use crate::Pipeline;
use crate::error::Error;
use crate::ids::OpportunityId;
use crate::opportunity::{self, Opportunity};
use crate::status;

/// Deals of one message.
const TOGETHER: i64 = 200;

/// Characters of the name of a system.
const MAX_SYSTEM: usize = 200;

/// Which deals are sent.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub status: Option<&'static str>,
    pub source_system: Option<String>,
    pub after: Option<Uuid>,
}

pub fn export(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::ExportOpportunitiesRequest,
) -> Result<Answers<proto::ExportOpportunitiesResponse>, Error> {
    let mut wanted = read(&request)?;
    call.tenant()?;
    let (answers, receiver) = mpsc::channel(1);
    let (pipeline, call) = (pipeline.clone(), call.clone());
    tokio::spawn(async move {
        loop {
            let answer = match page(&pipeline, &call, &wanted).await {
                Ok(page) if page.is_empty() => return,
                Ok(page) => {
                    wanted.after = page.last().map(|deal| deal.id.0);
                    Ok(proto::ExportOpportunitiesResponse {
                        opportunities: page.iter().map(Opportunity::to_proto).collect(),
                    })
                }
                Err(error) => Err(Status::from(error)),
            };
            let is_over = answer.is_err();
            if answers.send(answer).await.is_err() || is_over {
                return;
            }
        }
    });
    Ok(ReceiverStream::new(receiver))
}

fn read(request: &proto::ExportOpportunitiesRequest) -> Result<Wanted, Error> {
    let mut bad = Violations::default();
    let kind: OpportunityStatus = bad.optional_enum("status", request.status);
    let system = bad.text("source_system", &request.source_system, MAX_SYSTEM);
    let wanted = Wanted {
        status: Some(kind)
            .filter(|kind| *kind != OpportunityStatus::Unspecified)
            .map(status::name),
        source_system: Some(system).filter(|it| !it.is_empty()),
        after: bad
            .optional_name("after", &request.after)
            .map(|OpportunityId(id)| id),
    };
    bad.finish()?;
    Ok(wanted)
}

async fn page(
    pipeline: &Pipeline,
    call: &Call,
    wanted: &Wanted,
) -> Result<Vec<Opportunity>, Error> {
    let work = async |tx: &mut Tx| {
        let ids = row::export(tx, call, wanted, TOGETHER).await?;
        opportunity::fetch(tx, &ids).await
    };
    pipeline.db.transaction(call.tenant()?, work).await
}
