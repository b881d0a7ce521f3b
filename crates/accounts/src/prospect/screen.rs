//! Holds a prospect against a target definition and keeps what comes of it.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_kit::wire;
use keynode_proto::accounts::v1::{
    ProspectState, ScreenProspectRequest, ScreenProspectResponse, Screening, ScreeningOutcome,
};

use super::{Prospect, record, row, screening};
use crate::Accounts;
use crate::error::Error;
use crate::ids::{ProspectId, TargetDefinitionId};
use crate::target_definition::{self, TargetDefinition};

pub async fn screen(
    service: &Accounts,
    call: &Call,
    request: ScreenProspectRequest,
) -> Result<ScreenProspectResponse, Error> {
    let mut bad = Violations::default();
    let id: ProspectId = bad.name("name", &request.name);
    let named = bad.optional_name("target_definition", &request.target_definition);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            let before = row::lock_open(w, call, id, &request.etag).await?;
            let definition = target_definition::find(w, choose(&before, named)?).await?;
            definition.check_published()?;
            let after = screened(call, &before, &definition);
            row::update(w, [&after]).await?;
            record(w, Some(&before), &after);
            Ok(ScreenProspectResponse {
                prospect: Some(after.record),
            })
        })
        .await
}

fn choose(
    prospect: &Prospect,
    named: Option<TargetDefinitionId>,
) -> Result<TargetDefinitionId, Error> {
    let mut bad = Violations::default();
    let chosen = named.or(prospect.definition());
    if chosen.is_none() {
        bad.add(
            "target_definition",
            "must be named: the prospect names none either",
        );
    }
    bad.finish()?;
    Ok(chosen.expect("none is a violation"))
}

fn screened(call: &Call, before: &Prospect, definition: &TargetDefinition) -> Prospect {
    let judged = screening::screen(&definition.record, &before.record);
    let mut after = before.clone();
    after.record.target_definition = definition.name().to_string();
    after.record.set_state(match judged.outcome() {
        ScreeningOutcome::Qualified => ProspectState::Qualified,
        ScreeningOutcome::Unqualified => ProspectState::Unqualified,
        _ => ProspectState::Undetermined,
    });
    after.record.screening = Some(Screening {
        prospect_version: before.version,
        screen_time: Some(wire::timestamp(call.now)),
        actor: call.principal.subject.clone(),
        ..judged
    });
    after.touched(call.now)
}
