//! Changes the fields of a team that the mask names.

use keynode_kit::call::Call;
use keynode_kit::etag;
use keynode_kit::mutation::Writer;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{TeamChanged, UpdateTeamRequest, UpdateTeamResponse};
use sqlx::PgConnection;

use super::{Team, lock};
use crate::error::Error;
use crate::ids::TeamId;
use crate::{Accounts, mask};

pub async fn update(
    service: &Accounts,
    call: &Call,
    request: UpdateTeamRequest,
) -> Result<UpdateTeamResponse, Error> {
    let sent = request.team.clone().unwrap_or_default();
    let mut bad = Violations::default();
    let id: TeamId = bad.name("team.name", &sent.name);
    bad.finish()?;
    service
        .mutations
        .run(call, &request, async |w: &mut Writer<'_>| {
            lock_tree(w).await?;
            let before = lock(w, id).await?;
            etag::check(&sent.name, &sent.etag, before.version)?;
            let after = change(call, &before, &request)?;
            if after != before {
                after.check_references(w).await?;
                check_tree(w, &after).await?;
                after.update(w).await?;
                record(w, Some(&before), &after);
            }
            Ok(UpdateTeamResponse {
                team: Some(after.to_proto()),
            })
        })
        .await
}

/// Notes a change of a team.
pub fn record(w: &mut Writer<'_>, before: Option<&Team>, after: &Team) {
    let change = TeamChanged {
        before: before.map(Team::to_proto),
        after: Some(after.to_proto()),
    };
    w.record(after.name().to_string(), after.version, &change);
}

fn change(call: &Call, before: &Team, request: &UpdateTeamRequest) -> Result<Team, Error> {
    let mut bad = Violations::default();
    let sent = request.team.clone().unwrap_or_default();
    let wanted = mask::merge(
        &before.to_proto(),
        &sent,
        request.update_mask.as_ref(),
        &mut bad,
    );
    let after = before.told(&wanted, &mut bad);
    bad.finish()?;
    Ok(after.changed(before, call.now))
}

/// One change of the tree at a time: two that are harmless alone may make a loop together.
pub async fn lock_tree(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('accounts.team/' || events.tenant_id()::text, 0))"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Refuses a parent that stands under the team.
async fn check_tree(connection: &mut PgConnection, team: &Team) -> Result<(), Error> {
    let above = sqlx::query_scalar!(
        r#"with recursive above (id, parent_id, distance) as (
             select id, parent_id, 1 from accounts.team where id = $1
             union all
             select t.id, t.parent_id, a.distance + 1
             from accounts.team t join above a on t.id = a.parent_id
             where a.id <> $2
           )
           select id as "id!" from above order by distance"#,
        team.parent_id,
        team.id,
    )
    .fetch_all(connection)
    .await?;
    match above.last() == Some(&team.id) {
        true => Err(Error::TeamCycle(
            [team.id].into_iter().chain(above).map(TeamId).collect(),
        )),
        false => Ok(()),
    }
}
