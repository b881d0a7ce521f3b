//! `PromoteWinModel` and `WithdrawWinModel`: what scores open deals.

use keynode_kit::call::Call;
use keynode_kit::log;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::scoring::v1::{
    PromoteWinModelRequest, PromoteWinModelResponse, WinModelProductionChanged, WinModelSkill,
    WinModelVersion, WithdrawWinModelRequest, WithdrawWinModelResponse,
};

use super::id::VersionName;
use super::{production, version, wire};
use crate::Scoring;
use crate::error::Error;

pub(crate) async fn promote(
    scoring: &Scoring,
    call: &Call,
    request: PromoteWinModelRequest,
) -> Result<PromoteWinModelResponse, Error> {
    let mut bad = Violations::default();
    let name = VersionName::read(&mut bad, "name", &request.name);
    bad.finish()?;
    let name = name.expect("a bad name is noted");
    let work = async |w: &mut Writer<'_>| put(w, &name).await;
    scoring.mutations.run(call, &request, work).await
}

async fn put(w: &mut Writer<'_>, name: &VersionName) -> Result<PromoteWinModelResponse, Error> {
    log::take_turn(w, &[production::SUBJECT.to_owned()]).await?;
    let found = version::find(w, name).await?;
    let found = found.ok_or_else(|| Error::WinModelNotFound(name.to_string()))?;
    if !is_better_than_base(&found.version) {
        return Err(Error::WinModelWithoutSkill(name.to_string()));
    }
    let previous = previous(w).await?;
    let promoted = WinModelVersion {
        production: true,
        ..wire::in_short(&found.version)
    };
    if previous.as_ref().is_none_or(|it| it.name != promoted.name) {
        tell(w, Some(name), previous.as_ref(), Some(&promoted)).await?;
    }
    Ok(PromoteWinModelResponse {
        version: Some(promoted),
        previous,
    })
}

pub(crate) async fn withdraw(
    scoring: &Scoring,
    call: &Call,
    request: WithdrawWinModelRequest,
) -> Result<WithdrawWinModelResponse, Error> {
    let work = async |w: &mut Writer<'_>| {
        log::take_turn(w, &[production::SUBJECT.to_owned()]).await?;
        let previous = previous(w).await?;
        if previous.is_some() {
            tell(w, None, previous.as_ref(), None).await?;
        }
        Ok::<_, Error>(WithdrawWinModelResponse { previous })
    };
    scoring.mutations.run(call, &request, work).await
}

/// The version in production, without its factors.
async fn previous(w: &mut Writer<'_>) -> Result<Option<WinModelVersion>, Error> {
    let Some(name) = production::current(w).await? else {
        return Ok(None);
    };
    let found = version::find(w, &name).await?;
    Ok(found.map(|found| wire::in_short(&found.version)))
}

async fn tell(
    w: &mut Writer<'_>,
    name: Option<&VersionName>,
    before: Option<&WinModelVersion>,
    after: Option<&WinModelVersion>,
) -> Result<(), Error> {
    let sequence = production::set(w, name).await?;
    let changed = WinModelProductionChanged {
        before: before.cloned(),
        after: after.cloned(),
    };
    w.record(production::SUBJECT.to_owned(), sequence, &changed);
    Ok(())
}

fn is_better_than_base(version: &WinModelVersion) -> bool {
    let log_loss = |metrics: &Option<keynode_proto::scoring::v1::WinMetrics>| {
        metrics.as_ref().map_or(f64::INFINITY, |it| it.log_loss)
    };
    version.skill() == WinModelSkill::Some
        && log_loss(&version.metrics) < log_loss(&version.base_metrics)
}
