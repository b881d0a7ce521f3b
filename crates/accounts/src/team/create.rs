//! Adds a team.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{CreateTeamRequest, CreateTeamResponse, TeamChanged};

use super::Team;
use crate::Accounts;
use crate::error::Error;

pub async fn create(
    service: &Accounts,
    call: &Call,
    request: CreateTeamRequest,
) -> Result<CreateTeamResponse, Error> {
    let mut bad = Violations::default();
    let sent = request.team.clone().unwrap_or_default();
    let team = Team::new(service.mutations.clock.id(), call.now).told(&sent, &mut bad);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            team.check_references(w).await?;
            team.insert(w).await?;
            let after = team.to_proto();
            w.record(
                team.name().to_string(),
                1,
                &TeamChanged {
                    before: None,
                    after: Some(after.clone()),
                },
            );
            Ok(CreateTeamResponse { team: Some(after) })
        })
        .await
}
