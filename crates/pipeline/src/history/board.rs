//! `GetBoardAsOf`: how deals stood at a moment.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::pipeline::v1 as proto;

use super::row::{self, Of};
use super::{Moment, counts};
use crate::error::Error;
use crate::ids::PersonId;
use crate::{Pipeline, processes};

/// Characters of the name of a system.
pub(super) const MAX_SYSTEM: usize = 200;

pub async fn board(
    pipeline: &Pipeline,
    call: &Call,
    request: proto::GetBoardAsOfRequest,
) -> Result<proto::GetBoardAsOfResponse, Error> {
    let mut bad = Violations::default();
    let times = (request.as_of_time.as_ref(), request.known_time.as_ref());
    let moment = Moment::read(&mut bad, times, call.now);
    let owner = bad
        .optional_name("owner", &request.owner)
        .map(|PersonId(id)| id);
    bad.text("source_system", &request.source_system, MAX_SYSTEM);
    processes::check_name(&mut bad, "process", &request.process);
    bad.finish()?;
    let work = async |tx: &mut Tx| {
        let process = processes::to_follow(pipeline, call, tx, &request.process).await?;
        let of = Of {
            process: &process.id,
            owner,
            source_system: given(&request.source_system),
        };
        let found = row::board(tx, call, &of, moment).await?;
        counts::gather(found, &process)
    };
    let counts = pipeline.db.transaction(call.tenant()?, work).await?;
    Ok(proto::GetBoardAsOfResponse { counts })
}

pub(super) fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
