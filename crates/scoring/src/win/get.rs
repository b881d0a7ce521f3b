//! `GetWinModelVersion`.

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::scoring::v1::{GetWinModelVersionRequest, GetWinModelVersionResponse};

use super::id::Chosen;
use super::version::{self, Stored};
use crate::Scoring;
use crate::error::Error;

pub(crate) async fn get(
    scoring: &Scoring,
    call: &Call,
    request: GetWinModelVersionRequest,
) -> Result<GetWinModelVersionResponse, Error> {
    let found = chosen(scoring, call, "name", &request.name, Violations::default()).await?;
    Ok(GetWinModelVersionResponse {
        version: Some(found.version),
    })
}

/// The version that a field of a request names, once the rest of it was found good.
pub(super) async fn chosen(
    scoring: &Scoring,
    call: &Call,
    field: &str,
    name: &str,
    mut bad: Violations,
) -> Result<Stored, Error> {
    let chosen = Chosen::read(&mut bad, field, name);
    bad.finish()?;
    let chosen = chosen.expect("a bad name is noted");
    let find = async |tx: &mut Tx| version::choose(tx, &chosen).await;
    scoring.mutations.db.transaction(call.tenant()?, find).await
}
