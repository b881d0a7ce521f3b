//! Prospects of a leaver: those that may still become customers go, what is over stays with
//! whoever ended it.

use keynode_kit::call::Call;
use keynode_kit::mutation::Writer;
use keynode_kit::name::optional;
use keynode_proto::accounts::v1::ProspectState;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::account::Account;
use crate::error::Error;
use crate::ids::{PersonId, TeamId};
use crate::person::Person;
use crate::prospect::{Prospect, belonging, record, row};
use crate::territory;

/// The states of prospects that may still become customers, and that are becoming ones.
const OPEN: [i32; 5] = [
    ProspectState::Listed as i32,
    ProspectState::Qualified as i32,
    ProspectState::Unqualified as i32,
    ProspectState::Undetermined as i32,
    ProspectState::Converting as i32,
];

/// The ids of the person's open prospects that the caller sees.
pub async fn of(
    connection: &mut PgConnection,
    call: &Call,
    person: Uuid,
) -> Result<Vec<Uuid>, Error> {
    let (all, me, teams) = call.visibility_parameters();
    let ids = sqlx::query_scalar!(
        "select id from accounts.prospect
         where owner_id = $1 and state = any($2) and ($3 or owner_id = $4 or team_id = any($5))
         order by id",
        person,
        &OPEN,
        all,
        me,
        &teams,
    );
    Ok(ids.fetch_all(connection).await?)
}

/// How many open prospects the person owns, whoever sees them.
pub async fn owned(connection: &mut PgConnection, person: Uuid) -> Result<i32, Error> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from accounts.prospect where owner_id = $1 and state = any($2)"#,
        person,
        &OPEN,
    )
    .fetch_one(connection)
    .await?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

/// Gives those of these prospects that are still the person's to the heir, or to whom the
/// territories say; answers how many. Their turns are taken.
pub async fn give(
    w: &mut Writer<'_>,
    call: &Call,
    ids: &[Uuid],
    from: Uuid,
    heir: Option<&Person>,
) -> Result<usize, Error> {
    let mut owned = row::lock_all(w, ids).await?;
    owned
        .retain(|prospect| prospect.owner() == Some(from) && OPEN.contains(&prospect.record.state));
    let hands = match heir {
        Some(heir) => owned
            .iter()
            .map(|prospect| (Some(heir.id), heir.team_id.or(prospect.team())))
            .collect(),
        None => by_territory(w, call, &owned, from).await?,
    };
    let given: Vec<(Prospect, Prospect)> = owned
        .into_iter()
        .zip(hands)
        .filter(|(_, (owner, _))| *owner != Some(from))
        .map(|(before, (owner, team))| {
            let mut after = before.clone();
            after.record.owner = optional::<PersonId>(owner);
            after.record.team = optional::<TeamId>(team);
            (before, after.touched(call.now))
        })
        .collect();
    row::update(w, given.iter().map(|(_, after)| after)).await?;
    for (before, after) in &given {
        record(w, Some(before), after);
    }
    Ok(given.len())
}

/// The hands that the territories would give each to, were it an account already.
async fn by_territory(
    w: &mut Writer<'_>,
    call: &Call,
    prospects: &[Prospect],
    from: Uuid,
) -> Result<Vec<(Option<Uuid>, Option<Uuid>)>, Error> {
    let as_account = |prospect: &Prospect| Account {
        id: prospect.id,
        location: prospect.record.location.clone(),
        industry: prospect.record.industry.clone(),
        ..belonging::holder(prospect)
    };
    let accounts = prospects.iter().map(as_account).collect();
    let plans = territory::assign::plan(w, call, accounts, Some(from)).await?;
    let hands =
        |plan: territory::assign::Plan| (plan.handover.after.owner_id, plan.handover.after.team_id);
    Ok(plans.into_iter().map(hands).collect())
}
