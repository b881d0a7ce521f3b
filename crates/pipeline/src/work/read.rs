//! `GetStandardWork`: what is done of each stage's work, and what it is worth (R5).

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_proto::pipeline::v1 as proto;

use super::standard;
use crate::Pipeline;
use crate::error::Error;
use crate::opportunity::{self, Opportunity};
use crate::process::{Process, Stage};

pub async fn get(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetStandardWorkRequest,
) -> Result<proto::GetStandardWorkResponse, Error> {
    let id = opportunity::id("name", &request.name)?;
    let work = async |tx: &mut Tx| {
        let deal = opportunity::read(tx, call, id).await?;
        let process = pipeline.process_of(tx, call, &deal).await?;
        Ok::<_, Error>((deal, process))
    };
    let (deal, process) = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(answer(&deal, &process))
}

fn answer(deal: &Opportunity, process: &Process) -> proto::GetStandardWorkResponse {
    let standing = standard::judge(process, deal.standing.position(), &deal.days_of_work());
    let stages = process.stages.iter().map(|stage| of_stage(deal, stage));
    proto::GetStandardWorkResponse {
        stages: stages.collect(),
        points: standing.points,
        skipped: standing.skipped,
        out_of_order: standing.out_of_order,
    }
}

fn of_stage(deal: &Opportunity, stage: &Stage) -> proto::StageWork {
    let items = stage.work_items.iter().map(|item| proto::WorkState {
        work_item: item.id.clone(),
        display_name: Some(item.display_name.to_proto()),
        required: item.required,
        done: deal.work.get(&item.id).map(|work| work.to_proto(&item.id)),
    });
    proto::StageWork {
        stage: stage.id.clone(),
        stage_position: stage.position,
        items: items.collect(),
    }
}
