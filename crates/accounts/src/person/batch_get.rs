//! Reads many people at once.

use std::collections::{BTreeSet, HashSet};

use keynode_kit::call::Call;
use keynode_kit::db::Tx;
use keynode_kit::validate::Violations;
use keynode_proto::accounts::v1::{BatchGetPeopleRequest, BatchGetPeopleResponse};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Person;
use crate::Accounts;
use crate::error::Error;
use crate::ids::PersonId;

/// Names of one call at most.
const MAX_NAMES: usize = 1000;

pub async fn batch_get(
    service: &Accounts,
    call: &Call,
    request: BatchGetPeopleRequest,
) -> Result<BatchGetPeopleResponse, Error> {
    let ids = read_names(&request.names)?;
    let found = service
        .read(call, async |tx: &mut Tx| select(tx, &ids).await)
        .await?;
    let there: HashSet<Uuid> = found.iter().map(|person| person.id).collect();
    let missing = ids.iter().filter(|id| !there.contains(id));
    Ok(BatchGetPeopleResponse {
        people: found.iter().map(|person| person.shown_to(call)).collect(),
        missing: missing.map(|id| PersonId(*id).to_string()).collect(),
    })
}

/// The ids, each once.
fn read_names(names: &[String]) -> Result<Vec<Uuid>, Error> {
    let mut bad = Violations::default();
    if names.is_empty() || names.len() > MAX_NAMES {
        bad.add("names", format!("must be 1 to {MAX_NAMES} names"));
    }
    let mut ids = BTreeSet::new();
    for (index, name) in names.iter().take(MAX_NAMES).enumerate() {
        let PersonId(id) = bad.name(&format!("names[{index}]"), name);
        ids.insert(id);
    }
    bad.finish()?;
    Ok(ids.into_iter().collect())
}

async fn select(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Person>, Error> {
    let rows = sqlx::query_as!(
        Person,
        "select id, version, created_at, updated_at, display_name, login, team_id, roles, disabled,
                source_system, external_id, email, phone, title, language_code, time_zone, notice_channels,
                notice_targets, manager_id
         from accounts.person
         where id = any($1)
         order by id",
        ids,
    );
    Ok(rows.fetch_all(connection).await?)
}
